-- The views for dashboards: every number against rows made to be counted or not to be.
INSERT INTO multitenant."Users" (id, email)
SELECT ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'u' || i || '@example.org' FROM generate_series(1, 6) i;
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES
  ('00000000-0000-0000-0000-0000000000aa', 'Acme', 'acme', 'u1'), ('00000000-0000-0000-0000-0000000000bb', 'Umbrella', 'umbrella', 'u2'),
  ('00000000-0000-0000-0000-0000000000cc', 'Empty', 'empty', 'u3');
\set acme 00000000-0000-0000-0000-0000000000aa
\set umbrella 00000000-0000-0000-0000-0000000000bb
\set ada 00000000-0000-0000-0000-000000000001
\x
\echo -- Nothing there: zeros and no nulls but for the time.
SELECT * FROM multitenant.stats;
\x
SELECT count(*) FROM multitenant.tenant_stats WHERE sign_ins_last_hour = '{}' AND sign_ins_last_day = '{}'
  AND locked_accounts = 0 AND live_sessions = 0 AND pending_invitations = 0 AND oldest_row_past_retention IS NULL;

-- sign-ins: in the hour, in the day, before it; of each outcome
INSERT INTO multitenant."LoginHistories" ("userId", status, "failureReason", "createdAt", "tenantId")
SELECT :'ada', s::multitenant."enum_LoginHistories_status", r, now() - a, t::uuid
FROM (VALUES ('success', NULL, 3), ('failed', 'wrong_password', 2), ('failed', 'locked', 1), ('failed', NULL, 1)) AS o (s, r, n),
     LATERAL generate_series(1, n), unnest(ARRAY[interval '59 minutes', '23 hours 59 minutes', '25 hours']) AS a,
     unnest(ARRAY[:'acme', :'umbrella', NULL]) AS t;
INSERT INTO multitenant."SecurityAuditLogs" (event, "createdAt")
SELECT e, now() - a FROM unnest('{sign_in.unknown_user,user.locked}'::text[]) AS e, unnest(ARRAY[interval '1 minute', '2 hours', '3 hours', '2 days']) AS a;
-- locked: by the password, by the second factor, by both (once); a lock that has run out is none
UPDATE multitenant."Users" SET "accountLockedUntil" = now() + interval '1 hour' WHERE email LIKE 'u1@%';
UPDATE multitenant."Users" SET "twoFactorLockedUntil" = now() + interval '1 hour' WHERE email LIKE 'u2@%';
UPDATE multitenant."Users" SET "accountLockedUntil" = now() + interval '1 hour', "twoFactorLockedUntil" = now() + interval '1 hour' WHERE email LIKE 'u3@%';
UPDATE multitenant."Users" SET "accountLockedUntil" = now() - interval '1 second', "twoFactorLockedUntil" = now() - interval '1 second' WHERE email LIKE 'u4@%';
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId")
SELECT id, :'acme'::uuid FROM multitenant."Users" WHERE email < 'u5' UNION ALL SELECT id, :'umbrella' FROM multitenant."Users" WHERE email LIKE 'u3@%';
-- sessions: three of acme, one of the platform; ended, run out, a client's own token and one of another kind are none
INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId") VALUES
  ('00000000-0000-0000-0000-0000000000c1', 'a', 'A', 'public', :'acme'), ('00000000-0000-0000-0000-0000000000c2', 'p', 'P', 'public', NULL);
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "refreshTokenExpiresAt", "clientId", "userId", revoked, type)
SELECT t, now() + a, now() + r, c::uuid, u::uuid, v, CASE t WHEN 'a grant' THEN 'access' ELSE 'session' END FROM (VALUES
  ('good access', interval '1 hour', NULL::interval, '00000000-0000-0000-0000-0000000000c1', :'ada', false),
  ('both good', '1 hour', '1 day', '00000000-0000-0000-0000-0000000000c1', :'ada', false),
  ('only refresh', '-1 hour', '1 day', '00000000-0000-0000-0000-0000000000c1', :'ada', false),
  ('of the platform', '1 hour', '1 day', '00000000-0000-0000-0000-0000000000c2', :'ada', false),
  ('run out', '-1 hour', '-1 second', '00000000-0000-0000-0000-0000000000c1', :'ada', false),
  ('access run out', '-1 second', NULL, '00000000-0000-0000-0000-0000000000c1', :'ada', false),
  ('ended', '1 hour', '1 day', '00000000-0000-0000-0000-0000000000c1', :'ada', true),
  ('a grant', '1 hour', '1 day', '00000000-0000-0000-0000-0000000000c1', :'ada', false),
  ('of a client', '1 hour', NULL, '00000000-0000-0000-0000-0000000000c1', NULL, false)) AS s (t, a, r, c, u, v);
-- invitations: two of acme, one of umbrella
INSERT INTO multitenant."Invitations" (email, token, status, "expiresAt", "tenantId", "invitedById")
SELECT e, e, s::multitenant."enum_Invitations_status", now() + x, t::uuid, :'ada' FROM (VALUES
  ('a', 'pending', interval '1 day', :'acme'), ('b', 'pending', '1 day', :'acme'), ('c', 'pending', '1 day', :'umbrella'),
  ('d', 'pending', '-1 second', :'acme'), ('e', 'accepted', '1 day', :'acme'), ('f', 'cancelled', '1 day', :'acme'), ('g', 'expired', '1 day', :'acme')) AS i (e, s, x, t);
\x
SELECT * FROM multitenant.stats;
SELECT * FROM multitenant.tenant_stats ORDER BY slug COLLATE "C";
\x

-- the oldest row past its retention, of whichever log, until maintenance took it
INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt", "tenantId") VALUES (:'ada', 'a', '2001-02-03 00:00+00', :'acme'), (:'ada', 'a', '2002-02-03 00:00+00', :'umbrella');
INSERT INTO multitenant."LoginHistories" ("userId", status, "createdAt", "tenantId") VALUES (:'ada', 'success', '2003-02-03 00:00+00', NULL);
INSERT INTO multitenant."SecurityAuditLogs" (event, "createdAt") VALUES ('old', '2000-01-01 00:00+00');
CREATE TEMP VIEW oldest AS SELECT (SELECT oldest_row_past_retention AT TIME ZONE 'UTC' FROM multitenant.stats) AS overall,
  (SELECT string_agg(slug || ' ' || (oldest_row_past_retention AT TIME ZONE 'UTC')::date, ', ' ORDER BY slug) FROM multitenant.tenant_stats) AS of_tenants;
SELECT * FROM oldest;
SET multitenant.audit_retention = '3650d';
SELECT * FROM oldest;
SELECT task, affected FROM multitenant.run_maintenance(1) WHERE affected > 0;
SELECT * FROM oldest;
SELECT task, affected FROM multitenant.run_maintenance() WHERE affected > 0;
SELECT * FROM oldest;

-- a reader needs the view and the function in it, and no table
CREATE ROLE dashboard;
GRANT USAGE ON SCHEMA multitenant TO dashboard;
SET ROLE dashboard;
SELECT locked_accounts FROM multitenant.stats;
RESET ROLE;
GRANT SELECT ON multitenant.stats, multitenant.tenant_stats TO dashboard;
GRANT EXECUTE ON FUNCTION multitenant.retention_limit TO dashboard;
SET ROLE dashboard;
SELECT locked_accounts, oldest_row_past_retention IS NULL AS none FROM multitenant.stats;
SELECT slug, locked_accounts, live_sessions FROM multitenant.tenant_stats ORDER BY 1;
SELECT count(*) FROM multitenant."Users";
RESET ROLE;
DROP OWNED BY dashboard;
DROP ROLE dashboard;

--
-- Anything at all: every number against a count over the plain rows, one by one
--
SET session_replication_role = replica; -- what does not fit together is counted too
TRUNCATE multitenant."LoginHistories", multitenant."ActivityLogs", multitenant."SecurityAuditLogs", multitenant."OAuthTokens", multitenant."Invitations", multitenant."TenantUsers";
SELECT setseed(0.5);
CREATE FUNCTION pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))] $$;
CREATE FUNCTION around() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT now() + pick('-200 days', '-91 days', '-89 days', '-25 hours', '-23 hours', '-70 minutes', '-50 minutes', '1 hour', '20 days', NULL)::interval $$;
CREATE FUNCTION some_tenant() RETURNS uuid LANGUAGE sql VOLATILE AS $$ SELECT pick('00000000-0000-0000-0000-0000000000aa', '00000000-0000-0000-0000-0000000000bb', NULL)::uuid $$;
CREATE FUNCTION some_user() RETURNS uuid LANGUAGE sql VOLATILE AS $$ SELECT pick('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000003')::uuid $$;
UPDATE multitenant."Users" SET "accountLockedUntil" = NULL, "twoFactorLockedUntil" = NULL;
INSERT INTO multitenant."Users" (email, "accountLockedUntil", "twoFactorLockedUntil") SELECT 'model' || i, around(), around() FROM generate_series(1, 200) i;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT u.id, t.id FROM multitenant."Users" u, multitenant."Tenants" t WHERE random() < 0.4;
INSERT INTO multitenant."LoginHistories" ("userId", "tenantId", status, "failureReason", "createdAt") SELECT some_user(), some_tenant(), pick('success', 'failed')::multitenant."enum_LoginHistories_status", pick('locked', 'wrong_password', NULL), coalesce(around(), now()) FROM generate_series(1, 300);
INSERT INTO multitenant."ActivityLogs" ("userId", "tenantId", action, "createdAt") SELECT some_user(), some_tenant(), 'a', coalesce(around(), now()) FROM generate_series(1, 50);
INSERT INTO multitenant."SecurityAuditLogs" (event, "tenantId", "createdAt") SELECT pick('sign_in.unknown_user', 'user.locked'), some_tenant(), coalesce(around(), now()) FROM generate_series(1, 300);
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "refreshTokenExpiresAt", "clientId", "userId", revoked, type)
SELECT 'model' || i, coalesce(around(), now()), around(), pick('00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-0000000000c2')::uuid, CASE WHEN random() < 0.7 THEN some_user() END, random() < 0.3, pick('session', 'session', 'access') FROM generate_series(1, 400) i;
INSERT INTO multitenant."Invitations" (email, token, status, "expiresAt", "tenantId", "invitedById") SELECT 'model' || i, i, pick('pending', 'pending', 'accepted', 'cancelled', 'expired')::multitenant."enum_Invitations_status", coalesce(around(), now()), coalesce(some_tenant(), '00000000-0000-0000-0000-0000000000cc'), :'ada' FROM generate_series(1, 200) i;
RESET session_replication_role;
SET multitenant.audit_retention = '150d';
-- of a tenant, or of all; a session is one that has a time left, by whichever of its times is the last word
CREATE FUNCTION model(t uuid, overall boolean) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH attempts AS (
    SELECT CASE WHEN "failureReason" IS NULL THEN status::text ELSE "failureReason" END AS o, "createdAt" AS at FROM multitenant."LoginHistories" WHERE overall OR "tenantId" = t
    UNION ALL SELECT 'unknown_user', "createdAt" FROM multitenant."SecurityAuditLogs" WHERE overall AND event = 'sign_in.unknown_user')
  SELECT jsonb_build_object(
    'sign_ins_last_hour', (SELECT coalesce(jsonb_object_agg(o, n), '{}') FROM (SELECT o, count(*) n FROM attempts WHERE at > now() - interval '1 hour' GROUP BY o) x),
    'sign_ins_last_day', (SELECT coalesce(jsonb_object_agg(o, n), '{}') FROM (SELECT o, count(*) n FROM attempts WHERE at > now() - interval '24 hours' GROUP BY o) x),
    'locked_accounts', (SELECT count(*) FROM multitenant."Users" u WHERE greatest("accountLockedUntil", "twoFactorLockedUntil") > now() AND (overall OR t IN (SELECT "tenantId" FROM multitenant."TenantUsers" WHERE "userId" = u.id))),
    'live_sessions', (SELECT count(*) FROM multitenant."OAuthTokens" k WHERE CASE WHEN "refreshTokenExpiresAt" IS NULL THEN "accessTokenExpiresAt" ELSE "refreshTokenExpiresAt" END > now() AND NOT revoked AND "userId" IS NOT NULL AND type = 'session'
                        AND (overall OR t = (SELECT "tenantId" FROM multitenant."OAuthClients" c WHERE c.id = k."clientId"))),
    'pending_invitations', (SELECT count(*) FROM multitenant."Invitations" WHERE status = 'pending' AND "expiresAt" > now() AND (overall OR "tenantId" = t)),
    'oldest_row_past_retention', (SELECT min(at) FROM (SELECT "tenantId", "createdAt" AS at, 90 AS days FROM multitenant."LoginHistories" UNION ALL SELECT "tenantId", "createdAt", 90 FROM multitenant."ActivityLogs" UNION ALL SELECT "tenantId", "createdAt", 150 FROM multitenant."SecurityAuditLogs") l
                                    WHERE at < now() - days * interval '24 hours' AND (overall OR "tenantId" = t))) $$;
BEGIN; -- one time for all
SELECT key, v.value = m.value AS as_the_model, v.value NOT IN ('0', '{}', 'null') AS something FROM multitenant.stats s, jsonb_each(to_jsonb(s)) v JOIN jsonb_each(model(NULL, true)) m USING (key) ORDER BY key COLLATE "C";
SELECT slug, count(*) AS columns, string_agg(key, ' ') FILTER (WHERE v.value <> m.value) AS wrong FROM multitenant.tenant_stats s, jsonb_each(to_jsonb(s) - '{tenant_id,slug}'::text[]) v JOIN jsonb_each(model(s.tenant_id, false)) m USING (key) GROUP BY slug ORDER BY slug COLLATE "C";
COMMIT;
