-- Tenants and their members.

CREATE FUNCTION multitenant.create_tenant(name text, slug text, database_url text, owner_id uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_create_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_tenant(text, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_tenant(text, text, text, uuid) IS
  'Makes a tenant with the roles owner (scope *) and member (the default role), and a membership with the role owner for owner_id; returns its id. slug: lower-case ASCII letters and digits with single hyphens between them, at most 63. database_url: where the tenant''s data lives, unique; it appears in no message. Errors: 22023 a bad argument; 23505 slug or URL taken; P0002 no such user; 55000 the owner is not active; 54000 too long. Audit: tenant.created.';

CREATE FUNCTION multitenant.add_member(user_id uuid, tenant_id uuid, roles text[] DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_add_member'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.add_member(uuid, uuid, text[]) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.add_member(uuid, uuid, text[]) IS
  'Makes a user a member of a tenant and returns the id of the membership. roles: names of roles of that tenant; null for its default roles, an empty array for none. Errors: P0002 no such user, tenant or role in this tenant; 55000 the user is deleted; 23505 already a member; 22023 null, or a bad array; 54000 too long. A client needs members:manage and neither gives nor takes more than the acting user holds: 42501. Audit: member.added.';

CREATE FUNCTION multitenant.remove_member(user_id uuid, tenant_id uuid)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_remove_member'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.remove_member(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.remove_member(uuid, uuid) IS
  'Ends a membership, the sessions and remembered devices of the user in that tenant and the pending invitations that the user made there; false when the user is no member. Errors: P0002 no such user or tenant; 22023 null; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage, and holds all of the roles of the member, but for a member who leaves: 42501. Audit: member.removed.';

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

-- SECURITY DEFINER: it reads and locks where whoever changed a row may not.
CREATE FUNCTION multitenant.protect_last_owner()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_protect_last_owner'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.protect_last_owner() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.protect_last_owner() IS
  'Constraint trigger of "TenantUsers" and "Users", deferred: 55000 at the end of a transaction that takes from a tenant its last active owner (an active user with owner among its roles there); a tenant that had none, or that is deleted, is not bound';

CREATE FUNCTION multitenant.refuse_ownerless_truncate()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_refuse_ownerless_truncate'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.refuse_ownerless_truncate() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.refuse_ownerless_truncate() IS
  'Trigger of "TenantUsers" and "Roles": refuses TRUNCATE (55000) unless it empties "Tenants" too';
