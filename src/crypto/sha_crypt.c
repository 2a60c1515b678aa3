/*
 * crypto/sha_crypt.c
 *		Password hashes of sha-crypt (U. Drepper, "Unix crypt using SHA-256 and
 *		SHA-512"), computed by libcrypt.
 *
 * Notes: libcrypt knows many formats, so nothing but a whole hash of this one reaches
 * it.  It reads passwords of up to 511 bytes and fails for a longer one; such a one is
 * wrong here, at the cost of any other: an error would tell who has a hash of this
 * kind.
 */
#include "crypto/sha_crypt.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <string.h>

#include "crypto/cursor.h"

#define MAX_PASSWORD 511

/* Step over a part of characters of crypt()'s base64; false for another one in it. */
static bool
skip_part(MtCursor *cursor, size_t *len)
{
	*len = mt_cursor_part_length(cursor);
	for (size_t i = 0; i < *len; i++)
	{
		char c = cursor->next[i];

		if (!(c == '.' || c == '/' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			  (c >= 'a' && c <= 'z')))
			return false;
	}
	cursor->next += *len;
	cursor->left -= *len;
	return true;
}

/*
 * mt_sha_crypt_parse reads a whole hash.
 *
 * Returns MT_CRYPTO_MALFORMED for what is not one, MT_CRYPTO_OUT_OF_RANGE for a salt that
 * is empty or longer than the algorithm reads, MT_CRYPTO_TOO_EXPENSIVE for more rounds
 * than are computed.
 */
MtCryptoStatus
mt_sha_crypt_parse(const char *text, size_t len, MtShaCrypt *sha_crypt)
{
	MtCursor cursor = {text, len};
	size_t hash_len;

	if (mt_cursor_skip(&cursor, "$5$"))
		hash_len = 43;
	else if (mt_cursor_skip(&cursor, "$6$"))
		hash_len = 86;
	else
		return MT_CRYPTO_UNSUPPORTED;

	sha_crypt->rounds = MT_SHA_CRYPT_DEFAULT_ROUNDS;
	if (cursor.left >= strlen("rounds=") && memcmp(cursor.next, "rounds=", strlen("rounds=")) == 0)
	{
		if (!mt_cursor_read_number(&cursor, "rounds=", &sha_crypt->rounds) ||
			!mt_cursor_skip(&cursor, "$") || sha_crypt->rounds < MT_SHA_CRYPT_MIN_ROUNDS)
			return MT_CRYPTO_MALFORMED;
	}
	if (!skip_part(&cursor, &sha_crypt->salt_len) || !mt_cursor_skip(&cursor, "$") ||
		!skip_part(&cursor, &sha_crypt->hash_len) || sha_crypt->hash_len != hash_len ||
		cursor.left != 0)
		return MT_CRYPTO_MALFORMED;
	if (sha_crypt->salt_len == 0 || sha_crypt->salt_len > MT_SHA_CRYPT_MAX_SALT)
		return MT_CRYPTO_OUT_OF_RANGE;
	if (sha_crypt->rounds > MT_SHA_CRYPT_MAX_ROUNDS)
		return MT_CRYPTO_TOO_EXPENSIVE;

	/* the parts are bounded, so this holds */
	if (len >= sizeof(sha_crypt->text))
		return MT_CRYPTO_TOO_LONG;
	memcpy(sha_crypt->text, text, len);
	sha_crypt->text[len] = '\0';
	sha_crypt->text_len = len;
	return MT_CRYPTO_OK;
}

/*
 * mt_sha_crypt_verify says whether the password, a C string, is the one that was
 * hashed.  False as well when it fails.
 */
MtCryptoStatus
mt_sha_crypt_verify(const char *password, const MtShaCrypt *sha_crypt, bool *matches)
{
	struct crypt_data data = {0};
	bool is_too_long = strlen(password) > MAX_PASSWORD;
	const char *hash = crypt_r(is_too_long ? "" : password, sha_crypt->text, &data);
	bool is_done = hash != NULL && strlen(hash) == sha_crypt->text_len;
	size_t digest_at = sha_crypt->text_len - sha_crypt->hash_len;

	*matches = is_done && !is_too_long &&
			   CRYPTO_memcmp(hash + digest_at, sha_crypt->text + digest_at, sha_crypt->hash_len) ==
				   0;
	OPENSSL_cleanse(&data, sizeof(data));
	return is_done ? MT_CRYPTO_OK : MT_CRYPTO_LIBRARY;
}
