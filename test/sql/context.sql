-- The context of a transaction: set_context, clear_context and what reads it.
\set VERBOSITY terse
SELECT multitenant.register_user('ada@example.org') AS ada, multitenant.register_user('ben@example.org') AS ben \gset
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'ada') AS acme \gset
SELECT multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella') AS umbrella \gset
CREATE FUNCTION who() RETURNS text LANGUAGE sql AS $$
  SELECT coalesce((SELECT split_part(email, '@', 1) FROM multitenant."Users" WHERE id = multitenant.current_user_id()), 'nobody')
    || ' in ' || coalesce((SELECT slug FROM multitenant."Tenants" WHERE id = multitenant.current_tenant_id()), 'no tenant')
$$;
CREATE FUNCTION set_context(who text, slug text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  SELECT multitenant.set_context((SELECT id FROM multitenant."Users" WHERE email = who || '@example.org'),
                                 (SELECT t.id FROM multitenant."Tenants" AS t WHERE t.slug = set_context.slug))
$$;

SELECT who();
-- for one statement, which is a transaction of its own
SELECT set_context('ada', 'acme'), who();
SELECT who();
-- until the transaction ends, either way
BEGIN; SELECT set_context('ada', 'acme'); SELECT who(); COMMIT; SELECT who();
BEGIN; SELECT set_context('ada', 'acme'); SELECT who(); ROLLBACK; SELECT who();
-- also where another begins at once, in a chain and in a procedure
BEGIN; SELECT set_context('ada', 'acme'); COMMIT AND CHAIN; SELECT who(); SELECT set_context('ada', 'acme'); ROLLBACK AND CHAIN; SELECT who(); COMMIT;
CREATE PROCEDURE in_turn() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_context('ada', 'acme'); RAISE NOTICE '%', who(); COMMIT; RAISE NOTICE '%', who();
  PERFORM set_context('ada', 'acme'); ROLLBACK; RAISE NOTICE '%', who();
  PERFORM set_context('ben');
END $$;
CALL in_turn();
SELECT who();
-- without a tenant; another user ends what was before, and so does clear_context
BEGIN;
SELECT set_context('ada', 'acme');
SELECT set_context('ben'); SELECT who();
SELECT set_context('ada', 'acme'); SELECT who();
SELECT multitenant.clear_context(); SELECT who();
SELECT multitenant.clear_context(); SELECT who();
COMMIT;
-- savepoints
BEGIN;
SELECT set_context('ben');
SAVEPOINT a;
SELECT set_context('ada', 'acme');
SAVEPOINT b;
SELECT multitenant.clear_context(); SELECT who();
ROLLBACK TO b; SELECT who();
RELEASE b; SELECT who();
ROLLBACK TO a; SELECT who();
SELECT set_context('ada', 'acme');
RELEASE a; SELECT who();
COMMIT;
SELECT who();
-- an exception block is a savepoint; a function with settings of its own is none
BEGIN;
DO $$ BEGIN PERFORM set_context('ada', 'acme'); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END $$;
SELECT who();
CREATE FUNCTION in_a_function() RETURNS text LANGUAGE plpgsql SET work_mem = '8MB' SET search_path = public AS $$
BEGIN PERFORM set_context('ada', 'acme'); RETURN who(); END $$;
SELECT in_a_function(); SELECT who();
COMMIT;
SELECT who();

-- an error leaves the context as it was
BEGIN;
SELECT set_context('ada', 'acme');
SAVEPOINT a; SELECT set_context('ada', 'umbrella'); ROLLBACK TO a; SELECT who();
COMMIT;

-- who may be it
CREATE FUNCTION try_context(change text, who text, slug text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE change;
  PERFORM set_context(who, slug);
  RAISE EXCEPTION '%', who() USING errcode = 'RB001';
EXCEPTION
  WHEN SQLSTATE 'RB001' THEN RETURN SQLERRM;
  WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT n, try_context(change, who, slug) FROM (VALUES
  (1, 'SELECT', 'ada', 'acme'),
  (2, 'SELECT', 'ben', 'acme'),
  (3, 'SELECT', 'ben', NULL),
  (4, 'SELECT', 'ada', 'umbrella'),
  (5, 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''ben%''', 'ben', NULL),
  (6, 'UPDATE multitenant."Users" SET status = ''inactive'' WHERE email LIKE ''ben%''', 'ben', NULL),
  (7, 'DELETE FROM multitenant."Users" WHERE email LIKE ''ben%''', 'ben', NULL),
  (8, 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme''', 'ada', 'acme'),
  (9, 'UPDATE multitenant."Tenants" SET status = ''pending_deletion'' WHERE slug = ''acme''', 'ada', 'acme'),
  (10, 'UPDATE multitenant."TenantUsers" SET roles = ''{}''', 'ada', 'acme')
) AS v(n, change, who, slug) ORDER BY n;
SELECT multitenant.set_context(NULL, :'acme');
SELECT multitenant.set_context(NULL);
SELECT multitenant.set_context('00000000-0000-0000-0000-000000000000');
SELECT multitenant.set_context(:'ada', '00000000-0000-0000-0000-000000000000');

-- what the settings show, for a log or a trigger of the application
BEGIN;
SELECT set_context('ada', 'acme');
SELECT current_setting('multitenant.user_id') = :'ada' AS user_id, current_setting('multitenant.tenant_id') = :'acme' AS tenant_id;
COMMIT;
SELECT current_setting('multitenant.user_id') AS user_id, current_setting('multitenant.tenant_id') AS tenant_id;

-- an ordinary role that may set the context through the function, and not around it
CREATE ROLE context_back_end;
GRANT EXECUTE ON FUNCTION multitenant.set_context(uuid, uuid), multitenant.clear_context(), multitenant.current_user_id(), multitenant.current_tenant_id() TO context_back_end;
SET ROLE context_back_end;
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
SELECT multitenant.current_user_id() = :'ada' AS ada, multitenant.current_tenant_id() = :'acme' AS acme;
SAVEPOINT a; SET LOCAL multitenant.tenant_id = ''; ROLLBACK TO a;
SAVEPOINT a; SELECT set_config('multitenant.tenant_id', :'umbrella', true); ROLLBACK TO a;
SAVEPOINT a; RESET multitenant.tenant_id; ROLLBACK TO a;
CREATE FUNCTION pg_temp.as_another() RETURNS uuid LANGUAGE sql AS 'SELECT multitenant.current_tenant_id()';
SAVEPOINT a; ALTER FUNCTION pg_temp.as_another() SET multitenant.tenant_id = '00000000-0000-0000-0000-000000000001'; ROLLBACK TO a;
SAVEPOINT a; ALTER ROLE context_back_end SET multitenant.tenant_id = '00000000-0000-0000-0000-000000000001'; ROLLBACK TO a;
SAVEPOINT a; ALTER FUNCTION pg_temp.as_another() SET multitenant.tenant_id FROM CURRENT; ROLLBACK TO a;
SAVEPOINT a; SET SESSION AUTHORIZATION context_back_end; SET LOCAL multitenant.user_id = ''; ROLLBACK TO a;
SELECT multitenant.current_user_id() = :'ada' AS ada, multitenant.current_tenant_id() = :'acme' AS acme;
-- RESET ALL ends it, as clear_context does: nobody may do less than anybody
RESET ALL;
SELECT multitenant.current_user_id(), multitenant.current_tenant_id();
COMMIT;
DROP FUNCTION pg_temp.as_another;
RESET ROLE;
-- one that may not call it
CREATE ROLE context_client;
GRANT EXECUTE ON FUNCTION multitenant.current_user_id() TO context_client;
SET ROLE context_client;
SELECT multitenant.set_context(:'ada', :'acme');
SELECT multitenant.clear_context();
SELECT multitenant.current_user_id();
RESET ROLE;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA multitenant FROM context_back_end, context_client;
DROP ROLE context_back_end, context_client;

-- a transaction that cannot write may set it
BEGIN READ ONLY; SELECT set_context('ada', 'acme'); SELECT who(); COMMIT;
-- parallel workers have it
CREATE TABLE many AS SELECT i, CASE i % 10 WHEN 0 THEN :'acme'::uuid ELSE :'umbrella' END AS "tenantId" FROM generate_series(1, 20000) AS i;
ANALYZE many;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off;
BEGIN;
SELECT set_context('ada', 'acme');
CREATE FUNCTION is_parallel(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
    IF line ~ 'Workers Launched: [1-9]' THEN RETURN true; END IF;
  END LOOP;
  RETURN false;
END $$;
SELECT is_parallel('SELECT count(*) FROM many WHERE "tenantId" = multitenant.current_tenant_id()');
SELECT is_parallel('SELECT count(*) FROM many WHERE (CASE WHEN i > 0 THEN multitenant.has_role(multitenant.current_user_id(), "tenantId", ''owner'') END)');
SELECT count(*) FROM many WHERE "tenantId" = multitenant.current_tenant_id();
-- also where it is called for each row
SELECT count(*) FROM many WHERE (CASE WHEN i > 0 THEN multitenant.has_role(multitenant.current_user_id(), "tenantId", 'owner') END);
-- and where the worker itself reads the context: the planner cannot evaluate these once, before it
CREATE FUNCTION own_tenant(i integer) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS 'BEGIN RETURN multitenant.current_tenant_id(); END';
SELECT is_parallel('SELECT count(*) FROM many WHERE "tenantId" = own_tenant(i) AND multitenant.has_role(CASE WHEN i > 0 THEN ''owner'' END)');
SELECT count(*) FROM many WHERE "tenantId" = own_tenant(i) AND multitenant.has_role(CASE WHEN i > 0 THEN 'owner' END);
COMMIT;
SELECT count(*) FROM many WHERE "tenantId" = multitenant.current_tenant_id();
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET parallel_leader_participation;

-- A client's transaction stays in one tenant: a query under way may have asked for the tenant, and for what the user may do
-- there only once the context is another. Ben owns Umbrella, and may not read Acme's papers.
SELECT multitenant.create_permission('paper', 'read') IS NOT NULL AS made;
SELECT multitenant.add_member(:'ben', :'acme', '{member}') IS NOT NULL AS added, multitenant.add_member(:'ben', :'umbrella', '{owner}') IS NOT NULL AS added;
SELECT multitenant.grant_permission(id, 'paper:read') FROM multitenant."Roles" WHERE name = 'owner' AND "tenantId" = :'umbrella';
SELECT (multitenant.create_session(:'ben', :'acme')).access_token AS in_acme, (multitenant.create_session(:'ben', :'umbrella')).access_token AS in_umbrella \gset
CREATE TABLE paper AS SELECT i, CASE WHEN i > 0 THEN :'acme'::uuid ELSE :'umbrella' END AS "tenantId" FROM generate_series(-1999, 2000) AS i;
CREATE UNIQUE INDEX ON paper ("tenantId", i);
ANALYZE paper;
SELECT multitenant.protect_table('paper', read_permission => 'paper:read');
CREATE ROLE context_client;
SELECT multitenant.grant_access('context_client', 'client');
GRANT SELECT ON paper TO context_client;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_material = off;
BEGIN;
SET LOCAL ROLE context_client;
SELECT multitenant.use_session(:'in_umbrella'); SELECT count(*) AS umbrellas FROM paper;
COMMIT;
BEGIN;
SET LOCAL ROLE context_client;
SELECT multitenant.use_session(:'in_acme'); SELECT count(*) AS acmes FROM paper;
SAVEPOINT a;
SELECT paper.i FROM (SELECT i, CASE WHEN i > 0 THEN multitenant.use_session(:'in_umbrella') END FROM (VALUES (0), (1), (2)) AS v (i) OFFSET 0) AS g, paper WHERE paper.i = g.i;
ROLLBACK TO a;
DECLARE papers CURSOR FOR SELECT g.i, paper.i AS paper FROM (VALUES (0), (1), (2)) AS g (i) LEFT JOIN paper ON paper.i = g.i;
FETCH papers;
SAVEPOINT b;
SELECT multitenant.clear_context(); SELECT multitenant.use_session(:'in_umbrella');
ROLLBACK TO b;
SELECT multitenant.use_session(:'in_acme');
FETCH ALL FROM papers;
COMMIT;
-- the next transaction is another; nor are those bound who may choose
BEGIN;
SET LOCAL ROLE context_client;
SELECT multitenant.use_session(:'in_umbrella');
RESET ROLE;
SELECT multitenant.use_session(:'in_acme'); SELECT multitenant.current_tenant_id() = :'acme' AS acme;
COMMIT;
DROP OWNED BY context_client;
DROP ROLE context_client;
