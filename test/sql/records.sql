-- What an application writes into the logs, and that nobody changes what stands there.
\set VERBOSITY sqlstate
SET client_min_messages = warning; -- TRUNCATE names what it cascades to
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org'), ('00000000-0000-0000-0000-000000000002', 'ben@example.org');
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES
  ('00000000-0000-0000-0000-0000000000aa', 'Acme', 'acme', 'u1'), ('00000000-0000-0000-0000-0000000000bb', 'Umbrella', 'umbrella', 'u2');
\set ada 00000000-0000-0000-0000-000000000001
\set ben 00000000-0000-0000-0000-000000000002
\set acme 00000000-0000-0000-0000-0000000000aa
\set umbrella 00000000-0000-0000-0000-0000000000bb

--
-- Activities
--

BEGIN;
SELECT pg_sleep(0.01);
SELECT multitenant.log_activity(:'ada', 'invoice.sent', '{"number": 7}', '2001:DB8::1', repeat('é', 600), :'acme') AS row \gset
SELECT "userId", action, details, "ipAddress", length("userAgent"), "tenantId", "createdAt" > now() AS dated_by_the_clock, "createdAt" = "updatedAt" AS once
FROM multitenant."ActivityLogs" WHERE id = :'row';
COMMIT;
SELECT multitenant.log_activity(:'ada', 'bare') AS row \gset
SELECT action, details, "ipAddress", "userAgent", "tenantId" FROM multitenant."ActivityLogs" WHERE id = :'row';
-- the tenant of the context, unless another is named; one that is gone is none
BEGIN;
SET LOCAL multitenant.tenant_id = '00000000-0000-0000-0000-0000000000aa';
SET LOCAL multitenant.user_id = '00000000-0000-0000-0000-000000000002';
SELECT multitenant.log_activity(:'ada', 'in context') AS one, multitenant.log_activity(:'ada', 'elsewhere', tenant_id => :'umbrella') AS other,
       multitenant.log_security_event(:'ada', 'in context') AS event \gset
SELECT action, "tenantId" FROM multitenant."ActivityLogs" WHERE id IN (:'one', :'other') ORDER BY 1 DESC;
SELECT "userId", "actorId", "tenantId" FROM multitenant."SecurityAuditLogs" WHERE id = :'event';
SET LOCAL multitenant.tenant_id = '00000000-0000-0000-0000-0000000000cc';
SELECT multitenant.log_activity(:'ada', 'no such context') AS row \gset
SELECT "tenantId" FROM multitenant."ActivityLogs" WHERE id = :'row';
ROLLBACK;
-- refused
SELECT multitenant.log_activity(NULL, 'x');
SELECT multitenant.log_activity('00000000-0000-0000-0000-0000000000ff', 'x');
SELECT multitenant.log_activity(:'ada', NULL);
SELECT multitenant.log_activity(:'ada', '');
SELECT multitenant.log_activity(:'ada', E'forged\nline');
SELECT multitenant.log_activity(:'ada', repeat('x', 256));
SELECT multitenant.log_activity(:'ada', repeat('x', 255)) IS NOT NULL AS just_fits;
SELECT multitenant.log_activity(:'ada', 'x', to_jsonb(repeat('x', 65537)));
SELECT multitenant.log_activity(:'ada', 'x', to_jsonb(repeat('x', 65000))) IS NOT NULL AS fits;
SELECT multitenant.log_activity(:'ada', 'x', ip_address => 'localhost');
SELECT multitenant.log_activity(:'ada', 'x', ip_address => '10.0.0.0/8');
SELECT multitenant.log_activity(:'ada', 'x', tenant_id => :'ada');

--
-- Security events
--

SELECT multitenant.log_security_event(:'ada', 'card.stolen', '{"card": 1}', s, '192.0.2.1', 'curl', :'acme') IS NOT NULL AS written
FROM unnest('{low,medium,high,critical}'::text[]) AS s;
SELECT multitenant.log_security_event(NULL, 'port.scan') AS row \gset
SELECT "userId", event, severity, details, "actorId" FROM multitenant."SecurityAuditLogs" WHERE id = :'row';
SELECT "userId", severity, details, "ipAddress", "userAgent", "tenantId" FROM multitenant."SecurityAuditLogs" WHERE event = 'card.stolen' ORDER BY severity;
SELECT multitenant.log_security_event(:'ada', 'x', severity => s) FROM unnest('{"",none,LOW}'::text[]) AS s;
SELECT multitenant.log_security_event(:'ada', 'x', severity => 'none');
SELECT multitenant.log_security_event(:'ada', 'x', severity => NULL);
SELECT multitenant.log_security_event('00000000-0000-0000-0000-0000000000ff', 'x');
SELECT multitenant.log_security_event(:'ada', NULL);
SELECT multitenant.log_security_event(:'ada', 'x', to_jsonb(repeat('x', 65537)));
SELECT multitenant.log_security_event(:'ada', 'x', ip_address => '1.2.3');
SELECT multitenant.log_security_event(:'ada', 'x', tenant_id => :'ada');

--
-- Append-only: for the owner too, who is a superuser here
--

INSERT INTO multitenant."LoginHistories" ("userId", status, "tenantId") VALUES (:'ada', 'success', :'acme'), (:'ben', 'failed', NULL);
SELECT multitenant.log_activity(:'ben', 'x') IS NOT NULL AS ben;
-- every way to change a row; "done" is what it would say if it went through
CREATE FUNCTION attempt(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  RAISE EXCEPTION 'done' USING ERRCODE = 'DONE0';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
SELECT sql, array_agg(attempt(format(sql, log)) ORDER BY log) AS sqlstates
FROM unnest('{LoginHistories,ActivityLogs,SecurityAuditLogs}'::text[]) AS log, unnest(ARRAY[
  'UPDATE multitenant.%1$I SET "ipAddress" = NULL',
  'UPDATE multitenant.%1$I SET "createdAt" = "createdAt" - interval ''1 year''',
  'UPDATE multitenant.%1$I SET id = id',
  'UPDATE multitenant.%1$I SET "tenantId" = NULL WHERE "tenantId" IS NOT NULL',
  'UPDATE multitenant.%1$I SET "tenantId" = ''00000000-0000-0000-0000-0000000000bb''',
  'UPDATE multitenant.%1$I SET "userId" = ''00000000-0000-0000-0000-000000000002'' WHERE "userId" IS NOT NULL',
  'INSERT INTO multitenant.%1$I SELECT * FROM multitenant.%1$I ON CONFLICT (id) DO UPDATE SET "userAgent" = ''x''',
  'DELETE FROM multitenant.%1$I',
  'WITH gone AS (DELETE FROM multitenant.%1$I RETURNING 1) SELECT count(*) FROM gone',
  'TRUNCATE multitenant.%1$I',
  'TRUNCATE multitenant.%1$I CASCADE',
  'TRUNCATE multitenant."Tenants" CASCADE']) AS sql
GROUP BY sql ORDER BY sql COLLATE "C";
SELECT attempt('UPDATE multitenant."SecurityAuditLogs" SET "userId" = NULL WHERE "userId" IS NOT NULL'),
       attempt('UPDATE multitenant."SecurityAuditLogs" SET details = NULL WHERE false') AS no_row;
\set VERBOSITY terse
DELETE FROM multitenant."SecurityAuditLogs";
UPDATE multitenant."LoginHistories" SET status = 'success';
TRUNCATE multitenant."ActivityLogs";
\set VERBOSITY sqlstate

-- Nothing passes for a referential action that is none: not by the depth of triggers, not from
-- a foreign key's own query, not beside a deletion in one statement.
CREATE TABLE scratch (id int);
CREATE FUNCTION deep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM multitenant."LoginHistories"; RETURN NULL; END $$;
CREATE TRIGGER deep AFTER INSERT ON scratch FOR EACH ROW EXECUTE FUNCTION deep();
INSERT INTO scratch VALUES (1);
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent ON DELETE CASCADE);
CREATE TRIGGER deep AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION deep();
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1);
DELETE FROM parent;
WITH gone AS (DELETE FROM multitenant."Tenants" WHERE id = :'acme' RETURNING id)
UPDATE multitenant."LoginHistories" SET "tenantId" = NULL FROM gone WHERE "tenantId" = gone.id;
-- nor beside one that goes through: what runs below a statement of ours is not ours
CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM multitenant."ActivityLogs"; RETURN OLD; END $$;
CREATE TRIGGER more BEFORE DELETE ON multitenant."LoginHistories" FOR EACH ROW EXECUTE FUNCTION more();
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE multitenant."LoginHistories" SET "createdAt" = now() - interval '1 year' WHERE "userId" = :'ben';
COMMIT;
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0;
DROP TRIGGER more ON multitenant."LoginHistories";
-- … and after a statement of ours that failed the log is as closed as before
SELECT attempt('DELETE FROM multitenant."LoginHistories"') AS still;
SELECT * FROM multitenant.run_maintenance() WHERE affected > 0;
SELECT attempt('DELETE FROM multitenant."LoginHistories"') AS still;

-- Roles: one that may do everything with the tables
CREATE ROLE archivist;
GRANT USAGE ON SCHEMA multitenant TO archivist;
GRANT ALL ON ALL TABLES IN SCHEMA multitenant TO archivist;
SET ROLE archivist;
DELETE FROM multitenant."ActivityLogs";
UPDATE multitenant."ActivityLogs" SET action = 'x';
TRUNCATE multitenant."ActivityLogs";
SET session_replication_role = replica;
INSERT INTO multitenant."ActivityLogs" ("userId", action) SELECT id, 'direct' FROM multitenant."Users" LIMIT 1;
RESET ROLE;
DROP OWNED BY archivist;
DROP ROLE archivist;

-- Referential actions go through: a tenant's rows lose it, a user's go or lose the user, and
-- nothing else changes.
CREATE TEMP TABLE before AS
SELECT id, to_jsonb(l) - '{tenantId,userId,actorId,updatedAt}'::text[] AS rest FROM multitenant."LoginHistories" l
UNION ALL SELECT id, to_jsonb(l) - '{tenantId,userId,actorId,updatedAt}'::text[] FROM multitenant."ActivityLogs" l
UNION ALL SELECT id, to_jsonb(l) - '{tenantId,userId,actorId,updatedAt}'::text[] FROM multitenant."SecurityAuditLogs" l;
CREATE TEMP VIEW counts AS
SELECT (SELECT count(*) FROM multitenant."LoginHistories") AS sign_ins, (SELECT count(*) FROM multitenant."ActivityLogs") AS activities,
       (SELECT count(*) FROM multitenant."SecurityAuditLogs") AS events, (SELECT count("userId") FROM multitenant."SecurityAuditLogs") AS of_users,
       (SELECT count("actorId") FROM multitenant."SecurityAuditLogs") AS by_actors,
       (SELECT count("tenantId") FROM (SELECT "tenantId" FROM multitenant."LoginHistories" UNION ALL SELECT "tenantId" FROM multitenant."ActivityLogs"
         UNION ALL SELECT "tenantId" FROM multitenant."SecurityAuditLogs") a) AS of_tenants;
BEGIN;
SET LOCAL multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SELECT multitenant.log_security_event(:'ada', 'to herself') IS NOT NULL AS written;
COMMIT;
SELECT * FROM counts;
DELETE FROM multitenant."Tenants" WHERE id = :'acme';
SELECT * FROM counts;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM multitenant."Users";
SET LOCAL multitenant.allow_hard_delete = on;
DELETE FROM multitenant."Users" WHERE id = :'ada';
COMMIT;
SELECT * FROM counts;
SELECT count(*) AS changed FROM before b
WHERE EXISTS (SELECT FROM (SELECT id, to_jsonb(l) AS row FROM multitenant."LoginHistories" l UNION ALL SELECT id, to_jsonb(l) FROM multitenant."ActivityLogs" l
                           UNION ALL SELECT id, to_jsonb(l) FROM multitenant."SecurityAuditLogs" l) n
              WHERE n.id = b.id AND n.row - '{tenantId,userId,actorId,updatedAt}'::text[] <> b.rest);
-- TRUNCATE of users takes the logs along where a superuser lets users go, and only then
SET multitenant.allow_hard_delete = on;
TRUNCATE multitenant."ActivityLogs";
TRUNCATE multitenant."Users", multitenant."Tenants" CASCADE;
SELECT * FROM counts;

-- what the limit of each log is
SELECT log, date_trunc('day', statement_timestamp() - multitenant.retention_limit(log)) AS kept_for FROM unnest('{LoginHistories,ActivityLogs,SecurityAuditLogs}'::text[]) AS log;
SET multitenant.audit_retention = '2d';
SET multitenant.activity_retention = 0;
SELECT log, date_trunc('day', statement_timestamp() - multitenant.retention_limit(log)) AS kept_for FROM unnest('{LoginHistories,ActivityLogs,SecurityAuditLogs}'::text[]) AS log;
SELECT multitenant.retention_limit('Users');
SELECT multitenant.retention_limit(NULL);
SELECT name, setting, unit, boot_val, context FROM pg_settings WHERE name LIKE 'multitenant.%retention' ORDER BY 1;
