/*
 * test/fuzz/base64.c
 *		crypto/base64 against OpenSSL's, and back.
 */
#include "crypto/base64.h"

#include <openssl/evp.h>

#include "fuzz.h"

/* By OpenSSL, which wants padding and answers with as many bytes more; -1 for no base64. */
static int
decode_by_openssl(Input input, uint8_t *bytes)
{
	static Grammar grammar = {.pattern = "^[A-Za-z0-9+/]*$"};
	size_t padding = (4 - input.len % 4) % 4;
	uint8_t *padded = fuzz_alloc(input.len + padding);
	char *again = fuzz_alloc(input.len + 16);
	int len;

	if (padding == 3 || !grammar_holds(&grammar, input.bytes, input.len))
		return -1;
	if (input.len == 0)
		return 0;
	memcpy(padded, input.bytes, input.len);
	memset(padded + input.len, '=', padding);
	len = EVP_DecodeBlock(bytes, padded, (int) (input.len + padding)) - (int) padding;
	must(len >= 0);
	EVP_EncodeBlock((uint8_t *) again, bytes, len);
	/* one text for each value */
	return memcmp(again, padded, input.len + padding) == 0 ? len : -1;
}

static void
check(Input input)
{
	char *text = fuzz_copy(input.bytes, input.len);
	uint8_t *expected = fuzz_alloc(input.len + 8);
	int expected_len = decode_by_openssl(input, expected);
	size_t room = expected_len < 0 ? input.len : (size_t) expected_len;
	uint8_t *bytes = fuzz_alloc(room);
	size_t len = 0;
	char *encoded;

	must((mt_base64_decode(text, input.len, bytes, room, &len) == MT_CRYPTO_OK) ==
		 (expected_len >= 0));
	if (expected_len >= 0)
		must(len == room && (len == 0 || memcmp(bytes, expected, len) == 0));
	if (expected_len > 0)
		must(mt_base64_decode(text, input.len, fuzz_alloc(room - 1), room - 1, &len) ==
			 MT_CRYPTO_TOO_LONG);

	encoded = fuzz_alloc(MT_BASE64_LENGTH(input.len) + 1);
	bytes = fuzz_alloc(input.len);
	mt_base64_encode((const uint8_t *) text, input.len, encoded);
	must(strlen(encoded) == MT_BASE64_LENGTH(input.len));
	must(mt_base64_decode(encoded, strlen(encoded), bytes, input.len, &len) == MT_CRYPTO_OK);
	must(len == input.len && memcmp(bytes, text, len) == 0);
}
