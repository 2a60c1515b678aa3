/*
 * core/trigger.c
 *		What every trigger function begins with, and the "updatedAt" of all tables.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "core/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

MT_FUNCTION_INFO_V1(mt_set_updated_at);

TriggerData *
mt_trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing_and_level, const char *table)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by a trigger")));
	if ((data->tg_event & (TRIGGER_EVENT_TIMINGMASK | TRIGGER_EVENT_ROW)) != timing_and_level)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was called by a trigger of another timing or level")));
	if (table == NULL ? RelationGetNamespace(data->tg_relation) != mt_schema_oid()
					  : RelationGetRelid(data->tg_relation) != mt_relation_oid(table))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was called by a trigger of another table")));
	return data;
}

int
mt_trigger_column(TriggerData *data, const char *name, Oid type)
{
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	int number = SPI_fnumber(row_type, name);

	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column \"%s\"",
						RelationGetRelationName(data->tg_relation), name)));
	if (TupleDescAttr(row_type, number - 1)->atttypid != type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" has another type than multitenant gave it", name,
						RelationGetRelationName(data->tg_relation))));
	return number;
}

int
mt_trigger_depth(void)
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum) 0));
}

bool
mt_trigger_is_unchanged(TriggerData *data, int column)
{
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	Form_pg_attribute attribute = TupleDescAttr(row_type, column - 1);
	bool old_null;
	bool new_null;
	Datum old_value = heap_getattr(data->tg_trigtuple, column, row_type, &old_null);
	Datum new_value = heap_getattr(data->tg_newtuple, column, row_type, &new_null);

	if (old_null || new_null)
		return old_null == new_null;
	return datumIsEqual(old_value, new_value, attribute->attbyval, attribute->attlen);
}

/*
 * SQL: multitenant.set_updated_at() returns trigger
 *
 * BEFORE UPDATE, each row: "updatedAt" is the start of the transaction, whatever
 * the statement says, so that every row has it from one clock.  INSERT has no such
 * trigger: a value that is supplied (a restore, an import) stays.
 */
Datum
mt_set_updated_at(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, NULL);
	int column;
	Datum value = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	bool is_null = false;

	if (!TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called by a trigger on update")));
	column = mt_trigger_column(data, "updatedAt", TIMESTAMPTZOID);
	return PointerGetDatum(heap_modify_tuple_by_cols(data->tg_newtuple,
													 RelationGetDescr(data->tg_relation), 1,
													 &column, &value, &is_null));
}
