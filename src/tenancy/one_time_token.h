/*
 * tenancy/one_time_token.h
 *		Handing out a token once, and knowing it again by its hash.
 */
#ifndef MT_ONE_TIME_TOKEN_H
#define MT_ONE_TIME_TOKEN_H

#include "core/compat.h"
#include "crypto/token.h"

/* A new token behind that prefix, in the current memory context. */
extern char *mt_one_time_token_issue(const char *prefix);

/* What is stored of a token: its SHA-256 in hex. */
extern char *mt_one_time_token_stored(const char *token);

/*
 * The stored form of a token argument; NULL when it is null or has not even the form of
 * such a token.
 */
extern char *mt_one_time_token_argument(FunctionCallInfo fcinfo, int at, const char *prefix);

#endif /* MT_ONE_TIME_TOKEN_H */
