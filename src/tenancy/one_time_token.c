/*
 * tenancy/one_time_token.c
 *		Handing out a token once, and knowing it again by its hash.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "mb/pg_wchar.h"
#include "tenancy/one_time_token.h"

char *
mt_one_time_token_issue(const char *prefix)
{
	uint8_t random[MT_TOKEN_RANDOM_BYTES];
	char *token = palloc(MT_TOKEN_LENGTH + 1);

	if (!pg_strong_random(random, sizeof(random)))
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "token");
	mt_token_format(prefix, random, token);
	explicit_bzero(random, sizeof(random));
	return token;
}

char *
mt_one_time_token_stored(const char *token)
{
	char *hash = palloc(MT_SHA256_HEX_LENGTH + 1);
	MtCryptoStatus status = mt_sha256_hex(token, strlen(token), hash);

	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "token hash");
	return hash;
}

char *
mt_one_time_token_argument(FunctionCallInfo fcinfo, int at, const char *prefix)
{
	char *token = mt_truncated_text(fcinfo, at, MT_TOKEN_LENGTH + MAX_MULTIBYTE_CHAR_LEN);

	if (token == NULL || !mt_token_has_form(prefix, token, strlen(token)))
		return NULL;
	return mt_one_time_token_stored(token);
}
