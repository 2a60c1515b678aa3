/*
 * access/held.h
 *		The truth conditions of the checks as SQL, for statements that work on sets.
 *
 * access/check.c decides the same for one question at a time, by index; a test holds the
 * two together.
 */
#ifndef MT_HELD_H
#define MT_HELD_H

/* Longer than any name that an index can hold: nobody has it, unknown without looking. */
#define MT_MAX_ASKED_BYTES 8192

/* Of a user u, and of a tenant t. */
#define MT_IS_ACTIVE_USER "u.status = 'active' AND u.\"deletedAt\" IS NULL"
#define MT_IS_ACTIVE_TENANT "t.status = 'active'"

/* The roles that user $1 holds in tenant $2: id, name, scopes. */
#define MT_HELD_ROLES                                                                      \
	"SELECT r.id, r.name, r.scopes FROM multitenant.\"TenantUsers\" m "                    \
	"JOIN multitenant.\"Users\" u ON u.id = m.\"userId\" AND " MT_IS_ACTIVE_USER " "       \
	"JOIN multitenant.\"Tenants\" t ON t.id = m.\"tenantId\" AND " MT_IS_ACTIVE_TENANT " " \
	"JOIN multitenant.\"Roles\" r ON r.\"tenantId\" = t.id AND r.name = ANY (m.roles) "    \
	"WHERE m.\"userId\" = $1 AND m.\"tenantId\" = $2"

/* The permissions p that roles grant, of those that the source has as r. */
#define MT_GRANTED_BY(source)                                        \
	"SELECT p.name, p.resource, p.action FROM " source " r "         \
	"JOIN multitenant.\"RolePermissions\" g ON g.\"roleId\" = r.id " \
	"JOIN multitenant.\"Permissions\" p ON p.id = g.\"permissionId\""

/* Whether a permission p covers what is asked by a name. */
#define MT_COVERS(asked)                                                 \
	"(p.name = " asked " OR (pg_catalog.strpos(" asked ", ':') > 0 "     \
	"AND p.resource IN ('*', pg_catalog.split_part(" asked ", ':', 1)) " \
	"AND p.action IN ('*', pg_catalog.substr(" asked ", pg_catalog.strpos(" asked ", ':') + 1))))"

#endif /* MT_HELD_H */
