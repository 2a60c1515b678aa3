-- Permissions, roles, and the checks
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-000000000001', 'ada@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'ben@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'cyd@example.org');
\set ada '00000000-0000-0000-0000-000000000001'
\set ben '00000000-0000-0000-0000-000000000002'
\set cyd '00000000-0000-0000-0000-000000000003'
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme') AS acme,
       multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella') AS umbrella \gset

-- create_permission
SELECT multitenant.create_permission('invoice', 'read', 'See invoices') AS read,
       multitenant.create_permission('invoice', 'write') AS write,
       multitenant.create_permission('invoice', '*') AS all_actions,
       multitenant.create_permission('*', 'read') AS all_reads,
       multitenant.create_permission('*', '*') AS everything,
       multitenant.create_permission('Größe', 'ändern') AS unicode \gset
SELECT name, resource, action, description FROM multitenant."Permissions" ORDER BY name COLLATE "C";
SELECT multitenant.create_permission('invoice', 'read');
\set VERBOSITY sqlstate
SELECT multitenant.create_permission(NULL, 'read');
SELECT multitenant.create_permission('invoice', NULL);
SELECT multitenant.create_permission('', 'read');
SELECT multitenant.create_permission('invoice:line', 'read');
SELECT multitenant.create_permission('inv*', 'read');
SELECT multitenant.create_permission('invoice', '**');
SELECT multitenant.create_permission('in voice', 'read');
SELECT multitenant.create_permission(E'invoice\t', 'read');
SELECT multitenant.create_permission(repeat('x', 101), 'read');
SELECT multitenant.create_permission('invoice', repeat('x', 1024 * 1024));
\set VERBOSITY terse

-- create_role
SELECT multitenant.create_role(:'acme', 'clerk', 'Sees invoices', ARRAY['invoices:read', '*'], ARRAY['invoice:read', 'invoice:read'], true) AS clerk \gset
SELECT name, description, scopes, "isDefault", "tenantId" = :'acme' AS acme FROM multitenant."Roles" WHERE id = :'clerk';
SELECT p.name FROM multitenant."RolePermissions" r JOIN multitenant."Permissions" p ON p.id = r."permissionId" WHERE r."roleId" = :'clerk';
SELECT multitenant.create_role(:'acme', 'clerk');
SELECT multitenant.create_role(:'umbrella', 'clerk') AS umbrella_clerk \gset
SELECT multitenant.create_role(:'acme', 'nulls', NULL, NULL, NULL, NULL) AS nulls \gset
SELECT description, scopes, "isDefault" FROM multitenant."Roles" WHERE id = :'nulls';
\set VERBOSITY sqlstate
SELECT multitenant.create_role(NULL, 'x');
SELECT multitenant.create_role('00000000-0000-0000-0000-000000000000', 'x');
SELECT multitenant.create_role(:'acme', NULL);
SELECT multitenant.create_role(:'acme', '');
SELECT multitenant.create_role(:'acme', ' x');
SELECT multitenant.create_role(:'acme', E'x\n');
SELECT multitenant.create_role(:'acme', repeat('x', 101));
SELECT multitenant.create_role(:'acme', 'x', scopes => ARRAY['a b']);
SELECT multitenant.create_role(:'acme', 'x', scopes => ARRAY['']);
SELECT multitenant.create_role(:'acme', 'x', scopes => ARRAY['é']);
SELECT multitenant.create_role(:'acme', 'x', scopes => ARRAY['a', NULL]);
SELECT multitenant.create_role(:'acme', 'x', scopes => ARRAY[['a'], ['b']]);
SELECT multitenant.create_role(:'acme', 'x', permissions => ARRAY['invoice:read', 'invoice:burn']);
SELECT multitenant.create_role(:'acme', 'x', permissions => ARRAY[repeat('x', 1024 * 1024)]);
\set VERBOSITY terse
SELECT count(*) AS half_made FROM multitenant."Roles" WHERE name = 'x';

-- grant_permission
SELECT multitenant.grant_permission(:'clerk', 'invoice:write') AS changed;
SELECT multitenant.grant_permission(:'clerk', 'invoice:write') AS changed;
SELECT multitenant.grant_permission(:'clerk', 'invoice:burn');
SELECT multitenant.grant_permission('00000000-0000-0000-0000-000000000000', 'invoice:write');
SELECT multitenant.grant_permission(NULL, 'invoice:write');
SELECT multitenant.grant_permission(:'clerk', NULL);
SELECT multitenant.grant_permission(:'clerk', '');

-- assign_role
SELECT multitenant.add_member(:'ada', :'acme', '{}') IS NOT NULL AS added;
SELECT multitenant.assign_role(:'ada', :'acme', 'clerk') AS changed;
SELECT multitenant.assign_role(:'ada', :'acme', 'clerk') AS changed;
SELECT multitenant.assign_role(:'ada', :'acme', 'member') AS changed;
SELECT roles FROM multitenant."TenantUsers" WHERE "userId" = :'ada';
SELECT multitenant.assign_role(:'ada', :'acme', 'nobody');
SELECT multitenant.assign_role(:'ben', :'acme', 'clerk');
SELECT multitenant.assign_role(:'ada', :'umbrella', 'clerk');
SELECT multitenant.assign_role(:'ada', '00000000-0000-0000-0000-000000000000', 'clerk');
SELECT multitenant.assign_role('00000000-0000-0000-0000-000000000000', :'acme', 'clerk');
SELECT multitenant.assign_role(NULL, :'acme', 'clerk');
SELECT multitenant.assign_role(:'ada', NULL, 'clerk');
SELECT multitenant.assign_role(:'ada', :'acme', NULL);
SELECT multitenant.create_role(:'umbrella', 'umbrella only') IS NOT NULL AS made;
SELECT multitenant.assign_role(:'ada', :'acme', 'umbrella only');

-- of several names the one that is unknown is told
\set VERBOSITY default
SELECT multitenant.create_role(:'acme', 'arsonist', permissions => '{invoice:read,invoice:burn}');
SELECT multitenant.revoke_permission(:'clerk', 'invoice:burn');
SELECT multitenant.add_member(:'ben', :'acme', '{clerk,nobody,member}');
SELECT * FROM multitenant.create_invitation(:'acme', 'dan@example.org', :'ada', '{nobody,clerk}');
SELECT multitenant.notify_tenant(:'acme', 'Fire', 'arsonist');
\set VERBOSITY terse

-- who did what
SELECT event, severity, details FROM multitenant."SecurityAuditLogs"
WHERE event ~ '^(permission|role|member)\.' AND "tenantId" IS NOT DISTINCT FROM :'acme' ORDER BY "createdAt";

-- has_role
CREATE VIEW checks AS SELECT
  multitenant.has_role(:'ada', :'acme', 'clerk') AS role,
  multitenant.has_permission(:'ada', :'acme', 'invoice:read') AS permission;
SELECT * FROM checks;
SELECT multitenant.has_role(:'ada', :'acme', 'owner') AS not_hers,
       multitenant.has_role(:'ada', :'acme', 'Clerk') AS another_case,
       multitenant.has_role(:'ada', :'acme', 'nobody') AS unknown_role,
       multitenant.has_role(:'ada', :'umbrella', 'clerk') AS another_tenant,
       multitenant.has_role(:'ben', :'acme', 'clerk') AS not_a_member,
       multitenant.has_role('00000000-0000-0000-0000-000000000000', :'acme', 'clerk') AS unknown_user,
       multitenant.has_role(:'ada', '00000000-0000-0000-0000-000000000000', 'clerk') AS unknown_tenant,
       multitenant.has_role(NULL, :'acme', 'clerk') AS null_user,
       multitenant.has_role(:'ada', NULL, 'clerk') AS null_tenant,
       multitenant.has_role(:'ada', :'acme', NULL) AS null_role,
       multitenant.has_role(:'ada', :'acme', repeat('x', 1024 * 1024)) AS long_role;

-- has_permission
SELECT multitenant.has_permission(:'ada', :'acme', 'invoice:write') AS granted,
       multitenant.has_permission(:'ada', :'acme', 'invoice:burn') AS unknown,
       multitenant.has_permission(:'ada', :'acme', 'invoice') AS half_a_name,
       multitenant.has_permission(:'ada', :'acme', 'Invoice:read') AS another_case,
       multitenant.has_permission(:'ada', :'acme', 'invoice:*') AS the_wildcard_itself,
       multitenant.has_permission(:'ada', :'acme', '') AS empty,
       multitenant.has_permission(:'ada', :'acme', ':') AS colon,
       multitenant.has_permission(:'ada', :'umbrella', 'invoice:read') AS another_tenant,
       multitenant.has_permission(:'ben', :'acme', 'invoice:read') AS not_a_member,
       multitenant.has_permission(NULL, :'acme', 'invoice:read') AS null_user,
       multitenant.has_permission(:'ada', NULL, 'invoice:read') AS null_tenant,
       multitenant.has_permission(:'ada', :'acme', NULL) AS null_permission,
       multitenant.has_permission(:'ada', :'acme', repeat('x', 1024 * 1024)) AS long_permission;

-- the conditions one by one, each put back
CREATE FUNCTION check_while(change text) RETURNS TABLE (role boolean, permission boolean) LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    EXECUTE change;
    SELECT c.role, c.permission INTO role, permission FROM checks c;
    RAISE EXCEPTION USING errcode = 'RB001';
  EXCEPTION WHEN SQLSTATE 'RB001' THEN
    RETURN NEXT;
  END;
END $$;
SELECT reason, c.* FROM (VALUES
  (1, 'nothing changed', 'SELECT'),
  (2, 'user suspended', 'UPDATE multitenant."Users" SET status = ''suspended'' WHERE email LIKE ''ada%'''),
  (3, 'user inactive', 'UPDATE multitenant."Users" SET status = ''inactive'' WHERE email LIKE ''ada%'''),
  (4, 'user deleted', 'DELETE FROM multitenant."Users" WHERE email LIKE ''ada%'''),
  (5, 'tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''acme'''),
  (6, 'tenant to be deleted', 'UPDATE multitenant."Tenants" SET status = ''pending_deletion'' WHERE slug = ''acme'''),
  (7, 'other tenant suspended', 'UPDATE multitenant."Tenants" SET status = ''suspended'' WHERE slug = ''umbrella'''),
  (8, 'not a member', 'DELETE FROM multitenant."TenantUsers"'),
  (9, 'role taken away', 'UPDATE multitenant."TenantUsers" SET roles = ''{member}'''),
  (10, 'role renamed', 'UPDATE multitenant."Roles" SET name = ''scribe'' WHERE name = ''clerk'''),
  (11, 'role deleted', 'DELETE FROM multitenant."Roles" WHERE name = ''clerk'''),
  (12, 'permission revoked', 'DELETE FROM multitenant."RolePermissions"'),
  (13, 'permission deleted', 'DELETE FROM multitenant."Permissions" WHERE name = ''invoice:read''')
) AS v(n, reason, change), check_while(change) c ORDER BY n;

-- wildcards, granted one at a time to a role that has nothing else
SELECT multitenant.create_role(:'umbrella', 'wild') AS wild \gset
SELECT multitenant.add_member(:'ben', :'umbrella', ARRAY['wild']) IS NOT NULL AS added;
CREATE FUNCTION wild_checks(granted text) RETURNS TABLE (with_grant text, invoice_read bool, invoice_burn bool, user_read bool, user_burn bool, "any" bool, unnamed bool)
LANGUAGE sql AS $$
  DELETE FROM multitenant."RolePermissions" WHERE "roleId" = (SELECT id FROM multitenant."Roles" WHERE name = 'wild');
  INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId")
    SELECT r.id, p.id FROM multitenant."Roles" r, multitenant."Permissions" p WHERE r.name = 'wild' AND p.name = granted;
  SELECT granted, multitenant.has_permission(u, t, 'invoice:read'), multitenant.has_permission(u, t, 'invoice:burn'),
         multitenant.has_permission(u, t, 'user:read'), multitenant.has_permission(u, t, 'user:burn'),
         multitenant.has_permission(u, t, '*:*'), multitenant.has_permission(u, t, 'unnamed')
  FROM (SELECT "userId", "tenantId" FROM multitenant."TenantUsers" WHERE roles = '{wild}') AS m(u, t);
$$;
SELECT * FROM wild_checks('none');
SELECT * FROM wild_checks('invoice:read');
SELECT * FROM wild_checks('invoice:*');
SELECT * FROM wild_checks('*:read');
SELECT * FROM wild_checks('*:*');

-- a permission that an application named in its own way
INSERT INTO multitenant."Permissions" (name, resource, action) VALUES ('manage_users', 'user', 'manage') RETURNING id AS manage \gset
INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId") VALUES (:'wild', :'manage');
SELECT multitenant.grant_permission(:'wild', 'manage_users') AS changed;
SELECT multitenant.has_permission(:'ben', :'umbrella', 'manage_users') AS by_name, multitenant.has_permission(:'ben', :'umbrella', 'user:manage') AS by_parts;
SELECT multitenant.has_permission(:'ada', :'acme', 'manage_users') AS not_hers;

-- several roles: any of them will do; many names in the array
DO $$ BEGIN FOR i IN 1..50 LOOP PERFORM multitenant.create_role((SELECT id FROM multitenant."Tenants" WHERE slug = 'acme'), 'r' || i); END LOOP; END $$;
UPDATE multitenant."TenantUsers" SET roles = (SELECT array_agg('r' || i) FROM generate_series(1, 50) i) || '{clerk}' WHERE "userId" = :'ada';
SELECT * FROM checks;

-- in a query: each row is checked under the statement's own snapshot
SELECT u.email, multitenant.has_permission(u.id, :'acme', 'invoice:read') FROM multitenant."Users" u ORDER BY 1;
WITH revoked AS (DELETE FROM multitenant."RolePermissions" RETURNING 1)
SELECT (SELECT count(*) FROM revoked) > 0 AS revoked, multitenant.has_permission(:'ada', :'acme', 'invoice:read') AS as_before;
SELECT multitenant.has_permission(:'ada', :'acme', 'invoice:read') AS now_gone;

-- the indexes may be rebuilt under it, the extension dropped and made again
SELECT multitenant.grant_permission(:'clerk', 'invoice:read') AS changed;
REINDEX TABLE multitenant."TenantUsers";
REINDEX TABLE CONCURRENTLY multitenant."RolePermissions";
SELECT * FROM checks;
DROP FUNCTION check_while, wild_checks;
DROP VIEW checks;
DROP EXTENSION multitenant;
SELECT multitenant.has_role(:'ada', :'acme', 'clerk');
CREATE EXTENSION multitenant;
SELECT multitenant.has_role(:'ada', :'acme', 'clerk');
INSERT INTO multitenant."Users" (id, email) VALUES (:'ada', 'ada@example.org');
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme', :'ada') AS acme \gset
SELECT multitenant.has_role(:'ada', :'acme', 'owner');
