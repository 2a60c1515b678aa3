/*
 * crypto/base64.h
 *		The base64 of PHC strings: standard alphabet, no padding, one text for
 *		each value.
 */
#ifndef MT_BASE64_H
#define MT_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

/* Characters that "bytes" encode to, without terminator. */
#define MT_BASE64_LENGTH(bytes) ((8 * (bytes) + 5) / 6)

extern MtCryptoStatus mt_base64_decode(const char *text, size_t text_len, uint8_t *out,
									   size_t out_size, size_t *out_len);
extern void mt_base64_encode(const uint8_t *bytes, size_t len, char *out);

#endif /* MT_BASE64_H */
