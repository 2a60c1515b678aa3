/*
 * test/unit/mcf_test.c
 *		crypto/mcf: nothing but a whole bcrypt hash is taken for one.
 */
#include "crypto/mcf.h"

#include "unit.h"

/* The first vector of crypt_blowfish's own test. */
static const char good[] = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

static MtCryptoStatus
parse(const char *text, size_t len, MtBcrypt *bcrypt)
{
	char *copy = exact_copy(text, len);
	MtCryptoStatus status = mt_mcf_parse_bcrypt(copy, len, bcrypt);

	free(copy);
	return status;
}

static MtCryptoStatus
parse_with(size_t pos, char c)
{
	char text[sizeof(good)];
	MtBcrypt bcrypt;

	memcpy(text, good, sizeof(good));
	text[pos] = c;
	return parse(text, MT_BCRYPT_LENGTH, &bcrypt);
}

/* Every byte at every place: the accepted ones are exactly those of the form. */
static void
test_all_bytes(void)
{
	bool is_good = true;

	for (size_t pos = 0; pos < MT_BCRYPT_LENGTH; pos++)
	{
		for (int c = 0; c < 256; c++)
		{
			static const char alphabet[] =
				"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
			MtCryptoStatus expected = MT_CRYPTO_MALFORMED;

			if (c == good[pos] || (pos == 2 && c != 0 && strchr("abxy", c) != NULL) ||
				(pos == 4 && c == '1') || (pos == 5 && c >= '4' && c <= '9') ||
				(pos > 6 && c != 0 && strchr(alphabet, c) != NULL))
				expected = MT_CRYPTO_OK;
			else if (pos == 4 && c >= '2' && c <= '9')
				expected = MT_CRYPTO_TOO_EXPENSIVE;
			if (parse_with(pos, (char) c) != expected)
			{
				printf("# byte %d at %zu\n", c, pos);
				is_good = false;
			}
		}
	}
	ok(is_good, "every byte at every place");
}

int
main(void)
{
	MtBcrypt bcrypt;
	char longer[200];
	bool is_good = true;

	ok(parse(good, MT_BCRYPT_LENGTH, &bcrypt) == MT_CRYPTO_OK && bcrypt.variant == 'a' &&
		   bcrypt.cost == 5,
	   "a hash of another implementation");
	for (size_t len = 0; len < MT_BCRYPT_LENGTH; len++)
		is_good = is_good && parse(good, len, &bcrypt) == MT_CRYPTO_MALFORMED;
	ok(is_good, "cut short at every place");
	memset(longer, '.', sizeof(longer));
	memcpy(longer, good, MT_BCRYPT_LENGTH);
	ok(parse(longer, MT_BCRYPT_LENGTH + 1, &bcrypt) == MT_CRYPTO_MALFORMED, "a byte too long");
	ok(parse(longer, sizeof(longer), &bcrypt) == MT_CRYPTO_MALFORMED, "much too long");
	test_all_bytes();

	memcpy(longer, good, MT_BCRYPT_LENGTH);
	memcpy(longer + 4, "16", 2);
	ok(parse(longer, MT_BCRYPT_LENGTH, &bcrypt) == MT_CRYPTO_OK && bcrypt.cost == 16, "cost 16");
	memcpy(longer + 4, "17", 2);
	ok(parse(longer, MT_BCRYPT_LENGTH, &bcrypt) == MT_CRYPTO_TOO_EXPENSIVE, "cost 17");
	memcpy(longer + 4, "04", 2);
	ok(parse(longer, MT_BCRYPT_LENGTH, &bcrypt) == MT_CRYPTO_OK && bcrypt.cost == 4, "cost 4");
	memcpy(longer + 4, "03", 2);
	ok(parse(longer, MT_BCRYPT_LENGTH, &bcrypt) == MT_CRYPTO_MALFORMED, "cost 3");
	return finish();
}
