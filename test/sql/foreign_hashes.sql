-- Hashes of other systems: scrypt, pbkdf2 in three formats, sha-crypt. Each verifies as its
-- maker says, always needs a rehash, and is bounded before it is computed.
SET search_path = multitenant, pg_catalog;

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

CREATE TEMP TABLE foreign_hash (id serial, made_by text, password text, hash text);
-- python3: 'pbkdf2_sha256$%d$%s$%s' % (iterations, salt, base64 of hashlib.pbkdf2_hmac('sha256', …)), which is
--   what Django's PBKDF2PasswordHasher.encode() does
-- node: crypto.pbkdf2Sync(password, salt, iterations, length, digest), crypto.scryptSync(password, salt, length,
--   { N, r, p }), written as a PHC string
-- openssl: printf '%s\n' PASSWORD | openssl passwd -5|-6 -salt SALT -stdin
-- passlib: known_correct_hashes of its own tests, and the example of its manual
-- the specification: the vectors in U. Drepper's "Unix crypt using SHA-256 and SHA-512"
INSERT INTO foreign_hash (made_by, password, hash) VALUES
  ('python3 hashlib, Django', 'correct horse battery staple', 'pbkdf2_sha256$1$seasalt$YBwsf/yKxw1EIJHvxwy1lo6XfNIRudoL9Z7iITL3fGg='),
  ('python3 hashlib, Django', 'Grüße, Jürgen – 密码 🔑', 'pbkdf2_sha1$1000$k9PuYqzGCWNm$ACU21oMMWES5LbT4J9Qv6feuPpw='),
  ('python3 hashlib, Django', 'x', 'pbkdf2_sha512$390$lsp7hNUVJzWXQVG4d7uEzM$gkBBBlNAy/3/sbhCk5lrzCTUViNx2BgmmlCLiGU8ZloJrZXYSRD8dTeK8f6dlGs55/GcdlbwRYV0lsM6PHTxmw=='),
  ('node crypto', 'correct horse battery staple', '$pbkdf2-sha256$i=1000$YSBzYWx0IG9mIDE2IGJ5Lg$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  ('node crypto', 'Grüße, Jürgen – 密码 🔑', '$pbkdf2-sha512$i=10,l=64$c29tZXNhbHQ$LeZgGx0Jj5nXdbko7SXbjWJnJ1kJsVCopvZHq+zmnwnNsHjX3vPfm7i176ZxvTqu8lmQVtlFp7UO85H2Cv/rHQ'),
  ('node crypto', 'x', '$pbkdf2-sha1$i=4096,l=20$c2FsdA$7Qc/4WAk9Ml71wGSlGXwH0MXBx0'),
  ('node crypto', 'correct horse battery staple', '$pbkdf2$i=1,l=12$c2FsdA$73crOPF02xe3NVDw'),
  ('node crypto', 'correct horse battery staple', '$pbkdf2-sha1$i=3,l=50$c2FsdA$zL5LqiCRATi8JIUc4Gfu4Ih2WDFT4uu2JIYnGRjQ1XYE2Zl26XdpB+1ePanYsU8qI8c'),
  ('node crypto', 'correct horse battery staple', '$scrypt$ln=4,r=8,p=1$YSBzYWx0IG9mIDE2IGJ5Lg$cLzJpNt9vdd+nJi68d1VP6ItspiChyqRz3TQrkSf+LI'),
  ('node crypto', 'Grüße, Jürgen – 密码 🔑', '$scrypt$ln=5,r=4,p=3$c29tZXNhbHQ$P9LlMGdHqgxFzJASSCwaOnDK4icy0sG9Z0tsn+vw4SBxfLYiKVhzbR07bNdTKCkbk/bU1GHq8uL96dXyNsFePg'),
  ('node crypto', 'x', '$scrypt$ln=1,r=1,p=64$cw$IeIuT48z7RdQvqs2'),
  ('openssl passwd', 'correct horse battery staple', '$5$rounds=1000$abcdefgh$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  ('openssl passwd', 'Grüße, Jürgen – 密码 🔑', '$6$rounds=1000$a.b/c$0c4fWiNAbOWp286Ph6GNxhJpXRwvftY3qXjYUvPaxk96ocSiwyF31Mdo/GHJk3Dg2sNEozxjCdQ/HPhYrfQKm1'),
  ('openssl passwd', 'x', '$6$0123456789abcdef$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1'),
  ('openssl passwd', 'Grüße, Jürgen – 密码 🔑', '$5$x$XMVTugptWbqGluaUf7.7DBiRI4tY1z62tHXU2QDYFND'),
  ('passlib''s tests', 'password', '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI'),
  ('passlib''s tests', 'Ιωαννης', '$pbkdf2$1212$THDqatpidANpadlLeTeOEg$HV3oi1k5C5LQCgG1BMOL.BX4YZc'),
  ('passlib''s tests', 'password', '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ'),
  ('passlib''s tests', 'Ιωαννης', '$pbkdf2-sha256$1212$3SABFJGDtyhrQMVt1uABPw$WyaUoqCLgvz97s523nF4iuOqZNbp5Nt8do/cuaa7AiI'),
  ('passlib''s tests', 'password', '$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww'),
  ('passlib''s documentation', 'password', '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'),
  ('sha-crypt''s specification', 'Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'),
  ('sha-crypt''s specification', 'Hello world!', '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'),
  ('sha-crypt''s specification', 'Hello world!', '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1'),
  ('sha-crypt''s specification', 'Hello world!', '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.'),
  ('sha-crypt''s specification', 'This is just a test', '$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5');

SELECT id, made_by, substr(hash, 1, 24) AS hash, verify_password(password, hash) AS verifies,
       verify_password('x' || password, hash) AS another,
       verify_password(upper(password), hash) AND password <> upper(password) AS upper_case,
       verify_password(password, overlay(hash PLACING CASE substr(hash, length(hash) - 8, 1) WHEN 'A' THEN 'Q' ELSE 'A' END
                                         FROM length(hash) - 8 FOR 1)) AS digest_changed,
       password_needs_rehash(hash) AS needs_rehash
FROM foreign_hash ORDER BY id;

-- Any algorithm asked of new hashes
BEGIN;
SET LOCAL multitenant.password_algorithm = 'bcrypt';
SELECT count(*), bool_and(password_needs_rehash(hash)) AS all_need_a_rehash FROM foreign_hash;
ROLLBACK;

-- The empty password, and long ones. libcrypt reads up to 511 bytes, so a longer one is wrong for
-- sha-crypt, and no error; all of 4096 bytes count for the others.
-- node: crypto.scryptSync and crypto.pbkdf2Sync of 'a'.repeat(4096); openssl passwd of 'a'.repeat(255), which is its limit
SELECT verify_password('', hash) FROM foreign_hash WHERE hash LIKE '$6$0%' OR hash LIKE 'pbkdf2_sha256%' OR hash LIKE '$scrypt$ln=4%';
SELECT verify_password(repeat('x', n), '$6$0123456789abcdef$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1') AS wrong FROM (VALUES (511), (512), (4096), (5000)) AS t (n);
SELECT verify_password(repeat('a', n), hash) AS verifies, verify_password(repeat('a', n - 1), hash) AS one_less
FROM (VALUES (4096, '$pbkdf2-sha256$i=10$c29tZXNhbHQ$d3HOYIgaKp/8fNo6W3EtrhqJRN+/NbWY0Vde3pJnZ2g'),
             (4096, '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$eDDzhbR61pg0K1NqV0Z5o7n0a8+Piqhvma4TW98cG9s'),
             (255, '$6$rounds=1000$abcdefgh$I5waZOF94.x2fZ0fmTN4OpeKjG7nY/c8LjbVxWb4NYHv6GCKJbHIE/k.5gOfDtVASRpC7RwzyJl/1K5Msj3EY/')) AS t (n, hash);

-- What is not a hash, and what asks too much
SELECT what, pg_temp.verify('x', hash) AS verify, pg_temp.needs_rehash(hash) AS needs_rehash
FROM (VALUES
  (1, 'scrypt, prefix alone', '$scrypt$'),
  (2, 'scrypt, passlib before 1.7', '$scrypt$16,8,1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (3, 'scrypt, parameters in another order', '$scrypt$ln=4,p=1,r=8$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (4, 'scrypt, a parameter short', '$scrypt$ln=4,r=8$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (5, 'scrypt, a leading zero', '$scrypt$ln=04,r=8,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (6, 'scrypt, N = 1', '$scrypt$ln=0,r=8,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (7, 'scrypt, N over what r allows', '$scrypt$ln=16,r=1,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (8, 'scrypt, no blocks', '$scrypt$ln=4,r=0,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (9, 'scrypt, no lanes', '$scrypt$ln=4,r=8,p=0$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (10, 'scrypt, padded', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ=$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (11, 'scrypt, base64url', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KB_'),
  (12, 'scrypt, no salt', '$scrypt$ln=4,r=8,p=1$$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (13, 'scrypt, a salt of 65 bytes', '$scrypt$ln=4,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (14, 'scrypt, a hash of 11 bytes', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAA'),
  (15, 'scrypt, no hash', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ'),
  (16, 'scrypt, a part more', '$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg$'),
  (17, 'scrypt, 2 GiB', '$scrypt$ln=21,r=8,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (18, 'scrypt, r = 65', '$scrypt$ln=1,r=65,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (19, 'scrypt, p = 65', '$scrypt$ln=1,r=1,p=65$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (20, 'scrypt, 256 MiB 17 times', '$scrypt$ln=18,r=8,p=17$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (21, 'scrypt, all that fits 32 bits', '$scrypt$ln=4294967295,r=4294967295,p=4294967295$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (22, 'scrypt, a number over 32 bits', '$scrypt$ln=4294967300,r=8,p=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (23, 'django, prefix alone', 'pbkdf2_sha256$'),
  (24, 'django, another digest', 'pbkdf2_md5$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (25, 'django, no iterations', 'pbkdf2_sha256$0$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (26, 'django, iterations negative', 'pbkdf2_sha256$-1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (27, 'django, a leading zero', 'pbkdf2_sha256$01$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (28, 'django, no salt', 'pbkdf2_sha256$1$$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (29, 'django, a salt of 129 characters', 'pbkdf2_sha256$1$sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (30, 'django, a blank in the salt', 'pbkdf2_sha256$1$sea salt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (31, 'django, a letter outside of ASCII', 'pbkdf2_sha256$1$séasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (32, 'django, not padded', 'pbkdf2_sha256$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (33, 'django, bits left over', 'pbkdf2_sha256$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBh='),
  (34, 'django, a digest of another length', 'pbkdf2_sha256$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9'),
  (35, 'django, sha1 with a digest of sha256', 'pbkdf2_sha1$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (36, 'django, a part more', 'pbkdf2_sha256$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg=$'),
  (37, 'django, a line break more', E'pbkdf2_sha256$1$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg=\n'),
  (38, 'django, 10,000,001 iterations', 'pbkdf2_sha256$10000001$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (39, 'django, all that fits 32 bits', 'pbkdf2_sha256$4294967295$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (40, 'django, a number over 32 bits', 'pbkdf2_sha256$4294967296$seasalt$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (41, 'phc, another digest', '$pbkdf2-sha384$i=1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (42, 'phc, no iterations', '$pbkdf2-sha256$i=0$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (43, 'phc, length and digest differ', '$pbkdf2-sha256$i=1,l=31$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (44, 'phc, another parameter', '$pbkdf2-sha256$i=1,x=32$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (45, 'phc, padded', '$pbkdf2-sha256$i=1$c29tZXNhbHQ=$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg='),
  (46, 'phc, the base64 of passlib', '$pbkdf2-sha256$i=1$c29tZXNhbHQ$zDDYrS9ZE4.Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (47, 'phc, a hash of 11 bytes', '$pbkdf2-sha256$i=1$c29tZXNhbHQ$AAAAAAAAAAAAAAA'),
  (48, 'phc, a hash of 65 bytes', '$pbkdf2-sha256$i=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  (49, 'phc, 5,000,001 iterations for each of two blocks', '$pbkdf2$i=5000001$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (50, 'passlib, the base64 of others', '$pbkdf2-sha256$1$c29tZXNhbHQ$zDDYrS9ZE4+Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (51, 'passlib, a digest of another length', '$pbkdf2-sha512$1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (52, 'passlib, no salt', '$pbkdf2-sha256$1$$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (53, 'passlib, no hash', '$pbkdf2-sha256$1$c29tZXNhbHQ'),
  (54, 'passlib, a hash of 300 characters', '$pbkdf2-sha256$1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
  (55, 'passlib, a part more', '$pbkdf2-sha256$1$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg$'),
  (56, 'passlib, 10,000,001 iterations', '$pbkdf2-sha256$10000001$c29tZXNhbHQ$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg'),
  (57, 'sha-crypt, prefix alone', '$6$'),
  (58, 'sha-crypt, no digest', '$6$0123456789abcdef'),
  (59, 'sha-crypt, a setting', '$6$0123456789abcdef$'),
  (60, 'sha-crypt, no salt', '$6$$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1'),
  (61, 'sha-crypt, a salt of 17 characters', '$6$0123456789abcdefg$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1'),
  (62, 'sha-crypt, a foreign character in the salt', '$6$0123456789abcde:$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1'),
  (63, 'sha-crypt, a digest of SHA-256', '$6$0123456789abcdef$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (64, 'sha-crypt, a character more', '$6$0123456789abcdef$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1.'),
  (65, 'sha-crypt, a part more', '$6$0123456789abcdef$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1$'),
  (66, 'sha-crypt, 999 rounds', '$5$rounds=999$abcdefgh$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (67, 'sha-crypt, a leading zero', '$5$rounds=01000$abcdefgh$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (68, 'sha-crypt, rounds of letters', '$5$rounds=many$abcdefgh$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (69, 'sha-crypt, rounds alone', '$5$rounds=1000$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (70, 'sha-crypt, 10,000,001 rounds', '$5$rounds=10000001$abcdefgh$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (71, 'sha-crypt, all the rounds there are', '$5$rounds=999999999$abcdefgh$e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9'),
  (72, 'sha-crypt, $7$', '$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D')
) AS t (id, what, hash) ORDER BY id;
-- Nothing of a hash in a message
SELECT verify_password('hunter2-password', 'pbkdf2_sha256$hunter2-hash');
SELECT verify_password('hunter2-password', '$6$hunter2:hash');
SELECT verify_password('hunter2-password', '$scrypt$ln=21,r=8,p=1$aHVudGVyMi1oYXNo$zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg');

-- At sign-in they are replaced, and what cannot be computed is no password, and no error.
SET multitenant.argon2_memory = 64;
SET multitenant.argon2_iterations = 1;
INSERT INTO "Users" (email, password) SELECT 'u' || id || '@example.org', hash FROM foreign_hash;
INSERT INTO "Users" (email, password) VALUES ('bad@example.org', '$6$rounds=99999999$abcdefgh$8YztVyzwDEH96nI5J4SMvvvaVH43cm6MjQyfl3gZsAa8rZMsHQVTiLQraFpug5a6xlaOJbzt.7jq8UBJs4F7M1');
SELECT a.outcome, count(*), bool_and(u.password LIKE '$argon2id$v=19$m=64,t=1,p=1$%') AS none_yet
FROM foreign_hash f JOIN "Users" u ON u.email = 'u' || f.id || '@example.org', authenticate(u.email, f.password) a GROUP BY a.outcome;
SELECT count(*), bool_and(u.password LIKE '$argon2id$v=19$m=64,t=1,p=1$%') AS replaced, bool_and(verify_password(f.password, u.password)) AS verify
FROM foreign_hash f JOIN "Users" u ON u.email = 'u' || f.id || '@example.org';
SELECT outcome FROM authenticate('bad@example.org', 'x');
