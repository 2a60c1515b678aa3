-- A tenant never loses its last active owner, by whatever way
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'ben@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'cyd@example.org'),
  ('00000000-0000-0000-0000-000000000004', 'dan@example.org');
\set ada '00000000-0000-0000-0000-000000000001'
\set ben '00000000-0000-0000-0000-000000000002'
\set cyd '00000000-0000-0000-0000-000000000003'
\set dan '00000000-0000-0000-0000-000000000004'
SELECT multitenant.create_tenant('Acme', 'acme', 'a', :'ada') AS acme,
       multitenant.create_tenant('Bare', 'bare', 'b') AS bare \gset
SELECT multitenant.add_member(:'ben', :'acme') IS NOT NULL AS added;
SELECT id AS owner FROM multitenant."Roles" WHERE "tenantId" = :'acme' AND name = 'owner' \gset

-- judged at commit, by the statement that is a transaction of its own
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT multitenant.remove_member(:'ada', :'acme');
\set VERBOSITY terse
SELECT roles FROM multitenant."TenantUsers" WHERE "userId" = :'ada';

-- in a transaction: nothing is said before its end, and all of it is undone
BEGIN;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
SELECT multitenant.rename_role(:'owner', 'boss');
COMMIT;
SELECT name FROM multitenant."Roles" WHERE id = :'owner';
-- so ownership is handed over in any order
BEGIN;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
SELECT multitenant.assign_role(:'ben', :'acme', 'owner');
COMMIT;
SELECT right("userId"::text, 1) AS "user", roles FROM multitenant."TenantUsers" ORDER BY 1;
-- and back
BEGIN;
SELECT multitenant.remove_member(:'ben', :'acme');
SELECT multitenant.assign_role(:'ada', :'acme', 'owner');
SELECT multitenant.add_member(:'ben', :'acme') IS NOT NULL AS added;
COMMIT;
SELECT right("userId"::text, 1) AS "user", roles FROM multitenant."TenantUsers" ORDER BY 1;
-- whoever asks for it is told at once
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
ROLLBACK;
-- and from then on after each statement: nobody gives away what was taken over
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT multitenant.assign_role(:'ben', :'acme', 'owner');
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
SELECT multitenant.unassign_role(:'ben', :'acme', 'owner');
COMMIT;
-- what a rolled back savepoint had made good is missing at the end
BEGIN;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
SAVEPOINT s;
SELECT multitenant.assign_role(:'ben', :'acme', 'owner');
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK TO s;
COMMIT;
-- and what it had taken is there again
BEGIN;
SAVEPOINT s;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
ROLLBACK TO s;
SELECT multitenant.unassign_role(:'ada', :'acme', 'member');
SELECT multitenant.unassign_role(:'ben', :'acme', 'member');
COMMIT;
-- a change on the way does not hide who was the owner before
BEGIN;
UPDATE multitenant."TenantUsers" SET roles = '{member,owner}' WHERE "userId" = :'ada';
UPDATE multitenant."TenantUsers" SET roles = '{member}' WHERE "userId" = :'ada';
COMMIT;
BEGIN;
UPDATE multitenant."Users" SET status = 'suspended' WHERE id = :'ada';
DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'ada';
COMMIT;
-- in a transaction with one snapshot too
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT multitenant.unassign_role(:'ada', :'acme', 'owner');
SELECT multitenant.assign_role(:'ben', :'acme', 'owner');
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT multitenant.assign_role(:'ada', :'acme', 'owner');
SELECT multitenant.unassign_role(:'ben', :'acme', 'owner');
COMMIT;
SELECT right("userId"::text, 1) AS "user", roles FROM multitenant."TenantUsers" ORDER BY 1;

-- every way, each undone: with one owner, with another, with another who is not active
CREATE FUNCTION state_after(setting text, change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text := 'allowed';
BEGIN
  BEGIN
    EXECUTE setting;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    EXECUTE change;
    SET CONSTRAINTS ALL IMMEDIATE;
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION
    WHEN SQLSTATE 'RB001' THEN NULL;
    WHEN OTHERS THEN state := SQLSTATE;
  END;
  RETURN state;
END $$;
CREATE TABLE ways (n serial, way text, change text);
INSERT INTO ways (way, change) VALUES
  ('unassign_role', format('SELECT multitenant.unassign_role(%L, %L, ''owner'')', :'ada', :'acme')),
  ('remove_member', format('SELECT multitenant.remove_member(%L, %L)', :'ada', :'acme')),
  ('delete_role', format('SELECT multitenant.delete_role(%L)', :'owner')),
  ('rename_role', format('SELECT multitenant.rename_role(%L, ''boss'')', :'owner')),
  ('suspend_user', format('SELECT multitenant.suspend_user(%L)', :'ada')),
  ('deactivate_user', format('SELECT multitenant.deactivate_user(%L)', :'ada')),
  ('delete_user', format('SELECT multitenant.delete_user(%L)', :'ada')),
  ('delete_user, erase_user', format('SELECT multitenant.delete_user(%L), multitenant.erase_user(%1$L)', :'ada')),
  ('DELETE of the user', format('DELETE FROM multitenant."Users" WHERE id = %L', :'ada')),
  ('DELETE that removes the row', format('SET LOCAL multitenant.allow_hard_delete = on; DELETE FROM multitenant."Users" WHERE id = %L', :'ada')),
  ('UPDATE of the status', format('UPDATE multitenant."Users" SET status = ''inactive'' WHERE id = %L', :'ada')),
  ('UPDATE of deletedAt', format('UPDATE multitenant."Users" SET "deletedAt" = now() WHERE id = %L', :'ada')),
  ('UPDATE of the roles', format('UPDATE multitenant."TenantUsers" SET roles = ''{member}'' WHERE "userId" = %L', :'ada')),
  ('UPDATE of the user', format('UPDATE multitenant."TenantUsers" SET "userId" = %L WHERE "userId" = %L', :'dan', :'ada')),
  ('UPDATE of the user to one who is not', format('UPDATE multitenant."Users" SET status = ''inactive'' WHERE id = %L; UPDATE multitenant."TenantUsers" SET "userId" = %1$L WHERE "userId" = %L', :'dan', :'ada')),
  ('UPDATE of the tenant', format('UPDATE multitenant."TenantUsers" SET "tenantId" = %L WHERE "userId" = %L', :'bare', :'ada')),
  ('DELETE of the membership', format('DELETE FROM multitenant."TenantUsers" WHERE "userId" = %L', :'ada')),
  ('DELETE of the role', format('DELETE FROM multitenant."Roles" WHERE id = %L', :'owner')),
  ('UPDATE of the name of the role', format('UPDATE multitenant."Roles" SET name = ''boss'' WHERE id = %L', :'owner')),
  ('UPDATE of the case of the name', format('UPDATE multitenant."Roles" SET name = ''Owner'' WHERE id = %L', :'owner')),
  ('UPDATE of the tenant of the role', format('UPDATE multitenant."Roles" SET "tenantId" = %L, name = ''x'' WHERE id = %L', :'bare', :'owner')),
  ('TRUNCATE of memberships', 'TRUNCATE multitenant."TenantUsers"'),
  ('TRUNCATE of roles', 'TRUNCATE multitenant."Roles" CASCADE'),
  ('TRUNCATE of users', 'SET LOCAL multitenant.allow_hard_delete = on; TRUNCATE multitenant."Users" CASCADE'),
  ('TRUNCATE of tenants', 'TRUNCATE multitenant."Tenants" CASCADE'),
  ('DELETE of the tenant', format('DELETE FROM multitenant."Tenants" WHERE id = %L', :'acme')),
  ('DELETE of the tenant and its owner', format('DELETE FROM multitenant."TenantUsers" WHERE "userId" = %L; DELETE FROM multitenant."Tenants" WHERE id = %L', :'ada', :'acme')),
  ('suspension of the tenant', format('UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE id = %L', :'acme')),
  ('another role', format('UPDATE multitenant."TenantUsers" SET roles = ''{owner,member}'' WHERE "userId" = %L', :'ada')),
  ('another member', format('DELETE FROM multitenant."TenantUsers" WHERE "userId" = %L', :'ben')),
  ('all of that, and back', format('UPDATE multitenant."TenantUsers" SET roles = ''{}'' WHERE "userId" = %L; UPDATE multitenant."TenantUsers" SET roles = ''{owner}'' WHERE "userId" = %1$L', :'ada')),
  ('suspended, and back', format('UPDATE multitenant."Users" SET status = ''suspended'' WHERE id = %L; UPDATE multitenant."Users" SET status = ''active'' WHERE id = %1$L', :'ada')),
  ('removed, and added again', format('DELETE FROM multitenant."TenantUsers" WHERE "userId" = %L; SELECT multitenant.add_member(%1$L, %L, ''{owner}'')', :'ada', :'acme'));
\set VERBOSITY sqlstate
SET client_min_messages = warning;
SELECT way, state_after('SELECT', change) AS one_owner,
       state_after(format('SELECT multitenant.assign_role(%L, %L, ''owner'')', :'ben', :'acme'), change) AS two_owners,
       state_after(format('SELECT multitenant.assign_role(%L, %L, ''owner''), multitenant.suspend_user(%1$L)', :'ben', :'acme'), change) AS two_one_suspended
FROM ways ORDER BY n;
-- the same holds for who took over from the last owner within the transaction, where that was judged already: differences, none
CREATE TEMP TABLE states AS SELECT n, state_after('SELECT', change) AS state FROM ways;
BEGIN;
SELECT multitenant.assign_role(:'ben', :'acme', 'owner'), multitenant.unassign_role(:'ada', :'acme', 'owner');
COMMIT;
SELECT way, state, now FROM ways JOIN states USING (n),
  state_after(format('SELECT multitenant.assign_role(%L, %L, ''owner''), multitenant.unassign_role(%L, %2$L, ''owner'')', :'ada', :'acme', :'ben'), change) AS now
WHERE state <> now ORDER BY n;
BEGIN;
SELECT multitenant.assign_role(:'ada', :'acme', 'owner'), multitenant.unassign_role(:'ben', :'acme', 'owner');
COMMIT;
RESET client_min_messages;
\set VERBOSITY terse

-- two go at once
UPDATE multitenant."TenantUsers" SET roles = '{owner}';
DELETE FROM multitenant."TenantUsers";
UPDATE multitenant."Users" SET status = 'suspended';
BEGIN;
SELECT multitenant.suspend_user(:'ada');
SELECT multitenant.remove_member(:'ben', :'acme');
COMMIT;
SELECT count(*) FROM multitenant."TenantUsers" m JOIN multitenant."Users" u ON u.id = m."userId" WHERE roles = '{owner}' AND status = 'active';
UPDATE multitenant."TenantUsers" SET roles = '{}' WHERE "userId" = :'ben';

-- a tenant that has no active owner is not bound: it never had one …
SELECT multitenant.suspend_user(:'cyd');
SELECT multitenant.add_member(:'cyd', :'bare', '{owner}') IS NOT NULL AS added;
SELECT multitenant.unassign_role(:'cyd', :'bare', 'owner');
SELECT multitenant.assign_role(:'cyd', :'bare', 'owner');
SELECT multitenant.remove_member(:'cyd', :'bare');
-- … nor by somebody who was one within the transaction alone
BEGIN;
SELECT multitenant.add_member(:'dan', :'bare', '{owner}') IS NOT NULL AS added;
SELECT multitenant.remove_member(:'dan', :'bare');
COMMIT;
BEGIN;
SELECT multitenant.add_member(:'cyd', :'bare', '{owner}') IS NOT NULL AS added;
SELECT multitenant.activate_user(:'cyd');
SELECT multitenant.suspend_user(:'cyd');
COMMIT;
-- it is from when it has one
SELECT multitenant.activate_user(:'cyd');
SELECT multitenant.suspend_user(:'cyd');

-- a name that is like it is another
SELECT multitenant.create_role(:'bare', 'owners') IS NOT NULL AND multitenant.create_role(:'bare', 'owner ' || 'x') IS NOT NULL AS made;
SELECT multitenant.add_member(:'dan', :'bare', '{owners,owner x}') IS NOT NULL AS added;
SELECT multitenant.remove_member(:'dan', :'bare');

-- one who owns many: all are judged by one check, and named by one of them
SELECT count(multitenant.create_tenant('T', 't' || n, 't' || n, :'dan')) FROM generate_series(1, 1000) AS n;
\set VERBOSITY sqlstate
SELECT multitenant.suspend_user(:'dan');
\set VERBOSITY terse
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT :'ada', id, '{owner}' FROM multitenant."Tenants" WHERE slug ~ '^t[0-9]+$';
SELECT multitenant.suspend_user(:'dan');
SELECT multitenant.activate_user(:'dan');
BEGIN;
DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'dan';
SELECT count(*) FROM multitenant."TenantUsers" WHERE "userId" = :'dan';
COMMIT;
-- the rows that are read for one tenant are those of its owners, however many members there are
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT FROM multitenant."TenantUsers" m WHERE m."tenantId" = '00000000-0000-0000-0000-0000000000aa' AND 'owner' = ANY (m.roles);
RESET enable_seqscan;
RESET enable_bitmapscan;

-- whoever may write memberships, and nothing else, is judged too, by whoever ends the transaction
CREATE ROLE writer;
GRANT SELECT, UPDATE, DELETE ON multitenant."TenantUsers" TO writer;
SET ROLE writer;
UPDATE multitenant."TenantUsers" SET roles = '{}' WHERE "userId" = :'ada' AND "tenantId" = :'acme';
BEGIN;
DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'ada' AND "tenantId" = :'acme';
RESET ROLE;
COMMIT;
RESET ROLE; -- again: the first was rolled back
SELECT roles FROM multitenant."TenantUsers" WHERE "userId" = :'ada' AND "tenantId" = :'acme';
DROP OWNED BY writer;
DROP ROLE writer;

-- the functions are for their triggers
SELECT multitenant.protect_last_owner();
SELECT multitenant.refuse_ownerless_truncate();
DROP FUNCTION state_after;
DROP TABLE ways;

-- a statement that sets another off goes on after that one was judged, and is judged for itself
SELECT multitenant.create_tenant('Pair', 'pair', 'postgres://pair', :'cyd') AS pair \gset
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) VALUES (:'dan', :'pair', '{owner}');
CREATE FUNCTION drop_other(who uuid) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN DELETE FROM multitenant."TenantUsers" WHERE "userId" = who; RETURN true; END';
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'cyd' AND "tenantId" = :'pair' AND drop_other(:'dan');
ROLLBACK;
CREATE FUNCTION drop_dan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM drop_other('00000000-0000-0000-0000-000000000004'); RETURN old; END $$;
CREATE TRIGGER drop_dan BEFORE DELETE ON multitenant."TenantUsers" FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION drop_dan();
BEGIN;
SET CONSTRAINTS ALL IMMEDIATE;
DELETE FROM multitenant."TenantUsers" WHERE "userId" = :'cyd' AND "tenantId" = :'pair';
ROLLBACK;
DROP TRIGGER drop_dan ON multitenant."TenantUsers";
DROP FUNCTION drop_other, drop_dan;
SELECT roles, count(*) FROM multitenant."TenantUsers" WHERE "tenantId" = :'pair' GROUP BY roles;

-- many at once: locks for the first hundred, and one for the rest
SELECT multitenant.create_tenant('Many', 'many', 'postgres://many') AS many \gset
INSERT INTO multitenant."Users" (email) SELECT 'many' || i || '@example.org' FROM generate_series(1, 150) AS i;
BEGIN;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT id, :'many', '{owner}' FROM multitenant."Users" WHERE email LIKE 'many%';
SELECT mode, count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() GROUP BY mode ORDER BY mode;
COMMIT;
BEGIN;
UPDATE multitenant."Users" SET status = 'suspended' WHERE email LIKE 'many%' AND email <> 'many1@example.org';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT mode, count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() GROUP BY mode ORDER BY mode;
COMMIT;
UPDATE multitenant."Users" SET status = 'suspended' WHERE email LIKE 'many%';
SELECT status, count(*) FROM multitenant."Users" WHERE email LIKE 'many%' GROUP BY status ORDER BY status;
