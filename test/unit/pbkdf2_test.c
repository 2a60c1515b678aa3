/*
 * test/unit/pbkdf2_test.c
 *		crypto/pbkdf2: the vectors of RFC 6070 and RFC 7914, three formats, and bounds.
 */
#include "crypto/pbkdf2.h"

#include "unit.h"

#define HASH "zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg"

static MtCryptoStatus
parse_bytes(const char *text, size_t len)
{
	char *copy = exact_copy(text, len);
	MtPbkdf2 pbkdf2;
	MtCryptoStatus status = mt_pbkdf2_parse(copy, len, &pbkdf2);

	free(copy);
	return status;
}

static MtCryptoStatus
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
test_vector(MtPbkdf2Digest digest, const char *password, const char *salt, uint32_t iterations,
			const char *hash, size_t hash_len)
{
	MtPbkdf2 pbkdf2 = {.digest = digest, .iterations = iterations};
	bool matches = false;

	pbkdf2.salt_len = strlen(salt);
	memcpy(pbkdf2.salt, salt, strlen(salt));
	pbkdf2.hash_len = hash_len;
	memcpy(pbkdf2.hash, hash, hash_len);
	ok(mt_pbkdf2_verify(password, strlen(password), &pbkdf2, &matches) == MT_CRYPTO_OK && matches,
	   digest == MT_PBKDF2_SHA1 ? "a vector of RFC 6070" : "a vector of RFC 7914, section 11");
	pbkdf2.hash[hash_len - 1] ^= 1;
	ok(mt_pbkdf2_verify(password, strlen(password), &pbkdf2, &matches) == MT_CRYPTO_OK && !matches,
	   "one bit of the hash");
}

static void
test_vectors(void)
{
	test_vector(MT_PBKDF2_SHA1, "password", "salt", 1,
				"\x0c\x60\xc8\x0f\x96\x1f\x0e\x71\xf3\xa9\xb5\x24\xaf\x60\x12\x06\x2f\xe0\x37\xa6",
				20);
	test_vector(MT_PBKDF2_SHA1, "password", "salt", 4096,
				"\x4b\x00\x79\x01\xb7\x65\x48\x9a\xbe\xad\x49\xd9\x26\xf7\x21\xd0\x65\xa4\x29\xc1",
				20);
	/* more than one block of the digest */
	test_vector(MT_PBKDF2_SHA1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt",
				4096,
				"\x3d\x2e\xec\x4f\xe4\x1c\x84\x9b\x80\xc8\xd8\x36\x62\xc0\xe4\x4a\x8b\x29\x1a\x96"
				"\x4c\xf2\xf0\x70\x38",
				25);
	test_vector(MT_PBKDF2_SHA256, "passwd", "salt", 1,
				"\x55\xac\x04\x6e\x56\xe3\x08\x9f\xec\x16\x91\xc2\x25\x44\xb6\x05"
				"\xf9\x41\x85\x21\x6d\xde\x04\x65\xe6\x8b\x9d\x57\xc2\x0d\xac\xbc"
				"\x49\xca\x9c\xcc\xf1\x79\xb6\x45\x99\x16\x64\xb3\x9d\x77\xef\x31"
				"\x7c\x71\xb8\x45\xb1\xe3\x0b\xd5\x09\x11\x20\x41\xd3\xa1\x97\x83",
				64);
}

/* No part of a hash is one; "longest" is the length from which on a hash is long enough. */
static void
test_cut(const char *good, size_t longest, const char *name)
{
	bool is_good = parse(good) == MT_CRYPTO_OK;

	for (size_t len = 0; len < longest; len++)
		is_good = is_good && parse_bytes(good, len) != MT_CRYPTO_OK;
	ok(is_good, name);
}

static void
test_bounds(void)
{
	ok(parse("$pbkdf2-sha256$i=10000000$c2FsdA$" HASH) == MT_CRYPTO_OK, "the most iterations");
	ok(parse("$pbkdf2-sha256$i=10000001$c2FsdA$" HASH) == MT_CRYPTO_TOO_EXPENSIVE, "one more");
	ok(parse("$pbkdf2$i=5000000$c2FsdA$" HASH) == MT_CRYPTO_OK, "the most of two blocks");
	ok(parse("$pbkdf2$i=5000001$c2FsdA$" HASH) == MT_CRYPTO_TOO_EXPENSIVE, "one more");
	ok(parse("pbkdf2_sha256$10000000$salt$" HASH "=") == MT_CRYPTO_OK, "the most of Django's");
	ok(parse("pbkdf2_sha256$10000001$salt$" HASH "=") == MT_CRYPTO_TOO_EXPENSIVE, "one more");
	ok(parse("$pbkdf2-sha256$10000000$c2FsdA$" HASH) == MT_CRYPTO_OK, "the most of passlib's");
	ok(parse("$pbkdf2-sha256$10000001$c2FsdA$" HASH) == MT_CRYPTO_TOO_EXPENSIVE, "one more");
	ok(parse("$pbkdf2-sha256$0$c2FsdA$" HASH) == MT_CRYPTO_MALFORMED, "no iterations");
	ok(parse("$pbkdf2-md5$1$c2FsdA$" HASH) == MT_CRYPTO_UNSUPPORTED, "another digest");
	ok(parse("pbkdf2_sha256$1$salt$" HASH "=$") == MT_CRYPTO_MALFORMED, "a part more");
	ok(parse("$pbkdf2-sha256$1$c2FsdA$" HASH "$") == MT_CRYPTO_MALFORMED, "a part more");
	ok(parse("$pbkdf2-sha256$i=1$c2FsdA$" HASH "$") == MT_CRYPTO_MALFORMED, "a part more");
}

int
main(void)
{
	static const char django[] = "pbkdf2_sha256$1000$seasalt$" HASH "=";
	static const char phc[] = "$pbkdf2-sha256$i=1000$c2FsdA$" HASH;
	static const char phc_length[] = "$pbkdf2-sha256$i=1000,l=32$c2FsdA$" HASH;
	static const char passlib[] = "$pbkdf2-sha256$1000$c2FsdA$" HASH;

	test_vectors();
	test_bounds();
	test_cut(django, strlen(django), "Django's, cut short at every place");
	test_cut(phc, strlen(phc) - 43 + 16, "a PHC string, cut short at every place");
	test_cut(phc_length, strlen(phc_length), "the same with its length");
	test_cut(passlib, strlen(passlib), "passlib's, cut short at every place");
	return finish();
}
