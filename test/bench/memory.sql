-- What backends hold, as the kernel tells it: memory that is their own, not shared.

CREATE FUNCTION bench.anonymous_kb(pid integer DEFAULT pg_backend_pid()) RETURNS integer
LANGUAGE sql VOLATILE RETURN substring(pg_read_file('/proc/' || pid || '/status') FROM 'RssAnon:\s+([0-9]+) kB')::integer;

-- While clients named "flood" sign in: what all of them together hold, every few milliseconds.
CREATE PROCEDURE bench.sample_memory(gate integer, backends integer)
LANGUAGE plpgsql AS $$
DECLARE
  pids integer[];
BEGIN
  FOR i IN 1 .. 500 LOOP
    SELECT array_agg(pid) INTO pids FROM pg_stat_activity WHERE application_name = 'flood';
    COMMIT;
    EXIT WHEN cardinality(pids) = backends;
    PERFORM pg_sleep(0.01);
  END LOOP;
  IF cardinality(pids) IS DISTINCT FROM backends THEN
    RAISE 'there are no % clients', backends;
  END IF;
  PERFORM pg_sleep(0.5);   -- their first sign-ins
  FOR i IN 1 .. 400 LOOP
    INSERT INTO bench.figures SELECT 'memory, all at gate ' || gate, sum(bench.anonymous_kb(pid)) FROM unnest(pids) AS pid;
    COMMIT;
    PERFORM pg_sleep(0.003);
  END LOOP;
END $$;
