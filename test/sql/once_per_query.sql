-- The functions of the context in queries of every shape: the planner evaluates them once
-- for a query, and the answer is that of the values written out.
\set VERBOSITY terse
SELECT multitenant.register_user('ada@example.org') AS ada \gset
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'ada') AS acme \gset
SELECT multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella', :'ada') AS umbrella \gset
SELECT multitenant.create_permission('note', 'read') AS p \gset
SELECT multitenant.grant_permission(id, 'note:read') AS granted FROM multitenant."Roles" WHERE "tenantId" = :'acme' AND name = 'owner';

CREATE TABLE note (id integer PRIMARY KEY, tenant uuid NOT NULL, body text, CHECK (multitenant.has_permission('note:read') IS NOT NULL));
INSERT INTO note SELECT i, CASE WHEN i % 3 = 0 THEN :'acme'::uuid ELSE :'umbrella' END, 'note ' || i FROM generate_series(1, 30) AS i;
CREATE INDEX ON note (tenant);
CREATE TABLE part (id integer, tenant uuid NOT NULL) PARTITION BY LIST (tenant);
CREATE TABLE part_of_acme PARTITION OF part FOR VALUES IN (:'acme');
CREATE TABLE part_of_others PARTITION OF part DEFAULT;
INSERT INTO part SELECT id, tenant FROM note;
CREATE VIEW notes AS SELECT * FROM note WHERE tenant = multitenant.current_tenant_id() AND multitenant.has_permission('note:read');
CREATE FUNCTION inlined() RETURNS SETOF note LANGUAGE sql STABLE AS 'SELECT * FROM note WHERE tenant = multitenant.current_tenant_id()';
CREATE FUNCTION tenant_is_own(uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 = multitenant.current_tenant_id()';
CREATE FUNCTION as_default(uuid DEFAULT multitenant.current_tenant_id()) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT $1';

-- The answer with the functions, beside that with their values; what the query writes is undone.
CREATE FUNCTION answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
  EXECUTE 'WITH q AS (' || query || ') SELECT string_agg(q::text, chr(10) ORDER BY q::text) FROM q' INTO found;
  RAISE USING errcode = 'RB001';
EXCEPTION
  WHEN SQLSTATE 'RB001' THEN RETURN found;
END $$;
CREATE FUNCTION compare(query text, OUT same boolean, OUT rows bigint) LANGUAGE plpgsql AS $$
DECLARE
  ours text := replace(replace(replace(query, 'TENANT', 'multitenant.current_tenant_id()'), 'MAY', 'multitenant.has_permission(''note:read'')'), 'OWNER', 'multitenant.has_role(''owner'')');
  values text := replace(replace(replace(query, 'TENANT', quote_literal(multitenant.current_tenant_id()) || '::uuid'), 'MAY', 'true'), 'OWNER', 'true');
  found text := answer(ours);
BEGIN
  same := found IS NOT DISTINCT FROM answer(values);
  EXECUTE 'SELECT count(*) FROM unnest(string_to_array($1, chr(10)))' INTO rows USING found;
END $$;
CREATE TABLE query (n integer GENERATED ALWAYS AS IDENTITY, text text);
INSERT INTO query (text) VALUES
  ('SELECT TENANT, MAY, OWNER'),
  ('SELECT id FROM note WHERE tenant = TENANT AND MAY'),
  ('SELECT id FROM note WHERE NOT MAY'),
  ('SELECT id FROM note WHERE tenant = TENANT OR NOT OWNER'),
  ('SELECT TENANT AS t, id FROM note WHERE id < 4'),
  ('SELECT tenant = TENANT AS own, count(*) FROM note GROUP BY 1'),
  ('SELECT TENANT, count(*) FROM note GROUP BY TENANT'),
  ('SELECT tenant, count(*) FILTER (WHERE tenant = TENANT) FROM note GROUP BY tenant HAVING bool_or(MAY)'),
  ('SELECT id, row_number() OVER (PARTITION BY tenant = TENANT ORDER BY id) FROM note'),
  ('SELECT DISTINCT ON (tenant = TENANT) id FROM note ORDER BY tenant = TENANT, id'),
  ('SELECT id FROM note ORDER BY tenant = TENANT, id LIMIT CASE WHEN MAY THEN 3 ELSE 1 END'),
  ('SELECT * FROM (SELECT id, TENANT AS t FROM note) AS s WHERE t = TENANT AND id > 20'),
  ('SELECT id FROM note WHERE tenant = TENANT UNION ALL SELECT id FROM part WHERE tenant = TENANT'),
  ('SELECT id FROM (SELECT * FROM note UNION ALL SELECT id, tenant, NULL FROM part) AS u WHERE tenant = TENANT AND MAY'),
  ('SELECT id FROM part WHERE tenant = TENANT'),
  ('SELECT n.id FROM note AS n JOIN part AS p ON p.id = n.id AND p.tenant = TENANT WHERE OWNER'),
  ('SELECT n.id, p.id FROM note AS n LEFT JOIN part AS p ON p.id = n.id AND p.tenant = TENANT AND MAY'),
  ('SELECT id FROM note AS n WHERE EXISTS (SELECT FROM part AS p WHERE p.id = n.id AND p.tenant = TENANT AND MAY)'),
  ('SELECT id, (SELECT count(*) FROM part AS p WHERE p.tenant = n.tenant AND p.tenant = TENANT) FROM note AS n'),
  -- EXISTS that stays a sub-select: the planner tries to make an IN of it
  ('SELECT id, EXISTS (SELECT FROM part AS p WHERE p.id = n.id AND p.tenant = TENANT AND MAY) FROM note AS n'),
  ('SELECT id FROM note AS n WHERE id < 3 OR EXISTS (SELECT FROM part AS p WHERE p.id = n.id AND tenant_is_own(p.tenant)) AND OWNER'),
  ('SELECT id FROM note AS n WHERE CASE WHEN id < 9 THEN NOT EXISTS (SELECT FROM part AS p WHERE p.id = n.id AND p.tenant = TENANT) ELSE MAY END'),
  ('SELECT tenant FROM note GROUP BY tenant HAVING EXISTS (SELECT FROM part AS p WHERE p.tenant = note.tenant AND p.tenant = TENANT)'),
  ('SELECT EXISTS (SELECT FROM part AS p WHERE p.id = n.id AND p.tenant = TENANT) FROM note AS n UNION ALL SELECT MAY FROM note'),
  ('SELECT * FROM (SELECT id, EXISTS (SELECT FROM part AS p WHERE p.id = n.id AND p.tenant = TENANT) AS e FROM note AS n UNION ALL SELECT id, MAY FROM note) AS u WHERE id < 9'),
  -- an argument that is known in each branch
  ('SELECT * FROM (SELECT id, ''note:read'' AS p FROM note UNION ALL SELECT id, ''note:none'' FROM note) AS u WHERE multitenant.has_permission(p)'),
  ('SELECT tenant, count(*) FROM note WHERE tenant = TENANT AND MAY GROUP BY ROLLUP (tenant)'),
  ('SELECT id FROM note WHERE tenant IN (SELECT TENANT)'),
  ('SELECT id FROM note WHERE tenant = ANY (ARRAY[TENANT])'),
  ('SELECT * FROM note, LATERAL (SELECT TENANT AS t, note.id + 1 WHERE MAY) AS l WHERE id < 4'),
  ('SELECT * FROM as_default(TENANT)'),
  ('SELECT as_default() IS NOT NULL FROM note'),
  ('SELECT * FROM unnest(ARRAY[TENANT]) WITH ORDINALITY'),
  ('SELECT i FROM generate_series(1, CASE WHEN MAY THEN 3 ELSE 1 END) AS i'),
  ('SELECT * FROM (VALUES (TENANT, 1), (TENANT, 2)) AS v WHERE MAY'),
  ('SELECT id FROM inlined() WHERE OWNER'),
  ('SELECT id FROM notes WHERE tenant = TENANT'),
  ('SELECT id FROM note TABLESAMPLE bernoulli (CASE WHEN MAY THEN 100 ELSE 0 END) WHERE tenant = TENANT'),
  ('WITH RECURSIVE r(i) AS (SELECT 1 WHERE MAY UNION ALL SELECT i + 1 FROM r WHERE i < 5 AND OWNER) SELECT i FROM r'),
  ('WITH m AS MATERIALIZED (SELECT TENANT AS t) SELECT id FROM note, m WHERE tenant = t'),
  ('SELECT id FROM note WHERE coalesce(NULLIF(tenant, TENANT), TENANT) = TENANT'),
  ('SELECT id FROM note WHERE CASE WHEN id > 5 THEN MAY ELSE false END'),
  ('SELECT id FROM note WHERE multitenant.has_permission(body) OR tenant = TENANT');
SELECT n, text FROM query ORDER BY n;
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
SELECT n, c.* FROM query, compare(text) AS c ORDER BY n;
COMMIT;

-- grouping sets make null what they leave out, in every place where it stands, as with a
-- function that the planner knows nothing of (18 does not find one without columns again)
CREATE FUNCTION unknown_tenant() RETURNS uuid LANGUAGE plpgsql STABLE AS 'BEGIN RETURN multitenant.current_tenant_id(); END';
CREATE FUNCTION unknown_is_own(tenant uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN tenant = multitenant.current_tenant_id(); END';
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
CREATE TEMP TABLE ours AS
SELECT multitenant.current_tenant_id() AS t, multitenant.current_tenant_id() IS NULL AS all_tenants, tenant_is_own(tenant) IS NULL AS all_rows, count(*)
FROM note GROUP BY CUBE (multitenant.current_tenant_id(), tenant_is_own(tenant)) HAVING tenant_is_own(tenant) IS NOT false;
CREATE TEMP TABLE theirs AS
SELECT unknown_tenant() AS t, unknown_tenant() IS NULL AS all_tenants, unknown_is_own(tenant) IS NULL AS all_rows, count(*)
FROM note GROUP BY CUBE (unknown_tenant(), unknown_is_own(tenant)) HAVING unknown_is_own(tenant) IS NOT false;
SELECT count(*), count(t), count(*) FILTER (WHERE all_rows) AS all_rows FROM ours;
(TABLE ours EXCEPT ALL TABLE theirs) UNION ALL (TABLE theirs EXCEPT ALL TABLE ours);
COMMIT;

-- what a query shows of it
CREATE FUNCTION plan_has(pattern text, query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP found := found OR line ~ pattern; END LOOP;
  RETURN found;
END $$;
SELECT plan_has('InitPlan', 'SELECT id FROM note WHERE tenant = multitenant.current_tenant_id()') AS once,
       plan_has('One-Time Filter', 'SELECT id FROM note WHERE multitenant.has_permission(''note:read'')') AS gates_the_plan,
       plan_has('InitPlan', 'SELECT id FROM note WHERE multitenant.has_permission(body)') AS not_of_a_column,
       plan_has('InitPlan', 'SELECT multitenant.current_tenant_id()') AS not_without_rows;
SET enable_seqscan = off;
SELECT plan_has('Index Cond: \(tenant = ', 'SELECT id FROM note WHERE tenant = multitenant.current_tenant_id()') AS by_index;
RESET enable_seqscan;

-- writing
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
INSERT INTO note VALUES (101, multitenant.current_tenant_id(), 'a'), (102, multitenant.current_tenant_id(), 'b') RETURNING id, tenant = multitenant.current_tenant_id() AS own;
INSERT INTO note SELECT 103, multitenant.current_tenant_id(), 'c' WHERE multitenant.has_permission('note:read');
INSERT INTO note VALUES (103, multitenant.current_tenant_id(), 'd') ON CONFLICT (id) DO UPDATE SET body = 'e' WHERE note.tenant = multitenant.current_tenant_id() AND multitenant.has_role('owner') RETURNING body;
UPDATE note SET body = 'f', tenant = multitenant.current_tenant_id() WHERE tenant = multitenant.current_tenant_id() AND id > 100;
DELETE FROM note WHERE tenant = multitenant.current_tenant_id() AND id > 100 AND multitenant.has_permission('note:read') RETURNING id;
ROLLBACK;

-- prepared, with a plan for all values; in PL/pgSQL, where the expression reads no rows; by a cursor
SET plan_cache_mode = force_generic_plan;
PREPARE readable(text) AS SELECT count(*) FROM note WHERE tenant = multitenant.current_tenant_id() AND multitenant.has_permission($1);
BEGIN;
SELECT multitenant.set_context(:'ada', :'acme');
EXECUTE readable('note:read');
EXECUTE readable('note:write');
EXECUTE readable(NULL);
SELECT multitenant.set_context(:'ada', :'umbrella');
EXECUTE readable('note:read');
CREATE FUNCTION in_turn() RETURNS TABLE (slug text, may boolean, own bigint) LANGUAGE plpgsql AS $$
DECLARE tenant record;
BEGIN
  FOR tenant IN SELECT t.id, t.slug FROM multitenant."Tenants" AS t, generate_series(1, 2) ORDER BY 2 LOOP
    PERFORM multitenant.set_context(multitenant.current_user_id(), tenant.id);
    slug := tenant.slug;
    may := multitenant.has_permission('note:read');
    IF may AND multitenant.current_tenant_id() = tenant.id THEN
      own := (SELECT count(*) FROM note WHERE note.tenant = multitenant.current_tenant_id());
    ELSE
      own := NULL;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
SELECT * FROM in_turn();
-- a cursor keeps the context that it was first read in
SELECT multitenant.set_context(:'ada', :'acme');
DECLARE c CURSOR FOR SELECT id FROM note WHERE tenant = multitenant.current_tenant_id() ORDER BY id;
FETCH 2 FROM c;
SELECT multitenant.clear_context();
FETCH 2 FROM c;
COMMIT;
