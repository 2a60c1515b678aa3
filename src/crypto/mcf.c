/*
 * crypto/mcf.c
 *		Password hashes in the modular crypt format: bcrypt.
 *
 * Notes: what is not wholly of the form must never reach a crypt() function.
 * Many of them, pgcrypto's too, take a setting that they do not know for one
 * of traditional DES, and answer with a hash of the first eight characters.
 */
#include "crypto/mcf.h"

#include <stdbool.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Is a character one of bcrypt's own base64? */
static bool
is_bcrypt_character(char c)
{
	return c == '.' || c == '/' || is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * mt_mcf_parse_bcrypt reads a whole bcrypt hash, of one of the variants that
 * are in use.
 *
 * Returns MT_CRYPTO_MALFORMED for what is not one, MT_CRYPTO_TOO_EXPENSIVE for
 * a cost over MT_BCRYPT_MAX_COST.
 */
MtCryptoStatus
mt_mcf_parse_bcrypt(const char *text, size_t len, MtBcrypt *bcrypt)
{
	if (len != MT_BCRYPT_LENGTH || text[0] != '$' || text[1] != '2' || text[3] != '$' ||
		!is_digit(text[4]) || !is_digit(text[5]) || text[6] != '$')
		return MT_CRYPTO_MALFORMED;
	for (size_t i = 7; i < len; i++)
	{
		if (!is_bcrypt_character(text[i]))
			return MT_CRYPTO_MALFORMED;
	}

	bcrypt->variant = text[MT_BCRYPT_VARIANT_POS];
	if (bcrypt->variant != 'a' && bcrypt->variant != 'b' && bcrypt->variant != 'x' &&
		bcrypt->variant != 'y')
		return MT_CRYPTO_MALFORMED;

	bcrypt->cost = (text[4] - '0') * 10 + (text[5] - '0');
	if (bcrypt->cost < MT_BCRYPT_MIN_COST)
		return MT_CRYPTO_MALFORMED;
	return bcrypt->cost > MT_BCRYPT_MAX_COST ? MT_CRYPTO_TOO_EXPENSIVE : MT_CRYPTO_OK;
}
