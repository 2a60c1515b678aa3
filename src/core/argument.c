/*
 * core/argument.c
 *		Fetching SQL arguments, bounded before they are copied, NULL where allowed; results.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/detoast.h"
#include "core/argument.h"
#include "core/errors.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

/* Bytes of a varlena argument's content, read from its header alone. */
static Size
argument_size(FunctionCallInfo fcinfo, int at)
{
	return toast_raw_datum_size(PG_GETARG_DATUM(at)) - VARHDRSZ;
}

pg_noreturn static void
throw_too_long(const char *name, Size max_bytes)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("%s is too long", name),
			 errdetail("It may have at most %zu bytes.", max_bytes)));
}

char *
mt_text_argument(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes)
{
	if (PG_ARGISNULL(at))
		return NULL;
	if (argument_size(fcinfo, at) > max_bytes)
		throw_too_long(name, max_bytes);
	return text_to_cstring(PG_GETARG_TEXT_PP(at));
}

char *
mt_required_text(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes)
{
	char *value = mt_text_argument(fcinfo, at, name, max_bytes);

	if (value == NULL)
		mt_throw_null_argument(name);
	if (*value == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be empty", name)));
	return value;
}

char *
mt_required_name(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes)
{
	char *value = mt_required_text(fcinfo, at, name, max_bytes);

	if (*value == ' ' || value[strlen(value) - 1] == ' ')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not begin or end with a space", name)));
	for (const char *at_char = value; *at_char != '\0'; at_char++)
	{
		if ((unsigned char) *at_char < 0x20 || *at_char == 0x7f)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not contain control characters", name)));
	}
	return value;
}

text *
mt_bounded_text(FunctionCallInfo fcinfo, int at, Size max_bytes)
{
	return argument_size(fcinfo, at) > max_bytes ? NULL : PG_GETARG_TEXT_PP(at);
}

char *
mt_truncated_text(FunctionCallInfo fcinfo, int at, Size max_bytes)
{
	text *head;
	int length;

	if (PG_ARGISNULL(at))
		return NULL;
	/* a slice expands no more of the value than it needs */
	head = PG_GETARG_TEXT_P_SLICE(at, 0, (int32) max_bytes + MAX_MULTIBYTE_CHAR_LEN);
	length = pg_mbcliplen(VARDATA_ANY(head), (int) VARSIZE_ANY_EXHDR(head), (int) max_bytes);
	return pnstrdup(VARDATA_ANY(head), length);
}

pg_uuid_t *
mt_required_uuid(FunctionCallInfo fcinfo, int at, const char *name)
{
	if (PG_ARGISNULL(at))
		mt_throw_null_argument(name);
	return PG_GETARG_UUID_P(at);
}

Jsonb *
mt_jsonb_argument(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes)
{
	if (PG_ARGISNULL(at))
		return NULL;
	if (argument_size(fcinfo, at) > max_bytes)
		throw_too_long(name, max_bytes);
	return PG_GETARG_JSONB_P(at);
}

ArrayType *
mt_text_array_argument(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes)
{
	ArrayType *array;

	if (PG_ARGISNULL(at))
		return NULL;
	if (argument_size(fcinfo, at) > max_bytes)
		throw_too_long(name, max_bytes);
	array = PG_GETARG_ARRAYTYPE_P(at);
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a one-dimensional array without nulls", name)));
	return array;
}

Datum
mt_uuid_result(const pg_uuid_t *value)
{
	pg_uuid_t *copy = palloc(sizeof(pg_uuid_t));

	*copy = *value;
	return UUIDPGetDatum(copy);
}

char *
mt_uuid_text(const pg_uuid_t *value)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(value)));
}

Datum
mt_row_result(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc row_type;

	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}
