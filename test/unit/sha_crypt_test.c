/*
 * test/unit/sha_crypt_test.c
 *		crypto/sha_crypt: nothing but a whole hash reaches libcrypt.
 */
#include "crypto/sha_crypt.h"

#include "unit.h"

#define HASH_5 "e6L/jnksFK.lGRjnmE6utEeW4Tmz1tlQP.bCZd38LS9"

/* Of the algorithm's specification. */
static const char sha256[] =
	"$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA";
static const char sha512[] = "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJ"
							 "uesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";

static MtCryptoStatus
parse_bytes(const char *text, size_t len, MtShaCrypt *sha_crypt)
{
	char *copy = exact_copy(text, len);
	MtCryptoStatus status = mt_sha_crypt_parse(copy, len, sha_crypt);

	free(copy);
	return status;
}

static MtCryptoStatus
parse(const char *text)
{
	MtShaCrypt sha_crypt;

	return parse_bytes(text, strlen(text), &sha_crypt);
}

static void
test_vector(const char *hash, const char *name)
{
	MtShaCrypt sha_crypt;
	bool matches = false;
	bool is_good = true;
	char longer[1000];

	ok(parse_bytes(hash, strlen(hash), &sha_crypt) == MT_CRYPTO_OK, name);
	ok(mt_sha_crypt_verify("Hello world!", &sha_crypt, &matches) == MT_CRYPTO_OK && matches,
	   "its password");
	ok(mt_sha_crypt_verify("Hello world", &sha_crypt, &matches) == MT_CRYPTO_OK && !matches,
	   "another password");
	memset(longer, 'x', sizeof(longer));
	for (size_t len = 510; len <= 513; len++)
	{
		longer[len] = '\0';
		is_good = is_good && mt_sha_crypt_verify(longer, &sha_crypt, &matches) == MT_CRYPTO_OK &&
				  !matches;
		longer[len] = 'x';
	}
	ok(is_good, "one longer than libcrypt reads is wrong, and no error");

	is_good = true;
	for (size_t len = 0; len < strlen(hash); len++)
		is_good = is_good && parse_bytes(hash, len, &sha_crypt) != MT_CRYPTO_OK;
	ok(is_good, "cut short at every place");
}

int
main(void)
{
	test_vector(sha256, "SHA-256");
	test_vector(sha512, "SHA-512");
	ok(parse("$5$rounds=1000$abcdefgh$" HASH_5) == MT_CRYPTO_OK, "the fewest rounds");
	ok(parse("$5$rounds=999$abcdefgh$" HASH_5) == MT_CRYPTO_MALFORMED, "one less");
	ok(parse("$5$rounds=1500000$0123456789abcdef$" HASH_5) == MT_CRYPTO_OK, "the most rounds");
	ok(parse("$5$rounds=1500001$abcdefgh$" HASH_5) == MT_CRYPTO_TOO_EXPENSIVE, "one more");
	ok(parse("$5$rounds=4294967296$abcdefgh$" HASH_5) == MT_CRYPTO_MALFORMED, "over 32 bits");
	ok(parse("$5$rounds=1000$rounds=1000$" HASH_5) == MT_CRYPTO_MALFORMED, "rounds twice");
	ok(parse("$5$$" HASH_5) == MT_CRYPTO_OUT_OF_RANGE, "no salt");
	ok(parse("$5$0123456789abcdefg$" HASH_5) == MT_CRYPTO_OUT_OF_RANGE, "a salt too long");
	ok(parse("$1$abcdefgh$" HASH_5) == MT_CRYPTO_UNSUPPORTED, "md5-crypt");
	return finish();
}
