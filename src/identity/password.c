/*
 * identity/password.c
 *		Password hashes: made, verified, and judged outdated.
 *
 * Notes: the computing stands behind a gate (hash_gate.c).  No password and no hash
 * appears in a message.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/namespace.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "crypto/kdf.h"
#include "crypto/mcf.h"
#include "crypto/phc.h"
#include "identity/hash_format.h"
#include "identity/hash_gate.h"
#include "identity/password.h"
#include "identity/pgcrypto.h"
#include "utils/builtins.h"

/* The format of a hash; 22023 when it has none that is known. */
static const MtHashFormat *
find_format(const char *hash)
{
	const MtHashFormat *format = mt_hash_format_find(hash);

	if (format != NULL)
		return format;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown password hash format"),
			 errhint("Known are argon2id, argon2i, bcrypt, scrypt, pbkdf2 (of the PHC string format, "
					 "passlib and Django) and sha-crypt.")));
}

/*
 * The password in UTF-8, which is what other systems hash, and what keeps a
 * hash valid when the database is moved to another encoding.  The argument
 * itself when there is nothing to convert, or no way to.
 */
static char *
password_in_utf8(const char *password)
{
	int encoding = GetDatabaseEncoding();
	int len = (int) strlen(password);
	int size = (len + 1) * MAX_CONVERSION_GROWTH + 1;
	Oid conversion;
	char *converted;

	if (encoding == PG_UTF8)
		return (char *) password;
	conversion = FindDefaultConversionProc(encoding, PG_UTF8);
	if (!OidIsValid(conversion))
		return (char *) password;

	/* an error would print the character that has no counterpart */
	converted = palloc(size);
	if (pg_do_encoding_conversion_buf(conversion, encoding, PG_UTF8, (unsigned char *) password,
									  len, (unsigned char *) converted, size, true) != len)
		return (char *) password;
	return converted;
}

/* Wipe what password_in_utf8 made of a password. */
static void
forget(char *converted, const char *password)
{
	if (converted != password)
		explicit_bzero(converted, strlen(converted));
}

static bool
verify(const char *password, const char *hash)
{
	const MtHashFormat *format = find_format(hash);
	MtCryptoStatus status;
	bool matches = false;
	bool ignored;
	char *converted;
	int slot;

	if (strlen(password) > MT_MAX_PASSWORD_BYTES)
		return false;
	/* what will not be computed does not wait */
	status = format->is_outdated(hash, &ignored);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "password hash");

	converted = password_in_utf8(password);
	slot = mt_hash_gate_enter();
	status = format->verify(converted, hash, &matches);
	mt_hash_gate_leave(slot);
	forget(converted, password);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "password hash");
	return matches;
}

/* A hash that nothing is known to match, at the cost of one made with today's settings. */
static char *
hash_of_nothing(void)
{
	if (mt_password_algorithm == MT_ALGORITHM_BCRYPT)
		return psprintf("$2b$%02d$.....................................................",
						mt_bcrypt_cost);
	else
	{
		MtArgon2 argon2 = mt_hash_format_argon2();
		char *result = palloc(MT_PHC_ARGON2_SIZE);

		mt_phc_format_argon2(&argon2, result);
		return result;
	}
}

bool
mt_password_check(const char *password, const char *hash)
{
	bool matches = verify(password != NULL ? password : "",
						  hash != NULL ? hash : hash_of_nothing());

	return matches && password != NULL && hash != NULL;
}

bool
mt_password_is_usable(const char *hash)
{
	const MtHashFormat *format = mt_hash_format_find(hash);
	bool outdated;

	return format != NULL && format->is_outdated(hash, &outdated) == MT_CRYPTO_OK;
}

bool
mt_password_is_outdated(const char *hash)
{
	bool outdated = true;
	MtCryptoStatus status = find_format(hash)->is_outdated(hash, &outdated);

	if (status == MT_CRYPTO_TOO_EXPENSIVE)
		return true;
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "password hash");
	return outdated;
}

/* Bytes of the password as it is hashed. */
static Size
utf8_length(const char *password)
{
	char *converted = password_in_utf8(password);
	Size length = strlen(converted);

	forget(converted, password);
	return length;
}

/* Of 72 bytes that match, more may have been cut when the hash was made. */
bool
mt_password_is_whole(const char *password, const char *hash)
{
	return strncmp(hash, "$2", 2) != 0 || utf8_length(password) < MT_BCRYPT_MAX_PASSWORD;
}

bool
mt_password_is_hashable(const char *password, int algorithm)
{
	Size len = strlen(password);

	if (len > MT_MAX_PASSWORD_BYTES ||
		pg_mbstrlen_with_len(password, (int) len) > mt_password_max_length)
		return false;
	return algorithm != MT_ALGORITHM_BCRYPT || utf8_length(password) <= MT_BCRYPT_MAX_PASSWORD;
}

static char *
hash_argon2id(const char *password)
{
	MtArgon2 argon2 = mt_hash_format_argon2();
	char *result = palloc(MT_PHC_ARGON2_SIZE);
	MtCryptoStatus status;

	if (!pg_strong_random(argon2.salt, argon2.salt_len))
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "password hash");
	status = mt_kdf_argon2_hash(password, strlen(password), &argon2);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "password hash");
	mt_phc_format_argon2(&argon2, result);
	return result;
}

char *
mt_password_hash(const char *password, int algorithm)
{
	char *converted;
	char *hash;
	int slot;

	if (!mt_password_is_hashable(password, algorithm))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("password is too long"),
				 algorithm == MT_ALGORITHM_BCRYPT
					 ? errdetail("bcrypt reads at most %d bytes of a password.",
								 MT_BCRYPT_MAX_PASSWORD)
					 : errdetail("It may have at most %d characters.", mt_password_max_length)));

	converted = password_in_utf8(password);
	slot = mt_hash_gate_enter();
	if (algorithm == MT_ALGORITHM_BCRYPT)
		hash = mt_pgcrypto_bcrypt(converted, mt_pgcrypto_new_setting(mt_bcrypt_cost));
	else
		hash = hash_argon2id(converted);
	mt_hash_gate_leave(slot);
	forget(converted, password);
	return hash;
}

/* The MtAlgorithm that a name means, in any case; 22023 for another name. */
static int
find_algorithm(const char *name)
{
	if (pg_strcasecmp(name, "argon2id") == 0)
		return MT_ALGORITHM_ARGON2ID;
	if (pg_strcasecmp(name, "bcrypt") == 0)
		return MT_ALGORITHM_BCRYPT;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown password algorithm"),
			 errhint("Use argon2id or bcrypt.")));
}

/* SQL: multitenant.hash_password(password text, algorithm text) returns text */
MT_SECRET_FUNCTION(mt_hash_password)
{
	char *password = mt_text_argument(fcinfo, 0, "password", MT_MAX_PASSWORD_BYTES);
	char *algorithm = mt_truncated_text(fcinfo, 1, NAMEDATALEN);

	if (password == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(
		cstring_to_text(mt_password_hash(password, algorithm != NULL ? find_algorithm(algorithm)
																	 : mt_password_algorithm)));
}

/* SQL: multitenant.verify_password(password text, hash text) returns boolean */
MT_SECRET_FUNCTION(mt_verify_password)
{
	char *password = mt_truncated_text(fcinfo, 0, MT_PASSWORD_CUT_BYTES);
	char *hash = mt_text_argument(fcinfo, 1, "password hash", MT_MAX_PASSWORD_HASH_BYTES);

	if (password == NULL || hash == NULL)
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(mt_password_check(password, hash));
}

/* SQL: multitenant.password_needs_rehash(hash text) returns boolean */
MT_SECRET_FUNCTION(mt_password_needs_rehash)
{
	PG_RETURN_BOOL(mt_password_is_outdated(
		mt_text_argument(fcinfo, 0, "password hash", MT_MAX_PASSWORD_HASH_BYTES)));
}
