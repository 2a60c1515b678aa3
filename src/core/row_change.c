/*
 * core/row_change.c
 *		A row that an UPDATE is about to write, and the changes a trigger makes to it.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "core/row_change.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

void
mt_change_column(MtRowChange *change, const char *name, Oid type, Datum value, bool is_null)
{
	int at = change->count++;

	Assert(at < MT_MAX_CHANGED_COLUMNS);
	change->columns[at] = mt_trigger_column(change->data, name, type);
	change->values[at] = value;
	change->nulls[at] = is_null;
}

void
mt_clear_column(MtRowChange *change, const char *name, Oid type)
{
	mt_change_column(change, name, type, (Datum) 0, true);
}

bool
mt_is_supplied(MtRowChange *change, const char *name, Oid type)
{
	int column = mt_trigger_column(change->data, name, type);
	Form_pg_attribute attribute = TupleDescAttr(change->row_type, column - 1);
	bool old_null;
	bool new_null;
	Datum old_value = heap_getattr(change->data->tg_trigtuple, column, change->row_type, &old_null);
	Datum new_value = heap_getattr(change->data->tg_newtuple, column, change->row_type, &new_null);

	if (new_null || old_null)
		return !new_null;
	return !datumIsEqual(old_value, new_value, attribute->attbyval, attribute->attlen);
}

void
mt_stamp_time(MtRowChange *change, const char *name)
{
	if (!mt_is_supplied(change, name, TIMESTAMPTZOID))
		mt_change_column(change, name, TIMESTAMPTZOID,
						 TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()), false);
}

Oid
mt_enum_of_row(MtRowChange *change, HeapTuple row, const char *name, Oid type)
{
	bool is_null;
	Datum value = heap_getattr(row, mt_trigger_column(change->data, name, type), change->row_type,
							   &is_null);

	return is_null ? InvalidOid : DatumGetObjectId(value);
}

Datum
mt_changed_row(MtRowChange *change)
{
	return PointerGetDatum(heap_modify_tuple_by_cols(change->data->tg_newtuple, change->row_type,
													 change->count, change->columns, change->values,
													 change->nulls));
}
