/*
 * crypto/pbkdf2.h
 *		Password hashes of PBKDF2 (RFC 8018, section 5.2) with HMAC.
 *
 * pbkdf2_sha256$<iterations>$<salt>$<hash>			Django: the salt is text
 * $pbkdf2-sha256$i=<iterations>[,l=<length>]$<salt>$<hash>	PHC string format
 * $pbkdf2-sha256$<iterations>$<salt>$<hash>			passlib: "." for "+"
 *
 * each with sha1, sha256 and sha512; $pbkdf2$ is sha1.
 */
#ifndef MT_PBKDF2_H
#define MT_PBKDF2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

/* Bound of what is computed: iterations, for all blocks of the hash together. */
#define MT_PBKDF2_MAX_ITERATIONS 10000000

/* A salt may be short, it is as it is; a short hash is matched by passwords found by trying. */
#define MT_PBKDF2_MIN_SALT 1
#define MT_PBKDF2_MAX_SALT 128
#define MT_PBKDF2_MIN_HASH 12
#define MT_PBKDF2_MAX_HASH 64

typedef enum MtPbkdf2Digest
{
	MT_PBKDF2_SHA1,
	MT_PBKDF2_SHA256,
	MT_PBKDF2_SHA512
} MtPbkdf2Digest;

typedef struct MtPbkdf2
{
	MtPbkdf2Digest digest;
	uint32_t iterations;
	size_t salt_len;
	size_t hash_len;
	uint8_t salt[MT_PBKDF2_MAX_SALT];
	uint8_t hash[MT_PBKDF2_MAX_HASH];
} MtPbkdf2;

extern MtCryptoStatus mt_pbkdf2_parse(const char *text, size_t len, MtPbkdf2 *pbkdf2);
extern MtCryptoStatus mt_pbkdf2_verify(const char *password, size_t password_len,
									   const MtPbkdf2 *pbkdf2, bool *matches);

#endif /* MT_PBKDF2_H */
