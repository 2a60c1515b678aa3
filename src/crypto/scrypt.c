/*
 * crypto/scrypt.c
 *		Password hashes of scrypt (RFC 7914), computed by OpenSSL.
 *
 * Notes: one spelling of each hash is read, that of the PHC string format, which
 * passlib writes too.
 */
#include "crypto/scrypt.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/cursor.h"

/* RFC 7914, section 6: N > 1 and N < 2^(128 * r / 8); r and p are positive. */
static MtCryptoStatus
check_cost(const MtScrypt *scrypt)
{
	uint64_t blocks;

	if (scrypt->ln == 0 || scrypt->r == 0 || scrypt->p == 0 || scrypt->ln / 16 >= scrypt->r)
		return MT_CRYPTO_MALFORMED;
	if (scrypt->ln > 32 || scrypt->r > MT_SCRYPT_MAX_R || scrypt->p > MT_SCRYPT_MAX_P)
		return MT_CRYPTO_TOO_EXPENSIVE;
	blocks = (UINT64_C(1) << scrypt->ln) * scrypt->r;
	if (blocks * scrypt->p > MT_SCRYPT_MAX_WORK)
		return MT_CRYPTO_TOO_EXPENSIVE;
	return MT_CRYPTO_OK;
}

/*
 * mt_scrypt_parse reads a whole scrypt string.
 *
 * Returns MT_CRYPTO_MALFORMED for what is not one, MT_CRYPTO_OUT_OF_RANGE for a salt or
 * hash too short or too long, MT_CRYPTO_TOO_EXPENSIVE for a cost over the bounds.
 */
MtCryptoStatus
mt_scrypt_parse(const char *text, size_t len, MtScrypt *scrypt)
{
	MtCursor cursor = {text, len};
	MtCryptoStatus status;

	if (!mt_cursor_read_number(&cursor, "$scrypt$ln=", &scrypt->ln) ||
		!mt_cursor_read_number(&cursor, ",r=", &scrypt->r) ||
		!mt_cursor_read_number(&cursor, ",p=", &scrypt->p) || !mt_cursor_skip(&cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = mt_cursor_read_bytes(&cursor, scrypt->salt, MT_SCRYPT_MIN_SALT, MT_SCRYPT_MAX_SALT,
								  &scrypt->salt_len);
	if (status != MT_CRYPTO_OK)
		return status;
	if (!mt_cursor_skip(&cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = mt_cursor_read_bytes(&cursor, scrypt->hash, MT_SCRYPT_MIN_HASH, MT_SCRYPT_MAX_HASH,
								  &scrypt->hash_len);
	if (status != MT_CRYPTO_OK)
		return status;
	if (cursor.left != 0)
		return MT_CRYPTO_MALFORMED;
	return check_cost(scrypt);
}

/*
 * mt_scrypt_verify says whether the password is the one that was hashed.  False as
 * well when it fails.
 */
MtCryptoStatus
mt_scrypt_verify(const char *password, size_t password_len, const MtScrypt *scrypt, bool *matches)
{
	uint8_t hash[MT_SCRYPT_MAX_HASH];
	uint64_t n = UINT64_C(1) << scrypt->ln;
	uint64_t memory = UINT64_C(128) * scrypt->r * (n + scrypt->p + 2);
	bool is_done = EVP_PBE_scrypt(password, password_len, scrypt->salt, scrypt->salt_len, n,
								  scrypt->r, scrypt->p, memory, hash, scrypt->hash_len) == 1;
	bool no_memory = !is_done && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;

	*matches = is_done && CRYPTO_memcmp(hash, scrypt->hash, scrypt->hash_len) == 0;
	OPENSSL_cleanse(hash, sizeof(hash));
	if (is_done)
		return MT_CRYPTO_OK;
	ERR_clear_error();
	return no_memory ? MT_CRYPTO_NO_MEMORY : MT_CRYPTO_LIBRARY;
}
