/*
 * identity/credential.c
 *		Judging the password of a user, by the rules that sign-in follows.
 *
 * The expensive hash is computed before the user's row is locked, so that guesses
 * in parallel do not queue behind each other's hash.  Once the lock is held the
 * row is read again and judged as it is then: a guess that finds the account
 * locked by another is not judged at all, so that of any number of guesses at
 * once no more than the threshold are.  A wrong credential is never an error, which
 * would roll back its own count.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/settings.h"
#include "core/statement.h"
#include "identity/credential.h"
#include "core/mailbox.h"
#include "identity/password.h"
#include "records/audit.h"
#include "records/login_history.h"
#include "utils/timestamp.h"

/* The password against the hash that it was compared with. */
typedef struct Comparison
{
	const char *hash;
	bool matches;
} Comparison;

#define ACCOUNT_COLUMNS                                                       \
	"SELECT id, email::pg_catalog.text, password::pg_catalog.text, "          \
	"status = 'active' AND \"deletedAt\" IS NULL, \"emailVerified\", "        \
	"\"failedLoginAttempts\", \"lastFailedLoginAt\", \"accountLockedUntil\" " \
	"FROM multitenant.\"Users\" "

static bool
read_account(MtStatement *statement, MtParameters *parameters, MtAccount *account)
{
	if (mt_execute(statement, parameters) == 0)
		return false;
	mt_column_uuid(1, &account->id);
	account->email = mt_column_text(2);
	account->hash = mt_column_text(3);
	account->is_active = mt_column_boolean(4);
	account->email_verified = mt_column_boolean(5);
	account->lockout.failures = mt_column_integer(6);
	account->lockout.last_failure_at = mt_column_timestamp(7);
	account->lockout.locked_until = mt_column_timestamp(8);
	return true;
}

bool
mt_account_find(const char *email, MtAccount *account)
{
	static MtStatement find = {.sql = ACCOUNT_COLUMNS "WHERE " MT_SAME_MAILBOX("email", "$1")};
	MtParameters parameters = {0};

	if (email == NULL || strlen(email) > MT_MAX_EMAIL_BYTES)
		return false;
	mt_add_text(&parameters, email);
	account->address = email;
	return read_account(&find, &parameters, account);
}

bool
mt_account_load(const pg_uuid_t *user_id, MtAccount *account)
{
	static MtStatement load = {.sql = ACCOUNT_COLUMNS "WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	account->address = NULL;
	return read_account(&load, &parameters, account);
}

/* The row of $1, if it still has the address $2. */
#define STILL_THERE "WHERE id = $1 AND ($2 IS NULL OR " MT_SAME_MAILBOX("email", "$2") ") "

bool
mt_account_lock(MtAccount *account)
{
	static MtStatement lock = {.sql = ACCOUNT_COLUMNS STILL_THERE "FOR NO KEY UPDATE"};
	MtParameters parameters = {0};
	pg_uuid_t id = account->id;

	mt_add_uuid(&parameters, &id);
	mt_add_text(&parameters, account->address);
	return read_account(&lock, &parameters, account);
}

/* As a reference to the row locks it: an erasure waits for it, and is waited for. */
static bool
hold_account(const MtAccount *account)
{
	static MtStatement hold = {.sql = "SELECT FROM multitenant.\"Users\" " STILL_THERE
									  "FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &account->id);
	mt_add_text(&parameters, account->address);
	return mt_execute(&hold, &parameters) > 0;
}

/*
 * Always does the work of one verification.  A stored hash that cannot be read is no
 * password: an error would tell that the user is there, and would not count.
 */
static Comparison
compare(const char *password, const char *hash)
{
	const char *usable = hash != NULL && mt_password_is_usable(hash) ? hash : NULL;

	return (Comparison){hash, mt_password_check(password, usable)};
}

/* Why a password was wrong, for the records. */
static const char *
failure_reason(const MtAccount *account)
{
	if (account->hash == NULL)
		return "no_password";
	return mt_password_is_usable(account->hash) ? "wrong_password" : "unusable_password_hash";
}

static void
store_failure(const MtAccount *account)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"failedLoginAttempts\" = $2, "
			   "\"lastFailedLoginAt\" = $3, \"accountLockedUntil\" = $4 WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &account->id);
	mt_add_integer(&parameters, account->lockout.failures);
	mt_add_timestamp(&parameters, account->lockout.last_failure_at);
	mt_add_timestamp(&parameters, account->lockout.locked_until);
	mt_execute(&update, &parameters);
}

/* Count a wrong password of an account that is not locked. */
static void
count_failure(MtAccount *account, const MtOrigin *origin, TimestampTz now)
{
	bool locks = mt_lockout_count_failure(&account->lockout, now);

	store_failure(account);
	if (locks)
		mt_lockout_audit(&account->lockout, "user.locked", &account->id, origin);
}

/* An outcome that is not success, with its row in the login history. */
static MtJudgement
refuse(const MtAccount *account, MtOutcome outcome, const char *reason, const MtOrigin *origin)
{
	mt_login_history_add(&account->id, NULL, reason != NULL ? reason : mt_outcome_label(outcome),
						 origin);
	if (outcome == MT_OUTCOME_LOCKED || outcome == MT_OUTCOME_INVALID_CREDENTIALS)
		return (MtJudgement){outcome, account->lockout.locked_until};
	return (MtJudgement){outcome, DT_NOBEGIN};
}

/* Judge against the row, which is locked. */
static MtJudgement
judge_locked_row(MtAccount *account, bool matches, const MtOrigin *origin)
{
	TimestampTz now = GetCurrentTimestamp();

	if (mt_lockout_is_locked(&account->lockout, now))
		return refuse(account, MT_OUTCOME_LOCKED, NULL, origin);
	if (!matches)
	{
		count_failure(account, origin, now);
		return refuse(account, MT_OUTCOME_INVALID_CREDENTIALS, failure_reason(account), origin);
	}
	if (!account->is_active)
		return refuse(account, MT_OUTCOME_INACTIVE, NULL, origin);
	if (mt_require_verified_email && !account->email_verified)
		return refuse(account, MT_OUTCOME_EMAIL_UNVERIFIED, NULL, origin);
	return (MtJudgement){MT_OUTCOME_SUCCESS, DT_NOBEGIN};
}

static bool
is_same_hash(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return one == other;
	return strcmp(one, other) == 0; /* banned-ok: two stored hashes, none of them secret to us */
}

/*
 * The account has gone meanwhile, or another has the address: nothing is written of whom it
 * was, who may have been erased.
 */
static MtJudgement
refuse_nobody(const MtAccount *account, const MtOrigin *origin)
{
	if (account->address != NULL)
		mt_credential_record_nobody(account->address, origin);
	return (MtJudgement){MT_OUTCOME_INVALID_CREDENTIALS, DT_NOBEGIN};
}

/* A lock that is there before the hash is computed saves computing it. */
MtJudgement
mt_credential_judge(MtAccount *account, const char *password, const MtOrigin *origin)
{
	Comparison comparison;

	if (mt_lockout_is_locked(&account->lockout, GetCurrentTimestamp()))
	{
		if (hold_account(account))
			return refuse(account, MT_OUTCOME_LOCKED, NULL, origin);
		compare(password, NULL); /* as long as for anybody unknown */
		return refuse_nobody(account, origin);
	}
	comparison = compare(password, account->hash);
	if (!mt_account_lock(account))
		return refuse_nobody(account, origin);
	if (!is_same_hash(account->hash, comparison.hash)) /* the password was changed meanwhile */
		comparison = compare(password, account->hash);
	return judge_locked_row(account, comparison.matches, origin);
}

MtJudgement
mt_credential_judge_nobody(const char *password)
{
	mt_password_check(password, NULL);
	return (MtJudgement){MT_OUTCOME_INVALID_CREDENTIALS, DT_NOBEGIN};
}

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

void
mt_credential_record_success(MtAccount *account, const char *password, bool signs_in)
{
	static MtStatement update = {
		.sql =
			"UPDATE multitenant.\"Users\" SET \"failedLoginAttempts\" = 0, "
			"\"accountLockedUntil\" = NULL, password = coalesce($2, password), "
			"\"lastLoginAt\" = coalesce($3, \"lastLoginAt\"), "
			"\"lastActivity\" = coalesce($3, \"lastActivity\"), "
			"\"loginCount\" = least(\"loginCount\"::bigint + $4, 2147483647)::integer WHERE id = $1"};
	MtParameters parameters = {0};
	char *renewed = password == NULL ? NULL : renewed_hash(password, account->hash);

	mt_add_uuid(&parameters, &account->id);
	mt_add_text(&parameters, renewed);
	mt_add_timestamp(&parameters, signs_in ? GetCurrentTimestamp() : DT_NOBEGIN);
	mt_add_integer(&parameters, signs_in ? 1 : 0);
	mt_execute(&update, &parameters);
	if (renewed != NULL)
		account->hash = renewed;
}

void
mt_credential_record_nobody(const char *email, const MtOrigin *origin)
{
	mt_audit(&(MtAuditEvent){.event = "sign_in.unknown_user",
							 .origin = origin,
							 .details = {"email", mt_email_to_record(email)}});
}
