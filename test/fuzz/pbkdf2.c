/*
 * test/fuzz/pbkdf2.c
 *		crypto/pbkdf2 against the grammars of its three formats; OpenSSL computes what it
 *		reads.
 */
#include "crypto/pbkdf2.h"

#include "fuzz.h"

#define NUMBER "(0|[1-9][0-9]{0,9})"
#define DIGEST "(sha1|sha256|sha512)"

static Grammar django = {
	.pattern =
		"^pbkdf2_" DIGEST "\\$" NUMBER
		"\\$([!-#%-~]{1,128})\\$(([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$"};
static Grammar phc = {.pattern = "^\\$pbkdf2(-" DIGEST ")?\\$i=" NUMBER "(,l=" NUMBER
								 ")?\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)$"};
static Grammar passlib = {.pattern = "^\\$pbkdf2(-" DIGEST ")?\\$" NUMBER
									 "\\$([A-Za-z0-9./]+)\\$([A-Za-z0-9./]+)$"};

static size_t
digest_length(const MtPbkdf2 *pbkdf2)
{
	return pbkdf2->digest == MT_PBKDF2_SHA1 ? 20 : pbkdf2->digest == MT_PBKDF2_SHA256 ? 32 : 64;
}

/* The digest that group names, SHA-1 where it names none. */
static void
check_digest(const MtPbkdf2 *pbkdf2, const Grammar *grammar, const char *text, int group)
{
	static const char *const names[] = {"sha1", "sha256", "sha512"};
	const char *name = names[pbkdf2->digest];

	if (!has_group(grammar, group))
		must(pbkdf2->digest == MT_PBKDF2_SHA1);
	else
		must(group_length(grammar, group) == strlen(name) &&
			 memcmp(text + grammar->groups[group].rm_so, name, strlen(name)) == 0);
}

static void
check_parts(const MtPbkdf2 *pbkdf2, size_t salt_len, size_t hash_len)
{
	must(pbkdf2->salt_len == salt_len && salt_len >= 1 && salt_len <= 128);
	must(pbkdf2->hash_len == hash_len && hash_len >= 12 && hash_len <= 64);
}

/* What one of the grammars says of it. */
static void
check_fields(const MtPbkdf2 *pbkdf2, const char *text, size_t len)
{
	if (grammar_holds(&django, text, len))
	{
		check_digest(pbkdf2, &django, text, 1);
		must(pbkdf2->iterations == group_number(&django, text, 2));
		check_parts(pbkdf2, group_length(&django, 3), digest_length(pbkdf2));
		must(group_length(&django, 4) == (digest_length(pbkdf2) + 2) / 3 * 4);
		must(has_group(&django, 6) == (digest_length(pbkdf2) % 3 != 0));
		must(memcmp(pbkdf2->salt, text + django.groups[3].rm_so, pbkdf2->salt_len) == 0);
	}
	else if (grammar_holds(&phc, text, len))
	{
		check_digest(pbkdf2, &phc, text, 2);
		must(pbkdf2->iterations == group_number(&phc, text, 3));
		must(!has_group(&phc, 4) || pbkdf2->hash_len == group_number(&phc, text, 5));
		check_parts(pbkdf2, group_length(&phc, 6) * 6 / 8, group_length(&phc, 7) * 6 / 8);
	}
	else
	{
		must(grammar_holds(&passlib, text, len));
		check_digest(pbkdf2, &passlib, text, 2);
		must(pbkdf2->iterations == group_number(&passlib, text, 3));
		check_parts(pbkdf2, group_length(&passlib, 4) * 6 / 8, digest_length(pbkdf2));
		must(group_length(&passlib, 5) * 6 / 8 == pbkdf2->hash_len);
	}
}

static void
check(Input input)
{
	char *text = fuzz_copy(input.bytes, input.len);
	MtPbkdf2 *pbkdf2 = fuzz_alloc(sizeof(MtPbkdf2));
	MtCryptoStatus status = mt_pbkdf2_parse(text, input.len, pbkdf2);
	uint64_t blocks;
	bool matches;

	if (status != MT_CRYPTO_OK && status != MT_CRYPTO_TOO_EXPENSIVE)
		return;
	check_fields(pbkdf2, text, input.len);
	blocks = (pbkdf2->hash_len + digest_length(pbkdf2) - 1) / digest_length(pbkdf2);
	must((status == MT_CRYPTO_OK) == (pbkdf2->iterations * blocks <= 10000000));
	must(pbkdf2->iterations > 0);

	/* at the least cost */
	pbkdf2->iterations = 1;
	must(mt_pbkdf2_verify("password", 8, pbkdf2, &matches) == MT_CRYPTO_OK);
}
