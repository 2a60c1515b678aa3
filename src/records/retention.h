/*
 * records/retention.h
 *		How long rows are kept.
 */
#ifndef MT_RETENTION_H
#define MT_RETENTION_H

#include "datatype/timestamp.h"

/*
 * The time before which rows are past a retention in seconds, seen from "now";
 * DT_NOBEGIN where they are kept for ever.
 */
extern TimestampTz mt_retention_start(int retention, TimestampTz now);

#endif /* MT_RETENTION_H */
