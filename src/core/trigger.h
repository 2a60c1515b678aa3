/*
 * core/trigger.h
 *		What every trigger function of the extension begins with.
 */
#ifndef MT_TRIGGER_H
#define MT_TRIGGER_H

#include "commands/trigger.h"
#include "core/compat.h"

/*
 * The call's trigger data; 39P01 when the function was not called by a trigger of
 * that timing and level (TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW …) of that table
 * of the extension, or of any of its tables where "table" is NULL.  On a table of the
 * caller's own making a function that runs with its owner's rights would be told what
 * to write.
 */
extern TriggerData *mt_trigger_data(FunctionCallInfo fcinfo, TriggerEvent timing_and_level,
									const char *table);

/*
 * The number of a column by its name; an error when the table has none, or one of
 * another type: values are taken and set without a look at it.
 */
extern int mt_trigger_column(TriggerData *data, const char *name, Oid type);

/* How many triggers are under way, one below the other. */
extern int mt_trigger_depth(void);

/* Whether an UPDATE leaves a column of its row as it was. */
extern bool mt_trigger_is_unchanged(TriggerData *data, int column);

#endif /* MT_TRIGGER_H */
