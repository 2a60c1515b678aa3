/*
 * test/fuzz/scrypt.c
 *		crypto/scrypt against its grammar and the bounds of RFC 7914; OpenSSL computes
 *		what it reads.
 */
#include "crypto/scrypt.h"

#include "fuzz.h"

#define NUMBER "(0|[1-9][0-9]{0,9})"
#define MAX_BLOCKS (UINT64_C(1) << 23) /* of 128 bytes: 1 GiB */

static Grammar grammar = {.pattern = "^\\$scrypt\\$ln=" NUMBER ",r=" NUMBER ",p=" NUMBER
									 "\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)$"};

/* RFC 7914, section 6, and what a server may be asked for. */
static bool
is_computable(uint64_t ln, uint64_t r, uint64_t p)
{
	return ln >= 1 && r >= 1 && p >= 1 && ln < 16 * r && ln <= 23 && r <= 64 && p <= 64 &&
		   (UINT64_C(1) << ln) * r * p <= MAX_BLOCKS;
}

static void
check(Input input)
{
	char *text = fuzz_copy(input.bytes, input.len);
	MtScrypt *scrypt = fuzz_alloc(sizeof(MtScrypt));
	MtCryptoStatus status = mt_scrypt_parse(text, input.len, scrypt);
	bool is_good;
	bool matches;

	if (!grammar_holds(&grammar, text, input.len))
	{
		must(status != MT_CRYPTO_OK && status != MT_CRYPTO_TOO_EXPENSIVE);
		return;
	}
	is_good = is_computable(group_number(&grammar, text, 1), group_number(&grammar, text, 2),
							group_number(&grammar, text, 3));
	must(status != MT_CRYPTO_TOO_EXPENSIVE || !is_good);
	if (status != MT_CRYPTO_OK)
		return;
	must(is_good);
	must(scrypt->ln == group_number(&grammar, text, 1));
	must(scrypt->r == group_number(&grammar, text, 2));
	must(scrypt->p == group_number(&grammar, text, 3));
	must(scrypt->salt_len == group_length(&grammar, 4) * 6 / 8);
	must(scrypt->hash_len == group_length(&grammar, 5) * 6 / 8);
	must(scrypt->salt_len >= 1 && scrypt->salt_len <= 64);
	must(scrypt->hash_len >= 12 && scrypt->hash_len <= 64);

	/* at the least cost */
	scrypt->ln = 1;
	scrypt->p = 1;
	must(mt_scrypt_verify("password", 8, scrypt, &matches) == MT_CRYPTO_OK);
}
