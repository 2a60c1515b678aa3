/*
 * records/activity.c
 *		What an application writes into the logs: activities and security events.
 *
 * A row is dated by the clock.  Where no tenant is named it is that of the context.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "records/audit.h"

#define MAX_NAME_BYTES 255
#define MAX_DETAILS_BYTES 65536

MT_FUNCTION_INFO_V1(mt_log_activity);
MT_FUNCTION_INFO_V1(mt_log_security_event);

/* The argument, else the context's tenant, which may be gone; NULL for none.  P0002. */
static const pg_uuid_t *
tenant_argument(FunctionCallInfo fcinfo, int at)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1 "
									  "FOR KEY SHARE"};
	const pg_uuid_t *tenant_id = PG_ARGISNULL(at) ? mt_context_tenant_id() : PG_GETARG_UUID_P(at);
	MtParameters parameters = {0};

	if (tenant_id == NULL)
		return NULL;
	mt_add_uuid(&parameters, tenant_id);
	if (mt_execute(&find, &parameters) > 0)
		return tenant_id;
	if (!PG_ARGISNULL(at))
		mt_throw_not_found("tenant");
	return NULL;
}

/* P0002; a deleted user is one. */
static void
require_user(const pg_uuid_t *user_id)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"Users\" WHERE id = $1 "
									  "FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&find, &parameters) == 0)
		mt_throw_not_found("user");
}

/*
 * SQL: multitenant.log_activity(user_id uuid, action text, details jsonb,
 *		ip_address text, user_agent text, tenant_id uuid) returns uuid
 *
 * 22023, 22P02 for the address, 54000, P0002.
 */
Datum
mt_log_activity(PG_FUNCTION_ARGS)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"ActivityLogs\" (\"userId\", action, details, "
			   "\"ipAddress\", \"userAgent\", \"tenantId\", \"createdAt\", \"updatedAt\") "
			   "SELECT $1, $2, $3, $4, $5, $6, clock, clock "
			   "FROM pg_catalog.clock_timestamp() AS clock RETURNING id"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *action = mt_required_name(fcinfo, 1, "action", MAX_NAME_BYTES);
	Jsonb *details = mt_jsonb_argument(fcinfo, 2, "details", MAX_DETAILS_BYTES);
	MtOrigin origin = mt_origin_arguments(fcinfo, 3);
	MtParameters parameters = {0};
	pg_uuid_t id;

	SPI_connect();
	require_user(user_id);
	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, action);
	mt_add_jsonb(&parameters, details);
	mt_add_text(&parameters, origin.ip_address);
	mt_add_text(&parameters, origin.user_agent);
	mt_add_uuid(&parameters, tenant_argument(fcinfo, 5));
	mt_execute(&insert, &parameters);
	mt_column_uuid(1, &id);
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&id));
}

/* 22023 for what is no label of the enum */
static const char *
severity_argument(FunctionCallInfo fcinfo, int at)
{
	static const char *const severities[] = {"low", "medium", "high", "critical"};
	const char *severity = mt_required_text(fcinfo, at, "severity", MAX_NAME_BYTES);

	for (int i = 0; i < (int) lengthof(severities); i++)
	{
		if (strcmp(severity, severities[i]) == 0)
			return severities[i];
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid severity"),
					errdetail("It is low, medium, high or critical.")));
}

/*
 * SQL: multitenant.log_security_event(user_id uuid, event text, details jsonb,
 *		severity text, ip_address text, user_agent text, tenant_id uuid) returns uuid
 *
 * user_id is null where nobody is known.  Errors as log_activity().
 */
Datum
mt_log_security_event(PG_FUNCTION_ARGS)
{
	pg_uuid_t *user_id = PG_ARGISNULL(0) ? NULL : PG_GETARG_UUID_P(0);
	MtOrigin origin = mt_origin_arguments(fcinfo, 4);
	MtAuditEvent event = {.user_id = user_id,
						  .event = mt_required_name(fcinfo, 1, "event", MAX_NAME_BYTES),
						  .json_details = mt_jsonb_argument(fcinfo, 2, "details",
															MAX_DETAILS_BYTES),
						  .severity = severity_argument(fcinfo, 3),
						  .origin = &origin};
	pg_uuid_t id;

	SPI_connect();
	if (user_id != NULL)
		require_user(user_id);
	event.tenant_id = tenant_argument(fcinfo, 6);
	id = mt_audit_row(&event);
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&id));
}
