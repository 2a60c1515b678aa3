/*
 * access/role.c
 *		Roles of a tenant.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/permission.h"
#include "access/role.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "records/audit.h"
#include "tenancy/member.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

MT_FUNCTION_INFO_V1(mt_create_role);
MT_FUNCTION_INFO_V1(mt_rename_role);
MT_FUNCTION_INFO_V1(mt_delete_role);
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

pg_noreturn static void
throw_name_is_taken(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("the tenant already has a role of this name")));
}

static void
insert_role(MtParameters *parameters, pg_uuid_t *role_id)
{
	static MtStatement insert = {
		.sql =
			"INSERT INTO multitenant.\"Roles\" (\"tenantId\", name, description, scopes, "
			"\"isDefault\") SELECT id, $2, $3, $4, $5 FROM multitenant.\"Tenants\" WHERE id = $1 "
			"FOR KEY SHARE ON CONFLICT DO NOTHING RETURNING id"};
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
	throw_name_is_taken();
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
	char *name = mt_required_name(fcinfo, 1, "name", MT_MAX_ROLE_NAME_BYTES);
	char *description = mt_text_argument(fcinfo, 2, "description", MT_MAX_DESCRIPTION_BYTES);
	ArrayType *scopes = mt_text_array_argument(fcinfo, 3, "scopes", MT_MAX_NAMES_BYTES);
	ArrayType *permissions = mt_text_array_argument(fcinfo, 4, "permissions", MT_MAX_NAMES_BYTES);
	bool is_default = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
	MtAuthority authority;
	MtParameters parameters = {0};
	pg_uuid_t role_id;

	if (scopes == NULL)
		scopes = construct_empty_array(TEXTOID);
	if (permissions == NULL)
		permissions = construct_empty_array(TEXTOID);
	check_scopes(scopes);

	SPI_connect();
	authority = mt_authority("roles:manage", tenant_id);
	/* a client waits for who deletes such a role, by which it may hold what it is to give */
	if (authority.is_bounded && mt_member_is_role(tenant_id, name))
		throw_name_is_taken();
	mt_authority_require(&authority, mt_role_names(name, NULL), permissions, scopes);
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

pg_uuid_t
mt_role_lock(const MtAuthority *authority, const pg_uuid_t *role_id, MtRoleChange change,
			 char **name)
{
	/* the tenant is locked before the role, as its deletion does */
#define LOCK_ROLE(strength)                                                                          \
	"SELECT r.\"tenantId\", r.name::pg_catalog.text FROM multitenant.\"Roles\" r, "                  \
	"LATERAL (SELECT FROM multitenant.\"Tenants\" t WHERE t.id = r.\"tenantId\" "                    \
	"FOR KEY SHARE) AS tenant WHERE r.id = $1 AND ($2 IS NULL OR r.\"tenantId\" = $2) FOR " strength \
	" OF r"
	static MtStatement lock[] = {[MT_ROLE_GRANTS] = {.sql = LOCK_ROLE("KEY SHARE")},
								 [MT_ROLE_NAME] = {.sql = LOCK_ROLE("UPDATE")}};
	MtParameters parameters = {0};
	pg_uuid_t tenant_id;

	mt_add_uuid(&parameters, role_id);
	mt_add_uuid(&parameters, authority->is_bounded ? &authority->tenant_id : NULL);
	if (mt_execute(&lock[change], &parameters) == 0)
		mt_throw_not_found("role");
	mt_column_uuid(1, &tenant_id);
	*name = mt_column_text(2);
	return tenant_id;
}

ArrayType *
mt_role_names(const char *first, const char *second)
{
	Datum names[] = {CStringGetTextDatum(first),
					 second == NULL ? (Datum) 0 : CStringGetTextDatum(second)};

	return construct_array(names, second == NULL ? 1 : 2, TEXTOID, -1, false, TYPALIGN_INT);
}

/*
 * SQL: multitenant.rename_role(role_id uuid, name text) returns void
 *
 * P0002; 22023 a bad name, 23505 one that another role of the tenant has.
 */
Datum
mt_rename_role(PG_FUNCTION_ARGS)
{
	static MtStatement find_other = {.sql = "SELECT FROM multitenant.\"Roles\" "
											"WHERE \"tenantId\" = $1 AND name = $2"};
	static MtStatement update = {.sql = "UPDATE multitenant.\"Roles\" SET name = $2 WHERE id = $1"};
	pg_uuid_t *role_id = mt_required_uuid(fcinfo, 0, "role_id");
	char *name = mt_required_name(fcinfo, 1, "name", MT_MAX_ROLE_NAME_BYTES);
	MtAuthority authority;
	MtParameters other = {0};
	MtParameters parameters = {0};
	pg_uuid_t tenant_id;
	char *old_name;

	SPI_connect();
	authority = mt_authority("roles:manage", NULL);
	tenant_id = mt_role_lock(&authority, role_id, MT_ROLE_NAME, &old_name);
	mt_authority_require(&authority, mt_role_names(old_name, name), NULL, NULL);
	if (strcmp(name, old_name) != 0)
	{
		mt_add_uuid(&other, &tenant_id);
		mt_add_text(&other, name);
		if (mt_execute(&find_other, &other) > 0)
			throw_name_is_taken();
		mt_add_uuid(&parameters, role_id);
		mt_add_text(&parameters, name);
		mt_execute(&update, &parameters);
		mt_audit(&(MtAuditEvent){.event = "role.renamed",
								 .severity = "medium",
								 .tenant_id = &tenant_id,
								 .details = {"from", old_name, "to", name}});
	}
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * SQL: multitenant.delete_role(role_id uuid) returns void
 *
 * The members lose it.  P0002.
 */
Datum
mt_delete_role(PG_FUNCTION_ARGS)
{
	static MtStatement delete = {.sql = "DELETE FROM multitenant.\"Roles\" WHERE id = $1"};
	pg_uuid_t *role_id = mt_required_uuid(fcinfo, 0, "role_id");
	MtAuthority authority;
	MtParameters parameters = {0};
	pg_uuid_t tenant_id;
	char *name;

	SPI_connect();
	authority = mt_authority("roles:manage", NULL);
	tenant_id = mt_role_lock(&authority, role_id, MT_ROLE_NAME, &name);
	mt_authority_require(&authority, mt_role_names(name, NULL), NULL, NULL);
	mt_add_uuid(&parameters, role_id);
	mt_execute(&delete, &parameters);
	mt_audit(&(MtAuditEvent){.event = "role.deleted",
							 .severity = "medium",
							 .tenant_id = &tenant_id,
							 .details = {"role", name}});
	SPI_finish();
	PG_RETURN_VOID();
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
		char *new_name = SPI_getvalue(data->tg_newtuple, row_type, name);

		mt_add_text(&parameters, new_name);
		mt_member_follow_role(&rename, &parameters, DatumGetUUIDP(tenant_id), new_name);
	}
	else
		mt_execute_on_latest(&remove, &parameters);
	SPI_finish();
	return PointerGetDatum(NULL);
}
