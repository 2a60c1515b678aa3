/*
 * test/unit/otp_test.c
 *		crypto/otp: the values of RFC 4226 and RFC 6238, and which step matched.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "crypto/otp.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "unit.h"

static const char digits[] = "1234567890123456789012345678901234567890123456789012345678901234";

/* The seeds of RFC 6238, appendix B, are as long as the hash. */
static const size_t seed_length[] = {20, 32, 64};

static uint32_t
code_at(MtOtpHash hash, uint64_t step, int length)
{
	uint32_t code = UINT32_MAX;

	if (mt_otp_code(hash, (const uint8_t *) digits, seed_length[hash], step, length, &code) !=
		MT_CRYPTO_OK)
		return UINT32_MAX;
	return code;
}

/* Of the calls to come the one that fails, from 1; 0 for none. */
static int failing_copy = 0;

/* Stands before OpenSSL's own. */
int
EVP_MD_CTX_copy_ex(EVP_MD_CTX *out, const EVP_MD_CTX *in)
{
	int (*copy)(EVP_MD_CTX *, const EVP_MD_CTX *);

	if (failing_copy > 0 && --failing_copy == 0)
		return 0;
	*(void **) &copy = dlsym(RTLD_NEXT, "EVP_MD_CTX_copy_ex");
	return copy(out, in);
}

/* Where OpenSSL fails, for want of memory, nothing of the key is left for the next one. */
static void
test_failures(void)
{
	uint32_t right = code_at(MT_OTP_SHA1, 7, 6);

	for (int call = 1; call <= 4; call++)
	{
		int64_t matched;
		MtOtpWindow window = mt_otp_window(7 * 30, 30, 0);
		char name[80];

		failing_copy = call;
		snprintf(name, sizeof(name), "a code fails with copy %d", call);
		ok(code_at(MT_OTP_SHA1, 7, 6) == UINT32_MAX && failing_copy == 0, name);
		ok(code_at(MT_OTP_SHA1, 7, 6) == right, "… and the next one is right");
		failing_copy = call;
		snprintf(name, sizeof(name), "a window fails with copy %d", call);
		ok(mt_otp_match_step(MT_OTP_SHA1, (const uint8_t *) digits, 20, window, 6, right,
							 &matched) == MT_CRYPTO_LIBRARY &&
			   matched == -1 && failing_copy == 0,
		   name);
		ok(code_at(MT_OTP_SHA1, 7, 6) == right, "… and the next one is right");
	}
}

/* RFC 4226, appendix D. */
static void
test_hotp(void)
{
	static const char *const expected[] = {"755224", "287082", "359152", "969429", "338314",
										   "254676", "287922", "162583", "399871", "520489"};

	for (size_t i = 0; i < LENGTH_OF(expected); i++)
	{
		char text[MT_OTP_MAX_DIGITS + 1];
		char name[64];

		mt_otp_format_code(code_at(MT_OTP_SHA1, i, 6), 6, text);
		snprintf(name, sizeof(name), "RFC 4226 appendix D, counter %zu", i);
		ok(strcmp(text, expected[i]) == 0, name);
	}
}

/* RFC 6238, appendix B. */
static void
test_totp(void)
{
	static const struct
	{
		uint64_t time;
		const char *expected[3];
	} vectors[] = {{59, {"94287082", "46119246", "90693936"}},
				   {1111111109, {"07081804", "68084774", "25091201"}},
				   {1111111111, {"14050471", "67062674", "99943326"}},
				   {1234567890, {"89005924", "91819424", "93441116"}},
				   {2000000000, {"69279037", "90698825", "38618901"}},
				   {20000000000, {"65353130", "77737706", "47863826"}}};

	for (size_t i = 0; i < LENGTH_OF(vectors); i++)
	{
		for (int hash = MT_OTP_SHA1; hash <= MT_OTP_SHA512; hash++)
		{
			MtOtpWindow window = mt_otp_window(vectors[i].time, 30, 0);
			char text[MT_OTP_MAX_DIGITS + 1];
			char name[80];

			mt_otp_format_code(code_at((MtOtpHash) hash, window.first, 8), 8, text);
			snprintf(name, sizeof(name), "RFC 6238 appendix B, %s at %llu",
					 mt_otp_hash_name((MtOtpHash) hash), (unsigned long long) vectors[i].time);
			ok(window.count == 1 && strcmp(text, vectors[i].expected[hash]) == 0, name);
		}
	}
}

/*
 * Keys of all lengths, against OpenSSL's own HMAC: shorter than a block of the
 * hash, as long, and longer.
 */
static void
test_key_lengths(void)
{
	const EVP_MD *const hashes[] = {EVP_sha1(), EVP_sha256(), EVP_sha512()};
	static const uint8_t message[8] = {0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78};
	uint8_t key[640];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t) (i * 37 + 11);
	for (int hash = MT_OTP_SHA1; hash <= MT_OTP_SHA512; hash++)
	{
		bool is_good = true;

		for (size_t len = 1; len <= sizeof(key); len++)
		{
			uint8_t *copy = (uint8_t *) exact_copy((const char *) key, len);
			uint8_t mac[EVP_MAX_MD_SIZE];
			const uint8_t *at;
			unsigned mac_len;
			uint32_t code;

			HMAC(hashes[hash], key, (int) len, message, sizeof(message), mac, &mac_len);
			at = mac + mac[mac_len - 1] % 16;
			is_good = is_good &&
					  mt_otp_code((MtOtpHash) hash, copy, len, 0x12345678, 8, &code) ==
						  MT_CRYPTO_OK &&
					  code == (((at[0] & 0x7FU) << 24 | (unsigned) at[1] << 16 |
								(unsigned) at[2] << 8 | at[3]) %
							   100000000);
			free(copy);
		}
		ok(is_good, hash == MT_OTP_SHA1		? "SHA1 with keys of 1 to 640 bytes"
					: hash == MT_OTP_SHA256 ? "SHA256 with keys of 1 to 640 bytes"
											: "SHA512 with keys of 1 to 640 bytes");
	}
}

static int64_t
match(uint64_t first, unsigned count, uint32_t code)
{
	int64_t step = -2;
	MtOtpWindow window = {first, count};

	if (mt_otp_match_step(MT_OTP_SHA1, (const uint8_t *) digits, 20, window, 6, code, &step) !=
		MT_CRYPTO_OK)
		return -2;
	return step;
}

static void
test_match_step(void)
{
	MtOtpWindow window = {0, 1};
	int64_t step = 5;

	ok(match(0, 10, 755224) == 0, "the first step of a window matches");
	ok(match(0, 10, 254676) == 5, "a step in the middle matches");
	ok(match(0, 10, 520489) == 9, "the last step matches");
	ok(match(1, 9, 755224) == -1, "a step before the window does not match");
	ok(match(0, 9, 520489) == -1, "a step behind the window does not match");
	ok(match(0, 10, 123456) == -1, "a wrong code does not match");
	ok(match(0, 10, 1755224) == -1, "a code of too many digits does not match");
	ok(match(0, 0, 755224) == -1, "an empty window matches nothing");
	ok(match(7, 1, 162583) == 7, "a window of one step");

	ok(mt_otp_match_step(MT_OTP_SHA1, (const uint8_t *) digits, 0, window, 6, 755224, &step) ==
			   MT_CRYPTO_OUT_OF_RANGE &&
		   step == -1,
	   "an empty key is refused");
	ok(mt_otp_match_step(MT_OTP_SHA1, (const uint8_t *) digits, 20, window, 9, 755224, &step) ==
		   MT_CRYPTO_OUT_OF_RANGE,
	   "nine digits are refused");
	ok(code_at(MT_OTP_SHA1, 0, 5) == UINT32_MAX, "five digits are refused");
	ok(code_at(MT_OTP_SHA1, 1, 6) == 287082, "the key given last is not used again");
}

/* Two steps that share a code: found by trying, so that the later one is seen to win. */
static void
test_shared_code(void)
{
	static int32_t seen[1000000];

	for (int32_t step = 1; step < 100000; step++)
	{
		uint32_t code = code_at(MT_OTP_SHA1, (uint64_t) step, 6);

		if (seen[code] != 0)
		{
			ok(match((uint64_t) seen[code], (unsigned) (step - seen[code] + 1), code) == step,
			   "of two steps with one code the later one is told");
			return;
		}
		seen[code] = step;
	}
	ok(false, "two steps share a code");
}

static void
test_window(void)
{
	MtOtpWindow window = mt_otp_window(0, 30, 10);

	ok(window.first == 0 && window.count == 11, "there is no step before the first");
	window = mt_otp_window(59, 30, 1);
	ok(window.first == 0 && window.count == 3, "one step to either side");
	window = mt_otp_window(60, 30, 1);
	ok(window.first == 1 && window.count == 3, "a step begins with its second");
	window = mt_otp_window(1000, 30, 0);
	ok(window.first == 33 && window.count == 1, "no step to either side");
}

static bool
reads(const char *text, int length, uint32_t expected)
{
	char *copy = exact_copy(text, strlen(text));
	uint32_t code = UINT32_MAX;
	bool is_read = mt_otp_parse_code(copy, strlen(text), length, &code);

	free(copy);
	return is_read && code == expected;
}

static bool
refuses(const char *text, int length)
{
	char *copy = exact_copy(text, strlen(text));
	uint32_t code;
	bool is_read = mt_otp_parse_code(copy, strlen(text), length, &code);

	free(copy);
	return !is_read;
}

static void
test_code_text(void)
{
	static char long_text[1000001];

	ok(reads("000000", 6, 0), "zeros");
	ok(reads("012345", 6, 12345), "a leading zero");
	ok(reads("99999999", 8, 99999999), "the largest code");
	ok(reads(" 123 456 ", 6, 123456), "spaces");
	ok(refuses("", 6), "nothing");
	ok(refuses("12345", 6), "a digit too few");
	ok(refuses("1234567", 6), "a digit too many");
	ok(refuses("-12345", 6), "a sign");
	ok(refuses("12345a", 6), "a letter");
	ok(refuses("123\t456", 6), "a tab");
	ok(refuses("123456                           ", 6), "a text too long");
	memset(long_text, '1', sizeof(long_text) - 1);
	ok(refuses(long_text, 6), "a megabyte");
}

static void
test_hash_names(void)
{
	MtOtpHash hash = MT_OTP_SHA1;

	ok(mt_otp_find_hash("SHA512", 6, &hash) && hash == MT_OTP_SHA512, "SHA512");
	ok(mt_otp_find_hash("sha1", 4, &hash) && hash == MT_OTP_SHA1, "sha1");
	ok(mt_otp_find_hash("Sha256", 6, &hash) && hash == MT_OTP_SHA256, "Sha256");
	ok(!mt_otp_find_hash("SHA51", 5, &hash), "a name cut short");
	ok(!mt_otp_find_hash("SHA1\0", 5, &hash), "a name with a zero byte");
	ok(!mt_otp_find_hash("SHA2566", 7, &hash), "a name too long");
	ok(!mt_otp_find_hash("MD5", 3, &hash), "MD5");
	ok(!mt_otp_find_hash("", 0, &hash), "no name");
}

int
main(void)
{
	test_hotp();
	test_totp();
	test_key_lengths();
	test_match_step();
	test_shared_code();
	test_window();
	test_code_text();
	test_hash_names();
	test_failures();
	return finish();
}
