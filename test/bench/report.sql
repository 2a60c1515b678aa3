-- The table at the end: medians in microseconds, what each is compared with, and the bound
-- that is asked for. Those of a table scan are less the scan, those of a sign-in less the hash.
CREATE TEMP VIEW median AS
SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) AS us FROM bench.times GROUP BY what;
CREATE FUNCTION pg_temp.us(what text, less text DEFAULT NULL) RETURNS float8 LANGUAGE sql AS $$
  SELECT us - coalesce((SELECT us FROM median m WHERE m.what = $2), 0) FROM median m WHERE m.what = $1;
$$;

CREATE TEMP TABLE line (n serial, what text, ours float8, other text, theirs float8, ratio float8, bound text, met boolean);
-- ratio: ours / theirs, to be at most the bound
CREATE PROCEDURE pg_temp.compare(line_row text, ours float8, other text, theirs float8, bound float8) LANGUAGE sql AS $$
  INSERT INTO line (what, ours, other, theirs, ratio, bound, met)
  SELECT line_row, ours, other, theirs, ours / theirs, 'at most ' || bound, ours / theirs <= bound WHERE ours IS NOT NULL AND theirs IS NOT NULL;
$$;
-- ratio: theirs / ours, to be at least the bound
CREATE PROCEDURE pg_temp.faster(line_row text, ours float8, other text, theirs float8, bound float8) LANGUAGE sql AS $$
  INSERT INTO line (what, ours, other, theirs, ratio, bound, met)
  SELECT line_row, ours, other, theirs, theirs / ours, 'at least ' || bound || ' times faster', theirs / ours >= bound WHERE ours IS NOT NULL AND theirs IS NOT NULL;
$$;
CREATE PROCEDURE pg_temp.note(line_row text, ours float8, other text, theirs float8) LANGUAGE sql AS $$
  INSERT INTO line (what, ours, other, theirs, ratio)
  SELECT line_row, ours, other, theirs, ours / theirs WHERE ours IS NOT NULL AND theirs IS NOT NULL;
$$;

CALL pg_temp.compare('verify_password', pg_temp.us('verify_password'), 'the bare library', pg_temp.us('argon2id_hash_raw'), 1.02);
CALL pg_temp.faster('verify_totp', pg_temp.us('verify_totp', 'scan'), 'PL/pgSQL on pgcrypto', pg_temp.us('verify_totp in PL/pgSQL', 'scan'), 20);
CALL pg_temp.note('verify_totp', pg_temp.us('verify_totp', 'scan'), 'the same, its loop unrolled', pg_temp.us('verify_totp in PL/pgSQL, unrolled', 'scan'));
CALL pg_temp.compare('verify_totp', pg_temp.us('verify_totp', 'scan'), '3 HMAC() in C and a call', pg_temp.us('3 HMAC()', 'scan'), 2);
CALL pg_temp.compare('verify_totp', pg_temp.us('verify_totp', 'scan'), '3 EVP_MAC in C and a call', pg_temp.us('3 EVP_MAC', 'scan'), 2);
CALL pg_temp.compare('authenticate, right', pg_temp.us('authenticate, right', 'a bare verify_password'), 'PL/pgSQL doing the same', pg_temp.us('authenticate in PL/pgSQL, right', 'a bare verify_password'), 1);
CALL pg_temp.compare('authenticate, wrong', pg_temp.us('authenticate, wrong', 'a bare verify_password'), 'PL/pgSQL doing the same', pg_temp.us('authenticate in PL/pgSQL, wrong', 'a bare verify_password'), 1);
CALL pg_temp.compare('authenticate, unknown', pg_temp.us('authenticate, unknown', 'a bare verify_password'), 'PL/pgSQL doing the same', pg_temp.us('authenticate in PL/pgSQL, unknown', 'a bare verify_password'), 1);
DO $$
DECLARE
  at text;
BEGIN
  FOR at IN SELECT substr(what, 15) FROM median WHERE what LIKE 'has_permission (%' ORDER BY length(what) LOOP
    CALL pg_temp.note('has_permission' || at, pg_temp.us('has_permission' || at), 'the join, prepared', pg_temp.us('the join' || at));
    CALL pg_temp.note('has_permission' || at, pg_temp.us('has_permission' || at), 'the join without wildcards', pg_temp.us('the join without wildcards' || at));
    CALL pg_temp.note('has_permission' || at, pg_temp.us('has_permission' || at), 'the join in PL/pgSQL', pg_temp.us('the join in PL/pgSQL' || at));
    CALL pg_temp.note('has_permission' || at, pg_temp.us('has_permission' || at), 'a lookup by primary key', pg_temp.us('a lookup by primary key' || at));
  END LOOP;
END $$;
CALL pg_temp.note('the floor: a C function', pg_temp.us('a C function that does nothing', 'scan'), 'a row of the scan', pg_temp.us('scan'));

\pset footer off
\pset null ''
SELECT what AS "row", round(ours::numeric, 2) AS "µs", other AS "against", round(theirs::numeric, 2) AS "µs ", round(ratio::numeric, 2) AS ratio, bound,
       CASE WHEN met THEN 'met' WHEN NOT met THEN 'NOT MET' END AS "is it" FROM line ORDER BY n;
