-- Users that sign in at the default cost, for the rows that measure the hash with the rest of
-- a sign-in: strongN with a password and passwordlessN without one.

CREATE TABLE bench.strong_password AS
SELECT password, multitenant.hash_password(password) AS hash FROM bench.password;

ALTER TABLE multitenant."Users" SET (fillfactor = 70);
INSERT INTO multitenant."Users" (id, email, name, password, "emailVerified")
SELECT bench.id('strong', i), 'strong' || i || '@example.com', 'Strong ' || i, hash, true
FROM generate_series(1, 1000) AS i, bench.strong_password
UNION ALL
SELECT bench.id('passwordless', i), 'passwordless' || i || '@example.com', 'Passwordless ' || i, NULL, true
FROM generate_series(1, 1000) AS i;
ALTER TABLE multitenant."Users" RESET (fillfactor);
VACUUM (ANALYZE) multitenant."Users";
