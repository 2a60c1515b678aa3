/*
 * test/unit/base64_test.c
 *		crypto/base64: RFC 4648, section 10, without padding, one text for each
 *		value.
 */
#include "crypto/base64.h"

#include "unit.h"

static MtCryptoStatus
decode(const char *text, uint8_t *out, size_t size, size_t *len)
{
	char *copy = exact_copy(text, strlen(text));
	MtCryptoStatus status = mt_base64_decode(copy, strlen(text), out, size, len);

	free(copy);
	return status;
}

static bool
is_malformed(const char *text)
{
	uint8_t out[64];
	size_t len;

	return decode(text, out, sizeof(out), &len) == MT_CRYPTO_MALFORMED;
}

static void
test_vectors(void)
{
	static const struct
	{
		const char *plain;
		const char *encoded;
	} vectors[] = {
		{"", ""},			{"f", "Zg"},		  {"fo", "Zm8"},		  {"foo", "Zm9v"},
		{"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "+/8"}};

	for (size_t i = 0; i < LENGTH_OF(vectors); i++)
	{
		const char *plain = vectors[i].plain;
		char name[64];
		char encoded[32];
		uint8_t out[16];
		size_t len = 99;

		mt_base64_encode((const uint8_t *) plain, strlen(plain), encoded);
		snprintf(name, sizeof(name), "encodes to \"%s\"", vectors[i].encoded);
		ok(strcmp(encoded, vectors[i].encoded) == 0, name);
		snprintf(name, sizeof(name), "decodes \"%s\"", vectors[i].encoded);
		ok(decode(vectors[i].encoded, out, sizeof(out), &len) == MT_CRYPTO_OK &&
			   len == strlen(plain) && memcmp(out, plain, len) == 0,
		   name);
	}
}

/* Of the 64 * 64 texts of two characters, the 256 that are the text of a byte are read. */
static void
test_one_text_for_each_value(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int accepted = 0;
	bool is_good = true;

	for (int i = 0; i < 64 * 64; i++)
	{
		char text[3] = {alphabet[i / 64], alphabet[i % 64], '\0'};
		char back[4];
		uint8_t out[2];
		size_t len;

		if (decode(text, out, sizeof(out), &len) != MT_CRYPTO_OK)
			continue;
		accepted++;
		mt_base64_encode(out, len, back);
		is_good = is_good && len == 1 && strcmp(back, text) == 0;
	}
	ok(is_good && accepted == 256, "one text for each byte");
}

int
main(void)
{
	uint8_t out[3];
	size_t len;

	test_vectors();
	test_one_text_for_each_value();
	ok(is_malformed("Zg=="), "padding");
	ok(is_malformed("Z"), "one character");
	ok(is_malformed("Zm9vY"), "five characters");
	ok(is_malformed("Zh"), "bits left over behind one byte");
	ok(is_malformed("Zm9"), "bits left over behind two bytes");
	ok(is_malformed("Zm 9v"), "a space");
	ok(is_malformed("Zm-_"), "the alphabet of base64url");
	ok(decode("Zm9v", out, 3, &len) == MT_CRYPTO_OK && len == 3, "a result that just fits");
	ok(decode("Zm9vYg", out, 3, &len) == MT_CRYPTO_TOO_LONG, "a result that does not fit");
	return finish();
}
