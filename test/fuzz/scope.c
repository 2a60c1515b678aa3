/*
 * test/fuzz/scope.c
 *		access/check: whether a scope that is held covers one that is asked.
 *
 * An input is a line that is held and one that is asked.
 */
#include "backend.h"

#include "access/check.c"

/* As doc/roles.md has it: "*" is every scope, "prefix:*" every one that begins with "prefix:". */
static bool
is_covered(const char *held, const char *asked)
{
	size_t prefix = strlen(held) - 1;

	if (strcmp(held, "*") == 0)
		return true;
	if (strlen(held) >= 2 && strcmp(held + strlen(held) - 2, ":*") == 0)
		return strncmp(held, asked, prefix) == 0;
	return strcmp(held, asked) == 0;
}

static void
check(Input input)
{
	Input first = fuzz_take_line(&input);
	Input second = fuzz_take_line(&input);
	char *held = fuzz_string(first.bytes, first.len);
	char *asked = fuzz_string(second.bytes, second.len);
	/* as they are stored, without a terminator */
	MtScope scope = {fuzz_copy(held, strlen(held)), (int) strlen(held)};
	MtName name = {fuzz_copy(asked, strlen(asked)), (int) strlen(asked)};

	must(covers_scope(&scope, &name) == (*held == '\0' ? *asked == '\0' : is_covered(held, asked)));
}
