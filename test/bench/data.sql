-- Users, tenants, members, roles and permissions, in a schema bench that is there. Variables:
-- users, tenants, and users_fillfactor where 70 is not wanted.
--
-- 200 permissions (20 resources with 9 actions and *), 5 roles a tenant, 20 permissions a
-- role; every user is a member of two tenants with two roles in each. Ids are hashes of
-- numbers, so they are as scattered as random ones and the same in every run.

SET session_replication_role = replica;   -- neither triggers nor foreign keys while it loads
SET maintenance_work_mem = '512MB';

CREATE FUNCTION bench.id(kind text, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN md5(kind || number)::uuid;

CREATE FUNCTION bench.role_name(number bigint) RETURNS varchar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (ARRAY['owner', 'admin', 'editor', 'member', 'viewer'])[1 + number % 5];

CREATE FUNCTION bench.action(number bigint) RETURNS varchar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (ARRAY['*', 'create', 'read', 'update', 'delete', 'list', 'share', 'export', 'approve', 'archive'])[1 + number % 10];

-- The hash is the cheapest that there is: sign-in is measured less its hash.
SET multitenant.argon2_memory = 8;
SET multitenant.argon2_iterations = 1;
CREATE TABLE bench.password AS
SELECT password, multitenant.hash_password(password) AS hash FROM (VALUES ('correct horse battery staple')) AS v (password);

-- Room in the pages for new versions of a row, as a table has that is in use.
\if :{?users_fillfactor}
\else
  \set users_fillfactor 70
\endif
ALTER TABLE multitenant."Users" SET (fillfactor = :users_fillfactor);
INSERT INTO multitenant."Users" (id, email, name, password, "emailVerified")
SELECT bench.id('user', i), 'user' || i || '@example.com', 'User ' || i, hash, true
FROM generate_series(1, :users) AS i, bench.password;
ALTER TABLE multitenant."Users" RESET (fillfactor);

INSERT INTO multitenant."Tenants" (id, name, slug, "databaseUrl")
SELECT bench.id('tenant', i), 'Tenant ' || i, 'tenant-' || i, 'postgres://db/tenant-' || i
FROM generate_series(1, :tenants) AS i;

-- The second tenant is never the first one again.
INSERT INTO multitenant."TenantUsers" ("userId", "tenantId", roles)
SELECT bench.id('user', i), bench.id('tenant', 1 + (i + second * (1 + i % (:tenants - 1))) % :tenants),
       ARRAY[bench.role_name(i + second), bench.role_name(i + second + 1 + i % 4)]
FROM generate_series(1, :users) AS i, generate_series(0, 1) AS second;

INSERT INTO multitenant."Roles" (id, name, "tenantId")
SELECT bench.id('role', tenant * 5 + i), bench.role_name(i), bench.id('tenant', tenant)
FROM generate_series(1, :tenants) AS tenant, generate_series(0, 4) AS i;

INSERT INTO multitenant."Permissions" (id, name, resource, action)
SELECT bench.id('permission', i), resource || ':' || action, resource, action
FROM generate_series(0, 199) AS i,
     LATERAL (SELECT 'resource' || i / 10 AS resource, bench.action(i) AS action) AS p;

-- The indexes of the largest table are made once it is full.
CREATE TEMP TABLE definition AS
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS remove,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make
FROM pg_constraint
WHERE conrelid = 'multitenant."RolePermissions"'::regclass AND contype IN ('p', 'u')
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid = 'multitenant."RolePermissions"'::regclass AND NOT indisunique;
SELECT remove FROM definition \gexec

BEGIN;
TRUNCATE multitenant."RolePermissions";
INSERT INTO multitenant."RolePermissions" ("roleId", "permissionId")
SELECT role, permission[1 + (number * 37 + k * 7) % 200]
FROM (SELECT array_agg(bench.id('permission', i) ORDER BY i) AS permission FROM generate_series(0, 199) AS i) AS all_of_them,
     (SELECT number, bench.id('role', number) AS role FROM generate_series(5, :tenants * 5 + 4) AS number) AS roles,
     generate_series(0, 19) AS k;
COMMIT;
SELECT make FROM definition \gexec

RESET session_replication_role;
VACUUM (ANALYZE) multitenant."Users";
VACUUM (ANALYZE) multitenant."Tenants";
VACUUM (ANALYZE) multitenant."TenantUsers";
VACUUM (ANALYZE) multitenant."Roles";
VACUUM (ANALYZE) multitenant."Permissions";
VACUUM (ANALYZE) multitenant."RolePermissions";
