/*
 * test/t/secret_probe.c
 *		identity/secret as SQL functions: built and loaded by 081_secret_probe.pl, no part
 *		of the extension.
 */
#include "postgres.h"

#include "fmgr.h"
#include "identity/secret.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(probe_seal);
PG_FUNCTION_INFO_V1(probe_open);

Datum
probe_seal(PG_FUNCTION_ARGS)
{
	char *secret = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_TEXT_P(cstring_to_text(mt_secret_seal(PG_GETARG_UUID_P(0), secret)));
}

Datum
probe_open(PG_FUNCTION_ARGS)
{
	char *stored = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_TEXT_P(cstring_to_text(mt_secret_open(PG_GETARG_UUID_P(0), stored)));
}
