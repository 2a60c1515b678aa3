/*
 * tenancy/member.c
 *		Memberships, and the role names they hold.
 *
 * "TenantUsers".roles holds names of the tenant's roles.  A trigger refuses any
 * other, as a foreign key would: it locks the roles that are named FOR KEY SHARE,
 * so that none of them goes or is renamed before this transaction has ended, and
 * access/role.c carries renames and deletes into the arrays.  The
 * functions lock tenants before roles and roles before memberships; plain SQL that
 * does it in another order can meet a deadlock (40P01), and tries again.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "tenancy/member.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#define MAX_ROLES_BYTES 65536

MT_FUNCTION_INFO_V1(mt_check_member_roles);
MT_FUNCTION_INFO_V1(mt_add_member);

char *
mt_member_unknown_role(const pg_uuid_t *tenant_id, ArrayType *names)
{
	static MtStatement lock = {.sql = "SELECT FROM multitenant.\"Roles\" WHERE \"tenantId\" = $1 "
									  "AND name = ANY ($2) ORDER BY name FOR KEY SHARE"};
	static MtStatement find_unknown = {
		.sql =
			"SELECT wanted FROM pg_catalog.unnest($2) AS wanted WHERE NOT EXISTS "
			"(SELECT FROM multitenant.\"Roles\" WHERE \"tenantId\" = $1 AND name = wanted) LIMIT 1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, tenant_id);
	mt_add_text_array(&parameters, names);
	mt_execute(&lock, &parameters);
	return mt_execute(&find_unknown, &parameters) > 0 ? mt_column_text(1) : NULL;
}

/* The names of the new array that are not in the old one; NULL when there are none. */
static ArrayType *
added_names(ArrayType *old_names, ArrayType *new_names)
{
	static MtStatement find_added = {
		.sql = "SELECT pg_catalog.array_agg(name) FROM pg_catalog.unnest($1) AS name "
			   "WHERE name <> ALL ($2)"};
	MtParameters parameters = {0};
	Datum added;
	bool is_null;

	if (ARR_NDIM(new_names) == 0)
		return NULL;
	if (old_names == NULL)
		return new_names;
	mt_add_text_array(&parameters, new_names);
	mt_add_text_array(&parameters, old_names);
	mt_execute(&find_added, &parameters);
	added = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
	return is_null ? NULL : DatumGetArrayTypeP(added);
}

/*
 * Does the session restore a dump?  pg_dump's output begins with row_security off,
 * which no application has; and only who owns the table, or a superuser, restores it.
 * GetUserId() would be the owner always, since the trigger runs as such.
 */
static bool
is_restoring(Relation table)
{
	return !row_security && has_privs_of_role(GetOuterUserId(), table->rd_rel->relowner);
}

/*
 * SQL: multitenant.check_member_roles() returns trigger
 *
 * AFTER INSERT OR UPDATE, each row whose roles or tenant changed: 23503 for an
 * added name that is no role of the tenant.  It holds back while a dump restores:
 * tables come back in any order there, and what was dumped was checked.
 */
Datum
mt_check_member_roles(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW,
										"TenantUsers");
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	bool is_update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
	HeapTuple row = is_update ? data->tg_newtuple : data->tg_trigtuple;
	int roles = mt_trigger_column(data, "roles", get_array_type(VARCHAROID));
	int tenant = mt_trigger_column(data, "tenantId", UUIDOID);
	bool is_null;
	pg_uuid_t *tenant_id = DatumGetUUIDP(heap_getattr(row, tenant, row_type, &is_null));
	ArrayType *old_names = NULL;
	ArrayType *added;
	char *unknown = NULL;

	if (is_restoring(data->tg_relation))
		return PointerGetDatum(NULL);

	SPI_connect();
	if (is_update)
	{
		HeapTuple old_row = data->tg_trigtuple;
		pg_uuid_t *old_tenant = DatumGetUUIDP(heap_getattr(old_row, tenant, row_type, &is_null));

		if (memcmp(tenant_id, old_tenant, sizeof(pg_uuid_t)) == 0)
			old_names = DatumGetArrayTypeP(heap_getattr(old_row, roles, row_type, &is_null));
	}
	added = added_names(old_names,
						DatumGetArrayTypeP(heap_getattr(row, roles, row_type, &is_null)));
	if (added != NULL)
		unknown = mt_member_unknown_role(tenant_id, added);
	if (unknown != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("\"%s\" is not a role of the tenant", unknown),
				 errhint("Create the role first, with multitenant.create_role()."),
				 errtableconstraint(data->tg_relation, data->tg_trigger->tgname)));
	SPI_finish();
	return PointerGetDatum(NULL);
}

void
mt_member_require_user_and_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement find_user = {.sql = "SELECT status = 'deleted' FROM multitenant.\"Users\" "
										   "WHERE id = $1 FOR KEY SHARE"};
	static MtStatement find_tenant = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1 "
											 "FOR KEY SHARE"};
	MtParameters user = {0};
	MtParameters tenant = {0};

	mt_add_uuid(&user, user_id);
	if (mt_execute(&find_user, &user) == 0)
		mt_throw_not_found("user");
	if (mt_column_boolean(1))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("user is deleted")));
	mt_add_uuid(&tenant, tenant_id);
	if (mt_execute(&find_tenant, &tenant) == 0)
		mt_throw_not_found("tenant");
}

/*
 * SQL: multitenant.add_member(user_id uuid, tenant_id uuid, roles text[]) returns uuid
 *
 * Null roles are the tenant's default roles.  P0002 for a user, tenant or role that
 * is not there, 23505 for a member.
 */
Datum
mt_add_member(PG_FUNCTION_ARGS)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"TenantUsers\" (\"userId\", \"tenantId\", roles) "
			   "SELECT $1, $2, coalesce((SELECT pg_catalog.array_agg(DISTINCT name) "
			   "FROM pg_catalog.unnest($3) AS name), CASE WHEN $3 IS NULL THEN "
			   "(SELECT pg_catalog.array_agg(name ORDER BY name) FROM multitenant.\"Roles\" "
			   "WHERE \"tenantId\" = $2 AND \"isDefault\") END, '{}') "
			   "ON CONFLICT DO NOTHING RETURNING id, roles::pg_catalog.text"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 1, "tenant_id");
	ArrayType *roles = mt_text_array_argument(fcinfo, 2, "roles", MAX_ROLES_BYTES);
	MtParameters parameters = {0};
	pg_uuid_t member_id;

	SPI_connect();
	mt_member_require_user_and_tenant(user_id, tenant_id);
	if (roles != NULL && mt_member_unknown_role(tenant_id, roles) != NULL)
		mt_throw_not_found("role in this tenant");
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text_array(&parameters, roles);
	if (mt_execute(&insert, &parameters) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("the user is already a member of the tenant")));
	mt_column_uuid(1, &member_id);
	mt_audit(&(MtAuditEvent){.event = "member.added",
							 .severity = "medium",
							 .user_id = user_id,
							 .tenant_id = tenant_id,
							 .details = {"roles", mt_column_text(2)}});
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&member_id));
}
