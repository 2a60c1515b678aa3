-- authenticate against one PL/pgSQL function that does the same. Variables: users, rounds.
-- Each execution is of a user by chance, in a transaction of its own.

SET multitenant.argon2_memory = 8;
SET multitenant.argon2_iterations = 1;

-- Wrong passwords are for users with an even number, so that none of the others gets locked.
CREATE FUNCTION bench.sign_ins(password text, known boolean, users integer) RETURNS text
LANGUAGE sql RETURN format(
  'SELECT %L || 2 * (1 + floor(random() * (%s / 2 - 1)))::integer - %s || ''@example.com'', %L FROM generate_series(1, 1500)',
  CASE WHEN known THEN 'user' ELSE 'nobody' END, users, CASE WHEN password = 'wrong' THEN 0 ELSE 1 END, password);

CALL bench.run_rounds(:rounds,
  ('a bare verify_password', 1500, 1500, 'SELECT multitenant.verify_password($1, $2)',
   'SELECT password, hash FROM bench.password, generate_series(1, 1500)'),
  ('authenticate, right', 1500, 1500, 'SELECT outcome = ''success'' FROM multitenant.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('correct horse battery staple', true, :users)),
  ('authenticate in PL/pgSQL, right', 1500, 1500, 'SELECT outcome = ''success'' FROM bench.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('correct horse battery staple', true, :users)),
  ('authenticate, wrong', 1500, 1500, 'SELECT outcome <> ''success'' FROM multitenant.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('wrong', true, :users)),
  ('authenticate in PL/pgSQL, wrong', 1500, 1500, 'SELECT outcome <> ''success'' FROM bench.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('wrong', true, :users)),
  ('authenticate, unknown', 1500, 1500, 'SELECT outcome <> ''success'' FROM multitenant.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('wrong', false, :users)),
  ('authenticate in PL/pgSQL, unknown', 1500, 1500, 'SELECT outcome <> ''success'' FROM bench.authenticate($1, $2, ''192.0.2.1'', ''bench'')',
   bench.sign_ins('wrong', false, :users)));
