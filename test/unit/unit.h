/*
 * test/unit/unit.h
 *		What the tests of crypto/ share.
 */
#ifndef MT_UNIT_H
#define MT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static int failures = 0;

static inline bool
ok(bool is_good, const char *name)
{
	printf("%sok - %s\n", is_good ? "" : "not ", name);
	if (!is_good)
		failures++;
	return is_good;
}

/* The exit status of the program. */
static inline int
finish(void)
{
	fflush(stdout);
	return failures == 0 ? 0 : 1;
}

/* A copy that ends where its bytes end, so that reading on is caught. */
static inline char *
exact_copy(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);

	if (len == 0)
	{
		/* nothing may be read from it at all */
		free(copy);
		return NULL;
	}
	memcpy(copy, text, len);
	return copy;
}

#endif /* MT_UNIT_H */
