/*
 * test/unit/refresh_token_test.c
 *		crypto/refresh_token: a chain of tokens, against values of another implementation.
 *
 * They were computed by Python's hmac, hashlib and base64:
 *
 *	def b64(b): return base64.urlsafe_b64encode(b).decode().rstrip('=')
 *	def mac(key, text): return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
 *	def signed(text): return text + b64(mac(key, text)[:8])
 *	first = signed('mtr_' + b64(bytes(range(24))))
 *	second = signed(first[:20] + b64(mac(salt, 'refresh' + first)[:12]))
 *	access = 'mta_' + b64(mac(salt, 'access' + second))
 *	family = hashlib.sha256(first[:20].encode()).hexdigest()
 */
#include "crypto/refresh_token.h"

#include "unit.h"

static const char key[] = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
static const char *const salts[] = {
	"abababababababababababababababababababababababababababababababab",
	"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
};
static const char *const tokens[] = {
	"mtr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX2ssTGNEiW5U",
	"mtr_AAECAwQFBgcICQoLOSmJ6xGGbObm9I20yOl6e7bOwnM",
	"mtr_AAECAwQFBgcICQoLBoF8VNz_JgQq2wduveb8ry0vgGk",
};
static const char *const access_tokens[] = {
	"mta_DA6hLL5IcousLAcApluFDOQZ2Wnkb08F0oWP1E89CjI",
	"mta_X7MAy-OhC-8CsOmbN1o9IdcCdzF8Xty8opKOJTGRcAs",
};
static const char family[] = "693062f13489bdb63f6f59f51f4fc4431a60d8f470e5f9c3217abc4b3b9bc111";

static bool
was_issued(const char *text, const char *with_key)
{
	char *copy = exact_copy(text, MT_TOKEN_LENGTH); /* nothing is read behind it */
	bool answer = false;

	if (mt_refresh_token_was_issued(copy, with_key, &answer) != MT_CRYPTO_OK)
		printf("# was_issued failed\n");
	free(copy);
	return answer;
}

static void
test_chain(void)
{
	uint8_t random[MT_REFRESH_RANDOM_BYTES];
	char token[MT_TOKEN_LENGTH + 1];
	char next[MT_TOKEN_LENGTH + 1];
	char access[MT_TOKEN_LENGTH + 1];

	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t) i;
	ok(mt_refresh_token_first(random, key, token) == MT_CRYPTO_OK && strcmp(token, tokens[0]) == 0,
	   "the first token");
	for (size_t i = 0; i < LENGTH_OF(salts); i++)
	{
		ok(mt_refresh_token_next(token, key, salts[i], next) == MT_CRYPTO_OK &&
			   strcmp(next, tokens[i + 1]) == 0,
		   "the next token");
		ok(mt_refresh_token_access(next, salts[i], access) == MT_CRYPTO_OK &&
			   strcmp(access, access_tokens[i]) == 0,
		   "the access token with it");
		memcpy(token, next, sizeof(token));
	}
}

static void
test_family(void)
{
	for (size_t i = 0; i < LENGTH_OF(tokens); i++)
	{
		char hex[MT_SHA256_HEX_LENGTH + 1];
		char *copy = exact_copy(tokens[i], MT_TOKEN_LENGTH);

		ok(mt_refresh_token_family(copy, hex) == MT_CRYPTO_OK && strcmp(hex, family) == 0,
		   "all tokens of a session are of one family");
		free(copy);
	}
}

/* A token is known again whatever came after it; any other character at any place is not. */
static void
test_was_issued(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char other_key[sizeof(key)];
	bool is_good = true;

	for (size_t i = 0; i < LENGTH_OF(tokens); i++)
		ok(was_issued(tokens[i], key), "an issued token");

	for (size_t at = MT_TOKEN_PREFIX_LENGTH; at < MT_TOKEN_LENGTH; at++)
	{
		for (const char *c = alphabet; *c != '\0'; c++)
		{
			char changed[MT_TOKEN_LENGTH + 1];

			memcpy(changed, tokens[1], sizeof(changed));
			changed[at] = *c;
			if (was_issued(changed, key) != (*c == tokens[1][at]))
			{
				printf("# %c at %zu\n", *c, at);
				is_good = false;
			}
		}
	}
	ok(is_good, "a token with one other character was never issued");

	memcpy(other_key, key, sizeof(key));
	other_key[0] = '1';
	ok(!was_issued(tokens[0], other_key), "nor was one of another session's key");
}

/* Without the token before, the salt gives another pair; so does another salt. */
static void
test_derivation(void)
{
	char next[MT_TOKEN_LENGTH + 1];
	char access[MT_TOKEN_LENGTH + 1];

	ok(mt_refresh_token_next(tokens[1], key, salts[0], next) == MT_CRYPTO_OK &&
		   strcmp(next, tokens[1]) != 0 && strcmp(next, tokens[2]) != 0,
	   "another salt gives another token");
	ok(mt_refresh_token_access(tokens[0], salts[0], access) == MT_CRYPTO_OK &&
		   strcmp(access, access_tokens[0]) != 0,
	   "another token gives another access token");
	ok(mt_refresh_token_next(tokens[0], key, salts[0], next) == MT_CRYPTO_OK &&
		   strcmp(next, tokens[1]) == 0,
	   "the same of both gives the same again");
}

int
main(void)
{
	test_chain();
	test_family();
	test_was_issued();
	test_derivation();
	return finish();
}
