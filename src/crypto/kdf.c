/*
 * crypto/kdf.c
 *		Argon2 (RFC 9106), computed by libargon2 on the calling thread.
 *
 * Notes: the lanes are computed one after the other, since a PostgreSQL
 * backend must not start threads; the outcome depends on the number of lanes
 * alone.
 */
#include "crypto/kdf.h"

#include "crypto/kdf_memory.h"

#include <argon2.h>
#include <openssl/crypto.h>

static MtCryptoStatus
compute(const char *password, size_t password_len, const MtArgon2 *argon2, uint8_t *hash)
{
	argon2_context context = {
		.out = hash,
		.outlen = (uint32_t) argon2->hash_len,
		.pwd = (uint8_t *) password,
		.pwdlen = (uint32_t) password_len,
		.salt = (uint8_t *) argon2->salt,
		.saltlen = (uint32_t) argon2->salt_len,
		.t_cost = argon2->iterations,
		.m_cost = argon2->memory,
		.lanes = argon2->lanes,
		.threads = 1,
		.version = argon2->version,
		.allocate_cbk = mt_kdf_memory_allocate,
		.free_cbk = mt_kdf_memory_free,
		.flags = ARGON2_DEFAULT_FLAGS,
	};

	if (password_len > UINT32_MAX)
		return MT_CRYPTO_TOO_LONG;
	switch (argon2_ctx(&context, argon2->type == MT_ARGON2_ID ? Argon2_id : Argon2_i))
	{
		case ARGON2_OK:
			return MT_CRYPTO_OK;
		case ARGON2_MEMORY_ALLOCATION_ERROR:
			return MT_CRYPTO_NO_MEMORY;
		default:
			return MT_CRYPTO_LIBRARY;
	}
}

/*
 * mt_kdf_argon2_hash fills argon2->hash with hash_len bytes, computed from the
 * password and everything else that argon2 holds.
 */
MtCryptoStatus
mt_kdf_argon2_hash(const char *password, size_t password_len, MtArgon2 *argon2)
{
	return compute(password, password_len, argon2, argon2->hash);
}

/*
 * mt_kdf_argon2_verify says whether the password is the one that was hashed.
 * False as well when it fails.
 */
MtCryptoStatus
mt_kdf_argon2_verify(const char *password, size_t password_len, const MtArgon2 *argon2,
					 bool *matches)
{
	uint8_t hash[MT_ARGON2_MAX_HASH];
	MtCryptoStatus status = compute(password, password_len, argon2, hash);

	*matches = status == MT_CRYPTO_OK && CRYPTO_memcmp(hash, argon2->hash, argon2->hash_len) == 0;
	OPENSSL_cleanse(hash, sizeof(hash));
	return status;
}
