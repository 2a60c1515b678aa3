/*
 * test/fuzz/phc.c
 *		crypto/phc against its grammar; what it reads is written the same, is within its
 *		bounds, and libargon2 computes it.
 */
#include "crypto/phc.h"

#include "crypto/kdf.h"

#include "fuzz.h"

#define NUMBER "(0|[1-9][0-9]{0,9})"

static Grammar grammar = {.pattern = "^\\$argon2(id|i)\\$(v=(16|19)\\$)?m=" NUMBER ",t=" NUMBER
									 ",p=" NUMBER "\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)$"};

static void
check_fields(const MtArgon2 *argon2, const char *text)
{
	must((argon2->type == MT_ARGON2_ID) == (group_length(&grammar, 1) == 2));
	must(argon2->version == (has_group(&grammar, 3) ? group_number(&grammar, text, 3) : 16));
	must(argon2->memory == group_number(&grammar, text, 4));
	must(argon2->iterations == group_number(&grammar, text, 5));
	must(argon2->lanes == group_number(&grammar, text, 6));
	must(argon2->salt_len == group_length(&grammar, 7) * 6 / 8);
	must(argon2->hash_len == group_length(&grammar, 8) * 6 / 8);
	must(argon2->salt_len >= 8 && argon2->salt_len <= 64);
	must(argon2->hash_len >= 12 && argon2->hash_len <= 64);
}

/* RFC 9106, section 3.1, and what a server may be asked for. */
static bool
is_computable(const char *text)
{
	uint64_t memory = group_number(&grammar, text, 4);
	uint64_t iterations = group_number(&grammar, text, 5);
	uint64_t lanes = group_number(&grammar, text, 6);

	return lanes >= 1 && lanes <= 16 && iterations >= 1 && iterations <= 64 &&
		   memory >= 8 * lanes && memory <= 1024 * 1024 &&
		   memory * iterations <= UINT64_C(4) * 1024 * 1024;
}

static void
check_written(const MtArgon2 *argon2, const char *text, size_t len)
{
	char *written = fuzz_alloc(MT_PHC_ARGON2_SIZE);
	size_t head = (size_t) grammar.groups[4].rm_so - 2;

	mt_phc_format_argon2(argon2, written);
	if (has_group(&grammar, 2))
		must(strlen(written) == len && memcmp(written, text, len) == 0);
	else
		must(strlen(written) == len + 5 && memcmp(written, text, head) == 0 &&
			 memcmp(written + head, "v=16$", 5) == 0 &&
			 memcmp(written + head + 5, text + head, len - head) == 0);
}

static void
check(Input input)
{
	char *text = fuzz_copy(input.bytes, input.len);
	MtArgon2 *argon2 = fuzz_alloc(sizeof(MtArgon2));
	MtCryptoStatus status = mt_phc_parse_argon2(text, input.len, argon2);
	bool matches;

	if (!grammar_holds(&grammar, text, input.len))
	{
		must(status != MT_CRYPTO_OK && status != MT_CRYPTO_TOO_EXPENSIVE);
		return;
	}
	must(status != MT_CRYPTO_OK || is_computable(text));
	must(status != MT_CRYPTO_TOO_EXPENSIVE || !is_computable(text));
	if (status != MT_CRYPTO_OK)
		return;
	check_fields(argon2, text);
	check_written(argon2, text, input.len);

	/* the library takes whatever was taken; at the least cost */
	argon2->memory = MT_ARGON2_MIN_MEMORY_PER_LANE * argon2->lanes;
	argon2->iterations = 1;
	must(mt_kdf_argon2_verify("password", 8, argon2, &matches) == MT_CRYPTO_OK);
}
