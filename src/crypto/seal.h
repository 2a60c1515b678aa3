/*
 * crypto/seal.h
 *		Sealing bytes with AES-256-GCM (NIST SP 800-38D).
 *
 * What is sealed is nonce || ciphertext || tag.  A nonce must be random and never
 * be used twice under one key; the context is authenticated and not stored, so
 * what was sealed in one context does not open in another.
 */
#ifndef MT_SEAL_H
#define MT_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

#define MT_SEAL_KEY_BYTES 32
#define MT_SEAL_NONCE_BYTES 12
#define MT_SEAL_TAG_BYTES 16

/* Bytes by which what is sealed is longer than what it holds. */
#define MT_SEAL_OVERHEAD (MT_SEAL_NONCE_BYTES + MT_SEAL_TAG_BYTES)

typedef struct MtSealContext
{
	const uint8_t *bytes;
	size_t len;
} MtSealContext;

extern MtCryptoStatus mt_seal(const uint8_t *key, const uint8_t *nonce, MtSealContext context,
							  const uint8_t *plain, size_t len, uint8_t *sealed);
extern MtCryptoStatus mt_unseal(const uint8_t *key, MtSealContext context, const uint8_t *sealed,
								size_t sealed_len, uint8_t *plain);

#endif /* MT_SEAL_H */
