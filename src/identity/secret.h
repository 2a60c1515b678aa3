/*
 * identity/secret.h
 *		The second factor's secret, as the column "twoFactorSecret" keeps it.
 */
#ifndef MT_SECRET_H
#define MT_SECRET_H

#include "utils/uuid.h"

/* What to store of a user's base32 secret, and the secret that was stored. */
extern char *mt_secret_seal(const pg_uuid_t *user_id, const char *secret);
extern char *mt_secret_open(const pg_uuid_t *user_id, const char *stored);

#endif /* MT_SECRET_H */
