-- Password hashes: those of other implementations, every malformed one, every bound.
SET search_path = multitenant, pg_catalog;
-- cheap enough for a test
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
SET multitenant.bcrypt_cost = 4;

-- What a call comes to: its result, or the SQLSTATE of its error
CREATE FUNCTION pg_temp.verify(password text, hash text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN multitenant.verify_password(password, hash);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END$$;
CREATE FUNCTION pg_temp.needs_rehash(hash text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN multitenant.password_needs_rehash(hash);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END$$;

-- Hashes of other implementations
CREATE TEMP TABLE foreign_hash (id serial, made_by text, password text, hash text);
-- The command-line tool argon2 of libargon2 20171227:
--   printf %s PASSWORD | argon2 SALT -id|-i -t … -k … -p … [-l …] [-v …] -e
INSERT INTO foreign_hash (made_by, password, hash) VALUES
  ('argon2', 'correct horse battery staple', '$argon2id$v=19$m=64,t=2,p=1$YSBzYWx0IG9mIDE2IGJ5Lg$4llLy0hZODbwHUhVc0yNDIJY0LWgK9IZXEjPt07fCFw'),
  ('argon2', 'Grüße, Jürgen – 密码 🔑', '$argon2id$v=19$m=64,t=1,p=4$YSBzYWx0IG9mIDE2IGJ5Lg$ZYkEBgIZDnG84lVNwOyRB1eTS3CZkz/2'),
  ('argon2', 'correct horse battery staple', '$argon2i$v=19$m=64,t=3,p=2$c29tZXNhbHQ$CbzQ1QonTNWQUQFBHA8SMVhwaIy8taCDc+Zn+ZDsWco'),
  ('argon2', 'correct horse battery staple', '$argon2i$v=16$m=64,t=3,p=1$c29tZXNhbHQ$LYER+Upua1Nt5iSLthB53Z9RUDx2QNIkW56oJdhQDF8'),
  ('argon2', 'correct horse battery staple', '$argon2id$v=16$m=64,t=3,p=1$c29tZXNhbHQ$R4Wl/KXNyMwDpHe+0Cy+7qSh5hIv5FDDcQ3vRJEIGvzImnGbD7F23EFmJ/PiyDAA8JmY9kd97ISkBDT9YvAR4A'),
  ('argon2', 'x', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi');
-- The tests of the reference implementation of argon2; the first is of before versions were written
INSERT INTO foreign_hash (made_by, password, hash) VALUES
  ('phc-winner-argon2', 'password', '$argon2i$m=256,t=2,p=2$c29tZXNhbHQ$tsEVYKap1h6scGt5ovl9aLRGOqOth+AMB+KwHpDFZPs'),
  ('phc-winner-argon2', 'password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc');
-- bcryptjs 3.0.3: bcrypt.hashSync(PASSWORD, '$2b$…' with a salt of bcrypt.genSaltSync())
INSERT INTO foreign_hash (made_by, password, hash) VALUES
  ('bcryptjs', 'correct horse battery staple', '$2b$05$o3ksE111P5/iYFM4Gxxi.ulSA6AyZ26vRsYlfThpM4MhQfuddZovy'),
  ('bcryptjs', 'Grüße, Jürgen – 密码 🔑', '$2b$05$WBW24ysCY.CKdCGesV4wLOl32c0jOj3qpUY6N9Ix8IkUOFuGN1ESi'),
  ('bcryptjs', 'Grüße, Jürgen – 密码 🔑', '$2a$05$cYPXPF9HNlbNDKytMvmgOusYVuh6n2.RBn.sZo/nk6VohjJw81iPm'),
  ('bcryptjs', 'Grüße, Jürgen – 密码 🔑', '$2y$05$wmEC.cWIOY5G8AZClGW5mumWrpokcBvkixFBUPI7q9eadDE4oBl.G'),
  ('bcryptjs', repeat('a', 72), '$2b$04$LYuz2X6U7Wq0wdjL1VLlMuU4kG.QQKE32HPf3FJgccnhRmDCmzCkq'),
  ('bcryptjs', '', '$2b$04$/W02jg80d257OK1BkxAwmON.Tn/sJ.A8p7J2a4/n01utW991Yzx0W');
-- The tests of crypt_blowfish, where bcrypt and its bug of 2011 ($2x$) come from; the last is John
-- the Ripper's, one letter that the bug hashes differently
INSERT INTO foreign_hash (made_by, password, hash) VALUES
  ('crypt_blowfish', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  ('crypt_blowfish', 'U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'),
  ('crypt_blowfish', 'U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'),
  ('crypt_blowfish', '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
   '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'),
  ('john', 'ё', '$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS');

SELECT id, made_by, substr(hash, 1, 28) AS hash, verify_password(password, hash) AS verifies,
       verify_password('x' || password, hash) AS another,
       verify_password(upper(password), hash) AND password <> upper(password) AS upper_case,
       verify_password(password, overlay(hash PLACING CASE right(hash, 1) WHEN 'A' THEN 'Q' ELSE 'A' END
                                         FROM length(hash) - 4 FOR 1)) AS digest_changed
FROM foreign_hash ORDER BY id;

-- The bug of 2011 is not the algorithm: the same digest under another name
SELECT verify_password('ё', '$2a$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS') AS as_2a,
       verify_password('ё', '$2b$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS') AS as_2b,
       verify_password('U*U', '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS ascii_as_2x;
-- Four bits of a salt's last character mean nothing; some implementations leave them set.
SELECT verify_password('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS same_salt,
       verify_password('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCCOE5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS another;

-- Our own: a new salt each time, the settings in the text
SELECT a ~ '^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$' AS form, a <> b AS salted,
       verify_password('pässword', a) AND verify_password('pässword', b) AS verify,
       verify_password('passwörd', a) AS wrong
FROM (SELECT hash_password('pässword') AS a, hash_password('pässword') AS b) AS h;
SELECT a ~ '^\$2b\$04\$[./A-Za-z0-9]{53}$' AS form, a <> b AS salted,
       verify_password('pässword', a) AND verify_password('pässword', b) AS verify,
       verify_password('passwörd', a) AS wrong
FROM (SELECT hash_password('pässword', 'bcrypt') AS a, hash_password('pässword', 'bcrypt') AS b) AS h;
SELECT hash_password('x', 'ARGON2ID') ~ '^\$argon2id\$' AS argon2id, hash_password('x', 'BCrypt') ~ '^\$2b\$' AS bcrypt;
SELECT verify_password('', hash_password('')) AS empty, verify_password(' ', hash_password('')) AS not_empty;
BEGIN;
SET LOCAL multitenant.password_algorithm = 'bcrypt';
SET LOCAL multitenant.bcrypt_cost = 5;
SELECT hash_password('x') ~ '^\$2b\$05\$' AS by_setting, hash_password('x', 'argon2id') ~ '^\$argon2id\$' AS by_argument;
SET LOCAL multitenant.password_algorithm = 'argon2id';
SET LOCAL multitenant.argon2_memory = 100;
SET LOCAL multitenant.argon2_iterations = 3;
SET LOCAL multitenant.argon2_parallelism = 4;
SELECT substring(h FROM '^.*p=\d+\$') AS by_settings, verify_password('x', h) AS verifies FROM hash_password('x') AS h;
-- a lane takes 8 kB at least
SET LOCAL multitenant.argon2_memory = 8;
SET LOCAL multitenant.argon2_parallelism = 16;
SELECT substring(h FROM '^.*p=\d+\$') AS by_settings, verify_password('x', h) AS verifies, password_needs_rehash(h) FROM hash_password('x') AS h;
ROLLBACK;

-- What is not a hash, and what asks too much. $argon2id$ and its like name a format: what
-- follows must be of it (22P02) and within its bounds (54000); anything else is none (22023).
SELECT what, pg_temp.verify('x', hash) AS verify, pg_temp.needs_rehash(hash) AS needs_rehash
FROM (VALUES
  (1, 'empty', ''),
  (2, 'a word', 'password'),
  (3, 'traditional DES', 'rl.3StKT.4T8M'),
  (4, 'extended DES', '_J9..rasmBYk8r9AiWNc'),
  (5, 'md5-crypt', '$1$deadbeef$0Huu6KHrKLVWfqa4WljDE0'),
  (6, 'bcrypt $2$', '$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (7, 'bcrypt $2z$', '$2z$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (8, 'bcrypt $2B$', '$2B$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (9, 'bcrypt, a space before it', ' $2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (10, 'argon2d', '$argon2d$v=19$m=64,t=3,p=1$c29tZXNhbHQ$NAut4rczv/goHKYOAQHrRITjQCVBP0RpSBYfEhYkGkw'),
  (11, 'ARGON2ID', '$ARGON2ID$v=19$m=64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (20, 'bcrypt, prefix alone', '$2b$'),
  (21, 'bcrypt, setting alone', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.'),
  (22, 'bcrypt, cost of one digit', '$2b$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWA'),
  (23, 'bcrypt, cost of letters', '$2b$0x$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (24, 'bcrypt, cost 3', '$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (25, 'bcrypt, cost 17', '$2b$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (26, 'bcrypt, cost 99', '$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (27, 'bcrypt, a character short', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe'),
  (28, 'bcrypt, a character more', '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWA'),
  (29, 'bcrypt, a line break more', E'$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n'),
  (30, 'bcrypt, a foreign character', '$2b$05$CCCCCCCCCCCCCCCCCCCC+.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (31, 'bcrypt, a dollar for a salt', '$2b$05$$CCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'),
  (32, 'bcrypt, a letter outside of ASCII', '$2b$05$CCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWé'),
  (40, 'argon2, prefix alone', '$argon2id$'),
  (41, 'argon2, version 18', '$argon2id$v=18$m=64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (42, 'argon2, version in hex', '$argon2id$v=0x13$m=64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (43, 'argon2, parameters in another order', '$argon2id$v=19$t=1,m=64,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (44, 'argon2, a parameter short', '$argon2id$v=19$m=64,t=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (45, 'argon2, keyid', '$argon2id$v=19$m=64,t=1,p=1,keyid=Zm9v$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (46, 'argon2, data', '$argon2id$v=19$m=64,t=1,p=1,data=Zm9v$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (47, 'argon2, a leading zero', '$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (48, 'argon2, a negative number', '$argon2id$v=19$m=-64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (49, 'argon2, a number over 32 bits', '$argon2id$v=19$m=4294967360,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (50, 'argon2, no iterations', '$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (51, 'argon2, no lanes', '$argon2id$v=19$m=64,t=1,p=0$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (52, 'argon2, too little memory', '$argon2id$v=19$m=7,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (53, 'argon2, too little memory for its lanes', '$argon2id$v=19$m=64,t=1,p=9$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (54, 'argon2, padded', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ=$06+5KSUYDP2OtRvi'),
  (55, 'argon2, bits left over', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHR$06+5KSUYDP2OtRvi'),
  (56, 'argon2, base64url', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$06-5KSUYDP2OtRvi'),
  (57, 'argon2, a salt of 7 bytes', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbA$06+5KSUYDP2OtRvi'),
  (58, 'argon2, a hash of 11 bytes', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$uhEp0lfWBFzX3+c'),
  (59, 'argon2, no hash', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ'),
  (60, 'argon2, an empty hash', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$'),
  (61, 'argon2, a part more', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi$'),
  (62, 'argon2, a line break more', E'$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi\n'),
  (63, 'argon2, 1 GiB and 1 kB', '$argon2id$v=19$m=1048577,t=1,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (64, 'argon2, 65 iterations', '$argon2id$v=19$m=64,t=65,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (65, 'argon2, 17 lanes', '$argon2id$v=19$m=136,t=1,p=17$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (66, 'argon2, all that fits 32 bits', '$argon2id$v=19$m=4294967295,t=4294967295,p=16777215$c29tZXNhbHQ$06+5KSUYDP2OtRvi'),
  (70, 'argon2, 1 MB of hash', '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$' || repeat('A', 1000000)),
  (71, '1 MB of digits', '$argon2id$v=19$m=' || repeat('1', 1000000)),
  (72, '1 MB of bcrypt', '$2b$05$' || repeat('.', 1000000))
) AS t (id, what, hash) ORDER BY id;
-- The last within the bounds
SELECT pg_temp.verify('x', '$argon2id$v=19$m=64,t=64,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi') AS iterations,
       pg_temp.verify('x', '$argon2id$v=19$m=128,t=1,p=16$c29tZXNhbHQ$06+5KSUYDP2OtRvi') AS lanes;

-- Messages tell what is wrong, and nothing of a password or a hash.
SELECT verify_password('hunter2-password', 'hunter2-hash');
SELECT verify_password('hunter2-password', '$2b$hunter2-hash');
SELECT verify_password('hunter2-password', '$argon2id$hunter2-hash');
SELECT verify_password('hunter2-password', '$argon2id$v=18$hunter2-hash');
SELECT verify_password('x', '$argon2id$v=19$m=64,t=65,p=1$c29tZXNhbHQ$06+5KSUYDP2OtRvi');
SELECT verify_password('x', '$2b$' || repeat('hunter2', 200));
SELECT hash_password('hunter2-password', 'hunter2-algorithm');
SELECT hash_password(repeat('hunter2 ', 129));
SELECT hash_password(repeat('hunter2 ', 10), 'bcrypt');
SELECT hash_password(repeat('x', 1000000));
SELECT hash_password('x', repeat('argon2id', 125000));

-- NULL: the check answers false.
SELECT verify_password(NULL, hash_password('x')) AS password, verify_password('x', NULL) AS hash,
       verify_password(NULL, NULL) AS both;
SELECT hash_password(NULL) IS NULL AND hash_password(NULL, 'bcrypt') IS NULL
   AND password_needs_rehash(NULL) IS NULL AND password_problems(NULL) IS NULL
   AND password_problems(NULL, 'a@b') IS NULL AS all_null,
   hash_password('x', NULL) ~ '^\$argon2id\$' AS default_algorithm;

-- Lengths. Characters are code points; nothing is cut.
\set VERBOSITY sqlstate
SELECT verify_password(repeat('🔑', 1024), hash_password(repeat('🔑', 1024))) AS longest;
SELECT hash_password(repeat('x', 1025));
SELECT hash_password(repeat('🔑', 1025));
SELECT verify_password(repeat('🔑', 1024) || 'é', hash_password(repeat('🔑', 1024))) AS two_bytes_more,
       verify_password(repeat('🔑', 1024) || 'x', hash_password(repeat('🔑', 1024))) AS one_byte_more,
       verify_password(repeat('x', 1000000), hash_password('x')) AS a_megabyte;
BEGIN;
SET LOCAL multitenant.password_max_length = 64;
SELECT hash_password(repeat('é', 64)) IS NOT NULL AS sixty_four;
SELECT hash_password(repeat('é', 65));
ROLLBACK;
-- bcrypt reads 72 bytes: a longer password is not hashed with it. Hashes of other systems
-- were made of the first 72, and their owners sign in with the whole.
SELECT verify_password(repeat('a', 72), hash_password(repeat('a', 72), 'bcrypt')) AS seventy_two,
       verify_password(repeat('é', 36), hash_password(repeat('é', 36), 'bcrypt')) AS bytes,
       verify_password(repeat('a', 71), hash_password(repeat('a', 72), 'bcrypt')) AS seventy_one;
SELECT hash_password(repeat('a', 73), 'bcrypt');
SELECT hash_password(repeat('é', 37), 'bcrypt');
SELECT verify_password(repeat('a', 100), hash) AS longer FROM foreign_hash WHERE password = repeat('a', 72);
\set VERBOSITY default

-- Needs a rehash: whatever is not what the settings ask today
CREATE TEMP TABLE ours AS
  SELECT hash_password('x', 'argon2id') AS argon2id, hash_password('x', 'bcrypt') AS bcrypt;
CREATE FUNCTION pg_temp.rehash(VARIADIC settings text[]) RETURNS TABLE (argon2id boolean, bcrypt boolean)
LANGUAGE plpgsql AS $$
DECLARE
  setting text;
BEGIN
  FOREACH setting IN ARRAY settings LOOP
    PERFORM set_config('multitenant.' || split_part(setting, '=', 1), split_part(setting, '=', 2), true);
  END LOOP;
  RETURN QUERY SELECT multitenant.password_needs_rehash(o.argon2id), multitenant.password_needs_rehash(o.bcrypt) FROM ours o;
  -- and back
  FOREACH setting IN ARRAY settings LOOP
    PERFORM set_config('multitenant.' || split_part(setting, '=', 1),
                       CASE split_part(setting, '=', 1) WHEN 'argon2_memory' THEN '64' WHEN 'bcrypt_cost' THEN '4'
                            WHEN 'password_algorithm' THEN 'argon2id' ELSE '1' END, true);
  END LOOP;
END$$;
SELECT 'as made' AS settings, * FROM pg_temp.rehash(VARIADIC '{}')
UNION ALL SELECT 'more memory', * FROM pg_temp.rehash('argon2_memory=65')
UNION ALL SELECT 'less memory', * FROM pg_temp.rehash('argon2_memory=63')
UNION ALL SELECT 'iterations', * FROM pg_temp.rehash('argon2_iterations=2')
UNION ALL SELECT 'parallelism', * FROM pg_temp.rehash('argon2_parallelism=2')
UNION ALL SELECT 'bcrypt', * FROM pg_temp.rehash('password_algorithm=bcrypt')
UNION ALL SELECT 'bcrypt, cost', * FROM pg_temp.rehash('password_algorithm=bcrypt', 'bcrypt_cost=5');
SELECT what, password_needs_rehash(hash)
FROM (VALUES
  (1, 'as made here', '$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  (2, 'argon2i', '$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  (3, 'version 16', '$argon2id$v=16$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  (4, 'a shorter salt', '$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  (5, 'a shorter hash', '$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAA')
) AS t (id, what, hash) ORDER BY id;
BEGIN;
SET LOCAL multitenant.password_algorithm = 'bcrypt';
SELECT prefix, password_needs_rehash(prefix || '04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')
FROM (VALUES ('$2a$'), ('$2b$'), ('$2x$'), ('$2y$')) AS t (prefix);
ROLLBACK;

-- What speaks against a new password
SELECT password, email, password_problems(password, email)
FROM (VALUES
  (1, 'correct horse', NULL),
  (2, 'correct horse', 'alice@example.com'),
  (3, 'aaaaaaaz', NULL),
  (4, 'tr0ub4do', NULL),
  (5, 'tr0ub4d', NULL),
  (6, '', NULL),
  (7, 'пароль42', NULL),
  (8, '密码密码密码密', NULL),
  (9, '密码密码密码密码', NULL),
  (10, 'password', NULL),
  (11, 'PassWord1!', NULL),
  (12, 'qwertyuiop', NULL),
  (13, '123456', NULL),
  (14, 'xXaLiCe2024', 'Alice@example.com'),
  (15, 'alice', 'alice@example.com'),
  (16, 'alice-in-chains', 'alice+shop@example.com'),
  (17, 'example.com!', 'alice@example.com'),
  (18, 'bob-the-builder', 'bob@example.com'),
  (22, 'mary had a lamb', 'mary@example.com'),
  (23, 'Bob@example.com1', 'bob@example.com'),
  (24, 'xa@bx correct', 'a@b'),
  (19, 'alice in chains', 'alice'),
  (20, 'correct horse', ''),
  (21, 'correct horse', '@example.com')
) AS t (id, password, email) ORDER BY id;
SELECT password_problems(repeat('x', 1024)) AS longest, password_problems(repeat('x', 1025)) AS too_long,
       password_problems(repeat('password', 125000), 'password@example.com') AS a_megabyte,
       password_problems('correct horse', repeat('a', 1000000)) AS long_email;
BEGIN;
SET LOCAL multitenant.password_min_length = 15;
SELECT password_problems('correct horse') AS too_short, password_problems('correct horse battery') AS fine;
SET LOCAL multitenant.password_min_length = 1;
SELECT password_problems('x') AS fine, password_problems('') AS too_short, password_problems('123456') AS too_common;
SET LOCAL multitenant.password_max_length = 64;
SELECT password_problems(repeat('é', 64)) AS fine, password_problems(repeat('é', 65)) AS too_long;
-- what bcrypt would cut is too long for it
SET LOCAL multitenant.password_algorithm = 'bcrypt';
SELECT password_problems(repeat('é', 36)) AS fine, password_problems(repeat('é', 37)) AS too_long;
ROLLBACK;

-- bcrypt is pgcrypto's own, wherever that is, and whatever else bears the name: anybody may
-- call these, and nothing that a caller plants in the way is found.
CREATE ROLE regress_password_anybody;
CREATE SCHEMA regress_password_trap AUTHORIZATION regress_password_anybody;
SET ROLE regress_password_anybody;
CREATE FUNCTION regress_password_trap.crypt(text, text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'trapped %', $1; END$$;
CREATE FUNCTION regress_password_trap.gen_salt(text, integer) RETURNS text
  LANGUAGE plpgsql AS $$BEGIN RAISE 'trapped'; END$$;
CREATE FUNCTION regress_password_trap.equals(text, text) RETURNS boolean
  LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE OPERATOR regress_password_trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = regress_password_trap.equals);
SET search_path = regress_password_trap, pg_catalog;
SELECT crypt('hunter2', 'x');
SELECT 'a'::text = 'b'::text AS trap_is_set;
SELECT multitenant.verify_password('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS verifies,
       multitenant.verify_password('U*V', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS wrong,
       multitenant.verify_password('x', multitenant.hash_password('x', 'bcrypt')) AS ours,
       multitenant.verify_password('x', multitenant.hash_password('x')) AS argon2id,
       multitenant.password_needs_rehash(multitenant.hash_password('x')) AS needs_rehash,
       multitenant.password_problems('x') AS problems;
-- settings are not the caller's
SET multitenant.bcrypt_cost = 4;
SET multitenant.argon2_memory = 8;
RESET ROLE;

-- moved
CREATE SCHEMA regress_password_moved;
ALTER EXTENSION pgcrypto SET SCHEMA regress_password_moved;
SELECT multitenant.verify_password('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS verifies,
       multitenant.verify_password('x', multitenant.hash_password('x', 'bcrypt')) AS ours;
-- Other functions of that name in the extension's old place do not stand in for it.
CREATE FUNCTION public.crypt(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $2';
SELECT multitenant.verify_password('U*V', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS wrong;

-- pgcrypto is a trusted extension: its owner, who need not be a superuser, can put a function
-- of its own among its members. It is not called: what computes is pgcrypto's library.
CREATE FUNCTION regress_password_moved.spy(text, text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RAISE 'spied %', $1; END$$;
ALTER EXTENSION pgcrypto DROP FUNCTION regress_password_moved.crypt(text, text);
ALTER FUNCTION regress_password_moved.crypt(text, text) RENAME TO crypt_bcrypt;
ALTER FUNCTION regress_password_moved.spy(text, text) RENAME TO crypt;
ALTER EXTENSION pgcrypto ADD FUNCTION regress_password_moved.crypt(text, text);
SELECT regress_password_moved.crypt('hunter2', 'x');
SELECT multitenant.verify_password('U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS verifies,
       multitenant.verify_password('U*V', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW') AS wrong;

DROP OPERATOR regress_password_trap.= (text, text);
DROP FUNCTION regress_password_trap.crypt(text, text), regress_password_trap.gen_salt(text, integer),
              regress_password_trap.equals(text, text);
DROP SCHEMA regress_password_trap;
DROP ROLE regress_password_anybody;
