-- has_permission against the join, prepared, against a PL/pgSQL function with it, and against
-- one lookup by primary key. Variables: users, tenants, rounds. Half of what is asked is
-- granted or not by chance, of a membership by chance.

-- the sign-ins before left dead versions of users, which every lookup would pass
VACUUM (ANALYZE) multitenant."Users";

CREATE TABLE bench.questions AS
SELECT m."userId" AS user_id, m."tenantId" AS tenant_id,
       'resource' || (random() * 19)::integer || ':' || bench.action(1 + (random() * 8)::integer) AS permission
FROM multitenant."TenantUsers" AS m ORDER BY md5(m.id::text || random()) LIMIT 3000;

\set join 'SELECT EXISTS (SELECT 1 FROM multitenant."TenantUsers" AS m JOIN multitenant."Users" AS u ON u.id = m."userId" JOIN multitenant."Tenants" AS t ON t.id = m."tenantId" JOIN multitenant."Roles" AS r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles) JOIN multitenant."RolePermissions" AS rp ON rp."roleId" = r.id JOIN multitenant."Permissions" AS p ON p.id = rp."permissionId" WHERE m."userId" = $1 AND m."tenantId" = $2 AND u.status = ''active'' AND u."deletedAt" IS NULL AND t.status = ''active'' AND '
\set exact 'p.name = $3)'
\set wild '(p.name = $3 OR (p.resource IN (split_part($3, '':'', 1), ''*'') AND p.action IN (split_part($3, '':'', 2), ''*''))))'

SELECT count(*) FILTER (WHERE bench.has_permission(user_id, tenant_id, permission)) AS granted,
       count(*) FILTER (WHERE multitenant.has_permission(user_id, tenant_id, permission)) AS ours FROM bench.questions \gset
-- the two agree on every question before either is timed
SELECT count(*) = 0 AS they_agree FROM bench.questions
WHERE bench.has_permission(user_id, tenant_id, permission) <> multitenant.has_permission(user_id, tenant_id, permission) \gset
\if :they_agree
\else
  DO $$ BEGIN RAISE 'has_permission and the join disagree'; END $$;
\endif
SELECT count(*) AS exactly FROM bench.questions q WHERE EXISTS (
  SELECT FROM multitenant."TenantUsers" m JOIN multitenant."Roles" r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles)
  JOIN multitenant."RolePermissions" rp ON rp."roleId" = r.id JOIN multitenant."Permissions" p ON p.id = rp."permissionId"
  WHERE m."userId" = q.user_id AND m."tenantId" = q.tenant_id AND p.name = q.permission) \gset

\set ask 'SELECT user_id, tenant_id, permission FROM bench.questions'
SELECT :'join' || :'exact' AS exact_join, :'join' || :'wild' AS wild_join, ' (' || :'tenants' || ' tenants)' AS at \gset
CALL bench.run_rounds(:rounds * 3,
  ('a lookup by primary key' || :'at', 3000, 3000, 'SELECT true FROM multitenant."Users" WHERE id = $1', 'SELECT user_id FROM bench.questions'),
  ('has_permission' || :'at', 3000, :granted, 'SELECT multitenant.has_permission($1, $2, $3)', :'ask'),
  ('the join' || :'at', 3000, :granted, :'wild_join', :'ask'),
  ('the join without wildcards' || :'at', 3000, :exactly, :'exact_join', :'ask'),
  ('the join in PL/pgSQL' || :'at', 3000, :granted, 'SELECT bench.has_permission($1, $2, $3)', :'ask'));
