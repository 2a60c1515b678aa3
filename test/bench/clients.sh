# shellcheck shell=bash
# The rows that are measured with clients of their own, by pgbench: what sign-ins at once cost
# each other and the rest of the server. Part of test/bench/run, whose functions it calls.

# Runs a script of test/bench with pgbench; options follow. Its report goes to PGBENCH_REPORT.
PGBENCH_REPORT=
clients() {
  local database=$1 settings=$2 script=$3

  shift 3
  PGBENCH_REPORT=$(as_owner env "PGOPTIONS=$settings" PGAPPNAME=flood "$BINDIR/pgbench" -n -M prepared \
    -D "users=$users" "$@" -f "test/bench/$script.pgbench" "$database" 2>&1) ||
    { printf '%s\n' "$PGBENCH_REPORT" >&2; die "pgbench of $script failed"; }
}

# Records transactions per second, of the report that is the standard input or the last one.
record_rate() {
  local database=$1 what=$2

  printf '%s\n' "$PGBENCH_REPORT" | sed -n "s/^tps = \([0-9.]*\) .*/$what\t\1/p" |
    as_owner psql -X -q -d "$database" -c 'COPY bench.figures FROM STDIN'
}

# Records the latencies of a log of pgbench.
record_latencies() {
  local database=$1 what=$2 prefix=$3

  awk -v what="$what" '{ print what "\t" $3 }' "$prefix".* |
    as_owner psql -X -q -d "$database" -c 'COPY bench.times FROM STDIN'
}

# A point query by one client, alone and while 50 sign in, with the gate at 1, at 4 and open.
row_gate() {
  local database=$1 gate flood

  for gate in 1 4 0; do
    echo "gate at $gate"
    clients "$database" '' point_query -c 1 -T 3 -l --log-prefix="$WORK/log/idle$gate"
    record_latencies "$database" "gate $gate, idle" "$WORK/log/idle$gate"
    (
      clients "$database" "-c multitenant.max_concurrent_hashes=$gate" sign_in_strong -c 50 -j 2 -T 8
      record_rate "$database" "gate $gate, sign-ins"
    ) &
    flood=$!
    sleep 1.5
    clients "$database" '' point_query -c 1 -T 5 -l --log-prefix="$WORK/log/flood$gate"
    wait "$flood" || die 'the flood failed'
    record_latencies "$database" "gate $gate, flood" "$WORK/log/flood$gate"
  done
}

# Sign-ins a second, ours and the rival's in turn, every other time in the opposite order.
row_sign_in_clients() {
  local database=$1 round count side sides

  for round in 1 2 3; do
    echo "sign_in_clients, round $round"
    sides=(ours rival)
    [ $((round % 2)) -eq 1 ] || sides=(rival ours)
    for count in 1 2 4 8 16; do
      for side in "${sides[@]}"; do
        clients "$database" '-c multitenant.max_concurrent_hashes=0 -c multitenant.argon2_memory=8 -c multitenant.argon2_iterations=1' \
          "sign_in_$side" -c "$count" -j $((count < 2 ? 1 : 2)) -T 1
        record_rate "$database" "sign_in_clients, $side at $count"
      done
    done
  done
}

# Memory of 8 backends that sign in: each before and after, and all of them while they do.
row_memory() {
  local database=$1 gate flood

  measure "$database" memory
  clients "$database" '' sign_in_memory -c 8 -j 2 -t 1
  for gate in 1 4 0; do
    clients "$database" "-c multitenant.max_concurrent_hashes=$gate" sign_in_strong -c 8 -j 2 -T 6 &
    flood=$!
    as_owner psql -X -q -v ON_ERROR_STOP=1 -d "$database" -c "CALL bench.sample_memory($gate, 8)"
    wait "$flood" || die 'the flood failed'
  done
}

# Seconds since the epoch, as the server's clock has them.
server_clock() {
  as_owner psql -XAtq -d "$1" -c "SELECT extract(epoch FROM clock_timestamp())"
}

# Does a piece of work while 4 clients sign in, and records how long it took and the latencies
# of the sign-ins that ended meanwhile.
beside_sign_ins() {
  local database=$1 what=$2 seconds=$3 work=$4 flood from to prefix=$WORK/log/$2

  rm -f "$prefix".*
  clients "$database" '-c multitenant.max_concurrent_hashes=0 -c multitenant.argon2_memory=8 -c multitenant.argon2_iterations=1' \
    sign_in_ours -c 4 -j 2 -R 400 -T "$seconds" -l --log-prefix="$prefix" &
  flood=$!
  sleep 1
  from=$(server_clock "$database")
  as_owner psql -X -q -v ON_ERROR_STOP=1 -d "$database" -c "$work" || die "$what failed"
  to=$(server_clock "$database")
  wait "$flood" || die 'the flood failed'
  awk -v what="maintenance, $what" -v from="$from" -v to="$to" \
    '{ at = $5 + $6 / 1e6; if (at > from && at < to) print what "\t" $3 }' "$prefix".* |
    as_owner psql -X -q -d "$database" -c 'COPY bench.times FROM STDIN'
  awk -v what="maintenance, $what, seconds" -v from="$from" -v to="$to" 'BEGIN { print what "\t" to - from }' |
    as_owner psql -X -q -d "$database" -c 'COPY bench.figures FROM STDIN'
}

# 1,000,000 expired rows: a call of run_maintenance() after the other against one DELETE.
row_maintenance() {
  local database=$1 round way ways
  local delete='SET session_replication_role = replica; DELETE FROM multitenant."LoginHistories" WHERE "createdAt" < multitenant.retention_limit($$LoginHistories$$)'
  # shellcheck disable=SC2016 # a body of PL/pgSQL
  local batches='DO $$ DECLARE done bigint; BEGIN LOOP SELECT sum(affected) INTO done FROM multitenant.run_maintenance(); EXIT WHEN done = 0; COMMIT; END LOOP; END $$'

  for round in 1 2 3; do
    ways=(batches delete)
    [ $((round % 2)) -eq 1 ] || ways=(delete batches)
    for way in "${ways[@]}"; do
      measure "$database" maintenance_rows
      beside_sign_ins "$database" "$way" "${MAINTENANCE_SECONDS:-20}" "${!way}"
    done
    beside_sign_ins "$database" nothing 12 "DO 'BEGIN PERFORM pg_sleep(10); END'"
  done
}

# Requests for a new password, while another transaction holds the rows of some users.
row_reset() {
  local database=$1 holder

  as_owner env PGAPPNAME=holder psql -X -q -d "$database" -c \
    "BEGIN; SELECT count(id) FROM (SELECT id FROM multitenant.\"Users\" WHERE id IN (SELECT bench.id('passwordless', i) FROM generate_series(501, 1000) AS i) FOR UPDATE) AS held; SELECT pg_sleep(600)" \
    >/dev/null 2>&1 &
  holder=$!
  until [ "$(as_owner psql -X -qAt -d "$database" -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder' AND wait_event = 'PgSleep'")" = 1 ]; do
    sleep 0.1
  done
  measure "$database" reset
  as_owner psql -X -qAt -d "$database" -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'" >/dev/null
  wait "$holder" || true
}

# Verifying a session by one client, with what its round trip is measured against, in turn.
row_verify_session() {
  local database=$1 round script

  measure "$database" sessions -v "tenants=${tenants[0]}"
  for ((round = 1; round <= rounds; round++)); do
    echo "verify_session, round $round"
    for script in point_query session_row verify_session verify_session_join; do
      clients "$database" '' "$script" -c 1 -T 2 -l --log-prefix="$WORK/log/$script$round"
      record_latencies "$database" "session, $script" "$WORK/log/$script$round"
    done
  done
}

# Whole sign-ins a second, to a session, against authenticate() alone.
row_sign_in_session() {
  local database=$1 round count script

  for round in 1 2 3; do
    echo "sign_in_session, round $round"
    for count in 1 2 4 8 16; do
      for script in sign_in_session sign_in_ours; do
        clients "$database" '-c multitenant.max_concurrent_hashes=0 -c multitenant.argon2_memory=8 -c multitenant.argon2_iterations=1' \
          "$script" -c "$count" -j $((count < 2 ? 1 : 2)) -T 1
        record_rate "$database" "sign_in_session, $script at $count"
      done
    done
  done
}
