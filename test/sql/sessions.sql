-- Sessions: made, verified, renewed, ended, listed
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'ben@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'cyd@example.org');
\set ada '00000000-0000-0000-0000-000000000001'
\set ben '00000000-0000-0000-0000-000000000002'
\set cyd '00000000-0000-0000-0000-000000000003'
\set nobody '00000000-0000-0000-0000-000000000000'
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'ada') AS acme,
       multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella') AS umbrella \gset
SELECT multitenant.create_role(:'acme', 'clerk', scopes => ARRAY['invoices:read', 'invoices:write']) IS NOT NULL AS made;
SELECT multitenant.create_role(:'acme', 'auditor', scopes => ARRAY['invoices:read', 'audit']) IS NOT NULL AS made;
SELECT multitenant.add_member(:'ben', :'acme', ARRAY['clerk', 'auditor']) IS NOT NULL AS added;
CREATE FUNCTION hex(token text) RETURNS text LANGUAGE sql AS $$ SELECT encode(sha256(token::bytea), 'hex') $$;
-- who a token is good for: the e-mail address, the tenant, roles and scopes
CREATE FUNCTION who(token text, ip text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((SELECT format('%s in %s: %s, %s', u.email, coalesce(t.slug, 'none'), s.roles, s.scopes) FROM multitenant.verify_session(token, ip) s
    LEFT JOIN multitenant."Users" u ON u.id = s.user_id LEFT JOIN multitenant."Tenants" t ON t.id = s.tenant_id), 'nobody')
$$;

-- create_session
SELECT s.access_token, s.refresh_token, s.expires_at FROM multitenant.create_session(:'ben', :'acme', '192.0.2.1', 'Browser') s \gset ben_
SELECT :'ben_access_token' ~ '^mta_[A-Za-z0-9_-]{43}$' AS access_token, :'ben_refresh_token' ~ '^mtr_[A-Za-z0-9_-]{43}$' AS refresh_token,
       :'ben_expires_at'::timestamptz - now() BETWEEN '59 min' AND '61 min' AS expires_in_an_hour;
SELECT t."accessToken" = hex(:'ben_access_token') AS access_hash, t."refreshToken" = hex(:'ben_refresh_token') AS refresh_hash,
       t."accessTokenExpiresAt" = :'ben_expires_at' AS expires, t."refreshTokenExpiresAt" = t."createdAt" + '30 days' AS ends_in_30_days,
       t.type, t.revoked, t."ipAddress", t."userAgent", t."twoFactorVerified", c.type AS client, c."tenantId" = :'acme' AND c.id = :'acme' AS of_acme
FROM multitenant."OAuthTokens" t JOIN multitenant."OAuthClients" c ON c.id = t."clientId";
-- the tokens are nowhere, nor is a part of them
SELECT count(*) AS rows_with_a_token FROM multitenant."OAuthTokens" t
WHERE t::text LIKE '%' || substr(:'ben_access_token', 5, 12) || '%' OR t::text LIKE '%' || substr(:'ben_refresh_token', 5, 12) || '%'
   OR t::text LIKE '%' || substr(:'ben_refresh_token', 21, 12) || '%';
SELECT count(*) AS clients FROM multitenant."OAuthClients";
SELECT count(*) AS sessions FROM generate_series(1, 3) i, multitenant.create_session(:'ben', NULL, NULL, 'platform ' || i);
SELECT name, type, "tenantId" IS NULL AS of_the_platform, "clientSecret", grants FROM multitenant."OAuthClients" ORDER BY "tenantId" NULLS FIRST;
-- a client that has the name of a tenant's own
BEGIN;
INSERT INTO multitenant."OAuthClients" ("clientId", name, type) VALUES ('first-party:' || :'umbrella', 'Odd', 'confidential');
SELECT multitenant.add_member(:'cyd', :'umbrella', '{}') IS NOT NULL AS added;
SELECT multitenant.create_session(:'cyd', :'umbrella');
ROLLBACK;
\set VERBOSITY sqlstate
SELECT multitenant.create_session(NULL, :'acme');
SELECT multitenant.create_session(:'nobody', :'acme');
SELECT multitenant.create_session(:'ben', :'nobody');
SELECT multitenant.create_session(:'ben', :'umbrella');
SELECT multitenant.create_session(:'ben', :'acme', 'not an address');
BEGIN READ ONLY; SELECT multitenant.create_session(:'nobody', NULL); ROLLBACK;
BEGIN READ ONLY; SELECT multitenant.refresh_session('nothing'); ROLLBACK;
BEGIN READ ONLY; SELECT multitenant.end_session('nothing'); ROLLBACK;
\set VERBOSITY terse
BEGIN; UPDATE multitenant."Users" SET status = 'suspended' WHERE id = :'ben'; SELECT multitenant.create_session(:'ben', NULL); ROLLBACK;
BEGIN; SELECT multitenant.suspend_tenant(:'acme'); SELECT multitenant.create_session(:'ben', :'acme'); ROLLBACK;

-- verify_session
SELECT who(:'ben_access_token');
SELECT s.tenant_id = :'acme' AS tenant, s.expires_at = :'ben_expires_at' AS expires FROM multitenant.verify_session(:'ben_access_token') s;
SELECT s.access_token FROM multitenant.create_session(:'cyd', NULL) s \gset cyd_
SELECT who(:'cyd_access_token');
SELECT what, who(token) FROM (VALUES
  (1, 'null', NULL), (2, 'empty', ''), (3, 'the refresh token', :'ben_refresh_token'), (4, 'another prefix', 'mtr' || substr(:'ben_access_token', 4)),
  (5, 'without prefix', substr(:'ben_access_token', 5)), (6, 'one more', :'ben_access_token' || 'A'), (7, 'a space', :'ben_access_token' || ' '),
  (8, 'another case', 'mta_' || translate(substr(:'ben_access_token', 5), 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')),
  (9, 'the stored hash', hex(:'ben_access_token')), (10, 'a megabyte', repeat('x', 1024 * 1024))
) AS v (n, what, token) ORDER BY n;
SELECT multitenant.verify_session(:'ben_access_token', 'not an address');
-- in a select list, and in a query with others
SELECT (multitenant.verify_session(:'ben_access_token')).user_id = :'ben' AS in_a_list;
SELECT count(*) AS of_many FROM (VALUES (:'ben_access_token'), ('mta_unknown'), (:'cyd_access_token'), (NULL)) v (token), multitenant.verify_session(v.token);
-- the conditions one by one, each put back
CREATE FUNCTION who_while(change text, token text, ip text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  BEGIN
    EXECUTE change;
    answer := who(token, ip);
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    RETURN answer;
  END;
END $$;
CREATE FUNCTION policy(patch jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT format('UPDATE multitenant."Tenants" SET "securityPolicy" = %L WHERE slug = ''acme''', patch)
$$;
SELECT what, who_while(change, :'ben_access_token') FROM (VALUES
  (1, 'nothing changed', 'SELECT'),
  (2, 'user suspended', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''ben%'''),
  (3, 'user deleted', 'DELETE FROM multitenant."Users" WHERE email LIKE ''ben%'''),
  (4, 'suspended and active again', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''ben%''; UPDATE multitenant."Users" SET status = ''active'''),
  (5, 'tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme'''),
  (6, 'tenant to be deleted', 'UPDATE multitenant."Tenants" SET status = ''pending_deletion'' WHERE slug = ''acme'''),
  (7, 'tenant suspended and active again', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme''; UPDATE multitenant."Tenants" SET status = ''active'''),
  (8, 'other tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''umbrella'''),
  (9, 'not a member', 'DELETE FROM multitenant."TenantUsers" WHERE "userId" = ''' || :'ben' || ''''),
  (10, 'a role taken away', 'UPDATE multitenant."TenantUsers" SET roles = ''{clerk}'' WHERE "userId" = ''' || :'ben' || ''''),
  (11, 'no role at all', 'UPDATE multitenant."TenantUsers" SET roles = ''{}'' WHERE "userId" = ''' || :'ben' || ''''),
  (12, 'a scope more', 'UPDATE multitenant."Roles" SET scopes = ''{a,a,B,invoices:read,é}'' WHERE name = ''auditor'''),
  (13, 'revoked', 'UPDATE multitenant."OAuthTokens" SET revoked = true'),
  (14, 'expired', 'UPDATE multitenant."OAuthTokens" SET "accessTokenExpiresAt" = clock_timestamp()'),
  (15, 'not yet expired', 'UPDATE multitenant."OAuthTokens" SET "accessTokenExpiresAt" = clock_timestamp() + ''1 min'''),
  (16, 'a token of another kind', 'UPDATE multitenant."OAuthTokens" SET type = ''access'''),
  (17, 'of a client, not a user', 'UPDATE multitenant."OAuthTokens" SET "userId" = NULL')
) AS v (n, what, change) ORDER BY n;
-- the tenant's rules for addresses, as they are now
SELECT what, who_while(policy(patch::jsonb), :'ben_access_token', ip) <> 'nobody' AS good FROM (VALUES
  (1, 'not restricted', '{"ipRestrictions": {"enabled": false, "blockList": ["192.0.2.1"]}}', '192.0.2.1'),
  (2, 'blocked', '{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}', '192.0.2.1'),
  (3, 'mapped into IPv6', '{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}', '::ffff:192.0.2.1'),
  (4, 'another', '{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}', '192.0.2.2'),
  (5, 'allowed', '{"ipRestrictions": {"enabled": true, "allowedRanges": ["2001:db8::/32"]}}', '2001:db8::1'),
  (6, 'not allowed', '{"ipRestrictions": {"enabled": true, "allowedRanges": ["2001:db8::/32"]}}', '2001:db9::1'),
  (7, 'not known', '{"ipRestrictions": {"enabled": true, "allowedRanges": ["2001:db8::/32"]}}', NULL)
) AS v (n, what, patch, ip) ORDER BY n;

-- use moves the expiry, and is written once in a tenth of the timeout
CREATE FUNCTION last_used(ago interval) RETURNS void LANGUAGE sql AS $$
  UPDATE multitenant."OAuthTokens" SET "lastUsedAt" = clock_timestamp() - ago, "accessTokenExpiresAt" = clock_timestamp() - ago + '1 hour' WHERE "ipAddress" = '192.0.2.1' $$;
CREATE FUNCTION used(token text, OUT moved boolean, OUT returned_is_stored boolean, OUT noted boolean) LANGUAGE plpgsql AS $$
DECLARE
  before multitenant."OAuthTokens";
  now_there multitenant."OAuthTokens";
  returned timestamptz;
BEGIN
  SELECT * INTO before FROM multitenant."OAuthTokens" WHERE "accessToken" = hex(token);
  SELECT expires_at INTO returned FROM multitenant.verify_session(token);
  SELECT * INTO now_there FROM multitenant."OAuthTokens" WHERE "accessToken" = hex(token);
  moved := now_there."accessTokenExpiresAt" <> before."accessTokenExpiresAt";
  returned_is_stored := returned = now_there."accessTokenExpiresAt";
  noted := now_there."lastUsedAt" <> before."lastUsedAt";
  IF moved AND now_there."accessTokenExpiresAt" <> now_there."lastUsedAt" + '1 hour' AND now_there."accessTokenExpiresAt" <> before."refreshTokenExpiresAt" THEN
    RAISE 'moved to %', now_there."accessTokenExpiresAt" - clock_timestamp();
  END IF;
END $$;
SELECT last_used('359 s');
SELECT * FROM used(:'ben_access_token');
SELECT last_used('361 s');
SELECT * FROM used(:'ben_access_token');
SELECT * FROM used(:'ben_access_token');
SELECT last_used('361 s');
BEGIN READ ONLY; SELECT * FROM used(:'ben_access_token'); COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM used(:'ben_access_token'); ROLLBACK;
BEGIN; UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"extendOnActivity": false}}'; SELECT * FROM used(:'ben_access_token'); ROLLBACK;
BEGIN; UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"sessionTimeout": 3620}}'; SELECT * FROM used(:'ben_access_token'); ROLLBACK;
-- and writes no index where the page has room: none is on what it changes
SELECT i.indexrelid::regclass AS index, a.attname AS column
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
WHERE i.indrelid = 'multitenant."OAuthTokens"'::regclass AND a.attname IN ('accessTokenExpiresAt', 'lastUsedAt', 'updatedAt')
  AND (a.attnum = ANY (i.indkey) OR EXISTS (SELECT FROM pg_depend d WHERE d.objid = i.indexrelid AND d.refobjid = i.indrelid AND d.refobjsubid = a.attnum));
BEGIN;
ALTER TABLE multitenant."OAuthTokens" SET (fillfactor = 10);
SELECT s.access_token AS roomy FROM multitenant.create_session(:'ben', :'acme', '192.0.2.1') s \gset
UPDATE multitenant."OAuthTokens" SET "lastUsedAt" = "lastUsedAt" - '361 s'::interval WHERE "accessToken" = hex(:'roomy');
SELECT pg_stat_get_xact_tuples_hot_updated('multitenant."OAuthTokens"'::regclass) AS hot \gset before_
SELECT * FROM used(:'roomy');
SELECT pg_stat_get_xact_tuples_hot_updated('multitenant."OAuthTokens"'::regclass) - :before_hot AS without_an_index;
ROLLBACK;
-- never past the end of the session
BEGIN; UPDATE multitenant."OAuthTokens" SET "refreshTokenExpiresAt" = clock_timestamp() + '30 min'; SELECT * FROM used(:'ben_access_token');
SELECT "accessTokenExpiresAt" = "refreshTokenExpiresAt" AS at_the_end FROM multitenant."OAuthTokens" WHERE "accessToken" = hex(:'ben_access_token'); ROLLBACK;
-- without a tenant it is the setting that says how long
SET multitenant.session_timeout = '2 min';
SET multitenant.refresh_token_lifetime = '1 min';
SELECT s.expires_at - clock_timestamp() BETWEEN '50 s' AND '60 s' AS at_the_end FROM multitenant.create_session(:'cyd', NULL) s;
RESET multitenant.refresh_token_lifetime;
SELECT s.expires_at - clock_timestamp() BETWEEN '110 s' AND '120 s' AS in_two_minutes FROM multitenant.create_session(:'cyd', NULL) s;
RESET multitenant.session_timeout;

-- whoever verifies needs no right on a table, and what is written is written all the same
CREATE ROLE session_client;
GRANT EXECUTE ON FUNCTION multitenant.verify_session, multitenant.use_session TO session_client;
GRANT EXECUTE ON FUNCTION who TO session_client;
CREATE FUNCTION public.greatest(timestamptz, timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trap'; END $$;
CREATE FUNCTION public.trap(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trap'; END $$;
CREATE OPERATOR public.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = public.trap);
SELECT last_used('361 s');
SET search_path = public, pg_catalog;
SET ROLE session_client;
SELECT user_id IS NOT NULL AS good, expires_at > now() + '59 min' AS moved, current_user, current_setting('search_path') FROM multitenant.verify_session(:'ben_access_token');
SELECT multitenant.use_session(:'ben_access_token');
SELECT multitenant.list_sessions(:'ben');
RESET ROLE;
RESET search_path;
DROP OPERATOR public.= (uuid, uuid);
DROP FUNCTION public.trap, public.greatest;
DROP OWNED BY session_client;
DROP ROLE session_client;

-- use_session
BEGIN;
SELECT multitenant.use_session(:'ben_access_token');
SELECT multitenant.current_user_id() = :'ben' AS ben, multitenant.current_tenant_id() = :'acme' AS acme,
       current_setting('multitenant.session_id') = (SELECT id::text FROM multitenant."OAuthTokens" WHERE "accessToken" = hex(:'ben_access_token')) AS session;
SELECT multitenant.use_session('mta_unknown'), multitenant.use_session(NULL), multitenant.use_session(:'ben_refresh_token');
SELECT multitenant.current_user_id() = :'ben' AS still_ben;
SAVEPOINT before;
SELECT multitenant.use_session(:'cyd_access_token');
SELECT multitenant.current_user_id() = :'cyd' AS cyd, multitenant.current_tenant_id();
ROLLBACK TO before;
SELECT multitenant.current_user_id() = :'ben' AS ben_again, current_setting('multitenant.session_id') <> '' AS session;
-- a context that was set by hand is of no session
SELECT multitenant.set_context(:'ben', :'acme');
SELECT current_setting('multitenant.session_id');
COMMIT;
SELECT multitenant.current_user_id(), current_setting('multitenant.session_id');
BEGIN READ ONLY; SELECT multitenant.use_session(:'ben_access_token'); SELECT multitenant.current_user_id() = :'ben' AS ben; COMMIT;
\set VERBOSITY sqlstate
SELECT multitenant.use_session(:'ben_access_token', 'not an address');
\set VERBOSITY terse

-- refresh_session: the row stays one, and only the new pair is good
SELECT s.access_token, s.refresh_token, s.expires_at FROM multitenant.refresh_session(:'ben_refresh_token') s \gset ben2_
SELECT :'ben2_access_token' ~ '^mta_[A-Za-z0-9_-]{43}$' AS access_token, :'ben2_refresh_token' ~ '^mtr_[A-Za-z0-9_-]{43}$' AS refresh_token,
       :'ben2_refresh_token' <> :'ben_refresh_token' AS another, who(:'ben_access_token') AS old, who(:'ben2_access_token') AS new;
SELECT count(*) AS rows, bool_and(t."accessToken" = hex(:'ben2_access_token') AND t."refreshToken" = hex(:'ben2_refresh_token')) AS of_the_new_pair
FROM multitenant."OAuthTokens" t WHERE "ipAddress" = '192.0.2.1';
-- what it is made of, computed once more by pgcrypto
CREATE FUNCTION b64(bytes bytea) RETURNS text LANGUAGE sql AS $$ SELECT translate(rtrim(encode(bytes, 'base64'), '='), E'+/\n', '-_') $$;
SELECT t."refreshTokenFamily" = hex(left(:'ben_refresh_token', 20)) AS family,
       right(:'ben_refresh_token', 11) = b64(substr(hmac(left(:'ben_refresh_token', 36)::bytea, t."refreshTokenKey"::bytea, 'sha256'), 1, 8)) AS first_mark,
       left(:'ben2_refresh_token', 20) = left(:'ben_refresh_token', 20) AS shared,
       substr(:'ben2_refresh_token', 21, 16) = b64(substr(hmac(('refresh' || :'ben_refresh_token')::bytea, t."refreshTokenSalt"::bytea, 'sha256'), 1, 12)) AS own,
       right(:'ben2_refresh_token', 11) = b64(substr(hmac(left(:'ben2_refresh_token', 36)::bytea, t."refreshTokenKey"::bytea, 'sha256'), 1, 8)) AS mark,
       :'ben2_access_token' = 'mta_' || b64(hmac(('access' || :'ben2_refresh_token')::bytea, t."refreshTokenSalt"::bytea, 'sha256')) AS access
FROM multitenant."OAuthTokens" t WHERE "ipAddress" = '192.0.2.1';
-- within the grace the one before gives the same pair again, and changes nothing
SELECT t AS before_retry FROM multitenant."OAuthTokens" t WHERE "ipAddress" = '192.0.2.1' \gset
SELECT s.access_token = :'ben2_access_token' AS same_access, s.refresh_token = :'ben2_refresh_token' AS same_refresh, s.expires_at = :'ben2_expires_at' AS same_expiry
FROM multitenant.refresh_session(:'ben_refresh_token') s;
SELECT t::text = :'before_retry' AS unchanged FROM multitenant."OAuthTokens" t WHERE "ipAddress" = '192.0.2.1';
-- a token that was never issued ends nothing
SELECT what, (SELECT count(*) FROM multitenant.refresh_session(token)) AS rows, who(:'ben2_access_token') AS still FROM (VALUES
  (1, 'null', NULL), (2, 'empty', ''), (3, 'the access token', :'ben2_access_token'), (4, 'made up', 'mtr_' || repeat('A', 43)),
  (5, 'another part of its own', left(:'ben2_refresh_token', 20) || translate(substr(:'ben2_refresh_token', 21, 1), 'AB', 'BC') || 'xxxxxxxxxxxxxxx' || right(:'ben2_refresh_token', 11)),
  (6, 'another mark', left(:'ben2_refresh_token', 36) || 'AAAAAAAAAAA'),
  (7, 'the parts of two', left(:'ben_refresh_token', 36) || right(:'ben2_refresh_token', 11)),
  (8, 'other spare bits', left(:'ben2_refresh_token', 46) || translate(right(:'ben2_refresh_token', 1), 'AEIMQUYcgkosw048', 'BFJNRVZdhlptx159')),
  (9, 'other spare bits of the one before', left(:'ben_refresh_token', 46) || translate(right(:'ben_refresh_token', 1), 'AEIMQUYcgkosw048', 'BFJNRVZdhlptx159')),
  (10, 'the stored hash', hex(:'ben2_refresh_token')), (11, 'a megabyte', repeat('x', 1024 * 1024))
) AS v (n, what, token) ORDER BY n;
-- after the grace the one before is a copy: the session ends, and that is recorded
BEGIN;
UPDATE multitenant."OAuthTokens" SET "refreshedAt" = "refreshedAt" - '10 s'::interval;
SELECT count(*) AS rows FROM multitenant.refresh_session(:'ben_refresh_token', '192.0.2.9', 'Thief');
SELECT who(:'ben2_access_token'), (SELECT count(*) FROM multitenant.refresh_session(:'ben2_refresh_token')) AS renewed;
SELECT event, severity, "ipAddress", "userAgent", "userId" = :'ben' AS ben, "tenantId" = :'acme' AS acme,
       details = jsonb_build_object('session', (SELECT id FROM multitenant."OAuthTokens" WHERE "accessToken" = hex(:'ben2_access_token'))) AS says_which
FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'session.refresh%';
ROLLBACK;
-- so it is with no grace at all
BEGIN; SET LOCAL multitenant.refresh_grace = 0; SELECT count(*) AS rows FROM multitenant.refresh_session(:'ben_refresh_token'); SELECT who(:'ben2_access_token'); ROLLBACK;
-- and with any before it, however many there were: here the 1st, the 3rd and the last but one of 40
CREATE FUNCTION rotate(token text, times integer) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  tokens text[] := ARRAY[token];
BEGIN
  FOR i IN 1..times LOOP
    SELECT tokens || s.refresh_token INTO STRICT tokens FROM multitenant.refresh_session(tokens[i]) s;
  END LOOP;
  RETURN tokens;
END $$;
CREATE FUNCTION present_copy(token text, times integer, which integer, OUT row_is_same_size boolean, OUT rows bigint, OUT ended boolean, OUT events bigint) LANGUAGE plpgsql AS $$
DECLARE
  tokens text[];
  size integer;
BEGIN
  BEGIN
    SELECT pg_column_size(t.*) INTO size FROM multitenant."OAuthTokens" t WHERE "refreshToken" = hex(token);
    tokens := rotate(token, times);
    SELECT pg_column_size(t.*) = size INTO row_is_same_size FROM multitenant."OAuthTokens" t WHERE "refreshToken" = hex(tokens[times + 1]);
    SELECT count(*) INTO rows FROM multitenant.refresh_session(tokens[which]);
    SELECT revoked INTO ended FROM multitenant."OAuthTokens" WHERE "refreshToken" = hex(tokens[times + 1]);
    SELECT count(*) INTO events FROM multitenant."SecurityAuditLogs" WHERE event = 'session.refresh_token_reused' AND severity = 'critical';
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    NULL;
  END;
END $$;
SELECT * FROM present_copy(:'ben2_refresh_token', 40, 1);
SELECT * FROM present_copy(:'ben2_refresh_token', 40, 3);
SELECT * FROM present_copy(:'ben2_refresh_token', 40, 39);
SELECT * FROM present_copy(:'ben2_refresh_token', 40, 40);
-- the very first one, of before this refresh, too
BEGIN; SELECT cardinality(rotate(:'ben2_refresh_token', 1)); SELECT count(*) AS rows FROM multitenant.refresh_session(:'ben_refresh_token');
SELECT count(*) AS live FROM multitenant.list_sessions(:'ben') WHERE ip_address IS NOT NULL; ROLLBACK;
-- what else is asked of whoever renews, each put back
CREATE FUNCTION renewed_while(change text, token text, ip text DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  answer bigint;
BEGIN
  BEGIN
    EXECUTE change;
    SELECT count(*) INTO answer FROM multitenant.refresh_session(token, ip);
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    RETURN answer;
  END;
END $$;
SELECT what, renewed_while(change, :'ben2_refresh_token', ip) FROM (VALUES
  (1, 'nothing changed', 'SELECT', NULL),
  (2, 'access token expired', 'UPDATE multitenant."OAuthTokens" SET "accessTokenExpiresAt" = now() - ''1 day''::interval', NULL),
  (3, 'session past its end', 'UPDATE multitenant."OAuthTokens" SET "refreshTokenExpiresAt" = clock_timestamp()', NULL),
  (4, 'revoked', 'UPDATE multitenant."OAuthTokens" SET revoked = true', NULL),
  (5, 'user inactive', 'UPDATE multitenant."Users" SET status = ''inactive'' WHERE email LIKE ''ben%''', NULL),
  (6, 'tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme''', NULL),
  (7, 'not a member', 'DELETE FROM multitenant."TenantUsers" WHERE "userId" = ''' || :'ben' || '''', NULL),
  (8, 'a token of another kind', 'UPDATE multitenant."OAuthTokens" SET type = ''access''', NULL),
  (9, 'a second factor is demanded, the back end vouched', policy('{"session": {"requireMFA": true}}'), NULL),
  (10, 'a second factor is demanded, and there was none', policy('{"session": {"requireMFA": true}}') || '; UPDATE multitenant."OAuthTokens" SET "twoFactorVerified" = false', NULL),
  (11, 'the address is blocked', policy('{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}'), '192.0.2.1'),
  (12, 'it is not given', policy('{"ipRestrictions": {"enabled": true, "blockList": ["192.0.2.1"]}}'), NULL)
) AS v (n, what, change, ip) ORDER BY n;
-- the expiry is the policy's of now, and never past the end
BEGIN; UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"sessionTimeout": 60}}' WHERE slug = 'acme';
SELECT s.expires_at - clock_timestamp() BETWEEN '50 s' AND '60 s' AS a_minute FROM multitenant.refresh_session(:'ben2_refresh_token') s; ROLLBACK;
BEGIN; UPDATE multitenant."OAuthTokens" SET "refreshTokenExpiresAt" = clock_timestamp() + '5 min';
SELECT s.expires_at - clock_timestamp() BETWEEN '4 min' AND '5 min' AS at_the_end FROM multitenant.refresh_session(:'ben2_refresh_token') s; ROLLBACK;

-- the oldest ends where there are too many, of this user in this tenant
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"maxConcurrentSessions": 2}}' WHERE slug = 'acme';
SELECT s.access_token FROM multitenant.create_session(:'ada', :'acme', NULL, 'of Ada') s \gset ada_
SELECT s.access_token AS ben3 FROM multitenant.create_session(:'ben', :'acme', NULL, 'third') s \gset
SELECT user_agent FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NOT NULL;
SELECT s.access_token AS ben4 FROM multitenant.create_session(:'ben', :'acme', NULL, 'fourth') s \gset
SELECT user_agent FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NOT NULL;
SELECT who(:'ben2_access_token'), who(:'ben3') <> 'nobody' AS third, who(:'ada_access_token') <> 'nobody' AS ada, (SELECT count(*) FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NULL) AS elsewhere;
SELECT event, details, "tenantId" = :'acme' AS acme FROM multitenant."SecurityAuditLogs" WHERE event = 'session.displaced';
-- an ended or expired one takes no place; a limit that came down ends more than one; 0 is no limit
SELECT multitenant.end_session(:'ben3');
SELECT count(*) AS made FROM multitenant.create_session(:'ben', :'acme', NULL, 'fifth');
SELECT user_agent FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NOT NULL;
UPDATE multitenant."OAuthTokens" SET "accessTokenExpiresAt" = now() - '1 s'::interval, "refreshTokenExpiresAt" = now() - '1 s'::interval WHERE "userAgent" = 'fourth';
SELECT count(*) AS made FROM multitenant.create_session(:'ben', :'acme', NULL, 'sixth');
SELECT user_agent FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NOT NULL;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"maxConcurrentSessions": 0}}' WHERE slug = 'acme';
SELECT count(*) AS made FROM generate_series(1, 10) i, multitenant.create_session(:'ben', :'acme', NULL, 'many ' || i);
SELECT count(*) AS live FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NOT NULL;
UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"maxConcurrentSessions": 1}}' WHERE slug = 'acme';
SELECT s.access_token FROM multitenant.create_session(:'ben', :'acme', NULL, 'the only one') s \gset only_
SELECT user_agent FROM multitenant.list_sessions(:'ben') WHERE tenant_id IS NOT NULL;

-- end_session
SELECT multitenant.end_session(:'only_access_token') AS ended, multitenant.end_session(:'only_access_token') AS again, who(:'only_access_token');
SELECT multitenant.end_session(NULL), multitenant.end_session('mta_unknown'), multitenant.end_session('mta_' || repeat('A', 43)), multitenant.end_session(repeat('x', 1024 * 1024));
SELECT event, "userId" = :'ben' AS ben, "tenantId" = :'acme' AS acme FROM multitenant."SecurityAuditLogs" WHERE event = 'session.ended';
-- also one whose access token has expired, since it could be renewed
SELECT s.access_token, s.refresh_token FROM multitenant.create_session(:'ben', :'acme') s \gset late_
UPDATE multitenant."OAuthTokens" SET "accessTokenExpiresAt" = now() - '1 s'::interval WHERE "accessToken" = hex(:'late_access_token');
SELECT who(:'late_access_token'), multitenant.end_session(:'late_access_token') AS ended, (SELECT count(*) FROM multitenant.refresh_session(:'late_refresh_token')) AS renewed;
-- by whom
SELECT s.access_token FROM multitenant.create_session(:'ben', :'acme') s \gset by_
BEGIN; SELECT multitenant.use_session(:'by_access_token'); SELECT multitenant.end_session(:'by_access_token'); COMMIT;
SELECT "revokedBy" = :'ben' AS by_ben, "revokedAt" IS NOT NULL AS at FROM multitenant."OAuthTokens" WHERE "accessToken" = hex(:'by_access_token');

-- end_all_sessions
SELECT count(*) AS made FROM multitenant.create_session(:'ben', :'acme');
SELECT multitenant.end_all_sessions(:'ben', :'umbrella') AS elsewhere, multitenant.end_all_sessions(:'ben', :'acme') AS in_acme;
SELECT multitenant.end_all_sessions(:'ben') AS the_rest, multitenant.end_all_sessions(:'ben') AS again;
SELECT count(*) AS left FROM multitenant.list_sessions(:'ben');
SELECT details, "tenantId" = :'acme' AS acme FROM multitenant."SecurityAuditLogs" WHERE event = 'session.all_ended' ORDER BY "createdAt";
\set VERBOSITY sqlstate
SELECT multitenant.end_all_sessions(NULL);
SELECT multitenant.end_all_sessions(:'nobody');
SELECT multitenant.end_all_sessions(:'ben', :'nobody');
\set VERBOSITY terse
SELECT who(:'ada_access_token') <> 'nobody' AS ada;

-- list_sessions
SELECT tenant_id = :'acme' AS acme, created_at = last_used_at AS unused, expires_at > now() AS good, ip_address, user_agent FROM multitenant.list_sessions(:'ada');
SELECT count(*) FROM multitenant.list_sessions(:'nobody');
SELECT count(*) FROM multitenant.list_sessions(NULL);

-- a changed password ends every session but the one that is used; a set one ends all
SELECT multitenant.set_password(:'ada', 'correct horse battery');
SELECT who(:'ada_access_token');
SELECT s.access_token FROM multitenant.create_session(:'ada', NULL) s \gset one_
SELECT s.access_token FROM multitenant.create_session(:'ada', NULL) s \gset two_
BEGIN;
SELECT multitenant.use_session(:'one_access_token');
SELECT multitenant.change_password(:'ada', 'wrong', 'another horse battery');
SELECT who(:'one_access_token') AS one, who(:'two_access_token') AS two;
SELECT multitenant.change_password(:'ada', 'correct horse battery', 'another horse battery');
COMMIT;
SELECT who(:'one_access_token') AS one, who(:'two_access_token') AS two;
-- a context that was set by hand is of no session, and that of another user is not hers
BEGIN; SELECT multitenant.set_context(:'ada'); SELECT multitenant.change_password(:'ada', 'another horse battery', 'correct horse battery'); SELECT who(:'one_access_token'); ROLLBACK;
BEGIN; SELECT multitenant.use_session(:'cyd_access_token'); SELECT multitenant.change_password(:'ada', 'another horse battery', 'correct horse battery'); SELECT who(:'one_access_token') AS ada, who(:'cyd_access_token') AS cyd; ROLLBACK;
BEGIN; SELECT multitenant.use_session(:'one_access_token'); SELECT multitenant.set_password(:'ada', 'correct horse battery'); SELECT who(:'one_access_token'); ROLLBACK;

-- what a person is handed over holds nothing that could be used
SELECT jsonb_object_keys(t) AS key FROM (SELECT multitenant.export_user(:'ada') -> 'tokens' -> 0) e (t) ORDER BY 1;
