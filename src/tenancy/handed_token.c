/*
 * tenancy/handed_token.c
 *		Tokens that are handed out once: made, hashed for the table, and read from arguments.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "tenancy/handed_token.h"
#include "utils/builtins.h"

static void
fill_randomly(uint8_t *bytes, size_t length)
{
	if (!pg_strong_random(bytes, length))
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "token");
}

char *
mt_new_token(const char *prefix)
{
	uint8_t random[MT_TOKEN_RANDOM_BYTES];
	char *token = palloc(MT_TOKEN_LENGTH + 1);

	fill_randomly(random, sizeof(random));
	mt_token_format(prefix, random, token);
	explicit_bzero(random, sizeof(random));
	return token;
}

char *
mt_new_key(void)
{
	uint8_t random[32];
	char *key = palloc(2 * sizeof(random) + 1);

	fill_randomly(random, sizeof(random));
	key[hex_encode((const char *) random, sizeof(random), key)] = '\0';
	explicit_bzero(random, sizeof(random));
	return key;
}

char *
mt_hash_of(const char *text)
{
	char *hash = palloc(MT_SHA256_HEX_LENGTH + 1);
	MtCryptoStatus status = mt_sha256_hex(text, strlen(text), hash);

	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "hash");
	return hash;
}

char *
mt_token_argument(FunctionCallInfo fcinfo, int at, const char *prefix)
{
	text *argument = PG_ARGISNULL(at) ? NULL : mt_bounded_text(fcinfo, at, MT_TOKEN_LENGTH);

	if (argument == NULL ||
		!mt_token_has_form(prefix, VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)))
		return NULL;
	return text_to_cstring(argument);
}

char *
mt_token_argument_hash(FunctionCallInfo fcinfo, int at, const char *prefix)
{
	char *token = mt_token_argument(fcinfo, at, prefix);

	return token == NULL ? NULL : mt_hash_of(token);
}
