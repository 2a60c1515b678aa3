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

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "core/catalog.h"
#include "core/row_security.h"
#include "core/trigger.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define MAX_TABLES 64

MT_FUNCTION_INFO_V1(mt_row_security_changed);

static bool all_is_well = false;
static Oid tables[MAX_TABLES]; /* that it depends on */
static int table_count = 0;

/* Relation invalidations seen so far, of whatever relation. */
static uint64 invalidations = 0;

/* A copy of the first row of a relation that fits the keys, or NULL. */
static HeapTuple
first_row(Oid relation, Oid index, int key_count, ScanKey keys)
{
	Relation table = table_open(relation, AccessShareLock);
	SysScanDesc scan = systable_beginscan(table, index, OidIsValid(index), NULL, key_count, keys);
	HeapTuple row = systable_getnext(scan);

	if (HeapTupleIsValid(row))
		row = heap_copytuple(row);
	systable_endscan(scan);
	table_close(table, AccessShareLock);
	return row;
}

HeapTuple
mt_policy_row(Oid table, const char *name)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], Anum_pg_policy_polrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table));
	if (name != NULL)
		ScanKeyInit(&keys[1], Anum_pg_policy_polname, BTEqualStrategyNumber, F_NAMEEQ,
					CStringGetDatum(name));
	return first_row(PolicyRelationId, PolicyPolrelidPolnameIndexId, name == NULL ? 1 : 2, keys);
}

/* A table that the record wants protected and is not. */
static bool
is_bare(Oid table)
{
	HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	bool is_enabled;

	if (!HeapTupleIsValid(row))
		return false; /* dropped a moment ago */
	is_enabled = ((Form_pg_class) GETSTRUCT(row))->relrowsecurity;
	ReleaseSysCache(row);
	return !is_enabled || mt_policy_row(table, MT_ROW_SECURITY_POLICY) == NULL;
}

/*
 * Note all of our tables, what depends on our schema; the first that is bare, or
 * InvalidOid.  Vacuum makes the backends look again, so not the whole of pg_class.
 */
static Oid
find_tables(Oid record)
{
	bool is_recorded = first_row(record, InvalidOid, 0, NULL) != NULL;
	Relation catalog = table_open(DependRelationId, AccessShareLock);
	Oid bare_table = InvalidOid;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple row;

	table_count = 0;
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(mt_schema_oid()));
	scan = systable_beginscan(catalog, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(row = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(row);

		if (form->classid != RelationRelationId || get_rel_relkind(form->objid) != RELKIND_RELATION)
			continue;
		if (table_count == MAX_TABLES)
			elog(ERROR, "more than %d tables of the extension", MAX_TABLES);
		tables[table_count++] = form->objid;
		if (is_recorded && form->objid != record &&
			(bare_table == InvalidOid || form->objid < bare_table) && is_bare(form->objid))
			bare_table = form->objid;
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return bare_table;
}

/*
 * Looking may itself receive an invalidation, of a table that is not noted yet: then
 * nothing is remembered, and the next call looks again.
 */
void
mt_require_row_security(void)
{
	uint64 seen = invalidations;
	Oid bare_table;

	if (all_is_well)
		return;
	bare_table = find_tables(mt_relation_oid(MT_ROW_SECURITY_TABLE));
	if (OidIsValid(bare_table))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("row-level security is recorded as enabled, but table \"%s\" has none",
						get_rel_name(bare_table)),
				 errhint("Call multitenant.enable_row_security() as the owner of the extension, "
						 "as after every restore.")));
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
