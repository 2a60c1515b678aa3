-- A lookup in the blocklist, text and packed: password_problems with the list less the same
-- without it, against a C function that does nothing and one lookup of the same hash in a
-- table with a primary key. Variables: rounds, list.

SELECT format('CREATE FUNCTION bench.count_common_%s() RETURNS bigint LANGUAGE sql SET multitenant.password_blocklist_file = %L AS $$'
              'SELECT count(*) FILTER (WHERE ''too_common'' = ANY (multitenant.password_problems(password))) FROM bench.candidates $$', kind, file)
FROM (VALUES ('without', ''), ('text', :'list'), ('packed', :'list' || '.packed')) AS kinds (kind, file) \gexec

SET max_parallel_workers_per_gather = 0;
CALL bench.run_rounds(:rounds,
  ('blocklist, scan', 20000, 20000, 'SELECT count(*) FROM bench.candidates WHERE password <> ''''', NULL),
  ('blocklist, a C function that does nothing', 20000, 20000,
   'SELECT count(*) FILTER (WHERE bench.nothing(password)) FROM bench.candidates', NULL),
  ('blocklist, without', 20000, 0, 'SELECT bench.count_common_without()', NULL),
  ('blocklist, text', 20000, 10000, 'SELECT bench.count_common_text()', NULL),
  ('blocklist, packed', 20000, 10000, 'SELECT bench.count_common_packed()', NULL),
  ('blocklist, a subplan', 20000, 10000,
   'SELECT count(*) FILTER (WHERE (SELECT true FROM bench.breached b WHERE b.hash = c.hash)) FROM bench.candidates c', NULL),
  ('blocklist, a prepared query', 20000, 10000, 'SELECT EXISTS (SELECT FROM bench.breached WHERE hash = $1)', 'SELECT hash FROM bench.candidates'));
