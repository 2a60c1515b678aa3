-- What has_permission.sql asks: half of it is granted or not by chance, of a membership by
-- chance; and how many of the questions are to be granted, on which we and the join agree.

-- the sign-ins before left dead versions of users, which every lookup would pass
VACUUM (ANALYZE) multitenant."Users";

CREATE TABLE bench.questions AS
SELECT m."userId" AS user_id, m."tenantId" AS tenant_id,
       'resource' || (random() * 19)::integer || ':' || bench.action(1 + (random() * 8)::integer) AS permission
FROM multitenant."TenantUsers" AS m ORDER BY md5(m.id::text || random()) LIMIT 3000;

-- the two agree on every question before either is timed
SELECT count(*) = 0 AS they_agree FROM bench.questions
WHERE bench.has_permission(user_id, tenant_id, permission) <> multitenant.has_permission(user_id, tenant_id, permission) \gset
\if :they_agree
\else
  DO $$ BEGIN RAISE 'has_permission and the join disagree'; END $$;
\endif

CREATE TABLE bench.granted AS
SELECT count(*) FILTER (WHERE bench.has_permission(user_id, tenant_id, permission)) AS granted,
       count(*) FILTER (WHERE EXISTS (
  SELECT FROM multitenant."TenantUsers" m JOIN multitenant."Roles" r ON r."tenantId" = m."tenantId" AND r.name = ANY (m.roles)
  JOIN multitenant."RolePermissions" rp ON rp."roleId" = r.id JOIN multitenant."Permissions" p ON p.id = rp."permissionId"
  WHERE m."userId" = q.user_id AND m."tenantId" = q.tenant_id AND p.name = q.permission)) AS exactly
FROM bench.questions AS q;
