/*
 * records/append_only.c
 *		The three log tables are written once.
 *
 * Their triggers refuse UPDATE, DELETE and TRUNCATE to everyone, the owner too, but for
 * - a referential action.  It is known by what it does, not by who asks: a row goes when
 *   the row that it has to refer to is gone already, and a reference becomes null when
 *   the row that it named is gone.  While those exist nobody can pass for one.
 * - a statement of our own, run by mt_execute_on_logs() or mt_execute_on_latest_logs().
 *   What a trigger or a function runs below such a statement is not it.
 *
 * Triggers of the ordinary kind: a session in the replica role, which only a superuser
 * can enter, passes by, as logical replication has to.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "core/lookup.h"
#include "core/own_oids.h"
#include "core/settings.h"
#include "core/trigger.h"
#include "records/append_only.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"

MT_FUNCTION_INFO_V1(mt_guard_log_row);
MT_FUNCTION_INFO_V1(mt_guard_log_truncate);

/* The depth of triggers at which a change is ours; -1 when none is. */
static int our_depth = -1;

typedef uint64 (*Execute)(MtStatement *statement, MtParameters *parameters);

static uint64
execute_on_logs(Execute execute, MtStatement *statement, MtParameters *parameters)
{
	int outer_depth = our_depth;
	uint64 count;

	PG_TRY();
	{
		our_depth = mt_trigger_depth() + 1;
		count = execute(statement, parameters);
	}
	PG_FINALLY();
	{
		our_depth = outer_depth;
	}
	PG_END_TRY();
	return count;
}

uint64
mt_execute_on_logs(MtStatement *statement, MtParameters *parameters)
{
	return execute_on_logs(mt_execute, statement, parameters);
}

uint64
mt_execute_on_latest_logs(MtStatement *statement, MtParameters *parameters)
{
	return execute_on_logs(mt_execute_on_latest, statement, parameters);
}

/*
 * Whether the row that a column refers to is gone, as far as this statement sees.  Read
 * by an index scan, which no policy, rule or missing right of the caller turns away.
 */
static bool
is_gone(const MtIndexedTable *table, AttrNumber column, Datum id)
{
	MtLookup lookup = {0};
	bool is_found;

	mt_lookup_by_uuid(&lookup, column, DatumGetUUIDP(id));
	mt_lookup_begin(&lookup, table);
	is_found = mt_lookup_next(&lookup) != NULL;
	mt_lookup_end(&lookup);
	return !is_found;
}

static bool
user_is_gone(Datum id)
{
	const MtOwnOids *oids = mt_own_oids();

	return is_gone(&oids->users, oids->user_id, id);
}

static bool
tenant_is_gone(Datum id)
{
	const MtOwnOids *oids = mt_own_oids();

	return is_gone(&oids->tenants, oids->tenant_id, id);
}

/* ON DELETE CASCADE: of the two logs of what users do. */
static bool
may_go_with_its_user(TriggerData *data)
{
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	int user = mt_trigger_column(data, "userId", UUIDOID);
	bool is_null;
	Datum user_id;

	if (!TupleDescAttr(row_type, user - 1)->attnotnull)
		return false; /* "SecurityAuditLogs": a row outlives its user */
	user_id = heap_getattr(data->tg_trigtuple, user, row_type, &is_null);
	return !is_null && user_is_gone(user_id);
}

/* ON DELETE SET NULL: whether the column became null as that of a row that is gone. */
static bool
lost_its_target(TriggerData *data, int column)
{
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	const char *name = NameStr(TupleDescAttr(row_type, column - 1)->attname);
	bool is_null;
	Datum before;

	heap_getattr(data->tg_newtuple, column, row_type, &is_null);
	if (!is_null || TupleDescAttr(row_type, column - 1)->atttypid != UUIDOID)
		return false;
	before = heap_getattr(data->tg_trigtuple, column, row_type, &is_null);
	if (is_null)
		return false;
	if (strcmp(name, "tenantId") == 0)
		return tenant_is_gone(before);
	if (strcmp(name, "userId") == 0 || strcmp(name, "actorId") == 0)
		return user_is_gone(before);
	return false;
}

static bool
only_loses_targets(TriggerData *data)
{
	int columns = RelationGetDescr(data->tg_relation)->natts;
	int lost = 0;

	for (int column = 1; column <= columns; column++)
	{
		if (TupleDescAttr(RelationGetDescr(data->tg_relation), column - 1)->attisdropped ||
			mt_trigger_is_unchanged(data, column))
			continue;
		if (!lost_its_target(data, column))
			return false;
		lost++;
	}
	return lost > 0;
}

pg_noreturn static void
refuse(TriggerData *data, const char *action)
{
	ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					errmsg("rows of \"%s\" cannot be %s: the log is append-only",
						   RelationGetRelationName(data->tg_relation), action),
					errhint("multitenant.run_maintenance() deletes what is past its retention.")));
}

/*
 * SQL: multitenant.guard_log_row() returns trigger
 *
 * BEFORE UPDATE OR DELETE, each row: 42501 but for referential actions, maintenance
 * and erasure.  Fires before set_updated_at, whose change is nobody's.
 */
Datum
mt_guard_log_row(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, NULL);
	bool is_update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	HeapTuple row = is_update ? data->tg_newtuple : data->tg_trigtuple;
	bool is_allowed;

	if (our_depth != -1 && mt_trigger_depth() == our_depth)
		return PointerGetDatum(row);
	is_allowed = is_update ? only_loses_targets(data) : may_go_with_its_user(data);
	if (!is_allowed)
		refuse(data, is_update ? "changed" : "deleted");
	return PointerGetDatum(row);
}

/* Whether this transaction truncates "Users", which takes with it what refers to them. */
static bool
truncates_users(void)
{
	Relation users = table_open(mt_relation_oid("Users"), AccessShareLock);
	bool is_locked = CheckRelationLockedByMe(users, AccessExclusiveLock, false);

	table_close(users, NoLock);
	return is_locked;
}

/*
 * SQL: multitenant.guard_log_truncate() returns trigger
 *
 * BEFORE TRUNCATE, each statement: 42501, but for TRUNCATE "Users" CASCADE while a
 * superuser lets users really go.
 */
Datum
mt_guard_log_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE, NULL);

	if (!mt_allow_hard_delete || !truncates_users())
		refuse(data, "truncated");
	return PointerGetDatum(NULL);
}
