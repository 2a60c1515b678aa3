/*
 * identity/hash_gate.h
 *		How many backends compute a password hash at once.
 */
#ifndef MT_HASH_GATE_H
#define MT_HASH_GATE_H

/*
 * Wait until fewer than multitenant.max_concurrent_hashes backends of the cluster
 * compute, and be one of them.  Returns what mt_hash_gate_leave() is to be given.
 * An error, a cancel for one, leaves by itself.
 *
 * A process must need nothing that another could hold between the two: no lock, no
 * row, no catalog.
 */
extern int mt_hash_gate_enter(void);
extern void mt_hash_gate_leave(int slot);

#endif /* MT_HASH_GATE_H */
