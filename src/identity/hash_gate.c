/*
 * identity/hash_gate.c
 *		How many backends compute a password hash at once.
 *
 * A flood of sign-ins must not take every core and all memory from the rest of the
 * cluster.  The gate is a number of slots, and a slot is an advisory lock, so that it
 * needs no shared memory of its own, is the same for all databases, works on a hot
 * standby, and is seen in pg_locks.  Its tag has no database, which no lock made in
 * SQL can have: nobody can take the slots away.
 *
 * Locks are of the transaction, so that an error releases them with the
 * (sub)transaction that it ends; there is no state here that could then be wrong.
 * Who holds a slot takes no lock before it gives the slot back, so that waiting for
 * one is never a part of a deadlock.  A cancel, statement_timeout and lock_timeout
 * end the wait.  Members of a parallel query's group would not wait for each other:
 * what computes hashes is PARALLEL RESTRICTED.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/settings.h"
#include "identity/hash_gate.h"
#include "miscadmin.h"
#include "storage/lock.h"

/* What pg_locks shows as classid and objsubid; 1 and 2 are SQL's own for the latter. */
#define GATE_CLASS 0x6d756c74
#define GATE_KIND_ACCOUNT 0x6d74
#define GATE_KIND_PURE 0x6d75

#define NO_SLOT (-1)

static LOCKTAG
tag_of(MtHashSlot slot)
{
	LOCKTAG tag;

	SET_LOCKTAG_ADVISORY(tag, InvalidOid, GATE_CLASS, (uint32) slot.number,
						 slot.caller == MT_HASH_CALLER_PURE ? GATE_KIND_PURE : GATE_KIND_ACCOUNT);
	return tag;
}

/* Take a slot; false when it is taken and "wait" is not set. */
static bool
take(MtHashSlot slot, bool wait)
{
	LOCKTAG tag = tag_of(slot);

	return LockAcquire(&tag, ExclusiveLock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}

MtHashSlot
mt_hash_gate_enter(MtHashCaller caller)
{
	int slots = mt_max_concurrent_hashes;
	MtHashSlot slot = {caller, NO_SLOT};
	uint32 random;

	if (slots == 0)
		return slot;
	if (!pg_strong_random(&random, sizeof(random)))
		random = (uint32) MyProcPid;
	slot.number = (int) (random % (uint32) slots);

	/* one that others wait for counts as taken: nobody overtakes them */
	for (int i = 0; i < slots; i++)
	{
		if (take(slot, false))
			return slot;
		slot.number = (slot.number + 1) % slots;
	}
	take(slot, true);
	return slot;
}

void
mt_hash_gate_leave(MtHashSlot slot)
{
	LOCKTAG tag;

	if (slot.number == NO_SLOT)
		return;
	tag = tag_of(slot);
	LockRelease(&tag, ExclusiveLock, false);
}
