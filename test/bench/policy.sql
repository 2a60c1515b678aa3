-- A policy over 1,000,000 rows, of which the member's tenant has a tenth: our functions written
-- bare, the same query with constants and no policy, and what one would write on the claims of a
-- token: as is, and wrapped in sub-selects. Without an index, so that each row is judged, and with
-- one. Variables: rounds.

SET client_min_messages = warning;
CREATE ROLE bench_app;
GRANT USAGE ON SCHEMA bench TO bench_app;

-- Somebody who may do something somewhere.
CREATE TABLE bench.member AS
SELECT m."userId" AS user_id, m."tenantId" AS tenant_id, p.name AS permission
FROM multitenant."TenantUsers" AS m
JOIN multitenant."Roles" AS r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles)
JOIN multitenant."RolePermissions" AS rp ON rp."roleId" = r.id
JOIN multitenant."Permissions" AS p ON p.id = rp."permissionId" AND p.action <> '*'
LIMIT 1;
SELECT user_id, tenant_id, permission FROM bench.member \gset

CREATE TABLE bench.note AS
SELECT i AS id, CASE WHEN i % 10 = 0 THEN :'tenant_id'::uuid ELSE bench.id('tenant of a note', i % 10) END AS "tenantId", 'note ' || i AS body
FROM generate_series(1, 1000000) AS i;
CREATE TABLE bench.indexed_note AS TABLE bench.note;
CREATE INDEX ON bench.indexed_note ("tenantId");
VACUUM (ANALYZE) bench.note;
VACUUM (ANALYZE) bench.indexed_note;

GRANT SELECT ON bench.note, bench.indexed_note TO bench_app;
GRANT EXECUTE ON FUNCTION multitenant.set_context(uuid, uuid), multitenant.current_tenant_id(), multitenant.has_permission(text) TO bench_app;

CREATE TABLE bench.policy (name text PRIMARY KEY, condition text NOT NULL);
INSERT INTO bench.policy VALUES
  ('ours', format('"tenantId" = multitenant.current_tenant_id() AND multitenant.has_permission(%L)', :'permission')),
  ('constants', format('"tenantId" = %L AND true', :'tenant_id')),
  ('claims', format('"tenantId" = (current_setting(''request.jwt.claims'', true)::jsonb ->> ''tenant_id'')::uuid AND current_setting(''request.jwt.claims'', true)::jsonb -> ''permissions'' ? %L', :'permission')),
  ('claims, wrapped', format('"tenantId" = (SELECT (current_setting(''request.jwt.claims'', true)::jsonb ->> ''tenant_id'')::uuid) AND (SELECT current_setting(''request.jwt.claims'', true)::jsonb -> ''permissions'' ? %L)', :'permission'));

CREATE PROCEDURE bench.set_policy(policy_name text) LANGUAGE plpgsql AS $$
DECLARE
  condition text := (SELECT p.condition FROM bench.policy AS p WHERE p.name = policy_name);
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['note', 'indexed_note'] LOOP
    EXECUTE format('ALTER TABLE bench.%I ENABLE ROW LEVEL SECURITY', relation);
    EXECUTE format('DROP POLICY IF EXISTS rows ON bench.%I', relation);
    EXECUTE format('CREATE POLICY rows ON bench.%I USING (%s)', relation, condition);
  END LOOP;
END $$;

-- As a member of the tenant, in a role that policies bind; answers how many rows it sees.
CREATE FUNCTION bench.count_as_member(relation regclass) RETURNS bigint
LANGUAGE plpgsql SET role = bench_app SET max_parallel_workers_per_gather = 0 AS $$
DECLARE
  seen bigint;
BEGIN
  EXECUTE format('SELECT count(body) FROM %s', relation) INTO seen;
  RETURN seen;
END $$;

-- The first time is not recorded.
CREATE PROCEDURE bench.measure_policy(policy_name text, relation regclass, is_recorded boolean)
LANGUAGE plpgsql AS $$
DECLARE
  member bench.member;
  started float8;
  seen bigint;
BEGIN
  SELECT * INTO member FROM bench.member;
  PERFORM multitenant.set_context(member.user_id, member.tenant_id);
  PERFORM set_config('request.jwt.claims', jsonb_build_object('tenant_id', member.tenant_id,
    'permissions', jsonb_build_array('a:b', 'c:d', member.permission))::text, true);
  started := bench.clock();
  seen := bench.count_as_member(relation);
  IF is_recorded THEN
    INSERT INTO bench.times VALUES (format('policy, %s, %s', relation, policy_name), bench.clock() - started);
  END IF;
  IF seen <> 100000 THEN
    RAISE 'the policy % shows % rows', policy_name, seen;
  END IF;
END $$;

CREATE PROCEDURE bench.measure_policies(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
  policies text[] := ARRAY(SELECT name FROM bench.policy);
  name text;
  relation regclass;
BEGIN
  FOR round IN 0 .. rounds LOOP
    FOR i IN 1 .. cardinality(policies) LOOP
      name := policies[CASE WHEN round % 2 = 0 THEN i ELSE cardinality(policies) + 1 - i END];
      CALL bench.set_policy(name);
      FOREACH relation IN ARRAY ARRAY['bench.note', 'bench.indexed_note']::regclass[] LOOP
        CALL bench.measure_policy(name, relation, round > 0);
      END LOOP;
      COMMIT;
    END LOOP;
  END LOOP;
END $$;
CALL bench.measure_policies(:rounds);
