/*
 * identity/authenticate.c
 *		Signing in with an e-mail address and a password; makes no session.
 *
 * An unknown address, a user without a password and a wrong password do the same
 * work and get the same answer; the records tell them apart.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "identity/credential.h"
#include "identity/email.h"
#include "identity/password.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "records/login_history.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/*
 * The hash to store instead of an outdated one, or NULL.  Made only once the attempt
 * has succeeded, although the row is locked then: the time of a guess that is not
 * judged must not tell whether it was right.  Never made of a password of which the old
 * hash holds the beginning only.  Where it cannot be computed the old one stays: an error
 * now would be the answer to a right password alone.
 */
static char *
renewed_hash(const char *password, const char *hash)
{
	char *renewed;

	if (!mt_password_is_outdated(hash) || !mt_password_is_whole(password, hash) ||
		!mt_password_is_hashable(password, mt_password_algorithm))
		return NULL;
	renewed = mt_password_try_hash(password, mt_password_algorithm);
	if (renewed == NULL)
		ereport(LOG,
				(errmsg("could not compute a new password hash"),
				 errdetail("The outdated one is kept until the next sign-in.")));
	return renewed;
}

static void
record_success(const MtAccount *account, const char *password, const MtOrigin *origin)
{
	static MtStatement update = {
		.sql =
			"UPDATE multitenant.\"Users\" SET \"failedLoginAttempts\" = 0, "
			"\"accountLockedUntil\" = NULL, \"lastLoginAt\" = $2, \"lastActivity\" = $2, "
			"\"loginCount\" = least(\"loginCount\"::bigint + 1, 2147483647)::integer, password = coalesce($3, password) WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &account->id);
	mt_add_timestamp(&parameters, GetCurrentTimestamp());
	mt_add_text(&parameters, renewed_hash(password, account->hash));
	mt_execute(&update, &parameters);
	mt_login_history_add(&account->id, NULL, NULL, origin);
}

/*
 * SQL: multitenant.authenticate(email text, password text, ip_address text,
 *		user_agent text)
 *		returns (outcome auth_outcome, user_id uuid, locked_until timestamptz)
 *
 * user_id is null unless the outcome is success; locked_until is null unless the
 * account is locked now.  22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_authenticate)
{
	char *email = mt_truncated_text(fcinfo, 0, MT_EMAIL_CUT_BYTES);
	char *password = mt_truncated_text(fcinfo, 1, MT_PASSWORD_CUT_BYTES);
	MtOrigin origin = mt_origin_arguments(fcinfo, 2);
	MtAccount account;
	MtJudgement judgement;
	Datum values[3];
	bool nulls[3] = {false, true, true};

	/* before anything is looked up: an error after it could tell, and would not count */
	PreventCommandIfReadOnly("authenticate()");

	SPI_connect();
	if (mt_account_find(email, &account))
	{
		judgement = mt_credential_judge(&account, password, &origin);
		if (judgement.outcome == MT_OUTCOME_SUCCESS)
			record_success(&account, password, &origin);
	}
	else
	{
		judgement = mt_credential_judge_nobody(password);
		mt_audit(&(MtAuditEvent){.event = "sign_in.unknown_user",
								 .origin = &origin,
								 .details = {"email", mt_email_to_record(email)}});
	}
	SPI_finish();

	values[0] = mt_outcome_datum(judgement.outcome);
	if (judgement.outcome == MT_OUTCOME_SUCCESS)
	{
		nulls[1] = false;
		values[1] = UUIDPGetDatum(&account.id);
	}
	if (!TIMESTAMP_IS_NOBEGIN(judgement.locked_until))
	{
		nulls[2] = false;
		values[2] = TimestampTzGetDatum(judgement.locked_until);
	}
	PG_RETURN_DATUM(mt_row_result(fcinfo, values, nulls));
}
