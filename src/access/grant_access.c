/*
 * access/grant_access.c
 *		What a database role may call and read: grant_access, revoke_access.
 *
 * A tier is judged function by function, from the catalog, so that an upgrade's new
 * functions are withheld from clients until the list below names them.
 *
 * Notes: GRANT and REVOKE run with the caller's rights, and only the owner of the extension
 * gets that far.  Nothing is written where nothing changes.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/row_security.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/catalog.h"
#include "core/errors.h"
#include "core/row_security.h"
#include "core/statement.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define MAX_TIER_BYTES 63

MT_FUNCTION_INFO_V1(mt_grant_access);
MT_FUNCTION_INFO_V1(mt_revoke_access);

/*
 * What an untrusted client may call: an argument is a token that cannot be guessed, or the
 * context alone decides.  No function that judges a guess: a client may roll back the
 * transaction that counted it.  None that is told whom it is about, but those that a
 * client's own roles bound.  One that is not there is left out.
 */
static const char *const client_functions[] = {
	/* the context */
	"clear_context()",
	"current_tenant_id()",
	"current_user_id()",
	"has_permission(text)",
	"has_role(text)",
	"has_scope(text)",
	"is_member()",
	"require_permission(text)",
	"visible_role_ids()",
	"visible_user_ids()",
	/* tokens */
	"end_session(text)",
	"refresh_session(text,text,text)",
	"reset_password(text,text)",
	"use_session(text,text)",
	"verify_email(text)",
	"verify_session(text,text)",
	/* bounded by the roles of the acting user */
	"add_member(uuid,uuid,text[])",
	"assign_role(uuid,uuid,text)",
	"create_role(uuid,text,text,text[],text[],boolean)",
	"delete_role(uuid)",
	"grant_permission(uuid,text)",
	"remove_member(uuid,uuid)",
	"rename_role(uuid,text)",
	"revoke_permission(uuid,text)",
	"unassign_role(uuid,uuid,text)",
};

typedef enum Tier
{
	TIER_NONE,
	TIER_CLIENT,
	TIER_SERVICE,
	TIER_ADMIN
} Tier;

static const char *const tier_names[] = {"none", "client", "service", "admin"};

/* The role named by the first argument; 22023 for one that cannot be, 42704 for none. */
static Oid
grantee_argument(FunctionCallInfo fcinfo)
{
	const char *name;
	Oid grantee;

	if (PG_ARGISNULL(0))
		mt_throw_null_argument("grantee");
	name = NameStr(*PG_GETARG_NAME(0));
	if (strcmp(name, "public") == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("access is not for PUBLIC"), errhint("Name a role.")));
	grantee = get_role_oid(name, false);
	if (grantee == mt_relation_owner(mt_relation_oid(MT_ROW_SECURITY_TABLE)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("role \"%s\" owns the extension multitenant", name)));
	return grantee;
}

static Tier
tier_argument(FunctionCallInfo fcinfo)
{
	const char *name = mt_required_text(fcinfo, 1, "tier", MAX_TIER_BYTES);

	for (Tier tier = TIER_CLIENT; tier <= TIER_ADMIN; tier++)
	{
		if (strcmp(name, tier_names[tier]) == 0)
			return tier;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there is no such tier"),
					errhint("It is client, service or admin.")));
}

/* The signatures as a text array. */
static ArrayType *
client_signatures(void)
{
	Datum elements[lengthof(client_functions)];

	for (int i = 0; i < (int) lengthof(client_functions); i++)
		elements[i] = CStringGetTextDatum(client_functions[i]);
	return construct_array(elements, lengthof(client_functions), TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * Run the statements that a query returns as rows of one text.  They are put together by
 * format() with %I and by regprocedure and regclass, under a search_path that makes them
 * name every schema.
 */
static bool
run_statements(MtStatement *query, MtParameters *parameters)
{
	uint64 count = mt_execute(query, parameters);
	SPITupleTable *statements = SPI_tuptable;

	for (uint64 i = 0; i < count; i++)
	{
		char *sql = SPI_getvalue(statements->vals[i], statements->tupdesc, 1);
		int result = SPI_execute(sql, false, 0);

		if (result < 0)
			elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	}
	return count > 0;
}

pg_noreturn static void
throw_granted_by_another(const char *grantee, const char *what)
{
	mt_throw_wrong_state(psprintf("role \"%s\" was granted %s by another role", grantee, what),
						 "REVOKE the grant option from that role, with CASCADE.");
}

/* Grant and revoke EXECUTE until the role has just what its tier may call. */
static bool
set_functions(const char *grantee, Tier tier)
{
	static MtStatement compare = {
		.sql =
			"WITH functions AS ("
			"SELECT p.oid, $2 >= 2 OR $2 = 1 AND EXISTS (SELECT FROM pg_catalog.unnest($3) AS signature "
			"WHERE pg_catalog.to_regprocedure('multitenant.' || signature) = p.oid) AS wanted, "
			"EXISTS (SELECT FROM pg_catalog.aclexplode(p.proacl) a WHERE a.grantee = r.oid) AS given "
			"FROM pg_catalog.pg_proc p CROSS JOIN pg_catalog.pg_roles r "
			"WHERE p.pronamespace = 'multitenant'::regnamespace AND r.rolname = $1 "
			"AND p.prorettype <> ALL ('{trigger,event_trigger,internal}'::regtype[])) "
			"SELECT pg_catalog.format(CASE WHEN wanted "
			"THEN 'GRANT EXECUTE ON FUNCTION %s TO %I' "
			"ELSE 'REVOKE ALL ON FUNCTION %s FROM %I' END, oid::regprocedure, $1) "
			"FROM functions WHERE wanted <> given ORDER BY oid"};
	MtParameters parameters = {0};

	mt_add_text(&parameters, grantee);
	mt_add_integer(&parameters, tier);
	mt_add_text_array(&parameters, client_signatures());
	if (!run_statements(&compare, &parameters))
		return false;
	/* REVOKE takes back what the owner granted, and says nothing of the rest */
	if (mt_execute(&compare, &parameters) > 0)
		throw_granted_by_another(grantee, "functions");
	return true;
}

/* The right that marks the role $1 as an administrator. */
#define MARK_OF_ROLE                                                                 \
	"SELECT FROM pg_catalog.pg_type t, pg_catalog.aclexplode(t.typacl) mark, "       \
	"pg_catalog.pg_roles marked WHERE t.oid = 'multitenant.administrator'::regtype " \
	"AND marked.rolname = $1 AND mark.grantee = marked.oid"

/*
 * Let an administrator read every table and view, and take that back from one who was it.
 * Of another role's tables nothing is touched: what it may read is granted by hand.
 */
static bool
set_tables(const char *grantee, Tier tier)
{
	static MtStatement grant = {
		.sql =
			"SELECT pg_catalog.format('GRANT SELECT ON %s TO %I', c.oid::regclass, $1) "
			"FROM pg_catalog.pg_class c CROSS JOIN pg_catalog.pg_roles r "
			"WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind IN ('r', 'v') "
			"AND r.rolname = $1 AND NOT EXISTS ("
			"SELECT FROM pg_catalog.aclexplode(c.relacl) a "
			"WHERE a.grantee = r.oid AND a.privilege_type = 'SELECT') UNION ALL "
			"SELECT pg_catalog.format('GRANT USAGE ON TYPE multitenant.administrator TO %I', $1) "
			"WHERE NOT EXISTS (" MARK_OF_ROLE ")"};
	static MtStatement revoke = {
		.sql =
			"SELECT pg_catalog.format('REVOKE SELECT ON %s FROM %I', c.oid::regclass, $1) "
			"FROM pg_catalog.pg_class c CROSS JOIN pg_catalog.pg_roles r "
			"WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind IN ('r', 'v') "
			"AND r.rolname = $1 AND EXISTS (" MARK_OF_ROLE ") AND EXISTS ("
			"SELECT FROM pg_catalog.aclexplode(c.relacl) a "
			"WHERE a.grantee = r.oid AND a.privilege_type = 'SELECT') UNION ALL "
			"SELECT pg_catalog.format('REVOKE ALL ON TYPE multitenant.administrator FROM %I', $1) "
			"WHERE EXISTS (" MARK_OF_ROLE ")"};
	static MtStatement find_left = {
		.sql = "SELECT FROM pg_catalog.pg_class c CROSS JOIN pg_catalog.pg_roles r CROSS JOIN "
			   "pg_catalog.aclexplode(c.relacl) a "
			   "WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind IN ('r', 'v') "
			   "AND r.rolname = $1 AND a.grantee = r.oid AND a.privilege_type = 'SELECT' "
			   "UNION ALL " MARK_OF_ROLE};
	MtParameters parameters = {0};

	mt_add_text(&parameters, grantee);
	if (!run_statements(tier == TIER_ADMIN ? &grant : &revoke, &parameters))
		return false;
	/* as for the functions: what another role gave is still there */
	if (tier != TIER_ADMIN && mt_execute(&find_left, &parameters) > 0)
		throw_granted_by_another(grantee, "tables or the mark of an administrator");
	return true;
}

static void
set_tier(Oid role, Tier tier)
{
	const char *grantee = GetUserNameFromId(role, false);
	bool changed;

	SPI_connect();
	changed = set_functions(grantee, tier);
	if (set_tables(grantee, tier))
	{
		changed = true;
		mt_row_security_admit_readers();
	}
	if (changed)
		mt_audit(&(MtAuditEvent){.event = tier == TIER_NONE ? "access.revoked" : "access.granted",
								 .severity = "high",
								 .details = {"role", grantee, tier == TIER_NONE ? NULL : "tier",
											 tier_names[tier]}});
	SPI_finish();
}

/* SQL: multitenant.grant_access(grantee name, tier text) returns void */
Datum
mt_grant_access(PG_FUNCTION_ARGS)
{
	Oid grantee = grantee_argument(fcinfo);
	Tier tier = tier_argument(fcinfo);

	mt_row_security_begin();
	set_tier(grantee, tier);
	PG_RETURN_VOID();
}

/* SQL: multitenant.revoke_access(grantee name) returns void */
Datum
mt_revoke_access(PG_FUNCTION_ARGS)
{
	Oid grantee = grantee_argument(fcinfo);

	mt_row_security_begin();
	set_tier(grantee, TIER_NONE);
	PG_RETURN_VOID();
}
