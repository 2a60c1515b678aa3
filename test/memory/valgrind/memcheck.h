/*
 * valgrind/memcheck.h
 *		PostgreSQL's annotations of its memory, told to AddressSanitizer.
 *
 * A server that is built with -DUSE_VALGRIND says at each palloc, pfree and reset of a
 * memory context, and at each pin of a buffer, which bytes may be touched from now on.
 * This header stands where valgrind's own would, so that a server built with
 * -fsanitize=address finds a write past a palloc'd chunk and a use after pfree, which
 * AddressSanitizer alone, that knows malloc, cannot see.  What it does not do is tell
 * memory that was never written.
 */
#ifndef MT_MEMCHECK_H
#define MT_MEMCHECK_H

#include <sanitizer/asan_interface.h>

#define VALGRIND_MAKE_MEM_NOACCESS(addr, size) __asan_poison_memory_region((addr), (size))
#define VALGRIND_MAKE_MEM_UNDEFINED(addr, size) __asan_unpoison_memory_region((addr), (size))
#define VALGRIND_MAKE_MEM_DEFINED(addr, size) __asan_unpoison_memory_region((addr), (size))
#define VALGRIND_CHECK_MEM_IS_DEFINED(addr, size) ((void) (addr), (void) (size))

#define VALGRIND_CREATE_MEMPOOL(pool, redzone, zeroed) ((void) (pool))
#define VALGRIND_DESTROY_MEMPOOL(pool) ((void) (pool))
#define VALGRIND_MEMPOOL_ALLOC(pool, addr, size) __asan_unpoison_memory_region((addr), (size))
/* what is freed was made inaccessible when it was wiped */
#define VALGRIND_MEMPOOL_FREE(pool, addr) ((void) (addr))
#define VALGRIND_MEMPOOL_CHANGE(pool, from, to, size) \
	((void) (from), __asan_unpoison_memory_region((to), (size)))
#define VALGRIND_MEMPOOL_TRIM(pool, addr, size) ((void) (addr), (void) (size))

#define RUNNING_ON_VALGRIND 0
#define VALGRIND_COUNT_ERRORS 0
#define VALGRIND_PRINTF(...) ((void) 0)

#endif /* MT_MEMCHECK_H */
