-- Row-level security: an application's own tables, and the extension's
\set VERBOSITY terse
CREATE ROLE rls_app NOLOGIN;
CREATE ROLE rls_owner NOLOGIN;
CREATE SCHEMA app AUTHORIZATION rls_owner;
GRANT USAGE ON SCHEMA app TO rls_app;
SELECT multitenant.grant_access('rls_app', 'service');
-- who owns the tables protects them; to read them it needs what the policies call
GRANT EXECUTE ON FUNCTION multitenant.protect_table, multitenant.unprotect_table, multitenant.is_member, multitenant.current_tenant_id TO rls_owner;
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'ben@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'cyd@example.org');
\set ada '00000000-0000-0000-0000-000000000001'
\set ben '00000000-0000-0000-0000-000000000002'
\set cyd '00000000-0000-0000-0000-000000000003'
\set acme '00000000-0000-0000-0000-0000000000aa'
\set umbrella '00000000-0000-0000-0000-0000000000bb'
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES
  (:'acme', 'Acme', 'acme', 'a'), (:'umbrella', 'Umbrella', 'umbrella', 'u');
SELECT multitenant.create_permission('invoice', 'read') IS NOT NULL AND multitenant.create_permission('invoice', 'write') IS NOT NULL AS made;
-- ada writes and reads at Acme, ben is a member there, cyd writes and reads at Umbrella
SELECT multitenant.create_role(:'acme', 'clerk', permissions => '{invoice:read,invoice:write}') IS NOT NULL
   AND multitenant.create_role(:'umbrella', 'clerk', permissions => '{invoice:read,invoice:write}') IS NOT NULL AS made;
SELECT multitenant.add_member(:'ada', :'acme', '{clerk}') IS NOT NULL AND multitenant.add_member(:'ben', :'acme', '{}') IS NOT NULL
   AND multitenant.add_member(:'cyd', :'umbrella', '{clerk}') IS NOT NULL AS added;

-- What stands on a table: each policy, and whether security is on and forced.
CREATE FUNCTION public.protection(relation regclass) RETURNS TABLE (policy text) LANGUAGE sql
SET search_path = pg_catalog AS $$
  SELECT concat_ws(' ', polname, CASE WHEN polpermissive THEN 'or' ELSE 'and' END, polcmd,
                   pg_get_expr(polqual, polrelid), 'check ' || pg_get_expr(polwithcheck, polrelid))
  FROM pg_policy WHERE polrelid = relation
  UNION ALL
  SELECT concat_ws(' ', '=', CASE WHEN relrowsecurity THEN 'on' END, CASE WHEN relforcerowsecurity THEN 'forced' END)
  FROM pg_class WHERE oid = relation
  ORDER BY 1 $$;

--
-- protect_table
--

SET ROLE rls_owner;
CREATE TABLE app.invoices (id int PRIMARY KEY, "tenantId" uuid, note text);
CREATE INDEX ON app.invoices ("tenantId");
INSERT INTO app.invoices VALUES (1, :'acme', 'a'), (2, :'acme', 'b'), (3, :'umbrella', 'c'), (4, NULL, 'nobody''s');
GRANT SELECT, INSERT, UPDATE, DELETE ON app.invoices TO rls_app;
SELECT multitenant.protect_table('app.invoices');
SELECT * FROM public.protection('app.invoices');

-- the owner is bound as well, and without a context there is nothing
SELECT id FROM app.invoices;
RESET ROLE;
SET ROLE rls_app;
SELECT id FROM app.invoices;
INSERT INTO app.invoices VALUES (5, :'acme');
BEGIN;
SELECT multitenant.set_context(:'ben', :'acme');
SELECT id FROM app.invoices ORDER BY id;
INSERT INTO app.invoices VALUES (5, :'acme') RETURNING id;
UPDATE app.invoices SET note = 'mine' RETURNING id;
DELETE FROM app.invoices WHERE id IN (2, 3) RETURNING id;
SAVEPOINT s;
INSERT INTO app.invoices VALUES (6, :'umbrella');
ROLLBACK TO s;
INSERT INTO app.invoices VALUES (6, NULL);
ROLLBACK TO s;
UPDATE app.invoices SET "tenantId" = :'umbrella' WHERE id = 1;
ROLLBACK TO s;
UPDATE app.invoices SET "tenantId" = NULL;
ROLLBACK TO s;
INSERT INTO app.invoices VALUES (3, :'acme') ON CONFLICT (id) DO UPDATE SET note = 'stolen';
ROLLBACK TO s;
SELECT id FROM app.invoices WHERE id = 3 FOR UPDATE;
-- a tenant-less context
SELECT multitenant.set_context(:'ben');
SELECT count(*) FROM app.invoices;
ROLLBACK;
RESET ROLE;
-- a member who is one no longer sees nothing, in the middle of a transaction too
BEGIN;
SELECT multitenant.set_context(:'ben', :'acme');
SET LOCAL ROLE rls_app;
SELECT count(*) FROM app.invoices;
RESET ROLE;
DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'ben';
SET LOCAL ROLE rls_app;
SELECT count(*) FROM app.invoices;
INSERT INTO app.invoices VALUES (7, :'acme');
ROLLBACK;
BEGIN;
SELECT multitenant.set_context(:'ben', :'acme');
UPDATE multitenant."Tenants" SET status = 'suspended' WHERE id = :'acme';
SET LOCAL ROLE rls_app;
SELECT count(*) FROM app.invoices;
ROLLBACK;
-- with a superuser's rights there is no wall
SELECT count(*) FROM app.invoices;

-- permissions; what stands already is left alone, what differs is replaced
SET ROLE rls_owner;
SELECT oid AS wall FROM pg_policy WHERE polrelid = 'app.invoices'::regclass AND polname = 'multitenant_tenant' \gset
SELECT multitenant.protect_table('app.invoices', read_permission => 'invoice:read', write_permission => 'invoice:write');
SELECT * FROM public.protection('app.invoices');
SELECT count(*) = 1 AS wall_kept FROM pg_policy WHERE oid = :wall;
CREATE TEMP TABLE before AS SELECT oid, xmin::text AS version FROM pg_policy UNION ALL SELECT oid, xmin::text FROM pg_class WHERE oid = 'app.invoices'::regclass;
SELECT multitenant.protect_table('app.invoices', 'tenantId', 'invoice:read', 'invoice:write');
SELECT count(*) AS changed FROM (SELECT oid, xmin::text AS version FROM pg_policy UNION ALL SELECT oid, xmin::text FROM pg_class WHERE oid = 'app.invoices'::regclass EXCEPT TABLE before) c;
-- nor is more than a look at it taken, so readers go on
BEGIN;
SELECT multitenant.protect_table('app.invoices', 'tenantId', 'invoice:read', 'invoice:write');
SELECT mode FROM pg_locks WHERE relation = 'app.invoices'::regclass AND pid = pg_backend_pid() ORDER BY mode;
COMMIT;
RESET ROLE;
BEGIN;
SELECT multitenant.set_context(:'ben', :'acme');
SET LOCAL ROLE rls_app;
SELECT count(*) AS ben_reads FROM app.invoices;
DELETE FROM app.invoices;
SELECT multitenant.set_context(:'ada', :'acme');
SELECT count(*) AS ada_reads FROM app.invoices;
UPDATE app.invoices SET note = 'x' RETURNING id;
SELECT multitenant.set_context(:'ben', :'acme');
INSERT INTO app.invoices VALUES (8, :'acme');
ROLLBACK;
-- reading by permission and nothing said of writing: a member who may not read may not delete blindly
SET ROLE rls_owner;
SELECT multitenant.protect_table('app.invoices', read_permission => 'invoice:read');
RESET ROLE;
BEGIN;
SELECT multitenant.set_context(:'ben', :'acme');
SET LOCAL ROLE rls_app;
DELETE FROM app.invoices RETURNING 1;
DELETE FROM app.invoices;
SELECT multitenant.set_context(:'ada', :'acme');
DELETE FROM app.invoices RETURNING id;
ROLLBACK;

-- the wall holds whatever policy an application adds, and that one is left alone
SET ROLE rls_owner;
CREATE POLICY everything ON app.invoices USING (true) WITH CHECK (true);
SELECT multitenant.protect_table('app.invoices', read_permission => 'invoice:read');
RESET ROLE;
BEGIN;
SELECT multitenant.set_context(:'ben', :'acme');
SET LOCAL ROLE rls_app;
SELECT id FROM app.invoices ORDER BY id;
INSERT INTO app.invoices VALUES (8, :'umbrella');
ROLLBACK;
SET ROLE rls_owner;
SELECT multitenant.unprotect_table('app.invoices');
SELECT * FROM public.protection('app.invoices');
DROP POLICY everything ON app.invoices;
SELECT multitenant.unprotect_table('app.invoices');  -- it never was: nothing is touched
SELECT * FROM public.protection('app.invoices');
SELECT multitenant.protect_table('app.invoices');
SELECT multitenant.unprotect_table('app.invoices');
SELECT * FROM public.protection('app.invoices');

-- names that need quotes; a column renamed is followed
CREATE TABLE app."odd "" % 'table" ("the ""tenant""; DROP TABLE x" uuid, n int);
SELECT multitenant.protect_table('app."odd "" % ''table"', 'the "tenant"; DROP TABLE x', E'in\\voice:''"read');
SELECT * FROM public.protection('app."odd "" % ''table"');
ALTER TABLE app."odd "" % 'table" RENAME COLUMN "the ""tenant""; DROP TABLE x" TO t;
CREATE TEMP TABLE before2 AS SELECT oid FROM pg_policy;
SELECT multitenant.protect_table('app."odd "" % ''table"', 't', E'in\\voice:''"read');
SELECT count(*) AS changed FROM (SELECT oid FROM pg_policy EXCEPT TABLE before2) c;
DROP TABLE app."odd "" % 'table";
CREATE TABLE app.abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0 (abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0 uuid PRIMARY KEY);
SELECT multitenant.protect_table('app.abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0', 'abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0');
DROP TABLE app.abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0;

-- partitions, of partitions too, and children
CREATE TABLE app.events (at int, "tenantId" uuid NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (at);
CREATE TABLE app.events_1a PARTITION OF app.events_1 FOR VALUES FROM (0) TO (5);
CREATE TABLE app.parents ("tenantId" uuid);
CREATE TABLE app.children (more int) INHERITS (app.parents);
CREATE TEMP TABLE passing () INHERITS (app.parents);
SELECT multitenant.protect_table('app.events'), multitenant.protect_table('app.parents');
SELECT c.oid::regclass, relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) AS policies
FROM pg_class c WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1;
SELECT relrowsecurity AS temporary_is_protected FROM pg_class WHERE oid = 'passing'::regclass;
DROP TABLE passing;
-- a later one is named, until the call is repeated; so is an owner to whom access is granted
RESET ROLE;
SELECT * FROM multitenant.row_security_problems() ORDER BY 1;
REVOKE ALL ON FUNCTION multitenant.current_tenant_id FROM rls_owner;
GRANT EXECUTE ON FUNCTION multitenant.row_security_problems TO rls_owner;
SET ROLE rls_owner;
CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES FROM (10) TO (20);
SELECT * FROM multitenant.row_security_problems();
SELECT multitenant.protect_table('app.events');
SELECT * FROM multitenant.row_security_problems();
SELECT multitenant.unprotect_table('app.events'), multitenant.unprotect_table('app.parents');
SELECT count(*) AS policies_left FROM pg_policy;
SELECT count(*) AS enabled_left FROM pg_class WHERE relrowsecurity OR relforcerowsecurity;

-- what is no table of an application
CREATE VIEW app.a_view AS SELECT * FROM app.invoices;
CREATE MATERIALIZED VIEW app.a_materialized_view AS SELECT * FROM app.invoices;
CREATE SEQUENCE app.a_sequence;
CREATE TEMP TABLE temporary ("tenantId" uuid);
CREATE TABLE app.texts ("tenantId" text, number int);
\set VERBOSITY default
SELECT multitenant.protect_table('app.a_view');
SELECT multitenant.protect_table('app.a_materialized_view');
SELECT multitenant.protect_table('app.a_sequence');
SELECT multitenant.protect_table('app."invoices_tenantId_idx"');
SELECT multitenant.protect_table('temporary');
SELECT multitenant.protect_table('pg_catalog.pg_class');
SELECT multitenant.protect_table('multitenant."Users"');
SELECT multitenant.protect_table('app.texts');
SELECT multitenant.protect_table('app.texts', 'nothing');
SELECT multitenant.protect_table('app.invoices', 'ctid');
SELECT multitenant.protect_table(0);
\set VERBOSITY sqlstate
SELECT multitenant.protect_table(4294967295::oid);
SELECT multitenant.protect_table(NULL);
SELECT multitenant.protect_table('app.invoices', NULL);
SELECT multitenant.protect_table('app.invoices', 'tenantId', '');
SELECT multitenant.protect_table('app.invoices', 'tenantId', 'a:b', '');
SELECT multitenant.protect_table('app.invoices', 'tenantId', E'a:b\n');
SELECT multitenant.protect_table('app.invoices', 'tenantId', repeat('x', 1024 * 1024));
SELECT multitenant.unprotect_table(NULL);
SELECT multitenant.unprotect_table('app.a_view');
SELECT multitenant.unprotect_table(4294967295::oid);
RESET ROLE;
-- another's table; a member of the owner's role may
SET ROLE rls_app;
SELECT multitenant.protect_table('app.invoices');
SELECT multitenant.unprotect_table('app.invoices');
RESET ROLE;
GRANT rls_owner TO rls_app;
SET ROLE rls_app;
SELECT multitenant.protect_table('app.invoices');
RESET ROLE;
REVOKE rls_owner FROM rls_app;
-- a partition of somebody else's: nothing is done by half
CREATE TABLE app.theirs PARTITION OF app.events FOR VALUES FROM (90) TO (99);
SET ROLE rls_owner;
SELECT multitenant.protect_table('app.events');
RESET ROLE;
SELECT count(*) AS protected FROM pg_policy WHERE polrelid IN ('app.events'::regclass, 'app.theirs'::regclass);
DROP TABLE app.theirs;
-- a table of an extension: a dump would lose its policies
CREATE TABLE app.packaged ("tenantId" uuid);
ALTER EXTENSION pgcrypto ADD TABLE app.packaged;
SELECT multitenant.protect_table('app.packaged');
ALTER EXTENSION pgcrypto DROP TABLE app.packaged;
DROP TABLE app.packaged;
-- a foreign table under a table: the others are protected, and it is named
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
\set VERBOSITY terse
CREATE FOREIGN TABLE app.events_3 PARTITION OF app.events FOR VALUES FROM (20) TO (30) SERVER nowhere;
CREATE INDEX ON ONLY app.events ("tenantId");
SELECT multitenant.protect_table('app.events_3');
SELECT multitenant.protect_table('app.events');
SELECT * FROM multitenant.row_security_problems() ORDER BY 2;
DROP FOREIGN DATA WRAPPER nowhere CASCADE;

-- objects that lie in wait are not stepped on: the policies mean what they say
CREATE SCHEMA traps;
CREATE FUNCTION traps.trap(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR traps.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = traps.trap);
CREATE FUNCTION traps.current_tenant_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid';
CREATE TABLE traps.quiet ("tenantId" uuid);
SET search_path = traps, pg_catalog;
SELECT multitenant.protect_table('traps.quiet');
RESET search_path;
SELECT * FROM public.protection('traps.quiet');
SELECT count(*) AS trapped FROM pg_depend WHERE refobjid = 'traps.trap'::regproc AND classid = 'pg_policy'::regclass;
DROP SCHEMA traps CASCADE;

-- what is written down
SELECT event, severity, details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'table.%' ORDER BY "createdAt" LIMIT 3;

--
-- row_security_problems: what protects no more
--

DROP TABLE app.events, app.children, app.parents, app.texts;
DROP VIEW app.a_view;
DROP MATERIALIZED VIEW app.a_materialized_view;
SELECT multitenant.protect_table('app.invoices');
SELECT * FROM multitenant.row_security_problems();
-- whatever a session's settings make of names and texts
BEGIN;
SELECT multitenant.protect_table('app.invoices', read_permission => 'invoice:read');
SET LOCAL quote_all_identifiers = on;
SET LOCAL standard_conforming_strings = off;
SELECT * FROM multitenant.row_security_problems();
ROLLBACK;
CREATE FUNCTION public.problems_after(sql text) RETURNS TABLE (relation regclass, problem text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  RETURN QUERY SELECT * FROM multitenant.row_security_problems() ORDER BY 2;
END $$;
BEGIN; SELECT * FROM public.problems_after('ALTER TABLE app.invoices DISABLE ROW LEVEL SECURITY'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER TABLE app.invoices NO FORCE ROW LEVEL SECURITY'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('DROP POLICY multitenant_tenant ON app.invoices'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_tenant ON app.invoices USING (true)'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_tenant ON app.invoices TO rls_app'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_tenant ON app.invoices WITH CHECK (true)'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_select ON app.invoices USING (true)'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_insert ON app.invoices WITH CHECK (multitenant.is_member() OR true)'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_update ON app.invoices TO rls_app'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_update ON app.invoices WITH CHECK (true)'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER POLICY multitenant_delete ON app.invoices USING (multitenant.has_permission(''invoice:read'') OR ''x'' = ''x''::text)'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('DROP POLICY multitenant_delete ON app.invoices; CREATE POLICY multitenant_delete ON app.invoices USING (multitenant.is_member())'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('SELECT multitenant.protect_table(''app.invoices'', ''tenantId'', ''invoice:raed'')'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('CREATE VIEW app.v AS SELECT * FROM app.invoices'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('CREATE VIEW app.v AS SELECT * FROM app.invoices; ALTER VIEW app.v OWNER TO rls_owner'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('CREATE MATERIALIZED VIEW app.m AS SELECT * FROM app.invoices'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER ROLE rls_app BYPASSRLS'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('ALTER ROLE rls_app SUPERUSER'); ROLLBACK;
-- also of a role that has the rights of such a one by membership, but not where it does not inherit them
BEGIN; SELECT * FROM public.problems_after('CREATE ROLE rls_group; CREATE ROLE rls_login BYPASSRLS; GRANT rls_app TO rls_group; GRANT rls_group TO rls_login'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('CREATE ROLE rls_login BYPASSRLS NOINHERIT; GRANT rls_app TO rls_login'); ROLLBACK;
-- nor of the extension's owner, who has everything
BEGIN; SELECT * FROM public.problems_after('GRANT rls_app TO CURRENT_USER'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('GRANT rls_owner TO rls_app'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('GRANT TRUNCATE ON app.invoices TO rls_app'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('GRANT TRIGGER ON app.invoices TO rls_app'); ROLLBACK;
BEGIN; SELECT * FROM public.problems_after('GRANT TRIGGER ON multitenant."Notifications" TO PUBLIC'); ROLLBACK;
-- what is wrong with a policy, or with the table, another call puts right
CREATE FUNCTION public.mended(sql text, OUT problems bigint, OUT remaining bigint) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  problems := (SELECT count(*) FROM multitenant.row_security_problems());
  PERFORM multitenant.protect_table('app.invoices');
  remaining := (SELECT count(*) FROM multitenant.row_security_problems());
  RAISE EXCEPTION USING ERRCODE = 'UNDON';
EXCEPTION WHEN SQLSTATE 'UNDON' THEN
  NULL;
END $$;
SELECT change, m.* FROM unnest(ARRAY[
  'ALTER TABLE app.invoices DISABLE ROW LEVEL SECURITY',
  'ALTER TABLE app.invoices NO FORCE ROW LEVEL SECURITY',
  'DROP POLICY multitenant_tenant ON app.invoices',
  'DROP POLICY multitenant_tenant ON app.invoices; CREATE POLICY multitenant_tenant ON app.invoices USING ("tenantId" = multitenant.current_tenant_id())',
  'DROP POLICY multitenant_tenant ON app.invoices; CREATE POLICY multitenant_tenant ON app.invoices AS RESTRICTIVE FOR SELECT USING ("tenantId" = multitenant.current_tenant_id())',
  'ALTER POLICY multitenant_tenant ON app.invoices USING ("tenantId" IS NOT NULL)',
  'ALTER POLICY multitenant_tenant ON app.invoices TO rls_app',
  'ALTER POLICY multitenant_tenant ON app.invoices WITH CHECK (true)',
  'DROP POLICY multitenant_select ON app.invoices; CREATE POLICY multitenant_select ON app.invoices AS RESTRICTIVE FOR SELECT USING (multitenant.is_member())',
  'DROP POLICY multitenant_select ON app.invoices; CREATE POLICY multitenant_select ON app.invoices FOR UPDATE USING (multitenant.is_member())',
  'ALTER POLICY multitenant_insert ON app.invoices WITH CHECK (true)',
  'ALTER POLICY multitenant_insert ON app.invoices TO rls_app, rls_owner',
  'ALTER POLICY multitenant_update ON app.invoices WITH CHECK (true)',
  'ALTER POLICY multitenant_delete ON app.invoices USING (true)']) AS change, public.mended(change) AS m;
-- for such a trigger brings a row from one tenant's transaction into another's
GRANT TRIGGER ON app.invoices TO rls_app;
SET ROLE rls_app;
CREATE TEMP TABLE caught (note text);
CREATE FUNCTION pg_temp.catch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO caught VALUES (NEW.note); RETURN NEW; END';
CREATE TRIGGER catch BEFORE INSERT ON app.invoices FOR EACH ROW EXECUTE FUNCTION pg_temp.catch();
BEGIN; SELECT multitenant.set_context(:'cyd', :'umbrella'); INSERT INTO app.invoices VALUES (99, :'umbrella', 'of Umbrella'); COMMIT;
BEGIN; SELECT multitenant.set_context(:'ben', :'acme'); SELECT note FROM caught; COMMIT;
RESET ROLE;
DROP TABLE caught;
DROP SCHEMA app CASCADE;

--
-- The extension's own tables
--

SELECT multitenant.add_member(:'cyd', :'acme', '{}') IS NOT NULL AS added;
INSERT INTO multitenant."Users" (id, email) VALUES ('00000000-0000-0000-0000-000000000004', 'dan@example.org'); -- nobody's member
INSERT INTO multitenant."Notifications" ("userId", message) SELECT id, 'to ' || email FROM multitenant."Users";
INSERT INTO multitenant."Authenticators" ("userId", "credentialID", "credentialPublicKey") SELECT id, email::bytea, '' FROM multitenant."Users";
INSERT INTO multitenant."LoginHistories" ("userId", status) SELECT id, 'success' FROM multitenant."Users";
INSERT INTO multitenant."ActivityLogs" ("userId", action) SELECT id, 'was here' FROM multitenant."Users";
INSERT INTO multitenant."OAuthClients" ("clientId", name, type, "tenantId") VALUES ('a', 'a', 'public', :'acme'), ('u', 'u', 'public', :'umbrella'), ('p', 'platform', 'public', NULL);
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId", "userId")
  SELECT c.name || u.email, 'infinity', c.id, u.id FROM multitenant."OAuthClients" c, multitenant."Users" u;
INSERT INTO multitenant."Invitations" (email, token, "expiresAt", "tenantId", "invitedById") VALUES ('x@example.org', '1', 'infinity', :'acme', :'ada'), ('y@example.org', '2', 'infinity', :'umbrella', :'cyd');
SET session_replication_role = replica;
DELETE FROM multitenant."SecurityAuditLogs";
RESET session_replication_role;
INSERT INTO multitenant."SecurityAuditLogs" (event, "userId", "tenantId") VALUES ('of acme', NULL, :'acme'), ('of umbrella', NULL, :'umbrella'), ('about ada', :'ada', NULL), ('about nobody', NULL, NULL), ('about cyd in acme', :'cyd', :'acme'), ('about cyd in umbrella', :'cyd', :'umbrella');
INSERT INTO multitenant."LoginHistories" ("userId", "tenantId", status, "ipAddress") SELECT u, t, 'success', '192.0.2.1' FROM unnest(ARRAY[:'ada', :'cyd']::uuid[]) u, unnest(ARRAY[:'acme', :'umbrella']::uuid[]) t;
INSERT INTO multitenant."ActivityLogs" ("userId", "tenantId", action) SELECT "userId", "tenantId", 'in a tenant' FROM multitenant."LoginHistories" WHERE "tenantId" IS NOT NULL;

-- a role that may read every table is no administrator by that
GRANT SELECT ON ALL TABLES IN SCHEMA multitenant TO rls_app;
-- How many rows of each table the role of the moment sees, and how many there are for a superuser.
CREATE FUNCTION public.seen() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  name text;
  n bigint;
  answer text := '';
BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace AND relkind = 'r' AND relname <> 'RowSecurity' ORDER BY relname COLLATE "C" LOOP
    EXECUTE format('SELECT count(*) FROM multitenant.%I', name) INTO n;
    answer := answer || format(E'%s: %s\n', name, n);
  END LOOP;
  RETURN answer;
END $$;
SELECT multitenant.enable_row_security();
\pset format unaligned
\pset tuples_only on
SELECT polrelid::regclass, polname, polcmd, polroles, pg_get_expr(polqual, polrelid) FROM pg_policy ORDER BY polrelid::regclass::text COLLATE "C";
SELECT count(*) AS enabled, count(*) FILTER (WHERE relforcerowsecurity) AS forced FROM pg_class WHERE relrowsecurity;
\echo -- a superuser, and the owner
SELECT public.seen();
\echo -- nobody in no context
SET ROLE rls_app; SELECT public.seen(); RESET ROLE;
BEGIN;
\echo -- ada in acme
SELECT multitenant.set_context(:'ada', :'acme');
SET LOCAL ROLE rls_app; SELECT public.seen();
SELECT email FROM multitenant."Users" ORDER BY 1;
SELECT slug FROM multitenant."Tenants";
SELECT event FROM multitenant."SecurityAuditLogs" ORDER BY 1;
\echo -- what the logs say of others in the tenant is for who holds logs:read there, as of each statement
RESET ROLE;
CREATE FUNCTION public.logs_seen() RETURNS TABLE (log text, own bigint, of_others bigint, elsewhere bigint) LANGUAGE sql AS $$
  SELECT 'sign-ins', count(*) FILTER (WHERE mine), count(*) FILTER (WHERE NOT mine AND here), count(*) FILTER (WHERE NOT mine AND NOT here) FROM (SELECT "userId" = multitenant.current_user_id() AS mine, "tenantId" IS NOT DISTINCT FROM multitenant.current_tenant_id() AS here FROM multitenant."LoginHistories") l
  UNION ALL
  SELECT 'activities', count(*) FILTER (WHERE mine), count(*) FILTER (WHERE NOT mine AND here), count(*) FILTER (WHERE NOT mine AND NOT here) FROM (SELECT "userId" = multitenant.current_user_id() AS mine, "tenantId" IS NOT DISTINCT FROM multitenant.current_tenant_id() AS here FROM multitenant."ActivityLogs") l
  UNION ALL
  SELECT 'events', count(*) FILTER (WHERE mine), count(*) FILTER (WHERE NOT mine AND here), count(*) FILTER (WHERE NOT mine AND NOT here) FROM (SELECT coalesce("userId" = multitenant.current_user_id(), false) AS mine, "tenantId" IS NOT DISTINCT FROM multitenant.current_tenant_id() AS here FROM multitenant."SecurityAuditLogs") l $$;
SET LOCAL ROLE rls_app; SELECT * FROM public.logs_seen();
RESET ROLE; SAVEPOINT s;
SELECT multitenant.create_permission('logs', 'read') IS NOT NULL AS made, multitenant.create_role(:'acme', 'log reader', permissions => '{logs:read}') IS NOT NULL AS made, multitenant.create_role(:'umbrella', 'log reader', permissions => '{logs:read}') IS NOT NULL AS made;
SELECT multitenant.assign_role(:'ada', :'acme', 'log reader');
SET LOCAL ROLE rls_app; SELECT * FROM public.logs_seen();
RESET ROLE; SELECT multitenant.unassign_role(:'ada', :'acme', 'log reader'); SET LOCAL ROLE rls_app; SELECT * FROM public.logs_seen();
ROLLBACK TO s;
\echo -- ada in no tenant
RESET ROLE; SELECT multitenant.set_context(:'ada'); SET LOCAL ROLE rls_app; SELECT public.seen();
\echo -- cyd in umbrella
RESET ROLE; SELECT multitenant.set_context(:'cyd', :'umbrella'); SET LOCAL ROLE rls_app; SELECT public.seen();
\echo -- writing is for the functions
SAVEPOINT s;
INSERT INTO multitenant."Users" (email) VALUES ('eve@example.org');
ROLLBACK TO s;
RESET ROLE; GRANT UPDATE, DELETE, INSERT ON multitenant."Notifications" TO rls_app; SET LOCAL ROLE rls_app;
UPDATE multitenant."Notifications" SET read = true RETURNING message;
DELETE FROM multitenant."Notifications" RETURNING message;
INSERT INTO multitenant."Notifications" ("userId", message) VALUES (:'cyd', 'x');
ROLLBACK;
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
SET LOCAL ROLE rls_app;
SELECT multitenant.create_role(:'acme', 'from a function') IS NOT NULL AS made, multitenant.has_permission('invoice:read');
SELECT count(*) FROM multitenant."Roles" WHERE name = 'from a function';
\echo -- a member no more, in the middle of a transaction: it has its own rows still
RESET ROLE; DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'ada'; SET LOCAL ROLE rls_app; SELECT public.seen();
ROLLBACK;
\pset format aligned
\pset tuples_only off

-- through the policies of the tables that grow, an index is used
CREATE FUNCTION public.plan_of(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  line text;
  plan text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || sql LOOP
    plan := plan || line || E'\n';
  END LOOP;
  RETURN plan;
END $$;
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
SET LOCAL enable_seqscan = off;
SET LOCAL ROLE rls_app;
SELECT name, plan ~ 'Index Cond' AND plan !~ 'Seq Scan' AS by_index
FROM unnest('{Users,Tenants,TenantUsers,Roles,RolePermissions,OAuthClients,OAuthTokens,Authenticators,LoginHistories,ActivityLogs,SecurityAuditLogs,Notifications,Invitations}'::text[]) AS name,
     LATERAL public.plan_of(format('SELECT * FROM multitenant.%I', name)) AS plan;
ROLLBACK;

-- again: nothing changes
CREATE TEMP TABLE own_before AS SELECT oid, xmin::text AS version FROM pg_policy;
SELECT multitenant.enable_row_security();
SELECT count(*) AS changed FROM (SELECT oid, xmin::text FROM pg_policy EXCEPT TABLE own_before) c;
SELECT count(*) AS records FROM multitenant."RowSecurity";

-- administrators see all, those who come before and after; and no longer when they are not
CREATE ROLE rls_admin NOLOGIN;
SELECT multitenant.grant_access('rls_admin', 'admin');
SET ROLE rls_admin;
SELECT count(*) FROM multitenant."Users";
RESET ROLE;
SELECT multitenant.disable_row_security();
SELECT count(*) AS policies, (SELECT count(*) FROM pg_class WHERE relrowsecurity) AS enabled FROM pg_policy;
SET ROLE rls_app;
SELECT count(*) AS all_of_them FROM multitenant."Users";
RESET ROLE;
SELECT multitenant.disable_row_security(); -- nothing to do
SELECT multitenant.enable_row_security();
SET ROLE rls_admin;
SELECT count(*) FROM multitenant."Users";
RESET ROLE;
SELECT multitenant.grant_access('rls_admin', 'service');
GRANT SELECT ON multitenant."Users" TO rls_admin;
SET ROLE rls_admin;
SELECT count(*) FROM multitenant."Users";
RESET ROLE;
SELECT count(*) AS admin_policies FROM pg_policy WHERE polname = 'multitenant_admin';
REVOKE ALL ON multitenant."Users" FROM rls_admin;
SELECT multitenant.revoke_access('rls_admin');
DROP ROLE rls_admin; -- nothing is left of it

-- a policy of ours that somebody altered, on whatever table; and a view of all tenants
SELECT multitenant.grant_access('rls_app', 'service');
REVOKE SELECT ON multitenant.stats, multitenant.tenant_stats FROM rls_app;
SELECT multitenant.grant_access('rls_owner', 'admin');
SELECT * FROM multitenant.row_security_problems();
SET quote_all_identifiers = on; -- whatever that makes of policies
SELECT * FROM multitenant.row_security_problems();
RESET quote_all_identifiers;
CREATE FUNCTION public.is_seen(sql text, expected text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  IF NOT EXISTS (SELECT FROM multitenant.row_security_problems() WHERE problem ~ expected) THEN
    RETURN NEXT sql;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'UNDON';
EXCEPTION WHEN SQLSTATE 'UNDON' THEN
  NULL;
END $$;
SELECT count(*) > 10 AS tables, array_agg(not_seen) FILTER (WHERE not_seen IS NOT NULL) AS not_seen
FROM pg_policy p CROSS JOIN LATERAL unnest('{"USING (true)","USING (multitenant.is_member())","TO rls_app"}'::text[]) AS change
LEFT JOIN LATERAL public.is_seen(format('ALTER POLICY %I ON %s %s', polname, polrelid::regclass, change), 'policy ' || polname || ' is not what') AS not_seen ON true
WHERE NOT (polname = 'multitenant_admin' AND change = 'USING (true)');
SELECT public.is_seen('DROP POLICY multitenant_read ON multitenant."Users"; CREATE POLICY multitenant_read ON multitenant."Users" USING (id = ANY (ARRAY(SELECT multitenant.visible_user_ids())))', 'multitenant_read is not what') AS not_seen;
SELECT public.is_seen('REVOKE USAGE ON TYPE multitenant.administrator FROM rls_owner', 'multitenant_admin is not what') AS not_seen;
SELECT public.is_seen('GRANT SELECT (slug) ON multitenant.tenant_stats TO rls_app', '^the role rls_app, .* may read of all tenants') AS not_seen;
SELECT public.is_seen('SELECT', 'what nobody says') AS not_seen;
SELECT multitenant.revoke_access('rls_owner');

-- out of step: no context until it is put right (what a restored dump may be like)
SELECT * FROM multitenant.row_security_problems();
\set VERBOSITY default
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
COMMIT;
ALTER TABLE multitenant."Roles" DISABLE ROW LEVEL SECURITY;
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
ROLLBACK;
SELECT * FROM multitenant.row_security_problems();
SELECT multitenant.enable_row_security();
DROP POLICY multitenant_read ON multitenant."Users";
SELECT multitenant.set_context(:'ada', :'acme');
SELECT multitenant.enable_row_security();
SELECT multitenant.set_context(:'ada', :'acme');
SELECT multitenant.disable_row_security();
SELECT multitenant.set_context(:'ada', :'acme');
INSERT INTO multitenant."RowSecurity" DEFAULT VALUES; -- as a restore does
SELECT multitenant.set_context(:'ada', :'acme');
BEGIN;
TRUNCATE multitenant."RowSecurity";
SELECT multitenant.set_context(:'ada', :'acme');
ROLLBACK;
SELECT multitenant.set_context(:'ada', :'acme');
SELECT multitenant.enable_row_security();
DELETE FROM multitenant."RowSecurity";
SELECT count(*), min(problem) FROM multitenant.row_security_problems();
SELECT multitenant.disable_row_security();

-- an application's policy on one of our tables survives, and stays in force
CREATE POLICY mine ON multitenant."Notifications" FOR UPDATE USING ("userId" = multitenant.current_user_id());
SELECT multitenant.enable_row_security();
SELECT multitenant.disable_row_security();
SELECT polname, relrowsecurity FROM pg_policy JOIN pg_class c ON c.oid = polrelid;
DROP POLICY mine ON multitenant."Notifications";
ALTER TABLE multitenant."Notifications" DISABLE ROW LEVEL SECURITY;

-- only for the owner
\set VERBOSITY sqlstate
SET ROLE rls_app;
SELECT multitenant.enable_row_security();
SELECT multitenant.disable_row_security();
RESET ROLE;
SELECT event, severity, count(*) FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'row_security.%' GROUP BY 1, 2 ORDER BY 1;

DROP OWNED BY rls_app, rls_owner CASCADE;
DROP ROLE rls_app, rls_owner;
