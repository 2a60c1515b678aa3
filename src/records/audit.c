/*
 * records/audit.c
 *		Writing "SecurityAuditLogs".
 *
 * Notes: a row is dated by the clock, not by the start of the transaction, so
 * that the events of one transaction keep their order.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_type.h"
#include "core/settings.h"
#include "core/statement.h"
#include "records/audit.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* The details as the array that jsonb_object() takes; NULL when there are none. */
static ArrayType *
details_array(const MtAuditEvent *event)
{
	Datum values[MT_MAX_AUDIT_DETAILS];
	bool nulls[MT_MAX_AUDIT_DETAILS];
	int dimensions[1];
	int lower_bounds[1] = {1};
	int count = 0;

	for (; count < MT_MAX_AUDIT_DETAILS && event->details[count] != NULL; count += 2)
	{
		const char *value = event->details[count + 1];

		values[count] = CStringGetTextDatum(event->details[count]);
		nulls[count] = false;
		values[count + 1] = value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
		nulls[count + 1] = value == NULL;
	}
	if (count == 0)
		return NULL;
	dimensions[0] = count;
	return construct_md_array(values, nulls, 1, dimensions, lower_bounds, TEXTOID, -1, false,
							  TYPALIGN_INT);
}

void
mt_audit(const MtAuditEvent *event)
{
	mt_audit_row(event);
}

pg_uuid_t
mt_audit_row(const MtAuditEvent *event)
{
	static MtStatement insert = {
		.sql =
			"INSERT INTO multitenant.\"SecurityAuditLogs\" "
			"(event, severity, \"userId\", \"tenantId\", \"actorId\", details, "
			"\"ipAddress\", \"userAgent\", \"createdAt\", \"updatedAt\") "
			"SELECT $1, coalesce($2, 'low')::multitenant.\"enum_SecurityAuditLogs_severity\", $3, $4, "
			"(SELECT id FROM multitenant.\"Users\" WHERE id = $5), "
			"coalesce($9, pg_catalog.jsonb_object($6)), "
			"$7, $8, clock, clock FROM pg_catalog.clock_timestamp() AS clock RETURNING id"};
	MtParameters parameters = {0};
	pg_uuid_t id;

	mt_add_text(&parameters, event->event);
	mt_add_text(&parameters, event->severity);
	mt_add_uuid(&parameters, event->user_id);
	mt_add_uuid(&parameters, event->tenant_id);
	mt_add_uuid(&parameters, event->actor_id ? event->actor_id : mt_context_user_id());
	mt_add_text_array(&parameters, details_array(event));
	mt_add_text(&parameters, event->origin ? event->origin->ip_address : NULL);
	mt_add_text(&parameters, event->origin ? event->origin->user_agent : NULL);
	mt_add_jsonb(&parameters, event->json_details);
	mt_execute(&insert, &parameters);
	mt_column_uuid(1, &id);
	return id;
}
