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
#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/lookup.h"
#include "core/owner.h"
#include "core/statement.h"
#include "funcapi.h"
#include "session/context.h"
#include "session/handed_token.h"
#include "session/session.h"
#include "session/verify.h"
#include "tenancy/active_member.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* A row of "OAuthTokens", as far as it is asked here. */
typedef struct Row
{
	Oid table_owner;
	pg_uuid_t client_id;
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
		!DatumGetBool(mt_lookup_column(&lookup, tuple, own->session_revoked, NULL)))
	{
		Datum user = mt_lookup_column(&lookup, tuple, own->session_user, &has_no_user);

		if (!has_no_user)
			session->user_id = *DatumGetUUIDP(user);
		session->id = *DatumGetUUIDP(mt_lookup_column(&lookup, tuple, own->session_id, NULL));
		session->expires_at = time_or(&lookup, tuple, own->session_expires_at, DT_NOBEGIN);
		row->table_owner = lookup.table->rd_rel->relowner;
		row->client_id = *DatumGetUUIDP(
			mt_lookup_column(&lookup, tuple, own->session_client, NULL));
		row->ends_at = time_or(&lookup, tuple, own->session_ends_at, DT_NOEND);
		row->last_used_at = time_or(&lookup, tuple, own->session_last_used_at, DT_NOBEGIN);
	}
	mt_lookup_end(&lookup);
	return !has_no_user && session->expires_at > now;
}

/* The tenant of the session, if any; false when the token is not of a first-party client. */
static bool
find_client(const pg_uuid_t *client_id, MtSession *session)
{
	const MtOwnOids *own = mt_own_oids();
	MtLookup lookup = {0};
	HeapTuple tuple;
	bool is_first_party = false;

	mt_lookup_by_uuid(&lookup, own->client_id, client_id);
	mt_lookup_begin(&lookup, &own->clients);
	tuple = mt_lookup_next(&lookup);
	if (HeapTupleIsValid(tuple))
	{
		text *type = DatumGetTextPP(mt_lookup_column(&lookup, tuple, own->client_type, NULL));
		bool has_no_tenant;
		Datum tenant = mt_lookup_column(&lookup, tuple, own->client_tenant, &has_no_tenant);

		is_first_party = VARSIZE_ANY_EXHDR(type) == strlen(MT_FIRST_PARTY) &&
						 strncmp(VARDATA_ANY(type), MT_FIRST_PARTY, strlen(MT_FIRST_PARTY)) == 0;
		session->has_tenant = !has_no_tenant;
		if (session->has_tenant)
			session->tenant_id = *DatumGetUUIDP(tenant);
	}
	mt_lookup_end(&lookup);
	return is_first_party;
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

	if (now - row->last_used_at < timeout / 10 && !TIMESTAMP_IS_NOBEGIN(row->last_used_at))
		return;
	if (XactReadOnly || RecoveryInProgress())
		return;
	if (rules->extend_on_activity)
		expires_at = Min(now + timeout, row->ends_at);
	if (write_use(row, session, expires_at, now))
		session->expires_at = expires_at;
}

bool
mt_session_verify(const text *token, const char *ip_address, MtSession *session)
{
	TimestampTz now = GetCurrentTimestamp();
	char hash[MT_SHA256_HEX_LENGTH + 1];
	MtSessionRules rules;
	MtCryptoStatus status;
	Row row;

	if (!mt_token_has_form(MT_TOKEN_ACCESS, VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token)))
		return false;
	status = mt_sha256_hex(VARDATA_ANY(token), VARSIZE_ANY_EXHDR(token), hash);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "hash");
	memset(session, 0, sizeof(*session));
	if (!find_row(hash, now, &row, session) || !find_client(&row.client_id, session) ||
		!judge_holder(session, ip_address, &rules))
		return false;
	note_use(&row, &rules, now, session);
	return true;
}

/* The token argument, or NULL for what is none: for null, and for what is too long. */
static text *
access_token_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(0) ? NULL : mt_bounded_text(fcinfo, 0, MT_TOKEN_LENGTH);
}

/* Texts, each once, in the order of their bytes. */
typedef struct Texts
{
	int count;
	int room;
	Datum *values;
} Texts;

static void
add_texts(Texts *texts, ArrayType *array)
{
	Datum *values;
	int count;

	deconstruct_array(array, VARCHAROID, -1, false, TYPALIGN_INT, &values, NULL, &count);
	if (texts->count + count > texts->room)
	{
		texts->room = 2 * (texts->count + count);
		texts->values = texts->values == NULL
							? palloc(texts->room * sizeof(Datum))
							: repalloc(texts->values, texts->room * sizeof(Datum));
	}
	memcpy(texts->values + texts->count, values, count * sizeof(Datum));
	texts->count += count;
}

static int
compare_texts(const void *left, const void *right)
{
	text *one = DatumGetTextPP(*(const Datum *) left);
	text *other = DatumGetTextPP(*(const Datum *) right);
	size_t one_length = VARSIZE_ANY_EXHDR(one);
	size_t other_length = VARSIZE_ANY_EXHDR(other);
	int order = memcmp(VARDATA_ANY(one), VARDATA_ANY(other), Min(one_length, other_length));

	if (order != 0)
		return order;
	return one_length < other_length ? -1 : one_length > other_length;
}

static Datum
sorted_array(Texts *texts)
{
	int count = 0;

	if (texts->count == 0)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	qsort(texts->values, texts->count, sizeof(Datum), compare_texts);
	for (int i = 1; i < texts->count; i++)
	{
		if (compare_texts(&texts->values[count], &texts->values[i]) != 0)
			texts->values[++count] = texts->values[i];
	}
	return PointerGetDatum(
		construct_array(texts->values, count + 1, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The scopes of those of the names that are roles of the tenant. */
static void
add_scopes_of_roles(Texts *scopes, const Texts *roles, const pg_uuid_t *tenant_id)
{
	const MtOwnOids *own = mt_own_oids();

	for (int i = 0; i < roles->count; i++)
	{
		MtLookup lookup = {0};
		HeapTuple tuple;

		mt_lookup_by_text(&lookup, own->role_name, roles->values[i]);
		mt_lookup_by_uuid(&lookup, own->role_tenant, tenant_id);
		mt_lookup_begin(&lookup, &own->roles);
		tuple = mt_lookup_next(&lookup);
		if (HeapTupleIsValid(tuple))
			add_texts(scopes, DatumGetArrayTypePCopy(
								  mt_lookup_column(&lookup, tuple, own->role_scopes, NULL)));
		mt_lookup_end(&lookup);
	}
}

/*
 * The type of what verify_session() returns, made once: to ask the server for it costs as
 * much as to find the session.
 */
static TupleDesc
session_row_type(void)
{
	static TupleDesc row_type = NULL;

	if (row_type == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc made = CreateTemplateTupleDesc(5);

		TupleDescInitEntry(made, 1, "user_id", UUIDOID, -1, 0);
		TupleDescInitEntry(made, 2, "tenant_id", UUIDOID, -1, 0);
		TupleDescInitEntry(made, 3, "roles", TEXTARRAYOID, -1, 0);
		TupleDescInitEntry(made, 4, "scopes", TEXTARRAYOID, -1, 0);
		TupleDescInitEntry(made, 5, "expires_at", TIMESTAMPTZOID, -1, 0);
		row_type = BlessTupleDesc(made);
		MemoryContextSwitchTo(caller);
	}
	return row_type;
}

/*
 * SQL: multitenant.verify_session(access_token text, ip_address text)
 *		returns table (user_id uuid, tenant_id uuid, roles text[], scopes text[],
 *		expires_at timestamptz)
 *
 * One row, or none.  22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_verify_session)
{
	text *token = access_token_argument(fcinfo);
	char *ip_address = mt_address_argument(fcinfo, 1);
	MtSession session;
	Texts roles = {0};
	Texts scopes = {0};
	Datum values[5];
	bool nulls[5] = {false, false, false, false, false};

	if (token == NULL || !mt_session_verify(token, ip_address, &session))
		return mt_no_row(fcinfo);
	if (session.has_tenant)
	{
		add_texts(&roles, session.roles);
		add_scopes_of_roles(&scopes, &roles, &session.tenant_id);
	}
	values[0] = UUIDPGetDatum(&session.user_id);
	values[1] = UUIDPGetDatum(&session.tenant_id);
	nulls[1] = !session.has_tenant;
	values[2] = sorted_array(&roles);
	values[3] = sorted_array(&scopes);
	values[4] = TimestampTzGetDatum(session.expires_at);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(session_row_type(), values, nulls)));
}

/*
 * SQL: multitenant.use_session(access_token text, ip_address text) returns boolean
 *
 * Sets the context; false leaves it as it was.  22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_use_session)
{
	text *token = access_token_argument(fcinfo);
	char *ip_address = mt_address_argument(fcinfo, 1);
	MtSession session;

	if (token == NULL || !mt_session_verify(token, ip_address, &session))
		PG_RETURN_BOOL(false);
	mt_context_set(&session.user_id, session.has_tenant ? &session.tenant_id : NULL);
	mt_context_set_session(&session.id);
	PG_RETURN_BOOL(true);
}
