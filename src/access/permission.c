/*
 * access/permission.c
 *		Permissions, and the roles that grant them.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/permission.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/statement.h"
#include "records/audit.h"
#include "utils/builtins.h"

#define MAX_PART_BYTES 100
#define MAX_NAME_BYTES (2 * MAX_PART_BYTES + 1)
#define MAX_DESCRIPTION_BYTES 4096

MT_FUNCTION_INFO_V1(mt_create_permission);
MT_FUNCTION_INFO_V1(mt_grant_permission);

/* A resource or an action: "*", or text without colon, asterisk and space. */
static char *
part_argument(FunctionCallInfo fcinfo, int at, const char *name)
{
	char *part = mt_required_name(fcinfo, at, name, MAX_PART_BYTES);

	if (strcmp(part, "*") != 0 && strpbrk(part, ":* ") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid %s", name),
				 errdetail("It is \"*\", or has no colon, asterisk or space.")));
	return part;
}

/*
 * SQL: multitenant.create_permission(resource text, action text, description text)
 *		returns uuid
 *
 * The name is resource:action.  22023; 23505 when it is there.
 */
Datum
mt_create_permission(PG_FUNCTION_ARGS)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"Permissions\" (name, resource, action, description) "
			   "VALUES ($1 || ':' || $2, $1, $2, $3) ON CONFLICT DO NOTHING RETURNING id, name"};
	char *resource = part_argument(fcinfo, 0, "resource");
	char *action = part_argument(fcinfo, 1, "action");
	char *description = mt_text_argument(fcinfo, 2, "description", MAX_DESCRIPTION_BYTES);
	MtParameters parameters = {0};
	pg_uuid_t permission_id;

	SPI_connect();
	mt_add_text(&parameters, resource);
	mt_add_text(&parameters, action);
	mt_add_text(&parameters, description);
	if (mt_execute(&insert, &parameters) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION), errmsg("the permission already exists")));
	mt_column_uuid(1, &permission_id);
	mt_audit(&(MtAuditEvent){.event = "permission.created",
							 .details = {"permission", mt_column_text(2)}});
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&permission_id));
}

uint64
mt_permission_grant_all(const pg_uuid_t *role_id, ArrayType *names)
{
	static MtStatement find_unknown = {
		.sql = "SELECT FROM pg_catalog.unnest($1) AS wanted WHERE NOT EXISTS "
			   "(SELECT FROM multitenant.\"Permissions\" WHERE name = wanted) LIMIT 1"};
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"RolePermissions\" (\"roleId\", \"permissionId\") "
			   "SELECT $1, id FROM multitenant.\"Permissions\" WHERE name = ANY ($2) "
			   "ORDER BY id ON CONFLICT DO NOTHING"};
	MtParameters wanted = {0};
	MtParameters parameters = {0};

	mt_add_text_array(&wanted, names);
	if (mt_execute(&find_unknown, &wanted) > 0)
		mt_throw_not_found("permission");
	mt_add_uuid(&parameters, role_id);
	mt_add_text_array(&parameters, names);
	return mt_execute(&insert, &parameters);
}

/*
 * SQL: multitenant.grant_permission(role_id uuid, permission text) returns boolean
 *
 * False when the role has it already.  P0002 for a role or permission that is not
 * there.
 */
Datum
mt_grant_permission(PG_FUNCTION_ARGS)
{
	static MtStatement find_role = {
		/* the tenant is locked before the role, as its deletion does */
		.sql = "SELECT r.\"tenantId\", r.name::pg_catalog.text FROM multitenant.\"Roles\" r, "
			   "LATERAL (SELECT FROM multitenant.\"Tenants\" t WHERE t.id = r.\"tenantId\" "
			   "FOR KEY SHARE) AS tenant WHERE r.id = $1 FOR KEY SHARE OF r"};
	pg_uuid_t *role_id = mt_required_uuid(fcinfo, 0, "role_id");
	char *permission = mt_required_text(fcinfo, 1, "permission", MAX_NAME_BYTES);
	Datum name = CStringGetTextDatum(permission);
	MtParameters key = {0};
	pg_uuid_t tenant_id;
	char *role;
	bool granted;

	SPI_connect();
	mt_add_uuid(&key, role_id);
	if (mt_execute(&find_role, &key) == 0)
		mt_throw_not_found("role");
	mt_column_uuid(1, &tenant_id);
	role = mt_column_text(2);
	granted = mt_permission_grant_all(role_id, construct_array(&name, 1, TEXTOID, -1, false,
															   TYPALIGN_INT)) > 0;
	if (granted)
		mt_audit(&(MtAuditEvent){.event = "role.permission_granted",
								 .severity = "medium",
								 .tenant_id = &tenant_id,
								 .details = {"role", role, "permission", permission}});
	SPI_finish();
	PG_RETURN_BOOL(granted);
}
