/*
 * crypto/otp.h
 *		One-time passwords: HOTP (RFC 4226) and TOTP (RFC 6238).
 */
#ifndef MT_OTP_H
#define MT_OTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

#define MT_OTP_MIN_DIGITS 6
#define MT_OTP_MAX_DIGITS 8
#define MT_OTP_MAX_WINDOW 10 /* steps to either side of now */
#define MT_OTP_MIN_PERIOD 1	 /* seconds */
#define MT_OTP_MAX_PERIOD 86400

/* Longest text that is looked at as a code: eight digits, and spaces. */
#define MT_OTP_MAX_CODE_TEXT 32

typedef enum MtOtpHash
{
	MT_OTP_SHA1,
	MT_OTP_SHA256,
	MT_OTP_SHA512
} MtOtpHash;

/* The time steps that a code is judged against: "count" of them from "first" on. */
typedef struct MtOtpWindow
{
	uint64_t first;
	unsigned count;
} MtOtpWindow;

extern bool mt_otp_find_hash(const char *name, size_t len, MtOtpHash *hash);
extern const char *mt_otp_hash_name(MtOtpHash hash);
extern bool mt_otp_parse_code(const char *text, size_t len, int digits, uint32_t *code);
extern void mt_otp_format_code(uint32_t code, int digits, char *out);
extern MtOtpWindow mt_otp_window(uint64_t unix_seconds, uint32_t period, uint32_t steps);

extern MtCryptoStatus mt_otp_code(MtOtpHash hash, const uint8_t *key, size_t key_len,
								  uint64_t counter, int digits, uint32_t *code);
extern MtCryptoStatus mt_otp_match_step(MtOtpHash hash, const uint8_t *key, size_t key_len,
										MtOtpWindow window, int digits, uint32_t code,
										int64_t *matched);

#endif /* MT_OTP_H */
