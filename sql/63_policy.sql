-- The security policy of a tenant.

-- For everybody: whoever may write "Tenants" needs it for the CHECK, and it computes
-- from its argument alone.
CREATE FUNCTION multitenant.check_security_policy(policy jsonb)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_check_security_policy'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.check_security_policy(jsonb) IS
  'True when the JSON is a security policy: an object with the sections session, twoFactor and ipRestrictions, each of which may be missing, as may each key. Errors: 22023 naming the key that is wrong, not known, out of range or of another type.';

ALTER TABLE multitenant."Tenants" ADD CONSTRAINT tenants_security_policy_check
  CHECK (multitenant.check_security_policy("securityPolicy"));

CREATE FUNCTION multitenant.evaluate_policy(
  tenant_id uuid, user_id uuid, ip_address text, two_factor_done boolean,
  OUT outcome multitenant.auth_outcome, OUT reason text, OUT grace_logins_left integer)
AS 'MODULE_PATHNAME', 'mt_evaluate_policy'
LANGUAGE C STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.evaluate_policy(uuid, uuid, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.evaluate_policy(uuid, uuid, text, boolean) IS
  'What the tenant says of a user who has shown who they are, in the order of sign-in: status, membership, tenant, address, second factor. Changes nothing. ip_address: where from, null when not known. two_factor_done: a second factor was verified; null is no. Outcomes: success, inactive, not_a_member, tenant_unavailable, ip_denied, two_factor_required, two_factor_setup_required. reason: a word for programs, null where there is nothing to say. grace_logins_left: sign-ins without the second factor that are left, this one included; null where no grace is asked for. Errors: P0002 no such tenant or user; 22P02 an address that is none; 22023 a null id.';

CREATE FUNCTION multitenant.count_grace_login(tenant_id uuid, user_id uuid)
RETURNS integer
AS 'MODULE_PATHNAME', 'mt_count_grace_login'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.count_grace_login(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.count_grace_login(uuid, uuid) IS
  'Counts a sign-in without the second factor that the tenant demands and returns how many are left after it, for a back end that signs users in itself: once evaluate_policy() answers success with grace_logins_left above 0. Null, and nothing is counted: no grace is asked for, or another sign-in took the last one meanwhile, and the sign-in must not go on. sign_in() counts by itself. Errors: P0002 no such tenant or user; 22023 a null id. Audit: two_factor.grace_login.';
