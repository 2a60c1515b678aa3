/*
 * crypto/base64.c
 *		The base64 of PHC strings: standard alphabet, no padding, one text for
 *		each value.
 */
#include "crypto/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of a character of the alphabet, or -1. */
static int
digit_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

/*
 * mt_base64_decode reads exactly what mt_base64_encode writes.
 *
 * Returns MT_CRYPTO_MALFORMED for a foreign character (padding and blanks
 * included), an impossible length, or bits left over that are not zero;
 * MT_CRYPTO_TOO_LONG when out_size bytes do not hold the result.
 */
MtCryptoStatus
mt_base64_decode(const char *text, size_t text_len, uint8_t *out, size_t out_size, size_t *out_len)
{
	uint32_t bits = 0;
	int bit_count = 0;
	size_t written = 0;

	if (text_len % 4 == 1)
		return MT_CRYPTO_MALFORMED;

	for (size_t i = 0; i < text_len; i++)
	{
		int value = digit_value((unsigned char) text[i]);

		if (value < 0)
			return MT_CRYPTO_MALFORMED;
		bits = (bits << 6) | (uint32_t) value;
		bit_count += 6;
		if (bit_count >= 8)
		{
			if (written == out_size)
				return MT_CRYPTO_TOO_LONG;
			bit_count -= 8;
			out[written++] = (uint8_t) (bits >> bit_count);
		}
	}
	if ((bits & ((1U << bit_count) - 1)) != 0)
		return MT_CRYPTO_MALFORMED;

	*out_len = written;
	return MT_CRYPTO_OK;
}

/*
 * mt_base64_encode writes MT_BASE64_LENGTH(len) characters and a terminating
 * zero.
 */
void
mt_base64_encode(const uint8_t *bytes, size_t len, char *out)
{
	uint32_t bits = 0;
	int bit_count = 0;

	for (size_t i = 0; i < len; i++)
	{
		bits = (bits << 8) | bytes[i];
		bit_count += 8;
		while (bit_count >= 6)
		{
			bit_count -= 6;
			*out++ = alphabet[(bits >> bit_count) & 63];
		}
	}
	if (bit_count > 0)
		*out++ = alphabet[(bits << (6 - bit_count)) & 63];
	*out = '\0';
}
