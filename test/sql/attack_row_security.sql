-- Attack: the wall between tenants. Eve is a member of Acme with a connection that runs any SQL
-- (tier client), may make functions, operators, tables and views of her own, and knows the
-- keys of Umbrella's rows. Each way is tried by itself: no value of Umbrella's comes out, none of
-- its rows is changed, and what the server tells all the same is written down in doc/security.md.
\set VERBOSITY terse
CREATE ROLE attack_eve NOLOGIN;
CREATE ROLE attack_owner NOLOGIN;
SELECT multitenant.grant_access('attack_eve', 'client');
GRANT EXECUTE ON FUNCTION multitenant.protect_table, multitenant.is_member, multitenant.current_tenant_id TO attack_owner;
CREATE SCHEMA app AUTHORIZATION attack_owner;
CREATE SCHEMA eve AUTHORIZATION attack_eve;
GRANT USAGE ON SCHEMA app TO attack_eve;
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'eve@example.org'), ('00000000-0000-0000-0000-000000000002', 'umbrella.secret@example.org'), ('00000000-0000-0000-0000-000000000003', 'ada@example.org');
\set eve '00000000-0000-0000-0000-000000000001'
\set uma '00000000-0000-0000-0000-000000000002'
\set acme '00000000-0000-0000-0000-0000000000aa'
\set umbrella '00000000-0000-0000-0000-0000000000bb'
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES (:'acme', 'Acme', 'acme', 'a'), (:'umbrella', 'umbrella secret', 'umbrella-secret', 'secret');
SELECT multitenant.add_member(u, t, '{}') IS NOT NULL AS added FROM (VALUES (:'eve'::uuid, :'acme'::uuid), ('00000000-0000-0000-0000-000000000003', :'acme'), (:'uma', :'umbrella')) AS v (u, t);
SELECT multitenant.create_role(:'umbrella', 'umbrella secret') IS NOT NULL AS made;
SELECT (multitenant.create_session(:'eve', :'acme')).access_token AS token \gset

-- Of each table, Acme has ten rows and Umbrella ninety; every word of Umbrella's has "secret" in it.
SET ROLE attack_owner;
CREATE TABLE app.doc (id int PRIMARY KEY, "tenantId" uuid NOT NULL, body text NOT NULL CHECK (body <> ''), n numeric, kind text);
CREATE INDEX ON app.doc ("tenantId");
CREATE TABLE app.event (LIKE app.doc INCLUDING ALL) PARTITION BY RANGE (id);
CREATE TABLE app.event_low PARTITION OF app.event FOR VALUES FROM (0) TO (50);
CREATE TABLE app.event_high PARTITION OF app.event FOR VALUES FROM (50) TO (1000);
CREATE TABLE app.parent (LIKE app.doc INCLUDING ALL);
CREATE TABLE app.child () INHERITS (app.parent);
-- by tenant; with a key of ranges that exclude each other; what refers to a row; the application's own ways to a table
CREATE TABLE app.listed (LIKE app.doc) PARTITION BY LIST ("tenantId");
CREATE TABLE app.listed_acme PARTITION OF app.listed FOR VALUES IN (:'acme');
CREATE TABLE app.listed_others PARTITION OF app.listed DEFAULT;
CREATE TYPE app.span AS RANGE (subtype = text);
CREATE TABLE app.booked ("tenantId" uuid NOT NULL, words app.span, body text GENERATED ALWAYS AS (lower(words)) STORED, EXCLUDE USING gist (words WITH &&));
CREATE TABLE app.subject (LIKE app.doc INCLUDING ALL);
CREATE TABLE app.remark ("tenantId" uuid NOT NULL, subject_id int REFERENCES app.subject, body text);
CREATE VIEW app.docs AS SELECT * FROM app.doc;
CREATE FUNCTION app.docs_of_owner() RETURNS SETOF app.doc LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT * FROM app.doc';
INSERT INTO app.doc SELECT i, t, w || ' ' || i, i, w FROM generate_series(1, 100) AS i, LATERAL (SELECT CASE WHEN i % 10 = 0 THEN :'acme'::uuid ELSE :'umbrella' END, CASE WHEN i % 10 = 0 THEN 'own' ELSE 'secret' END) AS v (t, w);
INSERT INTO app.event TABLE app.doc;
INSERT INTO app.parent SELECT * FROM app.doc WHERE id < 50;
INSERT INTO app.child SELECT * FROM app.doc WHERE id >= 50;
INSERT INTO app.listed TABLE app.doc;
INSERT INTO app.booked VALUES (:'acme', '[a,b)'), (:'umbrella', '[secret a,secret z)');
INSERT INTO app.subject TABLE app.doc;
INSERT INTO app.remark SELECT "tenantId", id, body FROM app.doc;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO attack_eve;
ANALYZE app.doc, app.event, app.event_low, app.event_high, app.parent, app.child;
SELECT multitenant.protect_table('app.doc'), multitenant.protect_table('app.event'), multitenant.protect_table('app.parent');
SET client_min_messages = error; -- no index of their tenants
SELECT multitenant.protect_table('app.listed'), multitenant.protect_table('app.subject'), multitenant.protect_table('app.booked'), multitenant.protect_table('app.remark');
RESET client_min_messages;
RESET ROLE;
CREATE TABLE expected_rows AS SELECT * FROM app.doc WHERE "tenantId" = :'umbrella';
SELECT multitenant.enable_row_security();
GRANT SELECT ON multitenant."Users", multitenant."Tenants", multitenant."Roles", multitenant."TenantUsers", multitenant."SecurityAuditLogs" TO attack_eve;
ANALYZE multitenant."Users", multitenant."Tenants", multitenant."Roles";

--
-- What Eve makes: each raises an error when it is given a value of Umbrella's
--

SET ROLE attack_eve;
CREATE FUNCTION eve.see(text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF $1 LIKE '%secret%' THEN
    RAISE EXCEPTION 'shown: %', $1 USING ERRCODE = 'LEAKD';
  END IF;
  RETURN true;
END $$;
CREATE FUNCTION eve.show(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS 'BEGIN RETURN eve.see($1); END';
CREATE FUNCTION eve.show(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS 'BEGIN RETURN eve.see($1 || $2); END';
CREATE FUNCTION eve.show_stable(text) RETURNS boolean LANGUAGE plpgsql STABLE COST 0.0000001 AS 'BEGIN RETURN eve.see($1); END';
CREATE FUNCTION eve.show_fixed(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE COST 0.0000001 AS 'BEGIN RETURN eve.see($1); END';
CREATE FUNCTION eve.show_sql(text) RETURNS boolean LANGUAGE sql AS 'SELECT eve.show($1)';
CREATE FUNCTION eve.show_row(anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS 'BEGIN RETURN eve.see($1::text); END';
-- with the server's own estimators, which look into the statistics
CREATE OPERATOR eve.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = eve.show, RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR eve.<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = eve.show, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR eve.~~~ (LEFTARG = text, RIGHTARG = text, FUNCTION = eve.show, RESTRICT = contsel, JOIN = contjoinsel);
CREATE FUNCTION eve.keep(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM eve.see($2); RETURN $2; END';
CREATE AGGREGATE eve.collect(text) (SFUNC = eve.keep, STYPE = text, INITCOND = '');
CREATE VIEW eve.docs AS SELECT * FROM app.doc;
CREATE VIEW eve.barrier WITH (security_barrier) AS SELECT * FROM app.doc WHERE eve.show(body);
CREATE DOMAIN eve.word AS text CHECK (eve.see(VALUE));
CREATE TABLE eve.words (body text);
CREATE FUNCTION eve.definer() RETURNS SETOF app.doc LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM app.doc';
CREATE FUNCTION eve.inlined() RETURNS SETOF app.doc LANGUAGE sql STABLE AS 'SELECT * FROM app.doc';
CREATE FUNCTION eve.cached(w text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT body FROM app.doc WHERE kind = w; END $$;
RESET ROLE;

-- What a statement of Eve's, in her session, answers: the rows as text, or the error. Undone.
CREATE FUNCTION public.attack(sql text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  found text;
  lines text[] := '{}';
  line record;
  message text;
  detail text;
  hint text;
  context text;
BEGIN
  SET LOCAL ROLE attack_eve;
  IF sql ~ '^(SELECT|WITH)|RETURNING' THEN
    FOR line IN EXECUTE sql LOOP
      lines := lines || line::text;
    END LOOP;
  ELSE
    EXECUTE sql;
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'UNDON';
EXCEPTION
  WHEN SQLSTATE 'UNDON' THEN
    RETURN cardinality(lines) || ' rows' || CASE WHEN array_to_string(lines, ' ') LIKE '%secret%' THEN ': LEAKED ' || left(array_to_string(lines, ' '), 200) ELSE '' END;
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || CASE WHEN concat_ws(' ', message, detail, hint) LIKE '%secret%' THEN ': LEAKED ' || concat_ws(' ', message, detail, hint) ELSE '' END;
END $$;
CREATE TABLE attacks (n int GENERATED ALWAYS AS IDENTITY, tables text, sql text);
\set both '{app.doc,app.event,app.event_low,app.parent,app.child}'
INSERT INTO attacks (tables, sql) VALUES
  -- functions and operators that are not leakproof, before and beside the wall
  (:'both', 'SELECT id FROM @ WHERE eve.show(body)'),
  (:'both', 'SELECT id FROM @ WHERE eve.show_stable(body) AND eve.show_fixed(body)'),
  (:'both', 'SELECT id FROM @ WHERE eve.show_sql(body)'),
  (:'both', 'SELECT id FROM @ t WHERE eve.show_row(t)'),
  (:'both', 'SELECT id FROM @ WHERE body OPERATOR(eve.===) ''x'''),
  (:'both', 'SELECT id FROM @ WHERE body OPERATOR(eve.<<<) ''x'' OR kind OPERATOR(eve.~~~) ''x'''),
  (:'both', 'SELECT id FROM @ WHERE CASE WHEN n > 0 THEN eve.show(body) END OR eve.show(body)'),
  (:'both', 'SELECT id FROM @ WHERE (body, kind) IN (SELECT body, kind FROM @ WHERE eve.show(body))'),
  (:'both', 'SELECT a.id FROM @ a JOIN @ b ON a.body OPERATOR(eve.===) b.kind LIMIT 5'),
  (:'both', 'SELECT a.id FROM @ a LEFT JOIN @ b ON a.id = b.id AND eve.show(b.body) LIMIT 5'),
  (:'both', 'SELECT l.* FROM @ a, LATERAL (SELECT eve.show(a.body)) AS l'),
  (:'both', 'SELECT id FROM (SELECT * FROM @ OFFSET 0) AS s WHERE eve.show(body)'),
  (:'both', 'WITH c AS NOT MATERIALIZED (SELECT * FROM @) SELECT id FROM c WHERE eve.show(body)'),
  (:'both', 'SELECT id FROM @ TABLESAMPLE system (100) WHERE eve.show(body)'),
  (:'both', 'SELECT id FROM @ WHERE ctid = ANY (ARRAY(SELECT format(''(0,%s)'', i)::pg_catalog.tid FROM generate_series(1, 100) AS i)) AND eve.show(body)'),
  (:'both', 'SELECT id FROM @ WHERE tableoid::regclass::text <> '''' AND eve.show(xmin::text || body)'),
  (:'both', 'SELECT eve.collect(body) FROM @'),
  (:'both', 'SELECT count(*), max(body), string_agg(body, '','') FROM @'),
  (:'both', 'SELECT body, row_number() OVER (ORDER BY eve.show(body)) FROM @'),
  (:'both', 'SELECT body FROM @ GROUP BY body HAVING eve.show(body)'),
  (:'both', 'SELECT body FROM @ UNION ALL SELECT body FROM @ WHERE eve.show(body)'),
  (:'both', 'SELECT DISTINCT body FROM @ ORDER BY body'),
  (:'both', 'SELECT * FROM @ FOR UPDATE'),
  -- errors that show a value, or tell by being there
  (:'both', 'SELECT id FROM @ WHERE 1 / (n - 7) > 5'),
  (:'both', 'SELECT id FROM @ WHERE CASE WHEN kind = ''secret'' THEN body::int > 0 ELSE true END'),
  (:'both', 'SELECT id FROM @ WHERE kind <> ''own'' AND body::int > 0'),
  (:'both', 'SELECT id FROM @ WHERE body ~ ''^own'' OR body::uuid IS NULL'),
  -- views and functions in between
  ('{eve.docs}', 'SELECT id FROM @ WHERE eve.show(body)'),
  ('{eve.barrier}', 'SELECT id FROM @'),
  ('{eve.definer(),eve.inlined()}', 'SELECT id FROM @ WHERE eve.show(body)'),
  ('{app.doc}', 'SELECT eve.cached(''own'') UNION ALL SELECT eve.cached(''secret'')'),
  -- writing
  (:'both', 'UPDATE @ SET body = ''x'' WHERE eve.show(body) RETURNING id'),
  (:'both', 'UPDATE @ SET body = ''x'' RETURNING id, body'),
  (:'both', 'UPDATE @ SET "tenantId" = ''00000000-0000-0000-0000-0000000000bb'' RETURNING id'),
  (:'both', 'UPDATE @ t SET body = o.body FROM app.doc o WHERE o.id = 7 RETURNING t.body'),
  (:'both', 'DELETE FROM @ WHERE eve.show(body) RETURNING body'),
  (:'both', 'DELETE FROM @ t USING app.doc o WHERE o.id = t.id RETURNING o.body'),
  (:'both', 'INSERT INTO @ SELECT 500 + id, "tenantId", body FROM app.doc RETURNING body'),
  (:'both', 'INSERT INTO @ VALUES (700, ''00000000-0000-0000-0000-0000000000bb'', ''x'') RETURNING id'),
  (:'both', 'INSERT INTO @ VALUES (700, NULL, ''x'') RETURNING id'),
  ('{app.doc,app.event}', 'INSERT INTO @ AS t VALUES (7, ''00000000-0000-0000-0000-0000000000aa'', ''x'') ON CONFLICT (id) DO UPDATE SET body = ''y'' WHERE eve.show(t.body) RETURNING t.body'),
  ('{app.doc,app.event}', 'INSERT INTO @ AS t VALUES (7, ''00000000-0000-0000-0000-0000000000aa'', ''x'') ON CONFLICT (id) DO UPDATE SET body = t.body, "tenantId" = EXCLUDED."tenantId" RETURNING t.body'),
  ('{app.doc,app.event}', 'INSERT INTO @ AS t VALUES (10, ''00000000-0000-0000-0000-0000000000aa'', ''x'') ON CONFLICT (id) DO UPDATE SET "tenantId" = ''00000000-0000-0000-0000-0000000000bb'' RETURNING t.body'),
  -- that a key is taken is told, and nothing else (doc/security.md)
  ('{app.doc,app.event_low}', 'INSERT INTO @ VALUES (7, ''00000000-0000-0000-0000-0000000000aa'', ''x'') RETURNING body'),
  ('{app.doc,app.event_low}', 'INSERT INTO @ VALUES (7, ''00000000-0000-0000-0000-0000000000aa'', ''x'') ON CONFLICT DO NOTHING RETURNING body'),
  (:'both', 'UPDATE @ SET body = '''' RETURNING id'),
  (:'both', 'UPDATE @ SET body = NULL RETURNING id'),
  -- a domain, and functions that run a query or take a table of their own
  (:'both', 'SELECT id FROM @ WHERE body::eve.word IS NOT NULL'),
  (:'both', 'SELECT (body || kind)::eve.word FROM @'),
  (:'both', 'SELECT table_to_xml(''@'', false, false, '''')'),
  (:'both', 'SELECT query_to_xml(''SELECT * FROM @ WHERE eve.show(body)'', false, false, '''')'),
  (:'both', 'SELECT word FROM ts_stat(''SELECT to_tsvector(''''simple'''', body) FROM @ WHERE eve.show(body)'')'),
  (:'both', 'SELECT r.v FROM @ AS d, LATERAL jsonb_to_record(jsonb_build_object(''v'', d.body)) AS r (v text) WHERE eve.show(r.v)'),
  -- what a WITH writes on the way, and rows that another statement of it returns
  (:'both', 'WITH u AS (UPDATE @ SET body = body || ''x'' WHERE eve.show(body) RETURNING body) SELECT * FROM u'),
  (:'both', 'WITH d AS (DELETE FROM @ RETURNING *), i AS (INSERT INTO eve.words SELECT body FROM d RETURNING body) SELECT * FROM i'),
  (:'both', 'WITH u AS (UPDATE @ SET n = 0 RETURNING "tenantId") SELECT t.body FROM u JOIN @ AS t ON t."tenantId" <> u."tenantId"'),
  -- a row that goes to another partition, and one into another''s
  ('{app.event}', 'UPDATE @ SET id = 900 - id, "tenantId" = ''00000000-0000-0000-0000-0000000000bb'' RETURNING id'),
  ('{app.event}', 'UPDATE @ SET id = 900 - id RETURNING body'),
  ('{app.listed,app.listed_acme,app.listed_others}', 'SELECT * FROM @ WHERE eve.show(body)'),
  ('{app.listed,app.listed_acme}', 'UPDATE @ SET "tenantId" = ''00000000-0000-0000-0000-0000000000bb'' RETURNING body'),
  ('{app.listed,app.listed_others}', 'INSERT INTO @ VALUES (700, ''00000000-0000-0000-0000-0000000000bb'', ''x'') RETURNING id'),
  -- constraints that would show the row that they found, keys that refer to one, a column that is computed
  ('{app.booked}', 'INSERT INTO @ ("tenantId", words) VALUES (''00000000-0000-0000-0000-0000000000aa'', ''[c,zz)'') RETURNING body'),
  ('{app.booked}', 'INSERT INTO @ ("tenantId", words) VALUES (''00000000-0000-0000-0000-0000000000aa'', ''[c,zz)'') ON CONFLICT DO NOTHING RETURNING body'),
  ('{app.booked}', 'UPDATE @ SET words = ''[a,zz)'' RETURNING body'),
  ('{app.booked}', 'SELECT words FROM @ WHERE eve.show(body) AND eve.show(words::text)'),
  ('{app.remark}', 'INSERT INTO @ VALUES (''00000000-0000-0000-0000-0000000000aa'', 999, ''x'') RETURNING body'),
  ('{app.subject}', 'DELETE FROM @ WHERE id IN (7, 10) RETURNING body'),
  ('{app.subject}', 'UPDATE @ SET id = id + 1 WHERE id <> 100 RETURNING body'),
  -- what the application''s owner made, who is bound
  ('{app.docs,app.docs_of_owner()}', 'SELECT * FROM @ WHERE eve.show(body)'),
  ('{app.docs}', 'UPDATE @ SET body = ''x'' WHERE eve.show(body) RETURNING body'),
  ('{app.docs}', 'INSERT INTO @ VALUES (700, ''00000000-0000-0000-0000-0000000000bb'', ''x'') RETURNING id'),
  -- what needs rights that Eve does not have
  (:'both', 'TRUNCATE @'),
  (:'both', 'ALTER TABLE @ DISABLE ROW LEVEL SECURITY'),
  (:'both', 'DROP POLICY multitenant_tenant ON @'),
  (:'both', 'CREATE POLICY p ON @ USING (true)'),
  (:'both', 'CREATE TRIGGER t BEFORE UPDATE ON @ FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'),
  (:'both', 'CREATE RULE r AS ON SELECT TO @ DO INSTEAD SELECT * FROM eve.docs'),
  (:'both', 'CREATE INDEX ON @ (eve.show_fixed(body))'),
  (:'both', 'CREATE STATISTICS eve.s ON body, kind FROM @'),
  ('{app.doc,app.event}', 'CREATE TABLE eve.reference (id int REFERENCES @ (id))'),
  ('{app.doc,app.parent}', 'CREATE TABLE eve.heir () INHERITS (@)'),
  ('{app.event}', 'CREATE TABLE eve.part PARTITION OF @ FOR VALUES FROM (1000) TO (2000)'),
  ('{app.doc}', 'CREATE OR REPLACE VIEW multitenant.stats AS SELECT * FROM @'),
  ('{app.doc}', 'CREATE OR REPLACE FUNCTION multitenant.is_member() RETURNS boolean LANGUAGE sql AS ''SELECT true'''),
  ('{app.doc}', 'CREATE FUNCTION multitenant.has_permission(unknown text, int) RETURNS boolean LANGUAGE sql AS ''SELECT true'''),
  ('{app.doc}', 'ALTER FUNCTION multitenant.is_member() OWNER TO attack_eve'),
  ('{app.doc}', 'ALTER FUNCTION eve.show(text) LEAKPROOF'),
  ('{app.doc}', 'CREATE FUNCTION eve.sealed(text) RETURNS boolean LANGUAGE sql LEAKPROOF AS ''SELECT true'''),
  ('{app.doc}', 'ALTER EXTENSION multitenant ADD FUNCTION eve.show(text)'),
  ('{app.doc}', 'ALTER EXTENSION multitenant DROP FUNCTION multitenant.is_member()'),
  ('{app.doc}', 'DROP EXTENSION multitenant CASCADE'),
  ('{app.doc}', 'ALTER SCHEMA multitenant RENAME TO other'),
  ('{app.doc}', 'COMMENT ON FUNCTION multitenant.is_member() IS ''x'''),
  ('{app.doc}', 'GRANT SELECT ON multitenant."OAuthTokens" TO attack_eve'),
  ('{app.doc}', 'ALTER DEFAULT PRIVILEGES FOR ROLE attack_owner GRANT ALL ON TABLES TO attack_eve'),
  ('{app.doc}', 'GRANT attack_owner TO attack_eve'),
  ('{app.doc}', 'ALTER ROLE attack_eve BYPASSRLS'),
  ('{app.doc}', 'ALTER ROLE attack_eve SET multitenant.tenant_id = ''00000000-0000-0000-0000-0000000000bb'''),
  ('{app.doc}', 'SELECT set_config(''multitenant.tenant_id'', ''00000000-0000-0000-0000-0000000000bb'', true)'),
  ('{app.doc}', 'SELECT set_config(''session_replication_role'', ''replica'', true)'),
  ('{app.doc}', 'DO $x$ BEGIN SET LOCAL multitenant.tenant_id = ''00000000-0000-0000-0000-0000000000bb''; END $x$'),
  ('{app.doc}', 'CREATE FUNCTION eve.f() RETURNS int LANGUAGE sql SET multitenant.tenant_id FROM CURRENT AS ''SELECT 1'''),
  ('{app.doc}', 'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION eve.show()'),
  ('{app.doc}', 'CREATE OPERATOR CLASS eve.c FOR TYPE text USING btree AS OPERATOR 3 eve.==='),
  ('{app.doc}', 'CREATE CAST (multitenant."enum_Users_status" AS json) WITHOUT FUNCTION'),
  ('{app.doc}', 'SELECT pg_create_logical_replication_slot(''eve'', ''pgoutput'')'),
  ('{app.doc}', 'CREATE PUBLICATION eve FOR TABLE app.doc'),
  ('{app.doc}', 'SELECT pg_read_file(''PG_VERSION'')'),
  ('{app.doc}', 'SELECT lo_import(''/etc/passwd'')'),
  ('{app.doc}', 'SELECT current_setting(''multitenant.key_file'')'),
  ('{app.doc}', 'LOAD ''/tmp/eve.so'''),
  -- the extension's own tables
  ('{multitenant."Users",multitenant."Tenants",multitenant."Roles",multitenant."SecurityAuditLogs"}', 'SELECT * FROM @ t WHERE eve.show_row(t)'),
  ('{multitenant."Users"}', 'SELECT id FROM @ WHERE email OPERATOR(eve.===) ''x'''),
  ('{multitenant."Users",multitenant."Tenants"}', 'UPDATE @ SET name = name RETURNING *'),
  ('{multitenant."Users"}', 'INSERT INTO @ (email) VALUES (''umbrella.secret@example.org'')'),
  ('{multitenant.stats,multitenant.tenant_stats,multitenant."OAuthTokens",multitenant."RowSecurity"}', 'SELECT * FROM @'),
  ('{multitenant.visible_user_ids(),multitenant.visible_role_ids()}', 'SELECT email FROM @ AS id JOIN multitenant."Users" AS u USING (id) WHERE eve.show(email)'),
  -- statistics
  ('{pg_stats,pg_stats_ext,pg_stats_ext_exprs}', 'SELECT * FROM @ WHERE schemaname IN (''app'', ''multitenant'')'),
  ('{pg_statistic,pg_statistic_ext_data,pg_authid,pg_subscription}', 'SELECT * FROM @');

BEGIN;
SET LOCAL ROLE attack_eve;
SELECT multitenant.use_session(:'token');
RESET ROLE;
CREATE TEMP TABLE answers AS SELECT n, public.attack(replace(sql, '@', t)) AS answer FROM attacks, unnest(string_to_array(btrim(tables, '{}'), ',')) AS t ORDER BY n, t;
-- Some releases of the server ask the WHERE of ON CONFLICT before the policies (doc/security.md): what such a one does
-- with a policy of nobody's making is not judged.
RESET ROLE;
CREATE TABLE app.plain (id int PRIMARY KEY, body text);
INSERT INTO app.plain VALUES (7, 'secret 7');
ALTER TABLE app.plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON app.plain USING (body = 'x');
GRANT SELECT, INSERT, UPDATE ON app.plain TO attack_eve;
UPDATE answers SET answer = '42501' FROM attacks WHERE attacks.n = answers.n AND sql ~ 'ON CONFLICT .* WHERE eve.show' AND answer ~ 'LEAKED'
  AND public.attack($$INSERT INTO app.plain AS t VALUES (7, 'x') ON CONFLICT (id) DO UPDATE SET body = 'y' WHERE eve.show(t.body) RETURNING t.body$$) ~ 'LEAKED';
-- Before 14.19, 15.14, 16.10 and 17.6 the estimators saw the statistics of partitions (CVE-2025-8713).
UPDATE answers SET answer = '10 rows' FROM attacks WHERE attacks.n = answers.n AND sql ~ 'eve\.<<<' AND answer ~ 'LEAKED'
  AND current_setting('server_version_num')::int % 10000 < (ARRAY[19, 14, 10, 6])[current_setting('server_version_num')::int / 10000 - 13];
\echo -- What each attack got: an error, or rows of Acme alone.
SELECT sql, string_agg(DISTINCT answer, ', ') AS answers FROM attacks JOIN answers USING (n) GROUP BY n, sql ORDER BY n;
ROLLBACK;
\echo -- Rows of Umbrella that are not as they were: none.
(TABLE expected_rows EXCEPT ALL SELECT * FROM app.doc) UNION ALL (SELECT * FROM app.doc WHERE "tenantId" = :'umbrella' EXCEPT ALL TABLE expected_rows);
SELECT count(*) FILTER (WHERE "tenantId" = :'umbrella') AS umbrellas, count(*) AS rows FROM app.event;

--
-- What the server tells all the same, whoever asks (doc/security.md): no row and no column, but by its own
-- account of the work, whether a guess is right. Each has its remedy beside it.
--

CREATE FUNCTION public.told(setting text, query text, pattern text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  line text;
  found text := 'nothing';
BEGIN
  EXECUTE setting;
  SET LOCAL ROLE attack_eve;
  FOR line IN EXECUTE query LOOP
    IF found = 'nothing' AND line ~ pattern THEN
      found := substring(line FROM pattern);
    END IF;
  END LOOP;
  RAISE EXCEPTION USING ERRCODE = 'UNDON';
EXCEPTION WHEN SQLSTATE 'UNDON' THEN
  RETURN found;
END $$;
\set guess 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT FROM app.doc WHERE body = '
BEGIN;
SELECT multitenant.use_session(:'token');
-- EXPLAIN ANALYZE counts what the wall took away: with an index on the value alone, the rows that have it
DROP INDEX app."doc_tenantId_idx";
CREATE INDEX by_body ON app.doc (body);
SELECT public.told('SET LOCAL enable_seqscan = off', :'guess' || '''secret 7''', 'Removed by Filter: (\d+)') AS guessed, public.told('SET LOCAL enable_seqscan = off', :'guess' || '''secret 999''', 'Removed by Filter: (\d+)') AS missed;
DROP INDEX app.by_body;
-- with one that begins with the tenant, the same for every guess
CREATE INDEX by_tenant ON app.doc ("tenantId", body);
SELECT public.told('SET LOCAL enable_seqscan = off', :'guess' || '''secret 7''', 'Removed by Filter: (\d+)') AS guessed, public.told('SET LOCAL enable_seqscan = off', :'guess' || '''secret 999''', 'Removed by Filter: (\d+)') AS missed;
SELECT public.told('SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off', :'guess' || '''secret 7''', 'Removed by Filter: (\d+)')
     = public.told('SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off', :'guess' || '''secret 999''', 'Removed by Filter: (\d+)') AS the_same;
-- the planner's estimate comes from the values of all tenants, where the comparison is leakproof
\set guess 'EXPLAIN SELECT FROM app.doc WHERE kind = '
SELECT public.told('SELECT', :'guess' || '''secret''', 'rows=(\d+)')::int > public.told('SELECT', :'guess' || '''secres''', 'rows=(\d+)')::int AS a_common_value_shows;
ALTER TABLE app.doc ALTER kind SET STATISTICS 0;
DELETE FROM pg_statistic WHERE starelid = 'app.doc'::regclass AND staattnum = (SELECT attnum FROM pg_attribute WHERE attrelid = 'app.doc'::regclass AND attname = 'kind');
ANALYZE app.doc;
SELECT public.told('SELECT', :'guess' || '''secret''', 'rows=(\d+)') = public.told('SELECT', :'guess' || '''secres''', 'rows=(\d+)') AS without_statistics_it_does_not;
COMMIT;

-- The attacks are live: without the wall they show what they were to show.
SELECT multitenant.disable_row_security();
SET client_min_messages = error;
SELECT multitenant.unprotect_table('app.doc'), multitenant.unprotect_table('app.event'), multitenant.unprotect_table('app.parent'),
       multitenant.unprotect_table('app.listed'), multitenant.unprotect_table('app.booked'), multitenant.unprotect_table('app.subject'), multitenant.unprotect_table('app.remark');
BEGIN;
CREATE TEMP TABLE open_answers AS SELECT n, public.attack(replace(sql, '@', t)) AS answer FROM attacks, unnest(string_to_array(btrim(tables, '{}'), ',')) AS t ORDER BY n, t;
SELECT count(DISTINCT n) > 55 AS leak FROM open_answers WHERE answer LIKE '%LEAKED%';
ROLLBACK;

DROP OWNED BY attack_eve, attack_owner CASCADE;
DROP ROLE attack_eve, attack_owner;
