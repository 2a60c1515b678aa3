/*
 * identity/hash_format.h
 *		The formats of password hashes: what verifies each, and what is outdated.
 */
#ifndef MT_HASH_FORMAT_H
#define MT_HASH_FORMAT_H

#include "crypto/phc.h"
#include "crypto/status.h"

/*
 * How hashes that begin with "prefix" are read.  "password" is in UTF-8.  A
 * status that is not MT_CRYPTO_OK is raised; the outcome counts only with it.
 * What verify() refuses to compute, is_outdated() refuses with the same status.
 */
typedef struct MtHashFormat
{
	const char *prefix;
	MtCryptoStatus (*verify)(const char *password, const char *hash, bool *matches);
	MtCryptoStatus (*is_outdated)(const char *hash, bool *outdated);
} MtHashFormat;

/* The format that a hash's prefix names; NULL when none does. */
extern const MtHashFormat *mt_hash_format_find(const char *hash);

/* What the settings ask of a new argon2id hash; without salt and hash. */
extern MtArgon2 mt_hash_format_argon2(void);

#endif /* MT_HASH_FORMAT_H */
