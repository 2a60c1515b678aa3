-- register_user and unlock_account
\set VERBOSITY terse
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;

-- a user, as the columns have it
SELECT multitenant.register_user('Ada@Example.org', 'correct horse battery', 'Ada Lovelace') AS ada \gset
SELECT email, name, password LIKE '$argon2id$v=19$m=64,t=1,p=1$%' AS hashed, status, "emailVerified",
       "failedLoginAttempts", "loginCount", preferences, "createdAt" = "updatedAt" AS stamped
FROM multitenant."Users" WHERE id = :'ada';
SELECT event, severity, "userId" = :'ada' AS about_her, "actorId" IS NULL AS no_actor
FROM multitenant."SecurityAuditLogs";

-- without a password, without a name
SELECT multitenant.register_user('grace@example.org') AS grace \gset
SELECT password IS NULL, name IS NULL FROM multitenant."Users" WHERE id = :'grace';

-- bcrypt when the setting says so
SET multitenant.password_algorithm = 'bcrypt';
SET multitenant.bcrypt_cost = 4;
SELECT multitenant.register_user('bcrypt@example.org', 'correct horse battery') AS bcrypt \gset
SELECT password LIKE '$2b$04$%' FROM multitenant."Users" WHERE id = :'bcrypt';
RESET multitenant.password_algorithm;

-- one mailbox whatever the case, and nothing else of the row shows
SELECT multitenant.register_user('ADA@example.ORG', 'correct horse battery');
SELECT multitenant.register_user('Ada@Example.org');
-- a deleted user keeps the mailbox
SELECT multitenant.delete_user(id) FROM multitenant."Users" WHERE email = 'grace@example.org';
SELECT multitenant.register_user('Grace@example.org');

-- not an address
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT multitenant.register_user(NULL);
SELECT multitenant.register_user('');
SELECT multitenant.register_user('nobody');
SELECT multitenant.register_user('@example.org');
SELECT multitenant.register_user('a@');
SELECT multitenant.register_user('a b@example.org');
SELECT multitenant.register_user(' a@example.org');
SELECT multitenant.register_user(E'a@example.org\n');
SELECT multitenant.register_user('a@b@example.org');
SELECT multitenant.register_user('a..b@example.org');
SELECT multitenant.register_user('.a@example.org');
SELECT multitenant.register_user('a.@example.org');
SELECT multitenant.register_user('a@-example.org');
SELECT multitenant.register_user('a@example-.org');
SELECT multitenant.register_user('a@example..org');
SELECT multitenant.register_user('a@example.org.');
SELECT multitenant.register_user(repeat('a', 65) || '@example.org');
SELECT multitenant.register_user('a@' || repeat('b', 64) || '.org');
SELECT multitenant.register_user(repeat('a', 250) || '@example.org');
SELECT multitenant.register_user(repeat('a', 1024 * 1024));
SELECT multitenant.register_user('a@example.org', NULL, repeat('n', 1024 * 1024));
-- the edges that are addresses
SELECT count(multitenant.register_user(email)) FROM (VALUES
  ('a@localhost'), ('o''brien+tag@example.org'), ('büro@bücher.example'), (repeat('a', 64) || '@example.org'),
  ('a@' || repeat('b', 63) || '.org'), ('1@2.example'), ('a!#$%&''*+-/=?^_`{|}~@example.org')) AS v(email);

-- not a password: the problems are in the detail, the password nowhere
SELECT multitenant.register_user('short@example.org', 'short');
SELECT multitenant.register_user('margaret@example.org', 'margaret1969');
SELECT multitenant.register_user('long@example.org', repeat('x', 1025));
SELECT multitenant.register_user('long@example.org', repeat('x', 1024 * 1024));
SELECT count(*) FROM multitenant."Users" WHERE email LIKE 'short@%' OR email LIKE 'long@%' OR email LIKE 'margaret@%';

-- what failed left no audit row either
SELECT count(*) FROM multitenant."SecurityAuditLogs" WHERE event = 'user.registered';

-- unlock_account
UPDATE multitenant."Users" SET "failedLoginAttempts" = 7, "accountLockedUntil" = now() + interval '1 hour',
  "twoFactorVerificationAttempts" = 6, "twoFactorLockedUntil" = now() + interval '1 hour' WHERE id = :'ada';
SELECT multitenant.unlock_account(:'ada');
SELECT "failedLoginAttempts", "accountLockedUntil", "twoFactorVerificationAttempts", "twoFactorLockedUntil" FROM multitenant."Users" WHERE id = :'ada';
SELECT event, severity FROM multitenant."SecurityAuditLogs" WHERE event = 'user.unlocked' AND "userId" = :'ada';
SELECT multitenant.unlock_account(NULL);
SELECT multitenant.unlock_account('00000000-0000-0000-0000-000000000000');
SELECT multitenant.unlock_account('not a uuid');

-- the acting user, where one is known and is one
BEGIN;
SET LOCAL multitenant.user_id = :'ada';
SELECT multitenant.unlock_account(:'ada');
SET LOCAL multitenant.user_id = '00000000-0000-0000-0000-000000000000';
SELECT multitenant.unlock_account(:'ada');
SELECT "actorId" = :'ada' AS actor_is_ada FROM multitenant."SecurityAuditLogs"
WHERE event = 'user.unlocked' ORDER BY "createdAt";
ROLLBACK;

-- it cannot be done halfway: a rollback takes the audit row too
BEGIN;
SELECT multitenant.register_user('halfway@example.org') IS NOT NULL;
ROLLBACK;
SELECT count(*) FROM multitenant."Users" WHERE email = 'halfway@example.org';
