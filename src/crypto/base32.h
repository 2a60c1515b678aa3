/*
 * crypto/base32.h
 *		Base32 (RFC 4648, section 6), read the way people type it.
 */
#ifndef MT_BASE32_H
#define MT_BASE32_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

/* Characters that "bytes" encode to, without padding and terminator. */
#define MT_BASE32_LENGTH(bytes) ((8 * (bytes) + 4) / 5)

extern MtCryptoStatus mt_base32_decode(const char *text, size_t text_len, uint8_t *out,
									   size_t out_size, size_t *out_len);
extern void mt_base32_encode(const uint8_t *bytes, size_t len, char *out);

#endif /* MT_BASE32_H */
