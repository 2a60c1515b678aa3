/*
 * records/login_history.c
 *		Writing "LoginHistories": one row for each attempt on a known user.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/statement.h"
#include "records/login_history.h"

void
mt_login_history_add(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id,
					 const char *failure_reason, const MtOrigin *origin)
{
	static MtStatement insert = {
		.sql =
			"INSERT INTO multitenant.\"LoginHistories\" "
			"(\"userId\", \"tenantId\", status, \"failureReason\", \"ipAddress\", \"userAgent\", "
			"\"createdAt\", \"updatedAt\") "
			"SELECT $1, $2, CASE WHEN $3 IS NULL "
			"THEN 'success'::multitenant.\"enum_LoginHistories_status\" ELSE 'failed' END, "
			"$3, $4, $5, clock, clock FROM pg_catalog.clock_timestamp() AS clock"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, failure_reason);
	mt_add_text(&parameters, origin->ip_address);
	mt_add_text(&parameters, origin->user_agent);
	mt_execute(&insert, &parameters);
}
