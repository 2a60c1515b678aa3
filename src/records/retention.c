/*
 * records/retention.c
 *		How long rows are kept.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "core/argument.h"
#include "core/settings.h"
#include "records/retention.h"
#include "utils/timestamp.h"

#define MAX_NAME_BYTES 64

MT_FUNCTION_INFO_V1(mt_retention_limit);

TimestampTz
mt_retention_start(int retention, TimestampTz now)
{
	return retention == 0 ? DT_NOBEGIN : now - retention * USECS_PER_SEC;
}

/*
 * SQL: multitenant.retention_limit(log text) returns timestamptz
 *
 * Seen from the start of the statement, so that it may stand in an index condition.
 * Null where rows are kept for ever; 22023 for what is no log.
 */
Datum
mt_retention_limit(PG_FUNCTION_ARGS)
{
	const struct
	{
		const char *name;
		int retention;
	} logs[] = {{"LoginHistories", mt_login_history_retention},
				{"ActivityLogs", mt_activity_retention},
				{"SecurityAuditLogs", mt_audit_retention}};
	char *name = mt_required_text(fcinfo, 0, "log", MAX_NAME_BYTES);

	for (int i = 0; i < (int) lengthof(logs); i++)
	{
		TimestampTz limit;

		if (strcmp(name, logs[i].name) != 0)
			continue;
		limit = mt_retention_start(logs[i].retention, GetCurrentStatementStartTimestamp());
		if (TIMESTAMP_IS_NOBEGIN(limit))
			PG_RETURN_NULL();
		PG_RETURN_TIMESTAMPTZ(limit);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no such log"),
					errdetail("It is LoginHistories, ActivityLogs or SecurityAuditLogs.")));
}
