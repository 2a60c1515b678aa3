/*
 * test/fuzz/hash_format.c
 *		identity/hash_format: the format that a prefix names reads what its parser reads, and
 *		nothing that is refused is ever computed.
 */
#include "backend.h"

#include "identity/hash_format.c"

int mt_password_algorithm = MT_ALGORITHM_ARGON2ID;
int mt_argon2_memory = 19456;
int mt_argon2_iterations = 2;
int mt_argon2_parallelism = 1;
int mt_bcrypt_cost = 12;

/* Whether a text is a hash that some parser takes, and the status of the first that knows it. */
static bool
some_parser_takes(const char *hash)
{
	size_t len = strlen(hash);
	MtArgon2 argon2;
	MtBcrypt bcrypt;
	MtScrypt scrypt;
	MtPbkdf2 pbkdf2;
	MtShaCrypt sha_crypt;

	return mt_phc_parse_argon2(hash, len, &argon2) == MT_CRYPTO_OK ||
		   mt_mcf_parse_bcrypt(hash, len, &bcrypt) == MT_CRYPTO_OK ||
		   mt_scrypt_parse(hash, len, &scrypt) == MT_CRYPTO_OK ||
		   mt_pbkdf2_parse(hash, len, &pbkdf2) == MT_CRYPTO_OK ||
		   mt_sha_crypt_parse(hash, len, &sha_crypt) == MT_CRYPTO_OK;
}

static void
check(Input input)
{
	char *hash = fuzz_string(input.bytes, input.len);
	const MtHashFormat *format = mt_hash_format_find(hash);
	MtCryptoStatus status;
	bool outdated;
	bool matches = true;

	must(format != NULL || !some_parser_takes(hash));
	if (format == NULL)
		return;
	must(strncmp(hash, format->prefix, strlen(format->prefix)) == 0);
	status = format->is_outdated(hash, &outdated);
	must((status == MT_CRYPTO_OK) == some_parser_takes(hash));
	/* refused in no time: were it computed, libFuzzer's limit of time would end it */
	if (status != MT_CRYPTO_OK)
		must(format->verify("password", hash, &matches) == status);
}
