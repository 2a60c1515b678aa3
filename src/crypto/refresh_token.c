/*
 * crypto/refresh_token.c
 *		Refresh tokens of a session, each made of the one before.
 *
 * Notes: 12 bytes are 16 characters of base64 without a rest, so the three parts of a
 * token are parts of its text as well, and texts are compared, never bytes: a text that
 * would decode to the bytes of a token and is not the token is none.
 */
#include "crypto/refresh_token.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define HMAC_BYTES 32
#define PART_BYTES 12
#define SIGNED_BYTES (2 * PART_BYTES)
#define SHARED_LENGTH (MT_TOKEN_PREFIX_LENGTH + 16) /* characters, the prefix with them */
#define SIGNED_LENGTH (SHARED_LENGTH + 16)

static MtCryptoStatus
hmac(const char *key, const void *bytes, size_t length, uint8_t mac[HMAC_BYTES])
{
	unsigned int mac_length = 0;

	if (HMAC(EVP_sha256(), key, (int) strlen(key), bytes, length, mac, &mac_length) == NULL ||
		mac_length != HMAC_BYTES)
		return MT_CRYPTO_LIBRARY;
	return MT_CRYPTO_OK;
}

/* HMAC of a token under a salt; "use" keeps what it is for apart. */
static MtCryptoStatus
derive(const char *use, const char *token, const char *salt, uint8_t out[HMAC_BYTES])
{
	char message[16 + MT_TOKEN_LENGTH];
	size_t use_length = strlen(use);
	MtCryptoStatus status;

	memcpy(message, use, use_length);
	memcpy(message + use_length, token, MT_TOKEN_LENGTH);
	status = hmac(salt, message, use_length + MT_TOKEN_LENGTH, out);
	OPENSSL_cleanse(message, sizeof(message));
	return status;
}

/* The characters of the mark that a token with these first two parts has. */
static MtCryptoStatus
mark(const char *token, const char *key, char text[MT_TOKEN_LENGTH + 1 - SIGNED_LENGTH])
{
	uint8_t bytes[MT_TOKEN_RANDOM_BYTES] = {0};
	uint8_t mac[HMAC_BYTES];
	char whole[MT_TOKEN_LENGTH + 1];
	MtCryptoStatus status = hmac(key, token, SIGNED_LENGTH, mac);

	if (status != MT_CRYPTO_OK)
		return status;
	memcpy(bytes + SIGNED_BYTES, mac, MT_TOKEN_RANDOM_BYTES - SIGNED_BYTES);
	mt_token_format(MT_TOKEN_REFRESH, bytes, whole);
	memcpy(text, whole + SIGNED_LENGTH, MT_TOKEN_LENGTH + 1 - SIGNED_LENGTH);
	OPENSSL_cleanse(mac, sizeof(mac));
	return MT_CRYPTO_OK;
}

MtCryptoStatus
mt_refresh_token_first(const uint8_t random[MT_REFRESH_RANDOM_BYTES], const char *key, char *token)
{
	uint8_t bytes[MT_TOKEN_RANDOM_BYTES] = {0};

	memcpy(bytes, random, MT_REFRESH_RANDOM_BYTES);
	mt_token_format(MT_TOKEN_REFRESH, bytes, token);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return mark(token, key, token + SIGNED_LENGTH);
}

MtCryptoStatus
mt_refresh_token_next(const char *token, const char *key, const char *salt, char *next)
{
	uint8_t bytes[HMAC_BYTES];
	char text[MT_TOKEN_LENGTH + 1];
	MtCryptoStatus status = derive("refresh", token, salt, bytes);

	if (status != MT_CRYPTO_OK)
		return status;
	mt_token_format(MT_TOKEN_REFRESH, bytes, text);
	memcpy(next, token, SHARED_LENGTH);
	memcpy(next + SHARED_LENGTH, text + MT_TOKEN_PREFIX_LENGTH, SIGNED_LENGTH - SHARED_LENGTH);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(text, sizeof(text));
	return mark(next, key, next + SIGNED_LENGTH);
}

MtCryptoStatus
mt_refresh_token_access(const char *token, const char *salt, char *access)
{
	uint8_t bytes[HMAC_BYTES];
	MtCryptoStatus status = derive("access", token, salt, bytes);

	if (status != MT_CRYPTO_OK)
		return status;
	mt_token_format(MT_TOKEN_ACCESS, bytes, access);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return MT_CRYPTO_OK;
}

MtCryptoStatus
mt_refresh_token_was_issued(const char *token, const char *key, bool *was_issued)
{
	char expected[MT_TOKEN_LENGTH + 1 - SIGNED_LENGTH];
	MtCryptoStatus status = mark(token, key, expected);

	if (status == MT_CRYPTO_OK)
		*was_issued = CRYPTO_memcmp(token + SIGNED_LENGTH, expected, sizeof(expected) - 1) == 0;
	return status;
}

MtCryptoStatus
mt_refresh_token_family(const char *token, char hex[MT_SHA256_HEX_LENGTH + 1])
{
	return mt_sha256_hex(token, SHARED_LENGTH, hex);
}
