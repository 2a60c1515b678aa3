/*
 * session/token.h
 *		The rows of "OAuthTokens".
 */
#ifndef MT_TOKEN_H
#define MT_TOKEN_H

#include "utils/uuid.h"

/* Revoke every token of a user that is not revoked yet; how many. Inside SPI. */
extern uint64 mt_tokens_revoke(const pg_uuid_t *user_id);

/* The same for those of the tenant's clients alone. */
extern uint64 mt_tokens_revoke_in_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

#endif /* MT_TOKEN_H */
