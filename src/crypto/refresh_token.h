/*
 * crypto/refresh_token.h
 *		Refresh tokens of a session, each made of the one before.
 *
 * The 32 bytes of a token are 12 that all tokens of the session share and nothing but
 * they tell, 12 that each has of its own, and a mark of 8: the HMAC of those 24 under the
 * key of the session.  So of a token that is not the current one it can be told whether it
 * was ever issued, without a list of them.  The bytes of its own and the access token
 * that goes with it come from the token before and a salt that is new at each rotation:
 * with that salt the token before gives the same pair again, and without the token the
 * salt gives nothing.
 *
 * Key and salt are strings with 256 random bits in them.
 */
#ifndef MT_REFRESH_TOKEN_H
#define MT_REFRESH_TOKEN_H

#include "crypto/token.h"

#define MT_REFRESH_RANDOM_BYTES 24

/* The first token of a session: MT_TOKEN_LENGTH + 1 bytes, as everywhere here. */
extern MtCryptoStatus mt_refresh_token_first(const uint8_t random[MT_REFRESH_RANDOM_BYTES],
											 const char *key, char *token);

/* The one after a token that was issued. */
extern MtCryptoStatus mt_refresh_token_next(const char *token, const char *key, const char *salt,
											char *next);

/* The access token that goes with a refresh token made with that salt. */
extern MtCryptoStatus mt_refresh_token_access(const char *token, const char *salt, char *access);

/* Was a text of the form of a refresh token issued under the key? */
extern MtCryptoStatus mt_refresh_token_was_issued(const char *token, const char *key,
												  bool *was_issued);

/* What is stored of the part that the tokens of a session share: its SHA-256. */
extern MtCryptoStatus mt_refresh_token_family(const char *token,
											  char hex[MT_SHA256_HEX_LENGTH + 1]);

#endif /* MT_REFRESH_TOKEN_H */
