/*
 * crypto/kdf_memory.h
 *		The memory that one computation of Argon2 takes.
 */
#ifndef MT_KDF_MEMORY_H
#define MT_KDF_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* As libargon2 wants them: *memory is NULL, and the answer not 0, when there is none. */
extern int mt_kdf_memory_allocate(uint8_t **memory, size_t bytes);
extern void mt_kdf_memory_free(uint8_t *memory, size_t bytes);

#endif /* MT_KDF_MEMORY_H */
