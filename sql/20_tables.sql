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
--                tenant_users_owner_idx, on addresses without regard to case
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
CREATE INDEX tenants_deletion_scheduled_at_idx ON multitenant."Tenants" ("deletionScheduledAt", id) WHERE status = 'pending_deletion';
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
  "endsAt"                timestamptz GENERATED ALWAYS AS (coalesce("refreshTokenExpiresAt", "accessTokenExpiresAt")) STORED,
  CONSTRAINT oauth_tokens_scopes_check
    CHECK (coalesce(array_ndims(scopes), 1) = 1 AND array_position(scopes, NULL) IS NULL)
);
SELECT pg_catalog.pg_extension_config_dump('multitenant."OAuthTokens"'::regclass, '');
REVOKE ALL ON multitenant."OAuthTokens" FROM PUBLIC;

-- What changes with the use of a session stands in no index, so that a use writes none: the
-- end is a column of its own, since an index on the expression counts as one on both columns.
CREATE INDEX oauth_tokens_client_id_idx ON multitenant."OAuthTokens" ("clientId", "endsAt");
-- the sessions of a user that have not ended, however many did
CREATE INDEX oauth_tokens_user_id_idx ON multitenant."OAuthTokens" ("userId", revoked);
CREATE INDEX oauth_tokens_expires_at_idx ON multitenant."OAuthTokens" ("endsAt");
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
COMMENT ON COLUMN multitenant."OAuthTokens"."endsAt" IS
  'The end of a token: that of its refresh token, where it has one, else that of the access token; computed by the server';

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
-- Attempts with an address that nobody has: who is erased, or asks what is held, may have made them. No address is longer
-- than that, and what an application writes there may be too long for an index.
CREATE INDEX security_audit_logs_email_idx ON multitenant."SecurityAuditLogs" (lower(left(details->>'email', 254) COLLATE "C"))
  WHERE "userId" IS NULL AND event IN ('sign_in.unknown_user', 'sign_in.unknown_user_reset');
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
CREATE INDEX invitations_email_lower_idx ON multitenant."Invitations" (lower(email COLLATE "C"));
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
