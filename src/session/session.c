/*
 * session/session.c
 *		Making sessions and ending them.
 *
 * Whoever makes a session holds the lock of the user's row: so of any number of sign-ins
 * at once each counts the ones before it, and a password that changes, a suspension or a
 * deletion comes before a session or finds it.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "crypto/refresh_token.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "records/audit.h"
#include "tenancy/handed_token.h"
#include "session/session.h"
#include "session/token.h"
#include "tenancy/member.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

MT_FUNCTION_INFO_V1(mt_create_session);
MT_FUNCTION_INFO_V1(mt_end_all_sessions);

MtSessionRules
mt_session_rules(const MtPolicy *policy)
{
	if (policy == NULL)
		return (MtSessionRules){.timeout = mt_session_timeout, .extend_on_activity = true};
	return (MtSessionRules){.max_concurrent_sessions = policy->max_concurrent_sessions,
							.timeout = policy->session_timeout,
							.extend_on_activity = policy->extend_on_activity,
							.require_mfa = policy->require_mfa};
}

Datum
mt_no_row(FunctionCallInfo fcinfo)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;

	if (set == NULL || !IsA(set, ReturnSetInfo) || !(set->allowedModes & SFRM_ValuePerCall))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	set->isDone = ExprEndResult;
	PG_RETURN_NULL();
}

Datum
mt_token_pair_row(FunctionCallInfo fcinfo, const MtTokenPair *pair)
{
	Datum values[3] = {CStringGetTextDatum(pair->access_token),
					   CStringGetTextDatum(pair->refresh_token),
					   TimestampTzGetDatum(pair->expires_at)};
	bool nulls[3] = {false, false, false};

	return mt_row_result(fcinfo, values, nulls);
}

static const pg_uuid_t platform_client = {{0}};

bool
mt_is_platform_client(const pg_uuid_t *client_id)
{
	return memcmp(client_id, &platform_client, sizeof(pg_uuid_t)) == 0;
}

/*
 * The client that sessions of a tenant belong to.  Two who make it at once make one.  55000
 * where it cannot be made.
 */
static pg_uuid_t
first_party_client(const pg_uuid_t *tenant_id)
{
	static MtStatement find = {.sql = "SELECT FROM multitenant.\"OAuthClients\" WHERE id = $1"};
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"OAuthClients\" (id, \"clientId\", name, type, "
			   "\"tenantId\") VALUES ($1, coalesce('first-party:' || $2::pg_catalog.text, "
			   "'first-party'), 'First party', 'first_party', $2) ON CONFLICT DO NOTHING"};
	pg_uuid_t client_id = tenant_id == NULL ? platform_client : *tenant_id;
	MtParameters key = {0};
	MtParameters parameters = {0};

	mt_add_uuid(&key, &client_id);
	if (mt_execute(&find, &key) > 0)
		return client_id;
	mt_add_uuid(&parameters, &client_id);
	mt_add_uuid(&parameters, tenant_id);
	if (mt_execute(&insert, &parameters) == 0 && mt_execute(&find, &key) == 0)
		mt_throw_wrong_state("the client of first-party sessions was not stored",
							 "Look for another row of \"OAuthClients\" with its \"clientId\", or "
							 "for a trigger that holds it back.");
	return client_id;
}

/* End the oldest sessions, so that with one more there are not more than "limit". */
static void
make_room(const MtNewSession *session, const pg_uuid_t *client_id)
{
	static MtStatement end = {
		.sql = "UPDATE multitenant.\"OAuthTokens\" SET revoked = true, "
			   "\"revokedAt\" = pg_catalog.clock_timestamp() WHERE id IN "
			   "(SELECT id FROM multitenant.\"OAuthTokens\" WHERE \"userId\" = $1 "
			   "AND \"clientId\" = $2 AND type = '" MT_SESSION_TYPE "' AND " MT_IS_LIVE
			   " ORDER BY \"createdAt\" DESC, id OFFSET $3 - 1)"};
	MtParameters parameters = {0};
	uint64 ended;

	if (session->rules.max_concurrent_sessions == 0)
		return;
	mt_add_uuid(&parameters, session->user_id);
	mt_add_uuid(&parameters, client_id);
	mt_add_integer(&parameters, session->rules.max_concurrent_sessions);
	ended = mt_execute_on_latest(&end, &parameters);
	if (ended > 0)
		mt_audit(&(MtAuditEvent){.event = "session.displaced",
								 .user_id = session->user_id,
								 .tenant_id = session->tenant_id,
								 .origin = session->origin,
								 .details = {"sessions", psprintf(UINT64_FORMAT, ended)}});
}

static void
insert_session(const MtNewSession *session, const pg_uuid_t *client_id, const char *key,
			   const MtTokenPair *pair, TimestampTz now)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"OAuthTokens\" (\"userId\", \"clientId\", type, "
			   "\"accessToken\", \"accessTokenExpiresAt\", \"refreshToken\", "
			   "\"refreshTokenExpiresAt\", \"refreshTokenFamily\", \"refreshTokenKey\", "
			   "\"ipAddress\", \"userAgent\", \"twoFactorVerified\", \"lastUsedAt\", "
			   "\"createdAt\", \"updatedAt\") "
			   "VALUES ($1, $2, '" MT_SESSION_TYPE
			   "', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12)"};
	char family[MT_SHA256_HEX_LENGTH + 1];
	MtCryptoStatus status = mt_refresh_token_family(pair->refresh_token, family);
	MtParameters parameters = {0};

	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "token");
	mt_add_uuid(&parameters, session->user_id);
	mt_add_uuid(&parameters, client_id);
	mt_add_text(&parameters, mt_hash_of(pair->access_token));
	mt_add_timestamp(&parameters, pair->expires_at);
	mt_add_text(&parameters, mt_hash_of(pair->refresh_token));
	mt_add_timestamp(&parameters, now + mt_refresh_token_lifetime * USECS_PER_SEC);
	mt_add_text(&parameters, family);
	mt_add_text(&parameters, key);
	mt_add_text(&parameters, session->origin->ip_address);
	mt_add_text(&parameters, session->origin->user_agent);
	mt_add_boolean(&parameters, session->two_factor_verified);
	mt_add_timestamp(&parameters, now);
	mt_execute(&insert, &parameters);
}

void
mt_session_create(const MtNewSession *session, MtTokenPair *pair)
{
	uint8_t random[MT_REFRESH_RANDOM_BYTES];
	char *key = mt_new_key();
	TimestampTz now = GetCurrentTimestamp();
	pg_uuid_t client_id = first_party_client(session->tenant_id);
	MtCryptoStatus status = MT_CRYPTO_LIBRARY;

	make_room(session, &client_id);
	strlcpy(pair->access_token, mt_new_token(MT_TOKEN_ACCESS), sizeof(pair->access_token));
	if (pg_strong_random(random, sizeof(random)))
		status = mt_refresh_token_first(random, key, pair->refresh_token);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "token");
	explicit_bzero(random, sizeof(random));
	pair->expires_at = now + Min(session->rules.timeout, mt_refresh_token_lifetime) * USECS_PER_SEC;
	insert_session(session, &client_id, key, pair, now);
}

bool
mt_session_lock_membership(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement lock = {.sql = "SELECT FROM multitenant.\"TenantUsers\" "
									  "WHERE \"userId\" = $1 AND \"tenantId\" = $2 FOR KEY SHARE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	return mt_execute(&lock, &parameters) > 0;
}

/* Lock the user's row; P0002 when there is none, 55000 when the user is not active. */
static void
lock_active_user(const pg_uuid_t *user_id)
{
	static MtStatement lock = {.sql = "SELECT status = 'active' FROM multitenant.\"Users\" "
									  "WHERE id = $1 FOR NO KEY UPDATE"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	if (mt_execute(&lock, &parameters) == 0)
		mt_throw_not_found("user");
	if (!mt_column_boolean(1))
		mt_throw_wrong_state("user is not active", NULL);
}

/* The rules of a tenant for a member; P0002 when there is none, 55000 unless both are good. */
static MtSessionRules
require_member(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	MtStanding standing;

	if (!mt_member_lock_tenant(tenant_id))
		mt_throw_not_found("tenant");
	mt_session_lock_membership(user_id, tenant_id);
	mt_standing_load(tenant_id, user_id, false, &standing);
	if (!standing.is_member)
		mt_throw_wrong_state("user is not a member of the tenant", NULL);
	if (strcmp(standing.tenant_status, "active") != 0)
		mt_throw_wrong_state("tenant is not active", NULL);
	return mt_session_rules(standing.policy);
}

/*
 * SQL: multitenant.create_session(user_id uuid, tenant_id uuid, ip_address text,
 *		user_agent text)
 *		returns (access_token text, refresh_token text, expires_at timestamptz)
 *
 * Judges neither second factor nor address: the back end that calls it has.  P0002, 55000.
 */
Datum
mt_create_session(PG_FUNCTION_ARGS)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1);
	MtOrigin origin = mt_origin_arguments(fcinfo, 2);
	MtNewSession session = {.user_id = user_id,
							.tenant_id = tenant_id,
							.origin = &origin,
							.two_factor_verified = true};
	MtTokenPair pair;

	PreventCommandIfReadOnly("create_session()");
	SPI_connect();
	lock_active_user(user_id);
	session.rules = tenant_id == NULL ? mt_session_rules(NULL) : require_member(user_id, tenant_id);
	mt_session_create(&session, &pair);
	mt_audit(&(MtAuditEvent){
		.event = "session.created", .user_id = user_id, .tenant_id = tenant_id, .origin = &origin});
	SPI_finish();
	PG_RETURN_DATUM(mt_token_pair_row(fcinfo, &pair));
}

/*
 * Lock the user of a session, and its tenant, before the session itself, as the deletion of
 * either does.
 */
#define LOCK_HOLDER_OF(token)                                                               \
	"SELECT FROM multitenant.\"OAuthTokens\" t "                                            \
	"JOIN multitenant.\"OAuthClients\" c ON c.id = t.\"clientId\", "                        \
	"LATERAL (SELECT id FROM multitenant.\"Users\" WHERE id = t.\"userId\" "                \
	"FOR KEY SHARE) AS holder LEFT JOIN LATERAL (SELECT FROM multitenant.\"Tenants\" "      \
	"WHERE id = c.\"tenantId\" AND holder.id IS NOT NULL FOR KEY SHARE) AS tenant ON true " \
	"WHERE t.\"" token "\" = $1"

static bool
lock_holder(MtStatement *lock, const char *hash)
{
	MtParameters parameters = {0};

	mt_add_text(&parameters, hash);
	return mt_execute(lock, &parameters) > 0;
}

bool
mt_session_lock_holder_of_family(const char *family)
{
	static MtStatement lock = {.sql = LOCK_HOLDER_OF("refreshTokenFamily")};

	return lock_holder(&lock, family);
}

#define END                                                                 \
	"UPDATE multitenant.\"OAuthTokens\" t SET revoked = true, "             \
	"\"revokedAt\" = pg_catalog.clock_timestamp(), "                        \
	"\"revokedBy\" = (SELECT id FROM multitenant.\"Users\" WHERE id = $2) " \
	"FROM multitenant.\"OAuthClients\" c WHERE c.id = t.\"clientId\" "      \
	"AND t.type = '" MT_SESSION_TYPE "' AND " MT_IS_LIVE " AND "

/*
 * SQL: multitenant.end_session(access_token text) returns boolean
 *
 * Also where the access token alone has expired.
 */
MT_SECRET_FUNCTION(mt_end_session)
{
	static MtStatement lock = {.sql = LOCK_HOLDER_OF("accessToken")};
	static MtStatement end = {.sql = END
							  "t.\"accessToken\" = $1 RETURNING t.\"userId\", c.\"tenantId\""};
	char *hash;
	MtParameters parameters = {0};
	pg_uuid_t user_id;
	pg_uuid_t tenant_id;
	bool has_tenant;

	PreventCommandIfReadOnly("end_session()");
	hash = mt_token_argument_hash(fcinfo, 0, MT_TOKEN_ACCESS);
	if (hash == NULL)
		PG_RETURN_BOOL(false);
	SPI_connect();
	lock_holder(&lock, hash);
	mt_add_text(&parameters, hash);
	mt_add_uuid(&parameters, mt_context_user_id());
	if (mt_execute(&end, &parameters) == 0 || !mt_column_uuid(1, &user_id))
	{
		SPI_finish();
		PG_RETURN_BOOL(false);
	}
	has_tenant = mt_column_uuid(2, &tenant_id);
	mt_audit(&(MtAuditEvent){.event = "session.ended",
							 .user_id = &user_id,
							 .tenant_id = has_tenant ? &tenant_id : NULL});
	SPI_finish();
	PG_RETURN_BOOL(true);
}

/*
 * SQL: multitenant.end_all_sessions(user_id uuid, tenant_id uuid) returns integer
 *
 * A NULL tenant_id is all of them.  The remembered devices go too: this is what is done
 * about a device that was lost.  P0002 for a user or tenant that is not there.
 */
Datum
mt_end_all_sessions(PG_FUNCTION_ARGS)
{
	static MtStatement lock = {.sql = "SELECT FROM multitenant.\"Users\" WHERE id = $1 "
									  "FOR NO KEY UPDATE"};
	static MtStatement end = {.sql = END
							  "t.\"userId\" = $1 AND ($3 IS NULL OR c.\"tenantId\" = $3)"};
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1);
	MtParameters key = {0};
	MtParameters parameters = {0};
	uint64 ended;
	uint64 devices;

	SPI_connect();
	mt_add_uuid(&key, user_id);
	if (mt_execute(&lock, &key) == 0)
		mt_throw_not_found("user");
	if (tenant_id != NULL && !mt_member_lock_tenant(tenant_id))
		mt_throw_not_found("tenant");
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, mt_context_user_id());
	mt_add_uuid(&parameters, tenant_id);
	ended = mt_execute_on_latest(&end, &parameters);
	devices = mt_devices_forget(user_id, tenant_id);
	if (ended > 0 || devices > 0)
		mt_audit(&(MtAuditEvent){.event = "session.all_ended",
								 .severity = "medium",
								 .user_id = user_id,
								 .tenant_id = tenant_id,
								 .details = {"sessions", psprintf(UINT64_FORMAT, ended), "devices",
											 psprintf(UINT64_FORMAT, devices)}});
	SPI_finish();
	PG_RETURN_INT32((int32) ended);
}
