/*
 * identity/hash_gate.h
 *		How many backends compute a password hash at once.
 */
#ifndef MT_HASH_GATE_H
#define MT_HASH_GATE_H

/*
 * Who comes for a hash.  Each kind has slots of its own: the pure functions are open to
 * every role, with the hash that it likes, and must not keep sign-ins waiting.
 */
typedef enum MtHashCaller
{
	MT_HASH_CALLER_ACCOUNT, /* a function that judges or stores the password of a user */
	MT_HASH_CALLER_PURE		/* hash_password() and verify_password() */
} MtHashCaller;

typedef struct MtHashSlot
{
	MtHashCaller caller;
	int number;
} MtHashSlot;

/*
 * Wait until fewer than multitenant.max_concurrent_hashes backends of the cluster
 * compute for callers of that kind, and be one of them.  Returns what
 * mt_hash_gate_leave() is to be given.  An error, a cancel for one, leaves by itself.
 *
 * A process must need nothing that another could hold between the two: no lock, no
 * row, no catalog.
 */
extern MtHashSlot mt_hash_gate_enter(MtHashCaller caller);
extern void mt_hash_gate_leave(MtHashSlot slot);

#endif /* MT_HASH_GATE_H */
