/*
 * access/authority.c
 *		What an untrusted caller may change: no more than the acting user holds.
 *
 * A client (session/caller.h) changes memberships and roles of its own tenant alone, with
 * the permission to do so, and neither gives nor takes what the acting user does not hold
 * itself.  It learns nothing of other tenants: what it may not see is not looked at.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/authority.h"
#include "access/held.h"
#include "catalog/pg_type.h"
#include "core/settings.h"
#include "core/statement.h"
#include "session/caller.h"

/* Parts of the judgement, named: a macro with arguments within a text is hard to read. */
#define HELD MT_GRANTED_BY("held_role")
#define MOVED MT_GRANTED_BY("moved_role")
#define COVERS_THE_PERMISSION MT_COVERS("$3")
#define COVERS_THE_NAME MT_COVERS("m.name")
#define NAMES_THAT_COUNT                                                      \
	"SELECT 'owner' AS name UNION ALL SELECT "                                \
	"pg_catalog.jsonb_array_elements_text(\"securityPolicy\" -> 'twoFactor' " \
	"-> 'exemptRoles') FROM multitenant.\"Tenants\" WHERE id = $2"

MtAuthority
mt_authority(const char *permission, const pg_uuid_t *tenant_id)
{
	const pg_uuid_t *acting_user = mt_context_user_id();
	const pg_uuid_t *acting_tenant = mt_context_tenant_id();
	MtAuthority authority = {.is_bounded = mt_caller_is_client(), .permission = permission};

	if (!authority.is_bounded)
		return authority;
	if (acting_user == NULL || acting_tenant == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("not permitted without an acting user and tenant"),
				 errhint("Call multitenant.use_session() first, in the same transaction.")));
	if (tenant_id != NULL && memcmp(tenant_id, acting_tenant, sizeof(pg_uuid_t)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("not permitted in a tenant other than the acting one")));
	authority.user_id = *acting_user;
	authority.tenant_id = *acting_tenant;
	mt_authority_require(&authority, NULL, NULL, NULL);
	return authority;
}

static void
add_names(MtParameters *parameters, ArrayType *names)
{
	mt_add_text_array(parameters, names != NULL ? names : construct_empty_array(TEXTOID));
}

void
mt_authority_require(const MtAuthority *authority, ArrayType *roles, ArrayType *permissions,
					 ArrayType *scopes)
{
	/*
	 * A permission is covered when whoever asks for its name, or for its resource and
	 * action, finds that the acting user has it: a name can be the application's own.  What
	 * some roles are stands in their names: owner, which owners alone give and take, and
	 * those that the tenant's policy exempts from the second factor, which besides them who
	 * has the same one does.
	 */
	static MtStatement judge = {
		.sql =
			"WITH held_role AS (" MT_HELD_ROLES "), "
			"held AS (" HELD "), "
			"moved_role AS (SELECT id, scopes FROM multitenant.\"Roles\" "
			"WHERE \"tenantId\" = $2 AND name = ANY ($4)), "
			"moved AS (" MOVED " UNION "
			"SELECT name, resource, action FROM multitenant.\"Permissions\" WHERE name = ANY ($5)), "
			"held_scope AS (SELECT pg_catalog.unnest(scopes)::pg_catalog.text AS name FROM held_role), "
			"moved_scope AS (SELECT pg_catalog.unnest(scopes)::pg_catalog.text AS name FROM moved_role "
			"UNION SELECT pg_catalog.unnest($6)) "
			"SELECT EXISTS (SELECT FROM held p WHERE " COVERS_THE_PERMISSION "), "
			"NOT EXISTS (SELECT FROM (" NAMES_THAT_COUNT ") AS n WHERE n.name = ANY ($4) "
			"AND NOT EXISTS (SELECT FROM held_role h WHERE h.name IN ('owner', n.name))) "
			"AND NOT EXISTS (SELECT FROM moved m WHERE NOT EXISTS (SELECT FROM held p "
			"WHERE p.resource IN ('*', m.resource) AND p.action IN ('*', m.action)) "
			"OR NOT EXISTS (SELECT FROM held p WHERE " COVERS_THE_NAME ")) "
			"AND NOT EXISTS (SELECT FROM moved_scope m WHERE NOT EXISTS (SELECT FROM held_scope h "
			"WHERE h.name IN ('*', m.name) OR (pg_catalog.right(h.name, 2) = ':*' "
			"AND pg_catalog.starts_with(m.name, pg_catalog.left(h.name, -1)))))"};
	MtParameters parameters = {0};

	if (!authority->is_bounded)
		return;
	mt_add_uuid(&parameters, &authority->user_id);
	mt_add_uuid(&parameters, &authority->tenant_id);
	mt_add_text(&parameters, authority->permission);
	add_names(&parameters, roles);
	add_names(&parameters, permissions);
	add_names(&parameters, scopes);
	mt_execute_on_latest(&judge, &parameters);
	if (authority->permission != NULL && !mt_column_boolean(1))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the acting user lacks the permission \"%s\"", authority->permission)));
	if (!mt_column_boolean(2))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("not permitted to give or take more than the acting user holds")));
}
