-- Enums. "enum_<Table>_<column>" is the name Sequelize gives such a type; the
-- order of the labels is part of the data model.

CREATE TYPE multitenant."enum_Users_status" AS ENUM (
  'active', 'inactive', 'suspended', 'deleted');
COMMENT ON TYPE multitenant."enum_Users_status" IS
  'Life of a user: only an active one may sign in; deleted is the soft delete, with "deletedAt" set';

CREATE TYPE multitenant."enum_Tenants_status" AS ENUM (
  'active', 'suspended', 'pending_deletion');
COMMENT ON TYPE multitenant."enum_Tenants_status" IS
  'Life of a tenant: checks of membership, roles and permissions hold only in an active one';

CREATE TYPE multitenant."enum_Tenants_onboardingStatus" AS ENUM (
  'pending', 'in_progress', 'completed');
COMMENT ON TYPE multitenant."enum_Tenants_onboardingStatus" IS
  'How far the setting up of a tenant has come';

CREATE TYPE multitenant."enum_LoginHistories_status" AS ENUM (
  'success', 'failed');
COMMENT ON TYPE multitenant."enum_LoginHistories_status" IS
  'How an attempt to sign in ended';

CREATE TYPE multitenant."enum_SecurityAuditLogs_severity" AS ENUM (
  'low', 'medium', 'high', 'critical');
COMMENT ON TYPE multitenant."enum_SecurityAuditLogs_severity" IS
  'Weight of a security event, ascending: it sorts and compares in this order';

CREATE TYPE multitenant."enum_Invitations_status" AS ENUM (
  'pending', 'accepted', 'expired', 'cancelled');
COMMENT ON TYPE multitenant."enum_Invitations_status" IS
  'State of an invitation: only a pending one can be accepted';

-- What a function that judges a credential answers. An outcome, not an error:
-- an error would roll back the counter of failures with it.
CREATE TYPE multitenant.auth_outcome AS ENUM (
  'success',
  'invalid_credentials',        -- unknown user, wrong password, wrong code, unknown token: never told apart
  'locked',                     -- too many failures
  'inactive',                   -- status is not 'active', or the user is deleted
  'email_unverified',           -- only where multitenant.require_verified_email is on
  'two_factor_required',        -- go on with the challenge
  'two_factor_setup_required',  -- the tenant demands it and the grace has run out
  'not_a_member',
  'tenant_unavailable',         -- suspended or pending deletion
  'ip_denied',
  'expired');                   -- a setup, challenge or token whose time has passed
COMMENT ON TYPE multitenant.auth_outcome IS
  'Judgement of a credential: success, or why not. invalid_credentials never tells an unknown user from a wrong password, code or token';
