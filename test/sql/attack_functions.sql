-- Attack: every function of the extension, called as each tier of database roles with hostile
-- arguments and under a search_path of the attacker's making. In it stands a trap for
-- everything that pg_catalog has and a function of ours could name: functions, operators,
-- types, aggregates, and a table for each of ours. No trap goes off inside a function, no
-- answer shows a row, and what is not granted is refused before it is looked at.
--
-- The functions and the traps are read from the catalog, so a new function is attacked by
-- being there; its answer below has to be judged once.
\set VERBOSITY terse
SET client_min_messages = warning;
SET multitenant.argon2_memory = 8;
SET multitenant.argon2_iterations = 1;
SET multitenant.bcrypt_cost = 4;
CREATE ROLE attack_eve NOLOGIN;
CREATE ROLE attack_none NOLOGIN;
CREATE ROLE attack_client NOLOGIN;
CREATE ROLE attack_service NOLOGIN;
CREATE ROLE attack_admin NOLOGIN;
SELECT multitenant.grant_access('attack_client', 'client'), multitenant.grant_access('attack_service', 'service'), multitenant.grant_access('attack_admin', 'admin');
GRANT CREATE ON SCHEMA public TO PUBLIC;
CREATE SCHEMA trap AUTHORIZATION attack_eve;

\set ada '00000000-0000-0000-0000-000000000001'
\set acme '00000000-0000-0000-0000-0000000000aa'
INSERT INTO multitenant."Users" (id, email) VALUES (:'ada', 'ada@example.org'), ('00000000-0000-0000-0000-000000000002', 'ben@example.org');
INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl") VALUES (:'acme', 'Acme', 'acme', 'postgres://secret');
INSERT INTO multitenant."Permissions" (id, name, resource, action) VALUES ('00000000-0000-0000-0000-0000000000d1', '*:*', '*', '*'), ('00000000-0000-0000-0000-0000000000d2', 'invoice:read', 'invoice', 'read');
INSERT INTO multitenant."Roles" (id, name, "tenantId", scopes) VALUES
  ('00000000-0000-0000-0000-0000000000b1', 'clerk', :'acme', '{}'), ('00000000-0000-0000-0000-0000000000b2', 'owner', :'acme', '{*}'), ('00000000-0000-0000-0000-0000000000b3', 'default', :'acme', '{}');
UPDATE multitenant."Roles" SET "isDefault" = true WHERE name = 'default';
INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId") VALUES ('00000000-0000-0000-0000-0000000000b2', '00000000-0000-0000-0000-0000000000d1');
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) VALUES (:'ada', :'acme', '{owner}');
SELECT multitenant.set_password(:'ada', 'correct horse battery');
SELECT access_token, refresh_token FROM multitenant.create_session(:'ada', :'acme') \gset

--
-- The traps
--

SET ROLE attack_eve;
CREATE SEQUENCE trap.sprung;   -- counts what a rollback takes back
GRANT USAGE, SELECT ON SEQUENCE trap.sprung TO PUBLIC;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE FUNCTION trap.spring() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM nextval('trap.sprung');
  RAISE WARNING 'a trap goes off as %', current_user;
END $$;
-- each function of pg_catalog with arguments of such types, and each operator
CREATE TEMP TABLE named (oid oid) ON COMMIT DROP;
DO $$
DECLARE
  f record;
  n int := 0;
BEGIN
  FOR f IN
    SELECT p.oid, p.proname, p.proretset, pg_get_function_identity_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
           (SELECT string_agg(format_type(t, NULL), ', ' ORDER BY i) FROM unnest(p.proargtypes) WITH ORDINALITY a (t, i)) AS types
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND p.provariadic = 0 AND p.proallargtypes IS NULL
      AND p.prorettype = ANY ('{text,varchar,uuid,timestamptz,jsonb,text[],bytea,int4,int8,bool,interval,name,oid,regclass,inet,cidr,float8,void}'::regtype[])
      AND p.proargtypes::oid[] <@ '{text,varchar,uuid,timestamptz,jsonb,text[],uuid[],bytea,int4,int8,bool,interval,name,oid,regclass,inet,cidr,float8}'::regtype[]::oid[]
  LOOP
    EXECUTE format('CREATE FUNCTION trap.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname, f.types, f.result,
                   'BEGIN PERFORM trap.spring(); RETURN' || CASE WHEN f.proretset OR f.result = 'void' THEN '' ELSE ' NULL' END || '; END');
    n := n + 1;
  END LOOP;
  RAISE WARNING 'enough functions: %', n > 500;
  n := 0;
  FOR f IN
    SELECT DISTINCT o.oprname, l AS left_type, r AS right_type, CASE WHEN o.oprresult = 'bool'::regtype THEN 'bool' ELSE l END AS result
    FROM pg_operator o, unnest('{text,varchar,uuid,timestamptz,jsonb,int4,int8,bool,interval,name,inet}'::text[]) l, unnest('{text,varchar,uuid,timestamptz,jsonb,int4,int8,bool,interval,name,inet}'::text[]) r
    WHERE o.oprleft = l::regtype AND (o.oprright = r::regtype OR o.oprright = o.oprleft AND r IN ('text', 'varchar'))
  LOOP
    EXECUTE format('CREATE FUNCTION trap.%I(pg_catalog.%s, pg_catalog.%s) RETURNS pg_catalog.%s LANGUAGE plpgsql AS %L', 'operator ' || f.oprname, f.left_type, f.right_type, f.result,
                   'BEGIN PERFORM trap.spring(); RETURN NULL; END');
    EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = pg_catalog.%s, RIGHTARG = pg_catalog.%s, FUNCTION = trap.%I)', f.oprname, f.left_type, f.right_type, 'operator ' || f.oprname);
    n := n + 1;
  END LOOP;
  RAISE WARNING 'enough operators: %', n > 100;
  -- a table for each of ours, where an unqualified name would find it
  FOR f IN SELECT relname FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace AND relkind IN ('r', 'v') LOOP
    EXECUTE format('CREATE TABLE trap.%I (id uuid, mine text)', f.relname);
  END LOOP;
END $$;
-- operators that compare anything
CREATE FUNCTION trap.any_equal(anyelement, anyelement) RETURNS bool LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN NULL; END';
CREATE OPERATOR trap.= (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = trap.any_equal);
CREATE OPERATOR trap.<> (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = trap.any_equal);
CREATE FUNCTION trap.array_append(anyarray, anyelement) RETURNS anyarray LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN NULL; END';
CREATE FUNCTION trap.array_remove(anyarray, anyelement) RETURNS anyarray LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN NULL; END';
CREATE FUNCTION trap.unnest(anyarray) RETURNS SETOF anyelement LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN; END';
CREATE FUNCTION trap.to_jsonb(anyelement) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN NULL; END';
CREATE FUNCTION trap.count_more(int8) RETURNS int8 LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN 0; END';
CREATE AGGREGATE trap.count(*) (SFUNC = trap.count_more, STYPE = int8);
CREATE FUNCTION trap.crypt(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN $2; END';
CREATE FUNCTION trap.gen_salt(text, int) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN NULL; END';
CREATE FUNCTION trap.digest(text, text) RETURNS bytea LANGUAGE plpgsql AS 'BEGIN PERFORM trap.spring(); RETURN NULL; END';
-- types under the names of the server's, last: from here on this script says pg_catalog
CREATE TABLE trap.mine ("tenantId" uuid PRIMARY KEY);
CREATE DOMAIN trap.uuid AS pg_catalog.uuid CHECK (trap.spring() IS NULL);
CREATE DOMAIN trap.varchar AS pg_catalog.text CHECK (trap.spring() IS NULL);
CREATE DOMAIN trap.text AS pg_catalog.text CHECK (trap.spring() IS NULL);
CREATE DOMAIN trap.regclass AS pg_catalog.oid CHECK (trap.spring() IS NULL);
CREATE DOMAIN trap.jsonb AS pg_catalog.jsonb CHECK (trap.spring() IS NULL);
RESET ROLE;

-- One statement with that search_path, and nothing else that could step into a trap.
CREATE FUNCTION public.in_the_dark(sql text) RETURNS void LANGUAGE plpgsql SET search_path = trap, pg_temp, public, pg_catalog, multitenant AS 'BEGIN EXECUTE sql; END';
-- The same as a role, in or out of a context; undone. The answer is the SQLSTATE, and what the error shows.
CREATE FUNCTION public.answer(role name, is_in boolean, sql text, OUT state text, OUT said text) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  message text;
  detail text;
BEGIN
  IF is_in THEN
    PERFORM multitenant.set_context('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000aa');
  END IF;
  EXECUTE format('SET LOCAL ROLE %I', role);
  PERFORM public.in_the_dark(sql);
  RAISE EXCEPTION USING ERRCODE = 'UNDON', MESSAGE = 'undone';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, state = RETURNED_SQLSTATE;
  state := CASE state WHEN 'UNDON' THEN 'ok' ELSE state END;
  said := concat_ws(' ', message, detail);
END $$;

--
-- What the functions are called with
--

-- An argument that is good, by its name; others are unknown, hostile or null.
CREATE TABLE public.good (argument text, value text);
INSERT INTO public.good VALUES
  ('user_id', :'ada'), ('owner_id', :'ada'), ('invited_by', :'ada'), ('tenant_id', :'acme'), ('role_id', '00000000-0000-0000-0000-0000000000b1'), ('id', :'ada'),
  ('email', 'Ada@example.org'), ('password', 'correct horse battery'), ('old_password', 'correct horse battery'), ('new_password', 'another long password'),
  ('tenant_slug', 'acme'), ('ip_address', '192.0.2.1'), ('access_token', :'access_token'), ('refresh_token', :'refresh_token'), ('role', 'clerk'), ('roles', '{clerk}'),
  ('permission', 'invoice:read'), ('permissions', '{invoice:read}'), ('scope', 'x'), ('scopes', '{x}'), ('slug', 'new'), ('name', 'new'), ('resource', 'paper'), ('action', 'read'),
  ('database_url', 'postgres://new'), ('severity', 'high'), ('event', 'x'), ('message', 'x'), ('details', '{"a": 1}'), ('policy', '{}'), ('status', 'completed'), ('code', '000000'),
  ('hash', '$2b$04$ZUzR7pjyalwlP1Nz4FDkeuJVGjxpJyJLo4IlojnxgLbpaG/5linjG'), ('secret', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'), ('algorithm', NULL), ('log', 'ActivityLogs'),
  ('relation', 'trap.mine'), ('tenant_column', 'tenantId'), ('grantee', 'attack_client'), ('tier', 'client'), ('batch_size', '10'), ('feature', 'api'), ('content', 'x'), ('bytes', '20'),
  ('counter', '1'), ('digits', '6'), ('period', '30'), ('steps', '1'), ('at', '2026-01-01'), ('account', 'ada'), ('issuer', 'Acme'), ('google_id', 'g');
CREATE TABLE public.hostile (type regtype, value text);
INSERT INTO public.hostile
  SELECT t::regtype, v FROM unnest('{text,name}'::text[]) AS t,
    unnest(ARRAY['', ' ', $x$'; DROP TABLE multitenant."Users"; --$x$, $x$") OR 1=1 --$x$, '%s%n%x', E'\\x00', repeat('x', 300), '*', '*:*', '$1', E'a\nb', E'\u202eevil', '{', 'mta_', 'null', '0'])  AS v
  UNION ALL VALUES ('text'::regtype, repeat('x', 1100000)), ('text', 'mta_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'), ('uuid', '00000000-0000-0000-0000-000000000000'), ('uuid', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    ('integer', '0'), ('integer', '-2147483648'), ('integer', '2147483647'), ('bigint', '-9223372036854775808'), ('bigint', '9223372036854775807'), ('boolean', 'true'),
    ('timestamptz', 'infinity'), ('timestamptz', '-infinity'), ('timestamptz', '4713-01-01 BC'), ('interval', '-178000000 years'), ('interval', '178000000 years'),
    ('text[]', '{}'), ('text[]', '{NULL}'), ('text[]', '{{a,b},{c,d}}'), ('text[]', '{owner,owner,"; --"}'), ('jsonb', 'null'), ('jsonb', '[]'), ('jsonb', '{"a":{"b":[1e400]}}'), ('jsonb', '"x"'),
    ('regclass', '0'), ('regclass', 'pg_catalog.pg_authid'), ('regclass', 'multitenant."Users"');

CREATE TABLE public.functions AS
SELECT p.oid, p.proname || '(' || coalesce(string_agg(format_type(t, NULL), ',' ORDER BY n), '') || ')' AS signature, p.proname::text AS name, p.prorettype,
       coalesce(array_agg(t::regtype ORDER BY n) FILTER (WHERE t IS NOT NULL), '{}') AS types, p.proargnames AS names
FROM pg_proc p LEFT JOIN LATERAL unnest(p.proargtypes) WITH ORDINALITY AS a (t, n) ON true
WHERE p.pronamespace = 'multitenant'::regnamespace GROUP BY p.oid;
-- A call with an argument for each place.
CREATE FUNCTION public.call_of(f functions, arguments text[]) RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT FROM multitenant.%I(%s)', f.name,
                coalesce(string_agg(coalesce(quote_literal(arguments[n]), 'NULL') || '::' || format_type(t, NULL), ', ' ORDER BY n), ''))
  FROM unnest(f.types) WITH ORDINALITY AS a (t, n) $$;
-- The good arguments, with none of them or one place bad.
CREATE FUNCTION public.arguments_of(f functions) RETURNS SETOF text[] LANGUAGE sql AS $$
  WITH right_ones AS (SELECT array_agg((SELECT value FROM good WHERE argument = f.names[n]) ORDER BY n) AS list FROM generate_subscripts(f.types, 1) AS n)
  SELECT coalesce(list, '{}') FROM right_ones
  UNION ALL SELECT array_agg(NULL::text) FROM generate_subscripts(f.types, 1)
  UNION ALL
  SELECT list[:n - 1] || h.value || list[n + 1:] FROM right_ones, generate_subscripts(f.types, 1) AS n JOIN hostile h ON h.type = f.types[n] $$;
-- format_type() leaves pg_catalog out where the search_path has it
CREATE FUNCTION public.qualified(sql text) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(regexp_replace(sql, '::(uuid|text|jsonb|regclass|name|interval|boolean|integer|bigint|timestamp with time zone)', '::pg_catalog.\1', 'g'),
    'pg_catalog\.(interval|boolean|integer|bigint|timestamp with time zone)', '\1', 'g') $$;
CREATE TABLE public.calls AS
SELECT f.signature, f.oid, row_number() OVER (PARTITION BY f.oid) = 1 AS is_good, public.qualified(public.call_of(f, a)) AS sql
FROM functions f, public.arguments_of(f) AS a
WHERE f.prorettype <> ALL ('{trigger,internal}'::regtype[]);
SELECT count(*) > 1000 AS enough FROM public.calls;

--
-- The attack
--

CREATE TABLE public.answers AS
SELECT role, is_in, c.*, a.* FROM (VALUES ('attack_none', false), ('attack_client', false), ('attack_client', true), ('attack_service', false), ('attack_admin', true)) AS r (role, is_in), public.calls c,
  LATERAL public.answer(role, is_in, sql) AS a
WHERE is_good OR role = 'attack_service' OR role = 'attack_client' AND is_in;

\echo -- Traps that went off: none.
SELECT is_called FROM trap.sprung;
\echo -- What is not granted is refused, whatever it is called with; what is granted is not.
SELECT role, signature, state FROM public.answers a
WHERE (state = '42501' AND said LIKE 'permission denied for function%') <> NOT has_function_privilege(role, oid, 'EXECUTE');
\echo -- Errors that are not of the contract, or show a row: none.
SELECT role, signature, state, left(said, 100) AS said, left(sql, 200) AS sql FROM public.answers
WHERE state NOT IN ('ok', '22023', '22P02', '23505', 'P0002', '42501', '55000', '54000', '42P01', '42809', '42703', '42804', '42704', '22003', '22008')
   OR said ~* 'failing row|postgres://|\$argon2|\$2b|correct horse';
\echo -- What each answers when all is good.
SELECT signature, string_agg(CASE WHEN is_in AND role = 'attack_client' THEN state END, '') AS client, string_agg(CASE WHEN role = 'attack_service' THEN state END, '') AS service
FROM public.answers WHERE is_good GROUP BY signature ORDER BY signature COLLATE "C";

-- A client without a context, and one that holds no token, changes nothing by any call: this time nothing is undone.
CREATE FUNCTION public.contents() RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  t text;
  h text;
  all_of_it text := '';
BEGIN
  FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'multitenant'::regnamespace AND relkind = 'r' ORDER BY 1 LOOP
    EXECUTE format('SELECT md5(string_agg(r::text, chr(10) ORDER BY id)) FROM multitenant.%I r', t) INTO h;
    all_of_it := all_of_it || coalesce(h, '-');
  END LOOP;
  RETURN md5(all_of_it);
END $$;
CREATE FUNCTION public.call_and_keep(sql text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  SET LOCAL ROLE attack_client;
  PERFORM public.in_the_dark(sql);
  RESET ROLE;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
CREATE TEMP TABLE before AS SELECT public.contents();
SELECT count(*) FILTER (WHERE public.call_and_keep(sql) = 'ok') > 20 AS some_answer FROM public.calls WHERE position(:'access_token' IN sql) + position(:'refresh_token' IN sql) = 0;
SELECT public.contents() = (TABLE before) AS nothing_changed;

-- Trigger functions put on a table of the attacker's, for every event, timing and level.
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA multitenant TO attack_eve;
CREATE TABLE public.own ("id" uuid, "tenantId" uuid, "userId" uuid, roles varchar[], name varchar, status text, email text, "updatedAt" timestamptz, "deletedAt" timestamptz);
ALTER TABLE public.own OWNER TO attack_eve;
CREATE FUNCTION public.fire(function regprocedure, timing text, event text, level text) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  SET LOCAL ROLE attack_eve;
  EXECUTE format('CREATE TRIGGER t %s %s ON public.own FOR EACH %s EXECUTE FUNCTION %s', timing, event, level, function);
  INSERT INTO public.own (id, "tenantId", "userId", roles, name) VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-0000000000aa', '00000000-0000-0000-0000-000000000001', '{owner}', 'owner');
  UPDATE public.own SET roles = '{}', status = 'deleted', name = 'x', email = 'x';
  DELETE FROM public.own;
  TRUNCATE public.own;
  RAISE EXCEPTION 'it ran' USING ERRCODE = 'UNDON';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
\echo -- Trigger functions that do anything for a table of another: none.
SELECT f.signature, timing, event, level, state
FROM public.functions f, unnest('{BEFORE,AFTER}'::text[]) AS timing, unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS event, unnest('{ROW,STATEMENT}'::text[]) AS level,
  LATERAL public.fire(f.oid, timing, event, level) AS state
WHERE f.prorettype = 'trigger'::regtype AND state <> '39P01' AND NOT (event = 'TRUNCATE' AND level = 'ROW');

-- The traps are alive.
SET client_min_messages = error;
SELECT public.in_the_dark($$SELECT FROM pg_class WHERE lower('x') = 'x' LIMIT 1$$);
SELECT last_value > 0 AND is_called AS went_off FROM trap.sprung;

DROP OWNED BY attack_eve, attack_none, attack_client, attack_service, attack_admin CASCADE;
DROP ROLE attack_eve, attack_none, attack_client, attack_service, attack_admin;
