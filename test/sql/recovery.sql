-- Accounts after registration: finding, passwords, status, proof of the address, Google
\set VERBOSITY terse
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
SELECT multitenant.register_user('Ada@example.org', 'correct horse battery') AS ada,
       multitenant.register_user('ben@example.org') AS ben \gset
INSERT INTO multitenant."OAuthClients" ("clientId", name, type) VALUES ('web', 'Web', 'public') RETURNING id AS web \gset
CREATE FUNCTION token() RETURNS void LANGUAGE sql AS $$
  DELETE FROM multitenant."OAuthTokens";
  INSERT INTO multitenant."OAuthTokens" ("accessToken", "accessTokenExpiresAt", "clientId", "userId")
  SELECT 't', 'infinity', c.id, u.id FROM multitenant."OAuthClients" c, multitenant."Users" u WHERE u.email = 'Ada@example.org';
$$;

-- find_user
SELECT multitenant.find_user('ada@EXAMPLE.org') = :'ada' AS ada, multitenant.find_user('nobody@example.org') AS nobody,
       multitenant.find_user(NULL) AS null, multitenant.find_user(repeat('a', 1024 * 1024)) AS long;

-- set_password: for administrators; ends the lock and the sessions
SELECT token() \gset
UPDATE multitenant."Users" SET "failedLoginAttempts" = 9, "accountLockedUntil" = 'infinity', "resetToken" = 'x', "resetTokenExpires" = 'infinity' WHERE id = :'ada';
SELECT multitenant.set_password(:'ada', 'another horse battery');
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'another horse battery');
SELECT "resetToken", "resetTokenExpires" FROM multitenant."Users" WHERE id = :'ada';
SELECT revoked FROM multitenant."OAuthTokens";
SELECT multitenant.set_password(:'ada', 'short');
SELECT multitenant.set_password(:'ada', NULL);
SELECT multitenant.set_password('00000000-0000-0000-0000-000000000000', 'another horse battery');

-- change_password: the old one is judged as at sign-in
SELECT token() \gset
SELECT multitenant.change_password(:'ada', 'wrong', 'third horse battery');
SELECT multitenant.change_password(:'ada', NULL, 'third horse battery');
SELECT multitenant.change_password(:'ben', 'wrong', 'third horse battery');
SELECT "failedLoginAttempts" FROM multitenant."Users" WHERE id = :'ada';
-- a new one that is not acceptable is said before anything is judged
SELECT multitenant.change_password(:'ada', 'wrong', 'short');
SELECT multitenant.change_password(:'ada', 'wrong', NULL);
SELECT "failedLoginAttempts" FROM multitenant."Users" WHERE id = :'ada';
SELECT revoked FROM multitenant."OAuthTokens";
SELECT multitenant.change_password(:'ada', 'another horse battery', 'third horse battery');
SELECT revoked FROM multitenant."OAuthTokens";
SELECT "failedLoginAttempts" FROM multitenant."Users" WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'third horse battery');
-- its failures and those of sign-in are counted together
SELECT multitenant.change_password(:'ada', 'wrong', 'third horse battery') FROM generate_series(1, 3);
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT multitenant.change_password(:'ada', 'wrong', 'third horse battery');
SELECT multitenant.change_password(:'ada', 'third horse battery', 'fourth horse battery');
SELECT multitenant.unlock_account(:'ada');
SELECT multitenant.change_password('00000000-0000-0000-0000-000000000000', 'wrong', 'third horse battery');

-- status: each step, and what is no step
CREATE FUNCTION try(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT multitenant.%s', call);
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
SELECT try(format('suspend_user(%L, ''fraud'')', :'ada')) AS suspend, try(format('suspend_user(%L)', :'ada')) AS again, try(format('deactivate_user(%L)', :'ada')) AS deactivate;
SELECT status, "statusReason" FROM multitenant."Users" WHERE id = :'ada';
SELECT try(format('activate_user(%L)', :'ada')) AS activate, try(format('activate_user(%L)', :'ada')) AS again;
SELECT try(format('deactivate_user(%L, ''leave'')', :'ada')) AS deactivate, try(format('deactivate_user(%L)', :'ada')) AS again;
SELECT status, "statusReason", "deactivationReason", "deactivatedAt" IS NOT NULL AS at FROM multitenant."Users" WHERE id = :'ada';
SELECT try(format('suspend_user(%L)', :'ada')) AS suspend, try(format('activate_user(%L, ''back'')', :'ada')) AS activate;
SELECT status, "statusReason", "deactivationReason", "deactivatedAt" FROM multitenant."Users" WHERE id = :'ada';
SELECT multitenant.delete_user(:'ada');
SELECT try(format('suspend_user(%L)', :'ada')) AS suspend, try(format('deactivate_user(%L)', :'ada')) AS deactivate, try(format('activate_user(%L)', :'ada')) AS activate,
       try(format('set_password(%L, ''another horse battery'')', :'ada')) AS set_password, try(format('link_google_account(%L, ''g'')', :'ada')) AS link,
       try(format('issue_email_verification(%L)', :'ada')) AS verify, multitenant.find_user('ada@example.org') AS found;
SELECT multitenant.restore_user(:'ada');
SELECT try('suspend_user(NULL)') AS null, try('suspend_user(''00000000-0000-0000-0000-000000000000'')') AS unknown, try('activate_user(''00000000-0000-0000-0000-000000000000'')') AS unknown;

-- Google
SELECT multitenant.link_google_account(:'ada', 'google-1');
SELECT multitenant.link_google_account(:'ada', 'google-1');
SELECT multitenant.link_google_account(:'ben', 'google-1');
SELECT multitenant.link_google_account(:'ben', '');
SELECT multitenant.link_google_account('00000000-0000-0000-0000-000000000000', 'google-2');
SELECT "googleId" FROM multitenant."Users" ORDER BY email;

-- proof of the address
SELECT multitenant.issue_email_verification(:'ada') AS old \gset
SELECT multitenant.issue_email_verification(:'ada') AS token \gset
SELECT :'token' ~ '^mtv_[A-Za-z0-9_-]{43}$' AS form, :'old' <> :'token' AS another;
SELECT "verificationToken" = encode(sha256(:'token'::bytea), 'hex') AS sha256,
       date_trunc('hour', "verificationTokenExpires" - clock_timestamp() + interval '1 min') AS lifetime FROM multitenant."Users" WHERE id = :'ada';
SELECT multitenant.verify_email(:'old') AS replaced, multitenant.verify_email('mtp_' || substr(:'token', 5)) AS other_kind,
       multitenant.verify_email(upper(:'token')) AS other_case, multitenant.verify_email(NULL) AS null, multitenant.verify_email('') AS empty, multitenant.verify_email(repeat('x', 1024 * 1024)) AS long,
       multitenant.verify_email(encode(sha256(:'token'::bytea), 'hex')) AS the_hash;
UPDATE multitenant."Users" SET "verificationTokenExpires" = clock_timestamp() WHERE id = :'ada';
SELECT multitenant.verify_email(:'token');
UPDATE multitenant."Users" SET "verificationTokenExpires" = clock_timestamp() + interval '1 min', status = 'suspended' WHERE id = :'ada';
SELECT multitenant.verify_email(:'token');
SELECT try(format('issue_email_verification(%L)', :'ada')) AS for_one_who_is_suspended;
SELECT multitenant.activate_user(:'ada');
SELECT "emailVerified" FROM multitenant."Users" WHERE id = :'ada';
SELECT multitenant.verify_email(:'token');
SELECT multitenant.verify_email(:'token') AS again;
SELECT "emailVerified", "verificationToken" FROM multitenant."Users" WHERE id = :'ada';

-- a lost password
SELECT token() \gset
SELECT multitenant.request_password_reset('nobody@example.org') AS nobody, multitenant.request_password_reset(NULL) AS null, multitenant.request_password_reset(repeat('a', 1024 * 1024)) AS long;
SELECT multitenant.request_password_reset('ADA@example.org') AS token \gset
SELECT :'token' ~ '^mtp_[A-Za-z0-9_-]{43}$' AS form;
SELECT "resetToken" = encode(sha256(:'token'::bytea), 'hex') AS sha256 FROM multitenant."Users" WHERE id = :'ada';
UPDATE multitenant."Users" SET "failedLoginAttempts" = 9, "accountLockedUntil" = 'infinity' WHERE id = :'ada';
SELECT multitenant.reset_password('mtp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'fifth horse battery') AS unknown;
SELECT multitenant.reset_password(:'token', 'short');
SELECT multitenant.reset_password(:'token', 'password123');
SELECT multitenant.reset_password(:'token', NULL);
UPDATE multitenant."Users" SET "resetTokenExpires" = clock_timestamp() WHERE id = :'ada';
SELECT multitenant.reset_password(:'token', 'fifth horse battery') AS late;
UPDATE multitenant."Users" SET "resetTokenExpires" = clock_timestamp() + interval '1 min' WHERE id = :'ada';
SELECT multitenant.reset_password(:'token', 'fifth horse battery');
SELECT multitenant.reset_password(:'token', 'sixth horse battery') AS again;
SELECT revoked FROM multitenant."OAuthTokens";
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'fifth horse battery');
-- not for one who is not active
SELECT multitenant.request_password_reset('ada@example.org') AS token \gset
UPDATE multitenant."Users" SET status = 'suspended' WHERE id = :'ada';
SELECT multitenant.reset_password(:'token', 'sixth horse battery') AS suspended, multitenant.request_password_reset('ada@example.org') AS token;
SELECT event, severity, "userId" = :'ada' AS ada FROM multitenant."SecurityAuditLogs" WHERE event ~ 'password|google|email|reset' ORDER BY "createdAt";
DROP FUNCTION token;

-- for nobody a row is written and taken back: nothing of it is seen, whatever transaction it is in
SELECT count(*) AS users FROM multitenant."Users" \gset
SELECT multitenant.request_password_reset('nobody@example.org') AS nobody, count(*) = :users AS same FROM multitenant."Users";
BEGIN;
SELECT multitenant.request_password_reset('nobody@example.org') AS nobody;
SAVEPOINT s;
SELECT multitenant.request_password_reset('nobody@example.org') AS nobody, multitenant.request_password_reset('ben@example.org') IS NOT NULL AS known;
ROLLBACK TO s;
SELECT "resetToken" FROM multitenant."Users" WHERE id = :'ben';
SELECT multitenant.request_password_reset('ben@example.org') AS token \gset
SELECT "resetToken" = encode(sha256(:'token'::bytea), 'hex') AS stored FROM multitenant."Users" WHERE id = :'ben';
ROLLBACK;
SELECT "resetToken" FROM multitenant."Users" WHERE id = :'ben';
SELECT count(*) - :users AS more, count(*) FILTER (WHERE email ~ 'decoy') AS decoys FROM multitenant."Users";
-- and vacuum makes room of it (a page of an index serves again one vacuum later): from the third
-- time on the space is that of the times before
CREATE FUNCTION size() RETURNS bigint LANGUAGE sql AS $$SELECT pg_total_relation_size('multitenant."Users"')$$;
\set ask 'SELECT count(multitenant.request_password_reset(''many'' || i || ''@example.org'')) AS tokens FROM generate_series(1, 400) AS i'
SELECT size() AS before \gset
:ask;
SELECT size() > :before AS grown;
VACUUM multitenant."Users";
:ask;
VACUUM multitenant."Users";
:ask;
SELECT size() AS thrice \gset
VACUUM multitenant."Users";
:ask;
VACUUM multitenant."Users";
:ask;
VACUUM multitenant."Users";
:ask;
SELECT size() <= :thrice * 1.1 AS bounded;
DROP FUNCTION size;
-- what an application says of new rows is not said of nobody's, and what it says of an update is said
ALTER TABLE multitenant."Users" ADD CONSTRAINT application CHECK (email NOT LIKE 'decoy-%') NOT VALID;
SELECT multitenant.request_password_reset('nobody@example.org') AS nobody;
ALTER TABLE multitenant."Users" DROP CONSTRAINT application;
ALTER TABLE multitenant."Users" ADD CONSTRAINT application CHECK ("resetToken" IS NULL) NOT VALID;
SELECT multitenant.request_password_reset('nobody@example.org') AS nobody;
SELECT try('request_password_reset(''ben@example.org'')') AS refused;
ALTER TABLE multitenant."Users" DROP CONSTRAINT application;
-- what is longer than an address can be is nobody's, also where its beginning is one that another way put there
INSERT INTO multitenant."Users" (email) VALUES (repeat('a', 252) || '@b.org');
SELECT multitenant.request_password_reset(repeat('a', 252) || '@b.org.example') AS begins_alike, multitenant.request_password_reset(repeat('a', 252) || '@b.org') AS too_long;
-- what is typed as the address is kept if it looks like one
SELECT multitenant.request_password_reset('correct horse battery') AS password_there;
SELECT event, details, count(*) FROM multitenant."SecurityAuditLogs" WHERE event ~ 'reset' AND coalesce(details->>'email', '') !~ '^many' GROUP BY event, details ORDER BY event, details;

-- in a transaction that is read only a good token and another get the same answer
SELECT multitenant.request_password_reset('ben@example.org') AS token, multitenant.issue_email_verification(:'ben') AS verification \gset
BEGIN READ ONLY;
SELECT call, try(call) FROM unnest(ARRAY[
  format('reset_password(%L, ''fifth horse battery'')', :'token'), format('reset_password(%L, ''short'')', :'token'), 'reset_password(''x'', ''fifth horse battery'')',
  format('verify_email(%L)', :'verification'), 'verify_email(''x'')',
  'request_password_reset(''ben@example.org'')', 'request_password_reset(''nobody@example.org'')',
  format('change_password(%L, ''wrong'', ''fifth horse battery'')', :'ada'), format('change_password(%L, ''wrong'', ''fifth horse battery'')', :'ben'),
  format('verify_two_factor(%L, ''123456'')', :'ada'), 'verify_two_factor(''00000000-0000-0000-0000-000000000000'', ''123456'')']) WITH ORDINALITY AS c (call, n)
ORDER BY n \g (format=unaligned tuples_only=on) | sed 's/mt[pv]_[A-Za-z0-9_-]*/TOKEN/; s/[0-9a-f]*-[0-9a-f-]*/ID/'
COMMIT;

-- whoever sets a password, the name of the mailbox is not in it
SELECT multitenant.register_user('margaret@example.org', 'correct horse battery') AS margaret \gset
SELECT multitenant.request_password_reset('margaret@example.org') AS token \gset
SELECT try(format('set_password(%L, ''Margaret1969'')', :'margaret')) AS set_password, try(format('change_password(%L, ''correct horse battery'', ''Margaret1969'')', :'margaret')) AS change_password,
       try(format('reset_password(%L, ''Margaret1969'')', :'token')) AS reset_password, multitenant.reset_password(:'token', 'another horse battery') AS still_good;
DROP FUNCTION try;

-- another address: what was mailed to the one before opens nothing and proves nothing
SELECT multitenant.register_user('eve@example.org', 'correct horse battery') AS eve \gset
SELECT multitenant.issue_email_verification(:'eve') AS verification, multitenant.request_password_reset('eve@example.org') AS reset \gset
UPDATE multitenant."Users" SET email = 'victim@example.org' WHERE id = :'eve';
SELECT multitenant.verify_email(:'verification') AS verify_email, multitenant.reset_password(:'reset', 'stolen horse battery') AS reset_password;
SELECT "emailVerified", "verificationTokenExpires", "resetTokenExpires" FROM multitenant."Users" WHERE id = :'eve';
-- in another case it is the same mailbox
SELECT multitenant.issue_email_verification(:'eve') AS verification \gset
UPDATE multitenant."Users" SET email = 'Victim@example.org' WHERE id = :'eve';
SELECT multitenant.verify_email(:'verification');
-- the proof is of the old address, whatever the statement says of it; a token may be of the new one
UPDATE multitenant."Users" SET email = 'eve@example.net', "emailVerified" = true WHERE id = :'eve' RETURNING "emailVerified";
UPDATE multitenant."Users" SET email = 'eve@example.com', "emailVerified" = true, "verificationToken" = 'new', "verificationTokenExpires" = 'infinity',
  "resetToken" = 'new' WHERE id = :'eve' RETURNING "emailVerified", "verificationToken", "verificationTokenExpires", "resetToken";
UPDATE multitenant."Users" SET email = 'eve@example.org', "verificationToken" = 'new', "resetToken" = 'newer', "resetTokenExpires" = 'infinity'
  WHERE id = :'eve' RETURNING "emailVerified", "verificationToken", "verificationTokenExpires", "resetToken", "resetTokenExpires";
-- the next statement can say that the new one is proven
UPDATE multitenant."Users" SET "emailVerified" = true WHERE id = :'eve' RETURNING "emailVerified";
