/*
 * tenancy/owner_lock.h
 *		Who makes a user an owner and who takes away that user's status wait for each other.
 */
#ifndef MT_OWNER_LOCK_H
#define MT_OWNER_LOCK_H

#include "utils/uuid.h"

/* Each holds until the transaction ends, and waits for the other kind about the same user. */
extern void mt_owner_lock_to_make(const pg_uuid_t *user_id);
extern void mt_owner_lock_to_judge(const pg_uuid_t *user_id);

#endif /* MT_OWNER_LOCK_H */
