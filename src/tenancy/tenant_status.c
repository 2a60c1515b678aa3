/*
 * tenancy/tenant_status.c
 *		The life of a tenant: active, suspended, pending deletion, gone.
 *
 * Whatever changes the status, a function here or an UPDATE, two triggers keep the row
 * true: before, the columns that say since when and until when; after, the audit row.
 * Nothing is ended: every check and every session asks for the status, so a change
 * counts from the next statement on, and what was there is there again when it is undone.
 *
 * A deletion that is cancelled gives a tenant back the status it had: "suspendedAt"
 * remembers a suspension.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/catalog.h"
#include "core/errors.h"
#include "core/row_change.h"
#include "core/statement.h"
#include "core/status_change.h"
#include "core/trigger.h"
#include "records/audit.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#define MAX_STATUS_BYTES 64

MT_FUNCTION_INFO_V1(mt_track_tenant_status);
MT_FUNCTION_INFO_V1(mt_tenant_status_changed);
MT_FUNCTION_INFO_V1(mt_tenant_deleted);
MT_FUNCTION_INFO_V1(mt_suspend_tenant);
MT_FUNCTION_INFO_V1(mt_activate_tenant);
MT_FUNCTION_INFO_V1(mt_request_tenant_deletion);
MT_FUNCTION_INFO_V1(mt_cancel_tenant_deletion);
MT_FUNCTION_INFO_V1(mt_set_onboarding_status);

static Oid
status_type(void)
{
	return mt_type_oid("enum_Tenants_status");
}

/* A column of the row that is about to be written. */
static Datum
new_value(MtRowChange *change, const char *name, Oid type, bool *is_null)
{
	return SPI_getbinval(change->data->tg_newtuple, change->row_type,
						 mt_trigger_column(change->data, name, type), is_null);
}

/* "gracePeriodDays" of 24 hours from now; 22008 where there is no such time. */
static Datum
end_of_grace(MtRowChange *change)
{
	bool is_null;
	Interval grace = {
		.day = DatumGetInt32(new_value(change, "gracePeriodDays", INT4OID, &is_null))};

	/* the arithmetic of UTC, where each day has 24 hours */
	return DirectFunctionCall2(timestamp_pl_interval, TimestampTzGetDatum(GetCurrentTimestamp()),
							   IntervalPGetDatum(&grace));
}

/*
 * SQL: multitenant.track_tenant_status() returns trigger
 *
 * BEFORE UPDATE, each row whose status changes.
 */
Datum
mt_track_tenant_status(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW,
										"Tenants");
	MtRowChange change = {.data = data, .row_type = RelationGetDescr(data->tg_relation)};
	Oid suspended = mt_enum_value("enum_Tenants_status", "suspended");
	Oid pending = mt_enum_value("enum_Tenants_status", "pending_deletion");
	Oid before = mt_enum_of_row(&change, data->tg_trigtuple, "status", status_type());
	Oid after = mt_enum_of_row(&change, data->tg_newtuple, "status", status_type());
	bool never_suspended;

	new_value(&change, "suspendedAt", TIMESTAMPTZOID, &never_suspended);
	if (after != suspended && after != pending)
		mt_clear_column(&change, "suspendedAt", TIMESTAMPTZOID);
	else if (never_suspended && (before == suspended || after == suspended))
		mt_stamp_time(&change, "suspendedAt");

	if (after == pending)
	{
		mt_stamp_time(&change, "deletionRequestedAt");
		if (!mt_is_supplied(&change, "deletionScheduledAt", TIMESTAMPTZOID))
			mt_change_column(&change, "deletionScheduledAt", TIMESTAMPTZOID, end_of_grace(&change),
							 false);
	}
	else
	{
		mt_clear_column(&change, "deletionRequestedAt", TIMESTAMPTZOID);
		mt_clear_column(&change, "deletionScheduledAt", TIMESTAMPTZOID);
	}
	return mt_changed_row(&change);
}

/* A time of the new row as JSON has it, or NULL. */
static const char *
time_of_row(TriggerData *data, const char *name)
{
	bool is_null;
	Datum value = SPI_getbinval(data->tg_newtuple, RelationGetDescr(data->tg_relation),
								mt_trigger_column(data, name, TIMESTAMPTZOID), &is_null);

	return is_null ? NULL : JsonEncodeDateTime(NULL, value, TIMESTAMPTZOID, NULL);
}

/*
 * SQL: multitenant.tenant_status_changed() returns trigger
 *
 * AFTER UPDATE, each row whose status changed: the audit says what happened.
 */
Datum
mt_tenant_status_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, "Tenants");
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	int status = mt_trigger_column(data, "status", status_type());
	char *before = SPI_getvalue(data->tg_trigtuple, row_type, status);
	char *after = SPI_getvalue(data->tg_newtuple, row_type, status);
	bool is_request = strcmp(after, "pending_deletion") == 0;
	bool is_null;
	pg_uuid_t *tenant_id = DatumGetUUIDP(SPI_getbinval(data->tg_newtuple, row_type,
													   mt_trigger_column(data, "id", UUIDOID),
													   &is_null));
	const char *reason = SPI_getvalue(data->tg_newtuple, row_type,
									  mt_trigger_column(data, "statusReason", VARCHAROID));
	const char *event = "tenant.activated";

	if (is_request)
		event = "tenant.deletion_requested";
	else if (strcmp(before, "pending_deletion") == 0)
		event = "tenant.deletion_cancelled";
	else if (strcmp(after, "suspended") == 0)
		event = "tenant.suspended";

	SPI_connect();
	mt_audit(&(
		MtAuditEvent){.event = event,
					  .severity = is_request ? "high" : "medium",
					  .tenant_id = tenant_id,
					  .details = {"from", before, "to", after, is_request ? "scheduled" : "reason",
								  is_request ? time_of_row(data, "deletionScheduledAt") : reason}});
	SPI_finish();
	return PointerGetDatum(NULL);
}

/*
 * SQL: multitenant.tenant_deleted() returns trigger
 *
 * AFTER DELETE, each row: the audit keeps what the tenant was; its row can no longer be
 * referred to.
 */
Datum
mt_tenant_deleted(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, "Tenants");
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	HeapTuple row = data->tg_trigtuple;
	const char *id = SPI_getvalue(row, row_type, mt_trigger_column(data, "id", UUIDOID));
	const char *slug = SPI_getvalue(row, row_type, mt_trigger_column(data, "slug", VARCHAROID));
	const char *name = SPI_getvalue(row, row_type, mt_trigger_column(data, "name", VARCHAROID));

	SPI_connect();
	mt_audit(&(MtAuditEvent){.event = "tenant.deleted",
							 .severity = "high",
							 .details = {"tenantId", id, "slug", slug, "name", name}});
	SPI_finish();
	return PointerGetDatum(NULL);
}

static Datum
change_status(FunctionCallInfo fcinfo, MtStatement *update, const char *wrong_status,
			  const char *hint)
{
	static MtStatement exists = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1"};

	return mt_change_status(fcinfo, "tenant", update, &exists, wrong_status, hint);
}

/* SQL: multitenant.suspend_tenant(tenant_id uuid, reason text) returns void */
Datum
mt_suspend_tenant(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Tenants\" SET status = 'suspended', \"statusReason\" = $2 "
			   "WHERE id = $1 AND status = 'active'"};

	return change_status(fcinfo, &update, "tenant is not active", NULL);
}

/*
 * SQL: multitenant.activate_tenant(tenant_id uuid) returns void
 *
 * Ends a suspension.
 */
Datum
mt_activate_tenant(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Tenants\" SET status = 'active', \"statusReason\" = $2 "
			   "WHERE id = $1 AND status = 'suspended'"};

	return change_status(fcinfo, &update, "tenant is not suspended",
						 "A pending deletion ends with multitenant.cancel_tenant_deletion().");
}

/*
 * SQL: multitenant.cancel_tenant_deletion(tenant_id uuid) returns void
 *
 * Back to what the tenant was, active or suspended.
 */
Datum
mt_cancel_tenant_deletion(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Tenants\" SET status = CASE WHEN \"suspendedAt\" IS NULL "
			   "THEN 'active'::multitenant.\"enum_Tenants_status\" ELSE 'suspended' END "
			   "WHERE id = $1 AND status = 'pending_deletion' "
			   "AND \"deletionScheduledAt\" IS DISTINCT FROM '-infinity' " /* it has begun */
			   "AND $2::pg_catalog.text IS NULL"}; /* there is no reason here */

	return change_status(fcinfo, &update, "no deletion of the tenant is pending, or it has begun",
						 NULL);
}

/*
 * SQL: multitenant.request_tenant_deletion(tenant_id uuid) returns timestamptz
 *
 * When it is due.  A second request changes nothing and answers the same.
 */
Datum
mt_request_tenant_deletion(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Tenants\" SET status = 'pending_deletion' "
			   "WHERE id = $1 AND status <> 'pending_deletion' RETURNING \"deletionScheduledAt\""};
	static MtStatement find = {
		.sql = "SELECT \"deletionScheduledAt\" FROM multitenant.\"Tenants\" WHERE id = $1"};
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	MtParameters parameters = {0};
	TimestampTz due;

	SPI_connect();
	mt_add_uuid(&parameters, tenant_id);
	if (mt_execute(&update, &parameters) == 0 && mt_execute(&find, &parameters) == 0)
		mt_throw_not_found("tenant");
	due = mt_column_timestamp(1);
	SPI_finish();
	if (TIMESTAMP_IS_NOBEGIN(due)) /* taken off the schedule by SQL */
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(due);
}

/* 22023 for a text that is no onboarding status */
static char *
onboarding_argument(FunctionCallInfo fcinfo, int at)
{
	char *status = mt_required_text(fcinfo, at, "status", MAX_STATUS_BYTES);

	if (strcmp(status, "pending") != 0 && strcmp(status, "in_progress") != 0 &&
		strcmp(status, "completed") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no such onboarding status"),
				 errdetail("It is pending, in_progress or completed.")));
	return status;
}

/*
 * SQL: multitenant.set_onboarding_status(tenant_id uuid, status text) returns void
 *
 * Only forward: 55000.  P0002, 22023 for a status there is not.
 */
Datum
mt_set_onboarding_status(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Tenants\" SET \"onboardingStatus\" = "
			   "$2::multitenant.\"enum_Tenants_onboardingStatus\" WHERE id = $1 "
			   "AND \"onboardingStatus\" < $2::multitenant.\"enum_Tenants_onboardingStatus\""};
	static MtStatement exists = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1"};
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	char *status = onboarding_argument(fcinfo, 1);
	MtParameters parameters = {0};
	MtParameters key = {0};

	SPI_connect();
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, status);
	mt_add_uuid(&key, tenant_id);
	if (mt_execute(&update, &parameters) == 0)
	{
		if (mt_execute(&exists, &key) == 0)
			mt_throw_not_found("tenant");
		mt_throw_wrong_state("onboarding has come as far as this, or farther", NULL);
	}
	mt_audit(&(MtAuditEvent){.event = "tenant.onboarding_changed",
							 .tenant_id = tenant_id,
							 .details = {"to", status}});
	SPI_finish();
	PG_RETURN_VOID();
}
