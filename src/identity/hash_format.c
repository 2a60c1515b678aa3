/*
 * identity/hash_format.c
 *		The formats of password hashes: what verifies each, and what is outdated.
 *
 * Notes: a format is one row of a table; none is tried but the one that the hash's own
 * prefix names.  What a stored hash asks to be computed is bounded before it is
 * computed.  Hashes of other systems are verified and never made: all of them are
 * outdated.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/settings.h"
#include "crypto/kdf.h"
#include "crypto/mcf.h"
#include "crypto/pbkdf2.h"
#include "crypto/phc.h"
#include "crypto/scrypt.h"
#include "crypto/sha_crypt.h"
#include "identity/hash_format.h"
#include "identity/pgcrypto.h"

#include <openssl/crypto.h>


#define NEW_SALT_BYTES 16
#define NEW_HASH_BYTES 32

MtArgon2
mt_hash_format_argon2(void)
{
	int memory = Max(mt_argon2_memory, MT_ARGON2_MIN_MEMORY_PER_LANE * mt_argon2_parallelism);

	return (MtArgon2){
		.type = MT_ARGON2_ID,
		.version = MT_ARGON2_VERSION_13,
		.memory = memory,
		.iterations = Min(mt_argon2_iterations, MT_ARGON2_MAX_WORK / memory),
		.lanes = mt_argon2_parallelism,
		.salt_len = NEW_SALT_BYTES,
		.hash_len = NEW_HASH_BYTES,
	};
}

static MtCryptoStatus
verify_argon2(const char *password, const char *hash, bool *matches)
{
	MtArgon2 argon2;
	MtCryptoStatus status = mt_phc_parse_argon2(hash, strlen(hash), &argon2);

	if (status == MT_CRYPTO_OK)
		status = mt_kdf_argon2_verify(password, strlen(password), &argon2, matches);
	return status;
}

static MtCryptoStatus
is_outdated_argon2(const char *hash, bool *outdated)
{
	MtArgon2 wanted = mt_hash_format_argon2();
	MtArgon2 argon2;
	MtCryptoStatus status = mt_phc_parse_argon2(hash, strlen(hash), &argon2);

	if (status == MT_CRYPTO_OK)
		*outdated = mt_password_algorithm != MT_ALGORITHM_ARGON2ID || argon2.type != wanted.type ||
					argon2.version != wanted.version || argon2.memory != wanted.memory ||
					argon2.iterations != wanted.iterations || argon2.lanes != wanted.lanes ||
					argon2.salt_len < wanted.salt_len || argon2.hash_len < wanted.hash_len;
	return status;
}

/*
 * The digests are compared, not the whole texts: the last character of the salt
 * has four bits that mean nothing, which some implementations do not clear.
 */
static MtCryptoStatus
verify_bcrypt(const char *password, const char *hash, bool *matches)
{
	MtBcrypt bcrypt;
	MtCryptoStatus status = mt_mcf_parse_bcrypt(hash, strlen(hash), &bcrypt);

	if (status == MT_CRYPTO_OK)
	{
		char *computed = mt_pgcrypto_bcrypt(password, hash);

		*matches = CRYPTO_memcmp(computed + MT_BCRYPT_SETTING_LENGTH,
								 hash + MT_BCRYPT_SETTING_LENGTH,
								 MT_BCRYPT_LENGTH - MT_BCRYPT_SETTING_LENGTH) == 0;
		explicit_bzero(computed, MT_BCRYPT_LENGTH);
	}
	return status;
}

static MtCryptoStatus
is_outdated_bcrypt(const char *hash, bool *outdated)
{
	MtBcrypt bcrypt;
	MtCryptoStatus status = mt_mcf_parse_bcrypt(hash, strlen(hash), &bcrypt);

	if (status == MT_CRYPTO_OK)
		*outdated = mt_password_algorithm != MT_ALGORITHM_BCRYPT || bcrypt.variant == 'x' ||
					bcrypt.cost != mt_bcrypt_cost;
	return status;
}

static MtCryptoStatus
verify_scrypt(const char *password, const char *hash, bool *matches)
{
	MtScrypt scrypt;
	MtCryptoStatus status = mt_scrypt_parse(hash, strlen(hash), &scrypt);

	if (status == MT_CRYPTO_OK)
		status = mt_scrypt_verify(password, strlen(password), &scrypt, matches);
	return status;
}

static MtCryptoStatus
is_outdated_scrypt(const char *hash, bool *outdated)
{
	MtScrypt scrypt;

	*outdated = true;
	return mt_scrypt_parse(hash, strlen(hash), &scrypt);
}

static MtCryptoStatus
verify_pbkdf2(const char *password, const char *hash, bool *matches)
{
	MtPbkdf2 pbkdf2;
	MtCryptoStatus status = mt_pbkdf2_parse(hash, strlen(hash), &pbkdf2);

	if (status == MT_CRYPTO_OK)
		status = mt_pbkdf2_verify(password, strlen(password), &pbkdf2, matches);
	return status;
}

static MtCryptoStatus
is_outdated_pbkdf2(const char *hash, bool *outdated)
{
	MtPbkdf2 pbkdf2;

	*outdated = true;
	return mt_pbkdf2_parse(hash, strlen(hash), &pbkdf2);
}

static MtCryptoStatus
verify_sha_crypt(const char *password, const char *hash, bool *matches)
{
	MtShaCrypt sha_crypt;
	MtCryptoStatus status = mt_sha_crypt_parse(hash, strlen(hash), &sha_crypt);

	if (status == MT_CRYPTO_OK)
		status = mt_sha_crypt_verify(password, &sha_crypt, matches);
	return status;
}

static MtCryptoStatus
is_outdated_sha_crypt(const char *hash, bool *outdated)
{
	MtShaCrypt sha_crypt;

	*outdated = true;
	return mt_sha_crypt_parse(hash, strlen(hash), &sha_crypt);
}

static const MtHashFormat formats[] = {
	{"$argon2id$", verify_argon2, is_outdated_argon2},
	{"$argon2i$", verify_argon2, is_outdated_argon2},
	{"$2a$", verify_bcrypt, is_outdated_bcrypt},
	{"$2b$", verify_bcrypt, is_outdated_bcrypt},
	{"$2x$", verify_bcrypt, is_outdated_bcrypt},
	{"$2y$", verify_bcrypt, is_outdated_bcrypt},
	{"$scrypt$", verify_scrypt, is_outdated_scrypt},
	{"pbkdf2_sha256$", verify_pbkdf2, is_outdated_pbkdf2},
	{"pbkdf2_sha512$", verify_pbkdf2, is_outdated_pbkdf2},
	{"pbkdf2_sha1$", verify_pbkdf2, is_outdated_pbkdf2},
	{"$pbkdf2-sha256$", verify_pbkdf2, is_outdated_pbkdf2},
	{"$pbkdf2-sha512$", verify_pbkdf2, is_outdated_pbkdf2},
	{"$pbkdf2-sha1$", verify_pbkdf2, is_outdated_pbkdf2},
	{"$pbkdf2$", verify_pbkdf2, is_outdated_pbkdf2},
	{"$5$", verify_sha_crypt, is_outdated_sha_crypt},
	{"$6$", verify_sha_crypt, is_outdated_sha_crypt},
};

const MtHashFormat *
mt_hash_format_find(const char *hash)
{
	for (int i = 0; i < (int) lengthof(formats); i++)
	{
		const char *prefix = formats[i].prefix;

		if (strncmp(hash, prefix, strlen(prefix)) == 0) /* banned-ok: a prefix is no secret */
			return &formats[i];
	}
	return NULL;
}
