/*
 * identity/user_status.c
 *		The status of a user, and the soft delete.
 *
 * A user is deleted by whatever a client does for it: delete_user(), DELETE FROM
 * "Users", an UPDATE of "deletedAt" (Sequelize's paranoid mode) or of status.  All
 * four become one UPDATE, and two triggers on it keep the row true: before, the
 * columns that say when and by whom; after, the tokens and the audit row.  The
 * CHECK users_deleted_check holds status and "deletedAt" together.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/catalog.h"
#include "core/errors.h"
#include "core/row_change.h"
#include "core/settings.h"
#include "core/statement.h"
#include "core/status_change.h"
#include "core/trigger.h"
#include "records/audit.h"
#include "session/token.h"
#include "utils/builtins.h"
#include "utils/rel.h"

MT_FUNCTION_INFO_V1(mt_track_user_status);
MT_FUNCTION_INFO_V1(mt_user_status_changed);
MT_FUNCTION_INFO_V1(mt_soft_delete_user);
MT_FUNCTION_INFO_V1(mt_refuse_truncate);
MT_FUNCTION_INFO_V1(mt_delete_user);
MT_FUNCTION_INFO_V1(mt_restore_user);
MT_FUNCTION_INFO_V1(mt_suspend_user);
MT_FUNCTION_INFO_V1(mt_deactivate_user);
MT_FUNCTION_INFO_V1(mt_activate_user);

/*
 * Set the time and the author of a change, unless the statement did.  Where no author
 * is known, one that an earlier statement left is kept if "keeps_author": a client may
 * name who deletes and then delete.
 */
static void
stamp(MtRowChange *change, const char *time_column, const char *author_column, bool keeps_author)
{
	const pg_uuid_t *author = mt_context_user_id();

	mt_stamp_time(change, time_column);
	if (!mt_is_supplied(change, author_column, UUIDOID) && (author != NULL || !keeps_author))
		mt_change_column(change, author_column, UUIDOID, PointerGetDatum(author), author == NULL);
}

static Oid
status_type(void)
{
	return mt_type_oid("enum_Users_status");
}

static Oid
status_of(MtRowChange *change, HeapTuple row)
{
	return mt_enum_of_row(change, row, "status", status_type());
}

static bool
has_deleted_at(MtRowChange *change, HeapTuple row)
{
	bool is_null;

	heap_getattr(row, mt_trigger_column(change->data, "deletedAt", TIMESTAMPTZOID),
				 change->row_type, &is_null);
	return !is_null;
}

/* What the statement asks for: a "deletedAt" that comes or goes beats the status. */
static Oid
wanted_status(MtRowChange *change, Oid deleted, Oid active)
{
	bool was_deleted = has_deleted_at(change, change->data->tg_trigtuple);
	bool is_deleted = has_deleted_at(change, change->data->tg_newtuple);
	Oid status = status_of(change, change->data->tg_newtuple);

	if (is_deleted && !was_deleted)
		return deleted;
	if (was_deleted && !is_deleted && status == deleted)
		return active;
	return status;
}

/* What goes with a user's being deleted or not: who and when, and open tokens. */
static void
change_deletion(MtRowChange *change, bool is_deleted)
{
	static const struct
	{
		const char *column;
		Oid type;
	} tokens[] = {
		{"verificationToken", VARCHAROID}, {"verificationTokenExpires", TIMESTAMPTZOID},
		{"resetToken", VARCHAROID},		   {"resetTokenExpires", TIMESTAMPTZOID},
		{"currentChallenge", VARCHAROID},
	};

	if (!is_deleted)
	{
		mt_clear_column(change, "deletedAt", TIMESTAMPTZOID);
		mt_clear_column(change, "deletedBy", UUIDOID);
		return;
	}
	stamp(change, "deletedAt", "deletedBy", true);
	for (int i = 0; i < (int) lengthof(tokens); i++)
		mt_clear_column(change, tokens[i].column, tokens[i].type);
}

static void
change_deactivation(MtRowChange *change, bool is_inactive)
{
	if (is_inactive)
	{
		stamp(change, "deactivatedAt", "deactivatedBy", true);
		return;
	}
	mt_clear_column(change, "deactivatedAt", TIMESTAMPTZOID);
	mt_clear_column(change, "deactivatedBy", UUIDOID);
	mt_clear_column(change, "deactivationReason", VARCHAROID);
}

/*
 * SQL: multitenant.track_user_status() returns trigger
 *
 * BEFORE UPDATE, each row whose status or "deletedAt" changes.
 */
Datum
mt_track_user_status(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, "Users");
	MtRowChange change = {.data = data, .row_type = RelationGetDescr(data->tg_relation)};
	Oid deleted = mt_enum_value("enum_Users_status", "deleted");
	Oid active = mt_enum_value("enum_Users_status", "active");
	Oid inactive = mt_enum_value("enum_Users_status", "inactive");
	Oid before = status_of(&change, data->tg_trigtuple);
	Oid after = wanted_status(&change, deleted, active);

	if (after == before) /* only the time of the deletion is corrected */
		return PointerGetDatum(data->tg_newtuple);

	mt_change_column(&change, "status", status_type(), ObjectIdGetDatum(after),
					 after == InvalidOid);
	stamp(&change, "statusChangedAt", "statusChangedBy", false);
	if (before == deleted || after == deleted)
		change_deletion(&change, after == deleted);
	if (before == inactive || after == inactive)
		change_deactivation(&change, after == inactive);
	return mt_changed_row(&change);
}

/*
 * SQL: multitenant.user_status_changed() returns trigger
 *
 * AFTER UPDATE, each row whose status changed: no token outlives the change, and the
 * audit says what happened.  Also on the way back to active: a token that was being
 * made while the user was deleted was not seen then.
 */
Datum
mt_user_status_changed(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_AFTER | TRIGGER_EVENT_ROW, "Users");
	TupleDesc row_type = RelationGetDescr(data->tg_relation);
	int status = mt_trigger_column(data, "status", status_type());
	char *before = SPI_getvalue(data->tg_trigtuple, row_type, status);
	char *after = SPI_getvalue(data->tg_newtuple, row_type, status);
	bool is_null;
	pg_uuid_t *user_id = DatumGetUUIDP(SPI_getbinval(data->tg_newtuple, row_type,
													 mt_trigger_column(data, "id", UUIDOID),
													 &is_null));
	char *reason = SPI_getvalue(data->tg_newtuple, row_type,
								mt_trigger_column(data, "statusReason", VARCHAROID));
	const char *event = "user.status_changed";

	if (strcmp(after, "deleted") == 0)
		event = "user.deleted";
	else if (strcmp(before, "deleted") == 0)
		event = "user.restored";

	SPI_connect();
	mt_tokens_revoke(user_id);
	mt_audit(&(MtAuditEvent){.event = event,
							 .severity = "medium",
							 .user_id = user_id,
							 .details = {"from", before, "to", after, "reason", reason}});
	SPI_finish();
	return PointerGetDatum(NULL);
}

/*
 * SQL: multitenant.soft_delete_user() returns trigger
 *
 * BEFORE DELETE, each row: the row is marked and stays, and the DELETE does not
 * count it.  multitenant.allow_hard_delete lets it go.
 */
Datum
mt_soft_delete_user(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET status = 'deleted', "
			   "\"statusReason\" = NULL WHERE id = $1 AND status <> 'deleted'"};
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, "Users");
	MtParameters parameters = {0};
	bool is_null;

	if (mt_allow_hard_delete)
		return PointerGetDatum(data->tg_trigtuple);

	SPI_connect();
	mt_add_uuid(&parameters,
				DatumGetUUIDP(SPI_getbinval(data->tg_trigtuple, RelationGetDescr(data->tg_relation),
											mt_trigger_column(data, "id", UUIDOID), &is_null)));
	mt_execute(&update, &parameters);
	SPI_finish();
	return PointerGetDatum(NULL);
}

/*
 * SQL: multitenant.refuse_truncate() returns trigger
 *
 * BEFORE TRUNCATE, each statement: 55000, unless multitenant.allow_hard_delete.
 */
Datum
mt_refuse_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE, "Users");

	if (!mt_allow_hard_delete)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" cannot be truncated",
						RelationGetRelationName(data->tg_relation)),
				 errhint("Delete users with DELETE or multitenant.delete_user(). A superuser can "
						 "set multitenant.allow_hard_delete.")));
	return PointerGetDatum(NULL);
}

static Datum
change_status(FunctionCallInfo fcinfo, MtStatement *update, const char *wrong_status)
{
	static MtStatement exists = {.sql = "SELECT FROM multitenant.\"Users\" WHERE id = $1"};

	return mt_change_status(fcinfo, "user", update, &exists, wrong_status, NULL);
}

#define SET_STATUS(status) \
	"UPDATE multitenant.\"Users\" SET status = '" status "', \"statusReason\" = $2"

/*
 * SQL: multitenant.delete_user(user_id uuid, reason text) returns void
 *
 * The soft delete.
 */
Datum
mt_delete_user(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = SET_STATUS("deleted") " WHERE id = $1 AND status <> 'deleted'"};

	return change_status(fcinfo, &update, "user is already deleted");
}

/*
 * SQL: multitenant.restore_user(user_id uuid) returns void
 *
 * Makes a deleted user active again; its sessions stay ended.
 */
Datum
mt_restore_user(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = SET_STATUS("active") " WHERE id = $1 AND status = 'deleted'"};

	return change_status(fcinfo, &update, "user is not deleted");
}

/* SQL: multitenant.suspend_user(user_id uuid, reason text) returns void */
Datum
mt_suspend_user(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = SET_STATUS("suspended") " WHERE id = $1 AND status IN ('active', 'inactive')"};

	return change_status(fcinfo, &update, "user is suspended or deleted already");
}

/* SQL: multitenant.deactivate_user(user_id uuid, reason text) returns void */
Datum
mt_deactivate_user(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = SET_STATUS("inactive") ", \"deactivationReason\" = $2 "
									  "WHERE id = $1 AND status = 'active'"};

	return change_status(fcinfo, &update, "user is not active");
}

/*
 * SQL: multitenant.activate_user(user_id uuid, reason text) returns void
 *
 * Ends a suspension or a deactivation; a deleted user needs restore_user().
 */
Datum
mt_activate_user(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = SET_STATUS("active") " WHERE id = $1 AND status IN ('suspended', 'inactive')"};

	return change_status(fcinfo, &update, "user is neither suspended nor inactive");
}
