/*
 * access/protect_table.c
 *		Row-level security on an application's own tables: protect_table, unprotect_table.
 *
 * A protected table has a wall and four doors.  The wall is a restrictive policy: whatever
 * other policies an application adds, no statement reads, changes or makes a row but of
 * the context's tenant.  The doors are permissive policies, one for each command.
 *
 * Notes: row-level security is that of the table a statement names.  One that names a
 * partition or a child passes by the policies of its parent, so all of them get the same.
 * Everything is done with the caller's rights, and only an owner gets that far; only the
 * audit row is written with the rights of the owner of the log.  The lock taken while
 * looking conflicts with itself, so two callers never wait for each other's in a circle.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/table_policy.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "core/argument.h"
#include "core/catalog.h"
#include "core/errors.h"
#include "core/limits.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define POLICY_COUNT 5

MT_FUNCTION_INFO_V1(mt_protect_table);
MT_FUNCTION_INFO_V1(mt_unprotect_table);

/* In the order in which they are made: the wall first. */
static const char *const policy_names[POLICY_COUNT] = {"multitenant_tenant", "multitenant_select",
													   "multitenant_insert", "multitenant_update",
													   "multitenant_delete"};
static const char *const policy_commands[POLICY_COUNT] = {"ALL", "SELECT", "INSERT", "UPDATE",
														  "DELETE"};

typedef struct Protection
{
	const char *tenant_column;
	const char *read_permission;  /* NULL: every member */
	const char *write_permission; /* NULL: as for reading */
} Protection;

/* 42809 unless row-level security of the application is possible on it. */
static void
check_kind(Oid relation)
{
	char kind = get_rel_relkind(relation);
	const char *name = get_rel_name(relation);

	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("\"%s\" is not a table", name)));
	if (IsCatalogRelationOid(relation))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is a system catalog", name)));
	if (get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is a temporary table", name)));
	if (get_rel_namespace(relation) == mt_schema_oid())
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is a table of the extension multitenant", name),
						errhint("enable_row_security() protects those.")));
	/* pg_dump leaves out the policies of an extension's tables */
	if (!creating_extension && OidIsValid(getExtensionOfObject(RelationRelationId, relation)))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("\"%s\" is part of an extension", name),
						errhint("The script of its extension can protect it.")));
}

/*
 * The table of the first argument, locked.  22023 for null, 42P01 when there is none,
 * 42809 for what is no table of an application, 42501 when it is not the caller's.
 */
static Oid
table_argument(FunctionCallInfo fcinfo)
{
	Oid relation;

	if (PG_ARGISNULL(0))
		mt_throw_null_argument("relation");
	relation = PG_GETARG_OID(0);
	for (int attempt = 0; attempt < 2; attempt++)
	{
		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE), errmsg("there is no such table")));
		check_kind(relation);
		if (!object_ownercheck(RelationRelationId, relation, GetUserId()))
			aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, get_rel_name(relation));
		/* judged again once no one can drop it any more */
		if (attempt == 0)
			LockRelationOid(relation, ShareUpdateExclusiveLock);
	}
	return relation;
}

/* The table, and what inherits from it and can be protected. */
static List *
table_and_children(Oid relation)
{
	List *all = find_all_inheritors(relation, ShareUpdateExclusiveLock, NULL);
	List *tables = NIL;
	ListCell *cell;

	foreach(cell, all)
	{
		Oid table = lfirst_oid(cell);

		if (get_rel_relkind(table) == RELKIND_FOREIGN_TABLE)
			ereport(WARNING,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" is a foreign table, which has no row-level security",
							get_rel_name(table)),
					 errhint("Let no role of the application name it, only its parent.")));
		else if (get_rel_persistence(table) != RELPERSISTENCE_TEMP) /* its session's own */
			tables = lappend_oid(tables, table);
	}
	return tables;
}

/* 42703, 42804 unless there is such a column for the id of a tenant. */
static AttrNumber
check_tenant_column(Oid relation, const char *name)
{
	AttrNumber column = get_attnum(relation, name);

	if (column == InvalidAttrNumber)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("column \"%s\" of table \"%s\" does not exist", name,
							   get_rel_name(relation))));
	if (get_atttype(relation, column) != UUIDOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" of table \"%s\" is not of type uuid", name,
							   get_rel_name(relation))));
	return column;
}

/* Whether an index of all rows begins with the column. */
static bool
has_index_on(Oid relation, AttrNumber column)
{
	Relation table = table_open(relation, NoLock);
	List *indexes = RelationGetIndexList(table);
	ListCell *cell;
	bool found = false;

	foreach(cell, indexes)
	{
		HeapTuple row = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index index;

		if (!HeapTupleIsValid(row))
			continue;
		index = (Form_pg_index) GETSTRUCT(row);
		found |= index->indisvalid && index->indkey.values[0] == column &&
				 heap_attisnull(row, Anum_pg_index_indpred, NULL);
		ReleaseSysCache(row);
	}
	list_free(indexes);
	table_close(table, NoLock);
	return found;
}

/* Who passes: the holder of a permission, or every member. */
static char *
door(const char *permission)
{
	if (permission == NULL)
		return "multitenant.is_member()";
	return psprintf("multitenant.has_permission(%s)", quote_literal_cstr(permission));
}

static bool
protect(Oid table, const Protection *protection)
{
	const char *readers = door(protection->read_permission);
	const char *writers = protection->write_permission == NULL ? readers
															   : door(protection->write_permission);
	bool changed = false;

	/* first: between two of these statements nobody sees more than before */
	changed |= mt_table_policy_set_enabled(table, true, true);
	for (int i = 0; i < POLICY_COUNT; i++)
	{
		MtTablePolicy policy = {.name = policy_names[i], .command = policy_commands[i]};

		policy.is_restrictive = i == 0;
		if (i == 0)
			policy.expression =
				psprintf("%s OPERATOR(pg_catalog.=) multitenant.current_tenant_id()",
						 quote_identifier(protection->tenant_column));
		else
			policy.expression = i == 1 ? readers : writers;
		changed |= mt_table_policy_put(table, &policy);
	}
	return changed;
}

/* With the rights of the log's owner: who owns a table need not own the log. */
static void
audit(const MtAuditEvent *event)
{
	Oid user;
	int context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(mt_relation_owner(mt_relation_oid("SecurityAuditLogs")),
						   context | SECURITY_LOCAL_USERID_CHANGE);
	mt_audit(event);
	SetUserIdAndSecContext(user, context);
}

/*
 * SQL: multitenant.protect_table(relation regclass, tenant_column name,
 *		read_permission text, write_permission text) returns void
 */
Datum
mt_protect_table(PG_FUNCTION_ARGS)
{
	Oid relation = table_argument(fcinfo);
	Protection protection = {0};
	AttrNumber column;
	ListCell *cell;
	bool changed = false;

	if (PG_ARGISNULL(1))
		mt_throw_null_argument("tenant_column");
	protection.tenant_column = NameStr(*PG_GETARG_NAME(1));
	if (!PG_ARGISNULL(2))
		protection.read_permission = mt_required_name(fcinfo, 2, "read_permission",
													  MT_MAX_PERMISSION_NAME_BYTES);
	if (!PG_ARGISNULL(3))
		protection.write_permission = mt_required_name(fcinfo, 3, "write_permission",
													   MT_MAX_PERMISSION_NAME_BYTES);
	column = check_tenant_column(relation, protection.tenant_column);

	SPI_connect();
	foreach(cell, table_and_children(relation))
	{
		check_kind(lfirst_oid(cell));
		changed |= protect(lfirst_oid(cell), &protection);
	}
	if (changed)
		audit(&(MtAuditEvent){.event = "table.protected",
							  .severity = "medium",
							  .details = {"table", mt_table_policy_table_name(relation),
										  "readPermission", protection.read_permission,
										  "writePermission", protection.write_permission}});
	SPI_finish();
	if (!has_index_on(relation, column))
		ereport(NOTICE, (errmsg("no index of \"%s\" begins with the column \"%s\"",
								get_rel_name(relation), protection.tenant_column),
						 errhint("Without one, every query reads the rows of all tenants.")));
	PG_RETURN_VOID();
}

static bool
unprotect(Oid table)
{
	bool changed = false;

	for (int i = 0; i < POLICY_COUNT; i++)
		changed |= mt_table_policy_drop(table, policy_names[i]);
	if (changed && !mt_table_policy_exists(table))
		mt_table_policy_set_enabled(table, false, false);
	return changed;
}

/* SQL: multitenant.unprotect_table(relation regclass) returns void */
Datum
mt_unprotect_table(PG_FUNCTION_ARGS)
{
	Oid relation = table_argument(fcinfo);
	ListCell *cell;
	bool changed = false;

	SPI_connect();
	foreach(cell, find_all_inheritors(relation, ShareUpdateExclusiveLock, NULL))
		changed |= unprotect(lfirst_oid(cell));
	if (changed)
		audit(&(MtAuditEvent){.event = "table.unprotected",
							  .severity = "high",
							  .details = {"table", mt_table_policy_table_name(relation)}});
	SPI_finish();
	PG_RETURN_VOID();
}
