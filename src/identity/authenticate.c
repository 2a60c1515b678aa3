/*
 * identity/authenticate.c
 *		Judging an e-mail address and a password.
 *
 * The expensive hash is computed before the user's row is locked, so that guesses
 * in parallel do not queue behind each other's hash.  Once the lock is held the
 * row is read again and judged as it is then: a guess that finds the account
 * locked by another is not judged at all, so that of any number of guesses at
 * once no more than the threshold are.  An unknown address, a user without a
 * password and a wrong password do the same work and get the same answer; the
 * records tell them apart.  A wrong credential is never an error, which would roll
 * back its own count.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/outcome.h"
#include "core/settings.h"
#include "core/statement.h"
#include "funcapi.h"
#include "identity/email.h"
#include "identity/lockout.h"
#include "identity/password.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "records/login_history.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"


typedef struct Account
{
	pg_uuid_t id;
	char *hash; /* NULL without a password */
	bool is_active;
	bool email_verified;
	MtLockout lockout;
} Account;

typedef struct Attempt
{
	const char *email;	  /* NULL and overlong are nobody's */
	const char *password; /* NULL is a wrong one */
	MtOrigin origin;
	bool matches; /* the password, against "judged_hash" */
	const char *judged_hash;
} Attempt;

typedef struct Judgement
{
	MtOutcome outcome;
	const char *reason; /* for the records; NULL on success */
	TimestampTz locked_until;
} Judgement;

#define ACCOUNT_COLUMNS                                                                          \
	"SELECT id, password::pg_catalog.text, status = 'active' AND \"deletedAt\" IS NULL, "        \
	"\"emailVerified\", \"failedLoginAttempts\", \"lastFailedLoginAt\", \"accountLockedUntil\" " \
	"FROM multitenant.\"Users\" "

static bool
read_account(MtStatement *statement, MtParameters *parameters, Account *account)
{
	if (mt_execute(statement, parameters) == 0)
		return false;
	mt_column_uuid(1, &account->id);
	account->hash = mt_column_text(2);
	account->is_active = mt_column_boolean(3);
	account->email_verified = mt_column_boolean(4);
	account->lockout.failures = mt_column_integer(5);
	account->lockout.last_failure_at = mt_column_timestamp(6);
	account->lockout.locked_until = mt_column_timestamp(7);
	return true;
}

static bool
find_account(const char *email, Account *account)
{
	static MtStatement find = {.sql = ACCOUNT_COLUMNS
							   "WHERE pg_catalog.lower(email COLLATE pg_catalog.\"C\") = "
							   "pg_catalog.lower($1 COLLATE pg_catalog.\"C\")"};
	MtParameters parameters = {0};

	if (email == NULL || strlen(email) > MT_MAX_EMAIL_BYTES)
		return false;
	mt_add_text(&parameters, email);
	return read_account(&find, &parameters, account);
}

/* Lock the row and read it as it is now; false when it has gone. */
static bool
lock_account(Account *account)
{
	static MtStatement lock = {.sql = ACCOUNT_COLUMNS "WHERE id = $1 FOR NO KEY UPDATE"};
	MtParameters parameters = {0};
	pg_uuid_t id = account->id;

	mt_add_uuid(&parameters, &id);
	return read_account(&lock, &parameters, account);
}

/*
 * Compare the password with the hash.  Always does the work of one verification.  A
 * stored hash that cannot be read is no password: an error would tell that the user
 * is there, and would not count.
 */
static void
check_password(Attempt *attempt, const char *hash)
{
	const char *usable = hash != NULL && mt_password_is_usable(hash) ? hash : NULL;

	attempt->judged_hash = hash;
	attempt->matches = mt_password_check(attempt->password, usable);
}

/*
 * The hash to store instead of an outdated one, or NULL.  Made only once the attempt
 * has succeeded, although the row is locked then: the time of a guess that is not
 * judged must not tell whether it was right.  Never made of a password of which the
 * old hash holds the beginning only.
 */
static char *
renewed_hash(const Attempt *attempt)
{
	if (!mt_password_is_outdated(attempt->judged_hash) ||
		!mt_password_is_whole(attempt->password, attempt->judged_hash) ||
		!mt_password_is_hashable(attempt->password, mt_password_algorithm))
		return NULL;
	return mt_password_hash(attempt->password, mt_password_algorithm);
}

/* Why a password was wrong, for the records. */
static const char *
failure_reason(const Account *account)
{
	if (account->hash == NULL)
		return "no_password";
	return mt_password_is_usable(account->hash) ? "wrong_password" : "unusable_password_hash";
}

static void
record_failure(const Account *account, const Attempt *attempt, bool locks)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"failedLoginAttempts\" = $2, "
			   "\"lastFailedLoginAt\" = $3, \"accountLockedUntil\" = $4 WHERE id = $1"};
	const MtLockout *lockout = &account->lockout;
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &account->id);
	mt_add_integer(&parameters, lockout->failures);
	mt_add_timestamp(&parameters, lockout->last_failure_at);
	mt_add_timestamp(&parameters, lockout->locked_until);
	mt_execute(&update, &parameters);
	if (locks)
		mt_audit(
			&(MtAuditEvent){.event = "user.locked",
							.severity = "high",
							.user_id = &account->id,
							.origin = &attempt->origin,
							.details = {"failedLoginAttempts", psprintf("%d", lockout->failures)}});
}

static void
record_success(const Account *account, const Attempt *attempt, TimestampTz now)
{
	static MtStatement update = {
		.sql =
			"UPDATE multitenant.\"Users\" SET \"failedLoginAttempts\" = 0, "
			"\"accountLockedUntil\" = NULL, \"lastLoginAt\" = $2, \"lastActivity\" = $2, "
			"\"loginCount\" = least(\"loginCount\"::bigint + 1, 2147483647)::integer, password = coalesce($3, password) WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &account->id);
	mt_add_timestamp(&parameters, now);
	mt_add_text(&parameters, renewed_hash(attempt));
	mt_execute(&update, &parameters);
}

static Judgement
locked(const Account *account)
{
	return (Judgement){MT_OUTCOME_LOCKED, "locked", account->lockout.locked_until};
}

/* Judge the attempt against the row, which is locked, and write what follows. */
static Judgement
judge(Account *account, Attempt *attempt)
{
	TimestampTz now = GetCurrentTimestamp();
	Judgement judgement = {.locked_until = DT_NOBEGIN};

	if (mt_lockout_is_locked(&account->lockout, now))
		return locked(account);
	if (!attempt->matches)
	{
		bool locks = mt_lockout_count_failure(&account->lockout, now);

		record_failure(account, attempt, locks);
		return (Judgement){MT_OUTCOME_INVALID_CREDENTIALS, failure_reason(account),
						   account->lockout.locked_until};
	}
	if (!account->is_active)
		judgement.outcome = MT_OUTCOME_INACTIVE;
	else if (mt_require_verified_email && !account->email_verified)
		judgement.outcome = MT_OUTCOME_EMAIL_UNVERIFIED;
	else
	{
		record_success(account, attempt, now);
		judgement.outcome = MT_OUTCOME_SUCCESS;
		return judgement;
	}
	judgement.reason = mt_outcome_label(judgement.outcome);
	return judgement;
}

static bool
same_hash(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0;
}

/*
 * The rules of sign-in for a user that was found.  A lock that is there before
 * the hash is computed saves computing it.
 */
static Judgement
authenticate_account(Account *account, Attempt *attempt)
{
	if (mt_lockout_is_locked(&account->lockout, GetCurrentTimestamp()))
		return locked(account);
	check_password(attempt, account->hash);
	if (!lock_account(account)) /* it has gone meanwhile */
		return (Judgement){MT_OUTCOME_INVALID_CREDENTIALS, NULL, DT_NOBEGIN};
	if (!same_hash(account->hash, attempt->judged_hash)) /* the password was changed meanwhile */
		check_password(attempt, account->hash);
	return judge(account, attempt);
}

/*
 * An attempt on nobody.  What was typed as the address is kept only when it looks
 * like one: people type their password there.
 */
static Judgement
authenticate_nobody(Attempt *attempt)
{
	bool is_address = attempt->email != NULL && mt_email_problem(attempt->email) == NULL;

	mt_password_check(attempt->password, NULL);
	mt_audit(&(MtAuditEvent){.event = "sign_in.unknown_user",
							 .origin = &attempt->origin,
							 .details = {"email", is_address ? attempt->email : NULL}});
	return (Judgement){MT_OUTCOME_INVALID_CREDENTIALS, NULL, DT_NOBEGIN};
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
	Attempt attempt = {
		.email = mt_truncated_text(fcinfo, 0, MT_EMAIL_CUT_BYTES),
		.password = mt_truncated_text(fcinfo, 1, MT_PASSWORD_CUT_BYTES),
		.origin = mt_origin_arguments(fcinfo, 2),
	};
	Account account;
	Judgement judgement;
	bool is_known;
	TupleDesc row_type;
	Datum values[3];
	bool nulls[3] = {false, true, true};

	/* before anything is looked up: an error after it could tell, and would not count */
	PreventCommandIfReadOnly("authenticate()");
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	SPI_connect();
	is_known = find_account(attempt.email, &account);
	if (is_known)
	{
		judgement = authenticate_account(&account, &attempt);
		if (judgement.outcome == MT_OUTCOME_SUCCESS || judgement.reason != NULL)
			mt_login_history_add(&account.id, judgement.reason, &attempt.origin);
	}
	else
		judgement = authenticate_nobody(&attempt);
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
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls)));
}
