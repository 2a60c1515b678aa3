-- Roles, permissions, and the checks.

CREATE FUNCTION multitenant.create_permission(resource text, action text, description text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_create_permission'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_permission(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_permission(text, text, text) IS
  'Makes the permission named resource:action and returns its id. resource, action: "*", which covers every one, or text of at most 100 bytes without colon, asterisk and space. Errors: 22023 a bad argument; 23505 it exists; 54000 too long. Audit: permission.created.';

CREATE FUNCTION multitenant.create_role(
  tenant_id uuid, name text, description text DEFAULT NULL, scopes text[] DEFAULT '{}',
  permissions text[] DEFAULT '{}', is_default boolean DEFAULT false)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_create_role'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_role(uuid, text, text, text[], text[], boolean) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_role(uuid, text, text, text[], text[], boolean) IS
  'Makes a role of a tenant and returns its id. name: at most 100 bytes, unique in the tenant. scopes: scope-tokens of RFC 6749 section 3.3. permissions: names of permissions that it grants. is_default: new members get it. Errors: P0002 no such tenant or permission; 22023 a bad argument; 23505 the tenant has a role of that name; 54000 too long. A client needs roles:manage, and holds what the role grants: 42501. Audit: role.created.';

CREATE FUNCTION multitenant.rename_role(role_id uuid, name text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_rename_role'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.rename_role(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.rename_role(uuid, text) IS
  'Renames a role; the memberships that have it follow. name: at most 100 bytes, unique in the tenant. Errors: P0002 no such role; 22023 a bad argument; 23505 the tenant has a role of that name; 54000 too long; 55000 at commit when the tenant would lose its last active owner. A client needs roles:manage, and holds all of the role: 42501. Audit: role.renamed.';

CREATE FUNCTION multitenant.delete_role(role_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_delete_role'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.delete_role(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.delete_role(uuid) IS
  'Deletes a role; the members that have it lose it. Errors: P0002 no such role; 22023 null; 55000 at commit when the tenant would lose its last active owner. A client needs roles:manage, and holds all of the role: 42501. Audit: role.deleted.';

CREATE FUNCTION multitenant.grant_permission(role_id uuid, permission text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_grant_permission'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.grant_permission(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.grant_permission(uuid, text) IS
  'Lets a role grant a permission; false when it did already. permission: its name, resource:action. Errors: P0002 no such role or permission; 22023 null or empty; 54000 too long. A client needs roles:manage, and holds all of the role and the permission: 42501. Audit: role.permission_granted.';

CREATE FUNCTION multitenant.revoke_permission(role_id uuid, permission text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_revoke_permission'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.revoke_permission(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.revoke_permission(uuid, text) IS
  'Ends that a role grants a permission; false when it did not. What a wildcard of the role covers stays. permission: its name, resource:action. Errors: P0002 no such role or permission; 22023 null or empty; 54000 too long. A client needs roles:manage, and holds all of the role and the permission: 42501. Audit: role.permission_revoked.';

CREATE FUNCTION multitenant.assign_role(user_id uuid, tenant_id uuid, role text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_assign_role'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.assign_role(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.assign_role(uuid, uuid, text) IS
  'Gives a member a role of the tenant; false when the member had it. Errors: P0002 no such user or tenant, no such role in this tenant, or the user is no member; 55000 the user is deleted; 22023 null or empty; 54000 too long. A client needs members:manage and neither gives nor takes more than the acting user holds: 42501. Audit: member.role_assigned.';

CREATE FUNCTION multitenant.unassign_role(user_id uuid, tenant_id uuid, role text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_unassign_role'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.unassign_role(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.unassign_role(uuid, uuid, text) IS
  'Takes a role of the tenant from a member; false when the member did not have it. Pending invitations of the member that give roles by name are cancelled. Errors: P0002 no such user or tenant, no such role in this tenant, or the user is no member; 22023 null or empty; 54000 too long; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage and neither gives nor takes more than the acting user holds: 42501. Audit: member.role_unassigned.';

-- The answers of the checks as sets. SECURITY DEFINER: they read for whoever may ask.
CREATE FUNCTION multitenant.member_permissions(user_id uuid, tenant_id uuid)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'mt_member_permissions'
LANGUAGE C STABLE STRICT SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.member_permissions(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.member_permissions(uuid, uuid) IS
  'Names of the permissions that the roles of a member grant, as they are stored, with their wildcards, in order; none unless the user is active and not deleted, the tenant is active and the user is its member.';

CREATE FUNCTION multitenant.members_with_permission(tenant_id uuid, permission text)
RETURNS SETOF uuid
AS 'MODULE_PATHNAME', 'mt_members_with_permission'
LANGUAGE C STABLE STRICT SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.members_with_permission(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.members_with_permission(uuid, text) IS
  'The users for whom has_permission(user, tenant_id, permission) is true, in no order.';

CREATE FUNCTION multitenant.user_tenants(user_id uuid, OUT tenant_id uuid, OUT slug text, OUT name text, OUT roles text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'mt_user_tenants'
LANGUAGE C STABLE STRICT SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.user_tenants(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.user_tenants(uuid) IS
  'The active tenants of which an active user is a member, by slug: the ones to choose from after sign-in. roles: the names in the membership. None for a user who is not active.';

-- The checks read by themselves, so they need neither the caller's rights on the
-- tables nor a search_path: no SECURITY DEFINER, which keeps them cheap in a policy.
CREATE FUNCTION multitenant.has_role(user_id uuid, tenant_id uuid, role text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_has_role'
LANGUAGE C STABLE PARALLEL SAFE COST 100;
REVOKE ALL ON FUNCTION multitenant.has_role(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_role(uuid, uuid, text) IS
  'True when the user is active and not deleted, the tenant is active, the user is its member and has that role of it. Anything else is false, a null argument too.';

CREATE FUNCTION multitenant.has_permission(user_id uuid, tenant_id uuid, permission text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_has_permission'
LANGUAGE C STABLE PARALLEL SAFE COST 200;
REVOKE ALL ON FUNCTION multitenant.has_permission(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_permission(uuid, uuid, text) IS
  'True when the user is active and not deleted, the tenant is active, the user is its member and one of the member''s roles grants the permission: by its name, or, for resource:action, by a permission with the same or * for either. Anything else is false, a null argument too.';

CREATE FUNCTION multitenant.has_any_role(user_id uuid, tenant_id uuid, roles text[])
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_has_any_role'
LANGUAGE C STABLE PARALLEL SAFE COST 100;
REVOKE ALL ON FUNCTION multitenant.has_any_role(uuid, uuid, text[]) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_any_role(uuid, uuid, text[]) IS
  'True when has_role is for one of the roles. Anything else is false, a null argument or an empty array too.';

CREATE FUNCTION multitenant.has_scope(user_id uuid, tenant_id uuid, scope text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_has_scope'
LANGUAGE C STABLE PARALLEL SAFE COST 100;
REVOKE ALL ON FUNCTION multitenant.has_scope(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_scope(uuid, uuid, text) IS
  'True when the user is active and not deleted, the tenant is active, the user is its member and one of the member''s roles has the scope: the same, "*", or "prefix:*" for one that begins with "prefix:". Anything else is false, a null argument too.';

-- The same for the acting user and tenant. The planner has them evaluated once for a query.
CREATE FUNCTION multitenant.has_role(role text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_context_has_role'
LANGUAGE C STABLE PARALLEL SAFE COST 100 SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.has_role(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_role(text) IS
  'has_role(current_user_id(), current_tenant_id(), role): false outside a context. Evaluated once for a query.';

CREATE FUNCTION multitenant.has_permission(permission text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_context_has_permission'
LANGUAGE C STABLE PARALLEL SAFE COST 200 SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.has_permission(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_permission(text) IS
  'has_permission(current_user_id(), current_tenant_id(), permission): false outside a context. Evaluated once for a query.';

CREATE FUNCTION multitenant.has_scope(scope text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_context_has_scope'
LANGUAGE C STABLE PARALLEL SAFE COST 100 SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.has_scope(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.has_scope(text) IS
  'has_scope(current_user_id(), current_tenant_id(), scope): false outside a context. Evaluated once for a query.';

-- VOLATILE: the planner leaves out a STABLE call whose result is not used, and the refusal with it.
CREATE FUNCTION multitenant.require_permission(permission text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_require_permission'
LANGUAGE C VOLATILE PARALLEL SAFE COST 200;
REVOKE ALL ON FUNCTION multitenant.require_permission(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.require_permission(text) IS
  'Does nothing when has_permission(permission) is true for the context; 42501 otherwise, outside a context and for a null too.';

-- Stands for the permission caches of all backends: a change to what roles grant is
-- announced as a change of it (src/access/permission_cache.c). Nobody uses it as a type.
CREATE TYPE multitenant.permission_cache AS ();
REVOKE ALL ON TYPE multitenant.permission_cache FROM PUBLIC;
COMMENT ON TYPE multitenant.permission_cache IS
  'Stands for what backends remember of roles and permissions: an invalidation of it makes them forget';

CREATE FUNCTION multitenant.invalidate_permission_cache()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_invalidate_permission_cache'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.invalidate_permission_cache() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.invalidate_permission_cache() IS
  'Trigger of "Roles", "Permissions" and "RolePermissions": when the change commits, every backend forgets what roles grant';

-- SECURITY DEFINER: whoever may rename a role need not be allowed to write members.
CREATE FUNCTION multitenant.follow_role_name()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_follow_role_name'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.follow_role_name() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.follow_role_name() IS
  'Trigger of "Roles": a rename or delete of a role follows into the roles of the tenant''s members';
