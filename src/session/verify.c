/*
 * session/verify.c
 *		Is an access token good, and whose is it?
 *
 * This stands at the beginning of every request, so it reads by index scans, as the checks
 * do, and needs neither the caller's rights on the tables nor a search_path.  It writes
 * seldom: when a tenth of the timeout has passed since the session was last used, with the
 * rights of the tables' owner.  Whoever finds the row locked leaves that to the one who
 * has it: a request never waits for another one of the same session.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/lookup.h"
#include "core/owner.h"
#include "core/statement.h"
#include "session/context.h"
#include "tenancy/handed_token.h"
#include "session/session.h"
#include "session/verify.h"
#include "tenancy/active_member.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* A row of "OAuthTokens", as far as it is asked here. */
typedef struct Row
{
	Oid table_owner;
	TimestampTz ends_at;	  /* DT_NOEND: never */
	TimestampTz last_used_at; /* DT_NOBEGIN: not known */
} Row;

static TimestampTz
time_or(MtLookup *lookup, HeapTuple tuple, AttrNumber column, TimestampTz otherwise)
{
	bool is_null;
	Datum value = mt_lookup_column(lookup, tuple, column, &is_null);

	return is_null ? otherwise : DatumGetTimestampTz(value);
}

static bool
is_session(text *type)
{
	return VARSIZE_ANY_EXHDR(type) == strlen(MT_SESSION_TYPE) &&
		   strncmp(VARDATA_ANY(type), MT_SESSION_TYPE, strlen(MT_SESSION_TYPE)) == 0;
}

/* Find the token; false unless there is such a session, of a user, neither ended nor expired. */
static bool
find_row(const char *hash, TimestampTz now, Row *row, MtSession *session)
{
	const MtOwnOids *own = mt_own_oids();
	MtLookup lookup = {0};
	HeapTuple tuple;
	bool has_no_user = true;

	mt_lookup_by_text(&lookup, own->session_access_token, CStringGetTextDatum(hash));
	mt_lookup_begin(&lookup, &own->sessions);
	tuple = mt_lookup_next(&lookup);
	if (HeapTupleIsValid(tuple) &&
		is_session(DatumGetTextPP(mt_lookup_column(&lookup, tuple, own->session_type, NULL))) &&
		!DatumGetBool(mt_lookup_column(&lookup, tuple, own->session_revoked, NULL)))
	{
		Datum user = mt_lookup_column(&lookup, tuple, own->session_user, &has_no_user);

		if (!has_no_user)
			session->user_id = *DatumGetUUIDP(user);
		session->id = *DatumGetUUIDP(mt_lookup_column(&lookup, tuple, own->session_id, NULL));
		session->expires_at = time_or(&lookup, tuple, own->session_expires_at, DT_NOBEGIN);
		row->table_owner = lookup.table->rd_rel->relowner;
		session->tenant_id = *DatumGetUUIDP(
			mt_lookup_column(&lookup, tuple, own->session_client, NULL));
		session->has_tenant = !mt_is_platform_client(&session->tenant_id);
		row->ends_at = time_or(&lookup, tuple, own->session_ends_at, DT_NOEND);
		row->last_used_at = time_or(&lookup, tuple, own->session_last_used_at, DT_NOBEGIN);
	}
	mt_lookup_end(&lookup);
	return !has_no_user && session->expires_at > now;
}

/* Judge user, tenant, membership and address, and get the rules of the session. */
static bool
judge_holder(MtSession *session, const char *ip_address, MtSessionRules *rules)
{
	const MtPolicy *policy = NULL;

	if (!session->has_tenant)
	{
		*rules = mt_session_rules(NULL);
		return mt_is_active_user(&session->user_id);
	}
	session->roles = mt_active_member_roles_and_policy(&session->user_id, &session->tenant_id,
													   &policy);
	if (session->roles == NULL)
		return false;
	*rules = mt_session_rules(policy);
	return mt_policy_judge_address(policy, ip_address).outcome == MT_OUTCOME_SUCCESS;
}

/*
 * Write that the session was used, and until when it lasts now; false when somebody else
 * just did or is about to: in a transaction with one snapshot, too, it is the latest row
 * that counts.
 */
static bool
write_use(const Row *row, const MtSession *session, TimestampTz expires_at, TimestampTz now)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"OAuthTokens\" SET \"accessTokenExpiresAt\" = $2, "
			   "\"lastUsedAt\" = $3 WHERE id = (SELECT id FROM multitenant.\"OAuthTokens\" "
			   "WHERE id = $1 AND NOT revoked AND \"lastUsedAt\" IS NOT DISTINCT FROM $4 "
			   "FOR NO KEY UPDATE SKIP LOCKED)"};
	MtParameters parameters = {0};
	MtOwnerRights rights;
	bool is_written;

	mt_owner_rights_begin(&rights, row->table_owner);
	SPI_connect();
	mt_add_uuid(&parameters, &session->id);
	mt_add_timestamp(&parameters, expires_at);
	mt_add_timestamp(&parameters, now);
	mt_add_timestamp(&parameters, row->last_used_at);
	is_written = mt_execute_on_latest(&update, &parameters) > 0;
	SPI_finish();
	mt_owner_rights_end(&rights);
	return is_written;
}

/* Note the use, where it is due and can be written. */
static void
note_use(const Row *row, const MtSessionRules *rules, TimestampTz now, MtSession *session)
{
	int64 timeout = rules->timeout * USECS_PER_SEC;
	TimestampTz expires_at = session->expires_at;

	if (!TIMESTAMP_IS_NOBEGIN(row->last_used_at) && now - row->last_used_at < timeout / 10)
		return;
	if (XactReadOnly || RecoveryInProgress())
		return;
	if (rules->extend_on_activity)
		expires_at = Min(now + timeout, row->ends_at);
	if (write_use(row, session, expires_at, now))
		session->expires_at = expires_at;
}

static bool
verify(const text *token, const char *ip_address, MtSession *session)
{
	TimestampTz now = GetCurrentTimestamp();
	char hash[MT_SHA256_HEX_LENGTH + 1];
	MtSessionRules rules;
	MtCryptoStatus status;
	Row row = {0};

	if (!mt_token_has_form(MT_TOKEN_ACCESS, VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token)))
		return false;
	status = mt_sha256_hex(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token), hash);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "hash");
	memset(session, 0, sizeof(*session));
	if (!find_row(hash, now, &row, session) || !judge_holder(session, ip_address, &rules))
		return false;
	note_use(&row, &rules, now, session);
	return true;
}

bool
mt_session_of_arguments(FunctionCallInfo fcinfo, MtSession *session)
{
	char *ip_address = mt_address_argument(fcinfo, 1);
	text *token = PG_ARGISNULL(0) ? NULL : mt_bounded_text(fcinfo, 0, MT_TOKEN_LENGTH);

	return token != NULL && verify(token, ip_address, session);
}

/*
 * SQL: multitenant.use_session(access_token text, ip_address text) returns boolean
 *
 * Sets the context; false leaves it as it was.  22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_use_session)
{
	MtSession session;

	if (!mt_session_of_arguments(fcinfo, &session))
		PG_RETURN_BOOL(false);
	mt_context_set(&session.user_id, session.has_tenant ? &session.tenant_id : NULL);
	mt_context_set_session(&session.id);
	PG_RETURN_BOOL(true);
}
