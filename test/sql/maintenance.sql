-- run_maintenance(): what is due goes, what is not stays, at most a batch at a time.
\set VERBOSITY sqlstate
SET multitenant.argon2_memory = 64;

-- Of each kind a row for every number of days past its limit, -2 to 10: those from 0 on are due.
INSERT INTO multitenant."Users" (id, email) VALUES ('00000000-0000-0000-0000-000000000001', 'ada@example.org');
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES ('00000000-0000-0000-0000-0000000000aa', 'Acme', 'acme', 'u');
INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId") VALUES ('00000000-0000-0000-0000-0000000000c1', 'c', 'C', 'public', '00000000-0000-0000-0000-0000000000aa');
CREATE TEMP TABLE past AS SELECT d, statement_timestamp() - d * interval '1 day' AS at FROM generate_series(-2, 10) d;
UPDATE past SET at = at + interval '1 second' WHERE d < 0;
INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById", status)
SELECT d || s, 't', at, '00000000-0000-0000-0000-0000000000aa', '00000000-0000-0000-0000-000000000001', s::multitenant."enum_Invitations_status"
FROM past, unnest('{pending,accepted,cancelled,expired}'::text[]) AS s;
-- tokens: by the refresh token where there is one, by the access token where there is none, by the revocation
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "refreshTokenExpiresAt", "clientId", "userId", revoked, "revokedAt")
SELECT k || d, CASE k WHEN 'access' THEN end_at WHEN 'refresh' THEN end_at - interval '1 year' ELSE now() + interval '1 year' END,
       CASE k WHEN 'refresh' THEN end_at END, '00000000-0000-0000-0000-0000000000c1', '00000000-0000-0000-0000-000000000001',
       k = 'revoked', CASE k WHEN 'revoked' THEN end_at END
FROM past, unnest('{access,refresh,revoked}'::text[]) AS k, LATERAL (SELECT at - interval '30 days') AS e (end_at);
INSERT INTO multitenant."LoginHistories" ("userId", status, "createdAt") SELECT '00000000-0000-0000-0000-000000000001', 'success', at - interval '90 days' FROM past;
INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt") SELECT '00000000-0000-0000-0000-000000000001', 'a', at - interval '90 days' FROM past;
INSERT INTO multitenant."SecurityAuditLogs" (event, "createdAt") SELECT 'e', at - interval '10 years' FROM past;
INSERT INTO multitenant."Users" (email, "verificationToken", "verificationTokenExpires", "resetToken", "resetTokenExpires")
SELECT 'token' || d, 'v' || d, at - interval '30 days', 'r' || d, at - interval '30 days' FROM past;
INSERT INTO multitenant."Users" (email, "twoFactorSecret", "twoFactorPendingVerification", "twoFactorSetupStartedAt", "twoFactorEnabled")
SELECT 'setup' || d || on_, 'secret', true, at - interval '30 days', on_ FROM past, unnest('{t,f}'::bool[]) AS on_;
UPDATE multitenant."Users" SET "verificationTokenExpires" = NULL WHERE email = 'token10'; -- no time: never due

CREATE TEMP VIEW left_over AS
SELECT (SELECT string_agg(email, ' ' ORDER BY "expiresAt" DESC) FROM multitenant."Invitations" WHERE status = 'pending') AS pending,
       (SELECT count(*) FROM multitenant."Invitations" WHERE status = 'expired') AS expired,
       (SELECT string_agg("accessToken", ' ' ORDER BY "accessToken" COLLATE "C") FROM multitenant."OAuthTokens") AS tokens,
       (SELECT count(*) FROM multitenant."LoginHistories") AS sign_ins, (SELECT count(*) FROM multitenant."ActivityLogs") AS activities,
       (SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'e') AS events,
       (SELECT string_agg("verificationToken", ' ' ORDER BY email) FROM multitenant."Users") AS verification,
       (SELECT string_agg("resetToken", ' ' ORDER BY email) FROM multitenant."Users") AS reset,
       (SELECT string_agg(email, ' ' ORDER BY email COLLATE "C") FROM multitenant."Users" WHERE "twoFactorPendingVerification") AS setups,
       (SELECT count("twoFactorSecret") FROM multitenant."Users") AS secrets;
\x
SELECT * FROM left_over;
\x
-- bad sizes
SELECT * FROM multitenant.run_maintenance(NULL);
SELECT * FROM multitenant.run_maintenance(0);
SELECT * FROM multitenant.run_maintenance(-1);
SELECT * FROM multitenant.run_maintenance(1000001);
-- a batch is a bound for each task, oldest first
SELECT * FROM multitenant.run_maintenance(4);
\x
SELECT * FROM left_over;
\x
SELECT * FROM multitenant.run_maintenance(1000000);
\x
SELECT * FROM left_over;
\x
SELECT sum(affected) AS nothing_more FROM multitenant.run_maintenance();
-- a user's row says that it changed; what was not due says nothing
SELECT count(*) FILTER (WHERE "updatedAt" > "createdAt") AS changed, count(*) FROM multitenant."Users";

-- 0 keeps for ever; the audit log has it by default
SET multitenant.login_history_retention = 0; SET multitenant.activity_retention = 0; SET multitenant.token_retention = 0;
INSERT INTO multitenant."LoginHistories" ("userId", status, "createdAt") VALUES ('00000000-0000-0000-0000-000000000001', 'success', '-infinity');
SELECT sum(affected) FROM multitenant.run_maintenance();
RESET multitenant.login_history_retention; RESET multitenant.activity_retention; RESET multitenant.token_retention;
SET multitenant.audit_retention = '3650d';
SELECT * FROM multitenant.run_maintenance(3) WHERE affected > 0;
SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'e';
SELECT event, severity, details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'audit.%';
RESET multitenant.audit_retention;
-- SELECT without FROM, and a part of the rows: all is done all the same
INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt") SELECT '00000000-0000-0000-0000-000000000001', 'a', '2001-01-01' FROM generate_series(1, 6);
SELECT multitenant.run_maintenance(3) LIMIT 1;
SELECT count(*) FROM multitenant."ActivityLogs" WHERE "createdAt" < '2002-01-01';
SELECT task FROM multitenant.run_maintenance(3) LIMIT 1;
SELECT count(*) FROM multitenant."ActivityLogs" WHERE "createdAt" < '2002-01-01';

--
-- Tenants: those whose time has come, no others
--

SELECT multitenant.create_tenant(s, s, s, '00000000-0000-0000-0000-000000000001') IS NOT NULL AS made FROM unnest('{due,later,suspended,cancelled}'::text[]) AS s;
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() - interval '1 day' WHERE slug = 'due';
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() + interval '1 hour' WHERE slug = 'later';
UPDATE multitenant."Tenants" SET status = 'suspended', "deletionScheduledAt" = now() - interval '1 day' WHERE slug = 'suspended';
UPDATE multitenant."Tenants" SET status = 'active', "deletionScheduledAt" = now() - interval '1 day' WHERE slug = 'cancelled';
SELECT id AS due FROM multitenant."Tenants" WHERE slug = 'due' \gset
-- with rows that are more than a batch: 10 members, 10 tokens, 10 rows of each log, 5 invitations
INSERT INTO multitenant."Users" (email) SELECT 'member' || i FROM generate_series(1, 10) i;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT id, :'due', '{member}' FROM multitenant."Users" WHERE email LIKE 'member%';
INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId") VALUES ('00000000-0000-0000-0000-0000000000c2', 'd', 'D', 'public', :'due');
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId") SELECT 'due' || i, now() + interval '1 day', '00000000-0000-0000-0000-0000000000c2' FROM generate_series(1, 10) i;
INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById") SELECT i, i, now() + interval '1 day', :'due', '00000000-0000-0000-0000-000000000001' FROM generate_series(1, 5) i;
INSERT INTO multitenant."LoginHistories" ("userId", status, "tenantId") SELECT '00000000-0000-0000-0000-000000000001', 'success', :'due' FROM generate_series(1, 10);
INSERT INTO multitenant."ActivityLogs" ("userId", action, "tenantId") SELECT '00000000-0000-0000-0000-000000000001', 'a', :'due' FROM generate_series(1, 10);
INSERT INTO multitenant."SecurityAuditLogs" (event, "tenantId") SELECT 'of tenant', :'due' FROM generate_series(1, 9); -- and tenant.created
CREATE TEMP VIEW of_due AS SELECT
  (SELECT count(*) FROM multitenant."OAuthTokens" WHERE "accessToken" LIKE 'due%') AS tokens, (SELECT count(*) FROM multitenant."Invitations" WHERE "tenantId" NOT IN ('00000000-0000-0000-0000-0000000000aa')) AS invitations,
  (SELECT count(*) FROM multitenant."TenantUsers" m JOIN multitenant."Tenants" t ON t.id = m."tenantId" WHERE slug = 'due') AS members,
  (SELECT count("tenantId") FROM multitenant."LoginHistories") AS sign_ins, (SELECT count("tenantId") FROM multitenant."ActivityLogs") AS activities,
  (SELECT count("tenantId") FROM multitenant."SecurityAuditLogs" WHERE event = 'of tenant') AS events,
  (SELECT count(*) FROM multitenant."Tenants" WHERE slug = 'due') AS tenant;
-- the last owner stays to the end; 10 + 5 + 10 + 10 + 10 + 10 rows, then the tenant
CREATE TEMP TABLE steps (step int GENERATED ALWAYS AS IDENTITY, affected bigint, begun bool, tokens int, invitations int, members int, sign_ins int, activities int, events int, tenant int);
DO $$
DECLARE n bigint;
BEGIN
  LOOP
    SELECT affected INTO n FROM multitenant.run_maintenance(12) WHERE task = 'delete_tenants';
    INSERT INTO steps (affected, begun, tokens, invitations, members, sign_ins, activities, events, tenant) SELECT n, (SELECT "deletionScheduledAt" = '-infinity' FROM multitenant."Tenants" WHERE slug = 'due'), * FROM of_due;
    EXIT WHEN n = 0;
    COMMIT;
  END LOOP;
END $$;
TABLE steps;
SELECT slug, status FROM multitenant."Tenants" ORDER BY 1;
SELECT severity, details - 'tenantId' AS details, details->>'tenantId' = :'due' AS the_id, "tenantId" FROM multitenant."SecurityAuditLogs" WHERE event = 'tenant.deleted';

-- One that an application's table refers to is left, and keeps nothing else waiting
CREATE TABLE invoice (tenant uuid REFERENCES multitenant."Tenants" (id));
INSERT INTO invoice SELECT id FROM multitenant."Tenants" WHERE slug = 'suspended';
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() - CASE slug WHEN 'suspended' THEN 2 ELSE 1 END * interval '1 day' WHERE slug IN ('suspended', 'cancelled');
INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt") VALUES ('00000000-0000-0000-0000-000000000001', 'a', '2001-01-01');
\set VERBOSITY terse
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0;
\set VERBOSITY sqlstate
SELECT slug, status FROM multitenant."Tenants" ORDER BY 1;
TRUNCATE invoice;
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0;

-- so is one of which a row is referred to, and one that an application guards by a trigger
CREATE TABLE desk (member uuid REFERENCES multitenant."TenantUsers" (id));
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.slug = 'guarded' THEN RAISE EXCEPTION 'there are unpaid bills'; END IF;
  IF OLD.slug = 'hidden' THEN RETURN NULL; END IF;
  IF OLD.slug = 'cut' THEN RAISE EXCEPTION 'no more' USING ERRCODE = 'query_canceled'; END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER keep BEFORE DELETE ON multitenant."Tenants" FOR EACH ROW EXECUTE FUNCTION keep();
SELECT multitenant.create_tenant(s, s, s) IS NOT NULL AS made FROM unnest('{desk,guarded,hidden,next}'::text[]) AS s;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId") SELECT u.id, t.id FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email = 'member1' AND t.slug = 'desk';
INSERT INTO desk SELECT m.id FROM multitenant."TenantUsers" m JOIN multitenant."Tenants" t ON t.id = m."tenantId" WHERE t.slug = 'desk';
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() - interval '1 hour' WHERE slug IN ('desk', 'guarded', 'hidden');
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() WHERE slug = 'next';
UPDATE multitenant."Users" SET "resetToken" = 'old', "resetTokenExpires" = '2001-01-01' WHERE email = 'member1'; -- a task that comes after
\set VERBOSITY terse
SET client_min_messages = error; -- the warnings come in the order of random ids
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0;
RESET client_min_messages;
SELECT slug FROM multitenant."Tenants" WHERE slug IN ('desk', 'guarded', 'hidden', 'next') ORDER BY 1;
TRUNCATE desk;
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0; -- the member, the tenant, the logs
-- what is no refusal is an error, and leaves no transaction open
UPDATE multitenant."Tenants" SET slug = 'cut' WHERE slug = 'guarded';
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0;
SELECT slug FROM multitenant."Tenants" WHERE slug IN ('cut', 'hidden') ORDER BY 1;
DROP TRIGGER keep ON multitenant."Tenants";
\set VERBOSITY sqlstate
SELECT affected FROM multitenant.run_maintenance() WHERE task = 'delete_tenants';
SELECT count(*) FROM multitenant."Tenants" WHERE slug IN ('cut', 'hidden');
-- one that nobody may change keeps its rows, since it could not be marked as begun
CREATE FUNCTION stay_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'it is frozen';
END $$;
SELECT multitenant.create_tenant('frozen', 'frozen', 'frozen') AS frozen, multitenant.create_tenant('afterwards', 'afterwards', 'afterwards') IS NOT NULL AS made \gset
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'frozen') IS NOT NULL AS added;
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() - interval '2 days' WHERE slug = 'frozen';
UPDATE multitenant."Tenants" SET status = 'pending_deletion', "deletionScheduledAt" = now() - interval '1 day' WHERE slug = 'afterwards';
CREATE TRIGGER stay_frozen BEFORE UPDATE ON multitenant."Tenants" FOR EACH ROW WHEN (OLD.slug = 'frozen') EXECUTE FUNCTION stay_frozen();
\set VERBOSITY terse
SELECT affected > 0 AS is_done FROM multitenant.run_maintenance() WHERE task = 'delete_tenants';
SELECT slug, (SELECT count(*) FROM multitenant."TenantUsers" WHERE "tenantId" = t.id) AS members FROM multitenant."Tenants" t WHERE slug IN ('frozen', 'afterwards');
DROP TRIGGER stay_frozen ON multitenant."Tenants";
SELECT affected > 0 AS is_done FROM multitenant.run_maintenance() WHERE task = 'delete_tenants';
SELECT count(*) FROM multitenant."Tenants" WHERE slug IN ('frozen', 'afterwards');
\set VERBOSITY sqlstate

-- while a backup takes a long look nothing stops: repeatable read works too
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT sum(affected) FROM multitenant.run_maintenance();
COMMIT;
BEGIN READ ONLY;
SELECT sum(affected) FROM multitenant.run_maintenance();
ROLLBACK;

-- who looks sees what is done, and afterwards the statement again
CREATE FUNCTION say() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE INFO '%', (SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid());
  RETURN OLD;
END $$;
CREATE TRIGGER say BEFORE DELETE ON multitenant."ActivityLogs" FOR EACH ROW EXECUTE FUNCTION say();
INSERT INTO multitenant."ActivityLogs" ("userId", action, "createdAt") VALUES ('00000000-0000-0000-0000-000000000001', 'a', '2001-01-01');
\set VERBOSITY terse
DO $$ BEGIN
  PERFORM * FROM multitenant.run_maintenance();
  PERFORM pg_stat_clear_snapshot();
  RAISE INFO '%', (SELECT split_part(query, ' ', 1) FROM pg_stat_activity WHERE pid = pg_backend_pid());
END $$;
