/*
 * test/fuzz/token.c
 *		crypto/token and crypto/refresh_token: the form of a token, and which ones were
 *		issued.
 *
 * An input is a number, a line that is a text, one that is a key, one that is a salt, and
 * random bytes.
 */
#include "crypto/token.h"

#include "crypto/refresh_token.h"

#include "fuzz.h"

static Grammar grammar = {.pattern = "^mt[a-z]_[A-Za-z0-9_-]{43}$"};

static void
check_form(Input line)
{
	static const char *const prefixes[] = {MT_TOKEN_ACCESS, MT_TOKEN_REFRESH, MT_TOKEN_INVITATION};
	char *text = fuzz_copy(line.bytes, line.len);

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		must(mt_token_has_form(prefixes[i], text, line.len) ==
			 (grammar_holds(&grammar, text, line.len) && memcmp(text, prefixes[i], 4) == 0));
}

static bool
was_issued(const char *token, const char *key)
{
	bool answer = false;

	must(mt_refresh_token_was_issued(token, key, &answer) == MT_CRYPTO_OK);
	return answer;
}

static void
must_be_token(const char *prefix, const char *token)
{
	must(strlen(token) == MT_TOKEN_LENGTH);
	must(mt_token_has_form(prefix, fuzz_copy(token, MT_TOKEN_LENGTH), MT_TOKEN_LENGTH));
}

/* Another character of the alphabet in a place behind the prefix. */
static char *
change_one(const char *token, size_t change)
{
	char *changed = fuzz_string(token, MT_TOKEN_LENGTH);
	size_t at = MT_TOKEN_PREFIX_LENGTH + change % (MT_TOKEN_LENGTH - MT_TOKEN_PREFIX_LENGTH);

	changed[at] = changed[at] == 'A' ? 'B' : 'A';
	return changed;
}

static void
check_chain(const char *key, const char *salt, const uint8_t *random, size_t change)
{
	char family[MT_SHA256_HEX_LENGTH + 1];
	char family_again[MT_SHA256_HEX_LENGTH + 1];
	char *token = fuzz_alloc(MT_TOKEN_LENGTH + 1);
	char *access = fuzz_alloc(MT_TOKEN_LENGTH + 1);

	must(mt_refresh_token_first(random, key, token) == MT_CRYPTO_OK);
	must(mt_refresh_token_family(token, family) == MT_CRYPTO_OK);
	for (int i = 0; i < 3; i++)
	{
		char *next = fuzz_alloc(MT_TOKEN_LENGTH + 1);
		char *again = fuzz_alloc(MT_TOKEN_LENGTH + 1);

		must_be_token(MT_TOKEN_REFRESH, token);
		must(was_issued(token, key) && !was_issued(change_one(token, change), key));
		must(mt_refresh_token_family(token, family_again) == MT_CRYPTO_OK);
		must(strcmp(family, family_again) == 0);
		must(mt_refresh_token_access(token, salt, access) == MT_CRYPTO_OK);
		must_be_token(MT_TOKEN_ACCESS, access);
		must(mt_refresh_token_next(token, key, salt, next) == MT_CRYPTO_OK);
		must(mt_refresh_token_next(token, key, salt, again) == MT_CRYPTO_OK);
		must(strcmp(next, again) == 0 && strcmp(next, token) != 0);
		token = next;
	}
}

static void
check(Input input)
{
	size_t change = (size_t) fuzz_take_number(&input, 1);
	Input text = fuzz_take_line(&input);
	Input key = fuzz_take_line(&input);
	Input salt = fuzz_take_line(&input);
	uint8_t random[MT_REFRESH_RANDOM_BYTES] = {0};
	Input bytes = fuzz_take(&input, sizeof(random));

	if (bytes.len > 0)
		memcpy(random, bytes.bytes, bytes.len);
	check_form(text);
	check_chain(fuzz_string(key.bytes, key.len), fuzz_string(salt.bytes, salt.len),
				fuzz_copy(random, sizeof(random)), change);
	/* whoever presents it, a text of the form was not issued with a key that no input has */
	if (grammar_holds(&grammar, text.bytes, text.len))
		must(!was_issued(fuzz_string(text.bytes, text.len), "no\nline"));
}
