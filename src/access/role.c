/*
 * access/role.c
 *		Roles of a tenant, and who has them.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/permission.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "records/audit.h"
#include "tenancy/member.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#define MAX_NAME_BYTES 100
#define MAX_DESCRIPTION_BYTES 4096
#define MAX_ARRAY_BYTES 65536

MT_FUNCTION_INFO_V1(mt_create_role);
MT_FUNCTION_INFO_V1(mt_assign_role);
MT_FUNCTION_INFO_V1(mt_follow_role_name);

/* scope-token of RFC 6749 section 3.3: printable ASCII but space, " and \ */
static bool
is_scope(const char *text, int length)
{
	for (int i = 0; i < length; i++)
	{
		if (text[i] <= 0x20 || text[i] >= 0x7f || text[i] == '"' || text[i] == '\\')
			return false;
	}
	return length > 0;
}

/* 22023 unless every element is a scope */
static void
check_scopes(ArrayType *scopes)
{
	Datum *elements;
	int count;

	deconstruct_array(scopes, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		text *scope = DatumGetTextPP(elements[i]);

		if (!is_scope(VARDATA_ANY(scope), (int) VARSIZE_ANY_EXHDR(scope)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid scope"),
					 errdetail("A scope is printable ASCII without spaces, double quotes and "
							   "backslashes.")));
	}
}

static void
insert_role(MtParameters *parameters, pg_uuid_t *role_id)
{
	static MtStatement insert = {
		.sql =
			"INSERT INTO multitenant.\"Roles\" (\"tenantId\", name, description, scopes, "
			"\"isDefault\") SELECT id, $2, $3, $4, $5 FROM multitenant.\"Tenants\" WHERE id = $1 "
			"ON CONFLICT DO NOTHING RETURNING id"};
	static MtStatement find_tenant = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1"};
	MtParameters key = {0};

	if (mt_execute(&insert, parameters) > 0)
	{
		mt_column_uuid(1, role_id);
		return;
	}
	mt_add_uuid(&key, DatumGetUUIDP(parameters->values[0]));
	if (mt_execute(&find_tenant, &key) == 0)
		mt_throw_not_found("tenant");
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("the tenant already has a role of this name")));
}

/*
 * SQL: multitenant.create_role(tenant_id uuid, name text, description text,
 *		scopes text[], permissions text[], is_default boolean) returns uuid
 *
 * P0002 for a tenant or permission that is not there, 23505 for a name that is.
 */
Datum
mt_create_role(PG_FUNCTION_ARGS)
{
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	char *name = mt_required_name(fcinfo, 1, "name", MAX_NAME_BYTES);
	char *description = mt_text_argument(fcinfo, 2, "description", MAX_DESCRIPTION_BYTES);
	ArrayType *scopes = mt_text_array_argument(fcinfo, 3, "scopes", MAX_ARRAY_BYTES);
	ArrayType *permissions = mt_text_array_argument(fcinfo, 4, "permissions", MAX_ARRAY_BYTES);
	bool is_default = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
	MtParameters parameters = {0};
	pg_uuid_t role_id;

	if (scopes == NULL)
		scopes = construct_empty_array(TEXTOID);
	if (permissions == NULL)
		permissions = construct_empty_array(TEXTOID);
	check_scopes(scopes);

	SPI_connect();
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, name);
	mt_add_text(&parameters, description);
	mt_add_text_array(&parameters, scopes);
	mt_add_boolean(&parameters, is_default);
	insert_role(&parameters, &role_id);
	mt_permission_grant_all(&role_id, permissions);
	mt_audit(&(MtAuditEvent){.event = "role.created",
							 .severity = "medium",
							 .tenant_id = tenant_id,
							 .details = {"role", name, "permissions",
										 OidOutputFunctionCall(F_ARRAY_OUT,
															   PointerGetDatum(permissions))}});
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&role_id));
}

/* A text array of the one name. */
static ArrayType *
single_name(const char *name)
{
	Datum element = CStringGetTextDatum(name);

	return construct_array(&element, 1, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * SQL: multitenant.assign_role(user_id uuid, tenant_id uuid, role text) returns boolean
 *
 * False when the member has it already.  P0002 when there is no such user or tenant,
 * the tenant has no such role, or the user is no member; 55000 for a deleted user.
 */
Datum
mt_assign_role(PG_FUNCTION_ARGS)
{
	static MtStatement append = {
		.sql = "UPDATE multitenant.\"TenantUsers\" SET roles = pg_catalog.array_append(roles, "
			   "$3::pg_catalog.varchar) WHERE \"userId\" = $1 AND \"tenantId\" = $2 "
			   "AND $3 <> ALL (roles)"};
	static MtStatement find_member = {.sql = "SELECT FROM multitenant.\"TenantUsers\" "
											 "WHERE \"userId\" = $1 AND \"tenantId\" = $2"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 1, "tenant_id");
	char *role = mt_required_text(fcinfo, 2, "role", MAX_NAME_BYTES);
	MtParameters parameters = {0};
	MtParameters key = {0};
	bool assigned;

	SPI_connect();
	mt_member_require_user_and_tenant(user_id, tenant_id);
	if (mt_member_unknown_role(tenant_id, single_name(role)) != NULL)
		mt_throw_not_found("role in this tenant");
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, role);
	assigned = mt_execute(&append, &parameters) > 0;
	if (assigned)
		mt_audit(&(MtAuditEvent){.event = "member.role_assigned",
								 .severity = "medium",
								 .user_id = user_id,
								 .tenant_id = tenant_id,
								 .details = {"role", role}});
	else
	{
		mt_add_uuid(&key, user_id);
		mt_add_uuid(&key, tenant_id);
		if (mt_execute(&find_member, &key) == 0)
			mt_throw_not_found("member of this tenant");
	}
	SPI_finish();
	PG_RETURN_BOOL(assigned);
}

/*
 * SQL: multitenant.follow_role_name() returns trigger
 *
 * AFTER UPDATE OF name, "tenantId" OR DELETE, each row: the memberships of the tenant
 * follow, also those that were committed after this transaction's snapshot.
 */
Datum
mt_follow_role_name(PG_FUNCTION_ARGS)
{
	static MtStatement rename = {
		.sql = "UPDATE multitenant.\"TenantUsers\" SET roles = pg_catalog.array_replace(roles, "
			   "$2::pg_catalog.varchar, $3::pg_catalog.varchar) "
			   "WHERE \"tenantId\" = $1 AND $2 = ANY (roles)"};
	static MtStatement remove = {
		.sql = "UPDATE multitenant.\"TenantUsers\" SET roles = pg_catalog.array_remove(roles, "
			   "$2::pg_catalog.varchar) WHERE \"tenantId\" = $1 AND $2 = ANY (roles)"};
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, "Roles");
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	int name = mt_trigger_column(data, "name", VARCHAROID);
	int tenant = mt_trigger_column(data, "tenantId", UUIDOID);
	MtParameters parameters = {0};
	bool is_null;
	Datum tenant_id = SPI_getbinval(data->tg_trigtuple, row_type, tenant, &is_null);
	bool stays = TRIGGER_FIRED_BY_UPDATE(data->tg_event) &&
				 datumIsEqual(tenant_id,
							  SPI_getbinval(data->tg_newtuple, row_type, tenant, &is_null), false,
							  UUID_LEN);

	SPI_connect();
	mt_add_uuid(&parameters, DatumGetUUIDP(tenant_id));
	mt_add_text(&parameters, SPI_getvalue(data->tg_trigtuple, row_type, name));
	if (stays)
	{
		mt_add_text(&parameters, SPI_getvalue(data->tg_newtuple, row_type, name));
		mt_execute_on_latest(&rename, &parameters);
	}
	else
		mt_execute_on_latest(&remove, &parameters);
	SPI_finish();
	return PointerGetDatum(NULL);
}
