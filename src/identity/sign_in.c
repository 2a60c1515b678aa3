/*
 * identity/sign_in.c
 *		The whole sign-in: from an e-mail address and a password to a session.
 *
 * The order of judgement is that of the contract: lock, password, status, membership,
 * status of the tenant, address, second factor, session.  Whoever does not know the
 * password learns nothing of what comes after it.  The lock of the user's row, which the
 * judgement of the password takes, is held until the transaction ends: so a challenge, a
 * code, a grace login and a place among the sessions are each taken once.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/limits.h"
#include "core/mailbox.h"
#include "core/settings.h"
#include "core/statement.h"
#include "identity/credential.h"
#include "identity/password.h"
#include "identity/remembered_device.h"
#include "identity/sign_in_challenge.h"
#include "identity/two_factor.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "records/login_history.h"
#include "tenancy/handed_token.h"
#include "session/session.h"
#include "tenancy/member.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Who signs in, where. */
typedef struct Attempt
{
	MtAccount account; /* its row is locked */
	MtOrigin origin;
	const char *password;		/* NULL when a challenge stands for it */
	const pg_uuid_t *tenant_id; /* locked against removal; NULL: none */
	MtStanding standing;		/* where there is a tenant */
	MtSessionRules rules;
	bool allow_backup_codes;
	bool allow_remembered_device;
} Attempt;

/* What is answered; the texts are in the caller's memory. */
typedef struct Answer
{
	MtOutcome outcome;
	pg_uuid_t user_id;
	bool has_tenant;
	pg_uuid_t tenant_id;
	MtTokenPair pair;
	char challenge[MT_TOKEN_LENGTH + 1];
	char device_token[MT_TOKEN_LENGTH + 1];
	TimestampTz locked_until;
	int grace_logins_left; /* -1: no grace was asked for */
} Answer;

static const Answer no_answer = {.locked_until = DT_NOBEGIN, .grace_logins_left = -1};

/* An outcome that is not success, with its row in the login history. */
static void
refuse(Answer *answer, const Attempt *attempt, MtOutcome outcome, const char *reason)
{
	answer->outcome = outcome;
	mt_login_history_add(&attempt->account.id, attempt->tenant_id,
						 reason != NULL ? reason : mt_outcome_label(outcome), &attempt->origin);
}

/* Judge membership, tenant and address, and get the rules; false with the answer. */
static bool
judge_place(Attempt *attempt, Answer *answer)
{
	MtPolicyJudgement judgement;

	attempt->allow_backup_codes = attempt->allow_remembered_device = true;
	attempt->rules = mt_session_rules(NULL);
	if (attempt->tenant_id == NULL)
		return true;

	mt_session_lock_membership(&attempt->account.id, attempt->tenant_id);
	mt_standing_load(attempt->tenant_id, &attempt->account.id, false, &attempt->standing);
	judgement = mt_policy_judge(&attempt->standing, attempt->origin.ip_address, true,
								GetCurrentTimestamp());
	if (judgement.outcome != MT_OUTCOME_SUCCESS)
	{
		refuse(answer, attempt, judgement.outcome, judgement.reason);
		return false;
	}
	attempt->rules = mt_session_rules(attempt->standing.policy);
	attempt->allow_backup_codes = attempt->standing.policy->allow_backup_codes;
	attempt->allow_remembered_device = attempt->standing.policy->allow_remember_device;
	return true;
}

/* Everything is judged: make the session. */
static void
succeed(Attempt *attempt, bool two_factor_verified, Answer *answer)
{
	MtNewSession session = {.user_id = &attempt->account.id,
							.tenant_id = attempt->tenant_id,
							.origin = &attempt->origin,
							.rules = attempt->rules,
							.two_factor_verified = two_factor_verified};

	mt_session_create(&session, &answer->pair);
	mt_credential_record_success(&attempt->account, attempt->password, true);
	mt_login_history_add(&attempt->account.id, attempt->tenant_id, NULL, &attempt->origin);
	answer->outcome = MT_OUTCOME_SUCCESS;
	answer->user_id = attempt->account.id;
	answer->has_tenant = attempt->tenant_id != NULL;
	if (answer->has_tenant)
		answer->tenant_id = *attempt->tenant_id;
}

/* A user with a second factor: the device is remembered, or there is a challenge. */
static void
ask_second_factor(Attempt *attempt, const char *device_token, Answer *answer)
{
	char *next = NULL;

	if (attempt->allow_remembered_device)
		next = mt_device_use(&attempt->account.id, attempt->tenant_id, device_token,
							 &attempt->origin);
	if (next != NULL)
	{
		strlcpy(answer->device_token, next, sizeof(answer->device_token));
		succeed(attempt, true, answer);
		return;
	}
	mt_credential_record_success(&attempt->account, attempt->password, false);
	strlcpy(answer->challenge, mt_challenge_issue(&attempt->account, attempt->tenant_id),
			sizeof(answer->challenge));
	refuse(answer, attempt, MT_OUTCOME_TWO_FACTOR_REQUIRED, NULL);
}

/* A user without one: the tenant may demand it, and give a grace. */
static void
do_without_second_factor(Attempt *attempt, Answer *answer)
{
	MtPolicyJudgement judgement = {MT_OUTCOME_SUCCESS, NULL, -1};

	if (attempt->tenant_id != NULL)
		judgement = mt_policy_judge_two_factor(&attempt->standing, false, GetCurrentTimestamp());
	if (judgement.outcome == MT_OUTCOME_SUCCESS && judgement.grace_logins_left > 0)
	{
		answer->grace_logins_left = mt_policy_use_grace_login(&attempt->standing);
		if (answer->grace_logins_left < 0) /* its time ran out meanwhile */
			judgement = (MtPolicyJudgement){MT_OUTCOME_TWO_FACTOR_SETUP_REQUIRED, NULL, 0};
	}
	if (judgement.outcome == MT_OUTCOME_SUCCESS)
	{
		succeed(attempt, false, answer);
		return;
	}
	answer->grace_logins_left = judgement.grace_logins_left;
	refuse(answer, attempt, judgement.outcome, judgement.reason);
}

/* The tenant of a slug, which stays until the transaction ends; false when there is none. */
static bool
find_tenant(const char *slug, pg_uuid_t *tenant_id)
{
	static MtStatement find = {.sql = "SELECT id FROM multitenant.\"Tenants\" WHERE slug = $1 "
									  "FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_text(&parameters, slug);
	return mt_execute(&find, &parameters) > 0 && mt_column_uuid(1, tenant_id);
}

/* The password was right: judge the rest. */
static void
go_on(Attempt *attempt, const char *slug, const char *device_token, Answer *answer)
{
	pg_uuid_t tenant_id;

	if (slug != NULL)
	{
		if (!find_tenant(slug, &tenant_id))
		{
			refuse(answer, attempt, MT_OUTCOME_NOT_A_MEMBER, "unknown_tenant");
			return;
		}
		attempt->tenant_id = &tenant_id;
	}
	if (!judge_place(attempt, answer))
		return;
	if (mt_second_factor_is_enabled(&attempt->account.id))
		ask_second_factor(attempt, device_token, answer);
	else
		do_without_second_factor(attempt, answer);
}

static void
set_text(Datum *value, bool *is_null, const char *text)
{
	*is_null = *text == '\0';
	if (!*is_null)
		*value = CStringGetTextDatum(text);
}

static void
set_time(Datum *value, bool *is_null, TimestampTz time)
{
	*is_null = TIMESTAMP_IS_NOBEGIN(time);
	*value = TimestampTzGetDatum(time);
}

/* The row that both functions return. */
static Datum
answer_row(FunctionCallInfo fcinfo, const Answer *answer)
{
	bool is_success = answer->outcome == MT_OUTCOME_SUCCESS;
	Datum values[10] = {mt_outcome_datum(answer->outcome), UUIDPGetDatum(&answer->user_id),
						UUIDPGetDatum(&answer->tenant_id)};
	bool nulls[10] = {false, !is_success, !answer->has_tenant};

	set_text(&values[3], &nulls[3], answer->pair.access_token);
	set_text(&values[4], &nulls[4], answer->pair.refresh_token);
	set_time(&values[5], &nulls[5], is_success ? answer->pair.expires_at : DT_NOBEGIN);
	set_text(&values[6], &nulls[6], answer->challenge);
	set_time(&values[7], &nulls[7], answer->locked_until);
	nulls[8] = answer->grace_logins_left < 0;
	values[8] = Int32GetDatum(answer->grace_logins_left);
	set_text(&values[9], &nulls[9], answer->device_token);
	return mt_row_result(fcinfo, values, nulls);
}

/*
 * SQL: multitenant.sign_in(email text, password text, tenant_slug text, ip_address text,
 *		user_agent text, device_token text)
 *		returns (outcome auth_outcome, user_id uuid, tenant_id uuid, access_token text,
 *		refresh_token text, expires_at timestamptz, challenge text,
 *		locked_until timestamptz, grace_logins_left integer, device_token text)
 *
 * 22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_sign_in)
{
	Attempt attempt = {0};
	Answer answer = no_answer;
	MtJudgement judgement;
	char *email;
	char *slug;
	char *device_token;

	/* before anything is looked up: an error after it could tell, and would not count */
	PreventCommandIfReadOnly("sign_in()");
	email = mt_truncated_text(fcinfo, 0, MT_EMAIL_CUT_BYTES);
	attempt.password = mt_truncated_text(fcinfo, 1, MT_PASSWORD_CUT_BYTES);
	slug = mt_truncated_text(fcinfo, 2, MT_MAX_SLUG_BYTES + MAX_MULTIBYTE_CHAR_LEN);
	attempt.origin = mt_origin_arguments(fcinfo, 3);
	device_token = mt_token_argument(fcinfo, 5, MT_TOKEN_DEVICE);

	SPI_connect();
	if (!mt_account_find(email, &attempt.account))
	{
		judgement = mt_credential_judge_nobody(attempt.password);
		mt_credential_record_nobody(email, &attempt.origin);
	}
	else
		judgement = mt_credential_judge(&attempt.account, attempt.password, &attempt.origin);
	answer.outcome = judgement.outcome;
	answer.locked_until = judgement.locked_until;
	if (judgement.outcome == MT_OUTCOME_SUCCESS)
		go_on(&attempt, slug, device_token, &answer);
	SPI_finish();
	PG_RETURN_DATUM(answer_row(fcinfo, &answer));
}

/*
 * Judge what the password stood for, and the account, whose row is locked; false with the
 * answer.  Who holds a challenge of another password learns nothing of the status.
 */
static bool
judge_account(const Attempt *attempt, const MtChallenge *challenge, Answer *answer)
{
	const MtAccount *account = &attempt->account;

	if (mt_lockout_is_locked(&account->lockout, GetCurrentTimestamp()))
	{
		answer->locked_until = account->lockout.locked_until;
		refuse(answer, attempt, MT_OUTCOME_LOCKED, NULL);
	}
	else if (!mt_challenge_is_of_password(challenge, account) ||
			 !mt_second_factor_is_enabled(&account->id))
		refuse(answer, attempt, MT_OUTCOME_INVALID_CREDENTIALS, "void_challenge");
	else if (!account->is_active)
		refuse(answer, attempt, MT_OUTCOME_INACTIVE, NULL);
	else if (mt_require_verified_email && !account->email_verified)
		refuse(answer, attempt, MT_OUTCOME_EMAIL_UNVERIFIED, NULL);
	else
		return true;
	return false;
}

/* Judge a code, and with a good one end the sign-in. */
static void
complete(Attempt *attempt, const MtChallenge *challenge, const char *code, bool remember_device,
		 Answer *answer)
{
	MtJudgement judgement;

	if (!judge_account(attempt, challenge, answer) || !judge_place(attempt, answer))
		return;
	judgement = mt_second_factor_judge(&attempt->account.id, code, attempt->allow_backup_codes,
									   &attempt->origin);
	answer->outcome = judgement.outcome;
	answer->locked_until = judgement.locked_until;
	if (judgement.outcome != MT_OUTCOME_SUCCESS)
		return;
	mt_challenge_use(challenge);
	succeed(attempt, true, answer);
	if (remember_device && attempt->allow_remembered_device)
		strlcpy(answer->device_token,
				mt_device_remember(&attempt->account.id, attempt->tenant_id, &attempt->origin),
				sizeof(answer->device_token));
}

/*
 * Find the challenge and lock its user and tenant, then look for it again: another may have
 * used it meanwhile.  False when there is none.
 */
static bool
lock_challenge(const char *token, MtChallenge *challenge, MtAccount *account)
{
	if (token == NULL || !mt_challenge_find(token, challenge))
		return false;
	account->id = challenge->user_id;
	return mt_account_lock(account) &&
		   (!challenge->has_tenant || mt_member_lock_tenant(&challenge->tenant_id)) &&
		   mt_challenge_find(token, challenge);
}

/*
 * SQL: multitenant.complete_sign_in(challenge text, code text, remember_device boolean,
 *		ip_address text, user_agent text)
 *		returns as sign_in()
 *
 * 22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_complete_sign_in)
{
	Attempt attempt = {0};
	Answer answer = no_answer;
	MtChallenge challenge;
	char *token;
	char *code;
	bool remember_device;

	PreventCommandIfReadOnly("complete_sign_in()");
	token = mt_token_argument(fcinfo, 0, MT_TOKEN_CHALLENGE);
	code = mt_code_argument(fcinfo, 1);
	remember_device = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	attempt.origin = mt_origin_arguments(fcinfo, 3);

	SPI_connect();
	if (!lock_challenge(token, &challenge, &attempt.account))
	{
		answer.outcome = MT_OUTCOME_INVALID_CREDENTIALS;
		mt_audit(&(MtAuditEvent){.event = "sign_in.unknown_challenge", .origin = &attempt.origin});
	}
	else
	{
		attempt.tenant_id = challenge.has_tenant ? &challenge.tenant_id : NULL;
		if (challenge.expires_at <= GetCurrentTimestamp())
			refuse(&answer, &attempt, MT_OUTCOME_EXPIRED, "expired_challenge");
		else
			complete(&attempt, &challenge, code, remember_device, &answer);
	}
	SPI_finish();
	PG_RETURN_DATUM(answer_row(fcinfo, &answer));
}
