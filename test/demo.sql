-- The main job, as a person would walk it. `make demo` runs this on a private server.
\pset footer off
\pset null '-'
\set QUIET on
SET client_min_messages = error;
CREATE EXTENSION multitenant CASCADE;

\echo
\echo '== 1. Two tenants and their roles'
\echo
SELECT multitenant.register_user('ada@example.org', 'correct horse battery', 'Ada Lovelace') AS ada,
       multitenant.register_user('grace@example.org', 'nine lives of a cat', 'Grace Hopper') AS grace \gset
SELECT multitenant.create_tenant('Acme Inc.', 'acme', 'postgres://db/acme', :'ada') AS acme,
       multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://db/umbrella', :'grace') AS umbrella \gset
SELECT multitenant.create_permission('invoice', 'read', 'See invoices'),
       multitenant.create_permission('invoice', '*', 'Do anything with invoices') \gset
SELECT multitenant.create_role(:'acme', 'clerk', 'Sees invoices', permissions => ARRAY['invoice:read']) AS clerk,
       multitenant.create_role(:'umbrella', 'clerk', 'Sees nothing here') AS other_clerk \gset
SELECT t.slug AS tenant, r.name AS role, r.scopes, r."isDefault" AS "default",
       array(SELECT p.name FROM multitenant."RolePermissions" rp JOIN multitenant."Permissions" p ON p.id = rp."permissionId"
             WHERE rp."roleId" = r.id) AS permissions
FROM multitenant."Tenants" t JOIN multitenant."Roles" r ON r."tenantId" = t.id ORDER BY 1, 2;

\echo
\echo '== 2. A user comes from another system, with the hash that npm''s bcrypt made of the password'
\echo
INSERT INTO multitenant."Users" (email, name, password)
VALUES ('Ivan@Example.org', 'Ivan Sutherland', '$2b$10$E8H98MZ1IOs0kym9ltQn/u2Uu7iY12gab1cqGH/bd5jC/rMKjLbeS')
RETURNING id AS ivan \gset
SELECT email, left(password, 29) || '…' AS "hash before" FROM multitenant."Users" WHERE id = :'ivan';
SELECT outcome, user_id = :'ivan' AS "it is Ivan"
FROM multitenant.authenticate('ivan@example.org', 'correct horse battery staple', '192.0.2.10', 'demo');
SELECT email, left(password, 29) || '…' AS "hash after signing in", "loginCount" FROM multitenant."Users" WHERE id = :'ivan';

\echo
\echo '== 3. Wrong passwords, until the account locks'
\echo
CREATE FUNCTION pg_temp.guess(n integer, password text) RETURNS TABLE (guess integer, answer text, "locked until" timestamptz)
LANGUAGE sql VOLATILE AS $$
  SELECT n, outcome::text, locked_until FROM multitenant.authenticate('ivan@example.org', password, '203.0.113.66', 'curl');
$$;
SELECT g.* FROM generate_series(1, 6) AS n, LATERAL pg_temp.guess(n, 'guess ' || n) AS g;
\echo 'The right password does not help now:'
\echo
SELECT outcome, locked_until AS "locked until" FROM multitenant.authenticate('ivan@example.org', 'correct horse battery staple');
\echo 'An administrator ends the lock:'
\echo
SELECT multitenant.unlock_account(:'ivan') \gset
SELECT outcome FROM multitenant.authenticate('ivan@example.org', 'correct horse battery staple');

\echo
\echo '== 4. A second factor: an authenticator that is not ours (oathtool) computes the codes'
\echo
SELECT secret, uri, multitenant.qr_text(uri) AS qr FROM multitenant.begin_two_factor_setup(:'ivan', 'Demo') \gset
\setenv SECRET :secret
\echo 'What a phone would scan:'
\echo
\echo :qr
\set code `oathtool --totp --base32 "$SECRET"`
\set next_code `oathtool --totp --base32 --now '30 seconds' "$SECRET"`
SELECT outcome, cardinality(backup_codes) AS codes, backup_codes[1] AS backup_code
FROM multitenant.confirm_two_factor_setup(:'ivan', :'code') \gset
SELECT :'code' AS "oathtool says", :'outcome' AS "the enrolment", :'codes' AS "backup codes", :'backup_code' AS "the first of them";
SELECT 'the same code again' AS code, outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ivan', :'code')
UNION ALL SELECT 'the next one', outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ivan', :'next_code')
UNION ALL SELECT 'a backup code', outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ivan', :'backup_code')
UNION ALL SELECT 'the backup code again', outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ivan', :'backup_code');

\echo
\echo '== 5. A permission that one tenant grants and another does not'
\echo
SELECT multitenant.add_member(:'ivan', :'acme', ARRAY['clerk']), multitenant.add_member(:'ivan', :'umbrella', ARRAY['clerk']) \gset
CREATE VIEW pg_temp.rights AS
SELECT u.email AS "user", t.slug AS tenant, m.roles,
       multitenant.has_permission(u.id, t.id, 'invoice:read') AS "may read invoices",
       multitenant.has_permission(u.id, t.id, 'invoice:write') AS "may write them"
FROM multitenant."Users" u JOIN multitenant."TenantUsers" m ON m."userId" = u.id
JOIN multitenant."Tenants" t ON t.id = m."tenantId";
SELECT * FROM pg_temp.rights WHERE "user" ILIKE 'ivan%' ORDER BY tenant;
\echo 'The role is given invoice:*, and is renamed; memberships follow:'
\echo
SELECT multitenant.grant_permission(:'clerk', 'invoice:*') \gset
UPDATE multitenant."Roles" SET name = 'accountant' WHERE id = :'clerk';
SELECT * FROM pg_temp.rights WHERE "user" ILIKE 'ivan%' ORDER BY tenant;

\echo
\echo '== 6. A plain DELETE of the user, after which nothing works'
\echo
INSERT INTO multitenant."OAuthClients" ("clientId", name, type) VALUES ('web', 'Web', 'public') RETURNING id AS web \gset
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId", "userId")
VALUES (encode(sha256('a session'), 'hex'), now() + interval '1 hour', :'web', :'ivan');
SET multitenant.user_id = :'ada';
DELETE FROM multitenant."Users" WHERE id = :'ivan';
RESET multitenant.user_id;
SELECT u.email, u.status, u."deletedAt" IS NOT NULL AS "deletedAt is set", by.email AS "deletedBy", t.revoked AS "token revoked"
FROM multitenant."Users" u JOIN multitenant."Users" by ON by.id = u."deletedBy" JOIN multitenant."OAuthTokens" t ON t."userId" = u.id
WHERE u.id = :'ivan';
SELECT outcome FROM multitenant.authenticate('ivan@example.org', 'correct horse battery staple');
SELECT * FROM pg_temp.rights WHERE "user" ILIKE 'ivan%' ORDER BY tenant;

\echo
\echo '== 7. The audit trail of it all'
\echo
SELECT to_char(a."createdAt", 'HH24:MI:SS.MS') AS at, a.severity, a.event, u.email AS about, actor.email AS actor, t.slug AS tenant,
       a.details
FROM multitenant."SecurityAuditLogs" a
LEFT JOIN multitenant."Users" u ON u.id = a."userId" LEFT JOIN multitenant."Users" actor ON actor.id = a."actorId"
LEFT JOIN multitenant."Tenants" t ON t.id = a."tenantId" ORDER BY a."createdAt";
SELECT to_char(h."createdAt", 'HH24:MI:SS.MS') AS at, u.email, h.status, h."failureReason" AS why, h."ipAddress" AS "from", h."userAgent" AS agent
FROM multitenant."LoginHistories" h JOIN multitenant."Users" u ON u.id = h."userId" ORDER BY h."createdAt";
