-- What every row of the benchmark stands on: the C module, the recorded times, and the
-- two ways of taking them. Variable: users, how many there are.

CREATE EXTENSION multitenant CASCADE;
CREATE SCHEMA bench;

CREATE FUNCTION bench.nothing(text) RETURNS boolean
AS 'multitenant_bench', 'bench_nothing' LANGUAGE C IMMUTABLE PARALLEL SAFE;

CREATE FUNCTION bench.argon2id(password text, salt bytea, memory integer, iterations integer, bytes integer)
RETURNS bytea
AS 'multitenant_bench', 'bench_argon2id' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION bench.three_hmacs(key bytea, counter bigint) RETURNS boolean
AS 'multitenant_bench', 'bench_three_hmacs' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE FUNCTION bench.three_hmacs_evp_mac(key bytea, counter bigint) RETURNS boolean
AS 'multitenant_bench', 'bench_three_hmacs_evp_mac' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE PROCEDURE bench.prepared(
  statement text, arguments text, INOUT microseconds float8 DEFAULT NULL, INOUT trues bigint DEFAULT NULL)
AS 'multitenant_bench', 'bench_prepared' LANGUAGE C;

CREATE FUNCTION bench.clock() RETURNS float8
AS 'multitenant_bench', 'bench_clock' LANGUAGE C VOLATILE;

-- One row for each round of each thing measured: what one execution took on average.
CREATE TABLE bench.times (what text NOT NULL, microseconds float8 NOT NULL);

-- What is not a time: transactions a second, kB.
CREATE TABLE bench.figures (what text NOT NULL, value float8 NOT NULL);

-- A thing to measure. Without arguments the statement is a query that does the work so many
-- times and answers how many of them came out true. With arguments, a query, the statement is
-- prepared and executed for each of their rows.
CREATE TYPE bench.subject AS (what text, executions bigint, trues bigint, statement text, arguments text);

CREATE PROCEDURE bench.measure(subject bench.subject, is_recorded boolean)
LANGUAGE plpgsql AS $$
DECLARE
  started float8 := bench.clock();
  elapsed float8;
  trues bigint;
BEGIN
  IF subject.arguments IS NULL THEN
    EXECUTE subject.statement INTO trues;
    elapsed := (bench.clock() - started) / subject.executions;
  ELSE
    CALL bench.prepared(subject.statement, subject.arguments, elapsed, trues);
  END IF;
  IF trues IS DISTINCT FROM subject.trues THEN
    RAISE '%: % of % answers are true, not %', subject.what, trues, subject.executions, subject.trues;
  END IF;
  IF is_recorded THEN
    INSERT INTO bench.times VALUES (subject.what, elapsed);
  END IF;
  COMMIT;
END $$;

-- All subjects in turn, again and again, every other time in the opposite order, so that
-- what slows the machine for a while slows all of them. The first round is not recorded.
CREATE PROCEDURE bench.run_rounds(rounds integer, VARIADIC subjects bench.subject[])
LANGUAGE plpgsql AS $$
DECLARE
  count integer := cardinality(subjects);
BEGIN
  FOR round IN 0 .. rounds LOOP
    FOR i IN 1 .. count LOOP
      CALL bench.measure(subjects[CASE WHEN round % 2 = 0 THEN i ELSE count + 1 - i END], round > 0);
    END LOOP;
  END LOOP;
END $$;
