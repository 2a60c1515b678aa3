/*
 * identity/one_time_password.h
 *		TOTP as the second factor uses it: SHA1, 6 digits, 30 seconds, which every
 *		authenticator app knows.
 */
#ifndef MT_ONE_TIME_PASSWORD_H
#define MT_ONE_TIME_PASSWORD_H

#include "datatype/timestamp.h"

/* A new base32 secret, in the current memory context. */
extern char *mt_totp_new_secret(void);

/*
 * The time step whose code it is, of those one before and after "now" at the most; -1
 * when it is none, or has not the form of a code.  22P02 for a secret that is not base32.
 */
extern int64 mt_totp_matching_step(const char *secret, const char *code, TimestampTz now);

/* The otpauth:// URI; 22023 for an account or issuer that cannot stand in one. */
extern char *mt_totp_uri_of(const char *secret, const char *account, const char *issuer);

#endif /* MT_ONE_TIME_PASSWORD_H */
