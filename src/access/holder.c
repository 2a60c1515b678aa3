/*
 * access/holder.c
 *		Who holds what: the answers of the checks as sets.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/held.h"
#include "core/argument.h"
#include "core/statement.h"
#include "utils/builtins.h"

MT_FUNCTION_INFO_V1(mt_member_permissions);
MT_FUNCTION_INFO_V1(mt_members_with_permission);
MT_FUNCTION_INFO_V1(mt_user_tenants);

/*
 * SQL: multitenant.member_permissions(user_id uuid, tenant_id uuid) returns setof text
 */
Datum
mt_member_permissions(PG_FUNCTION_ARGS)
{
	static MtStatement find = {
		.sql = "SELECT DISTINCT p.name::pg_catalog.text FROM (" MT_GRANTED_BY(
			"(" MT_HELD_ROLES ")") ") p ORDER BY 1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, PG_GETARG_UUID_P(0));
	mt_add_uuid(&parameters, PG_GETARG_UUID_P(1));
	mt_return_rows(fcinfo, &find, &parameters);
	PG_RETURN_NULL();
}

/*
 * SQL: multitenant.members_with_permission(tenant_id uuid, permission text)
 *		returns setof uuid
 */
Datum
mt_members_with_permission(PG_FUNCTION_ARGS)
{
	static MtStatement find = {
		.sql =
			"SELECT u.id FROM multitenant.\"Tenants\" t "
			"JOIN multitenant.\"TenantUsers\" m ON m.\"tenantId\" = t.id "
			"JOIN multitenant.\"Users\" u ON u.id = m.\"userId\" AND " MT_IS_ACTIVE_USER " "
			"WHERE t.id = $1 AND " MT_IS_ACTIVE_TENANT
			" AND m.roles && ARRAY (SELECT r.name FROM multitenant.\"Roles\" r "
			"WHERE r.\"tenantId\" = $1 AND EXISTS (SELECT FROM multitenant.\"RolePermissions\" g "
			"JOIN multitenant.\"Permissions\" p ON p.id = g.\"permissionId\" "
			"WHERE g.\"roleId\" = r.id AND " MT_COVERS("$2") "))",
		.is_planned_anew = true};
	text *permission = mt_bounded_text(fcinfo, 1, MT_MAX_ASKED_BYTES);
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, PG_GETARG_UUID_P(0));
	mt_add_text(&parameters, permission == NULL ? NULL : text_to_cstring(permission));
	mt_return_rows(fcinfo, &find, &parameters);
	PG_RETURN_NULL();
}

/*
 * SQL: multitenant.user_tenants(user_id uuid)
 *		returns table (tenant_id uuid, slug text, name text, roles text[])
 */
Datum
mt_user_tenants(PG_FUNCTION_ARGS)
{
	static MtStatement find = {
		.sql = "SELECT t.id, t.slug::pg_catalog.text, t.name::pg_catalog.text, "
			   "m.roles::pg_catalog.text[] FROM multitenant.\"Users\" u "
			   "JOIN multitenant.\"TenantUsers\" m ON m.\"userId\" = u.id "
			   "JOIN multitenant.\"Tenants\" t ON t.id = m.\"tenantId\" "
			   "WHERE u.id = $1 AND " MT_IS_ACTIVE_USER " AND " MT_IS_ACTIVE_TENANT " "
			   "ORDER BY t.slug"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, PG_GETARG_UUID_P(0));
	mt_return_rows(fcinfo, &find, &parameters);
	PG_RETURN_NULL();
}
