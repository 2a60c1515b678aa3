-- Triggers. All of them also fire while a dump restores, except that a restore
-- only inserts: what fires on INSERT writes nothing, invents nothing, and refuses
-- nothing because another table is not loaded yet.

CREATE FUNCTION multitenant.set_updated_at()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_set_updated_at'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.set_updated_at() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.set_updated_at() IS
  'Trigger of every table: an UPDATE sets "updatedAt" to the start of the transaction';

CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Users"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Tenants"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."TenantUsers"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Authenticators"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."OAuthClients"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."OAuthTokens"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."SignInChallenges"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."RememberedDevices"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Roles"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Permissions"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."RolePermissions"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."LoginHistories"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."SecurityAuditLogs"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."ActivityLogs"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Notifications"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."Invitations"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
CREATE TRIGGER set_updated_at BEFORE UPDATE ON multitenant."RowSecurity"
  FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();

-- Also where a restore holds other triggers back.
CREATE TRIGGER row_security_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON multitenant."RowSecurity"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.row_security_changed();
ALTER TABLE multitenant."RowSecurity" ENABLE ALWAYS TRIGGER row_security_changed;

-- The status of a user (src/identity/user_status.c). The first needs no rights but
-- those of the statement; the others write where the caller may not be allowed to.

CREATE FUNCTION multitenant.track_user_status()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_track_user_status'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.track_user_status() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.track_user_status() IS
  'Trigger of "Users": keeps status, "deletedAt" and the columns that say when and by whom in step, whichever of them an UPDATE sets';

CREATE FUNCTION multitenant.user_status_changed()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_user_status_changed'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.user_status_changed() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.user_status_changed() IS
  'Trigger of "Users": a changed status revokes the user''s tokens and writes an audit row';

CREATE FUNCTION multitenant.soft_delete_user()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_soft_delete_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.soft_delete_user() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.soft_delete_user() IS
  'Trigger of "Users": a DELETE marks the user deleted and keeps the row, unless multitenant.allow_hard_delete is on';

CREATE FUNCTION multitenant.refuse_truncate()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_refuse_truncate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.refuse_truncate() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.refuse_truncate() IS
  'Trigger of "Users": refuses TRUNCATE (55000), unless multitenant.allow_hard_delete is on';

-- The address of a user (src/identity/account.c). It needs no rights but those of the statement.

CREATE FUNCTION multitenant.track_user_email()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_track_user_email'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.track_user_email() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.track_user_email() IS
  'Trigger of "Users": another mailbox is not verified, whatever the UPDATE says, and the tokens mailed to the one before (verification, password reset) are void, but for new ones that the UPDATE sets';

CREATE TRIGGER track_user_email BEFORE UPDATE ON multitenant."Users"
  FOR EACH ROW
  WHEN (lower(OLD.email COLLATE "C") IS DISTINCT FROM lower(NEW.email COLLATE "C"))
  EXECUTE FUNCTION multitenant.track_user_email();
CREATE TRIGGER track_user_status BEFORE UPDATE ON multitenant."Users"
  FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD."deletedAt" IS DISTINCT FROM NEW."deletedAt")
  EXECUTE FUNCTION multitenant.track_user_status();
CREATE TRIGGER user_status_changed AFTER UPDATE ON multitenant."Users"
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION multitenant.user_status_changed();
CREATE TRIGGER soft_delete_user BEFORE DELETE ON multitenant."Users"
  FOR EACH ROW EXECUTE FUNCTION multitenant.soft_delete_user();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON multitenant."Users"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.refuse_truncate();

-- Role names in memberships (src/tenancy/member.c, src/access/role.c).

CREATE TRIGGER check_member_roles AFTER INSERT ON multitenant."TenantUsers"
  FOR EACH ROW WHEN (NEW.roles <> '{}')
  EXECUTE FUNCTION multitenant.check_member_roles();
CREATE TRIGGER check_changed_member_roles AFTER UPDATE ON multitenant."TenantUsers"
  FOR EACH ROW
  WHEN (OLD.roles IS DISTINCT FROM NEW.roles OR OLD."tenantId" IS DISTINCT FROM NEW."tenantId"
        OR OLD."userId" IS DISTINCT FROM NEW."userId")
  EXECUTE FUNCTION multitenant.check_member_roles();
CREATE TRIGGER follow_deleted_role AFTER DELETE ON multitenant."Roles"
  FOR EACH ROW EXECUTE FUNCTION multitenant.follow_role_name();
CREATE TRIGGER follow_renamed_role AFTER UPDATE ON multitenant."Roles"
  FOR EACH ROW
  WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD."tenantId" IS DISTINCT FROM NEW."tenantId")
  EXECUTE FUNCTION multitenant.follow_role_name();

-- The status of a tenant (src/tenancy/tenant_status.c). The first needs no rights but
-- those of the statement; the others write where the caller may not be allowed to.

CREATE FUNCTION multitenant.track_tenant_status()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_track_tenant_status'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.track_tenant_status() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.track_tenant_status() IS
  'Trigger of "Tenants": keeps the columns that say since when it is suspended and when it is to be deleted in step with its status';

CREATE FUNCTION multitenant.tenant_status_changed()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_tenant_status_changed'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.tenant_status_changed() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.tenant_status_changed() IS
  'Trigger of "Tenants": a changed status writes an audit row';

CREATE FUNCTION multitenant.tenant_deleted()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_tenant_deleted'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.tenant_deleted() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.tenant_deleted() IS
  'Trigger of "Tenants": a DELETE writes an audit row that keeps id, slug and name';

CREATE TRIGGER track_tenant_status BEFORE UPDATE ON multitenant."Tenants"
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION multitenant.track_tenant_status();
CREATE TRIGGER tenant_status_changed AFTER UPDATE ON multitenant."Tenants"
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION multitenant.tenant_status_changed();
CREATE TRIGGER tenant_deleted AFTER DELETE ON multitenant."Tenants"
  FOR EACH ROW EXECUTE FUNCTION multitenant.tenant_deleted();

-- The logs are append-only (src/records/append_only.c). Neither needs rights: what they
-- read they read by themselves.

CREATE FUNCTION multitenant.guard_log_row()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_guard_log_row'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.guard_log_row() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.guard_log_row() IS
  'Trigger of the three logs: refuses UPDATE and DELETE (42501), but for referential actions, run_maintenance() and erase_user()';

CREATE FUNCTION multitenant.guard_log_truncate()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_guard_log_truncate'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.guard_log_truncate() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.guard_log_truncate() IS
  'Trigger of the three logs: refuses TRUNCATE (42501), but for TRUNCATE "Users" CASCADE while multitenant.allow_hard_delete is on';

CREATE TRIGGER guard_log_row BEFORE UPDATE OR DELETE ON multitenant."LoginHistories"
  FOR EACH ROW EXECUTE FUNCTION multitenant.guard_log_row();
CREATE TRIGGER guard_log_row BEFORE UPDATE OR DELETE ON multitenant."SecurityAuditLogs"
  FOR EACH ROW EXECUTE FUNCTION multitenant.guard_log_row();
CREATE TRIGGER guard_log_row BEFORE UPDATE OR DELETE ON multitenant."ActivityLogs"
  FOR EACH ROW EXECUTE FUNCTION multitenant.guard_log_row();
CREATE TRIGGER guard_log_truncate BEFORE TRUNCATE ON multitenant."LoginHistories"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.guard_log_truncate();
CREATE TRIGGER guard_log_truncate BEFORE TRUNCATE ON multitenant."SecurityAuditLogs"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.guard_log_truncate();
CREATE TRIGGER guard_log_truncate BEFORE TRUNCATE ON multitenant."ActivityLogs"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.guard_log_truncate();

-- The last owner of a tenant (src/tenancy/owner.c). Queued for the end of the transaction,
-- and only by a change that may take an owner away.

CREATE CONSTRAINT TRIGGER protect_last_owner AFTER UPDATE ON multitenant."TenantUsers"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ('owner' = ANY (OLD.roles)
        AND (NOT 'owner' = ANY (NEW.roles) OR OLD."userId" IS DISTINCT FROM NEW."userId"
             OR OLD."tenantId" IS DISTINCT FROM NEW."tenantId"))
  EXECUTE FUNCTION multitenant.protect_last_owner();
CREATE CONSTRAINT TRIGGER protect_removed_owner AFTER DELETE ON multitenant."TenantUsers"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ('owner' = ANY (OLD.roles))
  EXECUTE FUNCTION multitenant.protect_last_owner();
CREATE CONSTRAINT TRIGGER protect_last_owner AFTER UPDATE ON multitenant."Users"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active')
  EXECUTE FUNCTION multitenant.protect_last_owner();
-- the memberships go with the user; this one comes before theirs and looks at all of them
CREATE CONSTRAINT TRIGGER protect_removed_owner AFTER DELETE ON multitenant."Users"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status = 'active')
  EXECUTE FUNCTION multitenant.protect_last_owner();
CREATE TRIGGER refuse_ownerless_truncate AFTER TRUNCATE ON multitenant."TenantUsers"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.refuse_ownerless_truncate();
CREATE TRIGGER refuse_ownerless_truncate AFTER TRUNCATE ON multitenant."Roles"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.refuse_ownerless_truncate();

-- What roles grant (src/access/permission_cache.c). A logical replication worker fires no
-- triggers for statements, and none of the origin's: so those for statements fire always,
-- and one for rows fires where it replays.

CREATE TRIGGER invalidate_permission_cache
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON multitenant."Roles"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.invalidate_permission_cache();
ALTER TABLE multitenant."Roles" ENABLE ALWAYS TRIGGER invalidate_permission_cache;
CREATE TRIGGER invalidate_permission_cache_of_replica
  BEFORE INSERT OR UPDATE OR DELETE ON multitenant."Roles"
  FOR EACH ROW EXECUTE FUNCTION multitenant.invalidate_permission_cache();
ALTER TABLE multitenant."Roles" ENABLE REPLICA TRIGGER invalidate_permission_cache_of_replica;
CREATE TRIGGER invalidate_permission_cache
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON multitenant."Permissions"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.invalidate_permission_cache();
ALTER TABLE multitenant."Permissions" ENABLE ALWAYS TRIGGER invalidate_permission_cache;
CREATE TRIGGER invalidate_permission_cache_of_replica
  BEFORE INSERT OR UPDATE OR DELETE ON multitenant."Permissions"
  FOR EACH ROW EXECUTE FUNCTION multitenant.invalidate_permission_cache();
ALTER TABLE multitenant."Permissions" ENABLE REPLICA TRIGGER invalidate_permission_cache_of_replica;
CREATE TRIGGER invalidate_permission_cache
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON multitenant."RolePermissions"
  FOR EACH STATEMENT EXECUTE FUNCTION multitenant.invalidate_permission_cache();
ALTER TABLE multitenant."RolePermissions" ENABLE ALWAYS TRIGGER invalidate_permission_cache;
CREATE TRIGGER invalidate_permission_cache_of_replica
  BEFORE INSERT OR UPDATE OR DELETE ON multitenant."RolePermissions"
  FOR EACH ROW EXECUTE FUNCTION multitenant.invalidate_permission_cache();
ALTER TABLE multitenant."RolePermissions" ENABLE REPLICA TRIGGER invalidate_permission_cache_of_replica;
