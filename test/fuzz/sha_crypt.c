/*
 * test/fuzz/sha_crypt.c
 *		crypto/sha_crypt against its grammar; libcrypt computes what it reads.
 */
#include "crypto/sha_crypt.h"

#include "fuzz.h"

#define CHARACTER "[./A-Za-z0-9]"

static Grammar grammar = {.pattern = "^(\\$5\\$|\\$6\\$)(rounds=([1-9][0-9]{3,9})\\$)?"
									 "(" CHARACTER "{1,16})\\$(" CHARACTER "{43}(" CHARACTER
									 "{43})?)$"};

/* Whether its hash has the length of its algorithm. */
static bool
has_right_length(const char *text)
{
	return group_length(&grammar, 5) == (text[1] == '5' ? 43 : 86);
}

static void
check(Input input)
{
	char *text = fuzz_copy(input.bytes, input.len);
	MtShaCrypt *sha_crypt = fuzz_alloc(sizeof(MtShaCrypt));
	MtCryptoStatus status = mt_sha_crypt_parse(text, input.len, sha_crypt);
	uint64_t rounds;
	bool matches;

	if (!grammar_holds(&grammar, text, input.len) || !has_right_length(text))
	{
		must(status != MT_CRYPTO_OK && status != MT_CRYPTO_TOO_EXPENSIVE);
		return;
	}
	rounds = has_group(&grammar, 3) ? group_number(&grammar, text, 3) : 5000;
	/* what does not fit 32 bits is no number */
	must(status == (rounds > UINT32_MAX
						? MT_CRYPTO_MALFORMED
						: (rounds > 1500000 ? MT_CRYPTO_TOO_EXPENSIVE : MT_CRYPTO_OK)));
	if (status != MT_CRYPTO_OK)
		return;
	must(sha_crypt->rounds == rounds && sha_crypt->salt_len == group_length(&grammar, 4));
	must(sha_crypt->text_len == input.len && strlen(sha_crypt->text) == input.len);
	must(memcmp(sha_crypt->text, text, input.len) == 0);
	/* at nearly the least cost; the rounds stand in the text, so they are not lowered */
	if (rounds <= 1100)
		must(mt_sha_crypt_verify("password", sha_crypt, &matches) == MT_CRYPTO_OK);
}
