/*
 * session/refresh.c
 *		Renewing a session by its refresh token.
 *
 * The one row of the session is locked while its token is judged and replaced, so of two
 * who present the same token one rotates it and the other finds it rotated.  The other
 * gets the same pair again for as long as multitenant.refresh_grace says: the pair is made
 * from the token it presents and the salt of the rotation, of which the row keeps the
 * salt.  So two tabs and a retry go on with one and the same pair, and no rotation is
 * there of which nobody has the result.  Any other token that was ever issued to the
 * session is a copy that somebody kept: the session ends, and that is no error, which
 * would take it back.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "crypto/refresh_token.h"
#include "miscadmin.h"
#include "records/audit.h"
#include "tenancy/handed_token.h"
#include "session/session.h"
#include "tenancy/active_member.h"
#include "utils/timestamp.h"

/* A session as its row is, which is locked. */
typedef struct Renewal
{
	pg_uuid_t id;
	pg_uuid_t user_id;
	bool has_tenant;
	pg_uuid_t tenant_id;
	const char *token_hash;
	const char *previous_hash; /* NULL: it was never rotated */
	const char *key;
	const char *salt; /* NULL likewise */
	TimestampTz refreshed_at;
	TimestampTz ends_at;
	TimestampTz expires_at;
	bool two_factor_verified;
} Renewal;

typedef enum Kind
{
	NEVER_ISSUED,
	CURRENT,
	JUST_BEFORE, /* within the grace */
	EARLIER
} Kind;

static void
check(MtCryptoStatus status)
{
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "token");
}

#define LOCK_SESSION(condition, ways)                                                   \
	"SELECT t.id, t.\"userId\", c.\"tenantId\", t.\"refreshToken\"::pg_catalog.text, "  \
	"t.\"previousRefreshToken\"::pg_catalog.text, "                                     \
	"t.\"refreshTokenKey\"::pg_catalog.text, t.\"refreshTokenSalt\"::pg_catalog.text, " \
	"t.\"refreshedAt\", t.\"refreshTokenExpiresAt\", t.\"accessTokenExpiresAt\", "      \
	"t.\"twoFactorVerified\" FROM multitenant.\"OAuthTokens\" t "                       \
	"JOIN multitenant.\"OAuthClients\" c ON c.id = t.\"clientId\" "                     \
	"WHERE t.\"refreshTokenFamily\" = $1 AND t.type = '" MT_SESSION_TYPE "' "           \
	"AND NOT t.revoked AND t.\"refreshToken\" IS NOT NULL "                             \
	"AND t.\"refreshTokenKey\" IS NOT NULL "                                            \
	"AND t.\"refreshTokenExpiresAt\" > pg_catalog.clock_timestamp() " condition         \
	" FOR NO KEY UPDATE OF t" ways

/* Lock a session by a statement of the above; false when there is none that can be renewed. */
static bool
lock_session(MtStatement *lock, MtParameters *parameters, Renewal *renewal)
{
	if (mt_execute(lock, parameters) == 0 || !mt_column_uuid(2, &renewal->user_id))
		return false;
	mt_column_uuid(1, &renewal->id);
	renewal->has_tenant = mt_column_uuid(3, &renewal->tenant_id);
	renewal->token_hash = mt_column_text(4);
	renewal->previous_hash = mt_column_text(5);
	renewal->key = mt_column_text(6);
	renewal->salt = mt_column_text(7);
	renewal->refreshed_at = mt_column_timestamp(8);
	renewal->ends_at = mt_column_timestamp(9);
	renewal->expires_at = mt_column_timestamp(10);
	renewal->two_factor_verified = mt_column_boolean(11);
	return true;
}

/*
 * The session that the token names, its row locked; false when none can be renewed.  An earlier
 * token may end it, which is written of user and tenant too: they are locked before the session,
 * as the deletion of either does.  Not so for the token that renews it, where nobody else has
 * the row: whoever waited for it might find that the token is an earlier one by now.
 */
static bool
find_session(const char *token, Renewal *renewal)
{
	static MtStatement at_once = {
		.sql = LOCK_SESSION("AND (t.\"refreshToken\" = $2 OR t.\"previousRefreshToken\" = $2 "
							"AND t.\"refreshedAt\" > pg_catalog.clock_timestamp() "
							"- $3 * interval '1 second')",
							" SKIP LOCKED")};
	static MtStatement after_holder = {.sql = LOCK_SESSION("", "")};
	char family[MT_SHA256_HEX_LENGTH + 1];
	MtParameters by_token = {0};
	MtParameters by_family = {0};

	check(mt_refresh_token_family(token, family));
	mt_add_text(&by_token, family);
	mt_add_text(&by_token, mt_hash_of(token));
	mt_add_integer(&by_token, mt_refresh_grace);
	if (lock_session(&at_once, &by_token, renewal))
		return true;
	mt_add_text(&by_family, family);
	return mt_session_lock_holder_of_family(family) &&
		   lock_session(&after_holder, &by_family, renewal);
}

static Kind
kind_of(const char *token, const Renewal *renewal, TimestampTz now)
{
	const char *hash = mt_hash_of(token);
	bool was_issued;

	if (strcmp(hash, renewal->token_hash) == 0) /* banned-ok: hashes of 256 random bits */
		return CURRENT;
	if (renewal->previous_hash != NULL && renewal->salt != NULL &&
		strcmp(hash, renewal->previous_hash) == 0 && /* banned-ok: as above */
		now - renewal->refreshed_at < mt_refresh_grace * USECS_PER_SEC)
		return JUST_BEFORE;
	check(mt_refresh_token_was_issued(token, renewal->key, &was_issued));
	return was_issued ? EARLIER : NEVER_ISSUED;
}

/* A copy of the token is in other hands than its successor: end the session. */
static void
end_copied_session(const Renewal *renewal, const MtOrigin *origin)
{
	static MtStatement end = {.sql = "UPDATE multitenant.\"OAuthTokens\" SET revoked = true, "
									 "\"revokedAt\" = pg_catalog.clock_timestamp() WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &renewal->id);
	mt_execute(&end, &parameters);
	mt_audit(&(MtAuditEvent){.event = "session.refresh_token_reused",
							 .severity = "critical",
							 .user_id = &renewal->user_id,
							 .tenant_id = renewal->has_tenant ? &renewal->tenant_id : NULL,
							 .origin = origin,
							 .details = {"session", mt_uuid_text(&renewal->id)}});
}

/*
 * Judge whether user and tenant may go on, and get the rules.  The address counts where it
 * is given: it is judged when the pair is used, anyway.
 */
static bool
judge_holder(const Renewal *renewal, const MtOrigin *origin, MtSessionRules *rules)
{
	MtStanding standing;

	if (!renewal->has_tenant)
	{
		*rules = mt_session_rules(NULL);
		return mt_is_active_user(&renewal->user_id);
	}
	mt_standing_load(&renewal->tenant_id, &renewal->user_id, false, &standing);
	if (!standing.is_member || strcmp(standing.user_status, "active") != 0 ||
		strcmp(standing.tenant_status, "active") != 0)
		return false;
	*rules = mt_session_rules(standing.policy);
	if (rules->require_mfa && !renewal->two_factor_verified)
		return false;
	return origin->ip_address == NULL ||
		   mt_policy_judge_address(standing.policy, origin->ip_address).outcome ==
			   MT_OUTCOME_SUCCESS;
}

/* Put the next pair in the place of this one. */
static void
rotate(const char *token, const Renewal *renewal, const MtSessionRules *rules, TimestampTz now,
	   MtTokenPair *pair)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"OAuthTokens\" SET \"accessToken\" = $2, "
			   "\"accessTokenExpiresAt\" = $3, \"refreshToken\" = $4, "
			   "\"previousRefreshToken\" = \"refreshToken\", \"refreshTokenSalt\" = $5, "
			   "\"refreshedAt\" = $6, \"lastUsedAt\" = $6 WHERE id = $1"};
	char *salt = mt_new_key();
	MtParameters parameters = {0};

	check(mt_refresh_token_next(token, renewal->key, salt, pair->refresh_token));
	check(mt_refresh_token_access(pair->refresh_token, salt, pair->access_token));
	pair->expires_at = Min(now + rules->timeout * USECS_PER_SEC, renewal->ends_at);
	mt_add_uuid(&parameters, &renewal->id);
	mt_add_text(&parameters, mt_hash_of(pair->access_token));
	mt_add_timestamp(&parameters, pair->expires_at);
	mt_add_text(&parameters, mt_hash_of(pair->refresh_token));
	mt_add_text(&parameters, salt);
	mt_add_timestamp(&parameters, now);
	mt_execute(&update, &parameters);
}

/* The pair that the last rotation gave, for the token it was made from. */
static void
give_again(const char *token, const Renewal *renewal, MtTokenPair *pair)
{
	check(mt_refresh_token_next(token, renewal->key, renewal->salt, pair->refresh_token));
	check(mt_refresh_token_access(pair->refresh_token, renewal->salt, pair->access_token));
	pair->expires_at = renewal->expires_at;
}

/* Judge the token against the row, which is locked; true with a pair. */
static bool
renew(const char *token, const Renewal *renewal, const MtOrigin *origin, MtTokenPair *pair)
{
	TimestampTz now = GetCurrentTimestamp();
	Kind kind = kind_of(token, renewal, now);
	MtSessionRules rules;

	if (kind == EARLIER)
		end_copied_session(renewal, origin);
	if (kind == EARLIER || kind == NEVER_ISSUED || !judge_holder(renewal, origin, &rules))
		return false;
	if (kind == CURRENT)
		rotate(token, renewal, &rules, now, pair);
	else
		give_again(token, renewal, pair);
	return true;
}

/*
 * SQL: multitenant.refresh_session(refresh_token text, ip_address text, user_agent text)
 *		returns table (access_token text, refresh_token text, expires_at timestamptz)
 *
 * One row, or none.  22P02 for an address that is not one.
 */
MT_SECRET_FUNCTION(mt_refresh_session)
{
	char *token;
	MtOrigin origin;
	Renewal renewal = {0};
	MtTokenPair pair;
	bool is_renewed;

	PreventCommandIfReadOnly("refresh_session()");
	token = mt_token_argument(fcinfo, 0, MT_TOKEN_REFRESH);
	origin = mt_origin_arguments(fcinfo, 1);
	if (token == NULL)
		return mt_no_row(fcinfo);
	SPI_connect();
	is_renewed = find_session(token, &renewal) && renew(token, &renewal, &origin, &pair);
	SPI_finish();
	if (!is_renewed)
		return mt_no_row(fcinfo);
	PG_RETURN_DATUM(mt_token_pair_row(fcinfo, &pair));
}
