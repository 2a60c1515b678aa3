/*
 * crypto/cursor.h
 *		Reading the text of a password hash from its beginning to its end.
 */
#ifndef MT_CURSOR_H
#define MT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/status.h"

typedef struct MtCursor
{
	const char *next;
	size_t left;
} MtCursor;

/* Step over a literal if it comes next. */
extern bool mt_cursor_skip(MtCursor *cursor, const char *literal);

/*
 * Step over a literal and a decimal number of 32 bits without leading zeros.  False,
 * and the cursor anywhere, when they do not come next.
 */
extern bool mt_cursor_read_number(MtCursor *cursor, const char *literal, uint32_t *number);

/* Characters up to the next "$" or the end. */
extern size_t mt_cursor_part_length(const MtCursor *cursor);

/*
 * Read base64 without padding up to the next "$" or the end.  MT_CRYPTO_OUT_OF_RANGE
 * when it holds fewer bytes than "min" or more than "max".
 */
extern MtCryptoStatus mt_cursor_read_bytes(MtCursor *cursor, uint8_t *bytes, size_t min, size_t max,
										   size_t *len);

#endif /* MT_CURSOR_H */
