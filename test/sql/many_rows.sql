-- Tables of many rows, of which most are another's, or have ended: what is asked reads about as many rows as it is about.
\set VERBOSITY terse
SELECT multitenant.register_user('ada@example.org') AS ada, multitenant.register_user('ben@example.org') AS ben \gset
SELECT multitenant.create_tenant('Large', 'large', 'l') AS large, multitenant.create_tenant('Small', 'small', 's') AS small, multitenant.create_tenant('None', 'none', 'n') AS none \gset
SELECT multitenant.create_role(:'large', 'clerk') AS clerk \gset
SET session_replication_role = replica;
INSERT INTO multitenant."Users" (email) SELECT 'many' || n FROM generate_series(1, 3000) AS n;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT id, :'large', CASE WHEN email LIKE 'many2%' THEN '{owner}' ELSE '{clerk}' END::varchar[] FROM multitenant."Users" ORDER BY "createdAt", email;
INSERT INTO multitenant."LoginHistories" ("userId", "tenantId", status, "createdAt") SELECT :'ben', CASE WHEN n > 6000 THEN :'small' ELSE :'large' END::uuid, 'success', now() - '1 day'::interval + n * '1 s'::interval FROM generate_series(1, 12000) AS n;
INSERT INTO multitenant."SecurityAuditLogs" (event, details) SELECT 'sign_in.unknown_user', jsonb_build_object('email', 'nobody' || n || '@example.org') FROM generate_series(1, 3000) AS n;
INSERT INTO multitenant."SecurityAuditLogs" (event, details) VALUES ('sign_in.unknown_user', '{"email": "ADA@example.org"}');
INSERT INTO multitenant."Invitations" (email, token, status, "expiresAt", "tenantId", "invitedById") SELECT 'guest' || id || '@example.org', id, 'expired', now(), :'large', id FROM multitenant."Users" WHERE id <> :'ada';
INSERT INTO multitenant."Invitations" (email, token, status, "expiresAt", "tenantId", "invitedById") VALUES ('Ada@example.org', 'a', 'expired', now(), :'large', :'ben');
INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId") VALUES (:'large', 'first-party:large', 'First party', 'first_party', :'large');
INSERT INTO multitenant."OAuthTokens" ("userId", "clientId", type, "accessToken", "accessTokenExpiresAt", revoked, "revokedAt") SELECT :'ben', :'large', 'session', 'ended' || n, now() + '1 hour', true, now() FROM generate_series(1, 3000) AS n;
RESET session_replication_role;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") VALUES (:'ben', :'small');
VACUUM ANALYZE;
-- and nobody has run maintenance
INSERT INTO multitenant."LoginHistories" ("userId", "tenantId", status, "createdAt") SELECT :'ben', :'large', 'success', now() - '1 year'::interval + n * '1 s'::interval FROM generate_series(1, 3000) AS n;

-- how many rows of a table a statement reads, or how often it looks there: "few" or the number
CREATE FUNCTION rows_read(name text) RETURNS bigint LANGUAGE sql AS
  'SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relid = format(''multitenant.%I'', name)::regclass';
CREATE FUNCTION looks(name text) RETURNS bigint LANGUAGE sql AS
  'SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables WHERE relid = format(''multitenant.%I'', name)::regclass';
CREATE FUNCTION count_of(statement text, of text, names text[], OUT answer text, OUT counts text) LANGUAGE plpgsql AS $$
DECLARE
  before bigint[];
BEGIN
  EXECUTE format('SELECT array_agg(%I(name) ORDER BY name) FROM unnest($1) AS name', of) INTO before USING names;
  EXECUTE statement INTO answer;
  EXECUTE format('SELECT string_agg(name || '' '' || CASE WHEN %1$I(name) - $2[n] < 60 THEN ''few'' ELSE (%1$I(name) - $2[n])::text END, '', '')
                  FROM (SELECT name, row_number() OVER (ORDER BY name) AS n FROM unnest($1) AS name) AS t', of) INTO counts USING names, before;
END $$;

-- the oldest row past its retention, of a tenant that has none
SELECT * FROM count_of($$SELECT oldest_row_past_retention IS NULL FROM multitenant.tenant_stats WHERE slug = 'none'$$, 'rows_read', '{LoginHistories}');

-- who has the address, in any case
SELECT * FROM count_of(format($$SELECT jsonb_array_length(e->'securityEvents') || ' ' || jsonb_array_length(e->'invitations') FROM multitenant.export_user(%L) AS e$$, :'ada'), 'rows_read', '{Invitations,SecurityAuditLogs}');
SELECT multitenant.delete_user(:'ada');
SELECT * FROM count_of(format($$SELECT multitenant.erase_user(%L)$$, :'ada'), 'rows_read', '{Invitations,SecurityAuditLogs}');

-- the sessions of a user of whom many have ended
SELECT * FROM count_of(format($$SELECT count(access_token) FROM multitenant.create_session(%L, %L)$$, :'ben', :'small'), 'rows_read', '{OAuthTokens}');
SELECT * FROM count_of(format($$SELECT count(*) FROM multitenant.list_sessions(%L)$$, :'ben'), 'rows_read', '{OAuthTokens}');

-- a role that many members hold: they follow its name, and none of them is asked whether that is a role
SELECT * FROM count_of(format($$SELECT multitenant.rename_role(%L, 'scribe')$$, :'clerk'), 'looks', '{Roles}');
SELECT roles, count(*) FROM multitenant."TenantUsers" GROUP BY 1 ORDER BY 1;

-- owners of a tenant who go at once, but for one: each looks for somebody who stays, and not at all the others
BEGIN;
SELECT rows_read('Users') AS before \gset
UPDATE multitenant."Users" SET status = 'suspended' WHERE email LIKE 'many2%' AND email <> 'many2999';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT count(*) AS gone, rows_read('Users') - :before < 30 * count(*) AS few_for_each FROM multitenant."Users" WHERE status = 'suspended';
ROLLBACK;

-- a tenant that goes batch by batch, and little by little
UPDATE multitenant."Tenants" SET "gracePeriodDays" = 0 WHERE slug = 'small';
SELECT multitenant.request_tenant_deletion(:'small') IS NOT NULL AS requested;
SET multitenant.login_history_retention = 0;
SELECT * FROM count_of($$SELECT affected FROM multitenant.run_maintenance(20) WHERE task = 'delete_tenants'$$, 'rows_read', '{LoginHistories,OAuthTokens,TenantUsers}');
SELECT * FROM count_of($$SELECT affected FROM multitenant.run_maintenance(20) WHERE task = 'delete_tenants'$$, 'rows_read', '{LoginHistories,OAuthTokens,TenantUsers}');
SELECT * FROM count_of($$SELECT affected FROM multitenant.run_maintenance(20) WHERE task = 'delete_tenants'$$, 'rows_read', '{LoginHistories,OAuthTokens,TenantUsers}');
SELECT * FROM count_of($$SELECT affected FROM multitenant.run_maintenance(10000) WHERE task = 'delete_tenants'$$, 'rows_read', '{OAuthTokens,TenantUsers}');
SELECT count(*) FROM multitenant."Tenants" WHERE slug = 'small';

-- tenants that are due at one time, one after the other
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl") SELECT n, 'many-' || n, n FROM generate_series(1, 300) AS n;
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() - interval '1 day' WHERE slug LIKE 'many-%';
ANALYZE multitenant."Tenants";
BEGIN;
SELECT rows_read('Tenants') AS before \gset
SELECT affected >= 300 AS gone FROM multitenant.run_maintenance() WHERE task = 'delete_tenants';
SELECT rows_read('Tenants') - :before < 30 * 300 AS few_for_each, count(*) FROM multitenant."Tenants" WHERE slug LIKE 'many-%';
COMMIT;
