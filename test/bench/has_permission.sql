-- has_permission against the join, prepared, against a PL/pgSQL function with it, and against
-- one lookup by primary key. Variables: tenants, rounds.

\set join 'SELECT EXISTS (SELECT 1 FROM multitenant."TenantUsers" AS m JOIN multitenant."Users" AS u ON u.id = m."userId" JOIN multitenant."Tenants" AS t ON t.id = m."tenantId" JOIN multitenant."Roles" AS r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles) JOIN multitenant."RolePermissions" AS rp ON rp."roleId" = r.id JOIN multitenant."Permissions" AS p ON p.id = rp."permissionId" WHERE m."userId" = $1 AND m."tenantId" = $2 AND u.status = ''active'' AND u."deletedAt" IS NULL AND t.status = ''active'' AND '
\set exact 'p.name = $3)'
\set wild '(p.name = $3 OR (p.resource IN (split_part($3, '':'', 1), ''*'') AND p.action IN (split_part($3, '':'', 2), ''*''))))'

SELECT granted, exactly FROM bench.granted \gset
\set ask 'SELECT user_id, tenant_id, permission FROM bench.questions'
SELECT :'join' || :'exact' AS exact_join, :'join' || :'wild' AS wild_join, ' (' || :'tenants' || ' tenants)' AS at \gset
CALL bench.run_rounds(:rounds,
  ('a lookup by primary key' || :'at', 3000, 3000, 'SELECT true FROM multitenant."Users" WHERE id = $1', 'SELECT user_id FROM bench.questions'),
  ('has_permission' || :'at', 3000, :granted, 'SELECT multitenant.has_permission($1, $2, $3)', :'ask'),
  ('the join' || :'at', 3000, :granted, :'wild_join', :'ask'),
  ('the join without wildcards' || :'at', 3000, :exactly, :'exact_join', :'ask'),
  ('the join in PL/pgSQL' || :'at', 3000, :granted, 'SELECT bench.has_permission($1, $2, $3)', :'ask'));
