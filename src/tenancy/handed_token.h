/*
 * tenancy/handed_token.h
 *		Tokens that are handed out once: made, hashed for the table, and read from arguments.
 */
#ifndef MT_HANDED_TOKEN_H
#define MT_HANDED_TOKEN_H

#include "core/compat.h"
#include "crypto/token.h"

/* A new token, in the current memory context. */
extern char *mt_new_token(const char *prefix);

/* 256 random bits as 64 hexadecimal digits, in the current memory context. */
extern char *mt_new_key(void);

/* What the table keeps of a text. */
extern char *mt_hash_of(const char *text);

/* A token argument; NULL when it is null or has not even the form of one. */
extern char *mt_token_argument(FunctionCallInfo fcinfo, int at, const char *prefix);

/* What the table keeps of a token argument; NULL as above. */
extern char *mt_token_argument_hash(FunctionCallInfo fcinfo, int at, const char *prefix);

#endif /* MT_HANDED_TOKEN_H */
