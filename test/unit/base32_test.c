/*
 * test/unit/base32_test.c
 *		crypto/base32: RFC 4648, section 10, and what people type.
 */
#include "crypto/base32.h"

#include "unit.h"

static MtCryptoStatus
decode(const char *text, uint8_t *out, size_t size, size_t *len)
{
	char *copy = exact_copy(text, strlen(text));
	MtCryptoStatus status = mt_base32_decode(copy, strlen(text), out, size, len);

	free(copy);
	return status;
}

static bool
decodes_to(const char *text, const char *expected)
{
	uint8_t out[64];
	size_t len = 999;

	return decode(text, out, sizeof(out), &len) == MT_CRYPTO_OK && len == strlen(expected) &&
		   memcmp(out, expected, len) == 0;
}

static bool
is_malformed(const char *text)
{
	uint8_t out[64];
	size_t len;

	return decode(text, out, sizeof(out), &len) == MT_CRYPTO_MALFORMED;
}

/* RFC 4648, section 10. */
static void
test_vectors(void)
{
	static const struct
	{
		const char *plain;
		const char *encoded;
	} vectors[] = {{"", ""},
				   {"f", "MY======"},
				   {"fo", "MZXQ===="},
				   {"foo", "MZXW6==="},
				   {"foob", "MZXW6YQ="},
				   {"fooba", "MZXW6YTB"},
				   {"foobar", "MZXW6YTBOI======"}};

	for (size_t i = 0; i < LENGTH_OF(vectors); i++)
	{
		const char *plain = vectors[i].plain;
		char name[64];
		char encoded[32];
		size_t unpadded = strcspn(vectors[i].encoded, "=");

		mt_base32_encode((const uint8_t *) plain, strlen(plain), encoded);
		snprintf(name, sizeof(name), "RFC 4648 section 10 encodes \"%s\"", plain);
		ok(strlen(encoded) == unpadded && strncmp(encoded, vectors[i].encoded, unpadded) == 0 &&
			   MT_BASE32_LENGTH(strlen(plain)) == unpadded,
		   name);
		snprintf(name, sizeof(name), "RFC 4648 section 10 decodes \"%s\"", vectors[i].encoded);
		ok(decodes_to(vectors[i].encoded, plain), name);
		snprintf(name, sizeof(name), "without padding \"%s\"", encoded);
		ok(decodes_to(encoded, plain), name);
	}
}

static void
test_typed_text(void)
{
	ok(decodes_to("mzxw6ytboi", "foobar"), "lower case");
	ok(decodes_to("mZxW6ytBoI", "foobar"), "mixed case");
	ok(decodes_to(" MZXW 6YTB-OI ", "foobar"), "spaces and hyphens");
	ok(decodes_to("- -", ""), "nothing but separators is no bytes");
	ok(decodes_to("MZXW6=== ", "foo"), "a space behind the padding");
	ok(decodes_to("MZXW6YR", "foob"), "bits left over are ignored");

	ok(is_malformed("MZXW6YT1"), "the digit 1");
	ok(is_malformed("MZXW6YT8"), "the digit 8");
	ok(is_malformed("MZXW6YT\t"), "a tab");
	ok(is_malformed("MZXW6YT\n"), "a line break");
	ok(is_malformed("MZXW6YT\xC3\x9F"), "a letter outside of ASCII");
	ok(is_malformed("M"), "1 character");
	ok(is_malformed("MZX"), "3 characters");
	ok(is_malformed("MZXW6Y"), "6 characters");
	ok(is_malformed("MZXW6YTBM"), "9 characters");
	ok(is_malformed("===="), "padding alone");
	ok(is_malformed("MZXW6YTB="), "padding of a whole group");
	ok(is_malformed("MY====="), "padding too short");
	ok(is_malformed("MY======="), "padding too long");
	ok(is_malformed("MY=A===="), "padding in the middle");
}

static void
test_limits(void)
{
	uint8_t out[5];
	size_t len;
	char text[2001];

	ok(decode("MZXW6YTB", out, 5, &len) == MT_CRYPTO_OK && len == 5, "a result that just fits");
	ok(decode("MZXW6YTBMY", out, 5, &len) == MT_CRYPTO_TOO_LONG, "a result that does not fit");
	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ok(decode(text, out, 5, &len) == MT_CRYPTO_TOO_LONG, "a text much too long");
}

/* What is encoded decodes to itself, for all lengths. */
static void
test_round_trip(void)
{
	bool is_good = true;
	uint8_t bytes[100];
	uint8_t back[100];
	char text[MT_BASE32_LENGTH(100) + 1];
	uint32_t seed = 1;

	for (size_t len = 0; len <= sizeof(bytes); len++)
	{
		size_t back_len = 0;

		for (size_t i = 0; i < len; i++)
		{
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (uint8_t) (seed >> 24);
		}
		mt_base32_encode(bytes, len, text);
		is_good = is_good && strlen(text) == MT_BASE32_LENGTH(len) &&
				  decode(text, back, sizeof(back), &back_len) == MT_CRYPTO_OK && back_len == len &&
				  memcmp(bytes, back, len) == 0;
	}
	ok(is_good, "round trip of 0 to 100 bytes");
}

int
main(void)
{
	test_vectors();
	test_typed_text();
	test_limits();
	test_round_trip();
	return finish();
}
