/*
 * identity/recovery.c
 *		Proving an e-mail address, and getting in again without the password.
 *
 * Both hand out a token once and store its SHA-256.  A token is used by one
 * conditional UPDATE, so that of two who present it at once one succeeds; a newer
 * token replaces the one before.  Who may only ask learns from request_password_reset()
 * neither whether an address is known nor whether its user is signing in.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/mailbox.h"
#include "core/outcome.h"
#include "core/settings.h"
#include "core/statement.h"
#include "identity/credential.h"
#include "identity/password.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "session/token.h"
#include "tenancy/handed_token.h"
#include "utils/builtins.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

MT_FUNCTION_INFO_V1(mt_issue_email_verification);
MT_FUNCTION_INFO_V1(mt_request_password_reset);

/* What a presented token was found to be. */
typedef struct Presented
{
	MtOutcome outcome;
	pg_uuid_t user_id;
	char *email;
} Presented;

/* Who holds the token of that hash, by a statement that returns id, e-mail, expiry, active. */
static Presented
find_holder(MtStatement *find, const char *hash)
{
	MtParameters parameters = {0};
	Presented presented = {.outcome = MT_OUTCOME_INVALID_CREDENTIALS};

	if (hash == NULL)
		return presented;
	mt_add_text(&parameters, hash);
	if (mt_execute(find, &parameters) == 0)
		return presented;
	mt_column_uuid(1, &presented.user_id);
	presented.email = mt_column_text(2);
	if (mt_column_timestamp(3) <= GetCurrentTimestamp())
		presented.outcome = MT_OUTCOME_EXPIRED;
	else if (!mt_column_boolean(4))
		presented.outcome = MT_OUTCOME_INACTIVE;
	else
		presented.outcome = MT_OUTCOME_SUCCESS;
	return presented;
}

/*
 * SQL: multitenant.issue_email_verification(user_id uuid) returns text
 *
 * P0002, 55000 for a user who is not active.
 */
Datum
mt_issue_email_verification(PG_FUNCTION_ARGS)
{
	static MtStatement store = {
		.sql = "UPDATE multitenant.\"Users\" SET \"verificationToken\" = $2, "
			   "\"verificationTokenExpires\" = $3 WHERE id = $1 AND status = 'active'"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *token = mt_new_token(MT_TOKEN_EMAIL_VERIFICATION);
	MtParameters parameters = {0};
	MtAccount account;

	SPI_connect();
	if (!mt_account_load(user_id, &account))
		mt_throw_not_found("user");
	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_timestamp(&parameters,
					 GetCurrentTimestamp() + mt_email_verification_lifetime * USECS_PER_SEC);
	if (mt_execute(&store, &parameters) == 0)
		mt_throw_wrong_state("user is not active", NULL);
	mt_audit(&(MtAuditEvent){.event = "user.email_verification_issued", .user_id = user_id});
	SPI_finish();
	PG_RETURN_TEXT_P(cstring_to_text(token));
}

/*
 * SQL: multitenant.verify_email(token text) returns auth_outcome
 */
MT_SECRET_FUNCTION(mt_verify_email)
{
	static MtStatement find = {
		.sql = "SELECT id, email::pg_catalog.text, \"verificationTokenExpires\", "
			   "status = 'active' FROM multitenant.\"Users\" "
			   "WHERE \"verificationToken\" = $1 FOR NO KEY UPDATE"};
	static MtStatement use = {
		.sql = "UPDATE multitenant.\"Users\" SET \"emailVerified\" = true, "
			   "\"verificationToken\" = NULL, \"verificationTokenExpires\" = NULL "
			   "WHERE id = $1 AND \"verificationToken\" = $2"};
	char *hash = mt_token_argument_hash(fcinfo, 0, MT_TOKEN_EMAIL_VERIFICATION);
	MtParameters parameters = {0};
	Presented presented;

	PreventCommandIfReadOnly("verify_email()"); /* an error later would tell a good token */
	SPI_connect();
	presented = find_holder(&find, hash);
	if (presented.outcome == MT_OUTCOME_SUCCESS)
	{
		mt_add_uuid(&parameters, &presented.user_id);
		mt_add_text(&parameters, hash);
		mt_execute(&use, &parameters);
		mt_audit(&(MtAuditEvent){.event = "user.email_verified", .user_id = &presented.user_id});
	}
	SPI_finish();
	PG_RETURN_DATUM(mt_outcome_datum(presented.outcome));
}

/* What is to be stored of a token that is handed out. */
typedef struct ResetToken
{
	const char *email; /* to which it is mailed */
	const char *hash;
	TimestampTz expires;
} ResetToken;

/* Store it for an active user who still has that address, unless somebody holds the row. */
static bool
store_reset_token(const pg_uuid_t *user_id, const ResetToken *token)
{
	static MtStatement store = {
		.sql = "UPDATE multitenant.\"Users\" SET \"resetToken\" = $2, \"resetTokenExpires\" = $3 "
			   "WHERE id = (SELECT id FROM multitenant.\"Users\" WHERE id = $1 "
			   "AND status = 'active' AND " MT_SAME_MAILBOX(
				   "email", "$4") " FOR NO KEY UPDATE SKIP LOCKED)"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, token->hash);
	mt_add_timestamp(&parameters, token->expires);
	mt_add_text(&parameters, token->email);
	return mt_execute(&store, &parameters) > 0;
}

/*
 * The work of a token that is stored, for nobody: a row like that which it makes, with an
 * entry in every index and references to check (that of the audit row for one), to be
 * rolled back.
 */
static void
store_decoy(const ResetToken *token)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"Users\" (id, email, \"resetToken\", "
			   "\"resetTokenExpires\", \"googleId\", \"verificationToken\", "
			   "\"statusChangedBy\", \"deactivatedBy\", \"deletedBy\") "
			   "SELECT id, 'decoy-' || id || '@invalid', $1, $2, $1, $1, id, id, id "
			   "FROM pg_catalog.gen_random_uuid() AS id"};
	MtParameters parameters = {0};

	mt_add_text(&parameters, token->hash);
	mt_add_timestamp(&parameters, token->expires);
	mt_execute(&insert, &parameters);
}

/*
 * Store the token in a subtransaction, or in one that is rolled back do the same work.
 * False when it was not stored.  An error of the decoy's is nobody's: what an
 * application's constraint or trigger says of it must not tell that nobody is there.
 */
static bool
store_or_pretend(const pg_uuid_t *user_id, const ResetToken *token)
{
	MemoryContext memory = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	pg_uuid_t nobody = {{0}};
	volatile bool stored = false;
	volatile bool pretends = false;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(memory);
	PG_TRY();
	{
		stored = store_reset_token(user_id != NULL ? user_id : &nobody, token);
		pretends = !stored;
		if (pretends)
			store_decoy(token);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(memory);
		error = CopyErrorData();
		FlushErrorState();
		stored = false;
	}
	PG_END_TRY();
	if (stored)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(memory);
	CurrentResourceOwner = owner;
	if (error != NULL && (!pretends || error->sqlerrcode == ERRCODE_QUERY_CANCELED))
		ReThrowError(error);
	return stored;
}

/*
 * SQL: multitenant.request_password_reset(email text) returns text
 *
 * Null where there is no active user.  Neither time nor a wait tells: for nobody the same
 * is written and taken back, and a user's row that another transaction holds is not waited
 * for; there is no token then, as if the mail had been lost.
 */
Datum
mt_request_password_reset(PG_FUNCTION_ARGS)
{
	static MtStatement find = {
		.sql = "SELECT id FROM multitenant.\"Users\" "
			   "WHERE " MT_SAME_MAILBOX("email", "$1") " AND status = 'active'"};
	char *email = mt_truncated_text(fcinfo, 0, MT_EMAIL_CUT_BYTES);
	char *token = mt_new_token(MT_TOKEN_PASSWORD_RESET);
	ResetToken stored_token = {email, mt_hash_of(token),
							   GetCurrentTimestamp() + mt_password_reset_lifetime * USECS_PER_SEC};
	MtAuditEvent event = {.event = "sign_in.unknown_user_reset",
						  .details = {"email", mt_email_to_record(email)}};
	MtParameters parameters = {0};
	pg_uuid_t user_id;
	bool known;
	bool stored;

	PreventCommandIfReadOnly("request_password_reset()");
	if (email != NULL && strlen(email) > MT_MAX_EMAIL_BYTES)
		email = NULL; /* what was cut is not the address that will be mailed to */
	SPI_connect();
	mt_add_text(&parameters, email);
	known = mt_execute(&find, &parameters) > 0 && mt_column_uuid(1, &user_id);
	stored = store_or_pretend(known ? &user_id : NULL, &stored_token);
	if (stored)
		event = (MtAuditEvent){.event = "user.password_reset_requested", .user_id = &user_id};
	else if (known) /* a reference to the user would wait for the row */
		event = (MtAuditEvent){.event = "user.password_reset_skipped",
							   .details = {"userId", mt_uuid_text(&user_id)}};
	mt_audit(&event);
	SPI_finish();
	if (!stored)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(token));
}

/*
 * SQL: multitenant.reset_password(token text, new_password text) returns auth_outcome
 *
 * 22023 for a password that is not acceptable, which leaves the token good.
 */
MT_SECRET_FUNCTION(mt_reset_password)
{
	static MtStatement find = {.sql = "SELECT id, email::pg_catalog.text, \"resetTokenExpires\", "
									  "status = 'active' FROM multitenant.\"Users\" "
									  "WHERE \"resetToken\" = $1"};
	static MtStatement use = {
		.sql = "UPDATE multitenant.\"Users\" SET password = $3, \"resetToken\" = NULL, "
			   "\"resetTokenExpires\" = NULL, \"failedLoginAttempts\" = 0, "
			   "\"accountLockedUntil\" = NULL WHERE id = $1 AND \"resetToken\" = $2 "
			   "AND status = 'active'"};
	char *hash = mt_token_argument_hash(fcinfo, 0, MT_TOKEN_PASSWORD_RESET);
	char *password = mt_truncated_text(fcinfo, 1, MT_PASSWORD_CUT_BYTES);
	MtParameters parameters = {0};
	Presented presented;

	PreventCommandIfReadOnly("reset_password()"); /* an error later would tell a good token */
	if (password == NULL)
		mt_throw_null_argument("new_password");
	SPI_connect();
	presented = find_holder(&find, hash);
	mt_password_require_acceptable(password, presented.email);
	if (presented.outcome == MT_OUTCOME_SUCCESS)
	{
		mt_add_uuid(&parameters, &presented.user_id);
		mt_add_text(&parameters, hash);
		mt_add_text(&parameters, mt_password_hash(password, mt_password_algorithm));
		if (mt_execute(&use, &parameters) == 0) /* used by another meanwhile */
			presented.outcome = MT_OUTCOME_INVALID_CREDENTIALS;
	}
	if (presented.outcome == MT_OUTCOME_SUCCESS)
	{
		mt_tokens_revoke(&presented.user_id);
		mt_audit(&(MtAuditEvent){.event = "user.password_reset",
								 .severity = "medium",
								 .user_id = &presented.user_id});
	}
	SPI_finish();
	PG_RETURN_DATUM(mt_outcome_datum(presented.outcome));
}
