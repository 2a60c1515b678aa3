/*
 * identity/backup_code.c
 *		Backup codes: ten per user, each good once, stored as SHA-256.
 *
 * A code is 80 random bits in Crockford's base32, which has no I, L, O and U, written
 * in groups of four.  80 bits need no slow hash: 2^79 guesses on average.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_type.h"
#include "core/errors.h"
#include "crypto/token.h"
#include "identity/backup_code.h"
#include "utils/builtins.h"

#include <openssl/crypto.h>

#define RANDOM_BYTES 10
#define CODE_LENGTH 16
#define GROUP_LENGTH 4
#define SHOWN_LENGTH (CODE_LENGTH + CODE_LENGTH / GROUP_LENGTH - 1)

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void
encode(const uint8 random[RANDOM_BYTES], char code[CODE_LENGTH + 1])
{
	uint64 bits = 0;
	int held = 0;
	int at = 0;

	for (int i = 0; i < RANDOM_BYTES; i++)
	{
		bits = bits << 8 | random[i];
		for (held += 8; held >= 5;)
		{
			held -= 5;
			code[at++] = alphabet[bits >> held & 31];
		}
	}
	code[at] = '\0';
}

static void
group(const char code[CODE_LENGTH + 1], char shown[SHOWN_LENGTH + 1])
{
	int at = 0;

	for (int i = 0; i < CODE_LENGTH; i++)
	{
		if (i > 0 && i % GROUP_LENGTH == 0)
			shown[at++] = '-';
		shown[at++] = code[i];
	}
	shown[at] = '\0';
}

static char *
hash_of(const char *code)
{
	char *hash = palloc(MT_SHA256_HEX_LENGTH + 1);
	MtCryptoStatus status = mt_sha256_hex(code, CODE_LENGTH, hash);

	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "backup code hash");
	return hash;
}

MtBackupCodes
mt_backup_codes_generate(void)
{
	Datum shown[MT_BACKUP_CODE_COUNT];
	Datum stored[MT_BACKUP_CODE_COUNT];

	for (int i = 0; i < MT_BACKUP_CODE_COUNT; i++)
	{
		uint8 random[RANDOM_BYTES];
		char code[CODE_LENGTH + 1];
		char grouped[SHOWN_LENGTH + 1];

		if (!pg_strong_random(random, sizeof(random)))
			mt_throw_crypto(MT_CRYPTO_LIBRARY, "backup code");
		encode(random, code);
		group(code, grouped);
		shown[i] = CStringGetTextDatum(grouped);
		stored[i] = CStringGetTextDatum(hash_of(code));
		explicit_bzero(random, sizeof(random));
		explicit_bzero(code, sizeof(code));
		explicit_bzero(grouped, sizeof(grouped));
	}
	return (MtBackupCodes){construct_array(shown, MT_BACKUP_CODE_COUNT, TEXTOID, -1, false,
										   TYPALIGN_INT),
						   construct_array(stored, MT_BACKUP_CODE_COUNT, TEXTOID, -1, false,
										   TYPALIGN_INT)};
}

/* The character of the alphabet that a typed one stands for, or 0. */
static char
canonical_character(char typed)
{
	char upper = pg_ascii_toupper((unsigned char) typed);

	if (upper == 'O')
		return '0';
	if (upper == 'I' || upper == 'L')
		return '1';
	return upper != '\0' && strchr(alphabet, upper) != NULL ? upper : '\0';
}

char *
mt_backup_code_hash(const char *typed)
{
	char code[CODE_LENGTH + 1];
	int length = 0;
	char *hash;

	for (; *typed != '\0'; typed++)
	{
		if (*typed == '-' || *typed == ' ')
			continue;
		if (length == CODE_LENGTH)
			return NULL;
		code[length] = canonical_character(*typed);
		if (code[length++] == '\0')
			return NULL;
	}
	if (length != CODE_LENGTH)
		return NULL;
	hash = hash_of(code);
	explicit_bzero(code, sizeof(code));
	return hash;
}

bool
mt_backup_code_is_among(const char *hash, ArrayType *stored)
{
	Datum *elements;
	int count;
	bool found = false;

	deconstruct_array(stored, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		text *element = DatumGetTextPP(elements[i]);

		if (VARSIZE_ANY_EXHDR(element) == MT_SHA256_HEX_LENGTH)
			found |= CRYPTO_memcmp(VARDATA_ANY(element), hash, MT_SHA256_HEX_LENGTH) == 0;
	}
	return found;
}
