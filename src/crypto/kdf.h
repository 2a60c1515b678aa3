/*
 * crypto/kdf.h
 *		Argon2 (RFC 9106), computed by libargon2 on the calling thread.
 */
#ifndef MT_KDF_H
#define MT_KDF_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/phc.h"
#include "crypto/status.h"

extern MtCryptoStatus mt_kdf_argon2_hash(const char *password, size_t password_len,
										 MtArgon2 *argon2);
extern MtCryptoStatus mt_kdf_argon2_verify(const char *password, size_t password_len,
										   const MtArgon2 *argon2, bool *matches);

#endif /* MT_KDF_H */
