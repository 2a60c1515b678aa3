/*
 * crypto/pbkdf2.c
 *		Password hashes of PBKDF2 (RFC 8018, section 5.2), computed by OpenSSL.
 *
 * Notes: one spelling of each hash is read for each of the three formats.
 */
#include "crypto/pbkdf2.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/base64.h"
#include "crypto/cursor.h"

/* Characters of base64 that a salt or a hash may have, and more than either needs. */
#define MAX_PART 256

static const struct
{
	const char *phc;
	const char *django;
	MtPbkdf2Digest digest;
	size_t digest_len;
} digests[] = {
	{"$pbkdf2-sha256$", "pbkdf2_sha256$", MT_PBKDF2_SHA256, 32},
	{"$pbkdf2-sha512$", "pbkdf2_sha512$", MT_PBKDF2_SHA512, 64},
	{"$pbkdf2-sha1$", "pbkdf2_sha1$", MT_PBKDF2_SHA1, 20},
	{"$pbkdf2$", "pbkdf2_sha1$", MT_PBKDF2_SHA1, 20},
};

/* Django: the salt is its characters, the hash is padded base64 of the digest's length. */
static MtCryptoStatus
read_django(MtCursor *cursor, size_t digest_len, MtPbkdf2 *pbkdf2)
{
	size_t padding = (3 - digest_len % 3) % 3;
	size_t part;

	if (!mt_cursor_read_number(cursor, "", &pbkdf2->iterations) || !mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;

	part = mt_cursor_part_length(cursor);
	if (part < MT_PBKDF2_MIN_SALT || part > MT_PBKDF2_MAX_SALT)
		return MT_CRYPTO_OUT_OF_RANGE;
	for (size_t i = 0; i < part; i++)
	{
		if (cursor->next[i] <= ' ' || cursor->next[i] > '~')
			return MT_CRYPTO_MALFORMED;
	}
	memcpy(pbkdf2->salt, cursor->next, part);
	pbkdf2->salt_len = part;
	cursor->next += part;
	cursor->left -= part;

	if (!mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	if (cursor->left != MT_BASE64_LENGTH(digest_len) + padding ||
		memcmp(cursor->next + cursor->left - padding, "==", padding) != 0)
		return MT_CRYPTO_MALFORMED;
	cursor->left -= padding;
	return mt_cursor_read_bytes(cursor, pbkdf2->hash, digest_len, digest_len, &pbkdf2->hash_len);
}

/* PHC string format, with the length of the hash if it likes. */
static MtCryptoStatus
read_phc(MtCursor *cursor, MtPbkdf2 *pbkdf2)
{
	uint32_t length = 0;
	bool has_length = false;
	MtCryptoStatus status;

	if (!mt_cursor_read_number(cursor, "i=", &pbkdf2->iterations))
		return MT_CRYPTO_MALFORMED;
	if (cursor->left > 0 && cursor->next[0] == ',')
	{
		has_length = true;
		if (!mt_cursor_read_number(cursor, ",l=", &length))
			return MT_CRYPTO_MALFORMED;
	}
	if (!mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = mt_cursor_read_bytes(cursor, pbkdf2->salt, MT_PBKDF2_MIN_SALT, MT_PBKDF2_MAX_SALT,
								  &pbkdf2->salt_len);
	if (status != MT_CRYPTO_OK)
		return status;
	if (!mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = mt_cursor_read_bytes(cursor, pbkdf2->hash, MT_PBKDF2_MIN_HASH, MT_PBKDF2_MAX_HASH,
								  &pbkdf2->hash_len);
	if (status == MT_CRYPTO_OK && has_length && length != pbkdf2->hash_len)
		return MT_CRYPTO_MALFORMED;
	return status;
}

/* The next part, in passlib's base64. */
static MtCryptoStatus
read_adapted(MtCursor *cursor, uint8_t *bytes, size_t min, size_t max, size_t *len)
{
	char text[MAX_PART];
	size_t part = mt_cursor_part_length(cursor);
	MtCursor copy = {text, part};

	if (part > MAX_PART)
		return MT_CRYPTO_OUT_OF_RANGE;
	for (size_t i = 0; i < part; i++)
	{
		if (cursor->next[i] == '+')
			return MT_CRYPTO_MALFORMED;
		text[i] = cursor->next[i] == '.' ? '+' : cursor->next[i];
	}
	cursor->next += part;
	cursor->left -= part;
	return mt_cursor_read_bytes(&copy, bytes, min, max, len);
}

static MtCryptoStatus
read_passlib(MtCursor *cursor, size_t digest_len, MtPbkdf2 *pbkdf2)
{
	MtCryptoStatus status;

	if (!mt_cursor_read_number(cursor, "", &pbkdf2->iterations) || !mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = read_adapted(cursor, pbkdf2->salt, MT_PBKDF2_MIN_SALT, MT_PBKDF2_MAX_SALT,
						  &pbkdf2->salt_len);
	if (status != MT_CRYPTO_OK)
		return status;
	if (!mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	return read_adapted(cursor, pbkdf2->hash, digest_len, digest_len, &pbkdf2->hash_len);
}

static MtCryptoStatus
check_cost(const MtPbkdf2 *pbkdf2, size_t digest_len)
{
	uint64_t blocks = (pbkdf2->hash_len + digest_len - 1) / digest_len;

	if (pbkdf2->iterations == 0)
		return MT_CRYPTO_MALFORMED;
	return pbkdf2->iterations * blocks > MT_PBKDF2_MAX_ITERATIONS ? MT_CRYPTO_TOO_EXPENSIVE
																  : MT_CRYPTO_OK;
}

/*
 * mt_pbkdf2_parse reads a whole hash of one of the three formats.
 *
 * Returns MT_CRYPTO_UNSUPPORTED for another digest, MT_CRYPTO_MALFORMED for what is not a
 * hash, MT_CRYPTO_OUT_OF_RANGE for a salt or hash too short or too long,
 * MT_CRYPTO_TOO_EXPENSIVE for a cost over the bounds.
 */
MtCryptoStatus
mt_pbkdf2_parse(const char *text, size_t len, MtPbkdf2 *pbkdf2)
{
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
	{
		MtCursor cursor = {text, len};
		size_t digest_len = digests[i].digest_len;
		MtCryptoStatus status;

		if (mt_cursor_skip(&cursor, digests[i].django))
			status = read_django(&cursor, digest_len, pbkdf2);
		else if (!mt_cursor_skip(&cursor, digests[i].phc))
			continue;
		else if (cursor.left > 0 && cursor.next[0] == 'i')
			status = read_phc(&cursor, pbkdf2);
		else
			status = read_passlib(&cursor, digest_len, pbkdf2);
		if (status != MT_CRYPTO_OK)
			return status;
		if (cursor.left != 0)
			return MT_CRYPTO_MALFORMED;
		pbkdf2->digest = digests[i].digest;
		return check_cost(pbkdf2, digest_len);
	}
	return MT_CRYPTO_UNSUPPORTED;
}

static const EVP_MD *
digest_of(const MtPbkdf2 *pbkdf2)
{
	switch (pbkdf2->digest)
	{
		case MT_PBKDF2_SHA1:
			return EVP_sha1();
		case MT_PBKDF2_SHA256:
			return EVP_sha256();
		case MT_PBKDF2_SHA512:
			return EVP_sha512();
	}
	return NULL;
}

/*
 * mt_pbkdf2_verify says whether the password is the one that was hashed.  False as well
 * when it fails.
 */
MtCryptoStatus
mt_pbkdf2_verify(const char *password, size_t password_len, const MtPbkdf2 *pbkdf2, bool *matches)
{
	uint8_t hash[MT_PBKDF2_MAX_HASH];
	bool is_done = PKCS5_PBKDF2_HMAC(password, (int) password_len, pbkdf2->salt,
									 (int) pbkdf2->salt_len, (int) pbkdf2->iterations,
									 digest_of(pbkdf2), (int) pbkdf2->hash_len, hash) == 1;

	*matches = is_done && CRYPTO_memcmp(hash, pbkdf2->hash, pbkdf2->hash_len) == 0;
	OPENSSL_cleanse(hash, sizeof(hash));
	if (is_done)
		return MT_CRYPTO_OK;
	ERR_clear_error();
	return MT_CRYPTO_LIBRARY;
}
