-- verify_totp against PL/pgSQL on pgcrypto, and against three bare HMACs. Variable: rounds.
SET jit = off;

-- 10000 codes: a half are those of the step before, of the step, and of the one after it.
CREATE TABLE bench.codes AS
SELECT secret, code, key, counter, timestamptz '2026-01-01 00:00:00Z' + counter * interval '30 seconds' + interval '7 seconds' AS at
FROM generate_series(1, 10000) AS i,
     LATERAL (SELECT multitenant.generate_totp_secret() AS secret, i::bigint AS counter WHERE i > 0) AS made,
     LATERAL (SELECT decode(repeat('00', 20), 'hex') AS key) AS unused,
     LATERAL (SELECT CASE WHEN i % 2 = 0
                          THEN multitenant.totp_code(secret, timestamptz '2026-01-01 00:00:00Z' + counter * interval '30 seconds' + (i / 2 % 3 - 1) * interval '30 seconds')
                          ELSE '000000' END AS code) AS coded;
