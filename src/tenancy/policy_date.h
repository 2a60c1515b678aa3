/*
 * tenancy/policy_date.h
 *		A point in time as ISO 8601 writes it, read without regard to any setting.
 */
#ifndef MT_POLICY_DATE_H
#define MT_POLICY_DATE_H

#include "datatype/timestamp.h"

/*
 * 2026-01-31, 2026-01-31T12:00[:00[.000000]] with Z, ±hh or ±hh:mm behind it; a space
 * may stand for the T.  UTC where no zone is given, midnight where no time is.  False
 * when the text is not one.
 */
extern bool mt_date_read(const char *text, TimestampTz *time);

#endif /* MT_POLICY_DATE_H */
