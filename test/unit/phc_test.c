/*
 * test/unit/phc_test.c
 *		crypto/phc: one spelling of each hash, and bounds.
 */
#include "crypto/phc.h"

#include "unit.h"

#define SALT "c29tZXNhbHQ"
#define HASH "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

/* From the tests of the reference implementation. */
static const char good[] = "$argon2id$v=19$m=65536,t=2,p=1$" SALT "$" HASH;

static MtCryptoStatus
parse_bytes(const char *text, size_t len, MtArgon2 *argon2)
{
	char *copy = exact_copy(text, len);
	MtCryptoStatus status = mt_phc_parse_argon2(copy, len, argon2);

	free(copy);
	return status;
}

static MtCryptoStatus
parse(const char *text)
{
	MtArgon2 argon2;

	return parse_bytes(text, strlen(text), &argon2);
}

static void
test_good(void)
{
	MtArgon2 argon2;
	char text[MT_PHC_ARGON2_SIZE];

	ok(parse_bytes(good, strlen(good), &argon2) == MT_CRYPTO_OK,
	   "a hash of another implementation");
	ok(argon2.type == MT_ARGON2_ID && argon2.version == 0x13 && argon2.memory == 65536 &&
		   argon2.iterations == 2 && argon2.lanes == 1,
	   "its parameters");
	ok(argon2.salt_len == 8 && memcmp(argon2.salt, "somesalt", 8) == 0, "its salt");
	ok(argon2.hash_len == 32 && argon2.hash[0] == 0x09 && argon2.hash[31] == 0xf7, "its hash");
	mt_phc_format_argon2(&argon2, text);
	ok(strcmp(text, good) == 0, "written back the same");
}

static void
test_versions(void)
{
	MtArgon2 argon2;
	static const char no_version[] = "$argon2i$m=256,t=2,p=2$" SALT "$" HASH;
	static const char version_16[] = "$argon2i$v=16$m=256,t=2,p=2$" SALT "$" HASH;

	ok(parse_bytes(no_version, strlen(no_version), &argon2) == MT_CRYPTO_OK &&
		   argon2.type == MT_ARGON2_I && argon2.version == 0x10,
	   "no version is version 1.0");
	ok(parse_bytes(version_16, strlen(version_16), &argon2) == MT_CRYPTO_OK &&
		   argon2.version == 0x10 && argon2.lanes == 2,
	   "version 1.0 by its number");
	ok(parse("$argon2id$v=20$m=256,t=2,p=1$" SALT "$" HASH) == MT_CRYPTO_UNSUPPORTED, "version 20");
	ok(parse("$argon2id$v=0$m=256,t=2,p=1$" SALT "$" HASH) == MT_CRYPTO_UNSUPPORTED, "version 0");
	ok(parse("$argon2id$v=$m=256,t=2,p=1$" SALT "$" HASH) == MT_CRYPTO_MALFORMED, "version empty");
	ok(parse("$argon2d$v=19$m=256,t=2,p=1$" SALT "$" HASH) == MT_CRYPTO_UNSUPPORTED, "argon2d");
	ok(parse("$argon2$v=19$m=256,t=2,p=1$" SALT "$" HASH) == MT_CRYPTO_UNSUPPORTED, "argon2");
	ok(parse("") == MT_CRYPTO_UNSUPPORTED, "nothing");
}

static void
test_parameters(void)
{
	static const struct
	{
		const char *parameters;
		MtCryptoStatus expected;
	} cases[] = {{"m=256,t=2,p=1", MT_CRYPTO_OK},
				 {"m=8,t=1,p=1", MT_CRYPTO_OK},
				 {"m=1048576,t=4,p=16", MT_CRYPTO_OK},
				 {"m=1048576,t=5,p=16", MT_CRYPTO_TOO_EXPENSIVE},
				 {"m=65536,t=64,p=16", MT_CRYPTO_OK},
				 {"m=65537,t=64,p=16", MT_CRYPTO_TOO_EXPENSIVE},
				 {"m=1048577,t=2,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"m=256,t=65,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"m=256,t=2,p=17", MT_CRYPTO_TOO_EXPENSIVE},
				 {"m=4294967295,t=4294967295,p=16777215", MT_CRYPTO_TOO_EXPENSIVE},
				 {"m=4294967296,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m=99999999999999999999999999,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m=7,t=1,p=1", MT_CRYPTO_MALFORMED},
				 {"m=15,t=1,p=2", MT_CRYPTO_MALFORMED},
				 {"m=16,t=1,p=2", MT_CRYPTO_OK},
				 {"m=256,t=2,p=4294967295", MT_CRYPTO_MALFORMED},
				 {"m=256,t=0,p=1", MT_CRYPTO_MALFORMED},
				 {"m=256,t=2,p=0", MT_CRYPTO_MALFORMED},
				 {"m=0256,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m=+256,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m=-256,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m= 256,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m=0x100,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"m=,t=2,p=1", MT_CRYPTO_MALFORMED},
				 {"t=2,m=256,p=1", MT_CRYPTO_MALFORMED},
				 {"m=256,p=1,t=2", MT_CRYPTO_MALFORMED},
				 {"m=256,t=2", MT_CRYPTO_MALFORMED},
				 {"m=256,t=2,p=1,", MT_CRYPTO_MALFORMED},
				 {"m=256,t=2,p=1,x=1", MT_CRYPTO_MALFORMED},
				 {"m=256,t=2,p=1,keyid=Zm8", MT_CRYPTO_UNSUPPORTED},
				 {"m=256,t=2,p=1,data=Zm8", MT_CRYPTO_UNSUPPORTED},
				 {"M=256,t=2,p=1", MT_CRYPTO_MALFORMED}};

	for (size_t i = 0; i < LENGTH_OF(cases); i++)
	{
		char text[256];

		snprintf(text, sizeof(text), "$argon2id$v=19$%s$" SALT "$" HASH, cases[i].parameters);
		ok(parse(text) == cases[i].expected, cases[i].parameters);
	}
}

/* A salt or a hash of so many zero bytes. */
static MtCryptoStatus
parse_lengths(size_t salt_len, size_t hash_len)
{
	char text[1024];
	char salt[256];
	char hash[256];

	memset(salt, 'A', sizeof(salt));
	memset(hash, 'A', sizeof(hash));
	salt[(salt_len * 8 + 5) / 6] = '\0';
	hash[(hash_len * 8 + 5) / 6] = '\0';
	snprintf(text, sizeof(text), "$argon2id$v=19$m=256,t=2,p=1$%s$%s", salt, hash);
	return parse(text);
}

static void
test_lengths(void)
{
	MtArgon2 argon2 = {.type = MT_ARGON2_ID,
					   .version = MT_ARGON2_VERSION_13,
					   .memory = UINT32_MAX,
					   .iterations = UINT32_MAX,
					   .lanes = UINT32_MAX,
					   .salt_len = MT_ARGON2_MAX_SALT,
					   .hash_len = MT_ARGON2_MAX_HASH};
	char text[MT_PHC_ARGON2_SIZE];

	ok(parse_lengths(8, 12) == MT_CRYPTO_OK, "the shortest salt and hash");
	ok(parse_lengths(64, 64) == MT_CRYPTO_OK, "the longest salt and hash");
	ok(parse_lengths(7, 32) == MT_CRYPTO_OUT_OF_RANGE, "a salt too short");
	ok(parse_lengths(65, 32) == MT_CRYPTO_OUT_OF_RANGE, "a salt too long");
	ok(parse_lengths(0, 32) == MT_CRYPTO_OUT_OF_RANGE, "no salt");
	ok(parse_lengths(8, 11) == MT_CRYPTO_OUT_OF_RANGE, "a hash too short");
	ok(parse_lengths(8, 65) == MT_CRYPTO_OUT_OF_RANGE, "a hash too long");
	ok(parse_lengths(8, 0) == MT_CRYPTO_OUT_OF_RANGE, "no hash");
	ok(parse_lengths(150, 32) == MT_CRYPTO_OUT_OF_RANGE, "a salt much too long");

	mt_phc_format_argon2(&argon2, text);
	ok(strlen(text) < MT_PHC_ARGON2_SIZE && text[strlen(text) - 1] == 'A' &&
		   strlen(strrchr(text, '$')) == 1 + 86,
	   "the longest text fits");
}

/* What is accepted of a mutated text is what would be written for it. */
static bool
is_one_spelling(const char *text, size_t len)
{
	MtArgon2 argon2;
	char back[MT_PHC_ARGON2_SIZE];

	if (parse_bytes(text, len, &argon2) != MT_CRYPTO_OK)
		return true;
	mt_phc_format_argon2(&argon2, back);
	return strlen(back) == len && memcmp(back, text, len) == 0;
}

static void
test_mutations(void)
{
	size_t len = strlen(good);
	char text[sizeof(good) + 1];
	bool is_good = true;

	for (size_t cut = 0; cut < len; cut++)
	{
		MtArgon2 argon2;
		MtCryptoStatus status = parse_bytes(good, cut, &argon2);

		/* a shorter hash is one too: 12 bytes are 16 characters */
		is_good = is_good && (status != MT_CRYPTO_OK || cut >= len - 43 + 16) &&
				  is_one_spelling(good, cut);
	}
	ok(is_good, "cut short at every place");

	is_good = true;
	for (size_t pos = 0; pos < len; pos++)
	{
		for (int c = 0; c < 256; c++)
		{
			memcpy(text, good, len);
			text[pos] = (char) c;
			is_good = is_good && is_one_spelling(text, len);
			/* and one byte put in between */
			memcpy(text + pos + 1, good + pos, len - pos);
			is_good = is_good && is_one_spelling(text, len + 1);
		}
	}
	ok(is_good, "every byte at every place, in place of one and between two");
}

int
main(void)
{
	test_good();
	test_versions();
	test_parameters();
	test_lengths();
	test_mutations();
	ok(parse("$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH "$") == MT_CRYPTO_MALFORMED,
	   "a part too many");
	ok(parse("$argon2id$v=19$m=256,t=2,p=1$" SALT) == MT_CRYPTO_MALFORMED, "a part too few");
	ok(parse("$argon2id$v=19$m=256,t=2,p=1$" SALT "=$" HASH "=") == MT_CRYPTO_MALFORMED, "padding");
	ok(parse("$argon2id$v=19$m=256,t=2,p=1$" SALT "$" HASH "\n") == MT_CRYPTO_MALFORMED,
	   "a line break at the end");
	return finish();
}
