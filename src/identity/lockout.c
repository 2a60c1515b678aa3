/*
 * identity/lockout.c
 *		When failures lock an account, and for how long.
 *
 * The rules (OWASP Authentication Cheat Sheet, "Account Lockout"; NIST SP
 * 800-63B-4 section 3.2.2): the failure that reaches the threshold locks, each
 * failure after a lock has run out locks for twice as long, and a long enough
 * time without a failure forgets all of them.  A locked account is not judged,
 * so its lock does not grow.  The time is an argument: tests are exact.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "identity/lockout.h"
#include "records/audit.h"
#include "utils/timestamp.h"

MT_FUNCTION_INFO_V1(mt_unlock_account);

bool
mt_lockout_is_locked(const MtLockout *lockout, TimestampTz now)
{
	return lockout->locked_until > now;
}

/* Seconds of the lock that the n-th failure at or past the threshold brings, n from 0. */
static int64
lock_seconds(int32 doublings)
{
	int64 seconds = mt_lockout_duration;

	while (doublings-- > 0 && seconds < mt_lockout_max_duration)
		seconds *= 2;
	return Min(seconds, mt_lockout_max_duration);
}

bool
mt_lockout_count_failure(MtLockout *lockout, TimestampTz now)
{
	bool forgotten = TIMESTAMP_IS_NOBEGIN(lockout->last_failure_at) ||
					 now - lockout->last_failure_at >= mt_lockout_reset_after * USECS_PER_SEC;

	if (forgotten)
		lockout->failures = 0;
	if (lockout->failures < PG_INT32_MAX)
		lockout->failures++;
	lockout->last_failure_at = now;
	lockout->locked_until = DT_NOBEGIN;
	if (mt_lockout_threshold == 0 || lockout->failures < mt_lockout_threshold)
		return false;
	lockout->locked_until = now +
							lock_seconds(lockout->failures - mt_lockout_threshold) * USECS_PER_SEC;
	return true;
}

void
mt_lockout_audit(const MtLockout *lockout, const char *event, const pg_uuid_t *user_id,
				 const MtOrigin *origin)
{
	mt_audit(&(MtAuditEvent){.event = event,
							 .severity = "high",
							 .user_id = user_id,
							 .origin = origin,
							 .details = {"failedAttempts", psprintf("%d", lockout->failures)}});
}

/*
 * SQL: multitenant.unlock_account(user_id uuid) returns void
 *
 * Ends the locks of the password and of the second factor and forgets the failures of
 * both.  P0002 when there is no such user.
 */
Datum
mt_unlock_account(PG_FUNCTION_ARGS)
{
	static MtStatement unlock = {
		.sql = "UPDATE multitenant.\"Users\" SET \"failedLoginAttempts\" = 0, "
			   "\"accountLockedUntil\" = NULL, \"twoFactorVerificationAttempts\" = 0, "
			   "\"twoFactorLockedUntil\" = NULL WHERE id = $1"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	MtParameters parameters = {0};

	SPI_connect();
	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&unlock, &parameters) == 0)
		mt_throw_not_found("user");
	mt_audit(&(MtAuditEvent){.event = "user.unlocked", .severity = "medium", .user_id = user_id});
	SPI_finish();
	PG_RETURN_VOID();
}
