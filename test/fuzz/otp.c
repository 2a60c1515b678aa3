/*
 * test/fuzz/otp.c
 *		crypto/otp: typed codes and names against their grammars, codes against OpenSSL's
 *		own HMAC.
 *
 * An input is 14 bytes of numbers, a line that is a key, and what was typed.
 */
#include "crypto/otp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <strings.h>

#include "fuzz.h"

static void
check_name(Input typed)
{
	static const char *const names[] = {"SHA1", "SHA256", "SHA512"};
	char *text = fuzz_copy(typed.bytes, typed.len);
	MtOtpHash found;
	bool is_found = mt_otp_find_hash(text, typed.len, &found);
	bool is_known = false;

	for (int i = 0; i < 3; i++)
	{
		if (strlen(names[i]) != typed.len || strncasecmp(text, names[i], typed.len) != 0)
			continue;
		is_known = true;
		must(is_found && found == (MtOtpHash) i && strcmp(mt_otp_hash_name(found), names[i]) == 0);
	}
	must(is_found == is_known);
}

static void
check_typed_code(Input typed, int digits)
{
	static Grammar grammar = {.pattern = "^( *[0-9]){6,8} *$"};
	char *text = fuzz_copy(typed.bytes, typed.len);
	char *squeezed = fuzz_alloc(typed.len + 1);
	char *written = fuzz_alloc((size_t) digits + 1);
	size_t len = 0;
	uint32_t code;

	for (size_t i = 0; i < typed.len; i++)
	{
		if (text[i] != ' ')
			squeezed[len++] = text[i];
	}
	squeezed[len] = '\0';
	if (!mt_otp_parse_code(text, typed.len, digits, &code))
	{
		must(typed.len > 32 || len != (size_t) digits || !grammar_holds(&grammar, text, typed.len));
		return;
	}
	must(typed.len <= 32 && len == (size_t) digits && grammar_holds(&grammar, text, typed.len));
	mt_otp_format_code(code, digits, written);
	must(strcmp(written, squeezed) == 0);
}

/* RFC 4226, section 5.3, with OpenSSL's HMAC. */
static uint32_t
expected_code(MtOtpHash hash, Input key, uint64_t counter, int digits)
{
	static const uint32_t modulus[] = {1000000, 10000000, 100000000};
	const EVP_MD *digest = hash == MT_OTP_SHA1	   ? EVP_sha1()
						   : hash == MT_OTP_SHA256 ? EVP_sha256()
												   : EVP_sha512();
	uint8_t message[8];
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int len;
	unsigned int at;

	for (int i = 0; i < 8; i++)
		message[i] = (uint8_t) (counter >> (56 - 8 * i));
	must(HMAC(digest, key.bytes, (int) key.len, message, sizeof(message), mac, &len) != NULL);
	at = mac[len - 1] & 15;
	return (((uint32_t) mac[at] << 24 | (uint32_t) mac[at + 1] << 16 | (uint32_t) mac[at + 2] << 8 |
			 mac[at + 3]) &
			0x7fffffff) %
		   modulus[digits - 6];
}

static void
check_codes(MtOtpHash hash, Input key, uint64_t seconds, uint32_t period, uint32_t steps,
			int digits)
{
	MtOtpWindow window = mt_otp_window(seconds, period, steps);
	uint64_t step = seconds / period;
	uint32_t codes[2 * MT_OTP_MAX_WINDOW + 1];
	int64_t matched;

	must(window.first == (step < steps ? 0 : step - steps));
	must(window.first + window.count - 1 == step + steps && window.count <= 2 * steps + 1);
	for (unsigned i = 0; i < window.count; i++)
	{
		must(mt_otp_code(hash, key.bytes, key.len, window.first + i, digits, &codes[i]) ==
			 MT_CRYPTO_OK);
		must(codes[i] == expected_code(hash, key, window.first + i, digits));
	}
	for (unsigned i = 0; i < window.count; i++)
	{
		unsigned latest = window.count - 1;

		while (codes[latest] != codes[i])
			latest--;
		must(mt_otp_match_step(hash, key.bytes, key.len, window, digits, codes[i], &matched) ==
			 MT_CRYPTO_OK);
		must(matched == (int64_t) (window.first + latest));
	}
	must(mt_otp_match_step(hash, key.bytes, key.len, window, digits, 100000000, &matched) ==
			 MT_CRYPTO_OK &&
		 matched == -1);
}

static void
check(Input input)
{
	MtOtpHash hash = (MtOtpHash) (fuzz_take_number(&input, 1) % 3);
	int digits = 6 + (int) (fuzz_take_number(&input, 1) % 3);
	uint32_t steps = (uint32_t) (fuzz_take_number(&input, 1) % (MT_OTP_MAX_WINDOW + 1));
	uint32_t period = 1 + (uint32_t) (fuzz_take_number(&input, 3) % MT_OTP_MAX_PERIOD);
	uint64_t seconds = fuzz_take_number(&input, 8) >> 8; /* beyond any timestamptz */
	Input line = fuzz_take_line(&input);
	Input key = {fuzz_copy(line.bytes, line.len), line.len};
	uint32_t code;

	check_name(input);
	check_typed_code(input, digits);
	if (key.len == 0)
		must(mt_otp_code(hash, key.bytes, 0, 1, digits, &code) == MT_CRYPTO_OUT_OF_RANGE);
	else
		check_codes(hash, key, seconds, period, steps, digits);
}
