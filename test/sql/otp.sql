-- One-time passwords: the values of RFC 4226 and RFC 6238, every bound, and bad input.
SET search_path = multitenant, pg_catalog;
-- Times below are moments, whatever the session's zone.
SET TimeZone = 'Pacific/Chatham';

-- The seeds of both documents are digits in ASCII: of 20 bytes for SHA1, 32 for SHA256
-- and 64 for SHA512.
CREATE TEMP TABLE seed (algorithm text, secret text);
INSERT INTO seed VALUES
  ('SHA1', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'),
  ('SHA256', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA===='),
  ('SHA512', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA=');

-- RFC 4226, appendix D: secret 12345678901234567890, six digits
SELECT counter, hotp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', counter), expected
FROM (VALUES
  (0, '755224'), (1, '287082'), (2, '359152'), (3, '969429'), (4, '338314'),
  (5, '254676'), (6, '287922'), (7, '162583'), (8, '399871'), (9, '520489')
) AS rfc4226 (counter, expected)
ORDER BY counter;

-- RFC 6238, appendix B: eight digits, steps of 30 seconds
CREATE TEMP TABLE rfc6238 (at timestamptz, algorithm text, expected text);
INSERT INTO rfc6238 VALUES
  ('1970-01-01 00:00:59Z', 'SHA1', '94287082'),
  ('1970-01-01 00:00:59Z', 'SHA256', '46119246'),
  ('1970-01-01 00:00:59Z', 'SHA512', '90693936'),
  ('2005-03-18 01:58:29Z', 'SHA1', '07081804'),
  ('2005-03-18 01:58:29Z', 'SHA256', '68084774'),
  ('2005-03-18 01:58:29Z', 'SHA512', '25091201'),
  ('2005-03-18 01:58:31Z', 'SHA1', '14050471'),
  ('2005-03-18 01:58:31Z', 'SHA256', '67062674'),
  ('2005-03-18 01:58:31Z', 'SHA512', '99943326'),
  ('2009-02-13 23:31:30Z', 'SHA1', '89005924'),
  ('2009-02-13 23:31:30Z', 'SHA256', '91819424'),
  ('2009-02-13 23:31:30Z', 'SHA512', '93441116'),
  ('2033-05-18 03:33:20Z', 'SHA1', '69279037'),
  ('2033-05-18 03:33:20Z', 'SHA256', '90698825'),
  ('2033-05-18 03:33:20Z', 'SHA512', '38618901'),
  ('2603-10-11 11:33:20Z', 'SHA1', '65353130'),
  ('2603-10-11 11:33:20Z', 'SHA256', '77737706'),
  ('2603-10-11 11:33:20Z', 'SHA512', '47863826');

SELECT extract(epoch FROM at)::bigint AS time, algorithm,
       totp_code(secret, at, algorithm, 8) AS code, expected,
       verify_totp(secret, expected, at, 0, algorithm, 8) AS verifies,
       verify_totp(secret, expected, at + '30 s', 0, algorithm, 8) AS a_step_later,
       verify_totp(secret, expected, at, 0, algorithm, 7) AS as_seven_digits
FROM rfc6238 JOIN seed USING (algorithm)
ORDER BY at, algorithm;

-- A shorter code is the end of a longer one.
SELECT algorithm, totp_code(secret, '2033-05-18 03:33:20Z', algorithm, 6) AS six,
       totp_code(secret, '2033-05-18 03:33:20Z', algorithm, 7) AS seven,
       totp_code(secret, '2033-05-18 03:33:20Z', algorithm, 8) AS eight
FROM seed ORDER BY algorithm;

-- Which steps are accepted: the code of step 100, with its ten steps to either side
SELECT steps, string_agg(offset_, ' ' ORDER BY i) AS accepted_from
FROM (VALUES (0), (1), (2), (10)) AS s (steps),
     LATERAL (SELECT i, to_char(i, 'FMSG99') AS offset_ FROM generate_series(-12, 12) i
              WHERE verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
                                hotp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 100),
                                'epoch'::timestamptz + (100 + i) * interval '30 s', steps)) AS a
GROUP BY steps ORDER BY steps;

-- A step lasts from its first moment to before the next one's.
SELECT at, totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', at::timestamptz) = '287082' AS step_1
FROM (VALUES ('1970-01-01 00:00:29.999999Z'), ('1970-01-01 00:00:30Z'),
             ('1970-01-01 00:00:59.999999Z'), ('1970-01-01 00:01:00Z')) AS t (at);

-- Other periods: step 1 of each
SELECT period, totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
                         'epoch'::timestamptz + period * interval '1 s', period => period)
FROM (VALUES (1), (60), (86400)) AS p (period);

-- The first and the last moment; there are no steps before the first.
SELECT totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', '1970-01-01 00:00:00Z');
SELECT verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', '755224', '1970-01-01 00:00:00Z', 10);
SELECT totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', '294276-12-31 23:59:59.999999Z') =
       hotp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 9224318015999 / 30) AS last_moment;
SELECT hotp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 9223372036854775807) ~ '^[0-9]{6}$' AS last_counter;

-- What people type is the same secret, and the same code.
SELECT typed, hotp_code(typed, 1) = '287082' AS same
FROM (VALUES
  ('gezdgnbvgy3tqojqgezdgnbvgy3tqojq'),
  ('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ'),
  (' gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq '),
  ('GeZdGnBvGy3TqOjQ GEZDGNBVGY3TQOJQ')
) AS t (typed);
SELECT code, verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', code, '1970-01-01 00:00:59Z')
FROM (VALUES
  ('287082'), ('287 082'), (' 2 8 7 0 8 2 '),
  ('287083'), ('28708'), ('2870820'), ('0287082'), (''), ('   '), ('28708a'), ('+28708'), ('-87082'),
  ('287.082'), ('287-082'), (E'287\t082'), (E'287082\n'), ('２８７０８２'),
  ('287082                           ')
) AS t (code);
SELECT verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', repeat('287082', 200000), '1970-01-01 00:00:59Z');

-- The defaults are now, one step, SHA1, six digits, 30 seconds.
SELECT verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
                   totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')) AS now,
       verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
                   totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', clock_timestamp(), 'SHA1', 6, 30),
                   clock_timestamp(), 1, 'SHA1', 6, 30) AS spelled_out,
       verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
                   totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', clock_timestamp() - interval '1 h')) AS an_hour_ago;
SELECT totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', '1970-01-01 00:00:59Z', 'sha1') AS lower_case;

-- Secrets: base32 of the length asked for, and not twice the same
SELECT bytes, length(generate_totp_secret(bytes)), generate_totp_secret(bytes) ~ '^[A-Z2-7]+$' AS base32
FROM (VALUES (16), (20), (32), (63), (64)) AS b (bytes);
SELECT length(generate_totp_secret()) AS twenty_bytes,
       count(DISTINCT generate_totp_secret()) AS different FROM generate_series(1, 1000);

-- The URI that enrols an authenticator
SELECT totp_uri('gezd gnbv gy3t qojq', 'alice@example.com', 'Example');
SELECT totp_uri('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA====', 'john.doe_1~x-y@example.com', 'ACME Co', 'sha512', 8, 60);
SELECT totp_uri('GEZDGNBV', 'a&secret=evil#?/%', 'Ä"<é>''&issuer=evil');
SELECT length(totp_uri('GEZDGNBV', repeat('ä', 127), repeat('@', 255)));

-- NULL: a check answers false, anything else NULL.
SELECT verify_totp(NULL, '287082', '1970-01-01 00:00:59Z') AS secret,
       verify_totp('GEZDGNBV', NULL, '1970-01-01 00:00:59Z') AS code,
       verify_totp('GEZDGNBV', '287082', NULL) AS at,
       verify_totp('GEZDGNBV', '287082', steps => NULL) AS steps,
       verify_totp('GEZDGNBV', '287082', algorithm => NULL) AS algorithm,
       verify_totp('GEZDGNBV', '287082', digits => NULL) AS digits,
       verify_totp('GEZDGNBV', '287082', period => NULL) AS period;
SELECT hotp_code(NULL, 0) IS NULL AND hotp_code('GEZDGNBV', NULL) IS NULL
   AND totp_code(NULL) IS NULL AND totp_code('GEZDGNBV', NULL) IS NULL
   AND totp_uri(NULL, 'a', 'b') IS NULL AND totp_uri('GEZDGNBV', NULL, 'b') IS NULL
   AND totp_uri('GEZDGNBV', 'a', NULL) IS NULL AND generate_totp_secret(NULL) IS NULL AS all_null;

-- Messages tell what is wrong, and nothing of a secret or a code.
SELECT hotp_code('GEZDGNBV1', 0);
SELECT hotp_code('', 0);
SELECT hotp_code(repeat('A', 1025), 0);
SELECT hotp_code('GEZDGNBV', -1);
SELECT hotp_code('GEZDGNBV', 0, 'MD5');
SELECT hotp_code('GEZDGNBV', 0, 'SHA1', 9);
SELECT totp_code('GEZDGNBV', 'infinity');
SELECT totp_code('GEZDGNBV', period => 0);
SELECT verify_totp('GEZDGNBV', '287082', steps => 11);
SELECT generate_totp_secret(15);
SELECT totp_uri('GEZDGNBV', 'a:b', 'c');
SELECT totp_uri('GEZDGNBV', 'a', '');

-- The bounds
\set VERBOSITY sqlstate
SELECT hotp_code('GEZDGNA', 0), hotp_code('GEZDGNB', 0); -- bits left over; as oathtool says
SELECT hotp_code('GEZDGN', 0);
SELECT hotp_code('GEZ', 0);
SELECT hotp_code('G', 0);
SELECT hotp_code('GEZDGNBV=', 0);
SELECT hotp_code('GE=ZDGNBV', 0);
SELECT hotp_code('GEZDGNB0', 0);
SELECT hotp_code('GEZDGNB8', 0);
SELECT hotp_code(E'GEZDGNBV\n', 0);
SELECT hotp_code('GEZDGNBÜ', 0);
SELECT hotp_code(' - ', 0);
SELECT hotp_code(repeat('A', 1024), 0); -- as oathtool says
SELECT hotp_code(repeat('A', 1000000), 0);
SELECT hotp_code('GEZDGNBV', -9223372036854775808);
SELECT hotp_code('GEZDGNBV', 0, 'SHA1', 5);
SELECT hotp_code('GEZDGNBV', 0, 'SHA1', -2147483648);
SELECT hotp_code('GEZDGNBV', 0, '');
SELECT hotp_code('GEZDGNBV', 0, 'SHA-1');
SELECT hotp_code('GEZDGNBV', 0, repeat('SHA1', 250000));
SELECT totp_code('GEZDGNBV', '1969-12-31 23:59:59.999999Z');
SELECT totp_code('GEZDGNBV', '4713-01-01 00:00:00Z BC');
SELECT totp_code('GEZDGNBV', '-infinity');
SELECT totp_code('GEZDGNBV', digits => 9);
SELECT totp_code('GEZDGNBV', period => -1);
SELECT totp_code('GEZDGNBV', period => 86401);
SELECT verify_totp('GEZDGNBV', '287082', steps => -1);
SELECT verify_totp('GEZDGNBV', '287082', steps => 2147483647);
SELECT verify_totp('GEZDGNBV', '287082', digits => 5);
SELECT verify_totp('GEZDGNBV', '287082', digits => 9);
SELECT verify_totp('GEZDGNBV', '287082', period => 0);
SELECT verify_totp('GEZDGNBV', '287082', algorithm => 'MD5');
SELECT verify_totp('GEZDGNBV', '287082', 'infinity');
SELECT verify_totp('GEZDGNBV', '287082', '1969-12-31 23:59:59Z');
SELECT verify_totp('not base32!', '287082');
SELECT verify_totp('', '287082');
-- the code being wrong does not hide that
SELECT verify_totp('not base32!', '1');
SELECT generate_totp_secret(65);
SELECT generate_totp_secret(-1);
SELECT totp_uri('GEZDGNBV', '', 'b');
SELECT totp_uri('GEZDGNBV', ' ', 'b');
SELECT totp_uri('GEZDGNBV', 'a', 'b:');
SELECT totp_uri('GEZDGNBV', E'a\u007f', 'b');
SELECT totp_uri('GEZDGNBV', 'a', E'b\n');
SELECT totp_uri('GEZDGNBV', repeat('a', 256), 'b');
SELECT totp_uri('GEZDGNBV', 'a', repeat('b', 1000000));
SELECT totp_uri('', 'a', 'b');
SELECT totp_uri('GEZDGNBV', 'a', 'b', 'MD5');
SELECT totp_uri('GEZDGNBV', 'a', 'b', digits => 5);
SELECT totp_uri('GEZDGNBV', 'a', 'b', period => 0);
\set VERBOSITY default

-- Anybody may call them, and nothing that a caller plants in the way is found.
CREATE ROLE regress_otp_anybody;
CREATE SCHEMA regress_otp_trap AUTHORIZATION regress_otp_anybody;
SET ROLE regress_otp_anybody;
CREATE FUNCTION regress_otp_trap.clock_timestamp() RETURNS timestamptz
  LANGUAGE sql IMMUTABLE AS $$SELECT '1970-01-01 00:00:59Z'::timestamptz$$;
CREATE FUNCTION regress_otp_trap.hmac(bytea, bytea, text) RETURNS bytea
  LANGUAGE plpgsql AS $$BEGIN RAISE 'trapped'; END$$;
SET search_path = regress_otp_trap, pg_catalog;
SELECT clock_timestamp() = '1970-01-01 00:00:59Z' AS trap_is_set;
SELECT multitenant.verify_totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
                               multitenant.totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'),
                               pg_catalog.clock_timestamp()) AS now,
       multitenant.totp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', '1970-01-01 00:00:59Z'),
       multitenant.hotp_code('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 0),
       length(multitenant.generate_totp_secret()),
       multitenant.totp_uri('GEZDGNBV', 'a', 'b');
RESET ROLE;
DROP FUNCTION regress_otp_trap.clock_timestamp(), regress_otp_trap.hmac(bytea, bytea, text);
DROP SCHEMA regress_otp_trap;
DROP ROLE regress_otp_anybody;
