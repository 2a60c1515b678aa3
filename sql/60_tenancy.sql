-- Tenants and their members.

CREATE FUNCTION multitenant.create_tenant(name text, slug text, database_url text, owner_id uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_create_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_tenant(text, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_tenant(text, text, text, uuid) IS
  'Makes a tenant with the roles owner (scope *) and member (the default role), and a membership with the role owner for owner_id; returns its id. slug: lower-case ASCII letters and digits with single hyphens between them, at most 63. database_url: where the tenant''s data lives, unique; it appears in no message. Errors: 22023 a bad argument; 23505 slug or URL taken; P0002 no such user; 55000 the owner is not active. Audit: tenant.created.';

CREATE FUNCTION multitenant.add_member(user_id uuid, tenant_id uuid, roles text[] DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_add_member'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.add_member(uuid, uuid, text[]) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.add_member(uuid, uuid, text[]) IS
  'Makes a user a member of a tenant and returns the id of the membership. roles: names of roles of that tenant; null for its default roles, an empty array for none. Errors: P0002 no such user, tenant or role in this tenant; 55000 the user is deleted; 23505 already a member. Audit: member.added.';

-- Refuses role names that the tenant does not have. SECURITY DEFINER: whoever may
-- write a membership need not be allowed to read roles.
CREATE FUNCTION multitenant.check_member_roles()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_check_member_roles'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.check_member_roles() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.check_member_roles() IS
  'Trigger of "TenantUsers": 23503 for a name in roles that is not a role of the tenant; silent while its owner or a superuser restores a dump (row_security off)';
