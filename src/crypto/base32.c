/*
 * crypto/base32.c
 *		Base32 (RFC 4648, section 6), read the way people type it.
 *
 * The bytes are usually the key of an authenticator: the caller wipes them.
 */
#include "crypto/base32.h"

#include <stdbool.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/*
 * Value of a character of the alphabet in either case, or -1.  Nothing branches on
 * it: the characters of a key cannot be predicted, and their time should not tell.
 */
static int
digit_value(unsigned char c)
{
	unsigned letter = (c | 0x20u) - 'a';
	unsigned digit = c - (unsigned) '2';
	int is_letter = -(int) (letter < 26);
	int is_digit = -(int) (digit < 6);

	return ((int) letter & is_letter) | ((int) (digit + 26) & is_digit) | ~(is_letter | is_digit);
}

/* Can so many characters, and so much padding behind them, be what bytes encode to? */
static bool
is_possible_length(size_t digits, size_t padding)
{
	size_t rest = digits % 8;

	if (rest == 1 || rest == 3 || rest == 6)
		return false;
	return padding == 0 || (rest != 0 && rest + padding == 8);
}

/*
 * mt_base32_decode reads text_len characters of any case; spaces and hyphens
 * are skipped, padding may be left out.  Bits left over in the last character
 * are ignored, as other readers ignore them.
 *
 * Returns MT_CRYPTO_MALFORMED for any other character and for a length that no
 * bytes encode to, MT_CRYPTO_TOO_LONG when out_size bytes do not hold the
 * result.  On failure *out may hold a part of it.
 */
MtCryptoStatus
mt_base32_decode(const char *text, size_t text_len, uint8_t *out, size_t out_size, size_t *out_len)
{
	uint32_t bits = 0;
	int bit_count = 0;
	size_t digits = 0;
	size_t padding = 0;
	size_t written = 0;

	for (size_t i = 0; i < text_len; i++)
	{
		int value;

		if (text[i] == ' ' || text[i] == '-')
			continue;
		if (text[i] == '=')
		{
			padding++;
			continue;
		}
		value = digit_value((unsigned char) text[i]);
		if (value < 0 || padding > 0)
			return MT_CRYPTO_MALFORMED;

		digits++;
		bits = (bits << 5) | (uint32_t) value;
		bit_count += 5;
		if (bit_count >= 8)
		{
			if (written == out_size)
				return MT_CRYPTO_TOO_LONG;
			bit_count -= 8;
			out[written++] = (uint8_t) (bits >> bit_count);
		}
	}
	if (!is_possible_length(digits, padding))
		return MT_CRYPTO_MALFORMED;

	*out_len = written;
	return MT_CRYPTO_OK;
}

/*
 * mt_base32_encode writes MT_BASE32_LENGTH(len) upper case characters and a
 * terminating zero, without padding.
 */
void
mt_base32_encode(const uint8_t *bytes, size_t len, char *out)
{
	uint32_t bits = 0;
	int bit_count = 0;

	for (size_t i = 0; i < len; i++)
	{
		bits = (bits << 8) | bytes[i];
		bit_count += 8;
		while (bit_count >= 5)
		{
			bit_count -= 5;
			*out++ = alphabet[(bits >> bit_count) & 31];
		}
	}
	if (bit_count > 0)
		*out++ = alphabet[(bits << (5 - bit_count)) & 31];
	*out = '\0';
}
