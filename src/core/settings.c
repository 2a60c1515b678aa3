/*
 * core/settings.c
 *		Every multitenant.* setting, and the context of the transaction.
 *
 * Notes: all are superuser-level (PGC_SUSET).  multitenant.user_id and
 * multitenant.tenant_id are the wall between tenants: a value that a role
 * without the right set before the library was loaded is refused by the server
 * when the variable is defined, and mt_settings_init() runs before any function
 * of the library.  They are parsed once, when assigned, not when read.
 */
#include "postgres.h"
#include "core/compat.h"

#include <limits.h>

#include "core/hex.h"
#include "core/settings.h"

/* More would be no bound; each is tried by who finds all taken. */
#define MT_MAX_CONCURRENT_HASHES 64

#define SECONDS_PER_DAY (24 * 60 * 60)
#define SECONDS_PER_YEAR (366 * SECONDS_PER_DAY)
#define MAX_RETENTION (50 * SECONDS_PER_YEAR)

int mt_password_algorithm = MT_ALGORITHM_ARGON2ID;
int mt_argon2_memory = 19456;
int mt_argon2_iterations = 2;
int mt_argon2_parallelism = 1;
int mt_bcrypt_cost = 12;
int mt_password_min_length = 8;
int mt_password_max_length = 1024;
char *mt_password_blocklist_file = NULL;
int mt_max_concurrent_hashes = 4;
int mt_lockout_threshold = 5;
int mt_lockout_duration = 15 * 60;
int mt_lockout_max_duration = 24 * 60 * 60;
int mt_lockout_reset_after = 24 * 60 * 60;
int mt_email_verification_lifetime = 24 * 60 * 60;
int mt_password_reset_lifetime = 60 * 60;
int mt_two_factor_setup_timeout = 10 * 60;
char *mt_totp_issuer = NULL;
int mt_login_history_retention = 90 * SECONDS_PER_DAY;
int mt_activity_retention = 90 * SECONDS_PER_DAY;
int mt_audit_retention = 0;
int mt_token_retention = 30 * SECONDS_PER_DAY;
int mt_session_timeout = 60 * 60;
int mt_refresh_token_lifetime = 30 * 24 * 60 * 60;
int mt_refresh_grace = 10;
int mt_challenge_lifetime = 5 * 60;
int mt_remembered_device_lifetime = 30 * 24 * 60 * 60;
bool mt_require_verified_email = false;
bool mt_allow_hard_delete = false;
int mt_permission_cache_size = 16384;
char *mt_key_file = NULL;

typedef struct ContextValue
{
	bool is_set;
	pg_uuid_t id;
} ContextValue;

static char *user_id_text = NULL;
static char *tenant_id_text = NULL;
static char *session_id_text = NULL;
static ContextValue user_context;
static ContextValue tenant_context;
static ContextValue session_context;

static const struct config_enum_entry algorithm_options[] = {{"argon2id", MT_ALGORITHM_ARGON2ID,
															  false},
															 {"bcrypt", MT_ALGORITHM_BCRYPT, false},
															 {NULL, 0, false}};

/*
 * Read the canonical 36-character form of a UUID; false when it is not one.
 * Not uuid_in(), which raises an error: a check hook may not, since it also
 * runs where no transaction is open.
 */
static bool
parse_uuid(const char *text, pg_uuid_t *id)
{
	int at = 0;

	for (int byte = 0; byte < UUID_LEN; byte++)
	{
		int high;
		int low;

		if (byte == 4 || byte == 6 || byte == 8 || byte == 10)
		{
			if (text[at++] != '-')
				return false;
		}
		high = mt_hex_value(text[at]);
		if (high < 0)
			return false;
		low = mt_hex_value(text[at + 1]);
		if (low < 0)
			return false;
		id->data[byte] = (unsigned char) (high << 4 | low);
		at += 2;
	}
	return text[at] == '\0';
}

static bool
check_context(char **newval, void **extra, GucSource source)
{
	pg_uuid_t ignored;

	(void) extra;
	(void) source;
	if (*newval == NULL || **newval == '\0' || parse_uuid(*newval, &ignored))
		return true;
	GUC_check_errdetail("The value must be a UUID or empty.");
	return false;
}

/* What totp_uri() takes: a colon would end the name in the authenticator. */
static bool
check_totp_issuer(char **newval, void **extra, GucSource source)
{
	const char *issuer = *newval;

	(void) extra;
	(void) source;
	if (issuer == NULL || *issuer == '\0' || strlen(issuer) > MT_MAX_TOTP_ISSUER_BYTES)
	{
		GUC_check_errdetail("The value must have 1 to %d bytes.", MT_MAX_TOTP_ISSUER_BYTES);
		return false;
	}
	for (; *issuer != '\0'; issuer++)
	{
		if (*issuer != ':' && *issuer != '\x7f' && (unsigned char) *issuer >= ' ')
			continue;
		GUC_check_errdetail("The value must hold no colon and no control character.");
		return false;
	}
	return true;
}

/*
 * The server's own folder is no place for a secret, so a path that is relative to it
 * is no oversight to be helped along.  Whether the file is good is judged when it is read.
 */
static bool
check_file(char **newval, void **extra, GucSource source)
{
	(void) extra;
	(void) source;
	if (*newval == NULL || **newval == '\0' || is_absolute_path(*newval))
		return true;
	GUC_check_errdetail("The value must be an absolute path or empty.");
	return false;
}

static void
assign_context(ContextValue *value, const char *newval)
{
	value->is_set = newval != NULL && *newval != '\0' && parse_uuid(newval, &value->id);
}

static void
assign_user_id(const char *newval, void *extra)
{
	(void) extra;
	assign_context(&user_context, newval);
}

static void
assign_tenant_id(const char *newval, void *extra)
{
	(void) extra;
	assign_context(&tenant_context, newval);
}

static void
assign_session_id(const char *newval, void *extra)
{
	(void) extra;
	assign_context(&session_context, newval);
}

const pg_uuid_t *
mt_context_user_id(void)
{
	return user_context.is_set ? &user_context.id : NULL;
}

const pg_uuid_t *
mt_context_tenant_id(void)
{
	return tenant_context.is_set ? &tenant_context.id : NULL;
}

const pg_uuid_t *
mt_context_session_id(void)
{
	return session_context.is_set ? &session_context.id : NULL;
}

static void
define_password_settings(void)
{
	DefineCustomEnumVariable(
		"multitenant.password_algorithm", "Algorithm of new password hashes.",
		"A user whose hash has another one gets a new hash at the next sign-in.",
		&mt_password_algorithm, MT_ALGORITHM_ARGON2ID, algorithm_options, PGC_SUSET, 0, NULL, NULL,
		NULL);
	DefineCustomIntVariable(
		"multitenant.argon2_memory", "Memory of one argon2id computation.",
		"OWASP's minimum is 19 MB with 2 iterations; every sign-in under way needs it.",
		&mt_argon2_memory, 19456, 8, 1048576, PGC_SUSET, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.argon2_iterations", "Passes of argon2id over its memory.",
							"At most so many as go through 4 GB in all.", &mt_argon2_iterations, 2,
							1, 64, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.argon2_parallelism",
							"Lanes of argon2id, computed one after the other.",
							"A backend starts no threads, so more lanes do not make it faster.",
							&mt_argon2_parallelism, 1, 1, 16, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.bcrypt_cost",
							"Cost of new bcrypt hashes, as the power of two of its rounds.", NULL,
							&mt_bcrypt_cost, 12, 4, 16, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"multitenant.password_min_length", "Characters that a new password must have at least.",
		"NIST SP 800-63B-4 asks for 15 where a password is the only factor, and for 8 otherwise.",
		&mt_password_min_length, 8, 1, 1024, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.password_max_length",
							"Characters that a new password may have at most.", NULL,
							&mt_password_max_length, 1024, 64, 1024, PGC_SUSET, 0, NULL, NULL,
							NULL);
	DefineCustomStringVariable(
		"multitenant.password_blocklist_file",
		"File of the SHA-1 hashes of passwords that no user may choose.",
		"Sorted; the text of the public dump of breached passwords, or packed by "
		"multitenant_pack_blocklist. Empty for none.",
		&mt_password_blocklist_file, "", PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"multitenant.max_concurrent_hashes",
		"Backends of the cluster that compute a password hash at once.",
		"The others wait; 0 lets all compute. The same value must hold for all of them.",
		&mt_max_concurrent_hashes, 4, 0, MT_MAX_CONCURRENT_HASHES, PGC_SUSET, 0, NULL, NULL, NULL);
}

static void
define_lockout_settings(void)
{
	DefineCustomIntVariable("multitenant.lockout_threshold",
							"Failed sign-ins in a row that lock an account.",
							"0 turns lockout off.", &mt_lockout_threshold, 5, 0, 1000, PGC_SUSET, 0,
							NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.lockout_duration",
							"Length of the first lock of an account.",
							"Each further failure after a lock has run out doubles it.",
							&mt_lockout_duration, 15 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET,
							GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.lockout_max_duration", "Longest lock of an account.", NULL,
							&mt_lockout_max_duration, 24 * 60 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET,
							GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.lockout_reset_after",
							"Time without a failed sign-in after which earlier ones are forgotten.",
							NULL, &mt_lockout_reset_after, 24 * 60 * 60, 1, SECONDS_PER_YEAR,
							PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
}

static void
define_recovery_settings(void)
{
	DefineCustomIntVariable("multitenant.email_verification_lifetime",
							"Time in which an e-mail verification token is good.", NULL,
							&mt_email_verification_lifetime, 24 * 60 * 60, 1, SECONDS_PER_YEAR,
							PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.password_reset_lifetime",
							"Time in which a password reset token is good.", NULL,
							&mt_password_reset_lifetime, 60 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET,
							GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.two_factor_setup_timeout",
							"Time in which a two-factor setup has to be confirmed.", NULL,
							&mt_two_factor_setup_timeout, 10 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET,
							GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomStringVariable("multitenant.totp_issuer",
							   "Name of the service that authenticator apps show.",
							   "Without a colon; begin_two_factor_setup() can be given another.",
							   &mt_totp_issuer, "multitenant", PGC_SUSET, 0, check_totp_issuer,
							   NULL, NULL);
}

static void
define_retention_settings(void)
{
	DefineCustomIntVariable(
		"multitenant.login_history_retention",
		"Time after which run_maintenance() deletes rows of \"LoginHistories\".",
		"0 keeps them for ever.", &mt_login_history_retention, 90 * SECONDS_PER_DAY, 0,
		MAX_RETENTION, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.activity_retention",
							"Time after which run_maintenance() deletes rows of \"ActivityLogs\".",
							"0 keeps them for ever.", &mt_activity_retention, 90 * SECONDS_PER_DAY,
							0, MAX_RETENTION, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable(
		"multitenant.audit_retention",
		"Time after which run_maintenance() deletes rows of \"SecurityAuditLogs\".",
		"0 keeps them for ever.", &mt_audit_retention, 0, 0, MAX_RETENTION, PGC_SUSET, GUC_UNIT_S,
		NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.token_retention",
							"Time after the end of a token or a setup after which "
							"run_maintenance() removes it.",
							"0 keeps them for ever.", &mt_token_retention, 30 * SECONDS_PER_DAY, 0,
							MAX_RETENTION, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
}

static void
define_session_settings(void)
{
	DefineCustomIntVariable("multitenant.session_timeout",
							"Time after which a session that belongs to no tenant expires.",
							"Its use extends it. The sessions of a tenant have its policy's.",
							&mt_session_timeout, 60 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET,
							GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.refresh_token_lifetime",
							"Time for which a session can be renewed, from its beginning.",
							"No session lasts longer.", &mt_refresh_token_lifetime,
							30 * 24 * 60 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET, GUC_UNIT_S, NULL,
							NULL, NULL);
	DefineCustomIntVariable("multitenant.refresh_grace",
							"Time for which the refresh token before the last one is still good.",
							"It gives the pair that the last one gave. 0 for none.",
							&mt_refresh_grace, 10, 0, 300, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.challenge_lifetime",
							"Time in which a sign-in has to be completed with a second factor.",
							NULL, &mt_challenge_lifetime, 5 * 60, 1, SECONDS_PER_YEAR, PGC_SUSET,
							GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.remembered_device_lifetime",
							"Time for which a remembered device needs no second factor.", NULL,
							&mt_remembered_device_lifetime, 30 * 24 * 60 * 60, 1, SECONDS_PER_YEAR,
							PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
}

/* Define every setting and reserve the prefix.  Called once, from _PG_init(). */
void
mt_settings_init(void)
{
	define_password_settings();
	define_lockout_settings();
	define_recovery_settings();
	define_retention_settings();
	define_session_settings();
	DefineCustomBoolVariable("multitenant.require_verified_email",
							 "Refuse sign-in to a user whose e-mail address is not verified.", NULL,
							 &mt_require_verified_email, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("multitenant.allow_hard_delete",
							 "Let DELETE and TRUNCATE really remove rows of \"Users\".",
							 "Off, a DELETE marks the user deleted and keeps the row.",
							 &mt_allow_hard_delete, false, PGC_SUSET, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("multitenant.permission_cache_size",
							"Memory in which a backend keeps what roles grant.",
							"The least recently used go when it is full.",
							&mt_permission_cache_size, 16384, 64, 1048576, PGC_SUSET, GUC_UNIT_KB,
							NULL, NULL, NULL);
	DefineCustomStringVariable("multitenant.key_file",
							   "File of the keys that seal secrets in the tables.",
							   "An absolute path; empty, secrets are stored as they are.",
							   &mt_key_file, "", PGC_SUSET, GUC_SUPERUSER_ONLY, check_file, NULL,
							   NULL);
	DefineCustomStringVariable("multitenant.user_id",
							   "The user on whose behalf the transaction acts.", "Empty for none.",
							   &user_id_text, "", PGC_SUSET, GUC_NOT_IN_SAMPLE, check_context,
							   assign_user_id, NULL);
	DefineCustomStringVariable("multitenant.tenant_id", "The tenant in which the transaction acts.",
							   "Empty for none.", &tenant_id_text, "", PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   check_context, assign_tenant_id, NULL);
	DefineCustomStringVariable("multitenant.session_id",
							   "The session that use_session() took user and tenant from.",
							   "Empty for none.", &session_id_text, "", PGC_SUSET,
							   GUC_NOT_IN_SAMPLE, check_context, assign_session_id, NULL);
	MarkGUCPrefixReserved("multitenant");
}
