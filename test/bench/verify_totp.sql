-- verify_totp against PL/pgSQL on pgcrypto, and against three bare HMACs. Variable: rounds.

-- 10000 secrets of 20 bytes. Every other code is right: that of the step before, of the
-- step, or of the one after it.
CREATE TABLE bench.codes AS
SELECT secret, multitenant.totp_code(secret, CASE WHEN i % 2 = 0 THEN at + (i / 2 % 3 - 1) * interval '30 seconds' ELSE at + interval '1 day' END) AS code,
       at, bench.base32_decode(secret) AS key, floor(extract(epoch FROM at) / 30)::bigint AS counter
FROM (SELECT i, translate(upper(md5(i::text)), '0189', 'GHIJ') AS secret, timestamptz '2026-01-01 00:00:07Z' + i * interval '30 seconds' AS at
      FROM generate_series(1, 10000) AS i) AS enrolled;
VACUUM (ANALYZE) bench.codes;

-- Each passes over the table once and reads all columns of it; what that takes by itself is
-- subtracted from the others.
SET max_parallel_workers_per_gather = 0;
CALL bench.run_rounds(:rounds,
  ('scan', 10000, 10000, 'SELECT count(*) FROM bench.codes WHERE counter > 0', NULL),
  ('a C function that does nothing', 10000, 10000,
   'SELECT count(*) FILTER (WHERE bench.nothing(secret)) FROM bench.codes WHERE counter > 0', NULL),
  ('verify_totp', 10000, 5000,
   'SELECT count(*) FILTER (WHERE multitenant.verify_totp(secret, code, at)) FROM bench.codes WHERE counter > 0', NULL),
  ('verify_totp in PL/pgSQL', 10000, 5000,
   'SELECT count(*) FILTER (WHERE bench.verify_totp(bench.base32_decode(secret), code, at)) FROM bench.codes WHERE counter > 0', NULL),
  ('verify_totp in PL/pgSQL, unrolled', 10000, 5000,
   'SELECT count(*) FILTER (WHERE bench.verify_totp(bench.base32_decode_unrolled(secret), code, at)) FROM bench.codes WHERE counter > 0', NULL),
  ('3 HMAC()', 10000, 10000,
   'SELECT count(*) FILTER (WHERE bench.three_hmacs(key, counter)) FROM bench.codes WHERE counter > 0', NULL),
  ('3 EVP_MAC', 10000, 10000,
   'SELECT count(*) FILTER (WHERE bench.three_hmacs_evp_mac(key, counter)) FROM bench.codes WHERE counter > 0', NULL));
