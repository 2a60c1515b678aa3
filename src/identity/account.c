/*
 * identity/account.c
 *		Finding users, setting their passwords and linked accounts, and what a new address
 *		makes void.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/outcome.h"
#include "core/settings.h"
#include "core/statement.h"
#include "core/trigger.h"
#include "identity/credential.h"
#include "core/mailbox.h"
#include "identity/password.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "session/token.h"
#include "utils/rel.h"

#define MAX_GOOGLE_ID_BYTES 255

MT_FUNCTION_INFO_V1(mt_find_user);
MT_FUNCTION_INFO_V1(mt_track_user_email);
MT_FUNCTION_INFO_V1(mt_link_google_account);

/* A password argument; 22023 when it is null. */
static char *
password_argument(FunctionCallInfo fcinfo, int at, const char *name)
{
	char *password = mt_truncated_text(fcinfo, at, MT_PASSWORD_CUT_BYTES);

	if (password == NULL)
		mt_throw_null_argument(name);
	return password;
}

/* P0002 when there is no such user */
static void
require_account(const pg_uuid_t *user_id, MtAccount *account)
{
	if (!mt_account_load(user_id, account))
		mt_throw_not_found("user");
}

/*
 * SQL: multitenant.find_user(email text) returns uuid
 *
 * Null when there is none, or a deleted one.
 */
Datum
mt_find_user(PG_FUNCTION_ARGS)
{
	static MtStatement find = {
		.sql = "SELECT id FROM multitenant.\"Users\" "
			   "WHERE " MT_SAME_MAILBOX("email", "$1") " AND status <> 'deleted'"};
	char *email = mt_truncated_text(fcinfo, 0, MT_EMAIL_CUT_BYTES);
	MtParameters parameters = {0};
	pg_uuid_t user_id;
	bool found;

	if (email == NULL || strlen(email) > MT_MAX_EMAIL_BYTES)
		PG_RETURN_NULL();
	SPI_connect();
	mt_add_text(&parameters, email);
	found = mt_query(&find, &parameters) > 0 && mt_column_uuid(1, &user_id);
	SPI_finish();
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(mt_uuid_result(&user_id));
}

/* Store a new password: the lock ends, and an open reset token is void. */
static void
store_password(const pg_uuid_t *user_id, const char *password, const char *event)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET password = $2, \"failedLoginAttempts\" = 0, "
			   "\"accountLockedUntil\" = NULL, \"resetToken\" = NULL, "
			   "\"resetTokenExpires\" = NULL WHERE id = $1 AND status <> 'deleted'"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, mt_password_hash(password, mt_password_algorithm));
	if (mt_execute(&update, &parameters) == 0)
		mt_throw_wrong_state("user is deleted", NULL);
	mt_audit(&(MtAuditEvent){.event = event, .severity = "medium", .user_id = user_id});
}

/*
 * SQL: multitenant.set_password(user_id uuid, password text) returns void
 *
 * For administrators.  P0002, 22023 for a password that is not acceptable, 55000
 * for a deleted user.
 */
MT_SECRET_FUNCTION(mt_set_password)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *password = password_argument(fcinfo, 1, "password");
	MtAccount account;

	SPI_connect();
	require_account(user_id, &account);
	mt_password_require_acceptable(password, account.email);
	store_password(user_id, password, "user.password_set");
	mt_tokens_revoke(user_id);
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * SQL: multitenant.change_password(user_id uuid, old_password text, new_password text)
 *		returns auth_outcome
 *
 * The old password is judged as at sign-in, and its failures count with those.  The
 * new one is looked at first: 22023 when it is not acceptable, and nothing is counted.
 * P0002.
 */
MT_SECRET_FUNCTION(mt_change_password)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *old_password = mt_truncated_text(fcinfo, 1, MT_PASSWORD_CUT_BYTES);
	char *new_password = password_argument(fcinfo, 2, "new_password");
	MtOrigin unknown = {0};
	MtAccount account;
	MtJudgement judgement;

	PreventCommandIfReadOnly("change_password()");
	SPI_connect();
	require_account(user_id, &account);
	mt_password_require_acceptable(new_password, account.email);
	judgement = mt_credential_judge(&account, old_password, &unknown);
	if (judgement.outcome == MT_OUTCOME_SUCCESS)
	{
		store_password(user_id, new_password, "user.password_changed");
		mt_tokens_revoke_others(user_id);
	}
	SPI_finish();
	PG_RETURN_DATUM(mt_outcome_datum(judgement.outcome));
}

/*
 * SQL: multitenant.link_google_account(user_id uuid, google_id text) returns void
 *
 * P0002, 55000 for a deleted user, 23505 when another user has it.
 */
Datum
mt_link_google_account(PG_FUNCTION_ARGS)
{
	static MtStatement find_other = {.sql = "SELECT FROM multitenant.\"Users\" "
											"WHERE \"googleId\" = $1 AND id <> $2"};
	static MtStatement update = {.sql = "UPDATE multitenant.\"Users\" SET \"googleId\" = $2 "
										"WHERE id = $1 AND status <> 'deleted'"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *google_id = mt_required_name(fcinfo, 1, "google_id", MAX_GOOGLE_ID_BYTES);
	MtParameters other = {0};
	MtParameters parameters = {0};
	MtAccount account;

	SPI_connect();
	require_account(user_id, &account);
	mt_add_text(&other, google_id);
	mt_add_uuid(&other, user_id);
	if (mt_execute(&find_other, &other) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("another user is linked to this Google account")));
	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, google_id);
	if (mt_execute(&update, &parameters) == 0)
		mt_throw_wrong_state("user is deleted", NULL);
	mt_audit(&(MtAuditEvent){.event = "user.google_linked", .user_id = user_id});
	SPI_finish();
	PG_RETURN_VOID();
}

/*
 * SQL: multitenant.track_user_email() returns trigger
 *
 * BEFORE UPDATE, each row whose address becomes that of another mailbox.  What was mailed
 * to the old one proves nothing about the new one and must not open the account any more; a
 * token that the same statement brings is for the new one.  The new address is never
 * verified at once: a statement that says so may only repeat what it read of the old one.
 */
Datum
mt_track_user_email(PG_FUNCTION_ARGS)
{
	static const struct
	{
		const char *token;
		const char *expires;
	} mailed[] = {
		{"verificationToken", "verificationTokenExpires"},
		{"resetToken", "resetTokenExpires"},
	};
	TriggerData *data = mt_trigger_data(fcinfo, TRIGGER_EVENT_BEFORE | TRIGGER_EVENT_ROW, "Users");
	int columns[1 + 2 * lengthof(mailed)];
	Datum values[lengthof(columns)] = {BoolGetDatum(false)};
	bool nulls[lengthof(columns)] = {false};
	int count = 1;

	columns[0] = mt_trigger_column(data, "emailVerified", BOOLOID);
	for (int i = 0; i < (int) lengthof(mailed); i++)
	{
		int token = mt_trigger_column(data, mailed[i].token, VARCHAROID);

		if (!mt_trigger_is_unchanged(data, token))
			continue;
		columns[count] = token;
		nulls[count++] = true;
		columns[count] = mt_trigger_column(data, mailed[i].expires, TIMESTAMPTZOID);
		nulls[count++] = true;
	}
	return PointerGetDatum(heap_modify_tuple_by_cols(data->tg_newtuple,
													 RelationGetDescr(data->tg_relation), count,
													 columns, values, nulls));
}
