-- Accounts: passwords, status, proof of the address, erasure; the second factor.

CREATE FUNCTION multitenant.find_user(email text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_find_user'
LANGUAGE C STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.find_user(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.find_user(text) IS
  'The user with that e-mail address, in any case; null when there is none or a deleted one.';

CREATE FUNCTION multitenant.set_password(user_id uuid, password text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_set_password'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.set_password(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.set_password(uuid, text) IS
  'Sets a user''s password, for administrators: ends the lock and every session, and voids an open reset token. Errors: P0002 no such user; 22023 null or not acceptable, with the problems in the detail; 55000 deleted user. Audit: user.password_set.';

CREATE FUNCTION multitenant.change_password(user_id uuid, old_password text, new_password text)
RETURNS multitenant.auth_outcome
AS 'MODULE_PATHNAME', 'mt_change_password'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.change_password(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.change_password(uuid, text, text) IS
  'Changes a password for whoever knows the old one, which is judged, counted and locked as at sign-in: success, invalid_credentials, locked, inactive or email_unverified. A success ends every session but the one that use_session set, and forgets remembered devices. Errors: P0002 no such user; 22023 the new password is null or not acceptable (then nothing is judged). Audit: user.password_changed.';

CREATE FUNCTION multitenant.suspend_user(user_id uuid, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_suspend_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.suspend_user(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.suspend_user(uuid, text) IS
  'Suspends an active or inactive user: no sign-in, no check is true, the tokens are revoked. reason: at most 1024 bytes, kept in "statusReason". Errors: P0002 no such user; 55000 suspended or deleted already. Audit: user.status_changed.';

CREATE FUNCTION multitenant.deactivate_user(user_id uuid, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_deactivate_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.deactivate_user(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.deactivate_user(uuid, text) IS
  'Makes an active user inactive, as one who is away: no sign-in, no check is true, the tokens are revoked. reason: at most 1024 bytes, kept in "statusReason" and "deactivationReason". Errors: P0002 no such user; 55000 not active. Audit: user.status_changed.';

CREATE FUNCTION multitenant.activate_user(user_id uuid, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_activate_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.activate_user(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.activate_user(uuid, text) IS
  'Ends a suspension or a deactivation. reason: at most 1024 bytes, kept in "statusReason". Errors: P0002 no such user; 55000 active already, or deleted (see restore_user). Audit: user.status_changed.';

CREATE FUNCTION multitenant.erase_user(user_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_erase_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.erase_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.erase_user(uuid) IS
  'Erases what is personal of a deleted user, for good: the e-mail address becomes erased-<id>@invalid, which frees it; credentials, tokens, authenticators and notifications go; addresses, user agents and details in the records are emptied. The id and what refers to it stay. Errors: P0002 no such user; 55000 not deleted. Audit: user.erased.';

CREATE FUNCTION multitenant.export_user(user_id uuid)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'mt_export_user'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.export_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.export_user(uuid) IS
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, signInChallenges, rememberedDevices, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';

CREATE FUNCTION multitenant.link_google_account(user_id uuid, google_id text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_link_google_account'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.link_google_account(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.link_google_account(uuid, text) IS
  'Links a user to a Google account. google_id: the subject that Google gives, at most 255 bytes. Errors: P0002 no such user; 23505 another user has it; 55000 deleted user; 22023 null or empty. Audit: user.google_linked.';

CREATE FUNCTION multitenant.issue_email_verification(user_id uuid)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_issue_email_verification'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.issue_email_verification(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.issue_email_verification(uuid) IS
  'A token (mtv_...) to be mailed to the user, good once and for multitenant.email_verification_lifetime; a newer one replaces it. Its SHA-256 is stored; the token is returned this once. Errors: P0002 no such user; 55000 not active. Audit: user.email_verification_issued.';

CREATE FUNCTION multitenant.verify_email(token text)
RETURNS multitenant.auth_outcome
AS 'MODULE_PATHNAME', 'mt_verify_email'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.verify_email(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.verify_email(text) IS
  'Uses the token of issue_email_verification: success, and "emailVerified" is set; expired; inactive; invalid_credentials for any other text. Good once, also for two at once. Audit: user.email_verified.';

CREATE FUNCTION multitenant.request_password_reset(email text)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_request_password_reset'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.request_password_reset(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.request_password_reset(text) IS
  'A token (mtp_...) to be mailed to the user with that address, in any case, good once and for multitenant.password_reset_lifetime; null where there is no active user, and where another transaction holds the row of the user, which is not waited for: then send nothing and answer the same. A newer token replaces it. Both do the same work. Audit: user.password_reset_requested, user.password_reset_skipped (the row was held), or sign_in.unknown_user_reset, with what was asked for if it looks like an address.';

CREATE FUNCTION multitenant.reset_password(token text, new_password text)
RETURNS multitenant.auth_outcome
AS 'MODULE_PATHNAME', 'mt_reset_password'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.reset_password(text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.reset_password(text, text) IS
  'Uses the token of request_password_reset to set a password: success, which ends the lock and every session; expired; inactive; invalid_credentials for any other text. Good once, also for two at once. Errors: 22023 the password is null or not acceptable, which leaves the token good. Audit: user.password_reset.';

-- The second factor (src/identity/two_factor.c).

CREATE FUNCTION multitenant.begin_two_factor_setup(
  user_id uuid, issuer text DEFAULT NULL,
  OUT secret text, OUT uri text)
AS 'MODULE_PATHNAME', 'mt_begin_two_factor_setup'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.begin_two_factor_setup(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.begin_two_factor_setup(uuid, text) IS
  'Begins to enrol an authenticator: a new base32 secret, and the otpauth:// URI to be shown as a QR code. issuer: the name of the service; null means multitenant.totp_issuer. It is to be confirmed within multitenant.two_factor_setup_timeout; begun again it replaces the secret. Errors: P0002 no such user; 55000 not active, or enabled already; 22023 an issuer that is empty or holds a control character, or an issuer or e-mail address with a colon; 54000 an issuer over 255 bytes. Audit: two_factor.setup_begun.';

CREATE FUNCTION multitenant.confirm_two_factor_setup(
  user_id uuid, code text,
  OUT outcome multitenant.auth_outcome, OUT backup_codes text[])
AS 'MODULE_PATHNAME', 'mt_confirm_two_factor_setup'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.confirm_two_factor_setup(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.confirm_two_factor_setup(uuid, text) IS
  'Ends the enrolment with a code of the authenticator: success, and the ten backup codes, shown this once; invalid_credentials, which counts; locked; expired; inactive. The code is used up. Errors: P0002 no such user; 55000 no setup under way. Audit: two_factor.enabled.';

CREATE FUNCTION multitenant.verify_two_factor(
  user_id uuid, code text, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL,
  OUT outcome multitenant.auth_outcome, OUT method text, OUT backup_codes_left integer, OUT locked_until timestamptz)
AS 'MODULE_PATHNAME', 'mt_verify_two_factor'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.verify_two_factor(uuid, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.verify_two_factor(uuid, text, text, text) IS
  'Judges a one-time password (RFC 6238, one step either way) or a backup code, each good once. outcome: success with method totp or backup_code; invalid_credentials, which counts and locks by the multitenant.lockout_* settings apart from the password; locked; inactive. Errors: P0002 no such user; 55000 two-factor is not enabled; 22P02 ip_address is not one. Records: "LoginHistories" for what is not success; two_factor.backup_code_used and two_factor.locked.';

CREATE FUNCTION multitenant.regenerate_backup_codes(
  user_id uuid, code text,
  OUT outcome multitenant.auth_outcome, OUT backup_codes text[])
AS 'MODULE_PATHNAME', 'mt_regenerate_backup_codes'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.regenerate_backup_codes(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.regenerate_backup_codes(uuid, text) IS
  'Ten new backup codes, shown this once, for whoever has a good code (one-time password or backup code); the old ones are void. Outcomes and errors as verify_two_factor. Audit: two_factor.backup_codes_regenerated.';

CREATE FUNCTION multitenant.disable_two_factor(user_id uuid, code text)
RETURNS multitenant.auth_outcome
AS 'MODULE_PATHNAME', 'mt_disable_two_factor'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.disable_two_factor(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.disable_two_factor(uuid, text) IS
  'Turns two-factor off for whoever has a good code (one-time password or backup code). Outcomes and errors as verify_two_factor. Audit: two_factor.disabled.';

CREATE FUNCTION multitenant.reset_two_factor(user_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_reset_two_factor'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.reset_two_factor(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.reset_two_factor(uuid) IS
  'Turns two-factor off without a code and ends its lock, for administrators, when device and backup codes are lost. Errors: P0002 no such user. Audit: two_factor.reset.';
