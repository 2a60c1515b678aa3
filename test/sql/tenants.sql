-- create_tenant, add_member, and the role names that memberships hold
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email, status, "deletedAt") VALUES
  ('00000000-0000-0000-0000-000000000001', 'one@example.org', 'active', NULL),
  ('00000000-0000-0000-0000-000000000002', 'two@example.org', 'active', NULL),
  ('00000000-0000-0000-0000-000000000003', 'suspended@example.org', 'suspended', NULL),
  ('00000000-0000-0000-0000-000000000004', 'deleted@example.org', 'deleted', now());

-- a tenant with its two roles and its owner
SELECT multitenant.create_tenant('Acme Inc.', 'acme', 'postgres://acme:s3cret@db/acme', '00000000-0000-0000-0000-000000000001') AS acme \gset
SELECT name, slug, status, "onboardingStatus", "gracePeriodDays" FROM multitenant."Tenants";
SELECT name, scopes, "isDefault" FROM multitenant."Roles" WHERE "tenantId" = :'acme' ORDER BY name;
SELECT right("userId"::text, 1) AS "user", roles FROM multitenant."TenantUsers" WHERE "tenantId" = :'acme';
SELECT event, severity, right("userId"::text, 1) AS about, "tenantId" = :'acme' AS tenant, details FROM multitenant."SecurityAuditLogs";
-- and one without an owner
SELECT multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella') AS umbrella \gset
SELECT count(*) FROM multitenant."TenantUsers" WHERE "tenantId" = :'umbrella';

-- slugs
SELECT count(multitenant.create_tenant(slug, slug, slug)) FROM (VALUES ('a'), ('0'), ('a-b-c'), ('2fast'), (repeat('x', 63))) AS v(slug);
\set VERBOSITY sqlstate
SELECT multitenant.create_tenant('x', NULL, 'u');
SELECT multitenant.create_tenant('x', '', 'u');
SELECT multitenant.create_tenant('x', 'A', 'u');
SELECT multitenant.create_tenant('x', '-a', 'u');
SELECT multitenant.create_tenant('x', 'a-', 'u');
SELECT multitenant.create_tenant('x', 'a--b', 'u');
SELECT multitenant.create_tenant('x', 'a_b', 'u');
SELECT multitenant.create_tenant('x', 'a.b', 'u');
SELECT multitenant.create_tenant('x', 'é', 'u');
SELECT multitenant.create_tenant('x', E'a\nb', 'u');
SELECT multitenant.create_tenant('x', E'a\n', 'u');
SELECT multitenant.create_tenant('x', repeat('x', 64), 'u');
-- other bad arguments
SELECT multitenant.create_tenant(NULL, 'x', 'u');
SELECT multitenant.create_tenant('', 'x', 'u');
SELECT multitenant.create_tenant(' x', 'x', 'u');
SELECT multitenant.create_tenant(E'x\ny', 'x', 'u');
SELECT multitenant.create_tenant(repeat('x', 256), 'x', 'u');
SELECT multitenant.create_tenant('x', 'x', NULL);
SELECT multitenant.create_tenant('x', 'x', '');
SELECT multitenant.create_tenant('x', 'x', repeat('x', 1024 * 1024));
SELECT multitenant.create_tenant('x', 'x', 'u', '00000000-0000-0000-0000-000000000000');
SELECT multitenant.create_tenant('x', 'x', 'u', '00000000-0000-0000-0000-000000000003');
SELECT multitenant.create_tenant('x', 'x', 'u', '00000000-0000-0000-0000-000000000004');
\set VERBOSITY default
\set SHOW_CONTEXT never
-- what is taken is said; the URL, which holds a password, is not
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://other');
SELECT multitenant.create_tenant('Acme', 'acme-2', 'postgres://acme:s3cret@db/acme');
\set VERBOSITY terse
SELECT slug FROM multitenant."Tenants" WHERE name IN ('x', 'Acme');

-- add_member: default roles, named ones, none
SELECT multitenant.create_role(:'acme', 'billing', is_default => true) IS NOT NULL AS made;
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000002', :'acme') IS NOT NULL AS added;
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000003', :'acme', ARRAY['owner', 'member', 'owner']) IS NOT NULL AS added;
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000002', :'umbrella', '{}') IS NOT NULL AS added;
SELECT right("userId"::text, 1) AS "user", "tenantId" = :'acme' AS acme, roles FROM multitenant."TenantUsers" ORDER BY 1, 2 DESC;
SELECT right("userId"::text, 1) AS about, details FROM multitenant."SecurityAuditLogs" WHERE event = 'member.added' ORDER BY "createdAt";
-- and what it refuses
SELECT multitenant.add_member(NULL, :'acme');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', NULL);
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000000', :'acme');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000000');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'acme');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000004', :'acme');
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'umbrella', ARRAY['billing']);
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'umbrella', ARRAY['owner', NULL]);
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'umbrella', ARRAY[['owner'], ['member']]);
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'umbrella', ARRAY[repeat('x', 1024 * 1024)]);
SELECT count(*) FROM multitenant."TenantUsers" WHERE "tenantId" = :'umbrella';

-- a name that is no role of the tenant is refused by every way in
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) VALUES ('00000000-0000-0000-0000-000000000001', :'umbrella', '{billing}');
UPDATE multitenant."TenantUsers" SET roles = '{owner,Billing}' WHERE "tenantId" = :'acme';
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles) VALUES ('00000000-0000-0000-0000-000000000001', :'umbrella', ARRAY['owner', NULL]);
-- all of a tenant's own are welcome, and what was there is not judged again
UPDATE multitenant."TenantUsers" SET roles = '{owner,billing,member}' WHERE "tenantId" = :'acme' AND "userId" = '00000000-0000-0000-0000-000000000001';
UPDATE multitenant."TenantUsers" SET roles = '{}' WHERE "tenantId" = :'acme' AND "userId" = '00000000-0000-0000-0000-000000000003';

-- a membership that moves is judged by the tenant it moves to
UPDATE multitenant."TenantUsers" SET "tenantId" = :'umbrella' WHERE "userId" = '00000000-0000-0000-0000-000000000001';

-- a rename follows, and a delete; in that tenant alone
SELECT multitenant.create_role(:'umbrella', 'billing') IS NOT NULL AS made;
UPDATE multitenant."TenantUsers" SET roles = '{billing}' WHERE "tenantId" = :'umbrella';
UPDATE multitenant."Roles" SET name = 'accounts' WHERE "tenantId" = :'acme' AND name = 'billing';
SELECT right("userId"::text, 1) AS "user", "tenantId" = :'acme' AS acme, roles FROM multitenant."TenantUsers" ORDER BY 1, 2 DESC;
DELETE FROM multitenant."Roles" WHERE "tenantId" = :'acme' AND name IN ('accounts', 'member');
SELECT right("userId"::text, 1) AS "user", "tenantId" = :'acme' AS acme, roles FROM multitenant."TenantUsers" ORDER BY 1, 2 DESC;
-- a role that moves to another tenant leaves the members it had
UPDATE multitenant."Roles" SET name = 'moved', "tenantId" = :'acme' WHERE "tenantId" = :'umbrella' AND name = 'billing';
SELECT roles FROM multitenant."TenantUsers" WHERE "tenantId" = :'umbrella';
-- two names swapped in one transaction
SELECT multitenant.create_role(:'acme', 'a') IS NOT NULL, multitenant.create_role(:'acme', 'b') IS NOT NULL;
UPDATE multitenant."TenantUsers" SET roles = '{a}' WHERE "tenantId" = :'acme' AND "userId" = '00000000-0000-0000-0000-000000000002';
BEGIN;
UPDATE multitenant."Roles" SET name = 't' WHERE "tenantId" = :'acme' AND name = 'a';
UPDATE multitenant."Roles" SET name = 'a' WHERE "tenantId" = :'acme' AND name = 'b';
UPDATE multitenant."Roles" SET name = 'b' WHERE "tenantId" = :'acme' AND name = 't';
COMMIT;
SELECT roles FROM multitenant."TenantUsers" WHERE "tenantId" = :'acme' AND "userId" = '00000000-0000-0000-0000-000000000002';

-- a session that restores a dump is not judged: tables come in any order there
BEGIN;
SET LOCAL row_security = off;
UPDATE multitenant."TenantUsers" SET roles = '{later}' WHERE "tenantId" = :'umbrella';
ROLLBACK;
-- which is the owner's or a superuser's to do, not that of whoever may write memberships
CREATE ROLE writer;
GRANT SELECT, UPDATE ON multitenant."TenantUsers" TO writer;
BEGIN;
SET LOCAL ROLE writer;
SET LOCAL row_security = off;
UPDATE multitenant."TenantUsers" SET roles = '{later}';
ROLLBACK;
DROP OWNED BY writer;
DROP ROLE writer;

-- the tenant goes, and all of its own with it; users and their records stay
DELETE FROM multitenant."Tenants" WHERE id = :'acme';
SELECT count(*) FROM multitenant."TenantUsers" WHERE "tenantId" = :'acme';
SELECT count(*) FROM multitenant."Roles" WHERE "tenantId" = :'acme';
SELECT count(*) FROM multitenant."Users";
SELECT event, "tenantId" FROM multitenant."SecurityAuditLogs" WHERE event = 'tenant.created' AND details->>'slug' = 'acme';

-- the checks of the tables themselves
INSERT INTO multitenant."Tenants" (name, slug, "databaseUrl") VALUES ('x', 'Not a slug', 'u');
UPDATE multitenant."Tenants" SET "gracePeriodDays" = -1;
