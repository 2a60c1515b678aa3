-- The table at the end: medians, what each is compared with, and the bound that is asked for. Those of a table scan are less the scan, those of a sign-in less the hash.
CREATE TEMP VIEW median AS
SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) AS us FROM bench.times GROUP BY what;
CREATE TEMP VIEW figure AS
SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) AS middle, max(value) AS most FROM bench.figures GROUP BY what;
CREATE FUNCTION pg_temp.figure(what text) RETURNS float8 LANGUAGE sql RETURN (SELECT middle FROM figure f WHERE f.what = $1);
CREATE FUNCTION pg_temp.most(what text) RETURNS float8 LANGUAGE sql RETURN (SELECT most FROM figure f WHERE f.what = $1);
CREATE FUNCTION pg_temp.p99(what text) RETURNS float8
LANGUAGE sql RETURN (SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY microseconds) FROM bench.times t WHERE t.what = $1);
CREATE FUNCTION pg_temp.us(what text, less text DEFAULT NULL) RETURNS float8 LANGUAGE sql AS $$
  SELECT us - coalesce((SELECT us FROM median m WHERE m.what = $2), 0) FROM median m WHERE m.what = $1;
$$;

CREATE TEMP TABLE line (n serial, what text, ours float8, other text, theirs float8, ratio float8, bound text, met boolean,
                        unit text NOT NULL DEFAULT 'µs');
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
CREATE PROCEDURE pg_temp.note(line_row text, ours float8, other text, theirs float8, unit text DEFAULT 'µs') LANGUAGE sql AS $$
  INSERT INTO line (what, ours, other, theirs, ratio, unit)
  SELECT line_row, ours, other, theirs, ours / theirs, unit WHERE ours IS NOT NULL AND theirs IS NOT NULL;
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
    CALL pg_temp.compare('has_permission' || at, pg_temp.us('has_permission' || at), 'the join, prepared', pg_temp.us('the join' || at), 0.33);
    CALL pg_temp.note('has_permission' || at, pg_temp.us('has_permission' || at), 'the join without wildcards', pg_temp.us('the join without wildcards' || at));
    CALL pg_temp.compare('has_permission' || at, pg_temp.us('has_permission' || at), 'the join in PL/pgSQL', pg_temp.us('the join in PL/pgSQL' || at), 0.33);
    CALL pg_temp.compare('has_permission' || at, pg_temp.us('has_permission' || at), 'a lookup by primary key', pg_temp.us('a lookup by primary key' || at), 3);
    IF at <> ' (1000 tenants)' THEN
      CALL pg_temp.compare('has_permission' || at, pg_temp.us('has_permission' || at), 'at 1000 tenants', pg_temp.us('has_permission (1000 tenants)'), 1.3);
    END IF;
  END LOOP;
  FOREACH at IN ARRAY ARRAY['note', 'indexed_note'] LOOP
    at := 'policy, bench.' || at || ', ';
    CALL pg_temp.compare(CASE WHEN at ~ 'indexed' THEN 'a policy, by an index' ELSE 'a policy over 1,000,000 rows' END, pg_temp.us(at || 'ours'), 'with constants', pg_temp.us(at || 'constants'), 1.1);
    CALL pg_temp.compare('', pg_temp.us(at || 'ours'), 'on claims, wrapped', pg_temp.us(at || 'claims, wrapped'), 1);
    CALL pg_temp.note('', pg_temp.us(at || 'ours'), 'on claims, as is', pg_temp.us(at || 'claims'));
  END LOOP;
END $$;
DO $$
DECLARE
  gate text;
  least_what text;
  most_what text;
BEGIN
  FOREACH gate IN ARRAY ARRAY['1', '4', '0'] LOOP
    IF gate = '1' THEN
      CALL pg_temp.compare('gate at 1: a point query, median', pg_temp.us('gate 1, flood'), 'the same without the flood', pg_temp.us('gate 1, idle'), 2);
    ELSE
      CALL pg_temp.note('gate at ' || gate || ': a point query, median', pg_temp.us('gate ' || gate || ', flood'), 'the same without the flood', pg_temp.us('gate ' || gate || ', idle'));
    END IF;
    CALL pg_temp.note('gate at ' || gate || ': 99th percentile', pg_temp.p99('gate ' || gate || ', flood'), 'the same without the flood', pg_temp.p99('gate ' || gate || ', idle'));
    IF gate <> '0' THEN
      CALL pg_temp.note('gate at ' || gate || ': sign-ins of the flood', pg_temp.figure('gate ' || gate || ', sign-ins'), 'gate at 0', pg_temp.figure('gate 0, sign-ins'), '1/s');
    END IF;
  END LOOP;

  SELECT what INTO most_what FROM median WHERE what ~ '^timing, [a-z]+$' ORDER BY us DESC LIMIT 1;
  SELECT what INTO least_what FROM median WHERE what ~ '^timing, [a-z]+$' ORDER BY us LIMIT 1;
  CALL pg_temp.compare('timing, unknown, wrong, none: slowest', pg_temp.us(most_what), 'fastest of the three', pg_temp.us(least_what), 1.05);
  CALL pg_temp.note('timing, unknown address', pg_temp.us('timing, nobody'), 'a wrong password', pg_temp.us('timing, strong'));
  CALL pg_temp.note('timing, no password', pg_temp.us('timing, passwordless'), 'a wrong password', pg_temp.us('timing, strong'));
  CALL pg_temp.note('its process, unknown address', pg_temp.us('timing, process, nobody'), 'a wrong password', pg_temp.us('timing, process, strong'));
  CALL pg_temp.note('its process, no password', pg_temp.us('timing, process, passwordless'), 'a wrong password', pg_temp.us('timing, process, strong'));

  SELECT what INTO most_what FROM median WHERE what ~ '^reset, [a-z]+$' ORDER BY us DESC LIMIT 1;
  SELECT what INTO least_what FROM median WHERE what ~ '^reset, [a-z]+$' ORDER BY us LIMIT 1;
  CALL pg_temp.compare('a lost password: the slowest of four', pg_temp.us(most_what), 'the fastest', pg_temp.us(least_what), 1.05);
  FOREACH least_what IN ARRAY ARRAY['nobody', 'suspended', 'held'] LOOP
    CALL pg_temp.note('a lost password, ' || least_what, pg_temp.us('reset, ' || least_what), 'a known address', pg_temp.us('reset, known'));
    CALL pg_temp.note('its process', pg_temp.us('reset, process, ' || least_what), 'a known address', pg_temp.us('reset, process, known'));
  END LOOP;

  FOR clients IN 0 .. 4 LOOP
    CALL pg_temp.note('sign-ins, clients: ' || 2 ^ clients, pg_temp.figure('sign_in_clients, ours at ' || 2 ^ clients), 'PL/pgSQL doing the same', pg_temp.figure('sign_in_clients, rival at ' || 2 ^ clients), '1/s');
  END LOOP;
  CALL pg_temp.note('sign-ins, clients: 16', pg_temp.figure('sign_in_clients, ours at 16'), 'clients: 1', pg_temp.figure('sign_in_clients, ours at 1'), '1/s');
  CALL pg_temp.note('PL/pgSQL, clients: 16', pg_temp.figure('sign_in_clients, rival at 16'), 'clients: 1', pg_temp.figure('sign_in_clients, rival at 1'), '1/s');

  CALL pg_temp.compare('verify_session, with its round trip', pg_temp.us('session, verify_session'), 'a lookup of the same columns by primary key', pg_temp.us('session, session_row'), 1.5);
  CALL pg_temp.note('verify_session, with its round trip', pg_temp.us('session, verify_session'), 'a lookup of one column', pg_temp.us('session, point_query'));
  CALL pg_temp.compare('verify_session, with its round trip', pg_temp.us('session, verify_session'), 'a join that asks the same, prepared', pg_temp.us('session, verify_session_join'), 1);
  FOR clients IN 0 .. 4 LOOP
    CALL pg_temp.note('sign-ins to a session, clients: ' || 2 ^ clients, pg_temp.figure('sign_in_session, sign_in_session at ' || 2 ^ clients), 'authenticate() alone', pg_temp.figure('sign_in_session, sign_in_ours at ' || 2 ^ clients), '1/s');
  END LOOP;

  CALL pg_temp.note('memory of a backend after a sign-in', pg_temp.figure('memory, after 1'), 'before it', pg_temp.figure('memory, before'), 'kB');
  CALL pg_temp.note('memory of a backend after 21', pg_temp.figure('memory, after 21'), 'after one', pg_temp.figure('memory, after 1'), 'kB');
  FOREACH gate IN ARRAY ARRAY['1', '4', '0'] LOOP
    CALL pg_temp.note('memory of 8 that sign in, gate at ' || gate || ', most', pg_temp.most('memory, all at gate ' || gate), '8 that have signed in', 8 * pg_temp.figure('memory, after 21'), 'kB');
  END LOOP;
END $$;
CALL pg_temp.note('run_maintenance over 1,000,000 rows', pg_temp.figure('maintenance, batches, seconds'), 'one DELETE', pg_temp.figure('maintenance, delete, seconds'), 's');
CALL pg_temp.note('sign-ins beside it, median', pg_temp.us('maintenance, batches'), 'beside one DELETE', pg_temp.us('maintenance, delete'));
CALL pg_temp.note('sign-ins beside it, 99th percentile', pg_temp.p99('maintenance, batches'), 'beside one DELETE', pg_temp.p99('maintenance, delete'));
CALL pg_temp.note('sign-ins beside it, 99th percentile', pg_temp.p99('maintenance, batches'), 'beside nothing', pg_temp.p99('maintenance, nothing'));
DO $$
DECLARE
  form text;
BEGIN
  FOREACH form IN ARRAY ARRAY['packed', 'text'] LOOP
    CALL pg_temp.note('blocklist, ' || form, pg_temp.us('blocklist, ' || form, 'blocklist, without'), 'a lookup by primary key, prepared', pg_temp.us('blocklist, a prepared query'));
    CALL pg_temp.note('blocklist, ' || form, pg_temp.us('blocklist, ' || form, 'blocklist, without'), 'the same as a subplan', pg_temp.us('blocklist, a subplan', 'blocklist, scan'));
    CALL pg_temp.note('blocklist, ' || form, pg_temp.us('blocklist, ' || form, 'blocklist, without'), 'a C function, with the row it reads', pg_temp.us('blocklist, a C function that does nothing'));
  END LOOP;
  CALL pg_temp.note('password_problems, packed list', pg_temp.us('blocklist, packed', 'blocklist, scan'), 'without a list', pg_temp.us('blocklist, without', 'blocklist, scan'));
END $$;
CALL pg_temp.note('the floor: a C function', pg_temp.us('a C function that does nothing', 'scan'), 'a row of the scan', pg_temp.us('scan'));

\pset footer off
\pset null ''
SELECT what AS "row", round(ours::numeric, 2) AS "ours", other AS "against", round(theirs::numeric, 2) AS "theirs", unit, round(ratio::numeric, 2) AS ratio, bound,
       CASE WHEN met THEN 'met' WHEN NOT met THEN 'NOT MET' END AS "is it" FROM line ORDER BY n;
