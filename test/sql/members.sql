-- Members and roles changed and listed: rename_role, delete_role, revoke_permission, unassign_role,
-- remove_member, member_permissions, members_with_permission, user_tenants
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'ben@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'cyd@example.org');
\set ada '00000000-0000-0000-0000-000000000001'
\set ben '00000000-0000-0000-0000-000000000002'
\set cyd '00000000-0000-0000-0000-000000000003'
\set nobody '00000000-0000-0000-0000-000000000000'
SELECT multitenant.create_tenant('Acme', 'acme', 'a', :'ada') AS acme, multitenant.create_tenant('Umbrella', 'umbrella', 'u') AS umbrella \gset
SELECT multitenant.create_permission('invoice', a) IS NOT NULL AS made FROM unnest('{read,write,*}'::text[]) AS a;
SELECT multitenant.create_role(:'acme', 'clerk', scopes => '{a,b:*}', permissions => '{invoice:read,invoice:*}') AS clerk,
       multitenant.create_role(:'umbrella', 'clerk', permissions => '{invoice:read}') AS umbrella_clerk,
       multitenant.create_role(:'acme', 'scribe') AS scribe \gset
SELECT multitenant.add_member(:'ben', :'acme', '{clerk,scribe}') IS NOT NULL AS ben,
       multitenant.add_member(:'ben', :'umbrella', '{clerk}') IS NOT NULL AS ben_too,
       multitenant.add_member(:'cyd', :'acme', '{}') IS NOT NULL AS cyd;
CREATE VIEW memberships AS
  SELECT left(u.email, 3) AS "user", t.slug, m.roles FROM multitenant."TenantUsers" m
  JOIN multitenant."Users" u ON u.id = m."userId" JOIN multitenant."Tenants" t ON t.id = m."tenantId" ORDER BY 1, 2;
SET session_replication_role = replica;
DELETE FROM multitenant."SecurityAuditLogs";
RESET session_replication_role;

-- rename_role: the memberships follow, in that tenant alone
SELECT multitenant.rename_role(:'clerk', 'Bürokraft');
SELECT multitenant.rename_role(:'clerk', 'Bürokraft');
SELECT * FROM memberships;
SELECT multitenant.has_permission(:'ben', :'acme', 'invoice:read') AS still;
SELECT multitenant.rename_role(:'clerk', 'clerk');
SELECT multitenant.rename_role(:'clerk', 'scribe');
\set VERBOSITY sqlstate
SELECT multitenant.rename_role(NULL, 'x');
SELECT multitenant.rename_role(:'clerk', NULL);
SELECT multitenant.rename_role(:'clerk', '');
SELECT multitenant.rename_role(:'clerk', 'x ');
SELECT multitenant.rename_role(:'clerk', E'x\n');
SELECT multitenant.rename_role(:'clerk', repeat('x', 101));
SELECT multitenant.rename_role(:'clerk', repeat('x', 1024 * 1024));
SELECT multitenant.rename_role(:'nobody', 'x');
\set VERBOSITY terse

-- a trigger of an application's that renames it again: no membership is left with a name in between
CREATE FUNCTION rename_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE multitenant."Roles" SET name = 'third' WHERE id = new.id AND name = 'second'; RETURN NULL; END $$;
CREATE TRIGGER aaa AFTER UPDATE ON multitenant."Roles" FOR EACH ROW EXECUTE FUNCTION rename_again();
UPDATE multitenant."Roles" SET name = 'second' WHERE id = :'clerk';
DROP TRIGGER aaa ON multitenant."Roles";
-- nor where that comes in the middle of it
CREATE OR REPLACE FUNCTION rename_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE multitenant."Roles" SET name = 'third' WHERE name = 'second' AND new."userId" = (SELECT max("userId"::text)::uuid FROM multitenant."TenantUsers" WHERE 'clerk' = ANY (roles)); RETURN new; END $$;
CREATE TRIGGER aaa BEFORE UPDATE ON multitenant."TenantUsers" FOR EACH ROW WHEN (pg_trigger_depth() < 3) EXECUTE FUNCTION rename_again();
BEGIN;
SELECT multitenant.assign_role("userId", "tenantId", 'clerk') FROM multitenant."TenantUsers" WHERE "tenantId" = :'acme' AND NOT 'clerk' = ANY (roles);
SELECT multitenant.rename_role(:'clerk', 'second');
ROLLBACK;
DROP TRIGGER aaa ON multitenant."TenantUsers";
DROP FUNCTION rename_again;

-- unassign_role
SELECT multitenant.unassign_role(:'ben', :'acme', 'scribe') AS changed;
SELECT multitenant.unassign_role(:'ben', :'acme', 'scribe') AS changed;
-- a name that is there twice goes altogether
UPDATE multitenant."TenantUsers" SET roles = '{scribe,clerk,scribe}' WHERE "userId" = :'ben' AND "tenantId" = :'acme';
SELECT multitenant.unassign_role(:'ben', :'acme', 'scribe') AS changed;
SELECT * FROM memberships;
SELECT multitenant.unassign_role(:'ben', :'acme', 'nobody');
SELECT multitenant.unassign_role(:'ada', :'umbrella', 'clerk');
SELECT multitenant.unassign_role(:'nobody', :'acme', 'clerk');
SELECT multitenant.unassign_role(:'ben', :'nobody', 'clerk');
SELECT multitenant.unassign_role(NULL, :'acme', 'clerk');
SELECT multitenant.unassign_role(:'ben', NULL, 'clerk');
SELECT multitenant.unassign_role(:'ben', :'acme', NULL);
SELECT multitenant.unassign_role(:'ben', :'acme', '');
\set VERBOSITY sqlstate
SELECT multitenant.unassign_role(:'ben', :'acme', repeat('x', 1024 * 1024));
\set VERBOSITY terse
-- also from a deleted user
SELECT multitenant.assign_role(:'cyd', :'acme', 'scribe') AS changed;
SELECT multitenant.delete_user(:'cyd');
SELECT multitenant.assign_role(:'cyd', :'acme', 'clerk');
SELECT multitenant.unassign_role(:'cyd', :'acme', 'scribe') AS changed;

-- revoke_permission: the wildcard that covers it stays
SELECT multitenant.revoke_permission(:'clerk', 'invoice:read') AS changed;
SELECT multitenant.revoke_permission(:'clerk', 'invoice:read') AS changed;
SELECT multitenant.has_permission(:'ben', :'acme', 'invoice:read') AS covered, multitenant.has_permission(:'ben', :'umbrella', 'invoice:read') AS elsewhere;
SELECT multitenant.revoke_permission(:'clerk', 'invoice:*') AS changed;
SELECT multitenant.has_permission(:'ben', :'acme', 'invoice:read') AS covered, multitenant.has_permission(:'ben', :'umbrella', 'invoice:read') AS elsewhere;
SELECT multitenant.revoke_permission(:'clerk', 'invoice:burn');
SELECT multitenant.revoke_permission(:'nobody', 'invoice:read');
SELECT multitenant.revoke_permission(NULL, 'invoice:read');
SELECT multitenant.revoke_permission(:'clerk', NULL);
SELECT multitenant.revoke_permission(:'clerk', '');
\set VERBOSITY sqlstate
SELECT multitenant.revoke_permission(:'clerk', repeat('x', 1024 * 1024));
\set VERBOSITY terse

-- delete_role: the members lose it
SELECT multitenant.delete_role(:'clerk');
SELECT multitenant.delete_role(:'clerk');
SELECT multitenant.delete_role(NULL);
SELECT * FROM memberships;

-- remove_member: ends the sessions of that user in that tenant
INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type, "tenantId") VALUES
  ('00000000-0000-0000-0000-0000000000c1', 'acme', 'Web', 'public', :'acme'),
  ('00000000-0000-0000-0000-0000000000c2', 'acme app', 'App', 'public', :'acme'),
  ('00000000-0000-0000-0000-0000000000c3', 'umbrella', 'Web', 'public', :'umbrella'),
  ('00000000-0000-0000-0000-0000000000c4', 'platform', 'Web', 'public', NULL);
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId", "userId")
  SELECT c."clientId" || u.email, now() + interval '1 hour', c.id, u.id FROM multitenant."OAuthClients" c, multitenant."Users" u;
SET multitenant.user_id = '00000000-0000-0000-0000-000000000001';
SELECT multitenant.remove_member(:'ben', :'acme') AS removed;
SELECT multitenant.remove_member(:'ben', :'acme') AS removed;
RESET multitenant.user_id;
SELECT * FROM memberships;
SELECT "accessToken", "revokedAt" IS NOT NULL AS at, right("revokedBy"::text, 1) AS by FROM multitenant."OAuthTokens" WHERE revoked ORDER BY 1;
SELECT multitenant.remove_member(:'cyd', :'acme') AS a_deleted_user;
SELECT multitenant.remove_member(:'nobody', :'acme');
SELECT multitenant.remove_member(:'ben', :'nobody');
SELECT multitenant.remove_member(NULL, :'acme');
SELECT multitenant.remove_member(:'ben', NULL);

-- who did what to whom
SELECT event, severity, right("userId"::text, 1) AS about, "tenantId" = :'acme' AS acme, right("actorId"::text, 1) AS actor, details
FROM multitenant."SecurityAuditLogs" WHERE event ~ '^(role|member)\.' ORDER BY "createdAt";

-- the sets: what is stored, in order and once; nothing unless every condition holds
SELECT multitenant.create_permission('*', 'read') IS NOT NULL AS made;
SELECT multitenant.create_role(:'acme', 'one', permissions => '{invoice:write,invoice:*}') AS one,
       multitenant.create_role(:'acme', 'two', permissions => '{*:read,invoice:*}') AS two \gset
SELECT multitenant.add_member(:'ben', :'acme', '{two,one}') IS NOT NULL AS added;
SELECT multitenant.member_permissions(:'ben', :'acme');
SELECT multitenant.members_with_permission(:'acme', 'invoice:burn') = :'ben' AS ben;
SELECT slug, name, roles, tenant_id IN (:'acme', :'umbrella') AS id FROM multitenant.user_tenants(:'ben');
SELECT count(*) AS none FROM multitenant.member_permissions(:'ada', :'acme');
SELECT count(*) AS none FROM multitenant.member_permissions(:'nobody', :'acme');
SELECT count(*) AS none FROM multitenant.member_permissions(:'ben', :'nobody');
SELECT count(*) AS none FROM multitenant.member_permissions(NULL, :'acme');
SELECT count(*) AS none FROM multitenant.member_permissions(:'ben', NULL);
SELECT count(*) AS none FROM multitenant.members_with_permission(:'umbrella', 'invoice:write');
SELECT count(*) AS none FROM multitenant.members_with_permission(:'nobody', 'invoice:read');
SELECT count(*) AS none FROM multitenant.members_with_permission(NULL, 'invoice:read');
SELECT count(*) AS none FROM multitenant.members_with_permission(:'acme', NULL);
SELECT count(*) AS none FROM multitenant.members_with_permission(:'acme', '');
SELECT count(*) AS none FROM multitenant.members_with_permission(:'acme', 'invoice:' || repeat('x', 1024 * 1024));
SELECT count(*) AS none FROM multitenant.user_tenants(:'nobody');
SELECT count(*) AS none FROM multitenant.user_tenants(NULL);
SELECT count(*) AS ada, multitenant.suspend_user(:'ben') FROM multitenant.user_tenants(:'ada');
SELECT (SELECT count(*) FROM multitenant.member_permissions(:'ben', :'acme')) AS permissions,
       (SELECT count(*) FROM multitenant.members_with_permission(:'acme', 'invoice:read')) AS members,
       (SELECT count(*) FROM multitenant.user_tenants(:'ben')) AS tenants;
SELECT multitenant.activate_user(:'ben');
UPDATE multitenant."Tenants" SET status = 'suspended' WHERE slug = 'acme';
SELECT (SELECT count(*) FROM multitenant.member_permissions(:'ben', :'acme')) AS permissions,
       (SELECT count(*) FROM multitenant.members_with_permission(:'acme', 'invoice:read')) AS members,
       (SELECT array_agg(slug) FROM multitenant.user_tenants(:'ben')) AS tenants;
-- where no set is expected
SELECT slug FROM multitenant."Tenants" WHERE multitenant.member_permissions(id, id) = 'x';

-- They agree with the checks for everybody, every tenant and every question, and the
-- checks with them: names of all shapes, statuses of all kinds, any roles.
INSERT INTO multitenant."Users" (email, status, "deletedAt")
  SELECT 'u' || n, (ARRAY['active', 'active', 'active', 'suspended', 'inactive', 'deleted'])[1 + n % 6]::multitenant."enum_Users_status",
         CASE WHEN n % 6 = 5 THEN now() END FROM generate_series(1, 60) AS n;
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl", status)
  SELECT 't', 't' || n, 't' || n, (ARRAY['active', 'active', 'suspended', 'pending_deletion'])[1 + n % 4]::multitenant."enum_Tenants_status" FROM generate_series(1, 8) AS n;
INSERT INTO multitenant."Permissions" (name, resource, action)
  SELECT r || ':' || a, r, a FROM unnest('{a,b,ä,*}'::text[]) AS r, unnest('{x,y,*}'::text[]) AS a WHERE (r, a) <> ('*', '*');
INSERT INTO multitenant."Permissions" (name, resource, action) VALUES
  ('own', 'a', 'x'), ('own *', '*', 'y'), ('a:x:z', 'a:x', 'z'), ('a:b:c', 'a', 'b:c'), (':', '', ''), ('a:', 'a', ''), ('q:', 'b', 'y'), ('', 'n', 'n');
INSERT INTO multitenant."Roles" (name, "tenantId") SELECT 'r' || n, t.id FROM multitenant."Tenants" t, generate_series(1, 6) AS n;
SELECT setseed(0.5);
INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId")
  SELECT r.id, p.id FROM (SELECT id FROM multitenant."Roles" ORDER BY name, "tenantId") r, (SELECT id FROM multitenant."Permissions" ORDER BY name) p WHERE random() < 0.12
  ON CONFLICT DO NOTHING;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles)
  SELECT u.id, t.id, (SELECT coalesce(array_agg(DISTINCT 'r' || (1 + floor(random() * 6))), '{}') FROM generate_series(1, length(u.email) + length(t.slug) - 2))
  FROM multitenant."Users" u, multitenant."Tenants" t WHERE t.slug LIKE 't_' AND random() < 0.7;
CREATE TEMP TABLE asked AS
  SELECT name::text FROM multitenant."Permissions"
  UNION SELECT r || ':' || a FROM unnest('{a,b,ä,c,n,"",*,a:x,q}'::text[]) AS r, unnest('{x,y,z,n,b:c,"",*}'::text[]) AS a
  UNION SELECT unnest('{own,other,a,x,"own *"}'::text[]);
CREATE TEMP TABLE answers AS
  SELECT u.id AS user_id, t.id AS tenant_id, asked.name, multitenant.has_permission(u.id, t.id, asked.name) AS has
  FROM multitenant."Users" u, multitenant."Tenants" t, asked;
SELECT count(*) > 40000 AS many, count(*) FILTER (WHERE has) > 500 AS yes, count(*) FILTER (WHERE NOT has) > 5000 AS no FROM answers;
SELECT count(*) AS differ FROM (
  (SELECT user_id, tenant_id, name FROM answers WHERE has
   EXCEPT SELECT m, t.id, asked.name FROM multitenant."Tenants" t, asked, multitenant.members_with_permission(t.id, asked.name) AS m)
  UNION ALL
  (SELECT m, t.id, asked.name FROM multitenant."Tenants" t, asked, multitenant.members_with_permission(t.id, asked.name) AS m
   EXCEPT ALL SELECT user_id, tenant_id, name FROM answers WHERE has)) AS d;
-- member_permissions is what a model in plain SQL says: the names that roles of the tenant grant
CREATE TEMP VIEW listed AS
  SELECT u.id AS user_id, t.id AS tenant_id, p FROM multitenant."Users" u, multitenant."Tenants" t, multitenant.member_permissions(u.id, t.id) AS p;
CREATE TEMP VIEW model AS
  SELECT DISTINCT u.id, t.id AS tenant_id, p.name::text FROM multitenant."Users" u JOIN multitenant."TenantUsers" m ON m."userId" = u.id
  JOIN multitenant."Tenants" t ON t.id = m."tenantId" JOIN multitenant."Roles" r ON r."tenantId" = t.id AND r.name = ANY (m.roles)
  JOIN multitenant."RolePermissions" g ON g."roleId" = r.id JOIN multitenant."Permissions" p ON p.id = g."permissionId"
  WHERE u.status = 'active' AND t.status = 'active';
SELECT (SELECT count(*) > 100 FROM listed) AS some, count(*) AS differ
FROM ((TABLE listed EXCEPT ALL TABLE model) UNION ALL (TABLE model EXCEPT ALL TABLE listed)) AS d;
-- one tenant with many members is one query
INSERT INTO multitenant."Users" (id, email) SELECT ('00000000-0000-0000-0001-' || lpad(n::text, 12, '0'))::uuid, 'many' || n FROM generate_series(1, 20000) AS n;
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) SELECT u.id, t.id, '{clerk}' FROM multitenant."Users" u, multitenant."Tenants" t WHERE u.email LIKE 'many%' AND t.slug = 'umbrella';
SET work_mem = '64kB'; -- what does not fit goes to disk
SELECT count(*), count(DISTINCT m) FROM multitenant.members_with_permission(:'umbrella', 'invoice:read') AS m;
RESET work_mem;
DROP VIEW memberships;
