/*
 * identity/two_factor.c
 *		The second factor of a user: enrolment, verification, backup codes.
 *
 * Every judgement holds the lock of the user's row from reading to writing, so a
 * time step and a backup code are good once, also for two who present them at the
 * same instant.  A TOTP step at or before the last one used is refused (RFC 6238
 * section 5.2), that of the enrolment too.  Failures lock the second factor apart from
 * the password: neither locks the other.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/outcome.h"
#include "core/settings.h"
#include "core/statement.h"
#include "identity/backup_code.h"
#include "identity/lockout.h"
#include "identity/one_time_password.h"
#include "identity/secret.h"
#include "identity/two_factor.h"
#include "mb/pg_wchar.h"
#include "records/audit.h"
#include "records/login_history.h"
#include "session/token.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define MAX_CODE_BYTES 64 /* with all that people type between */

MT_FUNCTION_INFO_V1(mt_begin_two_factor_setup);
MT_FUNCTION_INFO_V1(mt_reset_two_factor);

/* The row of a user, as far as the second factor goes; locked. */
typedef struct SecondFactor
{
	pg_uuid_t user_id;
	char *email;
	bool user_is_active;
	bool is_enabled;
	bool is_pending;
	TimestampTz setup_started_at;
	char *stored_secret; /* or NULL */
	int64 last_step;	 /* -1 before the first */
	ArrayType *backup_codes;
	MtLockout lockout;
} SecondFactor;

typedef enum Method
{
	METHOD_NONE,
	METHOD_TOTP,
	METHOD_BACKUP_CODE
} Method;

typedef struct Verdict
{
	MtOutcome outcome;
	Method method;
	TimestampTz locked_until;
} Verdict;

char *
mt_code_argument(FunctionCallInfo fcinfo, int at)
{
	char *code = mt_truncated_text(fcinfo, at, MAX_CODE_BYTES + MAX_MULTIBYTE_CHAR_LEN);

	return code != NULL && strlen(code) > MAX_CODE_BYTES ? NULL : code;
}

/* Lock the user's row; P0002 when there is no such user. */
static void
lock_second_factor(const pg_uuid_t *user_id, SecondFactor *factor)
{
	static MtStatement lock = {
		.sql =
			"SELECT id, email::pg_catalog.text, status = 'active', \"twoFactorEnabled\", "
			"\"twoFactorPendingVerification\", \"twoFactorSetupStartedAt\", "
			"\"twoFactorSecret\"::pg_catalog.text, "
			"coalesce(\"twoFactorLastUsedStep\", -1), \"twoFactorBackupCodes\"::pg_catalog.text[], "
			"\"twoFactorVerificationAttempts\", \"twoFactorLastFailedAttempt\", "
			"\"twoFactorLockedUntil\" "
			"FROM multitenant.\"Users\" WHERE id = $1 FOR NO KEY UPDATE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&lock, &parameters) == 0)
		mt_throw_not_found("user");
	mt_column_uuid(1, &factor->user_id);
	factor->email = mt_column_text(2);
	factor->user_is_active = mt_column_boolean(3);
	factor->is_enabled = mt_column_boolean(4);
	factor->is_pending = mt_column_boolean(5);
	factor->setup_started_at = mt_column_timestamp(6);
	factor->stored_secret = mt_column_text(7);
	factor->last_step = mt_column_bigint(8);
	factor->backup_codes = mt_column_text_array(9);
	factor->lockout.failures = mt_column_integer(10);
	factor->lockout.last_failure_at = mt_column_timestamp(11);
	factor->lockout.locked_until = mt_column_timestamp(12);
}

static void
store_failure(SecondFactor *factor, const MtOrigin *origin, TimestampTz now)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorVerificationAttempts\" = $2, "
			   "\"twoFactorLastFailedAttempt\" = $3, \"twoFactorLockedUntil\" = $4 WHERE id = $1"};
	bool locks = mt_lockout_count_failure(&factor->lockout, now);
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &factor->user_id);
	mt_add_integer(&parameters, factor->lockout.failures);
	mt_add_timestamp(&parameters, factor->lockout.last_failure_at);
	mt_add_timestamp(&parameters, factor->lockout.locked_until);
	mt_execute(&update, &parameters);
	if (locks)
		mt_lockout_audit(&factor->lockout, "two_factor.locked", &factor->user_id, origin);
}

/* Use up a time step, and forget the failures. */
static void
store_totp_success(const SecondFactor *factor, int64 step, TimestampTz now)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorLastUsedStep\" = $2, "
			   "\"twoFactorLastVerifiedAt\" = $3, \"twoFactorVerificationAttempts\" = 0, "
			   "\"twoFactorLockedUntil\" = NULL WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &factor->user_id);
	mt_add_bigint(&parameters, step);
	mt_add_timestamp(&parameters, now);
	mt_execute(&update, &parameters);
}

/* Use up a backup code, and forget the failures. */
static void
store_backup_code_success(SecondFactor *factor, const char *hash, const MtOrigin *origin,
						  TimestampTz now)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorBackupCodes\" = "
			   "pg_catalog.array_remove(\"twoFactorBackupCodes\", $2::pg_catalog.varchar), "
			   "\"twoFactorLastVerifiedAt\" = $3, \"twoFactorVerificationAttempts\" = 0, "
			   "\"twoFactorLockedUntil\" = NULL WHERE id = $1 "
			   "RETURNING \"twoFactorBackupCodes\"::pg_catalog.text[]"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &factor->user_id);
	mt_add_text(&parameters, hash);
	mt_add_timestamp(&parameters, now);
	mt_execute(&update, &parameters);
	factor->backup_codes = mt_column_text_array(1);
	mt_audit(&(MtAuditEvent){.event = "two_factor.backup_code_used",
							 .severity = "medium",
							 .user_id = &factor->user_id,
							 .origin = origin});
}

/*
 * The method by which a code is right, with the step or the hash that it uses up.  The
 * form tells which it may be, and the secret is opened for a one-time password alone: a
 * backup code is good as well where the key of the secret is lost.
 */
static Method
match_code(const SecondFactor *factor, const char *code, TimestampTz now, bool takes_backup_codes,
		   int64 *step, char **hash)
{
	char *secret;

	*hash = mt_backup_code_hash(code);
	if (*hash != NULL)
		return takes_backup_codes && mt_backup_code_is_among(*hash, factor->backup_codes)
				   ? METHOD_BACKUP_CODE
				   : METHOD_NONE;
	secret = mt_secret_open(&factor->user_id, factor->stored_secret);
	*step = mt_totp_matching_step(secret, code, now);
	explicit_bzero(secret, strlen(secret));
	return *step > factor->last_step ? METHOD_TOTP : METHOD_NONE;
}

/*
 * Judge a code against the row, which is locked, and write what follows.  A NULL code
 * is a wrong one.
 */
static Verdict
judge(SecondFactor *factor, const char *code, bool takes_backup_codes, const MtOrigin *origin)
{
	TimestampTz now = GetCurrentTimestamp();
	Verdict verdict = {.locked_until = DT_NOBEGIN};
	int64 step = -1;
	char *hash = NULL;

	if (mt_lockout_is_locked(&factor->lockout, now))
		return (Verdict){MT_OUTCOME_LOCKED, METHOD_NONE, factor->lockout.locked_until};
	if (code != NULL)
		verdict.method = match_code(factor, code, now, takes_backup_codes, &step, &hash);
	if (verdict.method == METHOD_NONE)
	{
		store_failure(factor, origin, now);
		return (Verdict){MT_OUTCOME_INVALID_CREDENTIALS, METHOD_NONE, factor->lockout.locked_until};
	}
	if (!factor->user_is_active)
		return (Verdict){MT_OUTCOME_INACTIVE, METHOD_NONE, DT_NOBEGIN};
	if (verdict.method == METHOD_TOTP)
		store_totp_success(factor, step, now);
	else
		store_backup_code_success(factor, hash, origin, now);
	verdict.outcome = MT_OUTCOME_SUCCESS;
	return verdict;
}

/* The same for a user whose second factor is on; 55000 when it is not. */
static Verdict
judge_enabled(const pg_uuid_t *user_id, const char *code, bool takes_backup_codes,
			  const MtOrigin *origin, SecondFactor *factor)
{
	Verdict verdict;

	lock_second_factor(user_id, factor);
	if (!factor->is_enabled || factor->stored_secret == NULL)
		mt_throw_wrong_state("two-factor authentication is not enabled for the user", NULL);
	verdict = judge(factor, code, takes_backup_codes, origin);
	if (verdict.outcome != MT_OUTCOME_SUCCESS)
		mt_login_history_add(user_id, NULL,
							 verdict.outcome == MT_OUTCOME_INVALID_CREDENTIALS
								 ? "wrong_code"
								 : psprintf("two_factor_%s", mt_outcome_label(verdict.outcome)),
							 origin);
	return verdict;
}

bool
mt_second_factor_is_enabled(const pg_uuid_t *user_id)
{
	static MtStatement find = {
		.sql = "SELECT \"twoFactorEnabled\" FROM multitenant.\"Users\" WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	return mt_execute(&find, &parameters) > 0 && mt_column_boolean(1);
}

MtJudgement
mt_second_factor_judge(const pg_uuid_t *user_id, const char *code, bool takes_backup_codes,
					   const MtOrigin *origin)
{
	SecondFactor factor;
	Verdict verdict = judge_enabled(user_id, code, takes_backup_codes, origin, &factor);

	return (MtJudgement){verdict.outcome, verdict.locked_until};
}

/*
 * SQL: multitenant.begin_two_factor_setup(user_id uuid, issuer text)
 *		returns (secret text, uri text)
 *
 * A setup begun again replaces the one before.  P0002; 55000 for a user who is not
 * active or has it enabled.
 */
Datum
mt_begin_two_factor_setup(PG_FUNCTION_ARGS)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorSecret\" = $2, "
			   "\"twoFactorPendingVerification\" = true, \"twoFactorSetupStartedAt\" = $3, "
			   "\"twoFactorLastUsedStep\" = NULL WHERE id = $1"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	const char *issuer = PG_ARGISNULL(1)
							 ? mt_totp_issuer
							 : mt_required_name(fcinfo, 1, "issuer", MT_MAX_TOTP_ISSUER_BYTES);
	char *secret = mt_totp_new_secret();
	MtParameters parameters = {0};
	SecondFactor factor;
	Datum values[2];
	bool nulls[2] = {false, false};
	MemoryContext caller = CurrentMemoryContext;
	char *email;

	SPI_connect();
	lock_second_factor(user_id, &factor);
	if (!factor.user_is_active)
		mt_throw_wrong_state("user is not active", NULL);
	if (factor.is_enabled)
		mt_throw_wrong_state("two-factor authentication is already enabled for the user", NULL);
	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, mt_secret_seal(user_id, secret));
	mt_add_timestamp(&parameters, GetCurrentTimestamp());
	mt_execute(&update, &parameters);
	mt_audit(&(MtAuditEvent){.event = "two_factor.setup_begun", .user_id = user_id});
	email = MemoryContextStrdup(caller, factor.email);
	SPI_finish();

	values[0] = CStringGetTextDatum(secret);
	values[1] = CStringGetTextDatum(mt_totp_uri_of(secret, email, issuer));
	PG_RETURN_DATUM(mt_row_result(fcinfo, values, nulls));
}

/* Turn the second factor on, with a new set of backup codes. */
static void
enable(SecondFactor *factor, const MtBackupCodes *codes)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorEnabled\" = true, "
			   "\"twoFactorPendingVerification\" = false, \"twoFactorSetupStartedAt\" = NULL, "
			   "\"twoFactorBackupCodes\" = $2 WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &factor->user_id);
	mt_add_text_array(&parameters, codes->stored);
	mt_execute(&update, &parameters);
	mt_audit(&(MtAuditEvent){.event = "two_factor.enabled",
							 .severity = "medium",
							 .user_id = &factor->user_id});
}

/* The row (outcome, backup_codes); the codes on success alone. */
static Datum
codes_result(FunctionCallInfo fcinfo, MtOutcome outcome, ArrayType *shown)
{
	Datum values[2] = {mt_outcome_datum(outcome), PointerGetDatum(shown)};
	bool nulls[2] = {false, outcome != MT_OUTCOME_SUCCESS};

	return mt_row_result(fcinfo, values, nulls);
}

/* Has the setup of that time run out?  One that began at no known time has. */
static bool
setup_has_expired(const SecondFactor *factor)
{
	return TIMESTAMP_NOT_FINITE(factor->setup_started_at) ||
		   GetCurrentTimestamp() - factor->setup_started_at >=
			   mt_two_factor_setup_timeout * USECS_PER_SEC;
}

/*
 * SQL: multitenant.confirm_two_factor_setup(user_id uuid, code text)
 *		returns (outcome auth_outcome, backup_codes text[])
 *
 * P0002; 55000 when no setup is under way.
 */
MT_SECRET_FUNCTION(mt_confirm_two_factor_setup)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *code = mt_code_argument(fcinfo, 1);
	MtBackupCodes codes = mt_backup_codes_generate();
	MtOrigin unknown = {0};
	SecondFactor factor;
	MtOutcome outcome;

	SPI_connect();
	lock_second_factor(user_id, &factor);
	if (!factor.is_pending || factor.stored_secret == NULL)
		mt_throw_wrong_state("no two-factor setup is under way for the user", NULL);
	if (setup_has_expired(&factor))
		outcome = MT_OUTCOME_EXPIRED;
	else
		outcome = judge(&factor, code, false, &unknown).outcome;
	if (outcome == MT_OUTCOME_SUCCESS)
		enable(&factor, &codes);
	SPI_finish();
	PG_RETURN_DATUM(codes_result(fcinfo, outcome, codes.shown));
}

/*
 * SQL: multitenant.verify_two_factor(user_id uuid, code text, ip_address text,
 *		user_agent text)
 *		returns (outcome auth_outcome, method text, backup_codes_left integer,
 *		locked_until timestamptz)
 *
 * The code is a TOTP or a backup code.  P0002; 55000 when two-factor is not enabled.
 */
MT_SECRET_FUNCTION(mt_verify_two_factor)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *code = mt_code_argument(fcinfo, 1);
	MtOrigin origin = mt_origin_arguments(fcinfo, 2);
	SecondFactor factor;
	Verdict verdict;
	int backup_codes_left;
	Datum values[4] = {0};
	bool nulls[4] = {false, true, true, true};

	SPI_connect();
	verdict = judge_enabled(user_id, code, true, &origin, &factor);
	backup_codes_left = ArrayGetNItems(ARR_NDIM(factor.backup_codes),
									   ARR_DIMS(factor.backup_codes));
	SPI_finish();

	values[0] = mt_outcome_datum(verdict.outcome);
	if (verdict.outcome == MT_OUTCOME_SUCCESS)
	{
		nulls[1] = nulls[2] = false;
		values[1] = CStringGetTextDatum(verdict.method == METHOD_TOTP ? "totp" : "backup_code");
		values[2] = Int32GetDatum(backup_codes_left);
	}
	if (!TIMESTAMP_IS_NOBEGIN(verdict.locked_until))
	{
		nulls[3] = false;
		values[3] = TimestampTzGetDatum(verdict.locked_until);
	}
	PG_RETURN_DATUM(mt_row_result(fcinfo, values, nulls));
}

/*
 * SQL: multitenant.regenerate_backup_codes(user_id uuid, code text)
 *		returns (outcome auth_outcome, backup_codes text[])
 *
 * The code is a TOTP or one of the old backup codes; all of those are void then.
 * P0002; 55000 when two-factor is not enabled.
 */
MT_SECRET_FUNCTION(mt_regenerate_backup_codes)
{
	static MtStatement update = {.sql = "UPDATE multitenant.\"Users\" SET "
										"\"twoFactorBackupCodes\" = $2 WHERE id = $1"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *code = mt_code_argument(fcinfo, 1);
	MtBackupCodes codes = mt_backup_codes_generate();
	MtParameters parameters = {0};
	MtOrigin unknown = {0};
	SecondFactor factor;
	MtOutcome outcome;

	SPI_connect();
	outcome = judge_enabled(user_id, code, true, &unknown, &factor).outcome;
	if (outcome == MT_OUTCOME_SUCCESS)
	{
		mt_add_uuid(&parameters, user_id);
		mt_add_text_array(&parameters, codes.stored);
		mt_execute(&update, &parameters);
		mt_audit(&(MtAuditEvent){.event = "two_factor.backup_codes_regenerated",
								 .severity = "medium",
								 .user_id = user_id});
	}
	SPI_finish();
	PG_RETURN_DATUM(codes_result(fcinfo, outcome, codes.shown));
}

/* Turn the second factor off and forget all of it; false when there is no such user. */
static bool
clear_second_factor(const pg_uuid_t *user_id, const char *event, const char *severity)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorEnabled\" = false, "
			   "\"twoFactorPendingVerification\" = false, \"twoFactorSetupStartedAt\" = NULL, "
			   "\"twoFactorSecret\" = NULL, \"twoFactorBackupCodes\" = '{}', "
			   "\"twoFactorLastUsedStep\" = NULL, \"twoFactorVerificationAttempts\" = 0, "
			   "\"twoFactorLastFailedAttempt\" = NULL, \"twoFactorLockedUntil\" = NULL "
			   "WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&update, &parameters) == 0)
		return false;
	mt_devices_forget(user_id, NULL);
	mt_audit(&(MtAuditEvent){.event = event, .severity = severity, .user_id = user_id});
	return true;
}

/*
 * SQL: multitenant.disable_two_factor(user_id uuid, code text) returns auth_outcome
 *
 * P0002; 55000 when two-factor is not enabled.
 */
MT_SECRET_FUNCTION(mt_disable_two_factor)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *code = mt_code_argument(fcinfo, 1);
	MtOrigin unknown = {0};
	SecondFactor factor;
	MtOutcome outcome;

	SPI_connect();
	outcome = judge_enabled(user_id, code, true, &unknown, &factor).outcome;
	if (outcome == MT_OUTCOME_SUCCESS)
		clear_second_factor(user_id, "two_factor.disabled", "medium");
	SPI_finish();
	PG_RETURN_DATUM(mt_outcome_datum(outcome));
}

/*
 * SQL: multitenant.reset_two_factor(user_id uuid) returns void
 *
 * For administrators, when phone and backup codes are lost.  P0002.
 */
Datum
mt_reset_two_factor(PG_FUNCTION_ARGS)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");

	SPI_connect();
	if (!clear_second_factor(user_id, "two_factor.reset", "high"))
		mt_throw_not_found("user");
	SPI_finish();
	PG_RETURN_VOID();
}
