/*
 * core/row_change.h
 *		A row that an UPDATE is about to write, and the changes a trigger makes to it.
 */
#ifndef MT_ROW_CHANGE_H
#define MT_ROW_CHANGE_H

#include "core/trigger.h"

#define MT_MAX_CHANGED_COLUMNS 16

/* Begins as {.data = data, .row_type = RelationGetDescr(data->tg_relation)}. */
typedef struct MtRowChange
{
	TriggerData *data;
	TupleDesc row_type;
	int count;
	int columns[MT_MAX_CHANGED_COLUMNS];
	Datum values[MT_MAX_CHANGED_COLUMNS];
	bool nulls[MT_MAX_CHANGED_COLUMNS];
} MtRowChange;

extern void mt_change_column(MtRowChange *change, const char *name, Oid type, Datum value,
							 bool is_null);
extern void mt_clear_column(MtRowChange *change, const char *name, Oid type);

/* Whether the statement itself gives the column another value, and not null. */
extern bool mt_is_supplied(MtRowChange *change, const char *name, Oid type);

/* The start of the transaction, unless the statement supplies a time. */
extern void mt_stamp_time(MtRowChange *change, const char *name);

/* A column of an enum of ours in the old or the new row; InvalidOid where it is null. */
extern Oid mt_enum_of_row(MtRowChange *change, HeapTuple row, const char *name, Oid type);

/* The new row with the changes: what the trigger returns. */
extern Datum mt_changed_row(MtRowChange *change);

#endif /* MT_ROW_CHANGE_H */
