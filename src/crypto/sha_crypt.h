/*
 * crypto/sha_crypt.h
 *		Password hashes of sha-crypt, as /etc/shadow has them.
 *
 * $5$[rounds=<rounds>$]<salt>$<43 characters>		SHA-256
 * $6$[rounds=<rounds>$]<salt>$<86 characters>		SHA-512
 */
#ifndef MT_SHA_CRYPT_H
#define MT_SHA_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

#define MT_SHA_CRYPT_DEFAULT_ROUNDS 5000
#define MT_SHA_CRYPT_MIN_ROUNDS 1000 /* of the algorithm */

/* Bound of what is computed: the longest password takes as long as bcrypt of the highest cost. */
#define MT_SHA_CRYPT_MAX_ROUNDS 1500000
#define MT_SHA_CRYPT_MAX_SALT 16

/* "$6$rounds=10000000$", a salt, "$" and the hash, with room to spare */
#define MT_SHA_CRYPT_SIZE 160

typedef struct MtShaCrypt
{
	uint32_t rounds;
	size_t salt_len;
	size_t hash_len;
	size_t text_len;
	char text[MT_SHA_CRYPT_SIZE]; /* the whole of it, with a terminator */
} MtShaCrypt;

extern MtCryptoStatus mt_sha_crypt_parse(const char *text, size_t len, MtShaCrypt *sha_crypt);
extern MtCryptoStatus mt_sha_crypt_verify(const char *password, const MtShaCrypt *sha_crypt,
										  bool *matches);

#endif /* MT_SHA_CRYPT_H */
