/*
 * core/row_security.c
 *		Whether row-level security on the extension's own tables is what the record says.
 *
 * pg_dump may leave out the policies of an extension's tables and that row-level security
 * was on, so a restored database would show every row to whoever may read a table.  The
 * rows of "RowSecurity" are dumped; while they and the tables disagree, no context is set.
 *
 * Notes: that all is well is remembered until the server says that one of the tables
 * changed: their policies and flags by itself, the rows of the record by the trigger below.
 */
#include "postgres.h"
#include "core/compat.h"

#include "commands/trigger.h"
#include "core/row_security.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "utils/inval.h"
#include "utils/rel.h"

#define MAX_TABLES 64

MT_FUNCTION_INFO_V1(mt_row_security_changed);

static bool all_is_well = false;
static Oid tables[MAX_TABLES]; /* that it depends on */
static int table_count = 0;

/* Relation invalidations seen so far, of whatever relation. */
static uint64 invalidations = 0;

/* 55000 for the first of our tables that is not protected; notes all of them. */
static void
check_tables(void)
{
	static MtStatement find_tables = {
		.sql = "SELECT c.oid, c.relname::pg_catalog.text, c.relname = '" MT_ROW_SECURITY_TABLE
			   "' OR c.relrowsecurity AND EXISTS (SELECT FROM pg_catalog.pg_policy p "
			   "WHERE p.polrelid = c.oid AND p.polname = '" MT_ROW_SECURITY_POLICY "') "
			   "OR NOT EXISTS (SELECT FROM multitenant.\"" MT_ROW_SECURITY_TABLE "\") "
			   "FROM pg_catalog.pg_class c "
			   "WHERE c.relnamespace = 'multitenant'::pg_catalog.regnamespace AND c.relkind = 'r' "
			   "ORDER BY 3, 1"};
	MtParameters none = {0};
	uint64 count = mt_execute_on_latest(&find_tables, &none);

	table_count = 0;
	for (uint64 i = 0; i < count && i < MAX_TABLES; i++)
	{
		bool is_null;

		tables[table_count++] = DatumGetObjectId(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null));
	}
	if (count > 0 && !mt_column_boolean(3))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("row-level security is recorded as enabled, but table \"%s\" has none",
						mt_column_text(2)),
				 errhint("The owner of the extension calls multitenant.enable_row_security(), "
						 "after a restore too.")));
}

/*
 * Looking may itself receive an invalidation, of a table that is not noted yet: then
 * nothing is remembered, and the next call looks again.
 */
void
mt_require_row_security(void)
{
	uint64 seen = invalidations;

	if (all_is_well)
		return;
	SPI_connect();
	check_tables();
	SPI_finish();
	all_is_well = seen == invalidations;
}

/* Compares Oids and does nothing else: no catalog may be touched here. */
static void
forget(Datum argument, Oid relation)
{
	(void) argument;
	invalidations++;
	for (int i = 0; all_is_well && i < table_count; i++)
	{
		if (relation == tables[i] || relation == InvalidOid)
			all_is_well = false;
	}
}

void
mt_row_security_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}

/*
 * SQL: multitenant.row_security_changed() returns trigger
 *
 * AFTER every change, each statement: every backend looks again, once it is committed.
 */
Datum
mt_row_security_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER, MT_ROW_SECURITY_TABLE);

	CacheInvalidateRelcacheByRelid(RelationGetRelid(data->tg_relation));
	return PointerGetDatum(NULL);
}
