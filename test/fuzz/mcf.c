/*
 * test/fuzz/mcf.c
 *		crypto/mcf against its grammar: nothing else may reach a crypt() function.
 */
#include "crypto/mcf.h"

#include "fuzz.h"

static void
check(Input input)
{
	static Grammar grammar = {.pattern = "^\\$2([abxy])\\$([0-9]{2})\\$[./A-Za-z0-9]{53}$"};
	char *text = fuzz_copy(input.bytes, input.len);
	MtBcrypt *bcrypt = fuzz_alloc(sizeof(MtBcrypt));
	MtCryptoStatus status = mt_mcf_parse_bcrypt(text, input.len, bcrypt);
	uint64_t cost;

	if (!grammar_holds(&grammar, text, input.len))
	{
		must(status == MT_CRYPTO_MALFORMED);
		return;
	}
	cost = group_number(&grammar, text, 2);
	must(status ==
		 (cost < 4 ? MT_CRYPTO_MALFORMED : (cost > 16 ? MT_CRYPTO_TOO_EXPENSIVE : MT_CRYPTO_OK)));
	if (status == MT_CRYPTO_OK)
		must((uint64_t) bcrypt->cost == cost && bcrypt->variant == text[2]);
}
