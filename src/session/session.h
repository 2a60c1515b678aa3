/*
 * session/session.h
 *		Sessions: rows of "OAuthTokens" that belong to a first-party row of "OAuthClients".
 *
 * There is one such client for each tenant, and one for the platform, made on first use.
 */
#ifndef MT_SESSION_H
#define MT_SESSION_H

#include "crypto/token.h"
#include "records/origin.h"
#include "tenancy/policy.h"

/* "OAuthTokens".type of a session; a token that an application is granted has another. */
#define MT_SESSION_TYPE "session"

/*
 * The first-party client of a tenant has the tenant's id, so that a session tells its
 * tenant without a look at its client; that of the platform has the nil UUID.
 */
extern bool mt_is_platform_client(const pg_uuid_t *client_id);

/* In a statement on "OAuthTokens": neither ended nor past its time. */
#define MT_IS_LIVE                                        \
	"NOT revoked AND greatest(\"accessTokenExpiresAt\", " \
	"\"refreshTokenExpiresAt\") > pg_catalog.clock_timestamp()"

/* What a policy, or the settings for NULL (the platform), say of a session. */
typedef struct MtSessionRules
{
	int max_concurrent_sessions; /* 0: no limit */
	int timeout;				 /* seconds */
	bool extend_on_activity;
	bool require_mfa;
} MtSessionRules;

extern MtSessionRules mt_session_rules(const MtPolicy *policy);

/* The tokens of a session, which are returned and nowhere stored. */
typedef struct MtTokenPair
{
	char access_token[MT_TOKEN_LENGTH + 1];
	char refresh_token[MT_TOKEN_LENGTH + 1];
	TimestampTz expires_at;
} MtTokenPair;

typedef struct MtNewSession
{
	const pg_uuid_t *user_id;
	const pg_uuid_t *tenant_id; /* NULL: the platform */
	const MtOrigin *origin;
	MtSessionRules rules;
	bool two_factor_verified;
} MtNewSession;

/*
 * Make a session; over the limit the oldest ends.  The caller holds the lock of the user's
 * row, which the limit is counted under, and has judged that the user may have it.
 * Inside SPI.
 */
extern void mt_session_create(const MtNewSession *session, MtTokenPair *pair);

/* Keep a membership from being removed until the transaction ends; false: it is none. */
extern bool mt_session_lock_membership(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

/*
 * Lock the user of the session that has the family of a refresh token, and its tenant, against
 * removal; false when there is none.  Before the session itself.  Inside SPI.
 */
extern bool mt_session_lock_holder_of_family(const char *family);

/* The result of a set-returning function that returns no row. */
extern Datum mt_no_row(FunctionCallInfo fcinfo);

/* The row (access_token, refresh_token, expires_at). */
extern Datum mt_token_pair_row(FunctionCallInfo fcinfo, const MtTokenPair *pair);

#endif /* MT_SESSION_H */
