/*
 * crypto/phc.h
 *		Password hashes in the PHC string format: argon2i and argon2id.
 *
 * $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>
 */
#ifndef MT_PHC_H
#define MT_PHC_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

/* Bounds of what is computed; a hash that asks for more burns the server. */
#define MT_ARGON2_MAX_MEMORY 1048576 /* kB */
#define MT_ARGON2_MAX_ITERATIONS 64
#define MT_ARGON2_MAX_WORK \
	4194304 /* kB, iterations times memory: as long as bcrypt's highest cost */
#define MT_ARGON2_MAX_LANES 16
#define MT_ARGON2_MIN_MEMORY_PER_LANE 8 /* kB, RFC 9106, section 3.1 */

/*
 * The PHC string format gives argon2 a salt of 8 to 48 bytes and a hash of 12
 * to 64.  A hash much shorter would be matched by passwords found by trying.
 */
#define MT_ARGON2_MIN_SALT 8
#define MT_ARGON2_MAX_SALT 64
#define MT_ARGON2_MIN_HASH 12
#define MT_ARGON2_MAX_HASH 64

/* Longest string that mt_phc_format_argon2 writes, with its terminator. */
#define MT_PHC_ARGON2_SIZE 256

typedef enum MtArgon2Type
{
	MT_ARGON2_I,
	MT_ARGON2_ID
} MtArgon2Type;

typedef enum MtArgon2Version
{
	MT_ARGON2_VERSION_10 = 0x10,
	MT_ARGON2_VERSION_13 = 0x13 /* RFC 9106 */
} MtArgon2Version;

typedef struct MtArgon2
{
	MtArgon2Type type;
	uint32_t version; /* MtArgon2Version */
	uint32_t memory;  /* kB */
	uint32_t iterations;
	uint32_t lanes;
	size_t salt_len;
	size_t hash_len;
	uint8_t salt[MT_ARGON2_MAX_SALT];
	uint8_t hash[MT_ARGON2_MAX_HASH];
} MtArgon2;

extern MtCryptoStatus mt_phc_parse_argon2(const char *text, size_t len, MtArgon2 *argon2);
extern void mt_phc_format_argon2(const MtArgon2 *argon2, char *out);

#endif /* MT_PHC_H */
