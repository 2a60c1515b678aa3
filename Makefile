# make [install] [PG_CONFIG=…]     build (and install) through PGXS
# make demo [KEEP=1]               watch the main job run on a private server
# make check [ONLY=… TESTS=… ACCEPT=1 KEEP=1]   every test; see test/run
# make check-upgrade [TREE=…] [KEEP=1]            pg_upgrade in a tree of Debian; see test/upgrade/run
# make check-memory [SERVER=… CALLS=100000 ONLY=… TESTS=…]   every test under AddressSanitizer; growth by calls; see test/memory/run
# make fuzz [SECONDS=60 ONLY=…]    fuzz what reads text and bytes; see test/fuzz/run
# make soak [MINUTES=… USERS=… CLIENTS=…]     load on a large database; see test/soak/run
#
# The goals that call a script install what they miss by themselves, so they
# must not need PGXS: it is included for the others alone.

EXTENSION = multitenant
MODULE_big = multitenant
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" multitenant.control)

OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
PG_CPPFLAGS = -I$(srcdir)/src
SHLIB_LINK = -largon2 -lcrypto -lcrypt -lqrencode

INSTALL_SCRIPT_PARTS = $(sort $(wildcard sql/[0-9][0-9]_*.sql))
DATA_built = sql/$(EXTENSION)--$(EXTVERSION).sql
SCRIPTS = src/tools/multitenant_pack_blocklist
DATA = $(wildcard sql/$(EXTENSION)--*--*.sql)

PG_CONFIG ?= pg_config

SCRIPT_GOALS = check check-unit check-upgrade check-memory lint format demo bench reference fuzz soak

ifneq ($(filter $(SCRIPT_GOALS),$(MAKECMDGOALS)),)

ifneq ($(filter-out $(SCRIPT_GOALS),$(MAKECMDGOALS)),)
$(error run "make $(filter $(SCRIPT_GOALS),$(MAKECMDGOALS))" on its own)
endif

.PHONY: $(SCRIPT_GOALS)
export PG_CONFIG

check:
	@test/run
check-unit:
	@test/run unit
check-upgrade:
	@test/upgrade/run
check-memory:
	@test/memory/run
lint:
	@test/run lint
format:
	@test/lint/format --fix
demo:
	@test/demo
reference:
	@test/reference
soak:
	@test/soak/run
bench:
	@test/bench/run
fuzz:
	@test/fuzz/run --seconds $(or $(SECONDS),60) $(ONLY)

else

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
POSTGRES_H := $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h
ifeq ($(and $(wildcard $(PGXS)),$(wildcard $(POSTGRES_H))),)
$(error PGXS or postgres.h was not found through "$(PG_CONFIG)": install the server's development files (Debian, Ubuntu: postgresql-server-dev-NN) or say PG_CONFIG=/path/to/pg_config)
endif
include $(PGXS)

# PGXS of a server built without --enable-depend does not track headers.
$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*.h src/*/*.h)

$(DATA_built): $(EXTENSION).control $(INSTALL_SCRIPT_PARTS)
	printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION) CASCADE" to load this file. \quit' > $@.tmp
	cat $(INSTALL_SCRIPT_PARTS) >> $@.tmp
	mv $@.tmp $@

endif
