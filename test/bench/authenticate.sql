-- authenticate against one PL/pgSQL function that does the same. Variables: users, rounds.
-- Each execution is of another user, in a transaction of its own.

SET multitenant.argon2_memory = 8;
SET multitenant.argon2_iterations = 1;

-- Wrong passwords are for users with an even number, right ones for the others, and nobody
-- is met again before all were: no account gets locked.
CREATE SEQUENCE bench.right_attempt;
CREATE SEQUENCE bench.wrong_attempt;
CREATE FUNCTION bench.sign_ins(kind text, users integer) RETURNS text
LANGUAGE sql RETURN format(
  'SELECT %L || 2 + nextval(%L) * 7919 %% (%s / 2 - 1) * 2 - %s || ''@example.com'', %L FROM generate_series(1, 300)',
  CASE kind WHEN 'unknown' THEN 'nobody' ELSE 'user' END,
  CASE kind WHEN 'right' THEN 'bench.right_attempt' ELSE 'bench.wrong_attempt' END, users,
  CASE kind WHEN 'right' THEN 1 ELSE 0 END,
  CASE kind WHEN 'right' THEN 'correct horse battery staple' ELSE 'wrong' END);

-- Many short rounds: what disturbs the machine meanwhile hits few of them.
CALL bench.run_rounds(:rounds * 5,
  ('a bare verify_password', 300, 300, 'SELECT multitenant.verify_password($1, $2)',
   'SELECT password, hash FROM bench.password, generate_series(1, 300)'),
  ('authenticate, right', 300, 300, 'SELECT outcome = ''success'' FROM multitenant.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('right', :users)),
  ('authenticate in PL/pgSQL, right', 300, 300, 'SELECT outcome = ''success'' FROM bench.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('right', :users)),
  ('authenticate, wrong', 300, 300, 'SELECT outcome = ''invalid_credentials'' AND locked_until IS NULL FROM multitenant.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('wrong', :users)),
  ('authenticate in PL/pgSQL, wrong', 300, 300, 'SELECT outcome = ''invalid_credentials'' AND locked_until IS NULL FROM bench.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('wrong', :users)),
  ('authenticate, unknown', 300, 300, 'SELECT outcome = ''invalid_credentials'' FROM multitenant.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('unknown', :users)),
  ('authenticate in PL/pgSQL, unknown', 300, 300, 'SELECT outcome = ''invalid_credentials'' FROM bench.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('unknown', :users)));
