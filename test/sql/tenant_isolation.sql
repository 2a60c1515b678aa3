-- A proof of isolation: thousands of statements as random members of random tenants run
-- through the policies, and each answer, and all that each left in the tables, is compared
-- with a model: brute force over the plain tables, by a superuser, with none of the
-- extension's functions. Meanwhile users and tenants are suspended, members come and go, roles
-- win and lose permissions, in the middle of transactions too.
CREATE ROLE isolated NOLOGIN;
SELECT multitenant.grant_access('isolated', 'service');
SELECT setseed(0.20261123); -- the same steps each time

--
-- The world: 6 tenants, 12 users, 3 roles a tenant, and tables of every kind
--

INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl")
  SELECT ('00000000-0000-0000-0000-00000000aa0' || n)::uuid, n, 't-' || n, n FROM generate_series(1, 6) n;
INSERT INTO multitenant."Users" (id, email)
  SELECT ('00000000-0000-0000-0000-0000000000' || n)::uuid, n || '@example.org' FROM generate_series(10, 21) n;
INSERT INTO multitenant."Permissions" (name, resource, action)
  SELECT r || ':' || a, r, a FROM unnest('{invoice,report,event,logs,*}'::text[]) r, unnest('{read,write,*}'::text[]) a;
INSERT INTO multitenant."Roles" (name, "tenantId") SELECT role, id FROM multitenant."Tenants", unnest('{clerk,auditor,manager}'::text[]) AS role;
INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId")
  SELECT r.id, p.id FROM multitenant."Roles" r, multitenant."Permissions" p WHERE random() < CASE WHEN p.name ~ '\*' THEN 0.06 ELSE 0.3 END;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles)
  SELECT u.id, t.id, CASE WHEN random() < 0.3 THEN '{}' WHEN random() < 0.5 THEN '{clerk}' ELSE '{auditor,manager}' END::varchar[]
  FROM multitenant."Users" u, multitenant."Tenants" t WHERE random() < 0.4;

CREATE TABLE docs (id serial PRIMARY KEY, tenant_id uuid, v int NOT NULL);
CREATE TABLE invoices (id serial PRIMARY KEY, "tenantId" uuid, v int NOT NULL);
CREATE TABLE "Odd ""table" (v int NOT NULL, "the 'Tenant'" uuid, id serial PRIMARY KEY);
CREATE TABLE events (id serial, "tenantId" uuid, v int NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (MINVALUE) TO (40);
CREATE TABLE events_high PARTITION OF events FOR VALUES FROM (40) TO (MAXVALUE);
CREATE TABLE open_door (id serial PRIMARY KEY, "tenantId" uuid, v int NOT NULL);
CREATE INDEX ON docs (tenant_id);
CREATE INDEX ON invoices ("tenantId");
SET client_min_messages = warning;
SELECT multitenant.protect_table('docs', 'tenant_id'),
       multitenant.protect_table('invoices', read_permission => 'invoice:read', write_permission => 'invoice:write'),
       multitenant.protect_table('"Odd ""table"', 'the ''Tenant''', 'report:read'),
       multitenant.protect_table('events', write_permission => 'event:write'),
       multitenant.protect_table('open_door', read_permission => 'invoice:read');
RESET client_min_messages;
CREATE POLICY by_the_application ON open_door USING (true) WITH CHECK (true);
SELECT multitenant.enable_row_security();
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO isolated;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO isolated;
GRANT SELECT ON multitenant."Users", multitenant."Tenants", multitenant."TenantUsers", multitenant."Roles", multitenant."RolePermissions", multitenant."SecurityAuditLogs", multitenant."LoginHistories", multitenant."ActivityLogs" TO isolated;
INSERT INTO multitenant."LoginHistories" ("userId", "tenantId", status) SELECT u.id, t.id, 'success' FROM multitenant."Users" u, (SELECT id FROM multitenant."Tenants" UNION ALL SELECT NULL) t;
INSERT INTO multitenant."ActivityLogs" ("userId", "tenantId", action) SELECT "userId", "tenantId", 'was here' FROM multitenant."LoginHistories";

-- How the model knows a table: its column, and the permissions to ask for; an open one asks for nothing.
CREATE TABLE kinds (name text, tenant_column text, reading text, writing text, is_open boolean);
INSERT INTO kinds VALUES
  ('docs', 'tenant_id', NULL, NULL, false),
  ('invoices', '"tenantId"', 'invoice:read', 'invoice:write', false),
  ('"Odd ""table"', '"the ''Tenant''"', 'report:read', 'report:read', false),
  ('events', '"tenantId"', NULL, 'event:write', false),
  ('events_low', '"tenantId"', NULL, 'event:write', false),
  ('events_high', '"tenantId"', NULL, 'event:write', false),
  ('open_door', '"tenantId"', NULL, NULL, true);
CREATE PROCEDURE fill_up() LANGUAGE plpgsql AS $$
DECLARE
  k kinds;
  n int;
BEGIN
  FOR k IN SELECT * FROM kinds WHERE name !~ '_(low|high)' LOOP
    EXECUTE format('SELECT count(*) FROM %s', k.name) INTO n;
    EXECUTE format('INSERT INTO %s (%s, v) SELECT (array_append(array(SELECT id FROM multitenant."Tenants"), NULL))[1 + floor(random() * 7)], n FROM generate_series(%s, 80) n', k.name, k.tenant_column, n + 1);
  END LOOP;
END $$;
CALL fill_up();

--
-- The model
--

CREATE FUNCTION model_member(u uuid, t uuid) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT FROM multitenant."TenantUsers" m JOIN multitenant."Users" x ON x.id = m."userId" JOIN multitenant."Tenants" y ON y.id = m."tenantId"
                 WHERE x.id = u AND y.id = t AND x.status = 'active' AND x."deletedAt" IS NULL AND y.status = 'active') $$;
CREATE FUNCTION model_allows(u uuid, t uuid, permission text) RETURNS boolean LANGUAGE sql AS $$
  SELECT model_member(u, t) AND (permission IS NULL OR EXISTS (
    SELECT FROM multitenant."TenantUsers" m
    JOIN multitenant."Roles" r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles)
    JOIN multitenant."RolePermissions" g ON g."roleId" = r.id
    JOIN multitenant."Permissions" p ON p.id = g."permissionId"
    WHERE m."userId" = u AND m."tenantId" = t
      AND p.resource IN ('*', split_part(permission, ':', 1)) AND p.action IN ('*', split_part(permission, ':', 2)))) $$;
-- One of them, or none.
CREATE FUNCTION any_tenant() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT id FROM (SELECT id FROM multitenant."Tenants" UNION ALL SELECT NULL) t ORDER BY random() LIMIT 1 $$;
-- What a table holds: {"id": [tenant, v], …}
CREATE FUNCTION contents(k kinds) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb;
BEGIN
  EXECUTE format('SELECT coalesce(jsonb_object_agg(id, jsonb_build_array(%s, v)), ''{}'') FROM %s', k.tenant_column, k.name) INTO answer;
  RETURN answer;
END $$;

--
-- One step: somebody, something done to one table, and what should come of it
--

CREATE SEQUENCE new_ids START 1000000;
CREATE TABLE steps (operation text, answer text, is_right boolean, report text);

-- What the statement answers when the role runs it: the ids it returns, or the SQLSTATE.
CREATE FUNCTION answer_of(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
  n bigint;
BEGIN
  SET LOCAL ROLE isolated;
  IF sql ~ 'RETURNING|^SELECT' THEN
    EXECUTE format('WITH answers AS (%s) SELECT coalesce(string_agg(id::text, '','' ORDER BY id), ''none'') FROM answers', sql) INTO answer;
  ELSE
    EXECUTE sql;
    GET DIAGNOSTICS n = ROW_COUNT;
    answer := CASE WHEN n = 0 THEN 'none' ELSE n || ' rows' END;
  END IF;
  RESET ROLE;
  RETURN answer;
EXCEPTION WHEN insufficient_privilege THEN
  RESET ROLE;
  RETURN SQLSTATE;
END $$;

CREATE FUNCTION pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT choices[1 + floor(random() * cardinality(choices))] $$;

-- Change who may do what, somewhere.
CREATE PROCEDURE change_something() LANGUAGE plpgsql AS $$
BEGIN
  CASE floor(random() * 7)::int
    WHEN 0 THEN UPDATE multitenant."Users" SET status = CASE status WHEN 'active' THEN pick('suspended', 'inactive', 'deleted') ELSE 'active' END::multitenant."enum_Users_status"
      WHERE id = (SELECT id FROM multitenant."Users" ORDER BY status <> 'active' DESC, random() LIMIT 1) OR random() < 0.04;
    WHEN 1 THEN UPDATE multitenant."Tenants" SET status = CASE status WHEN 'active' THEN pick('suspended', 'pending_deletion') ELSE 'active' END::multitenant."enum_Tenants_status"
      WHERE id = (SELECT id FROM multitenant."Tenants" ORDER BY status <> 'active' DESC, random() LIMIT 1);
    WHEN 2 THEN DELETE FROM multitenant."TenantUsers" WHERE random() < 0.05;
    WHEN 3 THEN INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles)
      SELECT u.id, t.id, '{clerk}' FROM multitenant."Users" u, multitenant."Tenants" t WHERE random() < 0.04 ON CONFLICT DO NOTHING;
    WHEN 4 THEN UPDATE multitenant."TenantUsers" SET roles = ARRAY[pick('clerk', 'auditor', 'manager')] WHERE random() < 0.1;
    WHEN 5 THEN DELETE FROM multitenant."RolePermissions" WHERE random() < 0.05;
    ELSE INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId")
      SELECT r.id, p.id FROM multitenant."Roles" r, multitenant."Permissions" p WHERE p.name !~ '\*' AND random() < 0.04 ON CONFLICT DO NOTHING;
  END CASE;
END $$;

-- Plans that stay, from one context to the next.
CREATE FUNCTION cached_docs(below int) RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT id FROM docs WHERE v < below; END $$;
CREATE FUNCTION cached_invoices(below int) RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT id FROM invoices WHERE v < below; END $$;

CREATE PROCEDURE try_one(u uuid, t uuid) LANGUAGE plpgsql AS $$
DECLARE
  k kinds;
  operation text := pick('select', 'cached', 'lock', 'update', 'blind update', 'move', 'insert', 'insert returning', 'upsert', 'delete', 'blind delete', 'own');
  may_read boolean;
  may_write boolean;
  before jsonb;
  expected jsonb;
  touched text[];
  target uuid := any_tenant();
  below int := floor(random() * 100);
  sql text;
  answer text;
  right_answer text;
  left_behind jsonb;
  id int;
BEGIN
  IF random() < 0.4 THEN
    target := t;
  END IF;
  SELECT * INTO k FROM kinds WHERE CASE operation WHEN 'cached' THEN name IN ('docs', 'invoices') WHEN 'upsert' THEN name !~ '^events' ELSE true END
    ORDER BY random() LIMIT 1;
  may_read := k.is_open OR model_allows(u, t, k.reading);
  may_write := k.is_open OR model_allows(u, t, k.writing);
  IF operation = 'own' THEN
    CALL try_own(u, t);
    RETURN;
  END IF;
  before := contents(k);
  -- the rows that the statement means, among those of the tenant
  SELECT coalesce(array_agg(key ORDER BY key::int), '{}') INTO touched FROM jsonb_each(before)
  WHERE value ->> 0 = t::text AND ((value ->> 1)::int < below OR operation ~ '^blind')
    AND CASE WHEN operation IN ('select', 'cached') THEN may_read WHEN operation ~ '^blind' THEN may_write ELSE may_read AND may_write END;
  right_answer := coalesce(nullif(array_to_string(touched, ','), ''), 'none');
  expected := before;
  CASE operation
    WHEN 'select' THEN sql := format('SELECT id FROM %s WHERE v < %s', k.name, below);
    WHEN 'cached' THEN sql := format('SELECT id FROM %I(%s) AS id', 'cached_' || k.name, below);
    WHEN 'lock' THEN sql := format('SELECT id FROM %s WHERE v < %s FOR UPDATE', k.name, below);
    WHEN 'update', 'blind update' THEN
      sql := format('UPDATE %s SET v = 7', k.name) || CASE operation WHEN 'update' THEN format(' WHERE v < %s RETURNING id', below) ELSE '' END;
      SELECT expected || coalesce(jsonb_object_agg(key, jsonb_build_array(t, 7)), '{}') INTO expected FROM unnest(touched) AS key;
    WHEN 'move' THEN
      sql := format('UPDATE %s SET %s = %L WHERE v < %s RETURNING id', k.name, k.tenant_column, target, below);
      IF touched <> '{}' AND target IS DISTINCT FROM t THEN
        right_answer := '42501';
      END IF;
    WHEN 'upsert' THEN -- onto a row that is there, whosever it is, or a new one
      id := (SELECT key::int FROM jsonb_each(before) WHERE value ->> 0 = t::text OR target IS DISTINCT FROM t OR below < 30 ORDER BY random() LIMIT 1);
      IF id IS NULL OR random() < 0.3 THEN
        id := nextval('new_ids');
      END IF;
      sql := format('INSERT INTO %s (id, %s, v) VALUES (%s, %L, 50) ON CONFLICT (id) DO UPDATE SET v = 7', k.name, k.tenant_column, id, target);
      IF may_write AND may_read AND target = t AND (NOT before ? id::text OR before -> id::text ->> 0 = t::text) THEN
        right_answer := '1 rows';
        expected := before || jsonb_build_object(id::text, jsonb_build_array(t, CASE WHEN before ? id::text THEN 7 ELSE 50 END));
      ELSE
        right_answer := '42501';
      END IF;
    WHEN 'delete', 'blind delete' THEN
      sql := format('DELETE FROM %s', k.name) || CASE operation WHEN 'delete' THEN format(' WHERE v < %s RETURNING id', below) ELSE '' END;
      expected := before - touched;
    ELSE -- an id that fits the partition and is new
      id := CASE WHEN k.name = 'events_low' THEN -1 ELSE 1 END * nextval('new_ids');
      sql := format('INSERT INTO %s (id, %s, v) VALUES (%s, %L, 50)', k.name, k.tenant_column, id, target)
             || CASE operation WHEN 'insert' THEN '' ELSE ' RETURNING id' END;
      IF may_write AND target = t AND (operation = 'insert' OR may_read) THEN
        right_answer := CASE operation WHEN 'insert' THEN '1 rows' ELSE id::text END;
        expected := before || jsonb_build_object(id::text, jsonb_build_array(target, 50));
      ELSE
        right_answer := '42501';
      END IF;
  END CASE;
  IF operation ~ '^blind' AND touched <> '{}' THEN
    right_answer := cardinality(touched) || ' rows';
  END IF;
  BEGIN
    answer := answer_of(sql);
    left_behind := contents(k);
    IF random() < 0.85 THEN -- undone, so that rows are left for the next
      RAISE EXCEPTION USING ERRCODE = 'UNDON';
    END IF;
  EXCEPTION WHEN SQLSTATE 'UNDON' THEN
    NULL;
  END;
  INSERT INTO steps VALUES (operation, CASE WHEN answer IN ('none', '42501') THEN answer ELSE 'rows' END,
    answer = right_answer AND left_behind = expected,
    format('%s in %s: %s answered %s, not %s', u, t, sql, answer, right_answer));
END $$;

-- The extension's own tables.
CREATE PROCEDURE try_own(u uuid, t uuid) LANGUAGE plpgsql AS $$
DECLARE
  is_in boolean := model_member(u, t);
  source text := pick('Users', 'Tenants', 'TenantUsers', 'Roles', 'RolePermissions', 'SecurityAuditLogs', 'LoginHistories', 'ActivityLogs');
  reads_logs boolean := model_allows(u, t, 'logs:read');
  right_answer text;
  answer text;
BEGIN
  SELECT coalesce(string_agg(id::text, ',' ORDER BY id), 'none') INTO right_answer FROM (
    SELECT id FROM multitenant."Users" x WHERE source = 'Users' AND (id = u OR is_in AND id IN (SELECT "userId" FROM multitenant."TenantUsers" WHERE "tenantId" = t))
    UNION ALL SELECT id FROM multitenant."Tenants" WHERE source = 'Tenants' AND is_in AND id = t
    UNION ALL SELECT id FROM multitenant."TenantUsers" WHERE source = 'TenantUsers' AND ("userId" = u OR is_in AND "tenantId" = t)
    UNION ALL SELECT id FROM multitenant."Roles" WHERE source = 'Roles' AND is_in AND "tenantId" = t
    UNION ALL SELECT g.id FROM multitenant."RolePermissions" g JOIN multitenant."Roles" r ON r.id = g."roleId" WHERE source = 'RolePermissions' AND is_in AND r."tenantId" = t
    UNION ALL SELECT id FROM multitenant."SecurityAuditLogs" WHERE source = 'SecurityAuditLogs' AND ("userId" = u OR reads_logs AND "tenantId" = t)
    UNION ALL SELECT id FROM multitenant."LoginHistories" WHERE source = 'LoginHistories' AND ("userId" = u OR reads_logs AND "tenantId" = t)
    UNION ALL SELECT id FROM multitenant."ActivityLogs" WHERE source = 'ActivityLogs' AND ("userId" = u OR reads_logs AND "tenantId" = t)) ids;
  answer := answer_of(format('SELECT id FROM multitenant.%I', source));
  INSERT INTO steps VALUES ('own', CASE WHEN answer IN ('none', '42501') THEN answer ELSE 'rows' END, answer = right_answer,
    format('%s in %s: %s answered %s, not %s', u, t, source, answer, right_answer));
END $$;

CREATE FUNCTION enters(u uuid, t uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL ROLE isolated;
  PERFORM multitenant.set_context(u, t);
  RESET ROLE;
  RETURN true;
EXCEPTION WHEN no_data_found THEN
  RESET ROLE;
  RETURN false;
END $$;

-- Each a transaction: a context, perhaps a change in the middle, and some statements.
CREATE PROCEDURE try_many(transactions int) LANGUAGE plpgsql AS $$
DECLARE
  u uuid;
  t uuid;
  entered boolean;
  may_enter boolean;
BEGIN
  FOR i IN 1 .. transactions LOOP
    IF random() < 0.7 THEN
      SELECT "userId", "tenantId" INTO u, t FROM multitenant."TenantUsers" ORDER BY random() LIMIT 1;
    ELSE
      SELECT id INTO u FROM multitenant."Users" ORDER BY random() LIMIT 1;
      t := any_tenant();
    END IF;
    may_enter := CASE WHEN t IS NULL THEN EXISTS (SELECT FROM multitenant."Users" WHERE id = u AND status = 'active') ELSE model_member(u, t) END;
    entered := enters(u, t);
    INSERT INTO steps VALUES ('enter', entered::text, entered = may_enter, format('%s into %s: %s', u, t, entered));
    IF NOT entered THEN
      u := NULL;
      t := NULL;
    END IF;
    FOR j IN 1 .. 4 LOOP
      IF random() < 0.15 THEN
        CALL change_something();
      END IF;
      CALL try_one(u, t);
    END LOOP;
    CALL fill_up();
    COMMIT;
  END LOOP;
END $$;

CALL try_many(1000);

\echo -- Steps that went wrong: none.
SELECT report FROM steps WHERE NOT is_right LIMIT 10;
SELECT count(*) >= 4000 AS thousands FROM steps;
\echo -- There was something to get wrong: each operation often, with every kind of answer it can have.
SELECT operation, count(*) >= 100 AS often, count(*) FILTER (WHERE answer IN ('rows', 'true')) >= 20 AS rows,
       count(*) FILTER (WHERE answer IN ('none', 'false')) >= 20 AS none, count(*) FILTER (WHERE answer = '42501') >= 20 AS refused
FROM steps GROUP BY 1 ORDER BY 1;

\echo -- The test sees what it is for: a wall with a hole, a door without a lock, a write that is not checked.
CREATE FUNCTION wrong_steps() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT count(*) FROM steps WHERE NOT is_right $$;
TRUNCATE steps;
ALTER POLICY multitenant_tenant ON docs USING (tenant_id IS NULL OR tenant_id = multitenant.current_tenant_id());
CALL try_many(150);
SELECT wrong_steps() > 0 AS seen;
SELECT multitenant.protect_table('docs', 'tenant_id');
TRUNCATE steps;
ALTER POLICY multitenant_select ON invoices USING (multitenant.is_member());
CALL try_many(150);
SELECT wrong_steps() > 0 AS seen;
SELECT multitenant.protect_table('invoices', read_permission => 'invoice:read', write_permission => 'invoice:write');
TRUNCATE steps;
ALTER POLICY multitenant_tenant ON docs WITH CHECK (true);
CALL try_many(400);
SELECT wrong_steps() > 0 AS seen;
SELECT multitenant.protect_table('docs', 'tenant_id');
TRUNCATE steps;
ALTER POLICY multitenant_read ON multitenant."Roles" USING (multitenant.is_member());
CALL try_many(150);
SELECT wrong_steps() > 0 AS seen;
SELECT multitenant.enable_row_security();
TRUNCATE steps;
ALTER POLICY multitenant_read ON multitenant."LoginHistories" USING ("tenantId" = multitenant.current_tenant_id() AND multitenant.is_member() OR "userId" = multitenant.current_user_id());
CALL try_many(300);
SELECT wrong_steps() > 0 AS seen;
SELECT multitenant.enable_row_security();
TRUNCATE steps;
CALL try_many(150);
SELECT wrong_steps() AS wrong;

DROP OWNED BY isolated CASCADE;
DROP ROLE isolated;
