/*
 * core/status_change.h
 *		The functions that take a row from one status to another.
 */
#ifndef MT_STATUS_CHANGE_H
#define MT_STATUS_CHANGE_H

#include "core/statement.h"
#include "fmgr.h"

/*
 * Take the step that a statement makes for a row in the right status.  The SQL function's
 * arguments are the id and, where it has two, a reason; they are $1 and $2 of "update", the
 * id is $1 of "exists".  P0002 when there is no such row ("what" names it), 55000 with
 * "wrong_status" and a hint, which may be NULL, when it is in another status.
 */
extern Datum mt_change_status(FunctionCallInfo fcinfo, const char *what, MtStatement *update,
							  MtStatement *exists, const char *wrong_status, const char *hint);

#endif /* MT_STATUS_CHANGE_H */
