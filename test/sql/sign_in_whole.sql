-- The whole sign-in: every outcome, in the order of judgement
\set VERBOSITY terse
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
\set ada '00000000-0000-0000-0000-000000000001'
\set eve '00000000-0000-0000-0000-000000000005'
INSERT INTO multitenant."Users" (id, email, password) VALUES
  (:'ada', 'ada@example.org', multitenant.hash_password('correct horse battery')),
  (:'eve', 'eve@example.org', multitenant.hash_password('correct horse battery'));
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'ada') AS acme, multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella') AS umbrella \gset
CREATE FUNCTION hex(token text) RETURNS text LANGUAGE sql AS $$ SELECT encode(sha256(token::bytea), 'hex') $$;
-- what an answer holds, without what is random in it
CREATE FUNCTION shown(j jsonb, OUT outcome text, OUT whose text, OUT tenant text, OUT tokens text, OUT challenge boolean, OUT locked boolean, OUT grace integer, OUT device boolean) LANGUAGE sql AS $$
  SELECT j->>'outcome', (SELECT email FROM multitenant."Users" WHERE id = (j->>'user_id')::uuid), (SELECT slug FROM multitenant."Tenants" WHERE id = (j->>'tenant_id')::uuid),
         substr(j->>'access_token', 1, 4) || substr(j->>'refresh_token', 1, 4) || CASE WHEN (j->>'expires_at')::timestamptz > now() THEN 'good' END,
         j->>'challenge' ~ '^mtc_[A-Za-z0-9_-]{43}$', (j->>'locked_until')::timestamptz > now(), (j->>'grace_logins_left')::integer, j->>'device_token' ~ '^mtd_[A-Za-z0-9_-]{43}$'
$$;
CREATE FUNCTION history() RETURNS TABLE (status text, reason text, n bigint) LANGUAGE sql AS $$
  SELECT status::text, "failureReason", count(*) FROM multitenant."LoginHistories" GROUP BY 1, 2 ORDER BY 1, "failureReason" COLLATE "C" $$;

-- success, in a tenant and in none
SELECT shown.* FROM multitenant.sign_in('ADA@example.org', 'correct horse battery', 'acme', '192.0.2.1', 'Browser') s, shown(to_jsonb(s));
SELECT shown.* FROM multitenant.sign_in('ada@example.org', 'correct horse battery') s, shown(to_jsonb(s));
SELECT ip_address, user_agent, tenant_id = :'acme' AS acme FROM multitenant.list_sessions(:'ada');
SELECT "loginCount", "lastLoginAt" IS NOT NULL AS last_login FROM multitenant."Users" WHERE id = :'ada';
SELECT "twoFactorVerified", count(*) FROM multitenant."OAuthTokens" GROUP BY 1;

-- the order: each is judged before those that follow, which all are wrong too
UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' WHERE id = :'eve';
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}', status = 'suspended' WHERE slug = 'umbrella';
UPDATE multitenant."Users" SET status = 'inactive', "accountLockedUntil" = now() + '1 hour' WHERE id = :'eve';
\set try 'SELECT shown.* FROM multitenant.sign_in(''eve@example.org'', :password, ''umbrella'', ''192.0.2.1'') s, shown(to_jsonb(s))'
\set password '''wrong'''
:try;
\set password '''correct horse battery'''
:try;
UPDATE multitenant."Users" SET "accountLockedUntil" = NULL WHERE id = :'eve';
\set password '''wrong'''
:try;
\set password '''correct horse battery'''
:try;
SET multitenant.require_verified_email = on;
UPDATE multitenant."Users" SET status = 'active' WHERE id = :'eve';
:try;
RESET multitenant.require_verified_email;
:try;
SELECT multitenant.add_member(:'eve', :'umbrella') IS NOT NULL AS added;
:try;
UPDATE multitenant."Tenants" SET status = 'pending_deletion' WHERE slug = 'umbrella';
:try;
UPDATE multitenant."Tenants" SET status = 'active' WHERE slug = 'umbrella';
:try;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{}' WHERE slug = 'umbrella';
:try;
UPDATE multitenant."Users" SET "twoFactorEnabled" = false, "twoFactorSecret" = NULL WHERE id = :'eve';
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"requireMFA": true}}' WHERE slug = 'umbrella';
:try;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{}' WHERE slug = 'umbrella';
:try;
-- a tenant that is not there is like one that the user is not in, and both come after the password
SELECT shown.* FROM (VALUES (1, 'no-such'), (2, ''), (3, 'acme'), (4, repeat('x', 1024 * 1024))) v (n, slug), multitenant.sign_in('eve@example.org', 'correct horse battery', slug) s, shown(to_jsonb(s)) ORDER BY n;
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'wrong', 'no-such') s, shown(to_jsonb(s));
SELECT * FROM history();
-- nobody, and nothing
SELECT shown.* FROM (VALUES (1, 'nobody@example.org', 'x'), (2, NULL, NULL), (3, 'eve@example.org', NULL), (4, '', '')) v (n, e, p), multitenant.sign_in(e, p, NULL) s, shown(to_jsonb(s)) ORDER BY n;
SELECT event, details, "userId" FROM multitenant."SecurityAuditLogs" WHERE event = 'sign_in.unknown_user' ORDER BY "createdAt";
\set VERBOSITY sqlstate
SELECT multitenant.sign_in('eve@example.org', 'correct horse battery', NULL, 'not an address');
BEGIN READ ONLY; SELECT multitenant.sign_in('nobody@example.org', 'x'); ROLLBACK;
BEGIN READ ONLY; SELECT multitenant.complete_sign_in('nothing', 'x'); ROLLBACK;
\set VERBOSITY terse
-- guesses count and lock as with authenticate, whatever the tenant
SET multitenant.lockout_threshold = 3;
SELECT multitenant.unlock_account(:'eve');
SELECT shown.* FROM (VALUES (1, 'umbrella'), (2, NULL), (3, 'no-such'), (4, 'umbrella')) v (n, slug), multitenant.sign_in('eve@example.org', 'guess', slug) s, shown(to_jsonb(s)) ORDER BY n;
SELECT multitenant.unlock_account(:'eve');
SELECT shown.* FROM (VALUES (1, 'guess'), (2, 'guess'), (3, 'correct horse battery'), (4, 'guess')) v (n, p), multitenant.sign_in('eve@example.org', p, 'umbrella') s, shown(to_jsonb(s)) ORDER BY n;
RESET multitenant.lockout_threshold;
SELECT multitenant.unlock_account(:'eve');
-- an outdated hash is replaced
SELECT password AS before FROM multitenant."Users" WHERE id = :'eve' \gset
SET multitenant.argon2_iterations = 2;
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'correct horse battery') s, shown(to_jsonb(s));
SELECT password <> :'before' AS replaced, multitenant.password_needs_rehash(password) AS outdated FROM multitenant."Users" WHERE id = :'eve';

-- grace: the tenant demands a second factor, and two sign-ins may do without
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"required": true, "graceLogins": 2, "gracePeriodDays": 7}}' WHERE slug = 'umbrella';
SELECT shown.* FROM generate_series(1, 3) i, multitenant.sign_in('eve@example.org', 'correct horse battery', 'umbrella', user_agent => 'grace ' || i) s, shown(to_jsonb(s));
UPDATE multitenant."TenantUsers" SET "graceLoginsUsed" = 0 WHERE "userId" = :'eve';
UPDATE multitenant."TenantUsers" SET "graceStartedAt" = now() - '7 days'::interval WHERE "userId" = :'eve';
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'correct horse battery', 'umbrella') s, shown(to_jsonb(s));
-- it is not asked for where no tenant is
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'correct horse battery') s, shown(to_jsonb(s));
UPDATE multitenant."Tenants" SET "securityPolicy" = '{}' WHERE slug = 'umbrella';

-- two-factor: a challenge, completed with a code
UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  "twoFactorBackupCodes" = ARRAY[hex('AAAABBBBCCCCDDDD'), hex('AAAABBBBCCCCEEEE'), hex('AAAABBBBCCCCFFFF'), hex('AAAABBBBCCCCGGGG')] WHERE id = :'eve';
CREATE FUNCTION code() RETURNS text LANGUAGE sql AS $$
  -- as if none had been used in this half minute
  UPDATE multitenant."Users" SET "twoFactorLastUsedStep" = NULL;
  SELECT multitenant.totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ') $$;
SELECT s.challenge FROM multitenant.sign_in('eve@example.org', 'correct horse battery', 'umbrella') s \gset
SELECT "userId" = :'eve' AS eve, "tenantId" = :'umbrella' AS umbrella, token = hex(:'challenge') AS hash, "expiresAt" - now() BETWEEN '4 min 59 s' AND '5 min 1 s' AS for_5_minutes,
       "passwordFingerprint" = hex((SELECT password FROM multitenant."Users" WHERE id = :'eve')) AS fingerprint, c::text LIKE '%' || substr(:'challenge', 5, 12) || '%' AS holds_it
FROM multitenant."SignInChallenges" c WHERE token = hex(:'challenge');
-- a wrong code counts and leaves the challenge good
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', '000000') s, shown(to_jsonb(s));
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', NULL) s, shown(to_jsonb(s));
SELECT "twoFactorVerificationAttempts" AS wrong_codes, "failedLoginAttempts" AS wrong_passwords, "loginCount" AS logins FROM multitenant."Users" WHERE id = :'eve' \gset before_
SELECT :before_wrong_codes AS wrong_codes, :before_wrong_passwords AS wrong_passwords;
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', code(), NULL, '192.0.2.7', 'Phone') s, shown(to_jsonb(s));
SELECT ip_address, user_agent FROM multitenant.list_sessions(:'eve') WHERE user_agent = 'Phone';
SELECT "twoFactorVerified" FROM multitenant."OAuthTokens" WHERE "userAgent" = 'Phone';
SELECT "loginCount" - :before_logins AS logins, "twoFactorVerificationAttempts" AS wrong_codes FROM multitenant."Users" WHERE id = :'eve';
-- it is good once
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', code()) s, shown(to_jsonb(s));
SELECT shown.* FROM (VALUES (1, NULL), (2, ''), (3, 'mtc_' || repeat('A', 43)), (4, hex(:'challenge')), (5, repeat('x', 1024 * 1024))) v (n, c), multitenant.complete_sign_in(c, '000000') s, shown(to_jsonb(s)) ORDER BY n;
SELECT count(*) AS unknown_challenges FROM multitenant."SecurityAuditLogs" WHERE event = 'sign_in.unknown_challenge' AND "userId" IS NULL;
-- with a backup code, unless the tenant does not take them
\set challenge_me 'SELECT s.challenge FROM multitenant.sign_in(''eve@example.org'', ''correct horse battery'', ''umbrella'') s'
:challenge_me \gset
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', 'aaaa-bbbb-cccc-dddd') s, shown(to_jsonb(s));
:challenge_me \gset
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"allowBackupCodes": false}}' WHERE slug = 'umbrella';
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', 'aaaa-bbbb-cccc-eeee') s, shown(to_jsonb(s));
UPDATE multitenant."Tenants" SET "securityPolicy" = '{}' WHERE slug = 'umbrella';
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', 'aaaa-bbbb-cccc-eeee') s, shown(to_jsonb(s));
-- everything is judged again; each change is put back, and the challenge stays good
:challenge_me \gset
CREATE FUNCTION completed_while(change text, challenge text, code text, ip text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  BEGIN
    EXECUTE change;
    SELECT s.outcome || coalesce(' ' || nullif(s.locked_until > now(), false), '') INTO answer FROM multitenant.complete_sign_in(challenge, code, false, ip) s;
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    RETURN answer;
  END;
END $$;
SELECT code() AS code \gset
SELECT what, completed_while(change, :'challenge', :'code', '192.0.2.1') FROM (VALUES
  (1, 'nothing changed', 'SELECT'),
  (2, 'expired', 'UPDATE multitenant."SignInChallenges" SET "expiresAt" = clock_timestamp()'),
  (3, 'account locked', 'UPDATE multitenant."Users" SET "accountLockedUntil" = now() + ''1 hour''::interval'),
  (4, 'second factor locked', 'UPDATE multitenant."Users" SET "twoFactorLockedUntil" = now() + ''1 hour''::interval'),
  (5, 'suspended', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''eve%'''),
  (6, 'e-mail to be verified', 'SET LOCAL multitenant.require_verified_email = on'),
  (7, 'password changed by SQL', 'UPDATE multitenant."Users" SET password = multitenant.hash_password(''another horse battery'')'),
  (8, 'password set', 'SELECT multitenant.set_password(id, ''another horse battery'') FROM multitenant."Users" WHERE email LIKE ''eve%'''),
  (9, 'password changed', 'SELECT multitenant.change_password(id, ''correct horse battery'', ''another horse battery'') FROM multitenant."Users" WHERE email LIKE ''eve%'''),
  (10, 'second factor reset', 'SELECT multitenant.reset_two_factor(id) FROM multitenant."Users" WHERE email LIKE ''eve%'''),
  (11, 'second factor off by SQL', 'UPDATE multitenant."Users" SET "twoFactorEnabled" = false'),
  (12, 'not a member', 'DELETE FROM multitenant."TenantUsers"'),
  (13, 'tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'''),
  (14, 'address blocked', 'UPDATE multitenant."Tenants" SET "securityPolicy" = ''{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}'''),
  (15, 'another user''s challenge', 'UPDATE multitenant."SignInChallenges" SET "userId" = (SELECT id FROM multitenant."Users" WHERE email LIKE ''ada%'')')
) AS v (n, what, change) ORDER BY n;
-- wrong codes lock, and the challenge with them
SET multitenant.lockout_threshold = 2;
SELECT shown.* FROM generate_series(1, 3), multitenant.complete_sign_in(:'challenge', '00000' || generate_series) s, shown(to_jsonb(s));
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', :'code') s, shown(to_jsonb(s));
RESET multitenant.lockout_threshold;
UPDATE multitenant."Users" SET "twoFactorLockedUntil" = NULL, "twoFactorVerificationAttempts" = 0;
-- what ran out is swept up by the next
UPDATE multitenant."SignInChallenges" SET "expiresAt" = now();
:challenge_me \gset
SELECT count(*) AS challenges FROM multitenant."SignInChallenges";
SET multitenant.challenge_lifetime = 1;
SELECT s.challenge AS short FROM multitenant.sign_in('eve@example.org', 'correct horse battery', 'umbrella') s \gset
RESET multitenant.challenge_lifetime;
SELECT pg_sleep(1.1);
SELECT shown.* FROM multitenant.complete_sign_in(:'short', code()) s, shown(to_jsonb(s));

-- a device is remembered where the tenant lets it be, and where there is no tenant
SELECT shown.* FROM multitenant.complete_sign_in(:'challenge', code(), true) s, shown(to_jsonb(s));
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"allowRememberDevice": true}}' WHERE slug = 'umbrella';
:challenge_me \gset
SELECT s.device_token FROM multitenant.complete_sign_in(:'challenge', code(), true, NULL, 'Laptop') s \gset
SELECT :'device_token' ~ '^mtd_[A-Za-z0-9_-]{43}$' AS device_token, token = hex(:'device_token') AS hash, "userId" = :'eve' AS eve, "tenantId" = :'umbrella' AS umbrella, "userAgent", "expiresAt" - now() BETWEEN '29 days' AND '31 days' AS for_30_days
FROM multitenant."RememberedDevices";
\set with_device 'multitenant.sign_in(''eve@example.org'', ''correct horse battery'', ''umbrella'', ''192.0.2.1'', ''Laptop'', :token) s'
\set token '''':device_token''''
SELECT s.device_token FROM :with_device \gset next_
SELECT :'next_device_token' <> :'device_token' AS rotated, (SELECT count(*) FROM multitenant."RememberedDevices") AS devices, (SELECT "twoFactorVerified" FROM multitenant."OAuthTokens" ORDER BY "createdAt" DESC LIMIT 1) AS verified;
-- the old one is good no more; nor is any other text, another user's, or one for another place
SELECT shown.* FROM :with_device, shown(to_jsonb(s));
SELECT shown.* FROM (VALUES (1, NULL), (2, ''), (3, 'mtd_' || repeat('A', 43)), (4, hex(:'next_device_token')), (5, repeat('x', 1024 * 1024))) v (n, d),
  multitenant.sign_in('eve@example.org', 'correct horse battery', 'umbrella', device_token => d) s, shown(to_jsonb(s)) ORDER BY n;
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'correct horse battery', device_token => :'next_device_token') s, shown(to_jsonb(s));
UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' WHERE id = :'ada';
SELECT multitenant.add_member(:'ada', :'umbrella') IS NOT NULL AS added;
SELECT shown.* FROM multitenant.sign_in('ada@example.org', 'correct horse battery', 'umbrella', device_token => :'next_device_token') s, shown(to_jsonb(s));
-- a wrong password is wrong with it too, and uses nothing up
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'wrong', 'umbrella', device_token => :'next_device_token') s, shown(to_jsonb(s));
-- what ends it, each put back
CREATE FUNCTION outcome_while(change text, device text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  BEGIN
    EXECUTE change;
    SELECT s.outcome INTO answer FROM multitenant.sign_in('eve@example.org', 'correct horse battery', 'umbrella', '192.0.2.1', NULL, device) s;
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    RETURN answer;
  END;
END $$;
SELECT what, outcome_while(change, :'next_device_token') FROM (VALUES
  (1, 'nothing changed', 'SELECT'),
  (2, 'its time', 'UPDATE multitenant."RememberedDevices" SET "expiresAt" = clock_timestamp()'),
  (3, 'the tenant', 'UPDATE multitenant."Tenants" SET "securityPolicy" = ''{}'''),
  (4, 'a password set', 'SELECT multitenant.set_password(id, ''correct horse battery'') FROM multitenant."Users" WHERE email LIKE ''eve%'''),
  (5, 'a password changed', 'SELECT multitenant.change_password(id, ''correct horse battery'', ''another horse battery'') FROM multitenant."Users" WHERE email LIKE ''eve%''; UPDATE multitenant."Users" SET password = multitenant.hash_password(''correct horse battery'')'),
  (6, 'a password reset', 'DO $d$ BEGIN PERFORM multitenant.reset_password(multitenant.request_password_reset(''eve@example.org''), ''correct horse battery''); END $d$'),
  (7, 'a reset of the second factor', 'SELECT multitenant.reset_two_factor(id) FROM multitenant."Users" WHERE email LIKE ''eve%''; UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = ''GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'''),
  (8, 'a suspension', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''eve%''; UPDATE multitenant."Users" SET status = ''active'''),
  (9, 'the end of all sessions', 'SELECT multitenant.end_all_sessions(id) FROM multitenant."Users" WHERE email LIKE ''eve%'''),
  (10, 'the end of the sessions in the tenant', 'SELECT multitenant.end_all_sessions(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email LIKE ''eve%'' AND t.slug = ''umbrella'''),
  (11, 'the end of those in another does not', 'SELECT multitenant.end_all_sessions(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email LIKE ''eve%'' AND t.slug = ''acme'''),
  (12, 'a membership that ended', 'SELECT multitenant.remove_member(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email LIKE ''eve%'' AND t.slug = ''umbrella''; SELECT multitenant.add_member(u.id, t.id) FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email LIKE ''eve%'' AND t.slug = ''umbrella''')
) AS v (n, what, change) ORDER BY n;
-- it counts for its tenant alone, though the other one heeds devices too
SELECT multitenant.create_tenant('Third', 'third', 'postgres://third') AS third \gset
SELECT multitenant.add_member(:'eve', :'third') IS NOT NULL AS added;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"allowRememberDevice": true}}' WHERE slug = 'third';
SELECT slug, s.outcome FROM (VALUES (1, 'third'), (2, 'umbrella')) v (n, slug), multitenant.sign_in('eve@example.org', 'correct horse battery', slug, device_token => :'next_device_token') s ORDER BY n;
-- where there is no tenant
SELECT s.challenge FROM multitenant.sign_in('eve@example.org', 'correct horse battery') s \gset
SELECT s.device_token AS platform_device FROM multitenant.complete_sign_in(:'challenge', code(), true) s \gset
SELECT shown.* FROM multitenant.sign_in('eve@example.org', 'correct horse battery', device_token => :'platform_device') s, shown(to_jsonb(s));
-- an earlier token that comes back, however old, makes its device be forgotten, and no other one; but not at once after a use
SET multitenant.refresh_grace = 300;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{}' WHERE slug = 'third';
SELECT s.challenge FROM multitenant.sign_in('eve@example.org', 'correct horse battery') s \gset
SELECT s.device_token AS other FROM multitenant.complete_sign_in(:'challenge', code(), true) s \gset
SELECT s.challenge FROM multitenant.sign_in('eve@example.org', 'correct horse battery') s \gset
SELECT s.device_token AS first FROM multitenant.complete_sign_in(:'challenge', code(), true) s \gset
CREATE FUNCTION devices() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM multitenant."RememberedDevices" WHERE token IS NOT NULL $$;
CREATE FUNCTION forgotten_after(device text, slug text DEFAULT NULL, email text DEFAULT 'eve@example.org', password text DEFAULT 'correct horse battery', OUT outcome text, OUT forgotten bigint) LANGUAGE plpgsql AS $$
BEGIN
  forgotten := devices();
  SELECT s.outcome INTO outcome FROM multitenant.sign_in(email, password, slug, '192.0.2.66', NULL, device) s;
  forgotten := forgotten - devices();
  RAISE EXCEPTION USING errcode = 'RB001';
EXCEPTION WHEN SQLSTATE 'RB001' THEN
  NULL;
END $$;
UPDATE multitenant."RememberedDevices" SET "createdAt" = "createdAt" - '1 hour'::interval;
SELECT f.* FROM forgotten_after(:'first') f;                                                -- never used, so there is no earlier one
SELECT f.* FROM forgotten_after(left(:'first', 46) || CASE right(:'first', 1) WHEN 'A' THEN 'E' ELSE 'A' END) f;
SELECT s.device_token AS second FROM multitenant.sign_in('eve@example.org', 'correct horse battery', device_token => :'first') s \gset
SELECT s.device_token AS third FROM multitenant.sign_in('eve@example.org', 'correct horse battery', device_token => :'second') s \gset
SELECT count(DISTINCT left(t, 20)) AS beginnings, count(DISTINCT substr(t, 21)) AS ends FROM (VALUES (:'first'), (:'second'), (:'third')) v (t);
SELECT n, f.* FROM (VALUES (1, :'first'), (2, :'second')) v (n, t), forgotten_after(t) f ORDER BY n;
UPDATE multitenant."RememberedDevices" SET "lastUsedAt" = "lastUsedAt" - '300 s'::interval WHERE token = hex(:'third');
SELECT what, f.* FROM (VALUES
  (1, 'the first', :'first', NULL, 'eve@example.org', 'correct horse battery'),
  (2, 'the second', :'second', NULL, 'eve@example.org', 'correct horse battery'),
  (3, 'the first, in a tenant', :'first', 'umbrella', 'eve@example.org', 'correct horse battery'),
  (4, 'where no device is heeded', :'first', 'third', 'eve@example.org', 'correct horse battery'),
  (5, 'with a wrong password', :'first', NULL, 'eve@example.org', 'wrong'),
  (6, 'by another user', :'first', NULL, 'ada@example.org', 'correct horse battery'),
  (7, 'the one of now, in a tenant', :'third', 'umbrella', 'eve@example.org', 'correct horse battery'),
  (8, 'the one of now', :'third', NULL, 'eve@example.org', 'correct horse battery'),
  (9, 'none', NULL, NULL, 'eve@example.org', 'correct horse battery'),
  (10, 'another device', :'other', NULL, 'eve@example.org', 'correct horse battery')
) AS v (n, what, token, slug, email, password), forgotten_after(token, slug, email, password) f ORDER BY n;
-- one that was used with 1.0, under which the id was any: it goes on, and an earlier token of it is no more than unknown
BEGIN;
UPDATE multitenant."RememberedDevices" SET id = gen_random_uuid(), "lastUsedAt" = "lastUsedAt" - '1 hour'::interval WHERE token = hex(:'third');
SELECT n, f.* FROM (VALUES (1, :'first'), (2, :'third')) v (n, t), forgotten_after(t) f ORDER BY n;
ROLLBACK;
SELECT id AS device FROM multitenant."RememberedDevices" WHERE token = hex(:'third') \gset
SELECT s.outcome FROM multitenant.sign_in('eve@example.org', 'correct horse battery', NULL, '192.0.2.66', 'Thief', :'first') s;
SELECT t, f.outcome FROM (VALUES ('other', :'other'), ('third', :'third')) v (t, token), forgotten_after(token) f ORDER BY t;
SELECT event, severity, "userId" = :'eve' AS eve, "tenantId", "ipAddress", "userAgent", details = jsonb_build_object('device', :'device') AS says_which
FROM multitenant."SecurityAuditLogs" WHERE event LIKE '%device%';
RESET multitenant.refresh_grace;
SELECT * FROM history();

--
-- Every set of reasons that can hold at once: the first of them in the order of judgement is
-- the answer, and nothing but that. The order is the contract's, which the tables spell out.
--
INSERT INTO multitenant."Users" (id, email, password) VALUES ('00000000-0000-0000-0000-000000000006', 'fay@example.org', multitenant.hash_password('correct horse battery'));
SELECT multitenant.create_tenant('Order', 'order', 'postgres://order', :'ada') AS ordered \gset
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000006', :'ordered') IS NOT NULL AS added;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{}' WHERE slug = 'order';
CREATE TABLE reason (place int, outcome text, change text);
INSERT INTO reason VALUES
  (0, 'locked', 'UPDATE multitenant."Users" SET "accountLockedUntil" = clock_timestamp() + interval ''1 hour'' WHERE email = ''fay@example.org'''),
  (1, 'invalid_credentials', NULL),
  (2, 'inactive', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email = ''fay@example.org'''),
  (3, 'email_unverified', 'SET LOCAL multitenant.require_verified_email = on'),
  (4, 'not_a_member', 'DELETE FROM multitenant."TenantUsers" m USING multitenant."Users" u WHERE u.id = m."userId" AND email = ''fay@example.org'''),
  (5, 'tenant_unavailable', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''order'''),
  (6, 'ip_denied', 'UPDATE multitenant."Tenants" SET "securityPolicy" = "securityPolicy" || ''{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.0/24"]}}'' WHERE slug = ''order'''),
  (7, 'two_factor_required', 'UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = ''GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'' WHERE email = ''fay@example.org'''),
  (8, 'two_factor_setup_required', 'UPDATE multitenant."Tenants" SET "securityPolicy" = "securityPolicy" || ''{"session": {"requireMFA": true}}'' WHERE slug = ''order''');
-- What comes of it while the reasons of a set hold, all put back; what else the answer holds and what is recorded is judged on the way.
CREATE FUNCTION judged(chosen int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r reason;
  s record;
  answer text;
  recorded bigint;
BEGIN
  FOR r IN SELECT * FROM reason WHERE change IS NOT NULL AND chosen & (1 << place) <> 0 LOOP
    EXECUTE r.change;
  END LOOP;
  SELECT count(*) INTO recorded FROM multitenant."LoginHistories";
  SELECT * INTO s FROM multitenant.sign_in('fay@example.org', CASE WHEN chosen & 2 <> 0 THEN 'wrong' ELSE 'correct horse battery' END, 'order', '192.0.2.1', 'Browser');
  answer := s.outcome;
  IF s.outcome = 'success' AND num_nulls(s.user_id, s.tenant_id, s.access_token, s.refresh_token, s.expires_at) > 0
     OR s.outcome <> 'success' AND num_nonnulls(s.user_id, s.tenant_id, s.access_token, s.refresh_token, s.expires_at) > 0
     OR (s.outcome = 'two_factor_required') <> (s.challenge IS NOT NULL) OR (s.outcome = 'locked') <> (s.locked_until IS NOT NULL) OR num_nonnulls(s.grace_logins_left, s.device_token) > 0 THEN
    answer := answer || ' with ' || s;
  END IF;
  IF (SELECT count(*) FROM multitenant."LoginHistories") <> recorded + 1 THEN
    answer := answer || ', not recorded once';
  END IF;
  RAISE EXCEPTION USING errcode = 'RB001';
EXCEPTION WHEN SQLSTATE 'RB001' THEN
  RETURN answer;
END $$;
CREATE TABLE verdict AS SELECT chosen, coalesce((SELECT outcome FROM reason WHERE chosen & (1 << place) <> 0 ORDER BY place LIMIT 1), 'success') AS expected, judged(chosen) AS answer FROM generate_series(0, 511) chosen;
SELECT expected, count(*), count(*) FILTER (WHERE answer <> expected) AS wrong FROM verdict GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT chosen, expected, answer FROM verdict WHERE answer <> expected ORDER BY 1 LIMIT 5;
-- and so with a challenge: it is judged first of all, then as above, last the second factor with its own lock
SET multitenant.challenge_lifetime = '1 h';
UPDATE multitenant."Users" SET "twoFactorEnabled" = true, "twoFactorSecret" = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' WHERE email = 'fay@example.org';
SELECT s.challenge AS waiting FROM multitenant.sign_in('fay@example.org', 'correct horse battery', 'order') s \gset
DELETE FROM reason WHERE place > 6;
UPDATE reason SET place = place + 1;
UPDATE reason SET change = 'UPDATE multitenant."SignInChallenges" SET "passwordFingerprint" = ''of another password''' WHERE outcome = 'invalid_credentials';
INSERT INTO reason VALUES
  (0, 'expired', 'UPDATE multitenant."SignInChallenges" SET "expiresAt" = clock_timestamp()'),
  (8, 'locked', 'UPDATE multitenant."Users" SET "twoFactorLockedUntil" = clock_timestamp() + interval ''1 hour'' WHERE email = ''fay@example.org'''),
  (9, 'invalid_credentials', NULL);
CREATE FUNCTION completed(chosen int, waiting text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r reason;
  s record;
  answer text;
BEGIN
  FOR r IN SELECT * FROM reason WHERE change IS NOT NULL AND chosen & (1 << place) <> 0 LOOP
    EXECUTE r.change;
  END LOOP;
  SELECT * INTO s FROM multitenant.complete_sign_in(waiting, CASE WHEN chosen & 512 <> 0 THEN '12345' ELSE multitenant.totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ') END, true, '192.0.2.1', 'Browser');
  answer := s.outcome;
  IF s.outcome = 'success' AND num_nulls(s.user_id, s.tenant_id, s.access_token, s.refresh_token, s.expires_at) > 0
     OR s.outcome <> 'success' AND num_nonnulls(s.user_id, s.tenant_id, s.access_token, s.refresh_token, s.expires_at) > 0
     OR (s.outcome = 'locked') <> (s.locked_until IS NOT NULL) OR num_nonnulls(s.challenge, s.grace_logins_left, s.device_token) > 0 THEN
    answer := answer || ' with ' || s;
  END IF;
  IF EXISTS (SELECT FROM multitenant."SignInChallenges" WHERE token = hex(waiting)) <> (s.outcome <> 'success') THEN
    answer := answer || ', and the challenge is used up or not';
  END IF;
  RAISE EXCEPTION USING errcode = 'RB001';
EXCEPTION WHEN SQLSTATE 'RB001' THEN
  RETURN answer;
END $$;
DROP TABLE verdict;
CREATE TABLE verdict AS SELECT chosen, coalesce((SELECT outcome FROM reason WHERE chosen & (1 << place) <> 0 ORDER BY place LIMIT 1), 'success') AS expected, completed(chosen, :'waiting') AS answer FROM generate_series(0, 1023) chosen;
SELECT expected, count(*), count(*) FILTER (WHERE answer <> expected) AS wrong FROM verdict GROUP BY 1 ORDER BY 2 DESC, 1;
SELECT chosen, expected, answer FROM verdict WHERE answer <> expected ORDER BY 1 LIMIT 5;
