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

char *
mt_password_in_utf8(const char *password)
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

void
mt_password_forget(char *converted, const char *password)
{
	if (converted != password)
		explicit_bzero(converted, strlen(converted));
}

static bool
verify(const char *password, const char *hash, MtHashCaller caller)
{
	const MtHashFormat *format = find_format(hash);
	MtCryptoStatus status;
	bool matches = false;
	bool ignored;
	char *converted;
	MtHashSlot slot;

	if (strlen(password) > MT_MAX_PASSWORD_BYTES)
		return false;
	/* what will not be computed does not wait */
	status = format->is_outdated(hash, &ignored);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "password hash");

	converted = mt_password_in_utf8(password);
	slot = mt_hash_gate_enter(caller);
	status = format->verify(converted, hash, &matches);
	mt_hash_gate_leave(slot);
	mt_password_forget(converted, password);
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
	bool matches = verify(password != NULL ? password : "", hash != NULL ? hash : hash_of_nothing(),
						  MT_HASH_CALLER_ACCOUNT);

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
	char *converted = mt_password_in_utf8(password);
	Size length = strlen(converted);

	mt_password_forget(converted, password);
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

static MtCryptoStatus
hash_argon2id(const char *password, char **hash)
{
	MtArgon2 argon2 = mt_hash_format_argon2();
	MtCryptoStatus status;

	if (!pg_strong_random(argon2.salt, argon2.salt_len))
		return MT_CRYPTO_LIBRARY;
	status = mt_kdf_argon2_hash(password, strlen(password), &argon2);
	if (status != MT_CRYPTO_OK)
		return status;
	*hash = palloc(MT_PHC_ARGON2_SIZE);
	mt_phc_format_argon2(&argon2, *hash);
	return MT_CRYPTO_OK;
}

/* A new hash of a password that is hashable, behind the gate. */
static MtCryptoStatus
compute_hash(const char *password, int algorithm, MtHashCaller caller, char **hash)
{
	char *converted = mt_password_in_utf8(password);
	MtHashSlot slot = mt_hash_gate_enter(caller);
	MtCryptoStatus status = MT_CRYPTO_OK;

	if (algorithm == MT_ALGORITHM_BCRYPT)
		*hash = mt_pgcrypto_bcrypt(converted, mt_pgcrypto_new_setting(mt_bcrypt_cost));
	else
		status = hash_argon2id(converted, hash);
	mt_hash_gate_leave(slot);
	mt_password_forget(converted, password);
	return status;
}

static char *
hash_or_throw(const char *password, int algorithm, MtHashCaller caller)
{
	char *hash;
	MtCryptoStatus status;

	if (!mt_password_is_hashable(password, algorithm))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("password is too long"),
				 algorithm == MT_ALGORITHM_BCRYPT
					 ? errdetail("bcrypt reads at most %d bytes of a password.",
								 MT_BCRYPT_MAX_PASSWORD)
					 : errdetail("It may have at most %d characters.", mt_password_max_length)));
	status = compute_hash(password, algorithm, caller, &hash);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "password hash");
	return hash;
}

char *
mt_password_hash(const char *password, int algorithm)
{
	return hash_or_throw(password, algorithm, MT_HASH_CALLER_ACCOUNT);
}

char *
mt_password_try_hash(const char *password, int algorithm)
{
	char *hash;

	return compute_hash(password, algorithm, MT_HASH_CALLER_ACCOUNT, &hash) == MT_CRYPTO_OK ? hash
																							: NULL;
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
	PG_RETURN_TEXT_P(cstring_to_text(
		hash_or_throw(password,
					  algorithm != NULL ? find_algorithm(algorithm) : mt_password_algorithm,
					  MT_HASH_CALLER_PURE)));
}

/* SQL: multitenant.verify_password(password text, hash text) returns boolean */
MT_SECRET_FUNCTION(mt_verify_password)
{
	char *password = mt_truncated_text(fcinfo, 0, MT_PASSWORD_CUT_BYTES);
	char *hash = mt_text_argument(fcinfo, 1, "password hash", MT_MAX_PASSWORD_HASH_BYTES);

	if (password == NULL || hash == NULL)
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(verify(password, hash, MT_HASH_CALLER_PURE));
}

/* SQL: multitenant.password_needs_rehash(hash text) returns boolean */
MT_SECRET_FUNCTION(mt_password_needs_rehash)
{
	PG_RETURN_BOOL(mt_password_is_outdated(
		mt_text_argument(fcinfo, 0, "password hash", MT_MAX_PASSWORD_HASH_BYTES)));
}
