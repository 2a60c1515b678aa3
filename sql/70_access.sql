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
  'Makes a role of a tenant and returns its id. name: at most 100 bytes, unique in the tenant. scopes: scope-tokens of RFC 6749 section 3.3. permissions: names of permissions that it grants. is_default: new members get it. Errors: P0002 no such tenant or permission; 22023 a bad argument; 23505 the tenant has a role of that name; 54000 too long. Audit: role.created.';

CREATE FUNCTION multitenant.grant_permission(role_id uuid, permission text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_grant_permission'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.grant_permission(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.grant_permission(uuid, text) IS
  'Lets a role grant a permission; false when it did already. permission: its name, resource:action. Errors: P0002 no such role or permission; 22023 null or empty. Audit: role.permission_granted.';

CREATE FUNCTION multitenant.assign_role(user_id uuid, tenant_id uuid, role text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_assign_role'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.assign_role(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.assign_role(uuid, uuid, text) IS
  'Gives a member a role of the tenant; false when the member had it. Errors: P0002 no such user or tenant, no such role in this tenant, or the user is no member; 55000 the user is deleted; 22023 null or empty. Audit: member.role_assigned.';

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

-- SECURITY DEFINER: whoever may rename a role need not be allowed to write members.
CREATE FUNCTION multitenant.follow_role_name()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_follow_role_name'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.follow_role_name() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.follow_role_name() IS
  'Trigger of "Roles": a rename or delete of a role follows into the roles of the tenant''s members';
