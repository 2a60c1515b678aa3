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
#include "core/mailbox.h"
#include "core/statement.h"
#include "identity/credential.h"
#include "identity/password.h"
#include "miscadmin.h"
#include "records/login_history.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

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
		{
			mt_credential_record_success(&account, password, true);
			mt_login_history_add(&account.id, NULL, NULL, &origin);
		}
	}
	else
	{
		judgement = mt_credential_judge_nobody(password);
		mt_credential_record_nobody(email, &origin);
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
