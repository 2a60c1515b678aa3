/*
 * crypto/mcf.h
 *		Password hashes in the modular crypt format: bcrypt.
 *
 * $2b$12$<22 characters of salt><31 characters of hash>
 */
#ifndef MT_MCF_H
#define MT_MCF_H

#include <stddef.h>

#include "crypto/status.h"

#define MT_BCRYPT_MIN_COST 4  /* of the algorithm */
#define MT_BCRYPT_MAX_COST 16 /* of what is computed here */

/* bcrypt reads so many bytes of a password, and drops the rest. */
#define MT_BCRYPT_MAX_PASSWORD 72

/* Where the parts of the text stand. */
#define MT_BCRYPT_LENGTH 60
#define MT_BCRYPT_VARIANT_POS 2
#define MT_BCRYPT_SETTING_LENGTH 29 /* up to and with the salt */

typedef struct MtBcrypt
{
	char variant; /* a, b and y: bcrypt; x: what crypt_blowfish made of it before 2011 */
	int cost;	  /* log2 of the rounds */
} MtBcrypt;

extern MtCryptoStatus mt_mcf_parse_bcrypt(const char *text, size_t len, MtBcrypt *bcrypt);

#endif /* MT_MCF_H */
