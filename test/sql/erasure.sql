-- erase_user leaves nothing personal, anywhere; export_user shows all but credentials.
\set VERBOSITY terse
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
SELECT multitenant.register_user('Zaphod@beeble.example', 'correct horse battery', 'Zaphod Beeble') AS zaphod,
       multitenant.register_user('other@example.org') AS other \gset
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'other') AS acme \gset
SELECT multitenant.add_member(:'zaphod', :'acme') IS NOT NULL AS member;

-- a value of its own in every column that a user can fill: each holds the mark PERSONAL
UPDATE multitenant."Users" SET avatar = 'PERSONAL-avatar', "googleId" = 'PERSONAL-google', "currentChallenge" = 'PERSONAL-challenge',
  "twoFactorSecret" = 'PERSONALSECRET', "twoFactorBackupCodes" = '{PERSONAL-code}', "verificationToken" = 'PERSONAL-v', "resetToken" = 'PERSONAL-r',
  preferences = '{"a": "PERSONAL-preferences"}', profile = '{"phoneNumber": "PERSONAL-phone"}', "emailPreferences" = '{"b": ["PERSONAL-mail"]}',
  "statusReason" = 'PERSONAL-reason', "deactivationReason" = 'PERSONAL-deactivation', password = 'PERSONAL-hash' WHERE id = :'zaphod';
-- and in every column that tells when the user did something: 2001-02-03
UPDATE multitenant."Users" SET "passkeyRegistrationStartedAt" = '2001-02-03', "twoFactorSetupStartedAt" = '2001-02-03',
  "twoFactorLastVerifiedAt" = '2001-02-03', "twoFactorLastFailedAttempt" = '2001-02-03', "twoFactorLockedUntil" = '2001-02-03', "lastActivity" = '2001-02-03',
  "lastLoginAt" = '2001-02-03', "verificationTokenExpires" = '2001-02-03', "resetTokenExpires" = '2001-02-03', "twoFactorLastUsedStep" = 20010203 WHERE id = :'zaphod';
INSERT INTO multitenant."Authenticators" ("userId", "credentialID", "credentialPublicKey", "friendlyName", transports)
  VALUES (:'zaphod', 'PERSONAL-credential', 'PERSONAL-key', 'PERSONAL-name', '{PERSONAL-usb}');
INSERT INTO multitenant."OAuthClients" ("clientId", name, type) VALUES ('web', 'Web', 'public') RETURNING id AS web \gset
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "refreshToken", "clientId", "userId", scopes, "refreshTokenFamily", "refreshTokenKey", "refreshTokenSalt", "previousRefreshToken", "ipAddress", "userAgent")
  VALUES ('PERSONAL-access', now(), 'PERSONAL-refresh', :'web', :'zaphod', '{PERSONAL-scope}', 'PERSONAL-family', 'PERSONAL-key', 'PERSONAL-salt', 'PERSONAL-previous', 'PERSONAL-ip', 'PERSONAL-agent');
INSERT INTO multitenant."SignInChallenges" (token, "userId", "tenantId", "passwordFingerprint", "expiresAt") VALUES ('PERSONAL-waiting', :'zaphod', :'acme', 'PERSONAL-fingerprint', now());
INSERT INTO multitenant."RememberedDevices" (token, "userId", "tenantId", "userAgent", "expiresAt") VALUES ('PERSONAL-device', :'zaphod', :'acme', 'PERSONAL-laptop', now());
INSERT INTO multitenant."LoginHistories" ("userId", "ipAddress", "userAgent", location, status) VALUES (:'zaphod', 'PERSONAL-ip', 'PERSONAL-agent', '{"city": "PERSONAL-city"}', 'success');
INSERT INTO multitenant."ActivityLogs" ("userId", action, "ipAddress", "userAgent", details) VALUES (:'zaphod', 'read', 'PERSONAL-ip', 'PERSONAL-agent', '{"what": "PERSONAL-what"}');
INSERT INTO multitenant."SecurityAuditLogs" ("userId", event, "ipAddress", "userAgent", details) VALUES (:'zaphod', 'x', 'PERSONAL-ip', 'PERSONAL-agent', '{"what": "PERSONAL-what"}');
INSERT INTO multitenant."SecurityAuditLogs" ("actorId", event, "ipAddress", "userAgent", details) VALUES (:'zaphod', 'y', 'PERSONAL-ip', 'PERSONAL-agent', '{"role": "clerk"}');
INSERT INTO multitenant."SecurityAuditLogs" (event, details, "ipAddress") VALUES
  ('sign_in.unknown_user', '{"email": "zaphod@BEEBLE.example"}', 'PERSONAL-ip'), ('sign_in.unknown_user_reset', '{"email": "zaphod@beeble.EXAMPLE"}', NULL);
INSERT INTO multitenant."Notifications" ("userId", message) VALUES (:'zaphod', 'PERSONAL-message');
INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById") VALUES ('zaphod@beeble.EXAMPLE', 'tok', now() + interval '1 day', :'acme', :'other');
SELECT outcome FROM multitenant.authenticate('zaphod@beeble.example', 'x', '198.51.100.77', 'PERSONAL-agent');
UPDATE multitenant."Users" SET "accountLockedUntil" = '2001-02-03', "lastFailedLoginAt" = '2001-02-03' WHERE id = :'zaphod';

-- where a text occurs, in every column of every table, whatever its type
CREATE FUNCTION occurrences(pattern text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  t record;
  found bigint;
BEGIN
  FOR t IN SELECT c.relname, a.attname, a.atttypid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2
  LOOP
    EXECUTE format(CASE WHEN t.atttypid = 'bytea'::regtype THEN 'SELECT count(*) FROM multitenant.%I WHERE encode(%I, ''escape'') ~* $1'
                        ELSE 'SELECT count(*) FROM multitenant.%I WHERE %I::text ~* $1' END, t.relname, t.attname)
      INTO found USING pattern;
    IF found > 0 THEN RETURN NEXT t.relname || '.' || t.attname; END IF;
  END LOOP;
END $$;
\set personal 'PERSONAL|zaphod|beeble|198\\.51\\.100\\.77|Sat Feb 03|20010203'
SELECT * FROM occurrences(:'personal');
-- and in which other columns a person could stand, which hold what others say of tenants and roles, or names that the extension gives:
-- who adds a column that is about a user adds it above, and to the erasure
SELECT string_agg(format('"%s"', a.attname), ', ' ORDER BY a.attname COLLATE "C") AS impersonal, c.relname AS of
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
AND (t.typcategory IN ('A', 'S', 'D') OR t.typname IN ('json', 'jsonb', 'bytea', 'inet')) AND a.attname NOT IN ('createdAt', 'updatedAt')
AND c.relname || '.' || a.attname NOT IN (SELECT occurrences(:'personal')) GROUP BY c.relname ORDER BY c.relname COLLATE "C";

-- the export: every row of every table that names the user, and no credential
CREATE FUNCTION exported(whom uuid) RETURNS TABLE (name text, held bigint, missing bigint) LANGUAGE plpgsql AS $$
DECLARE
  export text := multitenant.export_user(whom);
BEGIN
  FOR name IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
              WHERE c.relnamespace = 'multitenant'::regnamespace AND c.relkind = 'r' AND a.attname = 'userId' ORDER BY c.relname COLLATE "C"
  LOOP
    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE strpos($2, id::text) = 0 AND to_jsonb(r)->>''event'' IS DISTINCT FROM ''user.exported'') FROM multitenant.%I r WHERE "userId" = $1', name) INTO held, missing USING whom, export;
    RETURN NEXT;
  END LOOP;
END $$;
SELECT name, held > 0 AS held, missing FROM exported(:'zaphod');
-- what names the person otherwise: done by it, to its address, or by its id in the details
INSERT INTO multitenant."SecurityAuditLogs" (event, details) VALUES ('user.password_reset_skipped', jsonb_build_object('userId', :'zaphod'::uuid)),
  ('sign_in.unknown_user', '{"email": "somebody@example.org"}'), ('user.password_reset_skipped', jsonb_build_object('userId', :'other'::uuid));
INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById") VALUES ('somebody@example.org', 'tok2', now(), :'acme', :'other'), ('else@example.org', 'tok3', now(), :'acme', :'zaphod');
SELECT r->>'event' AS event, (r->>'userId')::uuid = :'zaphod' AS about, (r->>'actorId')::uuid = :'zaphod' AS by, r->'details'->>'email' AS address FROM multitenant.export_user(:'zaphod') e, jsonb_array_elements(e->'securityEvents') r
WHERE r->>'event' NOT IN ('user.registered', 'member.added', 'user.exported') ORDER BY r->>'event' COLLATE "C", 4;
SELECT r->>'email' AS invited FROM multitenant.export_user(:'zaphod') e, jsonb_array_elements(e->'invitations') r ORDER BY 1;
DELETE FROM multitenant."Invitations" WHERE token IN ('tok2', 'tok3');
-- the keys by whose names something could be a credential
SELECT k FROM multitenant.export_user(:'zaphod') e, jsonb_path_query(e, '$.**') o, jsonb_object_keys(CASE jsonb_typeof(o) WHEN 'object' THEN o ELSE '{}' END) k
WHERE k ~* 'token|secret|key|salt|family|fingerprint|password|code|hash|challenge|credential|step' GROUP BY k ORDER BY k COLLATE "C";
SELECT jsonb_object_keys(e) AS part FROM multitenant.export_user(:'zaphod') e;
SELECT e #>> '{user,email}' AS email, e #>> '{user,profile,phoneNumber}' AS phone, e #>> '{memberships,0,slug}' AS slug,
       e #>> '{authenticators,0,friendlyName}' AS authenticator, e #>> '{notifications,0,message}' AS message, e #>> '{invitations,0,email}' AS invitation,
       e #>> '{rememberedDevices,0,userAgent}' AS device, e #>> '{signInChallenges,0,tenantId}' = :'acme' AS challenge,
       jsonb_array_length(e->'loginHistory') AS logins, jsonb_array_length(e->'activity') AS activity
FROM multitenant.export_user(:'zaphod') e;
SELECT e::text ~ 'PERSONAL-(hash|challenge|code|v\y|r\y|credential|key|access|refresh|family|salt|previous|waiting|fingerprint|device)|PERSONALSECRET|"tok"' AS a_credential FROM multitenant.export_user(:'zaphod') e;
SELECT multitenant.export_user(NULL);
SELECT multitenant.export_user('00000000-0000-0000-0000-000000000000');

-- erasure: of a deleted user alone
SELECT multitenant.erase_user(:'zaphod');
SELECT multitenant.delete_user(:'zaphod', 'PERSONAL-reason');
SELECT count(*) AS devices FROM multitenant."RememberedDevices";
INSERT INTO multitenant."RememberedDevices" (token, "userId", "userAgent", "expiresAt") VALUES ('PERSONAL-late', :'zaphod', 'PERSONAL-phone', now());
SELECT multitenant.erase_user(:'zaphod');
SELECT * FROM occurrences(:'personal');
-- the id and what refers to it stay; the mailbox is free again
SELECT email = 'erased-' || id || '@invalid' AS email, status FROM multitenant."Users" WHERE id = :'zaphod';
SELECT (SELECT count(*) FROM multitenant."TenantUsers" WHERE "userId" = :'zaphod') AS members, (SELECT count(*) FROM multitenant."LoginHistories" WHERE "userId" = :'zaphod') AS logins,
       (SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE "userId" = :'zaphod') AS events;
SELECT status, "cancelledAt" IS NOT NULL AS at FROM multitenant."Invitations";
SELECT details FROM multitenant."SecurityAuditLogs" WHERE event = 'y';
SELECT outcome FROM multitenant.authenticate('zaphod@beeble.example', 'correct horse battery');
SELECT multitenant.register_user('zaphod@beeble.example') IS NOT NULL AS registered_anew;
-- again it finds nothing to do; and misuse
SELECT multitenant.erase_user(:'zaphod');
SELECT multitenant.erase_user(NULL);
SELECT multitenant.erase_user('00000000-0000-0000-0000-000000000000');
DROP FUNCTION occurrences, exported;
