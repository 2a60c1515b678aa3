/*
 * tenancy/owner_lock.c
 *		Who makes a user an owner and who takes away that user's status wait for each other.
 *
 * Not by a lock of the user's row: one that is strong enough would hold up that user's
 * sign-ins while a client keeps its transaction open, or make a suspension wait for
 * whatever transaction refers to the user.  These locks nobody else takes.  Two who do
 * the same do not wait for each other.
 *
 * A lock each for the first users of a transaction; for more, one for all of them, since
 * the server's table of locks is finite.  Everyone holds that one, in a mode that waits
 * for none but those who have to do with many.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "tenancy/owner_lock.h"

/* What pg_locks shows as objsubid; 1 and 2 are SQL's own. */
#define OWNER_LOCK_USER 0x6f77
#define OWNER_LOCK_ALL 0x6f78

#define MAX_USERS 100

typedef struct Modes
{
	LOCKMODE user;
	LOCKMODE all;
	LOCKMODE many; /* of the lock for all, instead of one for the user */
} Modes;

static const Modes to_make = {RowExclusiveLock, RowExclusiveLock, ExclusiveLock};
static const Modes to_judge = {ShareLock, RowShareLock, ShareLock};

/* How many users this transaction has locked, or more, where a savepoint was rolled back. */
static uint64 transaction = 0;
static int users = 0;

static void
lock(const pg_uuid_t *user_id, const Modes *modes)
{
	uint64 now = U64FromFullTransactionId(GetTopFullTransactionId());
	uint32 half[2];
	LOCKTAG tag;

	if (now != transaction)
	{
		transaction = now;
		users = 0;
	}
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, OWNER_LOCK_ALL);
	(void) LockAcquire(&tag, users < MAX_USERS ? modes->all : modes->many, false, false);
	if (users++ >= MAX_USERS)
		return;
	/* an id is random enough; two users with one lock only wait for each other */
	memcpy(half, user_id->data + UUID_LEN - sizeof(half), sizeof(half));
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, half[0], half[1], OWNER_LOCK_USER);
	(void) LockAcquire(&tag, modes->user, false, false);
}

void
mt_owner_lock_to_make(const pg_uuid_t *user_id)
{
	lock(user_id, &to_make);
}

void
mt_owner_lock_to_judge(const pg_uuid_t *user_id)
{
	lock(user_id, &to_judge);
}
