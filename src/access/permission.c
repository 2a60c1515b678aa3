/*
 * access/permission.c
 *		Permissions, and the roles that grant them.
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
#include "records/audit.h"
#include "utils/builtins.h"

MT_FUNCTION_INFO_V1(mt_create_permission);
MT_FUNCTION_INFO_V1(mt_grant_permission);
MT_FUNCTION_INFO_V1(mt_revoke_permission);

/* A resource or an action: "*", or text without colon, asterisk and space. */
static char *
part_argument(FunctionCallInfo fcinfo, int at, const char *name)
{
	char *part = mt_required_name(fcinfo, at, name, MT_MAX_PERMISSION_PART_BYTES);

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
	char *description = mt_text_argument(fcinfo, 2, "description", MT_MAX_DESCRIPTION_BYTES);
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
	/* known is what is locked: else one that went in the meantime would be left out */
	static MtStatement find_unknown = {
		.sql = "SELECT wanted FROM pg_catalog.unnest($1) AS wanted WHERE wanted <> ALL (ARRAY("
			   "SELECT name::pg_catalog.text FROM multitenant.\"Permissions\" "
			   "WHERE name = ANY ($1) ORDER BY id FOR KEY SHARE)) LIMIT 1"};
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"RolePermissions\" (\"roleId\", \"permissionId\") "
			   "SELECT $1, id FROM multitenant.\"Permissions\" WHERE name = ANY ($2) "
			   "ORDER BY id ON CONFLICT DO NOTHING"};
	MtParameters wanted = {0};
	MtParameters parameters = {0};

	mt_add_text_array(&wanted, names);
	if (mt_execute(&find_unknown, &wanted) > 0)
		mt_throw_unknown_name("permission", mt_column_text(1));
	mt_add_uuid(&parameters, role_id);
	mt_add_text_array(&parameters, names);
	return mt_execute(&insert, &parameters);
}

/* The arguments of the two functions that change what a role grants, and whose they are. */
typedef struct GrantChange
{
	pg_uuid_t role_id;
	pg_uuid_t tenant_id;
	char *role;
	char *permission;
	ArrayType *names; /* the permission alone */
} GrantChange;

/* Lock the grant, where there is one. */
static void
lock_grant(const GrantChange *change)
{
	static MtStatement lock = {
		.sql = "SELECT FROM multitenant.\"RolePermissions\" WHERE \"roleId\" = $1 AND "
			   "\"permissionId\" = (SELECT id FROM multitenant.\"Permissions\" WHERE name = $2) "
			   "FOR UPDATE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &change->role_id);
	mt_add_text(&parameters, change->permission);
	mt_execute(&lock, &parameters);
}

/* Read them, lock the role, judge the caller.  Inside SPI. */
static GrantChange
begin_change(FunctionCallInfo fcinfo)
{
	GrantChange change = {.role_id = *mt_required_uuid(fcinfo, 0, "role_id"),
						  .permission = mt_required_text(fcinfo, 1, "permission",
														 MT_MAX_PERMISSION_NAME_BYTES)};
	MtAuthority authority = mt_authority("roles:manage", NULL);

	change.names = mt_role_names(change.permission, NULL);
	change.tenant_id = mt_role_lock(&authority, &change.role_id, MT_ROLE_GRANTS, &change.role);
	/* a client waits for who takes the permission from the role, or it would give that back to itself */
	if (authority.is_bounded)
		lock_grant(&change);
	mt_authority_require(&authority, mt_role_names(change.role, NULL), change.names, NULL);
	return change;
}

static void
audit_change(const GrantChange *change, const char *event)
{
	mt_audit(&(MtAuditEvent){.event = event,
							 .severity = "medium",
							 .tenant_id = &change->tenant_id,
							 .details = {"role", change->role, "permission", change->permission}});
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
	GrantChange change;
	bool granted;

	SPI_connect();
	change = begin_change(fcinfo);
	granted = mt_permission_grant_all(&change.role_id, change.names) > 0;
	if (granted)
		audit_change(&change, "role.permission_granted");
	SPI_finish();
	PG_RETURN_BOOL(granted);
}

/*
 * SQL: multitenant.revoke_permission(role_id uuid, permission text) returns boolean
 *
 * False when the role did not have it.  P0002 for a role or permission that is not
 * there.
 */
Datum
mt_revoke_permission(PG_FUNCTION_ARGS)
{
	static MtStatement delete = {
		.sql = "DELETE FROM multitenant.\"RolePermissions\" WHERE \"roleId\" = $1 AND "
			   "\"permissionId\" = (SELECT id FROM multitenant.\"Permissions\" WHERE name = $2)"};
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"Permissions\" WHERE name = $1"};
	MtParameters parameters = {0};
	MtParameters key = {0};
	GrantChange change;
	bool revoked;

	SPI_connect();
	change = begin_change(fcinfo);
	mt_add_uuid(&parameters, &change.role_id);
	mt_add_text(&parameters, change.permission);
	revoked = mt_execute(&delete, &parameters) > 0;
	mt_add_text(&key, change.permission);
	if (revoked)
		audit_change(&change, "role.permission_revoked");
	else if (mt_execute(&find, &key) == 0)
		mt_throw_unknown_name("permission", change.permission);
	SPI_finish();
	PG_RETURN_BOOL(revoked);
}
