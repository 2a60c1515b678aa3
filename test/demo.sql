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
SELECT outcome, cardinality(backup_codes) AS codes, backup_codes[1] AS backup_code, backup_codes[2] AS other_backup_code
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
\echo '== 6. The wall between tenants, around a table of the application'
\echo
CREATE TABLE invoice (
  number     integer PRIMARY KEY,
  "tenantId" uuid NOT NULL DEFAULT multitenant.current_tenant_id() REFERENCES multitenant."Tenants" (id),
  customer   text NOT NULL,
  amount     numeric NOT NULL
);
CREATE INDEX ON invoice ("tenantId");
INSERT INTO invoice VALUES (1, :'acme', 'Road Runner Ltd.', 17.50), (2, :'acme', 'Coyote & Sons', 99),
                           (3, :'umbrella', 'Raccoon City', 1000);
SELECT multitenant.protect_table('invoice', read_permission => 'invoice:read', write_permission => 'invoice:write') \gset
SELECT multitenant.grant_permission(id, 'invoice:*') FROM multitenant."Roles" WHERE "tenantId" = :'umbrella' AND name = 'owner' \gset
CREATE ROLE back_end;
CREATE ROLE browser;
SELECT multitenant.grant_access('back_end', 'service'), multitenant.grant_access('browser', 'client') \gset
GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO back_end, browser;
SET ROLE back_end;
\echo 'One query without a WHERE, of a back end that says who is asking. Ivan, an accountant of Acme:'
\echo
BEGIN;
SELECT multitenant.set_context(:'ivan', :'acme') \gset
SELECT number, customer, amount FROM invoice ORDER BY number;
COMMIT;
\echo 'Grace, the owner of Umbrella:'
\echo
BEGIN;
SELECT multitenant.set_context(:'grace', :'umbrella') \gset
SELECT number, customer, amount FROM invoice ORDER BY number;
COMMIT;
\echo 'Ivan again, but in Umbrella, where a clerk may not read invoices; and nobody, once the transaction is over:'
\echo
BEGIN;
SELECT multitenant.set_context(:'ivan', :'umbrella') \gset
SELECT 'a clerk' AS "who asks", count(*) AS invoices FROM invoice;
COMMIT;
SELECT 'nobody' AS "who asks", count(*) AS invoices FROM invoice;
RESET ROLE;
\echo 'Somebody injects SQL where Ivan is at work in Acme, into the query of a role that is not to be trusted:'
\echo
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  changed bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed || ' rows';
EXCEPTION WHEN insufficient_privilege THEN
  RETURN sqlerrm;
END
$$;
BEGIN;
SELECT multitenant.set_context(:'ivan', :'acme') \gset
SET LOCAL ROLE browser;
SELECT attempt, pg_temp.answer(statement) AS answer
FROM (VALUES
  ('read all invoices', 'SELECT FROM invoice'),
  ('delete those of Umbrella', format('DELETE FROM invoice WHERE "tenantId" = %L', :'umbrella')),
  ('move one to Umbrella', format('UPDATE invoice SET "tenantId" = %L WHERE number = 1', :'umbrella')),
  ('be in Umbrella', format('SET multitenant.tenant_id = %L', :'umbrella')),
  ('be Grace', format('SELECT multitenant.set_context(%L, %L)', :'grace', :'umbrella')),
  ('take down the wall', 'ALTER TABLE invoice DISABLE ROW LEVEL SECURITY'),
  ('read the hashes', 'SELECT password FROM multitenant."Users"'),
  ('make Ivan an owner', format('SELECT multitenant.assign_role(%L, %L, ''owner'')', :'ivan', :'acme'))
) AS attempts (attempt, statement);
ROLLBACK;

\echo
\echo '== 7. A sign-in to a session, whose token says who is asking'
\echo
SET ROLE back_end;
SELECT outcome, challenge FROM multitenant.sign_in('ivan@example.org', 'correct horse battery staple', 'acme', '192.0.2.10', 'demo') \gset
SELECT :'outcome' AS "the password alone";
SELECT outcome, access_token, refresh_token
FROM multitenant.complete_sign_in(:'challenge', :'other_backup_code', ip_address => '192.0.2.10', user_agent => 'demo') \gset
SELECT :'outcome' AS "and a backup code", left(:'access_token', 8) || '…' AS "the access token";
BEGIN;
SELECT multitenant.use_session(:'access_token', '192.0.2.10') AS "the session is good";
SELECT number, customer, amount FROM invoice ORDER BY number;
COMMIT;
\echo 'Renewed, it has another token, and the one before is void:'
\echo
SELECT access_token AS new_token FROM multitenant.refresh_session(:'refresh_token') \gset
SELECT multitenant.use_session(:'access_token') AS "the old token is good", multitenant.use_session(:'new_token') AS "the new one is";
RESET ROLE;

\echo
\echo '== 8. A plain DELETE of the user, after which nothing works'
\echo
BEGIN;
SELECT multitenant.set_context(:'ada') \gset
DELETE FROM multitenant."Users" WHERE id = :'ivan';
COMMIT;
SELECT u.email, u.status, u."deletedAt" IS NOT NULL AS "deletedAt is set", by.email AS "deletedBy", t.revoked AS "session revoked"
FROM multitenant."Users" u JOIN multitenant."Users" by ON by.id = u."deletedBy" JOIN multitenant."OAuthTokens" t ON t."userId" = u.id
WHERE u.id = :'ivan';
SELECT multitenant.use_session(:'new_token') AS "the session is good";
SELECT outcome FROM multitenant.authenticate('ivan@example.org', 'correct horse battery staple');
SELECT * FROM pg_temp.rights WHERE "user" ILIKE 'ivan%' ORDER BY tenant;

\echo
\echo '== 9. The audit trail of it all'
\echo
SELECT to_char(a."createdAt", 'HH24:MI:SS.MS') AS at, a.severity, a.event, u.email AS about, actor.email AS actor, t.slug AS tenant,
       a.details
FROM multitenant."SecurityAuditLogs" a
LEFT JOIN multitenant."Users" u ON u.id = a."userId" LEFT JOIN multitenant."Users" actor ON actor.id = a."actorId"
LEFT JOIN multitenant."Tenants" t ON t.id = a."tenantId" ORDER BY a."createdAt";
SELECT to_char(h."createdAt", 'HH24:MI:SS.MS') AS at, u.email, h.status, h."failureReason" AS why, h."ipAddress" AS "from", h."userAgent" AS agent
FROM multitenant."LoginHistories" h JOIN multitenant."Users" u ON u.id = h."userId" ORDER BY h."createdAt";
