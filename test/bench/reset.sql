-- Whether the time of an answer tells who asked for a new password: a known address, one that
-- is not active, one of a row that another transaction holds, and an unknown one. Each
-- request is timed with its COMMIT, by the wall's clock and by that of the process.
-- test/bench/run holds the rows.

UPDATE multitenant."Users" SET status = 'suspended' WHERE id IN (SELECT bench.id('passwordless', i) FROM generate_series(1, 500) AS i);
VACUUM (ANALYZE) multitenant."Users";

CREATE PROCEDURE bench.time_resets(requests integer)
LANGUAGE plpgsql AS $$
DECLARE
  kinds constant text[] := ARRAY['known', 'suspended', 'held', 'nobody'];
  kind text;
  address text;
  token text;
  started timestamptz;
  started_process float8;
  elapsed float8;
  elapsed_process float8;
BEGIN
  -- the first ones load and plan, and are not recorded
  FOR i IN 1 .. requests + 10 LOOP
    FOREACH kind IN ARRAY (SELECT array_agg(k ORDER BY random()) FROM unnest(kinds) AS k) LOOP
      address := CASE kind WHEN 'known' THEN 'strong' || i WHEN 'suspended' THEN 'passwordless' || i
                      WHEN 'held' THEN 'passwordless' || 500 + i ELSE 'nobody' || i END || '@example.com';
      started := clock_timestamp();
      started_process := bench.clock();
      SELECT multitenant.request_password_reset(address) INTO token;
      COMMIT;
      elapsed_process := bench.clock() - started_process;
      elapsed := extract(epoch FROM clock_timestamp() - started) * 1e6;
      IF (token IS NOT NULL) <> (kind = 'known') THEN
        RAISE 'the answer for % is not what it was to be', address;
      END IF;
      IF i > 10 THEN
        INSERT INTO bench.times VALUES ('reset, ' || kind, elapsed), ('reset, process, ' || kind, elapsed_process);
        COMMIT;
      END IF;
    END LOOP;
  END LOOP;
END $$;

CALL bench.time_resets(490);
