-- verify_password against the bare library, with the default cost. Variable: rounds.

-- The same hash, as a text and as its parts.
CREATE TABLE bench.argon2 AS
SELECT password, hash, decode(rpad(part[5], 24, '='), 'base64') AS salt, decode(rpad(part[6], 44, '='), 'base64') AS digest
FROM (SELECT 'correct horse battery staple' AS password,
             multitenant.hash_password('correct horse battery staple', 'argon2id') AS hash) AS made,
     string_to_array(hash, '$') AS part;

ANALYZE bench.argon2; -- unknown, it would be taken for many rows, and the query be compiled

DO $$ BEGIN
  ASSERT (SELECT hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%' FROM bench.argon2), 'not the default cost';
END $$;

-- One takes so long that what disturbs the machine meanwhile shows: many rounds.
CALL bench.run_rounds(:rounds * 15,
  ('verify_password', 1, 1, 'SELECT count(*) FILTER (WHERE multitenant.verify_password(password, hash)) FROM bench.argon2', NULL),
  ('argon2id_hash_raw', 1, 1, 'SELECT count(*) FILTER (WHERE bench.argon2id(password, salt, 19456, 2, 32) = digest) FROM bench.argon2', NULL));
