/*
 * records/append_only.h
 *		The three log tables are written once: the way around it for our own functions.
 */
#ifndef MT_APPEND_ONLY_H
#define MT_APPEND_ONLY_H

#include "core/statement.h"

/*
 * Run a statement that changes or deletes rows of a log table: for maintenance and
 * erasure alone.  The number of rows that it changed.  Inside SPI.
 */
extern uint64 mt_execute_on_logs(MtStatement *statement, MtParameters *parameters);

/* The same as mt_execute_on_latest(): no row escapes a transaction with one snapshot. */
extern uint64 mt_execute_on_latest_logs(MtStatement *statement, MtParameters *parameters);

#endif /* MT_APPEND_ONLY_H */
