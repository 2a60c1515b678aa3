/*
 * crypto/scrypt.h
 *		Password hashes of scrypt (RFC 7914).
 *
 * $scrypt$ln=16,r=8,p=1$<salt>$<hash>
 */
#ifndef MT_SCRYPT_H
#define MT_SCRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

/*
 * Bound of what is computed.  2^ln * r blocks of 128 bytes are held at once, p times
 * that is worked through: 1 GiB, which takes as long as bcrypt of the highest cost.
 */
#define MT_SCRYPT_MAX_WORK (UINT64_C(1) << 23)
#define MT_SCRYPT_MAX_R 64
#define MT_SCRYPT_MAX_P 64

/* A salt may be short, it is as it is; a short hash is matched by passwords found by trying. */
#define MT_SCRYPT_MIN_SALT 1
#define MT_SCRYPT_MAX_SALT 64
#define MT_SCRYPT_MIN_HASH 12
#define MT_SCRYPT_MAX_HASH 64

typedef struct MtScrypt
{
	uint32_t ln; /* log2 of N */
	uint32_t r;
	uint32_t p;
	size_t salt_len;
	size_t hash_len;
	uint8_t salt[MT_SCRYPT_MAX_SALT];
	uint8_t hash[MT_SCRYPT_MAX_HASH];
} MtScrypt;

extern MtCryptoStatus mt_scrypt_parse(const char *text, size_t len, MtScrypt *scrypt);
extern MtCryptoStatus mt_scrypt_verify(const char *password, size_t password_len,
									   const MtScrypt *scrypt, bool *matches);

#endif /* MT_SCRYPT_H */
