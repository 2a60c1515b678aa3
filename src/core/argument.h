/*
 * core/argument.h
 *		Fetching SQL arguments, bounded before they are copied, NULL where allowed; results.
 */
#ifndef MT_ARGUMENT_H
#define MT_ARGUMENT_H

#include "core/compat.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

/*
 * A text argument as a C string in the current memory context, or NULL for an
 * SQL null.  54000 when it is longer than max_bytes: judged by the size in its
 * header, before a compressed or external value is expanded.
 */
extern char *mt_text_argument(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes);

/* The same; 22023 when it is null or empty. */
extern char *mt_required_text(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes);

/*
 * The same for a name that people read: also 22023 for control characters and
 * for spaces around it.
 */
extern char *mt_required_name(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes);

/*
 * A text argument that is not null as it came, without a copy; NULL when it is longer
 * than max_bytes.
 */
extern text *mt_bounded_text(FunctionCallInfo fcinfo, int at, Size max_bytes);

/* As mt_text_argument, but a longer text is cut at a character's boundary. */
extern char *mt_truncated_text(FunctionCallInfo fcinfo, int at, Size max_bytes);

/* 22023 when it is null */
extern pg_uuid_t *mt_required_uuid(FunctionCallInfo fcinfo, int at, const char *name);

/*
 * A jsonb argument, or NULL for an SQL null.  54000 over max_bytes, as mt_text_argument
 * judges them.
 */
extern Jsonb *mt_jsonb_argument(FunctionCallInfo fcinfo, int at, const char *name, Size max_bytes);

/*
 * A one-dimensional text array without nulls, or NULL for an SQL null.  22023
 * for another shape, 54000 over max_bytes.
 */
extern ArrayType *mt_text_array_argument(FunctionCallInfo fcinfo, int at, const char *name,
										 Size max_bytes);

/* The result of a function that returns a uuid, in the current memory context. */
extern Datum mt_uuid_result(const pg_uuid_t *value);

/* A uuid as text, in the current memory context. */
extern char *mt_uuid_text(const pg_uuid_t *value);

/* A row of the type that the function returns. */
extern Datum mt_row_result(FunctionCallInfo fcinfo, Datum *values, bool *nulls);

#endif /* MT_ARGUMENT_H */
