/*
 * crypto/phc.c
 *		Password hashes in the PHC string format: argon2i and argon2id.
 *
 * Notes: the parser is a cursor that knows how much is left, and reads one
 * spelling of each hash alone: fixed order of the parameters, decimal numbers
 * without leading zeros, base64 without padding.  What it accepts,
 * mt_phc_format_argon2 writes back the same, but for a version left out.
 */
#include "crypto/phc.h"

#include <stdio.h>

#include "crypto/base64.h"
#include "crypto/cursor.h"

static MtCryptoStatus
read_type_and_version(MtCursor *cursor, MtArgon2 *argon2)
{
	if (mt_cursor_skip(cursor, "$argon2id$"))
		argon2->type = MT_ARGON2_ID;
	else if (mt_cursor_skip(cursor, "$argon2i$"))
		argon2->type = MT_ARGON2_I;
	else
		return MT_CRYPTO_UNSUPPORTED;

	/* the version came with 1.3; before it there was nothing to tell apart */
	argon2->version = MT_ARGON2_VERSION_10;
	if (cursor->left == 0 || cursor->next[0] != 'v')
		return MT_CRYPTO_OK;
	if (!mt_cursor_read_number(cursor, "v=", &argon2->version) || !mt_cursor_skip(cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	if (argon2->version != MT_ARGON2_VERSION_10 && argon2->version != MT_ARGON2_VERSION_13)
		return MT_CRYPTO_UNSUPPORTED;
	return MT_CRYPTO_OK;
}

static MtCryptoStatus
check_cost(const MtArgon2 *argon2)
{
	if (argon2->iterations == 0 || argon2->lanes == 0 ||
		argon2->memory / MT_ARGON2_MIN_MEMORY_PER_LANE < argon2->lanes)
		return MT_CRYPTO_MALFORMED;
	if (argon2->memory > MT_ARGON2_MAX_MEMORY || argon2->iterations > MT_ARGON2_MAX_ITERATIONS ||
		argon2->lanes > MT_ARGON2_MAX_LANES ||
		argon2->memory * argon2->iterations > MT_ARGON2_MAX_WORK)
		return MT_CRYPTO_TOO_EXPENSIVE;
	return MT_CRYPTO_OK;
}

/*
 * mt_phc_parse_argon2 reads a whole argon2i or argon2id string.
 *
 * Returns MT_CRYPTO_MALFORMED for what is not one, MT_CRYPTO_UNSUPPORTED for
 * another function or version and for a keyid or data (what they stand for is
 * not known here), MT_CRYPTO_OUT_OF_RANGE for a salt or hash too short or too
 * long, MT_CRYPTO_TOO_EXPENSIVE for a cost over the bounds.
 */
MtCryptoStatus
mt_phc_parse_argon2(const char *text, size_t len, MtArgon2 *argon2)
{
	MtCursor cursor = {text, len};
	MtCryptoStatus status = read_type_and_version(&cursor, argon2);

	if (status != MT_CRYPTO_OK)
		return status;
	if (!mt_cursor_read_number(&cursor, "m=", &argon2->memory) ||
		!mt_cursor_read_number(&cursor, ",t=", &argon2->iterations) ||
		!mt_cursor_read_number(&cursor, ",p=", &argon2->lanes))
		return MT_CRYPTO_MALFORMED;
	if (mt_cursor_skip(&cursor, ",keyid=") || mt_cursor_skip(&cursor, ",data="))
		return MT_CRYPTO_UNSUPPORTED;

	if (!mt_cursor_skip(&cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = mt_cursor_read_bytes(&cursor, argon2->salt, MT_ARGON2_MIN_SALT, MT_ARGON2_MAX_SALT,
								  &argon2->salt_len);
	if (status != MT_CRYPTO_OK)
		return status;

	if (!mt_cursor_skip(&cursor, "$"))
		return MT_CRYPTO_MALFORMED;
	status = mt_cursor_read_bytes(&cursor, argon2->hash, MT_ARGON2_MIN_HASH, MT_ARGON2_MAX_HASH,
								  &argon2->hash_len);
	if (status != MT_CRYPTO_OK)
		return status;

	if (cursor.left != 0)
		return MT_CRYPTO_MALFORMED;
	return check_cost(argon2);
}

/*
 * mt_phc_format_argon2 writes the string and a terminator, at most
 * MT_PHC_ARGON2_SIZE bytes.
 */
void
mt_phc_format_argon2(const MtArgon2 *argon2, char *out)
{
	char salt[MT_BASE64_LENGTH(MT_ARGON2_MAX_SALT) + 1];
	char hash[MT_BASE64_LENGTH(MT_ARGON2_MAX_HASH) + 1];

	mt_base64_encode(argon2->salt, argon2->salt_len, salt);
	mt_base64_encode(argon2->hash, argon2->hash_len, hash);
	snprintf(out, MT_PHC_ARGON2_SIZE, "$argon2%s$v=%u$m=%u,t=%u,p=%u$%s$%s",
			 argon2->type == MT_ARGON2_ID ? "id" : "i", (unsigned) argon2->version,
			 (unsigned) argon2->memory, (unsigned) argon2->iterations, (unsigned) argon2->lanes,
			 salt, hash);
}
