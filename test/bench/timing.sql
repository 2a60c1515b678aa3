-- Whether the time of an answer tells why a sign-in failed, at the default cost. Each attempt
-- is timed with its COMMIT by the wall's clock, as who waits for the answer sees it, and by
-- the clock of the process. Every user is tried once, so that none gets locked.

CREATE PROCEDURE bench.time_failures(attempts integer)
LANGUAGE plpgsql AS $$
DECLARE
  kinds constant text[] := ARRAY['strong', 'passwordless', 'nobody'];
  kind text;
  answer multitenant.auth_outcome;
  started timestamptz;
  started_process float8;
  elapsed float8;
  elapsed_process float8;
BEGIN
  -- the first ones load and plan, and are not recorded
  FOR i IN 1 .. attempts + 10 LOOP
    FOREACH kind IN ARRAY (SELECT array_agg(k ORDER BY random()) FROM unnest(kinds) AS k) LOOP
      started := clock_timestamp();
      started_process := bench.clock();
      SELECT outcome INTO answer FROM multitenant.authenticate(kind || i || '@example.com', 'wrong', '192.0.2.1', 'bench');
      COMMIT;
      elapsed_process := bench.clock() - started_process;
      elapsed := extract(epoch FROM clock_timestamp() - started) * 1e6;
      IF answer IS DISTINCT FROM 'invalid_credentials' THEN
        RAISE 'the answer for % is %', kind || i, answer;
      END IF;
      IF i > 10 THEN
        INSERT INTO bench.times VALUES ('timing, ' || kind, elapsed), ('timing, process, ' || kind, elapsed_process);
        COMMIT;
      END IF;
    END LOOP;
  END LOOP;
END $$;

CALL bench.time_failures(200);

-- Which of them did what it was to do.
DO $$
BEGIN
  IF (SELECT count(*) FROM multitenant."LoginHistories" WHERE "failureReason" = 'wrong_password' AND "userId" IN (SELECT bench.id('strong', i) FROM generate_series(1, 210) AS i)) <> 210
     OR (SELECT count(*) FROM multitenant."LoginHistories" WHERE "failureReason" = 'no_password') <> 210 THEN
    RAISE 'the attempts were not what they were to be';
  END IF;
END $$;
