/*
 * identity/erasure.c
 *		What is held about a person: handed over, and erased.
 *
 * Erasure overwrites; the user's id and what refers to it stay, so that records remain
 * countable.  Which columns are personal is written here table by table: a column that
 * is added to the data model has to be added here (test/sql/erasure.sql looks for every
 * value of an erased user in every column there is).
 *
 * Nothing is left of who signs in or is written about at the same time either: the lock of
 * the user's row comes first, and what is erased are the latest rows there are.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/statement.h"
#include "core/mailbox.h"
#include "records/append_only.h"
#include "records/audit.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

MT_FUNCTION_INFO_V1(mt_erase_user);
MT_FUNCTION_INFO_V1(mt_export_user);

/* Events about an address of nobody, which may become somebody's. */
#define NAMELESS_EVENTS "('sign_in.unknown_user', 'sign_in.unknown_user_reset')"

/* Their address, as security_audit_logs_email_idx has it. */
#define ADDRESS_IN(details) "pg_catalog.left(" details "->>'email', 254)"

/* Rows of others that hold the user's address; before the address itself goes. */
static void
erase_mentions(const pg_uuid_t *user_id, const char *email)
{
	static MtStatement invitations = {
		.sql = "UPDATE multitenant.\"Invitations\" SET email = 'erased-' || $1 || '@invalid', "
			   "status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END, "
			   "\"cancelledAt\" = CASE status WHEN 'pending' THEN pg_catalog.clock_timestamp() "
			   "ELSE \"cancelledAt\" END "
			   "WHERE " MT_SAME_MAILBOX("email", "$2")};
	static MtStatement attempts = {
		.sql = "UPDATE multitenant.\"SecurityAuditLogs\" SET details = NULL, "
			   "\"ipAddress\" = NULL, \"userAgent\" = NULL WHERE \"userId\" IS NULL "
			   "AND event IN " NAMELESS_EVENTS " "
			   "AND " MT_SAME_MAILBOX(ADDRESS_IN("details"), "$2") " AND $1 IS NOT NULL"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, email);
	mt_execute_on_latest(&invitations, &parameters);
	mt_execute_on_latest_logs(&attempts, &parameters);
}

/* Rows of the user's own: credentials and messages go, records lose what is personal. */
static void
erase_own_rows(const pg_uuid_t *user_id)
{
	static MtStatement statements[] = {
		{.sql = "DELETE FROM multitenant.\"OAuthTokens\" WHERE \"userId\" = $1"},
		{.sql = "DELETE FROM multitenant.\"Authenticators\" WHERE \"userId\" = $1"},
		{.sql = "DELETE FROM multitenant.\"SignInChallenges\" WHERE \"userId\" = $1"},
		{.sql = "DELETE FROM multitenant.\"RememberedDevices\" WHERE \"userId\" = $1"},
		{.sql = "DELETE FROM multitenant.\"Notifications\" WHERE \"userId\" = $1"},
	};
	static MtStatement logs[] = {
		{.sql = "UPDATE multitenant.\"LoginHistories\" SET \"ipAddress\" = NULL, "
				"\"userAgent\" = NULL, location = NULL WHERE \"userId\" = $1"},
		{.sql = "UPDATE multitenant.\"ActivityLogs\" SET \"ipAddress\" = NULL, "
				"\"userAgent\" = NULL, details = NULL WHERE \"userId\" = $1"},
		{.sql = "UPDATE multitenant.\"SecurityAuditLogs\" SET \"ipAddress\" = NULL, "
				"\"userAgent\" = NULL, details = NULL WHERE \"userId\" = $1"},
		{.sql = "UPDATE multitenant.\"SecurityAuditLogs\" SET \"ipAddress\" = NULL, "
				"\"userAgent\" = NULL WHERE \"actorId\" = $1 AND \"userId\" IS DISTINCT FROM $1"},
	};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	for (int i = 0; i < (int) lengthof(statements); i++)
		mt_execute_on_latest(&statements[i], &parameters);
	for (int i = 0; i < (int) lengthof(logs); i++)
		mt_execute_on_latest_logs(&logs[i], &parameters);
}

/*
 * Lock the row as its change will, so that none refers to it in the meantime, and return
 * the address as it is now.  P0002; 55000 for a user who is not deleted.
 */
static char *
lock_deleted(const pg_uuid_t *user_id)
{
	static MtStatement lock = {.sql = "SELECT email::pg_catalog.text, status = 'deleted' "
									  "FROM multitenant.\"Users\" WHERE id = $1 FOR UPDATE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&lock, &parameters) == 0)
		mt_throw_not_found("user");
	if (!mt_column_boolean(2))
		mt_throw_wrong_state("user is not deleted",
							 "Delete the user first, with multitenant.delete_user().");
	return mt_column_text(1);
}

static void
erase_row(const pg_uuid_t *user_id)
{
	static MtStatement update = {
		.sql =
			"UPDATE multitenant.\"Users\" SET email = 'erased-' || id || '@invalid', name = NULL, "
			"password = NULL, avatar = NULL, \"googleId\" = NULL, \"currentChallenge\" = NULL, "
			"\"passKeyEnabled\" = false, \"passkeyRegistrationStartedAt\" = NULL, "
			"\"twoFactorSecret\" = NULL, \"twoFactorEnabled\" = false, "
			"\"twoFactorPendingVerification\" = false, \"twoFactorBackupCodes\" = '{}', "
			"\"twoFactorSetupStartedAt\" = NULL, \"twoFactorLastVerifiedAt\" = NULL, "
			"\"twoFactorLastUsedStep\" = NULL, \"twoFactorVerificationAttempts\" = 0, "
			"\"twoFactorLastFailedAttempt\" = NULL, \"twoFactorLockedUntil\" = NULL, "
			"\"failedLoginAttempts\" = 0, \"accountLockedUntil\" = NULL, "
			"\"emailVerified\" = false, "
			"\"verificationToken\" = NULL, \"verificationTokenExpires\" = NULL, "
			"\"resetToken\" = NULL, \"resetTokenExpires\" = NULL, preferences = '{}', "
			"profile = '{}', \"emailPreferences\" = '{}', \"lastActivity\" = NULL, "
			"\"lastLoginAt\" = NULL, \"lastFailedLoginAt\" = NULL, \"statusReason\" = NULL, "
			"\"deactivationReason\" = NULL WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_execute(&update, &parameters);
}

/*
 * SQL: multitenant.erase_user(user_id uuid) returns void
 *
 * For a deleted user: 55000 for another.  P0002.
 */
Datum
mt_erase_user(PG_FUNCTION_ARGS)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	char *email;

	SPI_connect();
	email = lock_deleted(user_id);
	erase_row(user_id);
	erase_mentions(user_id, email);
	erase_own_rows(user_id);
	mt_audit(&(MtAuditEvent){.event = "user.erased", .severity = "medium", .user_id = user_id});
	SPI_finish();
	PG_RETURN_VOID();
}

/* One member of the export: the rows of a query as a JSON array, without credentials. */
#define ROWS(key, columns, table, condition)                                                    \
	"'" key "', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r) " columns          \
	" ORDER BY r.\"createdAt\", r.id), '[]') FROM multitenant.\"" table "\" r WHERE " condition \
	")"
#define OWN_ROWS(key, columns, table) ROWS(key, columns, table, "r.\"userId\" = u.id")

/*
 * Of the audit log: about the user, done by the user, about the user in the details alone
 * (recovery.c), and attempts with the user's address before there was a user.
 */
#define SECURITY_EVENTS                                              \
	"r.\"userId\" = u.id OR r.\"actorId\" = u.id "                   \
	"OR r.details @> pg_catalog.jsonb_build_object('userId', u.id) " \
	"OR r.\"userId\" IS NULL AND r.event IN " NAMELESS_EVENTS        \
	" AND " MT_SAME_MAILBOX(ADDRESS_IN("r.details"), "u.email")

/*
 * SQL: multitenant.export_user(user_id uuid) returns jsonb
 *
 * Everything held about a person, and no credential.  P0002.
 */
Datum
mt_export_user(PG_FUNCTION_ARGS)
{
	/* a line for each member */
	/* clang-format off */
	static MtStatement export = {
		.sql =
			"SELECT pg_catalog.jsonb_build_object('user', pg_catalog.to_jsonb(u) - "
			"'{password,currentChallenge,twoFactorSecret,twoFactorBackupCodes,"
			"twoFactorLastUsedStep,verificationToken,resetToken}'::pg_catalog.text[], "
			"'memberships', (SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(m) || "
			"pg_catalog.jsonb_build_object('tenant', t.name, 'slug', t.slug) "
			"ORDER BY m.\"createdAt\", m.id), '[]') FROM multitenant.\"TenantUsers\" m "
			"JOIN multitenant.\"Tenants\" t ON t.id = m.\"tenantId\" WHERE m.\"userId\" = u.id), "
			OWN_ROWS("authenticators", "- '{credentialID,credentialPublicKey}'::text[]", "Authenticators") ", "
			OWN_ROWS("tokens", "- '{accessToken,refreshToken,refreshTokenFamily,refreshTokenKey,refreshTokenSalt,previousRefreshToken}'::text[]", "OAuthTokens") ", "
			OWN_ROWS("signInChallenges", "- '{token,passwordFingerprint}'::text[]", "SignInChallenges") ", "
			OWN_ROWS("rememberedDevices", "- 'token'::text", "RememberedDevices") ", "
			OWN_ROWS("loginHistory", "", "LoginHistories") ", "
			OWN_ROWS("activity", "", "ActivityLogs") ", "
			OWN_ROWS("notifications", "", "Notifications") ", "
			ROWS("securityEvents", "", "SecurityAuditLogs", SECURITY_EVENTS) ", "
			ROWS("invitations", "- 'token'::text", "Invitations",
				 "r.\"invitedById\" = u.id OR " MT_SAME_MAILBOX("r.email", "u.email"))
			") FROM multitenant.\"Users\" u WHERE u.id = $1"};
	/* clang-format on */
	/* by itself: whoever it waits for is seen whole by what reads then */
	static MtStatement lock = {.sql = "SELECT FROM multitenant.\"Users\" WHERE id = $1 "
									  "FOR KEY SHARE"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	MtParameters parameters = {0};
	MemoryContext caller = CurrentMemoryContext;
	Jsonb *result;

	SPI_connect();
	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&lock, &parameters) == 0 || mt_execute(&export, &parameters) == 0)
		mt_throw_not_found("user");
	result = mt_column_jsonb_copy(1, caller);
	mt_audit(&(MtAuditEvent){.event = "user.exported", .user_id = user_id});
	SPI_finish();
	PG_RETURN_JSONB_P(result);
}
