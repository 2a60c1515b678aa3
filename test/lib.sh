# shellcheck shell=bash
# Shell functions that test/run, test/demo and test/bench share: one private copy of the
# tree, built into a private prefix, and one private server that loads it from there.
# Nothing is installed into the system and the checkout stays as it was.
#
#   . "$(dirname "$0")/lib.sh"
#   find_pg_config                  sets PG_CONFIG, BINDIR, PGXS_DIR, MAJOR
#   choose_clang                    prints the path of clang; 1 when there is none
#   make_workspace                  sets WORK, TREE (the copy) and INSTALL; removed on exit
#   build_extension [FLAG…]         builds TREE with these compiler flags, installs into INSTALL
#   start_server                    sets and exports PGHOST, PGPORT, PGUSER; stopped on exit
#   as_owner COMMAND…               runs it as the one who owns WORK and the server
#
# The server refuses to run as root, so root's work is done by the user postgres: WORK
# belongs to it. Everybody else owns WORK. The folder is closed to all others, and so is the
# server in it, which listens on a socket there and nowhere else and trusts who reaches it.
#
# Sets ROOT, the checkout, and makes it the current folder.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# What the caller's own environment says about PostgreSQL, make or Perl is not for the tests.
while IFS= read -r name; do
  unset "$name"
done < <(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p')
unset MAKEFLAGS MFLAGS MAKELEVEL PERL5LIB PERL5OPT CDPATH
export LANG=C.UTF-8 LC_ALL=C.UTF-8
umask 022

WORK=
TREE=
INSTALL=
OWNER=
SERVER_LOG=

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Prints the major version that a pg_config belongs to; nothing when it cannot be run.
major_of() {
  { "$1" --version 2>/dev/null || true; } | sed -n 's/^PostgreSQL \([0-9][0-9]*\).*/\1/p'
}

# Whether what an extension is built with is there. Debian 12 has PGXS in the client's package
# and the headers in one of their own, so either can be missing.
has_development_files() {
  [ -e "$("$1" --pgxs)" ] && [ -e "$("$1" --includedir-server)/postgres.h" ]
}

# Prints the pg_config of the server to test against, and returns 1 when there is none yet:
# the one that PG_CONFIG names, else the newest of the distribution's servers from 14 on
# (one with its development files before one without), else the first in the PATH.
choose_pg_config() {
  local candidate server_only=

  if [ "${PG_CONFIG:-pg_config}" != pg_config ]; then
    printf '%s\n' "$PG_CONFIG"
    return
  fi
  while IFS= read -r candidate; do
    if ! [ -x "$candidate/postgres" ] || ! [ -x "$candidate/pg_config" ] ||
      [ "$(major_of "$candidate/pg_config")" -lt 14 ]; then
      continue
    fi
    if has_development_files "$candidate/pg_config"; then
      printf '%s\n' "$candidate/pg_config"
      return
    fi
    server_only=${server_only:-$candidate/pg_config}
  done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr)
  if [ -z "$server_only" ] && candidate=$(command -v pg_config) &&
    [ -x "$("$candidate" --bindir)/postgres" ] && [ "$(major_of "$candidate")" -ge 14 ]; then
    server_only=$candidate
  fi
  [ -n "$server_only" ] && printf '%s\n' "$server_only"
}

# Prints the clang that there is, the newest where only some with a number in their names are.
choose_clang() {
  local candidate

  candidate=$({
    command -v clang
    printf '%s\n' /usr/bin/clang-[0-9]* | grep -xE '.*/clang-[0-9]+' | sort -t- -k2nr
  } | head -n 1)
  [ -x "$candidate" ] && printf '%s\n' "$candidate"
}

find_pg_config() {
  PG_CONFIG=$(choose_pg_config) || die 'no PostgreSQL server from 14 on was found'
  MAJOR=$(major_of "$PG_CONFIG")
  [ -n "$MAJOR" ] || die "$PG_CONFIG cannot be run"
  BINDIR=$("$PG_CONFIG" --bindir)
  PGXS_DIR=$("$PG_CONFIG" --pgxs)
  PGXS_DIR=${PGXS_DIR%/src/makefiles/pgxs.mk}
  export PG_CONFIG
}

as_owner() {
  if [ "$(id -un)" = "$OWNER" ]; then
    env HOME="$WORK" "$@"
  else
    runuser -u "$OWNER" -- env HOME="$WORK" "$@"
  fi
}

stop_server() {
  [ ! -e "$WORK/data/postmaster.pid" ] ||
    as_owner "$BINDIR/pg_ctl" -D "$WORK/data" -m immediate -w stop >/dev/null || true
}

clean_up() {
  local status=$?

  trap - EXIT
  trap '' INT TERM
  cd /
  if [ -n "$WORK" ] && [ -z "${KEEP:-}" ]; then
    stop_server
    rm -rf "$WORK"
  fi
  exit "$status"
}

# The folder stands directly in /tmp: the path of a socket has room for 107 bytes.
make_workspace() {
  OWNER=$(id -un)
  if [ "$(id -u)" -eq 0 ]; then
    OWNER=postgres
  fi
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  WORK=$(mktemp -d /tmp/multitenant.XXXXXX)
  TREE=$WORK/tree
  INSTALL=$WORK/install
  mkdir "$TREE" "$INSTALL" "$WORK/log"
  tar -C "$ROOT" --exclude=./.git --exclude=node_modules --exclude='*.o' --exclude='*.so' \
    --exclude='*.bc' --exclude=./results --exclude=./tmp_check -cf - . | tar -C "$TREE" -xf -
  give_to_owner
}

give_to_owner() {
  [ "$(id -un)" = "$OWNER" ] || chown -R "$OWNER:" "$WORK"
}

# with_llvm: bitcode serves inlining by the JIT compiler alone, and needs clang.
build_extension() {
  local make=(make -s -C "$TREE" "PG_CONFIG=$PG_CONFIG" "DESTDIR=$INSTALL" with_llvm=no)

  as_owner "${make[@]}" clean &&
    as_owner "${make[@]}" -j "$(nproc)" install "COPT=$*"
}

# Prints the lines of postgresql.conf that let a server find the extension in INSTALL:
# its own setting from 18 on, before that the one that Debian and Ubuntu patch in.
server_settings() {
  local library_path

  library_path=$INSTALL$("$PG_CONFIG" --pkglibdir)
  if [ "$MAJOR" -ge 18 ]; then
    echo "extension_control_path = '$INSTALL$("$PG_CONFIG" --sharedir):\$system'"
  else
    echo "extension_destdir = '$INSTALL'"
  fi
  cat <<CONF
dynamic_library_path = '$library_path:\$libdir'
listen_addresses = ''
timezone = 'UTC'
log_timezone = 'UTC'
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
}

start_server() {
  as_owner "$BINDIR/initdb" -D "$WORK/data" -U postgres -A trust --no-sync \
    --locale=C.UTF-8 --encoding=UTF8 >"$WORK/log/initdb" 2>&1 ||
    { cat "$WORK/log/initdb" >&2; die 'initdb failed'; }
  SERVER_LOG=$WORK/log/server
  {
    server_settings
    echo "unix_socket_directories = '$WORK'"
    echo "log_line_prefix = '%m [%p] %d '"
  } | as_owner tee -a "$WORK/data/postgresql.conf" >/dev/null
  if ! as_owner "$BINDIR/pg_ctl" -D "$WORK/data" -l "$SERVER_LOG" -w start >/dev/null; then
    tail -n 20 "$SERVER_LOG" >&2
    if grep -q extension_destdir "$SERVER_LOG"; then
      die "PostgreSQL $MAJOR of $BINDIR cannot load an extension from elsewhere (only Debian's and Ubuntu's packages, and 18 and later, can)"
    fi
    die 'the server does not start'
  fi
  export PGHOST=$WORK PGPORT=5432 PGUSER=postgres
  export PATH=$BINDIR:$PATH
}
