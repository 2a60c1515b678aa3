/*
 * core/own_oids.c
 *		The tables, indexes, columns and enum values that the checks read.
 *
 * Looking them up by name costs more than the checks, so they are kept until the
 * server says that one of the relations changed (a REINDEX CONCURRENTLY, an ALTER
 * TABLE, the extension dropped and made again).
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/own_oids.h"
#include "core/catalog.h"
#include "utils/inval.h"

#define MAX_ATTEMPTS 3

static MtOwnOids oids;
static bool oids_are_valid = false;

/* Relation invalidations seen so far, of whatever relation. */
static uint64 invalidations = 0;

static MtIndexedTable
indexed_table(const char *table, const char *index)
{
	return (MtIndexedTable){mt_relation_oid(table), mt_relation_oid(index)};
}

static void
fill_tables(MtOwnOids *fresh)
{
	fresh->users = indexed_table("Users", "Users_pkey");
	fresh->tenants = indexed_table("Tenants", "Tenants_pkey");
	fresh->members = indexed_table("TenantUsers", "TenantUsers_userId_tenantId_key");
	fresh->roles = indexed_table("Roles", "Roles_name_tenantId_key");
	fresh->permissions = indexed_table("Permissions", "Permissions_name_key");
	fresh->actions = indexed_table("Permissions", "permissions_resource_action_idx");
	fresh->grants = indexed_table("RolePermissions", "RolePermissions_roleId_permissionId_key");
	fresh->sessions = indexed_table("OAuthTokens", "oauth_tokens_access_token_idx");
}

static void
fill_session_columns(MtOwnOids *fresh)
{
	Oid sessions = fresh->sessions.table;

	fresh->session_id = mt_column_number(sessions, "id");
	fresh->session_access_token = mt_column_number(sessions, "accessToken");
	fresh->session_expires_at = mt_column_number(sessions, "accessTokenExpiresAt");
	fresh->session_ends_at = mt_column_number(sessions, "refreshTokenExpiresAt");
	fresh->session_client = mt_column_number(sessions, "clientId");
	fresh->session_type = mt_column_number(sessions, "type");
	fresh->session_user = mt_column_number(sessions, "userId");
	fresh->session_revoked = mt_column_number(sessions, "revoked");
	fresh->session_last_used_at = mt_column_number(sessions, "lastUsedAt");
}

static void
fill_columns(MtOwnOids *fresh)
{
	fresh->user_id = mt_column_number(fresh->users.table, "id");
	fresh->user_status = mt_column_number(fresh->users.table, "status");
	fresh->user_deleted_at = mt_column_number(fresh->users.table, "deletedAt");
	fresh->tenant_id = mt_column_number(fresh->tenants.table, "id");
	fresh->tenant_status = mt_column_number(fresh->tenants.table, "status");
	fresh->tenant_policy = mt_column_number(fresh->tenants.table, "securityPolicy");
	fresh->member_user = mt_column_number(fresh->members.table, "userId");
	fresh->member_tenant = mt_column_number(fresh->members.table, "tenantId");
	fresh->member_roles = mt_column_number(fresh->members.table, "roles");
	fresh->role_id = mt_column_number(fresh->roles.table, "id");
	fresh->role_name = mt_column_number(fresh->roles.table, "name");
	fresh->role_tenant = mt_column_number(fresh->roles.table, "tenantId");
	fresh->role_scopes = mt_column_number(fresh->roles.table, "scopes");
	fresh->permission_id = mt_column_number(fresh->permissions.table, "id");
	fresh->permission_name = mt_column_number(fresh->permissions.table, "name");
	fresh->permission_resource = mt_column_number(fresh->permissions.table, "resource");
	fresh->permission_action = mt_column_number(fresh->permissions.table, "action");
	fresh->grant_role = mt_column_number(fresh->grants.table, "roleId");
	fresh->grant_permission = mt_column_number(fresh->grants.table, "permissionId");
	fill_session_columns(fresh);
	fresh->permission_cache = mt_relation_oid("permission_cache");
	fresh->active_user = mt_enum_value("enum_Users_status", "active");
	fresh->active_tenant = mt_enum_value("enum_Tenants_status", "active");
}

/*
 * A lookup may itself receive an invalidation, of a relation that is not in "oids"
 * yet: what was read meanwhile is read again.  Not without end: a server that is built
 * to discard its caches all the time never gives a quiet moment.
 */
const MtOwnOids *
mt_own_oids(void)
{
	for (int attempt = 0; !oids_are_valid && attempt < MAX_ATTEMPTS; attempt++)
	{
		MtOwnOids fresh = {0};
		uint64 seen = invalidations;

		fill_tables(&fresh);
		fill_columns(&fresh);
		oids = fresh;
		oids_are_valid = seen == invalidations;
	}
	return &oids;
}

static bool
is_of(const MtIndexedTable *table, Oid relation)
{
	return table->table == relation || table->index == relation;
}

/* Compares Oids and does nothing else: no catalog may be touched here. */
static void
forget(Datum argument, Oid relation)
{
	(void) argument;
	invalidations++;
	if (relation == InvalidOid || is_of(&oids.users, relation) || is_of(&oids.tenants, relation) ||
		is_of(&oids.members, relation) || is_of(&oids.roles, relation) ||
		is_of(&oids.permissions, relation) || is_of(&oids.actions, relation) ||
		is_of(&oids.grants, relation) || is_of(&oids.sessions, relation))
		oids_are_valid = false;
}

void
mt_own_oids_init(void)
{
	CacheRegisterRelcacheCallback(forget, (Datum) 0);
}
