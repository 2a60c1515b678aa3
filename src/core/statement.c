/*
 * core/statement.c
 *		Saved SQL statements with typed parameters: how rows are reached.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/foreign_function.h"
#include "core/statement.h"
#include "executor/tstoreReceiver.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/params.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

static void
add_parameter(MtParameters *parameters, Oid type, Datum value, bool is_null)
{
	int at = parameters->count++;

	if (at >= MT_MAX_PARAMETERS)
		elog(ERROR, "more than %d parameters of a statement", MT_MAX_PARAMETERS);
	parameters->types[at] = type;
	parameters->values[at] = value;
	parameters->nulls[at] = is_null ? 'n' : ' ';
}

void
mt_add_uuid(MtParameters *parameters, const pg_uuid_t *value)
{
	add_parameter(parameters, UUIDOID, PointerGetDatum(value), value == NULL);
}

void
mt_add_text(MtParameters *parameters, const char *value)
{
	Datum datum = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);

	add_parameter(parameters, TEXTOID, datum, value == NULL);
}

void
mt_add_text_array(MtParameters *parameters, ArrayType *value)
{
	add_parameter(parameters, TEXTARRAYOID, PointerGetDatum(value), value == NULL);
}

void
mt_add_uuid_array(MtParameters *parameters, ArrayType *value)
{
	add_parameter(parameters, UUIDARRAYOID, PointerGetDatum(value), value == NULL);
}

void
mt_add_timestamp(MtParameters *parameters, TimestampTz value)
{
	add_parameter(parameters, TIMESTAMPTZOID, TimestampTzGetDatum(value),
				  TIMESTAMP_IS_NOBEGIN(value));
}

void
mt_add_integer(MtParameters *parameters, int32 value)
{
	add_parameter(parameters, INT4OID, Int32GetDatum(value), false);
}

void
mt_add_bigint(MtParameters *parameters, int64 value)
{
	add_parameter(parameters, INT8OID, Int64GetDatum(value), false);
}

void
mt_add_boolean(MtParameters *parameters, bool value)
{
	add_parameter(parameters, BOOLOID, BoolGetDatum(value), false);
}

void
mt_add_jsonb(MtParameters *parameters, Jsonb *value)
{
	add_parameter(parameters, JSONBOID, PointerGetDatum(value), value == NULL);
}

/* Prepare at first use; the plan cache makes it again when something it uses changed. */
static void
prepare(MtStatement *statement, MtParameters *parameters)
{
	SPIPlanPtr plan;
	int options = 0;

	if (statement->plan != NULL)
		return;
	if (statement->is_planned_anew)
		options = CURSOR_OPT_CUSTOM_PLAN;
	else if (statement->is_planned_once)
		options = CURSOR_OPT_GENERIC_PLAN;
	plan = SPI_prepare_cursor(statement->sql, parameters->count, parameters->types, options);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	SPI_keepplan(plan);
	statement->plan = plan;
}

/* Until the settings of the statement end. */
static void
turn_off(const char *setting)
{
	set_config_option(setting, "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Whether it is the RAISE of a function in PL/pgSQL, which says no more than it was told to. */
static bool
is_raised(const ErrorData *error)
{
	return error->filename != NULL && strcmp(error->filename, "pl_exec.c") == 0;
}

/*
 * After an error.  The server tells of a row that breaks a constraint all that our owner may
 * read of it, hashes and secrets too, and to whom may read nothing: that is left out.
 */
pg_noreturn static void
rethrow_without_row(MemoryContext memory)
{
	int code = geterrcode();
	ErrorData *error;

	if (code != ERRCODE_CHECK_VIOLATION && code != ERRCODE_NOT_NULL_VIOLATION)
		PG_RE_THROW();
	MemoryContextSwitchTo(memory);
	error = CopyErrorData();
	FlushErrorState();
	if (error->table_name != NULL && !is_raised(error))
		error->detail = NULL;
	ReThrowError(error);
}

/*
 * Settings that are made below a statement end with it, as the rights do: by a search_path
 * an application's trigger, or the mere condition of one, would choose the operators of our
 * next statement, and of our caller's.  After an error the server takes them back itself.
 */
static uint64
execute(MtStatement *statement, MtParameters *parameters, Snapshot snapshot, Snapshot crosscheck,
		bool is_query)
{
	Oid before = mt_foreign_functions_begin();
	int settings = NewGUCNestLevel();
	MemoryContext memory = CurrentMemoryContext;
	volatile int result = 0;

	PG_TRY();
	{
		if (statement->is_by_index)
		{
			turn_off("enable_seqscan");
			turn_off("enable_bitmapscan");
		}
		result = SPI_execute_snapshot(statement->plan, parameters->values, parameters->nulls,
									  snapshot, crosscheck, is_query, true, 0);
	}
	PG_CATCH();
	{
		mt_foreign_functions_end(before);
		rethrow_without_row(memory);
	}
	PG_END_TRY();
	mt_foreign_functions_end(before);
	AtEOXact_GUC(false, settings);
	if (result < 0)
		elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
	return SPI_processed;
}

uint64
mt_execute(MtStatement *statement, MtParameters *parameters)
{
	prepare(statement, parameters);
	return execute(statement, parameters, InvalidSnapshot, InvalidSnapshot, false);
}

uint64
mt_query(MtStatement *statement, MtParameters *parameters)
{
	prepare(statement, parameters);
	return execute(statement, parameters, InvalidSnapshot, InvalidSnapshot, true);
}

uint64
mt_execute_on_latest(MtStatement *statement, MtParameters *parameters)
{
	prepare(statement, parameters);
	if (!IsolationUsesXactSnapshot())
		return execute(statement, parameters, InvalidSnapshot, InvalidSnapshot, false);

	CommandCounterIncrement(); /* our own changes are to be seen too */
	return execute(statement, parameters, GetLatestSnapshot(), GetTransactionSnapshot(), false);
}

uint64
mt_query_without_own_changes(MtStatement *statement, MtParameters *parameters)
{
	Snapshot snapshot;

	prepare(statement, parameters);
	/* to a snapshot taken before the first command, whatever we did is yet to come */
	snapshot = GetLatestSnapshot();
	snapshot->curcid = FirstCommandId;
	return execute(statement, parameters, snapshot, InvalidSnapshot, true);
}

static ParamListInfo
parameter_list(MtParameters *parameters)
{
	ParamListInfo list = makeParamList(parameters->count);

	for (int i = 0; i < parameters->count; i++)
	{
		list->params[i].value = parameters->values[i];
		list->params[i].isnull = parameters->nulls[i] == 'n';
		list->params[i].pflags = PARAM_FLAG_CONST;
		list->params[i].ptype = parameters->types[i];
	}
	return list;
}

void
mt_return_rows(FunctionCallInfo fcinfo, MtStatement *statement, MtParameters *parameters)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SPIExecuteOptions options = {.read_only = true};
	MemoryContext frame;
	int code;

	if (result == NULL || !IsA(result, ReturnSetInfo) ||
		(result->allowedModes & SFRM_Materialize) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	frame = MemoryContextSwitchTo(result->econtext->ecxt_per_query_memory);
	result->returnMode = SFRM_Materialize;
	result->setResult = tuplestore_begin_heap((result->allowedModes & SFRM_Materialize_Random) != 0,
											  false, work_mem);
	result->setDesc = CreateTupleDescCopy(result->expectedDesc);
	MemoryContextSwitchTo(frame);

	SPI_connect();
	prepare(statement, parameters);
	options.params = parameter_list(parameters);
	options.dest = CreateDestReceiver(DestTuplestore);
	SetTuplestoreDestReceiverParams(options.dest, result->setResult,
									result->econtext->ecxt_per_query_memory, false, NULL, NULL);
	code = SPI_execute_plan_extended(statement->plan, &options);
	if (code < 0)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(code));
	SPI_finish();
}

static Datum
column_value(int column, bool *is_null)
{
	Datum value;

	if (SPI_tuptable == NULL || SPI_tuptable->numvals == 0)
		elog(ERROR, "statement returned no row");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, is_null);
	if (SPI_result == SPI_ERROR_NOATTRIBUTE)
		elog(ERROR, "statement returned no column %d", column);
	return value;
}

bool
mt_column_uuid(int column, pg_uuid_t *value)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	if (!is_null)
		*value = *DatumGetUUIDP(datum);
	return !is_null;
}

char *
mt_column_text(int column)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	return is_null ? NULL : TextDatumGetCString(datum);
}

TimestampTz
mt_column_timestamp(int column)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	return is_null ? DT_NOBEGIN : DatumGetTimestampTz(datum);
}

int32
mt_column_integer(int column)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	return is_null ? 0 : DatumGetInt32(datum);
}

int64
mt_column_bigint(int column)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	return is_null ? 0 : DatumGetInt64(datum);
}

static ArrayType *
column_array(int column)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	return is_null ? NULL : DatumGetArrayTypePCopy(datum);
}

ArrayType *
mt_column_text_array(int column)
{
	return column_array(column);
}

ArrayType *
mt_column_uuid_array(int column)
{
	return column_array(column);
}

Jsonb *
mt_column_jsonb_copy(int column, MemoryContext context)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);
	MemoryContext frame;
	Jsonb *copy;

	if (is_null)
		return NULL;
	frame = MemoryContextSwitchTo(context);
	copy = DatumGetJsonbPCopy(datum);
	MemoryContextSwitchTo(frame);
	return copy;
}

bool
mt_column_boolean(int column)
{
	bool is_null;
	Datum datum = column_value(column, &is_null);

	return !is_null && DatumGetBool(datum);
}
