-- Passwords, one-time passwords and QR codes: pure functions.
--
-- They reach no table and keep no state, so PUBLIC may execute them as PostgreSQL
-- grants it by default; none has a REVOKE. A check that is given NULL answers false,
-- so that IF NOT verify_password(...) lets nobody in. What is given a secret is PARALLEL
-- RESTRICTED: an error in a worker of a query is logged by its leader with the whole
-- statement. And multitenant.max_concurrent_hashes does not hold the workers apart.

CREATE FUNCTION multitenant.hash_password(password text, algorithm text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_hash_password'
LANGUAGE C VOLATILE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION multitenant.hash_password(text, text) IS
  'Hashes a password with a new random salt: a PHC string for argon2id (RFC 9106; multitenant.argon2_memory in kB, argon2_iterations, argon2_parallelism), $2b$ for bcrypt (multitenant.bcrypt_cost, log2 of the rounds). algorithm: argon2id or bcrypt; null means multitenant.password_algorithm. At most multitenant.max_concurrent_hashes backends compute at once, the others wait. Null for a null password. Errors: 22023 unknown algorithm; 54000 password over multitenant.password_max_length characters or 4096 bytes, or over 72 bytes with bcrypt.';

CREATE FUNCTION multitenant.verify_password(password text, hash text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_verify_password'
LANGUAGE C STABLE PARALLEL RESTRICTED COST 100000;
COMMENT ON FUNCTION multitenant.verify_password(text, text) IS
  'Says whether a password is the one that was hashed, in a time that does not tell how much of it was right. hash: a PHC string of argon2id or argon2i (versions 16 and 19), or bcrypt $2a$, $2b$, $2x$, $2y$ (which reads the first 72 bytes of the password), or of another system: $scrypt$ (PHC, passlib), $pbkdf2$, $pbkdf2-sha1$, $pbkdf2-sha256$, $pbkdf2-sha512$ (PHC, passlib), pbkdf2_sha1$, pbkdf2_sha256$, pbkdf2_sha512$ (Django), sha-crypt $5$ and $6$. At most multitenant.max_concurrent_hashes backends compute at once, the others wait. False for a null argument and for a password over 4096 bytes. Errors: 22023 unknown format, version or length of hash; 22P02 malformed hash; 54000 hash over its bounds: argon2 over 1048576 kB, 64 iterations, 4 GB as their product or 16 lanes, bcrypt over cost 16, scrypt over 1 GB (128 * 2^ln * r * p bytes), pbkdf2 over 10000000 iterations in all blocks together, sha-crypt over 1500000 rounds.';

CREATE FUNCTION multitenant.password_needs_rehash(hash text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_password_needs_rehash'
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION multitenant.password_needs_rehash(text) IS
  'Says whether a hash should be made anew when the password is next at hand: true unless its algorithm and its cost are exactly what multitenant.password_algorithm and the settings of that algorithm ask today. Errors: 22023 unknown format; 22P02 malformed hash.';

CREATE FUNCTION multitenant.password_problems(password text, email text DEFAULT NULL)
RETURNS text[]
AS 'MODULE_PATHNAME', 'mt_password_problems'
LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION multitenant.password_problems(text, text) IS
  'What speaks against a new password (NIST SP 800-63B-4, section 3.1.1); an empty array when nothing does. too_short: under multitenant.password_min_length characters (code points). too_long: over password_max_length characters, or more than the algorithm reads; it is then the only one. too_common: on the built-in list of common passwords, in any case, or in the file of multitenant.password_blocklist_file. contains_email: holds the name of the mailbox, or the whole address where the name has less than 4 bytes, in any case. email: an address, or null not to ask that. Null for a null password. Errors: F0000 the file cannot be read or is malformed.';

CREATE FUNCTION multitenant.generate_totp_secret(bytes integer DEFAULT 20)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_generate_totp_secret'
LANGUAGE C VOLATILE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION multitenant.generate_totp_secret(integer) IS
  'A new random secret for an authenticator, in base32 without padding. bytes: 16 to 64; 20 suits SHA1, 32 SHA256, 64 SHA512 (RFC 4226, section 4, R6; RFC 6238, section 5.1). Errors: 22023 bytes out of range.';

CREATE FUNCTION multitenant.hotp_code(
  secret text, counter bigint, algorithm text DEFAULT 'SHA1', digits integer DEFAULT 6)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_hotp_code'
LANGUAGE C IMMUTABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION multitenant.hotp_code(text, bigint, text, integer) IS
  'The one-time password of a counter (RFC 4226). secret: base32, any case, spaces and hyphens ignored, padding optional. counter: 0 or more. algorithm: SHA1, SHA256 or SHA512. digits: 6 to 8. Errors: 22P02 secret is not base32 or empty; 54000 secret over 1024 characters; 22023 another argument out of range.';

CREATE FUNCTION multitenant.totp_code(
  secret text, at timestamptz DEFAULT clock_timestamp(), algorithm text DEFAULT 'SHA1',
  digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_totp_code'
LANGUAGE C IMMUTABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION multitenant.totp_code(text, timestamptz, text, integer, integer) IS
  'The one-time password of a moment (RFC 6238). secret: base32, any case, spaces and hyphens ignored, padding optional. at: not before 1970. algorithm: SHA1, SHA256 or SHA512. digits: 6 to 8. period: seconds of a time step, 1 to 86400. Errors: 22P02 secret is not base32 or empty; 54000 secret over 1024 characters; 22023 another argument out of range.';

CREATE FUNCTION multitenant.verify_totp(
  secret text, code text, at timestamptz DEFAULT clock_timestamp(), steps integer DEFAULT 1,
  algorithm text DEFAULT 'SHA1', digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS boolean
AS 'MODULE_PATHNAME', 'mt_verify_totp'
LANGUAGE C IMMUTABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION multitenant.verify_totp(text, text, timestamptz, integer, text, integer, integer) IS
  'Says whether a code is the one-time password (RFC 6238) of a moment or of up to so many time steps before or after it, in a time that does not tell which. It keeps no state: the same code is right again until its steps have passed. secret: base32, any case, spaces and hyphens ignored, padding optional. code: spaces ignored; one with another number of digits is wrong. steps: 0 to 10. algorithm: SHA1, SHA256 or SHA512. digits: 6 to 8. period: seconds, 1 to 86400. False for a null argument. Errors: 22P02 secret is not base32 or empty; 54000 secret over 1024 characters; 22023 another argument out of range.';

CREATE FUNCTION multitenant.totp_uri(
  secret text, account text, issuer text, algorithm text DEFAULT 'SHA1',
  digits integer DEFAULT 6, period integer DEFAULT 30)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_totp_uri'
LANGUAGE C IMMUTABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION multitenant.totp_uri(text, text, text, text, integer, integer) IS
  'The otpauth://totp/ URI that enrols an authenticator, usually shown as a QR code: a secret in the clear. secret: base32, written back in capitals without padding. account: who signs in, usually the e-mail address. issuer: the name of the service; both up to 255 bytes, not empty, without a colon, control characters or spaces around them. algorithm: SHA1, SHA256 or SHA512; many authenticators know SHA1, 6 digits and 30 seconds alone. digits: 6 to 8. period: seconds, 1 to 86400. Source: the Key URI format; RFC 3986, section 2.1. Errors: 22P02 secret is not base32 or empty; 54000 an argument is too long; 22023 another argument is not acceptable.';

CREATE FUNCTION multitenant.qr_svg(content text)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_qr_svg'
LANGUAGE C IMMUTABLE STRICT PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION multitenant.qr_svg(text) IS
  'A text as a QR code in SVG, for a page: usually what totp_uri() returns, so as secret as that. Self-contained, black on white with its quiet zone, and of no size of its own. content: 1 to 2331 bytes, one less when they are not all ASCII and so marked as UTF-8. Source: ISO/IEC 18004, byte mode, error correction M. Errors: 22023 content empty; 54000 content too long.';

CREATE FUNCTION multitenant.qr_text(content text)
RETURNS text
AS 'MODULE_PATHNAME', 'mt_qr_text'
LANGUAGE C IMMUTABLE STRICT PARALLEL RESTRICTED COST 10000;
COMMENT ON FUNCTION multitenant.qr_text(text) IS
  'A text as a QR code of block characters, for a terminal with light letters on a dark background: usually what totp_uri() returns, so as secret as that. In psql best with -At, which adds nothing to the lines. content: 1 to 2331 bytes, one less when they are not all ASCII and so marked as UTF-8. Source: ISO/IEC 18004, byte mode, error correction M. Errors: 22023 content empty; 54000 content too long; 0A000 the database is not in UTF8.';
