/*
 * core/errors.h
 *		Errors that more than one module raises, each with one wording.
 *
 * No function here is ever given a password, code, secret or token to print.
 */
#ifndef MT_ERRORS_H
#define MT_ERRORS_H

#include "core/compat.h"
#include "crypto/status.h"

/*
 * Raise the error that a status of crypto/ stands for.  "what" names the thing
 * that was read or made ("password hash"), never its content.
 */
pg_noreturn extern void mt_throw_crypto(MtCryptoStatus status, const char *what);

/* P0002: no such user, tenant, role, permission, member */
pg_noreturn extern void mt_throw_not_found(const char *what);

/* The same of one that was asked for by its name, of several perhaps. */
pg_noreturn extern void mt_throw_unknown_name(const char *what, const char *name);

/* 55000: what is asked for cannot be done as things are; the hint may be NULL */
pg_noreturn extern void mt_throw_wrong_state(const char *message, const char *hint);

/* 22023: a required argument was NULL */
pg_noreturn extern void mt_throw_null_argument(const char *argument);

/*
 * A version 1 function that is given a password, code, secret or token.  What it or
 * anything below it reports, the server's own errors and a cancel too, is logged
 * without the statement and its context, which may hold the argument as a literal.
 * The body follows the macro as that of an ordinary function.
 */
#define MT_SECRET_FUNCTION(function)                       \
	MT_FUNCTION_INFO_V1(function);                         \
	static Datum function##_body(FunctionCallInfo fcinfo); \
	Datum function(PG_FUNCTION_ARGS)                       \
	{                                                      \
		return mt_call_unlogged(function##_body, fcinfo);  \
	}                                                      \
	static Datum function##_body(FunctionCallInfo fcinfo)

extern Datum mt_call_unlogged(PGFunction function, FunctionCallInfo fcinfo);

#endif /* MT_ERRORS_H */
