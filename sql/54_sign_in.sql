-- The whole sign-in, from an e-mail address and a password to a session.

CREATE FUNCTION multitenant.sign_in(
  email text, password text, tenant_slug text DEFAULT NULL, ip_address text DEFAULT NULL,
  user_agent text DEFAULT NULL, device_token text DEFAULT NULL,
  OUT outcome multitenant.auth_outcome, OUT user_id uuid, OUT tenant_id uuid, OUT access_token text,
  OUT refresh_token text, OUT expires_at timestamptz, OUT challenge text, OUT locked_until timestamptz,
  OUT grace_logins_left integer, OUT device_token text)
AS 'MODULE_PATHNAME', 'mt_sign_in'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.sign_in(text, text, text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.sign_in(text, text, text, text, text, text) IS
  'Signs a user in to a tenant, or with a null tenant_slug to none. Judged in this order: lock, password, status, membership, status of the tenant, address, second factor. outcome: success with the tokens of a session; two_factor_required with a challenge for complete_sign_in; two_factor_setup_required when the tenant demands a second factor and no grace is left; invalid_credentials, locked, inactive, email_unverified as authenticate; not_a_member also for a tenant that is not there; tenant_unavailable; ip_denied, where the tenant restricts addresses also for a null ip_address. device_token: of a device that complete_sign_in remembered; it is good once, and device_token of a success replaces it; an earlier one that comes back, later than multitenant.refresh_grace after the last use, makes the device be forgotten. user_id and tenant_id are null unless success. grace_logins_left: sign-ins left after this one without the second factor that the tenant demands; null when it demands none. Call it in a transaction of its own, since a rollback takes the count of a failure back, and in FROM, since (sign_in(...)).* calls it once for each column. Errors: 22P02 ip_address is not one; 25006 read-only transaction. Records: "LoginHistories" for a known user, "SecurityAuditLogs" for an unknown one, for a lock, for session.displaced and for sign_in.device_token_reused, high.';

CREATE FUNCTION multitenant.complete_sign_in(
  challenge text, code text, remember_device boolean DEFAULT false, ip_address text DEFAULT NULL,
  user_agent text DEFAULT NULL,
  OUT outcome multitenant.auth_outcome, OUT user_id uuid, OUT tenant_id uuid, OUT access_token text,
  OUT refresh_token text, OUT expires_at timestamptz, OUT challenge text, OUT locked_until timestamptz,
  OUT grace_logins_left integer, OUT device_token text)
AS 'MODULE_PATHNAME', 'mt_complete_sign_in'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.complete_sign_in(text, text, boolean, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.complete_sign_in(text, text, boolean, text, text) IS
  'Ends a sign-in that sign_in answered with a challenge (mtc_...). code: a one-time password or, where the tenant allows them, a backup code. Lock, status, membership, tenant and address are judged again. outcome: success with the tokens of a session, and the challenge is used up; invalid_credentials for a wrong code, which counts as in verify_two_factor and leaves the challenge good, and for a challenge that is not known, was used, or is void since the password or the second factor changed; locked; expired after multitenant.challenge_lifetime; otherwise as sign_in. remember_device: with true, and where the tenant allows it, device_token (mtd_...) of a success spares the second factor for multitenant.remembered_device_lifetime. challenge and grace_logins_left are null. Call it in a transaction of its own, as sign_in. Errors: 22P02 ip_address is not one; 25006 read-only transaction. Records: "LoginHistories", "SecurityAuditLogs" as verify_two_factor and for a challenge that is not known.';
