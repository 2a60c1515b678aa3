/*
 * access/row_security.c
 *		Row-level security on the extension's own tables: enable_row_security,
 *		disable_row_security.
 *
 * Each table has one policy for reading: a member sees its tenant's rows, a user its own.
 * Which those are is read off the columns: "tenantId" and "userId"; a table that has
 * neither shows nothing until it is named below.  Of a log a member sees the tenant's rows
 * with the permission logs:read alone.  Administrators, the roles with USAGE on the
 * type administrator, have a second policy and see all.  There are no policies for
 * writing: what changes these tables are the functions, with the rights of the owner, whom
 * row-level security does not bind as it is not forced.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/table_policy.h"
#include "access/row_security.h"
#include "catalog/pg_class.h"
#include "core/catalog.h"
#include "core/row_security.h"
#include "core/settings.h"
#include "core/statement.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "storage/lmgr.h"
#include "tenancy/active_member.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#define ADMIN_POLICY "multitenant_admin"

#define OF_TENANT                                                          \
	"\"tenantId\" OPERATOR(pg_catalog.=) multitenant.current_tenant_id() " \
	"AND multitenant.is_member()"
#define OF_USER "\"userId\" OPERATOR(pg_catalog.=) multitenant.current_user_id()"
/* What a log says of others, their addresses above all, is not for every member. */
#define OF_LOG                                                             \
	"\"tenantId\" OPERATOR(pg_catalog.=) multitenant.current_tenant_id() " \
	"AND multitenant.has_permission('logs:read') OR " OF_USER

MT_FUNCTION_INFO_V1(mt_enable_row_security);
MT_FUNCTION_INFO_V1(mt_disable_row_security);
MT_FUNCTION_INFO_V1(mt_is_member);

/* Tables of which the columns do not tell all.  An array is made once for a query, and finds by index. */
static const struct
{
	const char *table;
	const char *expression;
} special_tables[] = {
	{"Users", "id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT multitenant.visible_user_ids()))"},
	{"Tenants", "id OPERATOR(pg_catalog.=) multitenant.current_tenant_id() "
				"AND multitenant.is_member()"},
	{"Permissions", "multitenant.current_user_id() IS NOT NULL"},
	{"LoginHistories", OF_LOG},
	{"SecurityAuditLogs", OF_LOG},
	{"ActivityLogs", OF_LOG},
	{"SignInChallenges", OF_USER}, /* of no concern to others in the tenant */
	{"RememberedDevices", OF_USER},
	{"RolePermissions",
	 "\"roleId\" OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT multitenant.visible_role_ids()))"},
};

/* What makes a row visible to the context. */
static const char *
visible_rows(Oid table)
{
	const char *name = get_rel_name(table);
	bool has_tenant = get_attnum(table, "tenantId") != InvalidAttrNumber;
	bool has_user = get_attnum(table, "userId") != InvalidAttrNumber;

	for (int i = 0; i < (int) lengthof(special_tables); i++)
	{
		if (strcmp(name, special_tables[i].table) == 0)
			return special_tables[i].expression;
	}
	if (has_tenant && has_user)
		return OF_TENANT " OR " OF_USER;
	if (has_tenant)
		return OF_TENANT;
	return has_user ? OF_USER : "false";
}

/* The Oids that a statement returns. */
static List *
oids_of(MtStatement *statement)
{
	MtParameters none = {0};
	uint64 count = mt_execute(statement, &none);
	List *oids = NIL;

	for (uint64 i = 0; i < count; i++)
	{
		bool is_null;

		oids = lappend_oid(oids,
						   DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
														  SPI_tuptable->tupdesc, 1, &is_null)));
	}
	return oids;
}

/* Every table of ours but the record itself, in the order in which they are locked. */
static List *
own_tables(void)
{
	static MtStatement find = {
		.sql = "SELECT oid FROM pg_catalog.pg_class "
			   "WHERE relnamespace = 'multitenant'::pg_catalog.regnamespace AND relkind = 'r' "
			   "AND relname <> '" MT_ROW_SECURITY_TABLE "' ORDER BY oid"};

	return oids_of(&find);
}

/* The roles that have the mark of an administrator, other than who owns it. */
static List *
admin_roles(void)
{
	static MtStatement find = {
		.sql = "SELECT DISTINCT a.grantee FROM pg_catalog.pg_type t, "
			   "pg_catalog.aclexplode(t.typacl) a "
			   "WHERE t.oid = 'multitenant.administrator'::pg_catalog.regtype "
			   "AND a.grantee NOT IN (0, t.typowner) ORDER BY 1"};

	return oids_of(&find);
}

static bool
is_recorded(void)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"" MT_ROW_SECURITY_TABLE
									  "\" LIMIT 1"};
	MtParameters none = {0};

	return mt_execute(&find, &none) > 0;
}

void
mt_row_security_begin(void)
{
	Oid record = mt_relation_oid(MT_ROW_SECURITY_TABLE);

	if (!object_ownercheck(RelationRelationId, record, GetUserId()))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be owner of extension multitenant")));
	LockRelationOid(record, ShareRowExclusiveLock);
}

/* The policy of administrators on one table; false when it is so already. */
static bool
admit(Oid table, List *admins)
{
	MtTablePolicy policy = {.name = ADMIN_POLICY, .command = "SELECT", .expression = "true"};

	if (admins == NIL)
		return mt_table_policy_drop(table, ADMIN_POLICY);
	policy.roles = admins;
	return mt_table_policy_put(table, &policy);
}

void
mt_row_security_admit_readers(void)
{
	List *admins = admin_roles();
	ListCell *cell;

	if (!is_recorded())
		return;
	foreach(cell, own_tables())
		admit(lfirst_oid(cell), admins);
}

/*
 * SQL: multitenant.enable_row_security() returns void
 *
 * Also brings up to date what a restore or a new version left behind.
 */
Datum
mt_enable_row_security(PG_FUNCTION_ARGS)
{
	static MtStatement record = {.sql = "INSERT INTO multitenant.\"" MT_ROW_SECURITY_TABLE
										"\" DEFAULT VALUES"};
	MtParameters none = {0};
	List *admins;
	ListCell *cell;
	bool changed = false;

	mt_row_security_begin();
	SPI_connect();
	admins = admin_roles();
	foreach(cell, own_tables())
	{
		Oid table = lfirst_oid(cell);
		MtTablePolicy policy = {.name = MT_ROW_SECURITY_POLICY,
								.command = "SELECT",
								.expression = visible_rows(table)};

		changed |= mt_table_policy_set_enabled(table, true, false);
		changed |= mt_table_policy_put(table, &policy);
		changed |= admit(table, admins);
	}
	if (!is_recorded())
		changed |= mt_execute(&record, &none) > 0;
	if (changed)
		mt_audit(&(MtAuditEvent){.event = "row_security.enabled", .severity = "medium"});
	SPI_finish();
	PG_RETURN_VOID();
}

/* SQL: multitenant.disable_row_security() returns void */
Datum
mt_disable_row_security(PG_FUNCTION_ARGS)
{
	static MtStatement erase = {.sql = "DELETE FROM multitenant.\"" MT_ROW_SECURITY_TABLE "\""};
	MtParameters none = {0};
	ListCell *cell;
	bool changed = false;

	mt_row_security_begin();
	SPI_connect();
	foreach(cell, own_tables())
	{
		Oid table = lfirst_oid(cell);

		changed |= mt_table_policy_drop(table, MT_ROW_SECURITY_POLICY);
		changed |= mt_table_policy_drop(table, ADMIN_POLICY);
		/* a policy that an application added stays, and is in force */
		if (!mt_table_policy_exists(table))
			changed |= mt_table_policy_set_enabled(table, false, false);
	}
	changed |= mt_execute(&erase, &none) > 0;
	if (changed)
		mt_audit(&(MtAuditEvent){.event = "row_security.disabled", .severity = "high"});
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * SQL: multitenant.is_member() returns boolean
 *
 * Whether the acting user is still what set_context() found: an active member of the
 * active tenant.
 */
Datum
mt_is_member(PG_FUNCTION_ARGS)
{
	const pg_uuid_t *user_id = mt_context_user_id();
	const pg_uuid_t *tenant_id = mt_context_tenant_id();

	PG_RETURN_BOOL(user_id != NULL && tenant_id != NULL &&
				   mt_active_member_roles(user_id, tenant_id) != NULL);
}
