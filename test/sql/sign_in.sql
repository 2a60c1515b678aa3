-- authenticate: the judgement, the lock, the records
\set VERBOSITY terse
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
SET TimeZone = 'Asia/Kathmandu';

SELECT multitenant.register_user('ada@example.org', 'correct horse battery') AS ada \gset
SELECT multitenant.register_user('nopassword@example.org') AS nopassword \gset

CREATE VIEW state AS
  SELECT "failedLoginAttempts" AS failures, "accountLockedUntil" IS NOT NULL AS lock,
         "lastFailedLoginAt" IS NOT NULL AS failed_before, "loginCount" AS logins
  FROM multitenant."Users" WHERE email = 'ada@example.org';

-- a wrong password; each call is one guess
CREATE FUNCTION guess_wrong() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT concat_ws(' until ', outcome, locked_until) FROM multitenant.authenticate('ada@example.org', 'wrong');
$$;

-- right: the address in any case, the counters of a success
SELECT outcome, user_id = :'ada' AS ada, locked_until
FROM multitenant.authenticate('ADA@Example.ORG', 'correct horse battery', '2001:db8::1', 'psql');
SELECT * FROM state;
SELECT "lastLoginAt" = "lastActivity" AS same, "lastLoginAt" > now() - interval '1 minute' AS recent
FROM multitenant."Users" WHERE id = :'ada';
SELECT status, "failureReason", "ipAddress", "userAgent" FROM multitenant."LoginHistories";

-- wrong in four ways, which look the same
SELECT * FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT * FROM multitenant.authenticate('nopassword@example.org', 'wrong');
SELECT * FROM multitenant.authenticate('unknown@example.org', 'wrong');
SELECT * FROM multitenant.authenticate(NULL, 'wrong');
-- but the records tell them apart
SELECT u.email, h.status, h."failureReason" FROM multitenant."LoginHistories" h
JOIN multitenant."Users" u ON u.id = h."userId" WHERE h.status = 'failed' ORDER BY h."createdAt";
SELECT event, "userId", details FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'sign_in.%' ORDER BY "createdAt";
SELECT * FROM state;

-- what is typed as the address may be a password: kept only where it is an address
SELECT * FROM multitenant.authenticate('my secret password', 'x');
SELECT details FROM multitenant."SecurityAuditLogs" WHERE event = 'sign_in.unknown_user' ORDER BY "createdAt" DESC LIMIT 1;

-- odd input is a wrong guess and no error
SELECT * FROM multitenant.authenticate('ada@example.org', NULL);
SELECT * FROM multitenant.authenticate('ada@example.org', '');
SELECT * FROM state;
SELECT * FROM multitenant.authenticate('ada@example.org', repeat('x', 1024 * 1024));
SELECT * FROM multitenant.authenticate(repeat('a', 1024 * 1024), 'x');
SELECT * FROM state;

-- a success forgets
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery', '192.0.2.7', repeat('é', 1000));
SELECT * FROM state;
-- an endless user agent is cut at a character
SELECT length("userAgent"), octet_length("userAgent") FROM multitenant."LoginHistories" WHERE "ipAddress" = '192.0.2.7';

-- an address that is not one: an error before anything is judged or written
SELECT count(*) AS records FROM multitenant."LoginHistories" \gset before_
SELECT * FROM multitenant.authenticate('ada@example.org', 'wrong', 'localhost');
SELECT * FROM multitenant.authenticate('ada@example.org', 'wrong', '10.0.0.0/8');
SELECT * FROM multitenant.authenticate('ada@example.org', 'wrong', repeat('1', 1024 * 1024));
SELECT * FROM multitenant.authenticate('ada@example.org', 'wrong', '');
SELECT count(*) = :before_records AS nothing_written FROM multitenant."LoginHistories";
SELECT * FROM state;

-- the fifth failure locks; the answer says until when
SELECT guess_wrong() FROM generate_series(1, 4);
SELECT outcome, locked_until - clock_timestamp() BETWEEN interval '14 min 50 s' AND interval '15 min' AS fifteen_minutes
FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT * FROM state;
SELECT event, severity, details, "ipAddress" FROM multitenant."SecurityAuditLogs" WHERE event = 'user.locked';
-- locked whatever the password, and the lock does not grow
SELECT "accountLockedUntil" AS lock FROM multitenant."Users" WHERE id = :'ada' \gset
SELECT outcome, user_id, locked_until = :'lock' AS same FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT outcome, locked_until = :'lock' AS same FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT "accountLockedUntil" = :'lock' AS same, "failedLoginAttempts" FROM multitenant."Users" WHERE id = :'ada';
SELECT "failureReason", count(*) FROM multitenant."LoginHistories" WHERE "userId" = :'ada' AND status = 'failed' GROUP BY 1 ORDER BY 1;

-- each further failure after the lock has run out doubles it, up to the longest
CREATE FUNCTION lock_after_it_ran_out() RETURNS interval LANGUAGE sql AS $$
  UPDATE multitenant."Users" SET "accountLockedUntil" = clock_timestamp() - interval '1 s' WHERE email = 'ada@example.org';
  SELECT date_trunc('minute', locked_until - clock_timestamp() + interval '30 s')
  FROM multitenant.authenticate('ada@example.org', 'wrong');
$$;
SELECT lock_after_it_ran_out() FROM generate_series(1, 9);
-- a right password after the lock has run out forgets all
UPDATE multitenant."Users" SET "accountLockedUntil" = clock_timestamp() WHERE id = :'ada';
SELECT outcome, locked_until FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT * FROM state;

-- so does a long enough time without a failure: the counter begins anew
SELECT guess_wrong() FROM generate_series(1, 4);
UPDATE multitenant."Users" SET "lastFailedLoginAt" = clock_timestamp() - interval '24 h' WHERE id = :'ada';
SELECT outcome, locked_until FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT * FROM state;
UPDATE multitenant."Users" SET "failedLoginAttempts" = 4, "lastFailedLoginAt" = clock_timestamp() - interval '23 h 59 min' WHERE id = :'ada';
SELECT outcome, locked_until IS NOT NULL AS locks FROM multitenant.authenticate('ada@example.org', 'wrong');

-- settings
SELECT multitenant.unlock_account(:'ada');
SET multitenant.lockout_threshold = 0;
SELECT DISTINCT guess_wrong() FROM generate_series(1, 12);
SELECT failures FROM state;
SET multitenant.lockout_threshold = 1;
SET multitenant.lockout_duration = '1h';
SET multitenant.lockout_max_duration = '10min';
SELECT multitenant.unlock_account(:'ada');
SELECT outcome, locked_until < clock_timestamp() + interval '10 min' AS the_longest_wins FROM multitenant.authenticate('ada@example.org', 'wrong');
RESET multitenant.lockout_threshold;
RESET multitenant.lockout_duration;
RESET multitenant.lockout_max_duration;
-- a lock for ever, set by hand; a counter at its end
UPDATE multitenant."Users" SET "accountLockedUntil" = 'infinity', "failedLoginAttempts" = 2147483647 WHERE id = :'ada';
SELECT * FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
UPDATE multitenant."Users" SET "accountLockedUntil" = NULL WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT "failedLoginAttempts", date_trunc('hour', "accountLockedUntil" - clock_timestamp() + interval '1 min') AS the_longest FROM multitenant."Users" WHERE id = :'ada';
SELECT multitenant.unlock_account(:'ada');

-- status and verification are judged after the password, and count nothing
UPDATE multitenant."Users" SET status = 'suspended' WHERE id = :'ada';
SELECT * FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong');
UPDATE multitenant."Users" SET status = 'inactive' WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT multitenant.delete_user(:'ada');
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT multitenant.restore_user(:'ada');
SET multitenant.require_verified_email = on;
SELECT * FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT * FROM state;
UPDATE multitenant."Users" SET "emailVerified" = true WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
RESET multitenant.require_verified_email;
SELECT "failureReason", count(*) FROM multitenant."LoginHistories" WHERE "userId" = :'ada' AND status = 'failed' GROUP BY 1 ORDER BY 1;

-- an outdated hash is replaced on success, and only then
SELECT password AS old FROM multitenant."Users" WHERE id = :'ada' \gset
SET multitenant.argon2_iterations = 2;
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong');
SELECT password = :'old' AS kept FROM multitenant."Users" WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT password LIKE '$argon2id$v=19$m=64,t=2,p=1$%' AS replaced FROM multitenant."Users" WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
-- a hash of another system (made of 'correct horse battery' by npm's bcryptjs 3.0.3) signs in and is replaced
UPDATE multitenant."Users" SET password = '$2b$04$ZUzR7pjyalwlP1Nz4FDkeuJVGjxpJyJLo4IlojnxgLbpaG/5linjG' WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'not that password');
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT password LIKE '$argon2id$v=19$m=64,t=2,p=1$%' AS replaced FROM multitenant."Users" WHERE id = :'ada';
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
-- one that nobody knows how to read is no password, and no error that tells the address exists
UPDATE multitenant."Users" SET password = '$unknown$1$abc' WHERE id = :'ada';
SELECT * FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
UPDATE multitenant."Users" SET password = '' WHERE id = :'ada';
SELECT * FROM multitenant.authenticate('ada@example.org', '');
UPDATE multitenant."Users" SET password = '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA' WHERE id = :'ada';
SELECT * FROM multitenant.authenticate('ada@example.org', 'correct horse battery');

-- a password that bcrypt cannot hold keeps its argon2 hash when bcrypt is asked for
SELECT multitenant.register_user('long@example.org', repeat('correct horse ', 10)) AS long \gset
SET multitenant.password_algorithm = 'bcrypt';
SET multitenant.bcrypt_cost = 4;
SELECT outcome FROM multitenant.authenticate('long@example.org', repeat('correct horse ', 10));
SELECT password LIKE '$argon2id$%' AS kept FROM multitenant."Users" WHERE id = :'long';

-- bcrypt holds the first 72 bytes: what was typed after them does not become the password
RESET multitenant.password_algorithm;
UPDATE multitenant."Users" SET password = public.crypt(repeat('p', 72) || 'REAL', public.gen_salt('bf', 4)) WHERE id = :'long';
SELECT outcome FROM multitenant.authenticate('long@example.org', repeat('p', 72) || 'TYPO');
SELECT outcome FROM multitenant.authenticate('long@example.org', repeat('p', 72) || 'REAL');
SELECT password LIKE '$2a$%' AS kept FROM multitenant."Users" WHERE id = :'long';
SELECT outcome FROM multitenant.authenticate('long@example.org', repeat('p', 72));
SELECT password LIKE '$2a$%' AS kept FROM multitenant."Users" WHERE id = :'long';
UPDATE multitenant."Users" SET password = public.crypt(repeat('p', 71), public.gen_salt('bf', 4)) WHERE id = :'long';
SELECT outcome FROM multitenant.authenticate('long@example.org', repeat('p', 71));
SELECT password LIKE '$argon2id$%' AS renewed FROM multitenant."Users" WHERE id = :'long';
-- a user who signed in as often as the counter can say signs in
UPDATE multitenant."Users" SET "loginCount" = 2147483647 WHERE id = :'long';
SELECT outcome FROM multitenant.authenticate('long@example.org', repeat('p', 71));
SELECT "loginCount" FROM multitenant."Users" WHERE id = :'long';

-- a failure in a transaction that rolls back is not counted: the caller's to know
SELECT multitenant.unlock_account(:'long');
BEGIN;
SELECT outcome FROM multitenant.authenticate('long@example.org', 'wrong');
ROLLBACK;
SELECT "failedLoginAttempts" FROM multitenant."Users" WHERE id = :'long';

-- read-only transactions cannot count, so they judge nothing
BEGIN TRANSACTION READ ONLY;
SAVEPOINT a;
SELECT * FROM multitenant.authenticate('nobody@example.org', 'wrong');
ROLLBACK TO a;
SELECT * FROM multitenant.authenticate('long@example.org', repeat('correct horse ', 10));
ROLLBACK;
DROP VIEW state;
DROP FUNCTION guess_wrong(), lock_after_it_ran_out();
