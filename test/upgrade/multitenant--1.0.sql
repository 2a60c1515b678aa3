\echo Use "CREATE EXTENSION multitenant CASCADE" to load this file. \quit
-- The schema. CREATE without IF NOT EXISTS: a schema that somebody made
-- beforehand is an error, not a home (its owner could plant objects in it).

CREATE SCHEMA multitenant;
COMMENT ON SCHEMA multitenant IS
  'Multi-tenant identity: users, tenants, memberships, roles, sessions and the records of them (extension multitenant)';

-- For the rest of the script; nothing below is found by accident.
SET LOCAL search_path TO pg_catalog, pg_temp;

REVOKE ALL ON SCHEMA multitenant FROM PUBLIC;
GRANT USAGE ON SCHEMA multitenant TO PUBLIC;
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
-- The data model: 14 tables, columns in the order of the reference document
-- (test/schema-reference.md; test/t/001_schema.pl holds the two together).
--
-- How the document's shorthand reads here:
--   TIMESTAMP is timestamptz; uuid_generate_v4() is gen_random_uuid();
--   createdAt and updatedAt default to now(); a counter of authenticators is
--   bigint (WebAuthn's is unsigned 32-bit); UNIQUE and an index on the same
--   column are one unique constraint under the index's name.
--   NOT NULL beyond the document: every status, flag, counter and array, and
--   the JSON that functions here read (securityPolicy, features,
--   featureFlags). JSON that only the application reads stays nullable.
--
-- Beyond the document:
--   tables       SignInChallenges, RememberedDevices
--   columns      SecurityAuditLogs."actorId", "tenantId" of the three logs,
--                OAuthTokens from "refreshTokenFamily" on,
--                Users."twoFactorLastUsedStep", Users."twoFactorLockedUntil",
--                Tenants."statusReason", Tenants."suspendedAt", Invitations.roles,
--                TenantUsers."graceLoginsUsed", TenantUsers."graceStartedAt"
--   uniqueness   users_email_lower_idx: one mailbox, whatever the case;
--                invitations_pending_idx: one pending for a mailbox in a tenant
--   checks       users_deleted_check, users_counters_check, tenants_slug_check,
--                tenants_grace_period_days_check, authenticators_counter_check,
--                tenants_security_policy_check (sql/63_policy.sql),
--                tenant_users_grace_logins_check;
--                one for each array: one dimension, no NULL element
--   indexes      every foreign key that the document's list forgot (partial
--                where the column is mostly NULL), GIN on the JSON that is
--                searched, permissions_resource_action_idx, on open tokens of users,
--                tenant_users_owner_idx
--
-- Each CHECK uses immutable functions of pg_catalog alone, or one of ours that does
-- the same in C, and looks at its own row alone, so that a dump restores in any order and under an empty
-- search_path. No foreign key is deferrable.
--
-- Every table is handed to pg_extension_config_dump with no condition: all rows
-- are data, and pg_dump keeps them.

--
-- Core
--

CREATE TABLE multitenant."Users" (
  id                              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email                           varchar NOT NULL CONSTRAINT users_email_idx UNIQUE,
  name                            varchar,
  password                        varchar,
  status                          multitenant."enum_Users_status" NOT NULL DEFAULT 'active',
  avatar                          varchar,
  "googleId"                      varchar UNIQUE,
  "failedLoginAttempts"           integer NOT NULL DEFAULT 0,
  "accountLockedUntil"            timestamptz,
  "lastFailedLoginAt"             timestamptz,
  "currentChallenge"              varchar,
  "passKeyEnabled"                boolean NOT NULL DEFAULT false,
  "passkeyRegistrationStartedAt"  timestamptz,
  "twoFactorSecret"               varchar,
  "twoFactorEnabled"              boolean NOT NULL DEFAULT false,
  "twoFactorPendingVerification"  boolean NOT NULL DEFAULT false,
  "twoFactorBackupCodes"          varchar[] NOT NULL DEFAULT '{}',
  "twoFactorSetupStartedAt"       timestamptz,
  "twoFactorLastVerifiedAt"       timestamptz,
  "twoFactorVerificationAttempts" integer NOT NULL DEFAULT 0,
  "twoFactorLastFailedAttempt"    timestamptz,
  "emailVerified"                 boolean NOT NULL DEFAULT false,
  "verificationToken"             varchar,
  "verificationTokenExpires"      timestamptz,
  "resetToken"                    varchar,
  "resetTokenExpires"             timestamptz,
  preferences                     jsonb DEFAULT '{}',
  "lastActivity"                  timestamptz,
  profile                         jsonb DEFAULT '{
    "phoneNumber": null,
    "address": null,
    "timezone": "UTC",
    "language": "en",
    "bio": null,
    "socialLinks": {},
    "skills": [],
    "title": null,
    "department": null
  }',
  "emailPreferences"              jsonb DEFAULT '{
    "marketing": true,
    "updates": true,
    "security": true,
    "newsletter": false
  }',
  "deletedAt"                     timestamptz,
  "deletedBy"                     uuid REFERENCES multitenant."Users" (id),
  "statusReason"                  varchar,
  "statusChangedAt"               timestamptz,
  "statusChangedBy"               uuid REFERENCES multitenant."Users" (id),
  "deactivatedAt"                 timestamptz,
  "deactivatedBy"                 uuid REFERENCES multitenant."Users" (id),
  "deactivationReason"            varchar,
  "lastLoginAt"                   timestamptz,
  "loginCount"                    integer NOT NULL DEFAULT 0,
  "createdAt"                     timestamptz NOT NULL DEFAULT now(),
  "updatedAt"                     timestamptz NOT NULL DEFAULT now(),
  "twoFactorLastUsedStep"         bigint,
  "twoFactorLockedUntil"          timestamptz,
  CONSTRAINT users_deleted_check
    CHECK (("deletedAt" IS NOT NULL) = (status = 'deleted')),
  CONSTRAINT users_counters_check
    CHECK ("failedLoginAttempts" >= 0 AND "twoFactorVerificationAttempts" >= 0 AND "loginCount" >= 0),
  CONSTRAINT users_two_factor_backup_codes_check
    CHECK (coalesce(array_ndims("twoFactorBackupCodes"), 1) = 1
           AND array_position("twoFactorBackupCodes", NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Users"'::regclass, '');
REVOKE ALL ON multitenant."Users" FROM PUBLIC;

-- "C": only A-Z fold, the same on every machine and in every version of a
-- collation library, so the index never goes stale.
CREATE UNIQUE INDEX users_email_lower_idx ON multitenant."Users" (lower(email COLLATE "C"));
CREATE INDEX users_status_idx ON multitenant."Users" (status);
CREATE INDEX users_deleted_by_idx ON multitenant."Users" ("deletedBy") WHERE "deletedBy" IS NOT NULL;
CREATE INDEX users_status_changed_by_idx ON multitenant."Users" ("statusChangedBy") WHERE "statusChangedBy" IS NOT NULL;
CREATE INDEX users_deactivated_by_idx ON multitenant."Users" ("deactivatedBy") WHERE "deactivatedBy" IS NOT NULL;
CREATE INDEX users_verification_token_idx ON multitenant."Users" ("verificationToken") WHERE "verificationToken" IS NOT NULL;
CREATE INDEX users_reset_token_idx ON multitenant."Users" ("resetToken") WHERE "resetToken" IS NOT NULL;
-- the id of the key that seals a secret, empty for one that no key does: rewrap_secrets() reads it
CREATE INDEX users_two_factor_key_idx ON multitenant."Users" (split_part("twoFactorSecret", '$', 2) COLLATE "C")
  WHERE "twoFactorSecret" IS NOT NULL;
-- what run_maintenance() and stats look for
CREATE INDEX users_account_locked_until_idx ON multitenant."Users" ("accountLockedUntil") WHERE "accountLockedUntil" IS NOT NULL;
CREATE INDEX users_two_factor_locked_until_idx ON multitenant."Users" ("twoFactorLockedUntil") WHERE "twoFactorLockedUntil" IS NOT NULL;
CREATE INDEX users_verification_token_expires_idx ON multitenant."Users" ("verificationTokenExpires") WHERE "verificationToken" IS NOT NULL;
CREATE INDEX users_reset_token_expires_idx ON multitenant."Users" ("resetTokenExpires") WHERE "resetToken" IS NOT NULL;
CREATE INDEX users_two_factor_setup_started_at_idx ON multitenant."Users" ("twoFactorSetupStartedAt") WHERE "twoFactorPendingVerification";
CREATE INDEX users_preferences_idx ON multitenant."Users" USING gin (preferences jsonb_path_ops);
CREATE INDEX users_profile_idx ON multitenant."Users" USING gin (profile jsonb_path_ops);

COMMENT ON TABLE multitenant."Users" IS
  'A person who can sign in, once for all tenants. DELETE is a soft delete: the row stays, with status deleted';
COMMENT ON COLUMN multitenant."Users".email IS
  'Mailbox the user signs in with; unique whatever the case of A-Z (users_email_lower_idx)';
COMMENT ON COLUMN multitenant."Users".password IS
  'Hash of the password as hash_password() returns it or as verify_password() reads it, never the password; NULL: none, no sign-in by password';
COMMENT ON COLUMN multitenant."Users".status IS
  'Only active may sign in; deleted exactly when "deletedAt" is set';
COMMENT ON COLUMN multitenant."Users".avatar IS
  'URL or path of a picture';
COMMENT ON COLUMN multitenant."Users"."googleId" IS
  'The "sub" of the linked Google account';
COMMENT ON COLUMN multitenant."Users"."failedLoginAttempts" IS
  'Failed passwords since the last success; written by authenticate(), cleared by unlock_account()';
COMMENT ON COLUMN multitenant."Users"."accountLockedUntil" IS
  'No credential is judged before this time; NULL or past: not locked';
COMMENT ON COLUMN multitenant."Users"."lastFailedLoginAt" IS
  'Time of the last failed password; failures older than multitenant.lockout_reset_after are forgotten';
COMMENT ON COLUMN multitenant."Users"."currentChallenge" IS
  'Challenge of the passkey ceremony under way; good for one answer';
COMMENT ON COLUMN multitenant."Users"."passKeyEnabled" IS
  'The user signs in with a passkey, see "Authenticators"';
COMMENT ON COLUMN multitenant."Users"."passkeyRegistrationStartedAt" IS
  'When the registration under way began, so that it can expire';
COMMENT ON COLUMN multitenant."Users"."twoFactorSecret" IS
  'Secret of the one-time passwords (RFC 6238): mt1$<key id>$<base64> where multitenant.key_file seals it, otherwise base32 and a credential in the clear, whoever reads it makes valid codes';
COMMENT ON COLUMN multitenant."Users"."twoFactorEnabled" IS
  'A password alone does not sign this user in';
COMMENT ON COLUMN multitenant."Users"."twoFactorPendingVerification" IS
  'A secret is stored and its first code not yet confirmed';
COMMENT ON COLUMN multitenant."Users"."twoFactorBackupCodes" IS
  'SHA-256, in hex, of each backup code not yet used';
COMMENT ON COLUMN multitenant."Users"."twoFactorSetupStartedAt" IS
  'When the setup under way began, so that it can expire';
COMMENT ON COLUMN multitenant."Users"."twoFactorLastVerifiedAt" IS
  'Time of the last accepted code';
COMMENT ON COLUMN multitenant."Users"."twoFactorVerificationAttempts" IS
  'Wrong codes since the last accepted one; they lock as wrong passwords do';
COMMENT ON COLUMN multitenant."Users"."twoFactorLastFailedAttempt" IS
  'Time of the last wrong code';
COMMENT ON COLUMN multitenant."Users"."emailVerified" IS
  'The user has shown control of the mailbox';
COMMENT ON COLUMN multitenant."Users"."verificationToken" IS
  'SHA-256, in hex, of the token mailed to verify the address; NULL: none is open';
COMMENT ON COLUMN multitenant."Users"."resetToken" IS
  'SHA-256, in hex, of the token mailed to reset the password; NULL: none is open';
COMMENT ON COLUMN multitenant."Users".preferences IS
  'The application''s own; nothing here reads it';
COMMENT ON COLUMN multitenant."Users"."lastActivity" IS
  'Last time the user was seen: a sign-in, or what the application writes';
COMMENT ON COLUMN multitenant."Users".profile IS
  'The application''s own; nothing here reads it';
COMMENT ON COLUMN multitenant."Users"."emailPreferences" IS
  'What mail the user wants; the application''s own, nothing here reads it';
COMMENT ON COLUMN multitenant."Users"."deletedAt" IS
  'Time of the soft delete; NULL exactly while status is not deleted';
COMMENT ON COLUMN multitenant."Users"."deletedBy" IS
  'User who did the soft delete; NULL: not known, or no user';
COMMENT ON COLUMN multitenant."Users"."statusReason" IS
  'Why the status is what it is, for people';
COMMENT ON COLUMN multitenant."Users"."statusChangedBy" IS
  'User who last changed the status; NULL: not known, or no user';
COMMENT ON COLUMN multitenant."Users"."deactivatedAt" IS
  'When the status last became inactive';
COMMENT ON COLUMN multitenant."Users"."deactivatedBy" IS
  'User who deactivated this one; NULL: not known, or no user';
COMMENT ON COLUMN multitenant."Users"."loginCount" IS
  'Successful sign-ins so far';
COMMENT ON COLUMN multitenant."Users"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
COMMENT ON COLUMN multitenant."Users"."twoFactorLastUsedStep" IS
  'Time step (Unix seconds / 30) of the last one-time password that was accepted: it and all before it are refused';
COMMENT ON COLUMN multitenant."Users"."twoFactorLockedUntil" IS
  'End of the lock of the second factor after too many wrong codes; NULL or past: not locked';

CREATE TABLE multitenant."Tenants" (
  id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name                  varchar NOT NULL,
  slug                  varchar NOT NULL CONSTRAINT tenants_slug_idx UNIQUE,
  "databaseUrl"         varchar NOT NULL UNIQUE,
  logo                  varchar,
  colors                jsonb DEFAULT '{}',
  features              jsonb NOT NULL DEFAULT '{}',
  "securityPolicy"      jsonb NOT NULL DEFAULT '{
    "session": {
      "maxConcurrentSessions": 3,
      "sessionTimeout": 3600,
      "extendOnActivity": true,
      "requireMFA": false
    },
    "twoFactor": {
      "required": false,
      "graceLogins": 3,
      "gracePeriodDays": 7,
      "allowBackupCodes": true,
      "allowRememberDevice": false,
      "exemptRoles": [],
      "enforcementDate": null
    },
    "ipRestrictions": {
      "enabled": false,
      "allowedIPs": [],
      "allowedRanges": [],
      "blockList": []
    }
  }',
  status                multitenant."enum_Tenants_status" NOT NULL DEFAULT 'active',
  "deletionRequestedAt" timestamptz,
  "deletionScheduledAt" timestamptz,
  "gracePeriodDays"     integer NOT NULL DEFAULT 7,
  settings              jsonb DEFAULT '{}',
  "featureFlags"        jsonb NOT NULL DEFAULT '{}',
  "onboardingStatus"    multitenant."enum_Tenants_onboardingStatus" NOT NULL DEFAULT 'pending',
  "createdAt"           timestamptz NOT NULL DEFAULT now(),
  "updatedAt"           timestamptz NOT NULL DEFAULT now(),
  "statusReason"        varchar,
  "suspendedAt"         timestamptz,
  CONSTRAINT tenants_slug_check
    CHECK (length(slug) <= 63 AND slug COLLATE "C" ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  CONSTRAINT tenants_grace_period_days_check
    CHECK ("gracePeriodDays" >= 0)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Tenants"'::regclass, '');
REVOKE ALL ON multitenant."Tenants" FROM PUBLIC;

CREATE INDEX tenants_status_idx ON multitenant."Tenants" (status);
CREATE INDEX tenants_deletion_scheduled_at_idx ON multitenant."Tenants" ("deletionScheduledAt") WHERE status = 'pending_deletion';
CREATE INDEX tenants_features_idx ON multitenant."Tenants" USING gin (features jsonb_path_ops);
CREATE INDEX tenants_settings_idx ON multitenant."Tenants" USING gin (settings jsonb_path_ops);
CREATE INDEX tenants_feature_flags_idx ON multitenant."Tenants" USING gin ("featureFlags" jsonb_path_ops);

COMMENT ON TABLE multitenant."Tenants" IS
  'An organisation that uses the application: its own members, roles and policy';
COMMENT ON COLUMN multitenant."Tenants".slug IS
  'Name in URLs and host names: a-z, 0-9 and single hyphens inside, at most 63 characters';
COMMENT ON COLUMN multitenant."Tenants"."databaseUrl" IS
  'Where the tenant''s own data lives, as the application connects to it; may hold a password, so it is a secret';
COMMENT ON COLUMN multitenant."Tenants".logo IS
  'URL or path of a picture';
COMMENT ON COLUMN multitenant."Tenants".colors IS
  'Branding; the application''s own, nothing here reads it';
COMMENT ON COLUMN multitenant."Tenants".features IS
  'What the tenant has: {"name": true} or {"name": {"enabled": true}}; "featureFlags" goes before it';
COMMENT ON COLUMN multitenant."Tenants"."securityPolicy" IS
  'Rules of sessions, two-factor and addresses. session.sessionTimeout in seconds, session.maxConcurrentSessions 0: no limit, twoFactor.gracePeriodDays in days, ipRestrictions.allowedRanges in CIDR; a missing key means its default';
COMMENT ON COLUMN multitenant."Tenants".status IS
  'In any but active no membership, role or permission of the tenant holds';
COMMENT ON COLUMN multitenant."Tenants"."statusReason" IS
  'Why the tenant is suspended, for people';
COMMENT ON COLUMN multitenant."Tenants"."suspendedAt" IS
  'Since when it is suspended, also under a pending deletion: one that is cancelled gives the suspension back. NULL: it is not';
COMMENT ON COLUMN multitenant."Tenants"."deletionRequestedAt" IS
  'When the pending deletion was asked for; NULL: none is pending';
COMMENT ON COLUMN multitenant."Tenants"."deletionScheduledAt" IS
  'From when on a tenant in pending_deletion may be deleted for good';
COMMENT ON COLUMN multitenant."Tenants"."gracePeriodDays" IS
  'Days from a request for deletion to the deletion';
COMMENT ON COLUMN multitenant."Tenants".settings IS
  'The application''s own; nothing here reads it';
COMMENT ON COLUMN multitenant."Tenants"."featureFlags" IS
  'Switches that override "features", of the same form';
COMMENT ON COLUMN multitenant."Tenants"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."TenantUsers" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId"    uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  "tenantId"  uuid NOT NULL REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE,
  roles       varchar[] NOT NULL DEFAULT '{}',
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "graceLoginsUsed" integer NOT NULL DEFAULT 0,
  "graceStartedAt"  timestamptz,
  UNIQUE ("userId", "tenantId"),
  CONSTRAINT tenant_users_roles_check
    CHECK (coalesce(array_ndims(roles), 1) = 1 AND array_position(roles, NULL) IS NULL),
  CONSTRAINT tenant_users_grace_logins_check
    CHECK ("graceLoginsUsed" >= 0)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."TenantUsers"'::regclass, '');
REVOKE ALL ON multitenant."TenantUsers" FROM PUBLIC;

CREATE INDEX tenant_users_user_id_idx ON multitenant."TenantUsers" ("userId");
CREATE INDEX tenant_users_tenant_id_idx ON multitenant."TenantUsers" ("tenantId");
-- the owners of a tenant, however many members it has: protect_last_owner() reads it
CREATE INDEX tenant_users_owner_idx ON multitenant."TenantUsers" ("tenantId") WHERE 'owner' = ANY (roles);

COMMENT ON TABLE multitenant."TenantUsers" IS
  'Membership of a user in a tenant';
COMMENT ON COLUMN multitenant."TenantUsers".roles IS
  'Names of roles of this tenant ("Roles".name) that the member has';
COMMENT ON COLUMN multitenant."TenantUsers"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
COMMENT ON COLUMN multitenant."TenantUsers"."graceLoginsUsed" IS
  'Sign-ins so far without the second factor that the tenant demands; twoFactor.graceLogins is their limit';
COMMENT ON COLUMN multitenant."TenantUsers"."graceStartedAt" IS
  'The first of them; twoFactor.gracePeriodDays runs from here. NULL: there was none';

--
-- Authentication and security
--

CREATE TABLE multitenant."Authenticators" (
  id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId"              uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  "credentialID"        bytea NOT NULL UNIQUE,
  "credentialPublicKey" bytea NOT NULL,
  counter               bigint NOT NULL DEFAULT 0,
  transports            varchar[] NOT NULL DEFAULT '{}',
  "friendlyName"        varchar NOT NULL DEFAULT 'Primary Authenticator',
  "lastUsedAt"          timestamptz,
  "createdAt"           timestamptz NOT NULL DEFAULT now(),
  "updatedAt"           timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT authenticators_counter_check
    CHECK (counter >= 0 AND counter <= 4294967295),
  CONSTRAINT authenticators_transports_check
    CHECK (coalesce(array_ndims(transports), 1) = 1 AND array_position(transports, NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Authenticators"'::regclass, '');
REVOKE ALL ON multitenant."Authenticators" FROM PUBLIC;

CREATE INDEX authenticators_user_id_idx ON multitenant."Authenticators" ("userId");

COMMENT ON TABLE multitenant."Authenticators" IS
  'A passkey or security key of a user (a WebAuthn credential)';
COMMENT ON COLUMN multitenant."Authenticators"."credentialID" IS
  'Credential id as the authenticator gave it, raw bytes';
COMMENT ON COLUMN multitenant."Authenticators"."credentialPublicKey" IS
  'Public key in COSE form, raw bytes';
COMMENT ON COLUMN multitenant."Authenticators".counter IS
  'Signature counter last seen, unsigned 32-bit; one that does not grow tells of a cloned authenticator';
COMMENT ON COLUMN multitenant."Authenticators".transports IS
  'WebAuthn transports: usb, nfc, ble, smart-card, hybrid, internal';
COMMENT ON COLUMN multitenant."Authenticators"."friendlyName" IS
  'What the user calls it';
COMMENT ON COLUMN multitenant."Authenticators"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."OAuthClients" (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "clientId"      varchar NOT NULL CONSTRAINT oauth_clients_client_id_idx UNIQUE,
  "clientSecret"  varchar,
  name            varchar NOT NULL,
  type            varchar NOT NULL,
  grants          varchar[] NOT NULL DEFAULT '{}',
  "redirectUris"  varchar[] NOT NULL DEFAULT '{}',
  "allowedScopes" varchar[] NOT NULL DEFAULT '{}',
  "tenantId"      uuid REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE,
  "createdAt"     timestamptz NOT NULL DEFAULT now(),
  "updatedAt"     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT oauth_clients_grants_check
    CHECK (coalesce(array_ndims(grants), 1) = 1 AND array_position(grants, NULL) IS NULL),
  CONSTRAINT oauth_clients_redirect_uris_check
    CHECK (coalesce(array_ndims("redirectUris"), 1) = 1 AND array_position("redirectUris", NULL) IS NULL),
  CONSTRAINT oauth_clients_allowed_scopes_check
    CHECK (coalesce(array_ndims("allowedScopes"), 1) = 1 AND array_position("allowedScopes", NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."OAuthClients"'::regclass, '');
REVOKE ALL ON multitenant."OAuthClients" FROM PUBLIC;

CREATE INDEX oauth_clients_tenant_id_idx ON multitenant."OAuthClients" ("tenantId");

COMMENT ON TABLE multitenant."OAuthClients" IS
  'An application that may obtain tokens';
COMMENT ON COLUMN multitenant."OAuthClients"."clientId" IS
  'The public client_id of the protocol; "OAuthTokens"."clientId" refers to id, not to this';
COMMENT ON COLUMN multitenant."OAuthClients"."clientSecret" IS
  'SHA-256, in hex, of the client''s secret; NULL for a public client, which has none';
COMMENT ON COLUMN multitenant."OAuthClients".type IS
  'Kind of client, such as confidential or public';
COMMENT ON COLUMN multitenant."OAuthClients".grants IS
  'Grant types the client may use, such as authorization_code';
COMMENT ON COLUMN multitenant."OAuthClients"."redirectUris" IS
  'Where an authorization may be sent, compared as whole strings';
COMMENT ON COLUMN multitenant."OAuthClients"."tenantId" IS
  'Tenant the client, and every session through it, belongs to; NULL: the platform itself';
COMMENT ON COLUMN multitenant."OAuthClients"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."OAuthTokens" (
  id                      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "accessToken"           varchar NOT NULL CONSTRAINT oauth_tokens_access_token_idx UNIQUE,
  "accessTokenExpiresAt"  timestamptz NOT NULL,
  "refreshToken"          varchar CONSTRAINT oauth_tokens_refresh_token_idx UNIQUE,
  "refreshTokenExpiresAt" timestamptz,
  "clientId"              uuid NOT NULL REFERENCES multitenant."OAuthClients" (id) ON DELETE CASCADE,
  "userId"                uuid REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  scopes                  varchar[] NOT NULL DEFAULT '{}',
  type                    varchar NOT NULL DEFAULT 'access',
  revoked                 boolean NOT NULL DEFAULT false,
  "revokedAt"             timestamptz,
  "revokedBy"             uuid REFERENCES multitenant."Users" (id),
  "createdAt"             timestamptz NOT NULL DEFAULT now(),
  "updatedAt"             timestamptz NOT NULL DEFAULT now(),
  "refreshTokenFamily"    varchar CONSTRAINT oauth_tokens_refresh_token_family_idx UNIQUE,
  "refreshTokenKey"       varchar,
  "refreshTokenSalt"      varchar,
  "previousRefreshToken"  varchar,
  "refreshedAt"           timestamptz,
  "lastUsedAt"            timestamptz,
  "ipAddress"             varchar,
  "userAgent"             varchar,
  "twoFactorVerified"     boolean NOT NULL DEFAULT false,
  CONSTRAINT oauth_tokens_scopes_check
    CHECK (coalesce(array_ndims(scopes), 1) = 1 AND array_position(scopes, NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."OAuthTokens"'::regclass, '');
REVOKE ALL ON multitenant."OAuthTokens" FROM PUBLIC;

-- the end of a token is that of its refresh token, where it has one
CREATE INDEX oauth_tokens_client_id_idx ON multitenant."OAuthTokens" ("clientId", coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt"));
CREATE INDEX oauth_tokens_user_id_idx ON multitenant."OAuthTokens" ("userId");
CREATE INDEX oauth_tokens_expires_at_idx ON multitenant."OAuthTokens" (coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt"));
CREATE INDEX oauth_tokens_revoked_at_idx ON multitenant."OAuthTokens" ("revokedAt") WHERE "revokedAt" IS NOT NULL;
CREATE INDEX oauth_tokens_revoked_by_idx ON multitenant."OAuthTokens" ("revokedBy") WHERE "revokedBy" IS NOT NULL;

COMMENT ON TABLE multitenant."OAuthTokens" IS
  'A session: an access token and the refresh token that renews it';
COMMENT ON COLUMN multitenant."OAuthTokens"."accessToken" IS
  'SHA-256, in hex, of the access token; the token itself is nowhere';
COMMENT ON COLUMN multitenant."OAuthTokens"."refreshToken" IS
  'SHA-256, in hex, of the refresh token; the token itself is nowhere';
COMMENT ON COLUMN multitenant."OAuthTokens"."clientId" IS
  'Row of "OAuthClients" (its id, not its "clientId") the token was issued to; its tenant is the token''s tenant';
COMMENT ON COLUMN multitenant."OAuthTokens"."userId" IS
  'User the token acts for; NULL: the client itself';
COMMENT ON COLUMN multitenant."OAuthTokens".revoked IS
  'Ended before its time: neither token is good any more';
COMMENT ON COLUMN multitenant."OAuthTokens"."revokedBy" IS
  'User who ended it; NULL: not known, or no user';
COMMENT ON COLUMN multitenant."OAuthTokens"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
COMMENT ON COLUMN multitenant."OAuthTokens"."refreshTokenFamily" IS
  'SHA-256, in hex, of the part that all refresh tokens of the session share: by it an earlier one is found';
COMMENT ON COLUMN multitenant."OAuthTokens"."refreshTokenKey" IS
  'Key of the mark in the session''s refresh tokens, by which one that was issued is told from one that was not; it makes no token without the part they share';
COMMENT ON COLUMN multitenant."OAuthTokens"."refreshTokenSalt" IS
  'What the tokens of now were made with from the refresh token before; nothing without that';
COMMENT ON COLUMN multitenant."OAuthTokens"."previousRefreshToken" IS
  'SHA-256, in hex, of the refresh token before: good for multitenant.refresh_grace after "refreshedAt"';
COMMENT ON COLUMN multitenant."OAuthTokens"."refreshedAt" IS
  'When the refresh token last changed; NULL: it is the first';
COMMENT ON COLUMN multitenant."OAuthTokens"."lastUsedAt" IS
  'When the session was last used, to a tenth of its timeout';
COMMENT ON COLUMN multitenant."OAuthTokens"."ipAddress" IS
  'Address the session was made from, as the caller told it';
COMMENT ON COLUMN multitenant."OAuthTokens"."userAgent" IS
  'Client the session was made by, as it told: not to be trusted';
COMMENT ON COLUMN multitenant."OAuthTokens"."twoFactorVerified" IS
  'The user was asked for the second factor, or a back end vouched; where the policy says requireMFA no other session is renewed';

CREATE TABLE multitenant."SignInChallenges" (
  id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token                 varchar NOT NULL CONSTRAINT sign_in_challenges_token_idx UNIQUE,
  "userId"              uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  "tenantId"            uuid REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE,
  "passwordFingerprint" varchar NOT NULL,
  "expiresAt"           timestamptz NOT NULL,
  "createdAt"           timestamptz NOT NULL DEFAULT now(),
  "updatedAt"           timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."SignInChallenges"'::regclass, '');
REVOKE ALL ON multitenant."SignInChallenges" FROM PUBLIC;

CREATE INDEX sign_in_challenges_user_id_idx ON multitenant."SignInChallenges" ("userId");
CREATE INDEX sign_in_challenges_tenant_id_idx ON multitenant."SignInChallenges" ("tenantId") WHERE "tenantId" IS NOT NULL;
CREATE INDEX sign_in_challenges_expires_at_idx ON multitenant."SignInChallenges" ("expiresAt");

COMMENT ON TABLE multitenant."SignInChallenges" IS
  'A sign-in whose password was right and that waits for the second factor';
COMMENT ON COLUMN multitenant."SignInChallenges".token IS
  'SHA-256, in hex, of the challenge; the challenge itself is nowhere';
COMMENT ON COLUMN multitenant."SignInChallenges"."tenantId" IS
  'Tenant that is signed in to; NULL: none';
COMMENT ON COLUMN multitenant."SignInChallenges"."passwordFingerprint" IS
  'SHA-256, in hex, of the stored hash of the password that was right; another password voids the challenge';
COMMENT ON COLUMN multitenant."SignInChallenges"."expiresAt" IS
  'Not good from this time on';
COMMENT ON COLUMN multitenant."SignInChallenges"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."RememberedDevices" (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  token        varchar NOT NULL CONSTRAINT remembered_devices_token_idx UNIQUE,
  "userId"     uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  "tenantId"   uuid REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE,
  "userAgent"  varchar,
  "lastUsedAt" timestamptz,
  "expiresAt"  timestamptz NOT NULL,
  "createdAt"  timestamptz NOT NULL DEFAULT now(),
  "updatedAt"  timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."RememberedDevices"'::regclass, '');
REVOKE ALL ON multitenant."RememberedDevices" FROM PUBLIC;

CREATE INDEX remembered_devices_user_id_idx ON multitenant."RememberedDevices" ("userId");
CREATE INDEX remembered_devices_tenant_id_idx ON multitenant."RememberedDevices" ("tenantId") WHERE "tenantId" IS NOT NULL;
CREATE INDEX remembered_devices_expires_at_idx ON multitenant."RememberedDevices" ("expiresAt");

COMMENT ON TABLE multitenant."RememberedDevices" IS
  'A device on which a user has shown the second factor and is not asked for it again';
COMMENT ON COLUMN multitenant."RememberedDevices".token IS
  'SHA-256, in hex, of the device''s token, which changes at each use; the token itself is nowhere';
COMMENT ON COLUMN multitenant."RememberedDevices"."tenantId" IS
  'Tenant it counts for; NULL: sign-ins to none';
COMMENT ON COLUMN multitenant."RememberedDevices"."userAgent" IS
  'As the client told it: not to be trusted';
COMMENT ON COLUMN multitenant."RememberedDevices"."expiresAt" IS
  'Not good from this time on; use does not extend it';
COMMENT ON COLUMN multitenant."RememberedDevices"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

--
-- Roles and permissions
--

CREATE TABLE multitenant."Roles" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name        varchar NOT NULL,
  description text,
  scopes      varchar[] NOT NULL DEFAULT '{}',
  "tenantId"  uuid NOT NULL REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE,
  "isDefault" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  UNIQUE (name, "tenantId"),
  CONSTRAINT roles_scopes_check
    CHECK (coalesce(array_ndims(scopes), 1) = 1 AND array_position(scopes, NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Roles"'::regclass, '');
REVOKE ALL ON multitenant."Roles" FROM PUBLIC;

CREATE INDEX roles_tenant_id_idx ON multitenant."Roles" ("tenantId");

COMMENT ON TABLE multitenant."Roles" IS
  'A role of one tenant: scopes of its own and permissions through "RolePermissions"';
COMMENT ON COLUMN multitenant."Roles".name IS
  'Unique in the tenant; "TenantUsers".roles refers to it by this name';
COMMENT ON COLUMN multitenant."Roles".scopes IS
  'Scopes a member with the role has; * and prefix:* match all';
COMMENT ON COLUMN multitenant."Roles"."isDefault" IS
  'Given to a new member for whom no roles are named';
COMMENT ON COLUMN multitenant."Roles"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."Permissions" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name        varchar NOT NULL UNIQUE,
  description text,
  resource    varchar NOT NULL,
  action      varchar NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Permissions"'::regclass, '');
REVOKE ALL ON multitenant."Permissions" FROM PUBLIC;

CREATE INDEX permissions_resource_action_idx ON multitenant."Permissions" (resource, action);

COMMENT ON TABLE multitenant."Permissions" IS
  'Something that can be allowed, the same for all tenants; roles of a tenant grant it';
COMMENT ON COLUMN multitenant."Permissions".name IS
  'resource:action, as has_permission() is asked for it';
COMMENT ON COLUMN multitenant."Permissions".resource IS
  'What is acted on; * matches all';
COMMENT ON COLUMN multitenant."Permissions".action IS
  'What is done to it; * matches all';
COMMENT ON COLUMN multitenant."Permissions"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."RolePermissions" (
  id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "roleId"       uuid NOT NULL REFERENCES multitenant."Roles" (id) ON DELETE CASCADE,
  "permissionId" uuid NOT NULL REFERENCES multitenant."Permissions" (id) ON DELETE CASCADE,
  "createdAt"    timestamptz NOT NULL DEFAULT now(),
  "updatedAt"    timestamptz NOT NULL DEFAULT now(),
  UNIQUE ("roleId", "permissionId")
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."RolePermissions"'::regclass, '');
REVOKE ALL ON multitenant."RolePermissions" FROM PUBLIC;

CREATE INDEX role_permissions_role_id_idx ON multitenant."RolePermissions" ("roleId");
CREATE INDEX role_permissions_permission_id_idx ON multitenant."RolePermissions" ("permissionId");

COMMENT ON TABLE multitenant."RolePermissions" IS
  'A permission that a role grants';
COMMENT ON COLUMN multitenant."RolePermissions"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

--
-- Activity and audit logs
--

CREATE TABLE multitenant."LoginHistories" (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId"        uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  "ipAddress"     varchar,
  "userAgent"     varchar,
  location        jsonb,
  status          multitenant."enum_LoginHistories_status" NOT NULL,
  "failureReason" varchar,
  "createdAt"     timestamptz NOT NULL DEFAULT now(),
  "updatedAt"     timestamptz NOT NULL DEFAULT now(),
  "tenantId"      uuid REFERENCES multitenant."Tenants" (id) ON DELETE SET NULL
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."LoginHistories"'::regclass, '');
REVOKE ALL ON multitenant."LoginHistories" FROM PUBLIC;

CREATE INDEX login_histories_user_id_idx ON multitenant."LoginHistories" ("userId");
CREATE INDEX login_histories_created_at_idx ON multitenant."LoginHistories" ("createdAt");
CREATE INDEX login_histories_tenant_id_idx ON multitenant."LoginHistories" ("tenantId", "createdAt") WHERE "tenantId" IS NOT NULL;

COMMENT ON TABLE multitenant."LoginHistories" IS
  'Every attempt to sign in as a known user; one with an unknown e-mail is in "SecurityAuditLogs"';
COMMENT ON COLUMN multitenant."LoginHistories"."ipAddress" IS
  'Address the client came from, as the caller told it; IPv4 or IPv6';
COMMENT ON COLUMN multitenant."LoginHistories"."userAgent" IS
  'As the client told it: not to be trusted';
COMMENT ON COLUMN multitenant."LoginHistories".location IS
  'Where the address is, if the application looks it up';
COMMENT ON COLUMN multitenant."LoginHistories"."failureReason" IS
  'Why a failed attempt failed; the client is told less';
COMMENT ON COLUMN multitenant."LoginHistories"."createdAt" IS
  'Time of the attempt';
COMMENT ON COLUMN multitenant."LoginHistories"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
COMMENT ON COLUMN multitenant."LoginHistories"."tenantId" IS
  'Tenant that was signed in to; NULL: none, or one that was deleted';

CREATE TABLE multitenant."SecurityAuditLogs" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId"    uuid REFERENCES multitenant."Users" (id) ON DELETE SET NULL,
  event       varchar NOT NULL,
  details     jsonb,
  "ipAddress" varchar,
  "userAgent" varchar,
  severity    multitenant."enum_SecurityAuditLogs_severity" NOT NULL DEFAULT 'low',
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "actorId"   uuid REFERENCES multitenant."Users" (id) ON DELETE SET NULL,
  "tenantId"  uuid REFERENCES multitenant."Tenants" (id) ON DELETE SET NULL
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."SecurityAuditLogs"'::regclass, '');
REVOKE ALL ON multitenant."SecurityAuditLogs" FROM PUBLIC;

CREATE INDEX security_audit_logs_user_id_idx ON multitenant."SecurityAuditLogs" ("userId");
CREATE INDEX security_audit_logs_event_idx ON multitenant."SecurityAuditLogs" (event);
CREATE INDEX security_audit_logs_created_at_idx ON multitenant."SecurityAuditLogs" ("createdAt");
CREATE INDEX security_audit_logs_details_idx ON multitenant."SecurityAuditLogs" USING gin (details jsonb_path_ops);
CREATE INDEX security_audit_logs_actor_id_idx ON multitenant."SecurityAuditLogs" ("actorId") WHERE "actorId" IS NOT NULL;
CREATE INDEX security_audit_logs_tenant_id_idx ON multitenant."SecurityAuditLogs" ("tenantId", "createdAt") WHERE "tenantId" IS NOT NULL;

COMMENT ON TABLE multitenant."SecurityAuditLogs" IS
  'What changed who may do what, and what looks like an attack; written in the transaction of the change';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."userId" IS
  'Whom the event is about; NULL: nobody known';
COMMENT ON COLUMN multitenant."SecurityAuditLogs".event IS
  'Machine-readable name of what happened';
COMMENT ON COLUMN multitenant."SecurityAuditLogs".details IS
  'What else is known, never a password, code, secret or token';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."ipAddress" IS
  'Address the client came from, as the caller told it; IPv4 or IPv6';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."userAgent" IS
  'As the client told it: not to be trusted';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."createdAt" IS
  'Time of the event';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."actorId" IS
  'Who did it; NULL: not known, or no user. Whom it is about is "userId"';
COMMENT ON COLUMN multitenant."SecurityAuditLogs"."tenantId" IS
  'Tenant it happened in; NULL: none, or the platform';

CREATE TABLE multitenant."ActivityLogs" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId"    uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  action      varchar NOT NULL,
  details     jsonb,
  "ipAddress" varchar,
  "userAgent" varchar,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "tenantId"  uuid REFERENCES multitenant."Tenants" (id) ON DELETE SET NULL
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."ActivityLogs"'::regclass, '');
REVOKE ALL ON multitenant."ActivityLogs" FROM PUBLIC;

CREATE INDEX activity_logs_user_id_idx ON multitenant."ActivityLogs" ("userId");
CREATE INDEX activity_logs_created_at_idx ON multitenant."ActivityLogs" ("createdAt");
CREATE INDEX activity_logs_tenant_id_idx ON multitenant."ActivityLogs" ("tenantId", "createdAt") WHERE "tenantId" IS NOT NULL;
CREATE INDEX activity_logs_details_idx ON multitenant."ActivityLogs" USING gin (details jsonb_path_ops);

COMMENT ON TABLE multitenant."ActivityLogs" IS
  'What users do in the application, as the application tells it';
COMMENT ON COLUMN multitenant."ActivityLogs".action IS
  'What was done, in the application''s own words';
COMMENT ON COLUMN multitenant."ActivityLogs"."ipAddress" IS
  'Address the client came from, as the caller told it; IPv4 or IPv6';
COMMENT ON COLUMN multitenant."ActivityLogs"."userAgent" IS
  'As the client told it: not to be trusted';
COMMENT ON COLUMN multitenant."ActivityLogs"."createdAt" IS
  'Time of the activity';
COMMENT ON COLUMN multitenant."ActivityLogs"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
COMMENT ON COLUMN multitenant."ActivityLogs"."tenantId" IS
  'Tenant it happened in; NULL: none, or one that was deleted';

--
-- Notifications and invitations
--

CREATE TABLE multitenant."Notifications" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId"    uuid NOT NULL REFERENCES multitenant."Users" (id) ON DELETE CASCADE,
  message     text NOT NULL,
  read        boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Notifications"'::regclass, '');
REVOKE ALL ON multitenant."Notifications" FROM PUBLIC;

CREATE INDEX notifications_user_id_idx ON multitenant."Notifications" ("userId");
CREATE INDEX notifications_read_idx ON multitenant."Notifications" (read);
CREATE INDEX notifications_unread_idx ON multitenant."Notifications" ("userId") WHERE NOT read;

COMMENT ON TABLE multitenant."Notifications" IS
  'A message to a user inside the application';
COMMENT ON COLUMN multitenant."Notifications".read IS
  'The user has seen it';
COMMENT ON COLUMN multitenant."Notifications"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE TABLE multitenant."Invitations" (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email         varchar NOT NULL,
  token         varchar NOT NULL,
  status        multitenant."enum_Invitations_status" NOT NULL DEFAULT 'pending',
  "cancelledAt" timestamptz,
  "cancelledBy" uuid REFERENCES multitenant."Users" (id),
  "expiresAt"   timestamptz NOT NULL,
  "tenantId"    uuid NOT NULL REFERENCES multitenant."Tenants" (id) ON DELETE CASCADE,
  "invitedById" uuid NOT NULL REFERENCES multitenant."Users" (id),
  "createdAt"   timestamptz NOT NULL DEFAULT now(),
  "updatedAt"   timestamptz NOT NULL DEFAULT now(),
  roles         varchar[],
  CONSTRAINT invitations_roles_check
    CHECK (coalesce(array_ndims(roles), 1) = 1 AND array_position(roles, NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."Invitations"'::regclass, '');
REVOKE ALL ON multitenant."Invitations" FROM PUBLIC;

CREATE INDEX invitations_expires_at_idx ON multitenant."Invitations" ("expiresAt") WHERE status = 'pending';
CREATE INDEX invitations_email_idx ON multitenant."Invitations" (email);
CREATE UNIQUE INDEX invitations_pending_idx ON multitenant."Invitations" ("tenantId", lower(email COLLATE "C"))
  WHERE status = 'pending';
CREATE INDEX invitations_token_idx ON multitenant."Invitations" (token);
CREATE INDEX invitations_tenant_id_idx ON multitenant."Invitations" ("tenantId");
CREATE INDEX invitations_invited_by_id_idx ON multitenant."Invitations" ("invitedById");
CREATE INDEX invitations_cancelled_by_idx ON multitenant."Invitations" ("cancelledBy") WHERE "cancelledBy" IS NOT NULL;

COMMENT ON TABLE multitenant."Invitations" IS
  'An invitation of a mailbox into a tenant';
COMMENT ON COLUMN multitenant."Invitations".email IS
  'Mailbox invited; only a user of this address can accept';
COMMENT ON COLUMN multitenant."Invitations".token IS
  'SHA-256, in hex, of the token mailed; the token itself is nowhere';
COMMENT ON COLUMN multitenant."Invitations".roles IS
  'Names of roles that acceptance gives, those that are there by then; NULL: the tenant''s default roles';
COMMENT ON COLUMN multitenant."Invitations"."expiresAt" IS
  'Not to be accepted from this time on, whatever the status';
COMMENT ON COLUMN multitenant."Invitations"."cancelledBy" IS
  'User who cancelled it; NULL: not known, or no user';
COMMENT ON COLUMN multitenant."Invitations"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';
-- Passwords, one-time passwords and QR codes: pure functions.
--
-- They reach no table and keep no state, so PUBLIC may execute them as PostgreSQL
-- grants it by default; none has a REVOKE. A check that is given NULL answers false,
-- so that IF NOT verify_password(...) lets nobody in. What computes a password hash is
-- PARALLEL RESTRICTED: multitenant.max_concurrent_hashes does not hold the workers of one
-- query apart.

CREATE FUNCTION multitenant.hash_password(password text, algorithm text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_hash_password'
LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION multitenant.hash_password(text, text) IS
  'Hashes a password with a new random salt: a PHC string for argon2id (RFC 9106; multitenant.argon2_memory in kB, argon2_iterations, argon2_parallelism), $2b$ for bcrypt (multitenant.bcrypt_cost, log2 of the rounds). algorithm: argon2id or bcrypt; null means multitenant.password_algorithm. At most multitenant.max_concurrent_hashes backends compute at once, the others wait. Null for a null password. Errors: 22023 unknown algorithm; 54000 password over multitenant.password_max_length characters or 4096 bytes, or over 72 bytes with bcrypt.';

CREATE FUNCTION multitenant.verify_password(password text, hash text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_verify_password'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION multitenant.verify_password(text, text) IS
  'Says whether a password is the one that was hashed, in a time that does not tell how much of it was right. hash: a PHC string of argon2id or argon2i (versions 16 and 19), or bcrypt $2a$, $2b$, $2x$, $2y$ (which reads the first 72 bytes of the password), or of another system: $scrypt$ (PHC, passlib), $pbkdf2$, $pbkdf2-sha1$, $pbkdf2-sha256$, $pbkdf2-sha512$ (PHC, passlib), pbkdf2_sha1$, pbkdf2_sha256$, pbkdf2_sha512$ (Django), sha-crypt $5$ and $6$. At most multitenant.max_concurrent_hashes backends compute at once, the others wait. False for a null argument and for a password over 4096 bytes. Errors: 22023 unknown format, version or length of hash; 22P02 malformed hash; 54000 hash over its bounds: argon2 over 1048576 kB, 64 iterations or 16 lanes, bcrypt over cost 16, scrypt over 1 GB or p times that over 4 GB, pbkdf2 over 10000000 iterations, sha-crypt over 10000000 rounds.';

CREATE FUNCTION multitenant.password_needs_rehash(hash text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_password_needs_rehash'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.password_needs_rehash(text) IS
  'Says whether a hash should be made anew when the password is next at hand: true unless its algorithm and its cost are exactly what multitenant.password_algorithm and the settings of that algorithm ask today. Errors: 22023 unknown format; 22P02 malformed hash.';

CREATE FUNCTION multitenant.password_problems(password text, email text DEFAULT NULL)
RETURNS text[]
AS 'MODULE_PATHNAME', 'mt_password_problems'
LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.password_problems(text, text) IS
  'What speaks against a new password (NIST SP 800-63B-4, section 3.1.1); an empty array when nothing does. too_short: under multitenant.password_min_length characters (code points). too_long: over password_max_length characters, or more than the algorithm reads; it is then the only one. too_common: on the built-in list of common passwords, in any case, or in the file of multitenant.password_blocklist_file. contains_email: holds the name of the mailbox, from 4 bytes on, in any case. email: an address, or null not to ask that. Null for a null password. Errors: F0000 the file cannot be read or is malformed.';

CREATE FUNCTION multitenant.generate_totp_secret(bytes integer DEFAULT 20)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_generate_totp_secret'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.generate_totp_secret(integer) IS
  'A new random secret for an authenticator, in base32 without padding. bytes: 16 to 64; 20 suits SHA1, 32 SHA256, 64 SHA512 (RFC 4226, section 4, R6; RFC 6238, section 5.1). Errors: 22023 bytes out of range.';

CREATE FUNCTION multitenant.hotp_code(
  secret text, counter bigint, algorithm text DEFAULT 'SHA1', digits integer DEFAULT 6)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_hotp_code'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.hotp_code(text, bigint, text, integer) IS
  'The one-time password of a counter (RFC 4226). secret: base32, any case, spaces and hyphens ignored, padding optional. counter: 0 or more. algorithm: SHA1, SHA256 or SHA512. digits: 6 to 8. Errors: 22P02 secret is not base32 or empty; 54000 secret over 1024 characters; 22023 another argument out of range.';

CREATE FUNCTION multitenant.totp_code(
  secret text, at timestamptz DEFAULT clock_timestamp(), algorithm text DEFAULT 'SHA1',
  digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_totp_code'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.totp_code(text, timestamptz, text, integer, integer) IS
  'The one-time password of a moment (RFC 6238). secret: base32, any case, spaces and hyphens ignored, padding optional. at: not before 1970. algorithm: SHA1, SHA256 or SHA512. digits: 6 to 8. period: seconds of a time step, 1 to 86400. Errors: 22P02 secret is not base32 or empty; 54000 secret over 1024 characters; 22023 another argument out of range.';

CREATE FUNCTION multitenant.verify_totp(
  secret text, code text, at timestamptz DEFAULT clock_timestamp(), steps integer DEFAULT 1,
  algorithm text DEFAULT 'SHA1', digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_verify_totp'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.verify_totp(text, text, timestamptz, integer, text, integer, integer) IS
  'Says whether a code is the one-time password (RFC 6238) of a moment or of up to so many time steps before or after it, in a time that does not tell which. It keeps no state: the same code is right again until its steps have passed. secret: base32, any case, spaces and hyphens ignored, padding optional. code: spaces ignored; one with another number of digits is wrong. steps: 0 to 10. algorithm: SHA1, SHA256 or SHA512. digits: 6 to 8. period: seconds, 1 to 86400. False for a null argument. Errors: 22P02 secret is not base32 or empty; 54000 secret over 1024 characters; 22023 another argument out of range.';

CREATE FUNCTION multitenant.totp_uri(
  secret text, account text, issuer text, algorithm text DEFAULT 'SHA1',
  digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_totp_uri'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.totp_uri(text, text, text, text, integer, integer) IS
  'The otpauth://totp/ URI that enrols an authenticator, usually shown as a QR code: a secret in the clear. secret: base32, written back in capitals without padding. account: who signs in, usually the e-mail address. issuer: the name of the service; both up to 255 bytes, not empty, without a colon, control characters or spaces around them. algorithm: SHA1, SHA256 or SHA512; many authenticators know SHA1, 6 digits and 30 seconds alone. digits: 6 to 8. period: seconds, 1 to 86400. Source: the Key URI format; RFC 3986, section 2.1. Errors: 22P02 secret is not base32 or empty; 54000 an argument is too long; 22023 another argument is not acceptable.';

CREATE FUNCTION multitenant.qr_svg(content text)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_qr_svg'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION multitenant.qr_svg(text) IS
  'A text as a QR code in SVG, for a page: usually what totp_uri() returns, so as secret as that. Self-contained, black on white with its quiet zone, and of no size of its own. content: 1 to 2331 bytes, one less when they are not all ASCII and so marked as UTF-8. Source: ISO/IEC 18004, byte mode, error correction M. Errors: 22023 content empty; 54000 content too long.';

CREATE FUNCTION multitenant.qr_text(content text)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_qr_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION multitenant.qr_text(text) IS
  'A text as a QR code of block characters, for a terminal with light letters on a dark background: usually what totp_uri() returns, so as secret as that. In psql best with -At, which adds nothing to the lines. content: 1 to 2331 bytes, one less when they are not all ASCII and so marked as UTF-8. Source: ISO/IEC 18004, byte mode, error correction M. Errors: 22023 content empty; 54000 content too long; 0A000 the database is not in UTF8.';
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
  'Sets a users password, for administrators: ends the lock and every session, and voids an open reset token. Errors: P0002 no such user; 22023 null or not acceptable, with the problems in the detail; 55000 deleted user. Audit: user.password_set.';

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
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';

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
-- The context of a transaction.

-- For the planner: a function of the context is called once for a query, not for each row.
CREATE FUNCTION multitenant.once_per_query_support(internal)
RETURNS internal
AS 'MODULE_PATHNAME', 'mt_once_per_query_support'
LANGUAGE C STRICT PARALLEL SAFE;
REVOKE ALL ON FUNCTION multitenant.once_per_query_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.once_per_query_support(internal) IS
  'For the planner: a call whose arguments do not come from a row is evaluated once for a query that reads rows, as (SELECT f()) is';

CREATE FUNCTION multitenant.current_user_id()
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_current_user_id'
LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.current_user_id() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.current_user_id() IS
  'The acting user of this transaction (setting multitenant.user_id, which a superuser alone can SET); null when there is none.';

CREATE FUNCTION multitenant.current_tenant_id()
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_current_tenant_id'
LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.current_tenant_id() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.current_tenant_id() IS
  'The tenant of this transaction (setting multitenant.tenant_id, which a superuser alone can SET); null when there is none.';

-- Set by whoever may choose who it is: the mark of a trusted back end. It reads by
-- itself and writes settings alone, so the caller's rights are enough.
CREATE FUNCTION multitenant.set_context(user_id uuid, tenant_id uuid DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_set_context'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.set_context(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.set_context(uuid, uuid) IS
  'Makes a user the acting one, in a tenant or in none, until the transaction ends (or the savepoint is rolled back). For a trusted back end alone: whoever may call it may be anybody. Errors: P0002 the user is not active or not an active member of that tenant; 22023 null user_id; 55000 row-level security is recorded as enabled and missing, as after a restore: enable_row_security().';

CREATE FUNCTION multitenant.clear_context()
RETURNS void
AS 'MODULE_PATHNAME', 'mt_clear_context'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.clear_context() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.clear_context() IS
  'Ends the context of the transaction: neither user nor tenant, until it is set again.';
-- Sessions.

CREATE FUNCTION multitenant.create_session(
  user_id uuid, tenant_id uuid, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL,
  OUT access_token text, OUT refresh_token text, OUT expires_at timestamptz)
AS 'MODULE_PATHNAME', 'mt_create_session'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_session(uuid, uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_session(uuid, uuid, text, text) IS
  'Makes a session for a user whom the back end has authenticated itself: neither second factor nor address is judged here. tenant_id: null for a session that belongs to no tenant. The tokens are returned this once; expires_at is that of the access token, after session.sessionTimeout of the tenant''s policy or multitenant.session_timeout. Over session.maxConcurrentSessions the oldest session of the user in the tenant ends. Errors: P0002 no such user or tenant; 55000 the user or the tenant is not active, or the user is not a member; 22023 null user_id; 22P02 ip_address is not one; 25006 read-only transaction. Audit: session.created, session.displaced.';

-- These two read by themselves and decide what; the little they write they write as the
-- owner of the tables. A SET clause would cost as much as the rest.
CREATE FUNCTION multitenant.verify_session(access_token text, ip_address text DEFAULT NULL)
RETURNS TABLE (user_id uuid, tenant_id uuid, roles text[], scopes text[], expires_at timestamptz)
AS 'MODULE_PATHNAME', 'mt_verify_session'
LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1;
REVOKE ALL ON FUNCTION multitenant.verify_session(text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.verify_session(text, text) IS
  'Whose session an access token is: one row, or none when it is not good: unknown, ended or expired, the user or the tenant not active, not a member any more, or the address not one that the tenant allows. All of it is judged at each call. ip_address: of the client; where the tenant restricts addresses a null one is refused. tenant_id is null for a session that belongs to no tenant, and roles and scopes are empty then. Where session.extendOnActivity is on, use moves expires_at; that is written at most once in a tenth of the timeout and never in a read-only transaction or on a standby. Errors: 22P02 ip_address is not one.';

CREATE FUNCTION multitenant.use_session(access_token text, ip_address text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_use_session'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.use_session(text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.use_session(text, text) IS
  'Verifies an access token as verify_session does and makes its user and tenant the context until the transaction ends (or the savepoint is rolled back). False leaves the context as it was. Errors: 22P02 ip_address is not one; 55000 the transaction of a client has been in another tenant.';

CREATE FUNCTION multitenant.refresh_session(refresh_token text, ip_address text DEFAULT NULL, user_agent text DEFAULT NULL)
RETURNS TABLE (access_token text, refresh_token text, expires_at timestamptz)
AS 'MODULE_PATHNAME', 'mt_refresh_session'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.refresh_session(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.refresh_session(text, text, text) IS
  'A new pair of tokens for a refresh token: one row, and the old pair is void; or none when the session has ended, multitenant.refresh_token_lifetime has passed since it began, user, membership, tenant or a given address do not allow it, or the policy says requireMFA and the session is without a second factor. For multitenant.refresh_grace after that the old token gives the same new pair again. Any earlier token of the session ends the session, so call it in a transaction of its own: a rollback takes that back. A token that was never issued ends nothing. Errors: 22P02 ip_address is not one; 25006 read-only transaction. Audit: session.refresh_token_reused, critical.';

CREATE FUNCTION multitenant.end_session(access_token text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_end_session'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.end_session(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.end_session(text) IS
  'Ends the session of an access token, also of an expired one whose session could still be renewed; false when there is no such session, or it has ended. Errors: 25006 read-only transaction. Audit: session.ended.';

CREATE FUNCTION multitenant.end_all_sessions(user_id uuid, tenant_id uuid DEFAULT NULL)
RETURNS integer
AS 'MODULE_PATHNAME', 'mt_end_all_sessions'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.end_all_sessions(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.end_all_sessions(uuid, uuid) IS
  'Ends the sessions of a user in a tenant, or with null all of them, and returns how many it ended. Errors: P0002 no such user or tenant; 22023 null user_id. Audit: session.all_ended.';

CREATE FUNCTION multitenant.list_sessions(user_id uuid)
RETURNS TABLE (id uuid, tenant_id uuid, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz, ip_address text, user_agent text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT t.id, c."tenantId", t."createdAt", t."lastUsedAt", t."accessTokenExpiresAt", t."ipAddress", t."userAgent"
  FROM multitenant."OAuthTokens" t JOIN multitenant."OAuthClients" c ON c.id = t."clientId"
  WHERE t."userId" = $1 AND t.type = 'session' AND NOT t.revoked
    AND greatest(t."accessTokenExpiresAt", t."refreshTokenExpiresAt") > clock_timestamp()
  ORDER BY t."createdAt", t.id
$$;
REVOKE ALL ON FUNCTION multitenant.list_sessions(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.list_sessions(uuid) IS
  'The sessions of a user that have not ended and can be used or renewed, the oldest first. expires_at is that of the access token, which may have passed; last_used_at is true to a tenth of the timeout; address and user agent are those of its making.';
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
  'Signs a user in to a tenant, or with a null tenant_slug to none. Judged in this order: lock, password, status, membership, status of the tenant, address, second factor. outcome: success with the tokens of a session; two_factor_required with a challenge for complete_sign_in; two_factor_setup_required when the tenant demands a second factor and no grace is left; invalid_credentials, locked, inactive, email_unverified as authenticate; not_a_member also for a tenant that is not there; tenant_unavailable; ip_denied, where the tenant restricts addresses also for a null ip_address. device_token: of a device that complete_sign_in remembered; it is good once, and device_token of a success replaces it. user_id and tenant_id are null unless success. grace_logins_left: sign-ins left after this one without the second factor that the tenant demands; null when it demands none. Call it in a transaction of its own, since a rollback takes the count of a failure back, and in FROM, since (sign_in(...)).* calls it once for each column. Errors: 22P02 ip_address is not one; 25006 read-only transaction. Records: "LoginHistories" for a known user, "SecurityAuditLogs" for an unknown one, for a lock and for session.displaced.';

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
  'Ends a membership, and the sessions of the user in that tenant; false when the user is no member. Errors: P0002 no such user or tenant; 22023 null; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage, and holds all of the roles of the member, but for a member who leaves: 42501. Audit: member.removed.';

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
-- The life of a tenant.

CREATE FUNCTION multitenant.suspend_tenant(tenant_id uuid, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_suspend_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.suspend_tenant(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.suspend_tenant(uuid, text) IS
  'Suspends an active tenant: no check, sign-in or session of it holds, from the next statement of every session on. reason: for people, at most 1024 bytes. Errors: P0002 no such tenant; 55000 it is not active. Audit: tenant.suspended.';

CREATE FUNCTION multitenant.activate_tenant(tenant_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_activate_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.activate_tenant(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.activate_tenant(uuid) IS
  'Ends the suspension of a tenant; sessions that have not expired hold again. Errors: P0002 no such tenant; 55000 it is not suspended. Audit: tenant.activated.';

CREATE FUNCTION multitenant.request_tenant_deletion(tenant_id uuid)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'mt_request_tenant_deletion'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.request_tenant_deletion(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.request_tenant_deletion(uuid) IS
  'Puts a tenant, active or suspended, into pending_deletion, which stops it as a suspension does, and returns when run_maintenance() may delete it: "gracePeriodDays" of 24 hours from now. A second request changes nothing and returns the same. Errors: P0002 no such tenant. Audit: tenant.deletion_requested, and tenant.deleted when it is gone.';

CREATE FUNCTION multitenant.cancel_tenant_deletion(tenant_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_cancel_tenant_deletion'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.cancel_tenant_deletion(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.cancel_tenant_deletion(uuid) IS
  'Takes a request for deletion back: the tenant is again what it was, active or suspended. Errors: P0002 no such tenant; 55000 no deletion is pending. Audit: tenant.deletion_cancelled.';

CREATE FUNCTION multitenant.set_onboarding_status(tenant_id uuid, status text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_set_onboarding_status'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.set_onboarding_status(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.set_onboarding_status(uuid, text) IS
  'Moves the onboarding of a tenant forward: pending, in_progress, completed. Errors: P0002 no such tenant; 22023 no such status; 55000 it is as far already, or farther. Audit: tenant.onboarding_changed.';

CREATE FUNCTION multitenant.tenant_has_feature(tenant_id uuid, feature text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_tenant_has_feature'
LANGUAGE C STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.tenant_has_feature(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.tenant_has_feature(uuid, text) IS
  'True when the tenant is active and has the feature: "featureFlags" decides where it has the name, "features" elsewhere, with true or {"enabled": true}. Anything else is false, a null argument too.';
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
-- Invitations.

CREATE FUNCTION multitenant.create_invitation(
  tenant_id uuid, email text, invited_by uuid, roles text[] DEFAULT NULL, expires_in interval DEFAULT '7 days',
  OUT id uuid, OUT token text)
AS 'MODULE_PATHNAME', 'mt_create_invitation'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_invitation(uuid, text, uuid, text[], interval) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_invitation(uuid, text, uuid, text[], interval) IS
  'Invites a mailbox into an active tenant and returns the token to mail to it, prefix mti_, once; an invitation of the same mailbox that is pending there is cancelled. roles: names of roles of the tenant that acceptance gives; null for its default roles at that time. expires_in: at most 366 days. Errors: P0002 no such tenant, user or role in this tenant; 55000 the tenant or the inviting user is not active; 23505 a user of this address is a member; 22023 a bad address or lifetime. Audit: invitation.created.';

CREATE FUNCTION multitenant.accept_invitation(
  token text, user_id uuid, OUT outcome multitenant.auth_outcome, OUT tenant_id uuid)
AS 'MODULE_PATHNAME', 'mt_accept_invitation'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.accept_invitation(text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.accept_invitation(text, uuid) IS
  'Makes the user a member of the tenant that invited the user''s e-mail address, with the roles of the invitation that are still there; who is a member already gets those roles besides. Once only. Outcomes: success, with the tenant; invalid_credentials (unknown, used or cancelled token, or another address); expired; inactive; tenant_unavailable. Errors: P0002 no such user. Audit: invitation.accepted.';

CREATE FUNCTION multitenant.cancel_invitation(id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_cancel_invitation'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.cancel_invitation(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.cancel_invitation(uuid) IS
  'Takes a pending invitation back. Errors: P0002 no such invitation; 55000 it is not pending. Audit: invitation.cancelled.';
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
  'Takes a role of the tenant from a member; false when the member did not have it. Errors: P0002 no such user or tenant, no such role in this tenant, or the user is no member; 22023 null or empty; 54000 too long; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage and neither gives nor takes more than the acting user holds: 42501. Audit: member.role_unassigned.';

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
-- Row-level security, and what database roles may do.

--
-- An application's own tables
--

CREATE FUNCTION multitenant.is_member()
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_is_member'
LANGUAGE C STABLE PARALLEL SAFE COST 100 SUPPORT multitenant.once_per_query_support;
REVOKE ALL ON FUNCTION multitenant.is_member() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.is_member() IS
  'True when the acting user is an active member of the context''s tenant, and that is active; false otherwise, outside a context too. Evaluated once for a query.';

-- With the caller's rights: who protects a table owns it.
CREATE FUNCTION multitenant.protect_table(
  relation regclass, tenant_column name DEFAULT 'tenantId', read_permission text DEFAULT NULL,
  write_permission text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_protect_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.protect_table(regclass, name, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.protect_table(regclass, name, text, text) IS
  'Enables and forces row-level security on a table, its partitions and its children: a statement reads, changes and makes rows of the context''s tenant alone, whatever other policies the table has. tenant_column: a column of type uuid. read_permission: what a member needs to see rows; null: nothing more. write_permission: what it needs to insert, update and delete; null: the same as for reading. Called again it sets what it is given then; policies of other names are left alone. For the owner of the table. Errors: 42501 not its owner; 42P01 no such table; 42809 not a table of an application; 42703 no such column; 42804 the column is not a uuid; 22023 null, empty or not a name; 54000 too long. Audit: table.protected.';

CREATE FUNCTION multitenant.unprotect_table(relation regclass)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_unprotect_table'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.unprotect_table(regclass) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.unprotect_table(regclass) IS
  'Undoes protect_table() on a table, its partitions and its children; row-level security stays on where there are policies of other names. For the owner of the table. Errors: 42501 not its owner; 42P01 no such table; 42809 not a table of an application; 22023 null. Audit: table.unprotected.';

--
-- The extension's own tables
--

-- USAGE on it marks an administrator: no GRANT for all tables or functions gives that.
CREATE TYPE multitenant.administrator AS ();
REVOKE ALL ON TYPE multitenant.administrator FROM PUBLIC;
COMMENT ON TYPE multitenant.administrator IS
  'A role with USAGE on it, which grant_access(..., ''admin'') gives, reads every row where enable_row_security() is in force. Nobody uses it as a type.';

CREATE TABLE multitenant."RowSecurity" (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."RowSecurity"'::regclass, '');
REVOKE ALL ON multitenant."RowSecurity" FROM PUBLIC;
COMMENT ON TABLE multitenant."RowSecurity" IS
  'A row here records that enable_row_security() is in force: a dump keeps it, but may not keep the policies, and while the two disagree no context can be set';
COMMENT ON COLUMN multitenant."RowSecurity"."createdAt" IS
  'Since when';
COMMENT ON COLUMN multitenant."RowSecurity"."updatedAt" IS
  'Time of the last UPDATE, kept by the trigger set_updated_at';

CREATE FUNCTION multitenant.row_security_changed()
RETURNS trigger
AS 'MODULE_PATHNAME', 'mt_row_security_changed'
LANGUAGE C VOLATILE PARALLEL UNSAFE;
REVOKE ALL ON FUNCTION multitenant.row_security_changed() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.row_security_changed() IS
  'Trigger of "RowSecurity": every backend looks again whether the tables are protected as recorded';

-- Whom and what the policies show. SECURITY DEFINER: who may read one table need not be
-- allowed to read another, and the policy of one does not ask that of the next.
CREATE FUNCTION multitenant.visible_user_ids()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT "userId" FROM multitenant."TenantUsers"
  WHERE "tenantId" = multitenant.current_tenant_id() AND multitenant.is_member()
  UNION
  SELECT multitenant.current_user_id()
$$;
REVOKE ALL ON FUNCTION multitenant.visible_user_ids() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.visible_user_ids() IS
  'The acting user and the members of the context''s tenant: whose rows of "Users" row-level security shows';

CREATE FUNCTION multitenant.visible_role_ids()
RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT id FROM multitenant."Roles"
  WHERE "tenantId" = multitenant.current_tenant_id() AND multitenant.is_member()
$$;
REVOKE ALL ON FUNCTION multitenant.visible_role_ids() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.visible_role_ids() IS
  'The roles of the context''s tenant: whose rows of "RolePermissions" row-level security shows';

CREATE FUNCTION multitenant.enable_row_security()
RETURNS void
AS 'MODULE_PATHNAME', 'mt_enable_row_security'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.enable_row_security() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.enable_row_security() IS
  'Turns row-level security on for every table of the extension: who reads one sees the rows of the context''s tenant, where the acting user is its active member, and the acting user''s own; an administrator (grant_access) sees all. It grants no table to anybody, and nobody may write by it. To be called again after a restore and after an upgrade. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.enabled.';

CREATE FUNCTION multitenant.disable_row_security()
RETURNS void
AS 'MODULE_PATHNAME', 'mt_disable_row_security'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.disable_row_security() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.disable_row_security() IS
  'Undoes enable_row_security(); row-level security stays on where an application added policies of its own. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.disabled.';

--
-- Database roles
--

CREATE FUNCTION multitenant.grant_access(grantee name, tier text)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_grant_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.grant_access(name, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.grant_access(name, text) IS
  'Gives a database role the functions of a tier, in place of those it had. tier: client (untrusted: tokens and the context only), service (a trusted back end: every function, no table) or admin (every function, and every table to read). To be called again after an upgrade. For the owner of the extension. Errors: 42501 not its owner; 42704 no such role; 22023 no such tier, PUBLIC, the owner itself, or null; 54000 too long. Audit: access.granted.';

CREATE FUNCTION multitenant.revoke_access(grantee name)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_revoke_access'
LANGUAGE C VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.revoke_access(name) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.revoke_access(name) IS
  'Takes back what grant_access() gave to a database role; does nothing where it gave nothing. For the owner of the extension. Errors: 42501 not its owner; 42704 no such role; 22023 PUBLIC, the owner itself, or null. Audit: access.revoked.';

CREATE FUNCTION multitenant.row_security_problems()
RETURNS TABLE (relation regclass, problem text)
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
WITH RECURSIVE own AS (
  SELECT c.oid, c.relrowsecurity,
         EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'multitenant_read') AS has_policy
  FROM pg_class c
  WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r' AND c.relname <> 'RowSecurity'
), record AS (
  SELECT EXISTS (SELECT FROM multitenant."RowSecurity") AS is_on
), policies AS (
  SELECT p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles, p.polwithcheck,
         pg_get_expr(coalesce(p.polqual, p.polwithcheck), p.polrelid) AS expression
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace <> 'multitenant'::regnamespace
    AND p.polname IN ('multitenant_tenant', 'multitenant_select', 'multitenant_insert', 'multitenant_update', 'multitenant_delete')
), protected AS (
  SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity, c.relowner
  FROM pg_class c WHERE c.oid IN (SELECT polrelid FROM policies)
), families AS (
  SELECT p.oid AS ancestor, i.inhrelid AS child
  FROM protected p JOIN pg_inherits i ON i.inhparent = p.oid
  UNION
  SELECT f.ancestor, i.inhrelid FROM families f JOIN pg_inherits i ON i.inhparent = f.child
), users AS (
  SELECT DISTINCT r.oid, r.rolname, r.rolsuper, r.rolbypassrls
  FROM pg_proc f CROSS JOIN LATERAL aclexplode(f.proacl) a JOIN pg_roles r ON r.oid = a.grantee
  WHERE f.oid = 'multitenant.current_tenant_id()'::regprocedure AND a.grantee <> f.proowner
)
SELECT oid::regclass, 'row-level security is recorded as enabled, but the table has none: call enable_row_security()'
FROM own, record WHERE is_on AND NOT (relrowsecurity AND has_policy)
UNION ALL
SELECT oid::regclass, 'the table has the policies of enable_row_security(), but that is not recorded: call it, or disable_row_security()'
FROM own, record WHERE NOT is_on AND has_policy
UNION ALL
SELECT oid::regclass, 'row-level security is not enabled: call protect_table() again'
FROM protected WHERE NOT relrowsecurity
UNION ALL
SELECT oid::regclass, 'row-level security is not forced, so it does not bind the owner: call protect_table() again'
FROM protected WHERE relrowsecurity AND NOT relforcerowsecurity
UNION ALL
SELECT oid::regclass, format('the policy %s is missing: call protect_table() again', name)
FROM protected, unnest('{multitenant_tenant,multitenant_select,multitenant_insert,multitenant_update,multitenant_delete}'::name[]) AS name
WHERE NOT EXISTS (SELECT FROM policies p WHERE p.polrelid = oid AND p.polname = name)
UNION ALL
SELECT polrelid::regclass, 'the policy multitenant_tenant is not what protect_table() made: call it again'
FROM policies
WHERE polname = 'multitenant_tenant'
  AND NOT (NOT polpermissive AND polcmd = '*' AND polroles = '{0}' AND polwithcheck IS NULL
           AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = polrelid AND NOT a.attisdropped
                       AND expression = format('(%I = multitenant.current_tenant_id())', a.attname)))
UNION ALL
SELECT polrelid::regclass, format('the policy %s asks for "%s", which no permission covers', polname, asked)
FROM (SELECT polrelid, polname,
             replace(substring(expression FROM '^multitenant\.has_permission\(''(.*)''::text\)$'), '''''', '''') AS asked
      FROM policies) doors
WHERE asked IS NOT NULL
  AND NOT EXISTS (SELECT FROM multitenant."Permissions" p
                  WHERE p.name = asked
                     OR strpos(asked, ':') > 0
                        AND p.resource IN ('*', substr(asked, 1, strpos(asked, ':') - 1))
                        AND p.action IN ('*', substr(asked, strpos(asked, ':') + 1)))
UNION ALL
SELECT DISTINCT child::regclass,
       CASE c.relkind
         WHEN 'f' THEN format('a foreign table under %s, which is protected, has no row-level security: let nobody name it', ancestor::regclass)
         ELSE format('%s is protected, but not this partition or child of it: call protect_table() again', ancestor::regclass)
       END
FROM families JOIN pg_class c ON c.oid = child
WHERE c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM policies WHERE polrelid = child)
UNION ALL
SELECT DISTINCT v.oid::regclass,
       CASE v.relkind
         WHEN 'm' THEN format('a materialized view holds rows of %s without row-level security', t.oid::regclass)
         ELSE format('a view reads %s with the rights of a role that row-level security does not bind: %I', t.oid::regclass, o.rolname)
       END
FROM pg_depend d
JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm') AND v.relnamespace <> 'multitenant'::regnamespace
JOIN pg_roles o ON o.oid = v.relowner
JOIN (SELECT oid FROM protected UNION ALL SELECT oid FROM own, record WHERE is_on) t
  ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
WHERE v.relkind = 'm'
   OR (o.rolsuper OR o.rolbypassrls) AND NOT EXISTS (
        SELECT FROM unnest(v.reloptions) AS option WHERE lower(option) IN ('security_invoker=true', 'security_invoker=on', 'security_invoker=yes', 'security_invoker=1'))
UNION ALL
SELECT NULL::regclass, format('row-level security does not bind the role %I, to which access is granted: it is %s', rolname,
                              CASE WHEN rolsuper THEN 'a superuser' ELSE 'BYPASSRLS' END)
FROM users WHERE rolsuper OR rolbypassrls
UNION ALL
SELECT c.oid::regclass, format('the role %I, to which access is granted, has the rights of the table''s owner and can undo the protection', u.rolname)
FROM users u,
     (SELECT oid, relowner FROM protected
      UNION ALL SELECT oid, relowner FROM pg_class, record WHERE is_on AND oid = 'multitenant."RowSecurity"'::regclass) c
WHERE NOT u.rolsuper AND pg_has_role(u.oid, c.relowner, 'MEMBER')
UNION ALL
SELECT p.oid::regclass, format('the role %I, to which access is granted, may TRUNCATE the rows of all tenants', u.rolname)
FROM users u, protected p
WHERE NOT u.rolsuper AND NOT pg_has_role(u.oid, p.relowner, 'MEMBER') AND has_table_privilege(u.oid, p.oid, 'TRUNCATE')
$$;
REVOKE ALL ON FUNCTION multitenant.row_security_problems() FROM PUBLIC;
COMMENT ON FUNCTION multitenant.row_security_problems() IS
  'What is wrong with the protection of tables: a row for each problem; relation is null for one of a database role. Of protect_table(): row-level security turned off or not forced, a policy missing or altered, a partition that came later, a permission that does not exist, a view or materialized view that goes around it. Of enable_row_security(): a table out of step with the record. Of roles to which access is granted: superusers, BYPASSRLS, owners of tables, TRUNCATE.';
-- Records: what an application writes into the logs, notifications, maintenance, and the
-- views for dashboards.

CREATE FUNCTION multitenant.log_activity(
  user_id uuid, action text, details jsonb DEFAULT NULL, ip_address text DEFAULT NULL,
  user_agent text DEFAULT NULL, tenant_id uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_log_activity'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.log_activity(uuid, text, jsonb, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.log_activity(uuid, text, jsonb, text, text, uuid) IS
  'Writes a row of "ActivityLogs", dated by the clock, and returns its id. action: what was done, in the application''s words, at most 255 bytes. details: at most 64 kB. ip_address: IPv4 or IPv6. user_agent: cut at 1024 bytes. tenant_id: null for the tenant of the context, where there is one. Errors: P0002 no such user or tenant; 22023 null or empty; 22P02 ip_address is not one; 54000 too long.';

CREATE FUNCTION multitenant.log_security_event(
  user_id uuid, event text, details jsonb DEFAULT NULL, severity text DEFAULT 'low',
  ip_address text DEFAULT NULL, user_agent text DEFAULT NULL, tenant_id uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_log_security_event'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.log_security_event(uuid, text, jsonb, text, text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.log_security_event(uuid, text, jsonb, text, text, text, uuid) IS
  'Writes a row of "SecurityAuditLogs", dated by the clock, with the acting user of the context, and returns its id. user_id: whom it is about, null where nobody is known. event: at most 255 bytes. details: at most 64 kB, never a credential. severity: low, medium, high or critical. The others as in log_activity. Errors: P0002 no such user or tenant; 22023 null or empty, or no severity; 22P02 ip_address is not one; 54000 too long.';

-- The channel is open to every role that may connect, so it carries ids and no text.
CREATE FUNCTION multitenant.send_notification(user_id uuid, message text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'mt_send_notification'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.send_notification(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.send_notification(uuid, text) IS
  'Writes a row of "Notifications" and returns its id; on commit NOTIFY multitenant_notifications says {"id": ..., "userId": ...}. message: at most 16 kB. Not in a transaction that is prepared (two-phase commit). Errors: P0002 no such user; 55000 the user is deleted; 22023 null or empty; 54000 too long.';

CREATE FUNCTION multitenant.notify_tenant(tenant_id uuid, message text, role text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_notify_tenant'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.notify_tenant(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.notify_tenant(uuid, text, text) IS
  'Writes a notification for every member of a tenant whose user is active, and returns how many. role: only for members with that role; null for all. Each is announced as by send_notification; more than 1000 are announced at once, as {"tenantId": ...}. Errors: P0002 no such tenant, or no such role in it; 22023 null or empty; 54000 too long.';

CREATE FUNCTION multitenant.mark_notification_read(id uuid)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_mark_notification_read'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.mark_notification_read(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.mark_notification_read(uuid) IS
  'Marks a notification read; true when it was not. Errors: 22023 null.';

CREATE FUNCTION multitenant.mark_all_notifications_read(user_id uuid)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_mark_all_notifications_read'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.mark_all_notifications_read(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.mark_all_notifications_read(uuid) IS
  'Marks every unread notification of a user read, and returns how many. Errors: 22023 null.';

CREATE FUNCTION multitenant.unread_notifications(user_id uuid)
RETURNS bigint
AS 'MODULE_PATHNAME', 'mt_unread_notifications'
LANGUAGE C STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.unread_notifications(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.unread_notifications(uuid) IS
  'Number of notifications of a user that are not read; read from an index alone. Errors: 22023 null.';

CREATE FUNCTION multitenant.run_maintenance(batch_size integer DEFAULT 10000)
RETURNS TABLE (task text, affected bigint)
AS 'MODULE_PATHNAME', 'mt_run_maintenance'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.run_maintenance(integer) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.run_maintenance(integer) IS
  'Expires invitations, deletes tokens and tenants whose time has come, trims the logs past their retention, clears expired recovery tokens and two-factor setups: at most batch_size rows (1 to 1000000) of each task, and a row with the number for each. Repeat until all are 0. Takes only rows that nobody holds, so it does not wait for live traffic, and several may run at once. pg_stat_activity shows the task under way. A tenant that something still refers to is left, with a warning. Errors: 22023 bad batch_size. Audit: tenant.deleted, audit.trimmed.';

CREATE FUNCTION multitenant.retention_limit(log text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'mt_retention_limit'
LANGUAGE C STABLE PARALLEL SAFE;
REVOKE ALL ON FUNCTION multitenant.retention_limit(text) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.retention_limit(text) IS
  'The time before which rows of a log (LoginHistories, ActivityLogs or SecurityAuditLogs) are past their retention; null where they are kept for ever. Errors: 22023 null, or no such log.';

-- Both views read as their owner; whoever may read them needs retention_limit() too. What is counted is found through an index of just that:
-- the hour and the day of the sign-ins, the locked, the sessions not run out, the pending.

CREATE VIEW multitenant.stats AS
SELECT
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories" WHERE "createdAt" > statement_timestamp() - interval '1 hour' GROUP BY 1
         UNION ALL
         SELECT 'unknown_user', count(*) FROM multitenant."SecurityAuditLogs"
         WHERE event = 'sign_in.unknown_user' AND "createdAt" > statement_timestamp() - interval '1 hour' HAVING count(*) > 0) h
  ) AS sign_ins_last_hour,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories" WHERE "createdAt" > statement_timestamp() - interval '1 day' GROUP BY 1
         UNION ALL
         SELECT 'unknown_user', count(*) FROM multitenant."SecurityAuditLogs"
         WHERE event = 'sign_in.unknown_user' AND "createdAt" > statement_timestamp() - interval '1 day' HAVING count(*) > 0) d
  ) AS sign_ins_last_day,
  (SELECT count(*) FROM multitenant."Users"
   WHERE "accountLockedUntil" > statement_timestamp() OR "twoFactorLockedUntil" > statement_timestamp()
  ) AS locked_accounts,
  (SELECT count(*) FROM multitenant."OAuthTokens"
   WHERE coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt") > statement_timestamp()
     AND NOT revoked AND "userId" IS NOT NULL
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations"
   WHERE status = 'pending' AND "expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT min("createdAt") FROM multitenant."LoginHistories" WHERE "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT min("createdAt") FROM multitenant."ActivityLogs" WHERE "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT min("createdAt") FROM multitenant."SecurityAuditLogs" WHERE "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention;
REVOKE ALL ON multitenant.stats FROM PUBLIC;
COMMENT ON VIEW multitenant.stats IS
  'One row for a dashboard: sign-ins of the last hour and day by outcome (success, or the reason of the failure), accounts whose password or second factor is locked, sessions not ended, pending invitations, and the time of the oldest log row past its retention, which run_maintenance() deletes next (null: none)';

CREATE VIEW multitenant.tenant_stats AS
WITH locked AS (
  SELECT m."tenantId", count(*) AS number
  FROM multitenant."Users" u JOIN multitenant."TenantUsers" m ON m."userId" = u.id
  WHERE u."accountLockedUntil" > statement_timestamp() OR u."twoFactorLockedUntil" > statement_timestamp()
  GROUP BY 1)
SELECT
  t.id AS tenant_id, t.slug::text AS slug,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories"
         WHERE "tenantId" = t.id AND "createdAt" > statement_timestamp() - interval '1 hour' GROUP BY 1) h
  ) AS sign_ins_last_hour,
  (SELECT coalesce(jsonb_object_agg(outcome, number), '{}')
   FROM (SELECT coalesce("failureReason", status::text) AS outcome, count(*) AS number
         FROM multitenant."LoginHistories"
         WHERE "tenantId" = t.id AND "createdAt" > statement_timestamp() - interval '1 day' GROUP BY 1) d
  ) AS sign_ins_last_day,
  coalesce(l.number, 0) AS locked_accounts,
  (SELECT count(*)
   FROM multitenant."OAuthClients" c JOIN multitenant."OAuthTokens" s ON s."clientId" = c.id
   WHERE c."tenantId" = t.id
     AND coalesce(s."refreshTokenExpiresAt", s."accessTokenExpiresAt") > statement_timestamp()
     AND NOT s.revoked AND s."userId" IS NOT NULL
  ) AS live_sessions,
  (SELECT count(*) FROM multitenant."Invitations" i
   WHERE i."tenantId" = t.id AND i.status = 'pending' AND i."expiresAt" > statement_timestamp()
  ) AS pending_invitations,
  least(
    (SELECT min("createdAt") FROM multitenant."LoginHistories"
     WHERE "tenantId" = t.id AND "createdAt" < multitenant.retention_limit('LoginHistories')),
    (SELECT min("createdAt") FROM multitenant."ActivityLogs"
     WHERE "tenantId" = t.id AND "createdAt" < multitenant.retention_limit('ActivityLogs')),
    (SELECT min("createdAt") FROM multitenant."SecurityAuditLogs"
     WHERE "tenantId" = t.id AND "createdAt" < multitenant.retention_limit('SecurityAuditLogs'))
  ) AS oldest_row_past_retention
FROM multitenant."Tenants" t LEFT JOIN locked l ON l."tenantId" = t.id;
REVOKE ALL ON multitenant.tenant_stats FROM PUBLIC;
COMMENT ON VIEW multitenant.tenant_stats IS
  'A row for each tenant, with the columns of stats for its sign-ins, its members, its sessions and its records';
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
