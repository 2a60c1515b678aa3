-- The hashes of passwords from breaches, as a table and as the text that
-- multitenant.password_blocklist_file takes. Variables: entries, list.

CREATE UNLOGGED TABLE bench.breached AS
SELECT digest('generated password ' || i, 'sha1') AS hash FROM generate_series(1, :entries) AS i ORDER BY hash;
ALTER TABLE bench.breached ADD PRIMARY KEY (hash);
VACUUM (ANALYZE) bench.breached;
COPY (SELECT upper(encode(hash, 'hex')) || ':' || 1 + get_byte(hash, 0) FROM bench.breached ORDER BY hash) TO :'list';

-- 20000 passwords by chance, of which every other one is among them.
SELECT setseed(0.5);
CREATE TABLE bench.candidates AS
SELECT password, digest(password, 'sha1') AS hash
FROM (SELECT CASE WHEN i % 2 = 0 THEN 'generated password ' ELSE 'another password ' END || 1 + floor(random() * :entries) AS password
      FROM generate_series(1, 20000) AS i) AS chosen;
VACUUM (ANALYZE) bench.candidates;
