/*
 * test/unit/scrypt_test.c
 *		crypto/scrypt: the vectors of RFC 7914, one spelling of each hash, and bounds.
 */
#include "crypto/scrypt.h"

#include "unit.h"

#define HASH "zDDYrS9ZE4/Xgbc4ixULybQ2uvfP0N9SZMKllsI9KBg"

static const char good[] = "$scrypt$ln=16,r=8,p=1$c29tZXNhbHQ$" HASH;

static MtCryptoStatus
parse_bytes(const char *text, size_t len)
{
	char *copy = exact_copy(text, len);
	MtScrypt scrypt;
	MtCryptoStatus status = mt_scrypt_parse(copy, len, &scrypt);

	free(copy);
	return status;
}

static void
test_vector(const char *password, const char *salt, MtScrypt scrypt, const char *hash)
{
	bool matches = false;
	char wrong[64];

	scrypt.salt_len = strlen(salt);
	memcpy(scrypt.salt, salt, strlen(salt));
	scrypt.hash_len = 64;
	memcpy(scrypt.hash, hash, 64);
	ok(mt_scrypt_verify(password, strlen(password), &scrypt, &matches) == MT_CRYPTO_OK && matches,
	   "a vector of RFC 7914, section 12");
	snprintf(wrong, sizeof(wrong), "%s!", password);
	ok(mt_scrypt_verify(wrong, strlen(wrong), &scrypt, &matches) == MT_CRYPTO_OK && !matches,
	   "another password");
	scrypt.hash[63] ^= 1;
	ok(mt_scrypt_verify(password, strlen(password), &scrypt, &matches) == MT_CRYPTO_OK && !matches,
	   "one bit of the hash");
}

static void
test_bounds(void)
{
	static const struct
	{
		const char *parameters;
		MtCryptoStatus expected;
	} cases[] = {{"ln=1,r=1,p=1", MT_CRYPTO_OK},
				 {"ln=15,r=1,p=1", MT_CRYPTO_OK},
				 {"ln=16,r=1,p=1", MT_CRYPTO_MALFORMED},
				 {"ln=0,r=1,p=1", MT_CRYPTO_MALFORMED},
				 {"ln=20,r=8,p=1", MT_CRYPTO_OK},
				 {"ln=20,r=8,p=2", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=20,r=9,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=21,r=8,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=21,r=4,p=1", MT_CRYPTO_OK},
				 {"ln=17,r=64,p=1", MT_CRYPTO_OK},
				 {"ln=17,r=8,p=8", MT_CRYPTO_OK},
				 {"ln=17,r=8,p=9", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=1,r=64,p=64", MT_CRYPTO_OK},
				 {"ln=1,r=65,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=1,r=1,p=65", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=33,r=8,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=64,r=8,p=1", MT_CRYPTO_TOO_EXPENSIVE},
				 {"ln=4294967295,r=4294967295,p=4294967295", MT_CRYPTO_TOO_EXPENSIVE}};

	for (size_t i = 0; i < LENGTH_OF(cases); i++)
	{
		char text[256];

		snprintf(text, sizeof(text), "$scrypt$%s$c29tZXNhbHQ$" HASH, cases[i].parameters);
		ok(parse_bytes(text, strlen(text)) == cases[i].expected, cases[i].parameters);
	}
}

int
main(void)
{
	static const char let_me_in[] =
		"\x70\x23\xbd\xcb\x3a\xfd\x73\x48\x46\x1c\x06\xcd\x81\xfd\x38\xeb"
		"\xfd\xa8\xfb\xba\x90\x4f\x8e\x3e\xa9\xb5\x43\xf6\x54\x5d\xa1\xf2"
		"\xd5\x43\x29\x55\x61\x3f\x0f\xcf\x62\xd4\x97\x05\x24\x2a\x9a\xf9"
		"\xe6\x1e\x85\xdc\x0d\x65\x1e\x40\xdf\xcf\x01\x7b\x45\x57\x58\x87";
	static const char nacl[] = "\xfd\xba\xbe\x1c\x9d\x34\x72\x00\x78\x56\xe7\x19\x0d\x01\xe9\xfe"
							   "\x7c\x6a\xd7\xcb\xc8\x23\x78\x30\xe7\x73\x76\x63\x4b\x37\x31\x62"
							   "\x2e\xaf\x30\xd9\x2e\x22\xa3\x88\x6f\xf1\x09\x27\x9d\x98\x30\xda"
							   "\xc7\x27\xaf\xb9\x4a\x83\xee\x6d\x83\x60\xcb\xdf\xa2\xcc\x06\x40";
	bool is_good = true;

	test_vector("pleaseletmein", "SodiumChloride", (MtScrypt){.ln = 14, .r = 8, .p = 1}, let_me_in);
	test_vector("password", "NaCl", (MtScrypt){.ln = 10, .r = 8, .p = 16}, nacl);
	test_bounds();

	ok(parse_bytes(good, strlen(good)) == MT_CRYPTO_OK, "a whole hash");
	/* the hash is one from 12 bytes on, which are 16 characters */
	for (size_t len = 0; len < strlen(good); len++)
		is_good = is_good &&
				  (len >= strlen(good) - 43 + 16 || parse_bytes(good, len) != MT_CRYPTO_OK);
	ok(is_good, "cut short at every place");
	return finish();
}
