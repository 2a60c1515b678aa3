/*
 * test/fuzz/base32.c
 *		crypto/base32 against a reader of bits, and back.
 */
#include "crypto/base32.h"

#include <ctype.h>

#include "fuzz.h"

/* The digits of a text as they are in the alphabet; false where one cannot be. */
static bool
read_digits(Input text, char *digits, size_t *count)
{
	static Grammar grammar = {.pattern = "^([A-Z2-7]{8})*([A-Z2-7]{2}(={6})?|[A-Z2-7]{4}(={4})?|"
										 "[A-Z2-7]{5}(={3})?|[A-Z2-7]{7}=?)?$"};

	*count = 0;
	for (size_t i = 0; i < text.len; i++)
	{
		if (text.bytes[i] != ' ' && text.bytes[i] != '-')
			digits[(*count)++] = (char) toupper(text.bytes[i]);
	}
	if (!grammar_holds(&grammar, digits, *count))
		return false;
	while (*count > 0 && digits[*count - 1] == '=')
		(*count)--;
	return true;
}

static bool
bit_of_digits(const char *digits, size_t bit)
{
	int value = isalpha((unsigned char) digits[bit / 5]) ? digits[bit / 5] - 'A'
														 : digits[bit / 5] - '2' + 26;

	return (value >> (4 - bit % 5) & 1) != 0;
}

static void
check_decoding(Input input)
{
	char *text = fuzz_copy(input.bytes, input.len);
	char *digits = fuzz_alloc(input.len);
	size_t count;
	bool is_good = read_digits(input, digits, &count);
	size_t expected = count * 5 / 8;
	uint8_t *bytes = fuzz_alloc(expected);
	size_t len = 0;
	char *again;

	must((mt_base32_decode(text, input.len, bytes, expected, &len) == MT_CRYPTO_OK) == is_good);
	if (!is_good)
		return;
	must(len == expected);
	for (size_t bit = 0; bit < 8 * len; bit++)
		must((bytes[bit / 8] >> (7 - bit % 8) & 1) == bit_of_digits(digits, bit));
	if (len > 0)
		must(mt_base32_decode(text, input.len, fuzz_alloc(len - 1), len - 1, &count) ==
			 MT_CRYPTO_TOO_LONG);

	again = fuzz_alloc(MT_BASE32_LENGTH(len) + 1);
	mt_base32_encode(bytes, len, again);
	/* but for the bits that the last character has too many */
	must(len == 0 || memcmp(again, digits, strlen(again) - 1) == 0);
}

static void
check_encoding(Input input)
{
	uint8_t *bytes = fuzz_copy(input.bytes, input.len);
	char *text = fuzz_alloc(MT_BASE32_LENGTH(input.len) + 1);
	uint8_t *decoded = fuzz_alloc(input.len);
	size_t len;

	mt_base32_encode(bytes, input.len, text);
	must(strlen(text) == MT_BASE32_LENGTH(input.len));
	must(mt_base32_decode(text, strlen(text), decoded, input.len, &len) == MT_CRYPTO_OK);
	must(len == input.len && memcmp(decoded, bytes, len) == 0);
}

static void
check(Input input)
{
	check_decoding(input);
	check_encoding(input);
}
