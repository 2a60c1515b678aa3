/*
 * core/errors.c
 *		Errors that more than one module raises, each with one wording.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/errors.h"

void
mt_throw_crypto(MtCryptoStatus status, const char *what)
{
	switch (status)
	{
		case MT_CRYPTO_MALFORMED:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION), errmsg("malformed %s", what)));
			break;
		case MT_CRYPTO_OUT_OF_RANGE:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is out of range", what)));
			break;
		case MT_CRYPTO_UNSUPPORTED:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unsupported %s", what)));
			break;
		case MT_CRYPTO_TOO_LONG:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("%s is too long", what)));
			break;
		case MT_CRYPTO_TOO_EXPENSIVE:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("%s is too expensive to compute", what)));
			break;
		case MT_CRYPTO_NO_MEMORY:
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory computing %s", what)));
			break;
		case MT_CRYPTO_LIBRARY:
			ereport(ERROR,
					(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
					 errmsg("cryptographic library failed computing %s", what)));
			break;
		case MT_CRYPTO_OK:
			break;
	}
	elog(ERROR, "unexpected status %d of %s", (int) status, what);
}

void
mt_throw_not_found(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("no such %s", what)));
}

void
mt_throw_unknown_name(const char *what, const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("no such %s", what),
					errdetail("There is none called \"%s\".", name)));
}

void
mt_throw_wrong_state(const char *message, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("%s", message),
			 hint == NULL ? 0 : errhint("%s", hint)));
}

void
mt_throw_null_argument(const char *argument)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be null", argument)));
}

static void
hide_statement(void *arg)
{
	(void) arg;
	errhidestmt(true);
	errhidecontext(true);
}

Datum
mt_call_unlogged(PGFunction function, FunctionCallInfo fcinfo)
{
	ErrorContextCallback hiding = {.previous = error_context_stack, .callback = hide_statement};
	Datum result;

	error_context_stack = &hiding;
	result = function(fcinfo);
	error_context_stack = hiding.previous;
	return result;
}
