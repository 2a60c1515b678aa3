/*
 * session/token.h
 *		The rows of "OAuthTokens".
 */
#ifndef MT_TOKEN_H
#define MT_TOKEN_H

#include "utils/uuid.h"

/*
 * Revoke every token of a user that is not revoked yet, and forget the devices that were
 * remembered; how many tokens. Inside SPI.
 */
extern uint64 mt_tokens_revoke(const pg_uuid_t *user_id);

/* The same but for the session that use_session() set. */
extern uint64 mt_tokens_revoke_others(const pg_uuid_t *user_id);

/*
 * Forget the remembered devices of a user, in a tenant or, with NULL, all of them; how many.
 * Inside SPI.
 */
extern uint64 mt_devices_forget(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

/* Revoke the tokens of the tenant's clients, and forget the devices in the tenant. */
extern uint64 mt_tokens_revoke_in_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

#endif /* MT_TOKEN_H */
