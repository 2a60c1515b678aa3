/*
 * crypto/token.h
 *		Tokens that are handed out once, and what is stored of them.
 *
 * A token is a prefix that tells what it is for (and lets secret scanners find
 * it), and 32 random bytes in base64url (RFC 4648 section 5) without padding.  The
 * tables hold its SHA-256 in hexadecimal: 256 random bits need no slow hash.
 */
#ifndef MT_TOKEN_TEXT_H
#define MT_TOKEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

#define MT_TOKEN_RANDOM_BYTES 32
#define MT_TOKEN_PREFIX_LENGTH 4 /* "mtv_" */
#define MT_TOKEN_LENGTH (MT_TOKEN_PREFIX_LENGTH + 43)
#define MT_SHA256_HEX_LENGTH 64

#define MT_TOKEN_ACCESS "mta_"
#define MT_TOKEN_REFRESH "mtr_"
#define MT_TOKEN_CHALLENGE "mtc_"
#define MT_TOKEN_DEVICE "mtd_"
#define MT_TOKEN_EMAIL_VERIFICATION "mtv_"
#define MT_TOKEN_PASSWORD_RESET "mtp_"
#define MT_TOKEN_INVITATION "mti_"

/* Write a token and its terminator: MT_TOKEN_LENGTH + 1 bytes. */
extern void mt_token_format(const char *prefix, const uint8_t random[MT_TOKEN_RANDOM_BYTES],
							char *token);

/* Whether the text has the form of such a token; says nothing about its being one. */
extern bool mt_token_has_form(const char *prefix, const char *text, size_t length);

/* SHA-256 in lower-case hexadecimal, with its terminator. */
extern MtCryptoStatus mt_sha256_hex(const void *bytes, size_t length,
									char hex[MT_SHA256_HEX_LENGTH + 1]);

#endif /* MT_TOKEN_TEXT_H */
