-- Users: making them, signing in, lockout, soft delete.

CREATE FUNCTION multitenant.register_user(email text, password text DEFAULT NULL, name text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_register_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.register_user(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.register_user(text, text, text) IS
  'Makes a user and returns its id. email: RFC 5321 mailbox, kept as written, unique whatever its case. password: stored as a hash by multitenant.password_algorithm; null for a user who signs in by other means. Errors: 22023 e-mail or password not acceptable, with the problems in the detail; 23505 the mailbox is taken, also by a deleted user; 54000 an argument is too long. Audit: user.registered.';

CREATE FUNCTION multitenant.authenticate(
  email text, password text, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL,
  OUT outcome multitenant.auth_outcome, OUT user_id uuid, OUT locked_until timestamptz)
AS 'MODULE_PATHNAME', 'mt_authenticate'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.authenticate(text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.authenticate(text, text, text, text) IS
  'Judges an e-mail address (any case) and a password; makes no session. outcome: success; invalid_credentials for an unknown address, a wrong password or a user without one; locked; inactive; email_unverified. user_id is null unless success. locked_until is null unless the account is locked. Failures count and lock by the multitenant.lockout_* settings; call it in a transaction of its own, since a rollback takes the count back, and in FROM, since (authenticate(...)).* calls it once for each column. ip_address: IPv4 or IPv6. Errors: 22P02 ip_address is not one. Records: "LoginHistories" for a known user, "SecurityAuditLogs" for an unknown one and for a lock.';

CREATE FUNCTION multitenant.unlock_account(user_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_unlock_account'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.unlock_account(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.unlock_account(uuid) IS
  'Ends the locks of an account, of its password and of its second factor, and forgets the failures of both. Errors: P0002 no such user; 22023 null. Audit: user.unlocked.';

CREATE FUNCTION multitenant.delete_user(user_id uuid, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_delete_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.delete_user(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.delete_user(uuid, text) IS
  'Soft delete, the same as DELETE FROM "Users": status deleted, "deletedAt", "deletedBy" (the acting user), "statusReason"; tokens are revoked and the row stays. Errors: P0002 no such user; 55000 already deleted; 54000 reason over 1024 bytes. Audit: user.deleted.';

CREATE FUNCTION multitenant.restore_user(user_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_restore_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.restore_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.restore_user(uuid) IS
  'Makes a deleted user active again, with password, memberships and second factor as they were; its sessions stay ended. Errors: P0002 no such user; 55000 not deleted. Audit: user.restored.';

CREATE FUNCTION multitenant.rewrap_secrets(batch_size integer DEFAULT 1000)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_rewrap_secrets'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.rewrap_secrets(integer) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.rewrap_secrets(integer) IS
  'Seals up to batch_size two-factor secrets that are not sealed under the newest key of multitenant.key_file, those in the clear too, and returns how many; repeat until 0, each call in a transaction of its own. Rows that somebody else has locked are left for the next call, so several calls can run at once. batch_size: 1 to 100000. Errors: 22023 batch_size out of range or null; 55000 multitenant.key_file is not set, or a key that sealed one is not in the file; F0000 the file cannot be used; XX001 a sealed secret does not open. After an error nothing has changed. Audit: secrets.rewrapped.';
