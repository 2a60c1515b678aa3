/*
 * identity/secret.h
 *		The second factor's secret, as the column "twoFactorSecret" keeps it.
 *
 * With multitenant.key_file it is sealed for its user; without, it is the base32 itself.
 */
#ifndef MT_SECRET_H
#define MT_SECRET_H

#include "utils/uuid.h"

/*
 * What to store of a user's base32 secret: sealed under the newest key, or as it is and
 * with one WARNING a session where no key file is set.  F0000 when the file is not good,
 * 54000 when the secret is too long.
 */
extern char *mt_secret_seal(const pg_uuid_t *user_id, const char *secret);

/*
 * The secret that was stored; text that is not sealed is the secret.  55000 when its key
 * is not at hand, F0000 when the key file is not good, XX001 when it does not open for
 * this user.  The caller wipes the result.
 *
 * Both results are palloc'd in the current memory context.
 */
extern char *mt_secret_open(const pg_uuid_t *user_id, const char *stored);

#endif /* MT_SECRET_H */
