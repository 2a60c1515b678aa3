/*
 * records/notification.c
 *		Messages to users inside the application, and the NOTIFY that goes with them.
 *
 * Each new row is announced on the channel multitenant_notifications as
 * {"id": …, "userId": …}: never its text, since any role may LISTEN.  The server hands
 * announcements out when the transaction commits, and takes a lock for it that all who
 * notify share; so a message to very many members is announced once for all of them,
 * as {"tenantId": …}.
 */
#include "postgres.h"
#include "core/compat.h"

#include "commands/async.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/statement.h"

#define CHANNEL "multitenant_notifications"
#define MAX_MESSAGE_BYTES 16384

/* Rows of one call that are announced one by one; notify_tenant's query has it too. */
#define MAX_ANNOUNCED 1000

MT_FUNCTION_INFO_V1(mt_send_notification);
MT_FUNCTION_INFO_V1(mt_notify_tenant);
MT_FUNCTION_INFO_V1(mt_mark_notification_read);
MT_FUNCTION_INFO_V1(mt_mark_all_notifications_read);
MT_FUNCTION_INFO_V1(mt_unread_notifications);

static void
announce(const pg_uuid_t *id, const pg_uuid_t *user_id)
{
	char *payload = psprintf("{\"id\": \"%s\", \"userId\": \"%s\"}", mt_uuid_text(id),
							 mt_uuid_text(user_id));

	Async_Notify(CHANNEL, payload);
	pfree(payload);
}

/* P0002, 55000; the row stays until the transaction ends */
static void
require_user(const pg_uuid_t *user_id)
{
	static MtStatement find = {.sql = "SELECT status = 'deleted' FROM multitenant.\"Users\" "
									  "WHERE id = $1 FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&find, &parameters) == 0)
		mt_throw_not_found("user");
	if (mt_column_boolean(1))
		mt_throw_wrong_state("user is deleted", NULL);
}

/*
 * SQL: multitenant.send_notification(user_id uuid, message text) returns uuid
 *
 * P0002, 55000 for a deleted user, 22023, 54000.
 */
Datum
mt_send_notification(PG_FUNCTION_ARGS)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"Notifications\" (\"userId\", message, \"createdAt\", "
			   "\"updatedAt\") SELECT $1, $2, clock, clock "
			   "FROM pg_catalog.clock_timestamp() AS clock RETURNING id"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *message = mt_required_text(fcinfo, 1, "message", MAX_MESSAGE_BYTES);
	MtParameters parameters = {0};
	pg_uuid_t id;

	SPI_connect();
	require_user(user_id);
	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, message);
	mt_execute(&insert, &parameters);
	mt_column_uuid(1, &id);
	announce(&id, user_id);
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&id));
}

/* P0002 for the tenant, and for a role that it does not have */
static void
require_tenant(const pg_uuid_t *tenant_id, const char *role)
{
	static MtStatement find_tenant = {.sql = "SELECT FROM multitenant.\"Tenants\" WHERE id = $1"};
	static MtStatement find_role = {.sql = "SELECT FROM multitenant.\"Roles\" "
										   "WHERE \"tenantId\" = $1 AND name = $2"};
	MtParameters tenant = {0};
	MtParameters role_key = {0};

	mt_add_uuid(&tenant, tenant_id);
	if (mt_execute(&find_tenant, &tenant) == 0)
		mt_throw_not_found("tenant");
	if (role == NULL)
		return;
	mt_add_uuid(&role_key, tenant_id);
	mt_add_text(&role_key, role);
	if (mt_execute(&find_role, &role_key) == 0)
		mt_throw_unknown_name("role in this tenant", role);
}

/* Announce the rows that the latest statement returned as id, user; "count" are new. */
static void
announce_rows(const pg_uuid_t *tenant_id, int64 count)
{
	SPITupleTable *rows = SPI_tuptable;
	bool is_null;

	if (count > MAX_ANNOUNCED)
	{
		Async_Notify(CHANNEL, psprintf("{\"tenantId\": \"%s\"}", mt_uuid_text(tenant_id)));
		return;
	}
	for (uint64 i = 0; i < rows->numvals; i++)
	{
		Datum id = SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &is_null);
		Datum user_id = SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &is_null);

		announce(DatumGetUUIDP(id), DatumGetUUIDP(user_id));
	}
}

/*
 * SQL: multitenant.notify_tenant(tenant_id uuid, message text, role text) returns bigint
 *
 * To every active member, in one statement; how many.  P0002, 22023, 54000.
 */
Datum
mt_notify_tenant(PG_FUNCTION_ARGS)
{
	/* in the order of the users, so that two at once lock them in the same */
	static MtStatement insert = {
		.sql = "WITH added AS (INSERT INTO multitenant.\"Notifications\" "
			   "(\"userId\", message, \"createdAt\", \"updatedAt\") "
			   "SELECT u.id, $2, clock, clock "
			   "FROM pg_catalog.clock_timestamp() AS clock, multitenant.\"TenantUsers\" m "
			   "JOIN multitenant.\"Users\" u ON u.id = m.\"userId\" "
			   "WHERE m.\"tenantId\" = $1 AND u.status = 'active' "
			   "AND ($3 IS NULL OR $3 = ANY (m.roles)) ORDER BY u.id FOR KEY SHARE OF u "
			   "RETURNING id, \"userId\") "
			   "SELECT id, \"userId\", pg_catalog.count(*) OVER () FROM added LIMIT 1000",
		.is_planned_anew = true};
	pg_uuid_t *tenant_id = mt_required_uuid(fcinfo, 0, "tenant_id");
	char *message = mt_required_text(fcinfo, 1, "message", MAX_MESSAGE_BYTES);
	char *role = mt_text_argument(fcinfo, 2, "role", MT_MAX_ROLE_NAME_BYTES);
	MtParameters parameters = {0};
	int64 count = 0;

	SPI_connect();
	require_tenant(tenant_id, role);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, message);
	mt_add_text(&parameters, role);
	if (mt_execute(&insert, &parameters) > 0)
	{
		count = mt_column_bigint(3);
		announce_rows(tenant_id, count);
	}
	SPI_finish();
	PG_RETURN_INT64(count);
}

static uint64
execute_for(FunctionCallInfo fcinfo, const char *argument, MtStatement *statement)
{
	MtParameters parameters = {0};
	uint64 count;

	mt_add_uuid(&parameters, mt_required_uuid(fcinfo, 0, argument));
	SPI_connect();
	count = mt_execute(statement, &parameters);
	SPI_finish();
	return count;
}

/* SQL: multitenant.mark_notification_read(id uuid) returns boolean */
Datum
mt_mark_notification_read(PG_FUNCTION_ARGS)
{
	static MtStatement update = {.sql = "UPDATE multitenant.\"Notifications\" SET read = true "
										"WHERE id = $1 AND NOT read"};

	PG_RETURN_BOOL(execute_for(fcinfo, "id", &update) > 0);
}

/* SQL: multitenant.mark_all_notifications_read(user_id uuid) returns bigint */
Datum
mt_mark_all_notifications_read(PG_FUNCTION_ARGS)
{
	/* locked in one order, so that two at once do not wait for each other */
	static MtStatement update = {
		.sql = "WITH unread AS (SELECT id FROM multitenant.\"Notifications\" "
			   "WHERE \"userId\" = $1 AND NOT read ORDER BY id FOR NO KEY UPDATE) "
			   "UPDATE multitenant.\"Notifications\" n SET read = true FROM unread "
			   "WHERE n.id = unread.id",
		.is_planned_anew = true};

	PG_RETURN_INT64((int64) execute_for(fcinfo, "user_id", &update));
}

/* SQL: multitenant.unread_notifications(user_id uuid) returns bigint */
Datum
mt_unread_notifications(PG_FUNCTION_ARGS)
{
	static MtStatement count = {.sql = "SELECT pg_catalog.count(*) FROM "
									   "multitenant.\"Notifications\" "
									   "WHERE \"userId\" = $1 AND NOT read"};
	MtParameters parameters = {0};
	int64 unread;

	mt_add_uuid(&parameters, mt_required_uuid(fcinfo, 0, "user_id"));
	SPI_connect();
	mt_query(&count, &parameters);
	unread = mt_column_bigint(1);
	SPI_finish();
	PG_RETURN_INT64(unread);
}
