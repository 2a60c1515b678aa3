-- The second factor: enrolment, verification, backup codes, lock
\set VERBOSITY terse
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
SET client_min_messages = error; -- the warning that no key file is set has its own test
SELECT multitenant.register_user('ada@example.org', 'correct horse battery') AS ada \gset
SELECT multitenant.register_user('ben@example.org', 'correct horse battery') AS ben \gset

-- Codes are of now and the steps beside it; none of these statements is to meet the end
-- of a step.
CREATE PROCEDURE early_in_a_step() LANGUAGE plpgsql AS $$
DECLARE
  into_step float := extract(epoch FROM clock_timestamp())::numeric % 30;
BEGIN
  IF into_step > 20 THEN PERFORM pg_sleep(30.1 - into_step); END IF;
END $$;
CREATE VIEW state AS
  SELECT "twoFactorEnabled" AS enabled, "twoFactorPendingVerification" AS pending, "twoFactorSecret" IS NOT NULL AS secret,
         cardinality("twoFactorBackupCodes") AS codes, "twoFactorLastVerifiedAt" IS NOT NULL AS verified,
         "twoFactorVerificationAttempts" AS failures, "twoFactorLockedUntil" IS NOT NULL AS lock, "failedLoginAttempts" AS password_failures
  FROM multitenant."Users" WHERE email = 'ada@example.org';

-- not enabled
SELECT * FROM multitenant.verify_two_factor(:'ada', '123456');
SELECT * FROM multitenant.confirm_two_factor_setup(:'ada', '123456');
SELECT * FROM multitenant.regenerate_backup_codes(:'ada', '123456');
SELECT multitenant.disable_two_factor(:'ada', '123456');

-- setup: a secret and its URI, pending until a code of the authenticator comes
SELECT secret, secret ~ '^[A-Z2-7]{32}$' AS base32, replace(uri, secret, 'SECRET') AS uri FROM multitenant.begin_two_factor_setup(:'ada', 'Acme') \gset
SELECT :'base32' AS base32, :'uri' AS uri;
SELECT * FROM state;
-- begun again it is another secret, and the default issuer
SELECT secret = :'secret' AS same, uri LIKE 'otpauth://totp/multitenant:ada%40example.org?%' AS default_issuer, secret FROM multitenant.begin_two_factor_setup(:'ada') \gset
SELECT :'same' AS same, :'default_issuer' AS default_issuer;
-- wrong codes count, and odd ones too; a backup code is none yet
SELECT outcome, backup_codes FROM multitenant.confirm_two_factor_setup(:'ada', 'abcdef');
SELECT outcome FROM multitenant.confirm_two_factor_setup(:'ada', NULL);
SELECT outcome FROM multitenant.confirm_two_factor_setup(:'ada', repeat('1', 1024 * 1024));
SELECT * FROM state;
UPDATE multitenant."Users" SET "twoFactorBackupCodes" = ARRAY[encode(sha256('0123456789ABCDEF'), 'hex')] WHERE id = :'ada';
SELECT outcome FROM multitenant.confirm_two_factor_setup(:'ada', '0123-4567-89AB-CDEF') AS nor_one_that_is_there_from_elsewhere;
UPDATE multitenant."Users" SET "twoFactorBackupCodes" = '{}', "twoFactorVerificationAttempts" = 3 WHERE id = :'ada';
-- too late
UPDATE multitenant."Users" SET "twoFactorSetupStartedAt" = clock_timestamp() - interval '10 min' WHERE id = :'ada';
CALL early_in_a_step();
SELECT outcome FROM multitenant.confirm_two_factor_setup(:'ada', multitenant.totp_code(:'secret'));
-- begun at no known time, as a row from elsewhere may say
UPDATE multitenant."Users" SET "twoFactorSetupStartedAt" = NULL WHERE id = :'ada';
SELECT outcome FROM multitenant.confirm_two_factor_setup(:'ada', 'abcdef');
UPDATE multitenant."Users" SET "twoFactorSetupStartedAt" = 'infinity' WHERE id = :'ada';
SELECT outcome FROM multitenant.confirm_two_factor_setup(:'ada', 'abcdef');
UPDATE multitenant."Users" SET "twoFactorSetupStartedAt" = clock_timestamp() - interval '9 min' WHERE id = :'ada';
-- in time, with the code of the step before: backup codes in groups of four, each another
SELECT outcome, cardinality(backup_codes) AS codes, (SELECT bool_and(c ~ '^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$') FROM unnest(backup_codes) c) AS crockford,
       (SELECT count(DISTINCT c) FROM unnest(backup_codes) c) AS distinct_codes,
       backup_codes[1] AS code1, backup_codes[2] AS code2, backup_codes[10] AS code10
FROM multitenant.confirm_two_factor_setup(:'ada', multitenant.totp_code(:'secret', clock_timestamp() - interval '30 s')) \gset
SELECT :'outcome' AS outcome, :'codes' AS codes, :'crockford' AS crockford, :'distinct_codes' AS distinct_codes;
SELECT * FROM state;
-- what is stored is their SHA-256
SELECT "twoFactorBackupCodes"[1] = encode(sha256(replace(:'code1', '-', '')::bytea), 'hex') AS sha256 FROM multitenant."Users" WHERE id = :'ada';
SELECT multitenant.begin_two_factor_setup(:'ada');
SELECT * FROM multitenant.confirm_two_factor_setup(:'ada', '123456');

-- the code of the enrolment is used up, and so is each code after it
SELECT outcome FROM multitenant.verify_two_factor(:'ada', multitenant.totp_code(:'secret', clock_timestamp() - interval '30 s'));
SELECT outcome, method, backup_codes_left, locked_until FROM multitenant.verify_two_factor(:'ada', multitenant.totp_code(:'secret'), '192.0.2.1', 'psql');
SELECT outcome FROM multitenant.verify_two_factor(:'ada', multitenant.totp_code(:'secret'));
-- the step after is good, and then what lies before it is not
SELECT outcome, method FROM multitenant.verify_two_factor(:'ada', regexp_replace(multitenant.totp_code(:'secret', clock_timestamp() + interval '30 s'), '(...)', '\1 '));
SELECT outcome FROM multitenant.verify_two_factor(:'ada', multitenant.totp_code(:'secret', clock_timestamp() + interval '30 s'));
SELECT * FROM state;

-- a backup code, as people type it: once
SELECT outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ada', lower(:'code1'));
SELECT outcome, method FROM multitenant.verify_two_factor(:'ada', :'code1');
SELECT outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ada', translate(replace(:'code2', '-', ' '), '01', 'oL'));
SELECT outcome FROM multitenant.verify_two_factor(:'ada', :'code10' || 'X');
SELECT outcome FROM multitenant.verify_two_factor(:'ada', left(:'code10', 18));
SELECT outcome FROM multitenant.verify_two_factor(:'ada', 'UUUU-UUUU-UUUU-UUUU');
SELECT * FROM state;
-- none is read in part, however far off the rest is
UPDATE multitenant."Users" SET "twoFactorVerificationAttempts" = 0 WHERE id = :'ada';
SELECT outcome FROM multitenant.verify_two_factor(:'ada', rpad(:'code10', 64, '-') || 'X');
UPDATE multitenant."Users" SET "twoFactorVerificationAttempts" = 3 WHERE id = :'ada';
SELECT event, severity FROM multitenant."SecurityAuditLogs" WHERE event LIKE 'two_factor.%' AND "userId" = :'ada' ORDER BY "createdAt";

-- the fifth failure locks the second factor, and it alone
SELECT outcome, locked_until IS NOT NULL AS locks FROM multitenant.verify_two_factor(:'ada', '000000', '203.0.113.9');
SELECT outcome, locked_until - clock_timestamp() BETWEEN interval '14 min 50 s' AND interval '15 min' AS fifteen_minutes FROM multitenant.verify_two_factor(:'ada', 'x');
SELECT outcome, method, locked_until IS NOT NULL AS locks FROM multitenant.verify_two_factor(:'ada', :'code10');
SELECT * FROM state;
SELECT outcome FROM multitenant.authenticate('ada@example.org', 'correct horse battery');
SELECT "failureReason", "ipAddress", count(*) FROM multitenant."LoginHistories" WHERE status = 'failed' GROUP BY 1, 2 ORDER BY 1, 2;
-- a lock of the password does not lock the second factor
UPDATE multitenant."Users" SET "twoFactorLockedUntil" = clock_timestamp(), "accountLockedUntil" = 'infinity' WHERE id = :'ada';
SELECT outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ada', :'code10');
UPDATE multitenant."Users" SET "accountLockedUntil" = NULL WHERE id = :'ada';
SELECT * FROM state;

-- new backup codes void the old ones
UPDATE multitenant."Users" SET "twoFactorLastUsedStep" = NULL WHERE id = :'ada';
CALL early_in_a_step();
SELECT outcome, backup_codes FROM multitenant.regenerate_backup_codes(:'ada', 'wrong');
SELECT outcome, backup_codes[1] AS new1, backup_codes[2] AS new2 FROM multitenant.regenerate_backup_codes(:'ada', multitenant.totp_code(:'secret')) \gset
SELECT :'outcome' AS outcome;
SELECT * FROM state;
SELECT outcome FROM multitenant.verify_two_factor(:'ada', :'code2');
SELECT outcome, backup_codes[1] AS new3 FROM multitenant.regenerate_backup_codes(:'ada', :'new1') AS r \gset
SELECT :'outcome' AS outcome;
SELECT outcome FROM multitenant.verify_two_factor(:'ada', :'new2');

-- the key of the secret is lost: a one-time password cannot be judged, a backup code can
SELECT outcome, backup_codes[1] AS code1, backup_codes[2] AS code2 FROM multitenant.regenerate_backup_codes(:'ada', :'new3') \gset
UPDATE multitenant."Users" SET "twoFactorSecret" = 'mt1$lost$AAAA' WHERE id = :'ada';
SELECT outcome FROM multitenant.verify_two_factor(:'ada', '123456');
SELECT outcome, method, backup_codes_left FROM multitenant.verify_two_factor(:'ada', :'code1');
SELECT outcome, method FROM multitenant.verify_two_factor(:'ada', :'code1');
UPDATE multitenant."Users" SET "twoFactorSecret" = :'secret', "twoFactorVerificationAttempts" = 0 WHERE id = :'ada';

-- status comes after the code
UPDATE multitenant."Users" SET status = 'suspended', "twoFactorLastUsedStep" = NULL WHERE id = :'ada';
SELECT outcome FROM multitenant.verify_two_factor(:'ada', '000000');
CALL early_in_a_step();
SELECT outcome FROM multitenant.verify_two_factor(:'ada', multitenant.totp_code(:'secret'));
SELECT multitenant.activate_user(:'ada');
-- off, by a code; and by an administrator
SELECT multitenant.disable_two_factor(:'ada', '000000');
SELECT multitenant.disable_two_factor(:'ada', multitenant.totp_code(:'secret'));
SELECT * FROM state;
SELECT count(*) FROM multitenant.begin_two_factor_setup(:'ada');
SELECT multitenant.reset_two_factor(:'ada');
SELECT * FROM state;

-- misuse
SELECT multitenant.begin_two_factor_setup(NULL);
SELECT multitenant.begin_two_factor_setup('00000000-0000-0000-0000-000000000000');
SELECT multitenant.begin_two_factor_setup(:'ben', 'a:b');
SELECT multitenant.begin_two_factor_setup(:'ben', '');
SELECT multitenant.begin_two_factor_setup(:'ben', E'a\nb');
SELECT multitenant.verify_two_factor('00000000-0000-0000-0000-000000000000', '123456');
SELECT multitenant.verify_two_factor(:'ben', '123456', 'localhost');
SELECT multitenant.reset_two_factor('00000000-0000-0000-0000-000000000000');
SELECT multitenant.suspend_user(:'ben');
SELECT multitenant.begin_two_factor_setup(:'ben');
DROP VIEW state;
DROP PROCEDURE early_in_a_step();
