/*
 * identity/lockout.h
 *		When failures lock an account, and for how long.
 */
#ifndef MT_LOCKOUT_H
#define MT_LOCKOUT_H

#include "datatype/timestamp.h"
#include "records/origin.h"
#include "utils/uuid.h"

/* DT_NOBEGIN stands for "never". */
typedef struct MtLockout
{
	int32 failures;
	TimestampTz last_failure_at;
	TimestampTz locked_until;
} MtLockout;

extern bool mt_lockout_is_locked(const MtLockout *lockout, TimestampTz now);

/*
 * Count a failure of an account that is not locked; true when it locks it.  The
 * caller holds the row's lock and writes the result back.
 */
extern bool mt_lockout_count_failure(MtLockout *lockout, TimestampTz now);

/* The audit event of a lock; "event" says of what.  Inside SPI. */
extern void mt_lockout_audit(const MtLockout *lockout, const char *event, const pg_uuid_t *user_id,
							 const MtOrigin *origin);

#endif /* MT_LOCKOUT_H */
