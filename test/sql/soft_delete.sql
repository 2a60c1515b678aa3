-- Deleting users: by function, by DELETE, by UPDATE; restoring; refusing
\set VERBOSITY terse
INSERT INTO multitenant."Users" (id, email) VALUES
  ('00000000-0000-0000-0000-00000000000a', 'admin@example.org'),
  ('00000000-0000-0000-0000-000000000001', 'one@example.org'),
  ('00000000-0000-0000-0000-000000000002', 'two@example.org'),
  ('00000000-0000-0000-0000-000000000003', 'three@example.org'),
  ('00000000-0000-0000-0000-000000000004', 'four@example.org'),
  ('00000000-0000-0000-0000-000000000005', 'five@example.org');
SELECT multitenant.create_tenant('Acme', 'acme', 'postgres://acme') AS acme \gset
SELECT multitenant.add_member('00000000-0000-0000-0000-000000000001', :'acme') IS NOT NULL AS added;
INSERT INTO multitenant."OAuthClients" (id, "clientId", name, type)
  VALUES ('00000000-0000-0000-0000-0000000000c1', 'web', 'Web', 'public');
INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId", "userId")
  SELECT 'token-' || email, now() + interval '1 hour', '00000000-0000-0000-0000-0000000000c1', id FROM multitenant."Users";
INSERT INTO multitenant."Notifications" ("userId", message) SELECT id, 'hello' FROM multitenant."Users";
UPDATE multitenant."Users" SET "resetToken" = 'r', "resetTokenExpires" = now(), "verificationToken" = 'v',
  "verificationTokenExpires" = now(), "currentChallenge" = 'c';

CREATE VIEW deletion AS
  SELECT right(u.id::text, 1) AS id, u.status, u."deletedAt" IS NOT NULL AS deleted, right(u."deletedBy"::text, 1) AS by,
         u."statusChangedAt" IS NOT NULL AS changed, right(u."statusChangedBy"::text, 1) AS changed_by, u."statusReason" AS reason,
         u."resetToken" IS NULL AND u."resetTokenExpires" IS NULL AND u."verificationToken" IS NULL
           AND u."verificationTokenExpires" IS NULL AND u."currentChallenge" IS NULL AS tokens_gone,
         t.revoked, t."revokedAt" IS NOT NULL AS revoked_at, right(t."revokedBy"::text, 1) AS revoked_by
  FROM multitenant."Users" u JOIN multitenant."OAuthTokens" t ON t."userId" = u.id ORDER BY u.id;

SET multitenant.user_id = '00000000-0000-0000-0000-00000000000a';
-- by function
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000001', 'asked to');
-- by DELETE: the row stays, with all that refers to it
DELETE FROM multitenant."Users" WHERE email = 'two@example.org';
-- by UPDATE of deletedAt, as Sequelize's paranoid mode does
UPDATE multitenant."Users" SET "deletedAt" = '2026-01-02 03:04:05+00' WHERE email = 'three@example.org';
-- by UPDATE of status
UPDATE multitenant."Users" SET status = 'deleted', "statusReason" = 'spam' WHERE email = 'four@example.org';
SELECT * FROM deletion;
SELECT "deletedAt" AT TIME ZONE 'UTC' AS supplied FROM multitenant."Users" WHERE email = 'three@example.org';
SELECT (SELECT count(*) FROM multitenant."Notifications") AS notifications, (SELECT count(*) FROM multitenant."TenantUsers") AS members;
SELECT event, severity, right("userId"::text, 1) AS about, right("actorId"::text, 1) AS actor, details
FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'user.%' ORDER BY "createdAt";

-- again: no second deletion
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000001');
SELECT "deletedAt" AS first FROM multitenant."Users" WHERE email = 'two@example.org' \gset
DELETE FROM multitenant."Users" WHERE email = 'two@example.org';
SELECT "deletedAt" = :'first' AS unchanged FROM multitenant."Users" WHERE email = 'two@example.org';
-- its time can be corrected, which changes nothing else
UPDATE multitenant."Users" SET "deletedAt" = '2026-01-01 00:00:00+00' WHERE email = 'three@example.org';
SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'user.deleted';

-- restoring, by function and by either column; sessions stay ended
SELECT multitenant.restore_user('00000000-0000-0000-0000-000000000001');
UPDATE multitenant."Users" SET "deletedAt" = NULL WHERE email = 'three@example.org';
UPDATE multitenant."Users" SET status = 'suspended' WHERE email = 'four@example.org';
SELECT * FROM deletion;
SELECT multitenant.restore_user('00000000-0000-0000-0000-000000000001');
SELECT event, details FROM multitenant."SecurityAuditLogs" WHERE event = 'user.restored' ORDER BY "createdAt";

-- what one statement says in two ways: a deletedAt that comes wins
UPDATE multitenant."Users" SET status = 'active', "deletedAt" = now() WHERE email = 'four@example.org';
SELECT status, "deletedAt" IS NOT NULL AS deleted FROM multitenant."Users" WHERE email = 'four@example.org';
UPDATE multitenant."Users" SET status = 'active', "deletedAt" = NULL WHERE email = 'four@example.org';
SELECT status, "deletedAt" IS NOT NULL AS deleted FROM multitenant."Users" WHERE email = 'four@example.org';

-- deactivation has its columns, and loses them on the way back
UPDATE multitenant."Users" SET status = 'inactive', "deactivationReason" = 'leave' WHERE email = 'five@example.org';
SELECT "deactivatedAt" IS NOT NULL AS at, right("deactivatedBy"::text, 1) AS by, "deactivationReason" FROM multitenant."Users" WHERE email = 'five@example.org';
SELECT revoked FROM multitenant."OAuthTokens" WHERE "accessToken" = 'token-five@example.org';
UPDATE multitenant."Users" SET status = 'active' WHERE email = 'five@example.org';
SELECT "deactivatedAt", "deactivatedBy", "deactivationReason" FROM multitenant."Users" WHERE email = 'five@example.org';
-- an author and a time that the statement names are kept
UPDATE multitenant."Users" SET status = 'suspended', "statusChangedAt" = '2026-02-03 00:00:00+00',
  "statusChangedBy" = '00000000-0000-0000-0000-000000000001' WHERE email = 'five@example.org';
SELECT "statusChangedAt" AT TIME ZONE 'UTC' AS at, right("statusChangedBy"::text, 1) AS by FROM multitenant."Users" WHERE email = 'five@example.org';
RESET multitenant.user_id;
-- an author named beforehand is kept where no acting user is known, and goes with a restore
UPDATE multitenant."Users" SET "deletedBy" = '00000000-0000-0000-0000-00000000000a' WHERE email = 'three@example.org';
DELETE FROM multitenant."Users" WHERE email = 'three@example.org';
SELECT status, right("deletedBy"::text, 1) AS by, "statusChangedBy" FROM multitenant."Users" WHERE email = 'three@example.org';
UPDATE multitenant."Users" SET status = 'active' WHERE email = 'three@example.org';
SELECT status, "deletedBy" FROM multitenant."Users" WHERE email = 'three@example.org';
UPDATE multitenant."Users" SET status = NULL WHERE email = 'five@example.org';

-- errors
SELECT multitenant.delete_user(NULL);
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000000');
SELECT multitenant.delete_user('00000000-0000-0000-0000-000000000005', repeat('x', 1024 * 1024));
SELECT multitenant.restore_user(NULL);
SELECT multitenant.restore_user('00000000-0000-0000-0000-000000000000');
INSERT INTO multitenant."Users" (email, status) VALUES ('half@example.org', 'deleted');
TRUNCATE multitenant."Users" CASCADE;
SELECT count(*) FROM multitenant."Users";

-- a role that may delete users, and nothing else, deletes them the same way
CREATE ROLE deleter;
GRANT SELECT, DELETE ON multitenant."Users" TO deleter;
SET ROLE deleter;
DELETE FROM multitenant."Users" WHERE email = 'one@example.org';
-- the setting is not for it
SET multitenant.allow_hard_delete = on;
SELECT set_config('multitenant.allow_hard_delete', 'on', false);
RESET ROLE;
SELECT id, status, deleted, by, revoked FROM deletion WHERE id = '1';
REVOKE ALL ON multitenant."Users" FROM deleter;
DROP ROLE deleter;

-- many at once
DELETE FROM multitenant."Users";
SELECT status, count(*) FROM multitenant."Users" GROUP BY status;
SELECT count(*) FILTER (WHERE NOT revoked) AS live FROM multitenant."OAuthTokens";

-- a superuser's setting lets a real DELETE through, under the foreign keys
SET multitenant.allow_hard_delete = on;
DELETE FROM multitenant."Users" WHERE email = 'admin@example.org';
DELETE FROM multitenant."Users" WHERE email = 'two@example.org';
SELECT count(*) FROM multitenant."Users" WHERE email = 'two@example.org';
SELECT count(*) FROM multitenant."OAuthTokens" WHERE "accessToken" = 'token-two@example.org';
SELECT "userId" FROM multitenant."SecurityAuditLogs" WHERE event = 'user.deleted' AND "userId" IS NULL;
TRUNCATE multitenant."Users", multitenant."Tenants" CASCADE;
SELECT count(*) FROM multitenant."Users";
DROP VIEW deletion;

-- the trigger functions are for triggers
SELECT multitenant.set_updated_at();
CREATE TABLE bystander (id int, "updatedAt" text);
CREATE TRIGGER wrong AFTER INSERT ON bystander FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
INSERT INTO bystander VALUES (1);
DROP TRIGGER wrong ON bystander;
CREATE TRIGGER wrong BEFORE UPDATE ON bystander FOR EACH ROW EXECUTE FUNCTION multitenant.set_updated_at();
INSERT INTO bystander VALUES (1);
UPDATE bystander SET id = 2;
DROP TABLE bystander;
