/*
 * crypto/cursor.c
 *		Reading the text of a password hash from its beginning to its end.
 */
#include "crypto/cursor.h"

#include <string.h>

#include "crypto/base64.h"

static void
advance(MtCursor *cursor, size_t len)
{
	cursor->next += len;
	cursor->left -= len;
}

bool
mt_cursor_skip(MtCursor *cursor, const char *literal)
{
	size_t len = strlen(literal);

	if (cursor->left < len || memcmp(cursor->next, literal, len) != 0)
		return false;
	advance(cursor, len);
	return true;
}

bool
mt_cursor_read_number(MtCursor *cursor, const char *literal, uint32_t *number)
{
	uint64_t value = 0;
	size_t digits = 0;

	if (!mt_cursor_skip(cursor, literal))
		return false;
	while (digits < cursor->left && cursor->next[digits] >= '0' && cursor->next[digits] <= '9')
	{
		value = value * 10 + (uint64_t) (cursor->next[digits] - '0');
		digits++;
		if (value > UINT32_MAX)
			return false;
	}
	if (digits == 0 || (digits > 1 && cursor->next[0] == '0'))
		return false;
	advance(cursor, digits);
	*number = (uint32_t) value;
	return true;
}

size_t
mt_cursor_part_length(const MtCursor *cursor)
{
	const char *end = cursor->left > 0 ? memchr(cursor->next, '$', cursor->left) : NULL;

	return end != NULL ? (size_t) (end - cursor->next) : cursor->left;
}

MtCryptoStatus
mt_cursor_read_bytes(MtCursor *cursor, uint8_t *bytes, size_t min, size_t max, size_t *len)
{
	size_t text_len = mt_cursor_part_length(cursor);
	MtCryptoStatus status = mt_base64_decode(cursor->next, text_len, bytes, max, len);

	advance(cursor, text_len);
	if (status == MT_CRYPTO_TOO_LONG || (status == MT_CRYPTO_OK && *len < min))
		return MT_CRYPTO_OUT_OF_RANGE;
	return status;
}
