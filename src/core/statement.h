/*
 * core/statement.h
 *		Saved SQL statements with typed parameters: how rows are reached.
 *
 * A module owns its statements as static MtStatement with constant text, every
 * name qualified, parameters only.  Callers stand between SPI_connect() and
 * SPI_finish(), in a function that pins its search_path.
 */
#ifndef MT_STATEMENT_H
#define MT_STATEMENT_H

#include "datatype/timestamp.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#define MT_MAX_PARAMETERS 12

typedef struct MtStatement
{
	const char *sql;
	SPIPlanPtr plan; /* saved at first use */
	/*
	 * Planned at each call for the tables as they are then: for one that joins as many rows
	 * as a tenant or a user has.  A plan of when they were few would take the square of them.
	 */
	bool is_planned_anew;
	/*
	 * Planned once for all values: for one that is executed for each of many rows with an
	 * array of one element, for which the server would rather plan each time.
	 */
	bool is_planned_once;
	/*
	 * Planned with indexes alone, and in their order: for one that takes a batch of many rows,
	 * again and again.  Whatever else it read, it would read anew each time.  So is what it
	 * sets off, as a referential action.
	 */
	bool is_by_index;
} MtStatement;

/* The parameters of one execution, appended in order: $1, $2, … */
typedef struct MtParameters
{
	int count;
	Oid types[MT_MAX_PARAMETERS];
	Datum values[MT_MAX_PARAMETERS];
	char nulls[MT_MAX_PARAMETERS + 1];
} MtParameters;

/* Each takes NULL for an SQL null where it takes a pointer. */
extern void mt_add_uuid(MtParameters *parameters, const pg_uuid_t *value);
extern void mt_add_text(MtParameters *parameters, const char *value);
extern void mt_add_text_array(MtParameters *parameters, ArrayType *value);
extern void mt_add_uuid_array(MtParameters *parameters, ArrayType *value);
extern void mt_add_timestamp(MtParameters *parameters, TimestampTz value); /* DT_NOBEGIN: null */
extern void mt_add_integer(MtParameters *parameters, int32 value);
extern void mt_add_bigint(MtParameters *parameters, int64 value);
extern void mt_add_boolean(MtParameters *parameters, bool value);
extern void mt_add_jsonb(MtParameters *parameters, Jsonb *value);

/*
 * Run the statement and return the number of rows it returned or changed.  Sees
 * everything committed before the call (in READ COMMITTED) and all that this
 * transaction did.
 */
extern uint64 mt_execute(MtStatement *statement, MtParameters *parameters);

/* The same for a query of a STABLE function: sees what the calling statement sees. */
extern uint64 mt_query(MtStatement *statement, MtParameters *parameters);

/*
 * The same for a change that must reach every row there is, as a referential
 * action does: in a transaction with one snapshot, a row committed since then
 * raises a serialization failure (40001) where mt_execute() would miss it.
 */
extern uint64 mt_execute_on_latest(MtStatement *statement, MtParameters *parameters);

/*
 * The same for a query of what is committed and not of this transaction's doing: how
 * things would stand without it.
 */
extern uint64 mt_query_without_own_changes(MtStatement *statement, MtParameters *parameters);

/*
 * Run a query of a STABLE set-returning function, whose rows are its result: they go
 * straight into a tuplestore, which keeps no more than work_mem in memory.  Outside SPI;
 * the columns have the types of the function's own.
 */
extern void mt_return_rows(FunctionCallInfo fcinfo, MtStatement *statement,
						   MtParameters *parameters);

/*
 * Columns of the first row of the latest execution, from 1.  Null is false for a
 * uuid, NULL for a text, DT_NOBEGIN for a time, 0 and false.  A text is in the
 * memory of the SPI frame: gone after SPI_finish().
 */
extern bool mt_column_uuid(int column, pg_uuid_t *value);
extern char *mt_column_text(int column);
extern TimestampTz mt_column_timestamp(int column);
extern int32 mt_column_integer(int column);
extern int64 mt_column_bigint(int column);
extern ArrayType *mt_column_text_array(int column);
extern ArrayType *mt_column_uuid_array(int column);
extern bool mt_column_boolean(int column);

/* A copy in the given memory context, which outlives the SPI frame. */
extern Jsonb *mt_column_jsonb_copy(int column, MemoryContext context);

#endif /* MT_STATEMENT_H */
