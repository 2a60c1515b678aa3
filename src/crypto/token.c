/*
 * crypto/token.c
 *		Tokens that are handed out once, and what is stored of them.
 */
#include "crypto/token.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Base64url without padding, unterminated; returns the end of what was written. */
static char *
encode(const uint8_t *bytes, size_t length, char *out)
{
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < length; i++)
	{
		bits = bits << 8 | bytes[i];
		for (held += 8; held >= 6;)
		{
			held -= 6;
			*out++ = base64url[bits >> held & 63];
		}
	}
	if (held > 0)
		*out++ = base64url[bits << (6 - held) & 63];
	return out;
}

void
mt_token_format(const char *prefix, const uint8_t random[MT_TOKEN_RANDOM_BYTES], char *token)
{
	memcpy(token, prefix, MT_TOKEN_PREFIX_LENGTH);
	*encode(random, MT_TOKEN_RANDOM_BYTES, token + MT_TOKEN_PREFIX_LENGTH) = '\0';
}

bool
mt_token_has_form(const char *prefix, const char *text, size_t length)
{
	if (length != MT_TOKEN_LENGTH ||
		strncmp(text, prefix, MT_TOKEN_PREFIX_LENGTH) != 0) /* banned-ok: a prefix is no secret */
		return false;
	for (size_t i = MT_TOKEN_PREFIX_LENGTH; i < length; i++)
	{
		if (text[i] == '\0' || strchr(base64url, text[i]) == NULL)
			return false;
	}
	return true;
}

MtCryptoStatus
mt_sha256_hex(const void *bytes, size_t length, char hex[MT_SHA256_HEX_LENGTH + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[MT_SHA256_HEX_LENGTH / 2];
	unsigned int digest_length = 0;

	if (EVP_Digest(bytes, length, digest, &digest_length, EVP_sha256(), NULL) != 1 ||
		digest_length != sizeof(digest))
		return MT_CRYPTO_LIBRARY;
	for (size_t i = 0; i < sizeof(digest); i++)
	{
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[MT_SHA256_HEX_LENGTH] = '\0';
	OPENSSL_cleanse(digest, sizeof(digest));
	return MT_CRYPTO_OK;
}
