/*
 * test/fuzz/fuzz.h
 *		What the fuzz targets share.
 *
 * A target is one program, which defines check().  It says by must() what holds for every
 * input; the sanitizers say the rest.  What is handed to the code under test lies in
 * memory that ends where it ends, so that a byte read or written behind it is caught.
 */
#ifndef MT_FUZZ_H
#define MT_FUZZ_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is left of an input that is read piece by piece. */
typedef struct Input
{
	const uint8_t *bytes;
	size_t len;
} Input;

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
static void check(Input input);

#define must(condition) ((condition) ? (void) 0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline void __attribute__((noreturn))
fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
	abort();
}

/* Memory that lives until the input was checked. */
static void **fuzz_blocks = NULL;
static size_t fuzz_block_count = 0;
static size_t fuzz_block_room = 0;

static inline void *
fuzz_keep(void *block)
{
	if (fuzz_block_count == fuzz_block_room)
	{
		fuzz_block_room = fuzz_block_room * 2 + 64;
		fuzz_blocks = realloc(fuzz_blocks, fuzz_block_room * sizeof(void *));
	}
	must(block != NULL && fuzz_blocks != NULL);
	fuzz_blocks[fuzz_block_count++] = block;
	return block;
}

/* Not initialized.  Of no bytes it is a place where none may be read. */
static inline void *
fuzz_alloc(size_t len)
{
	return len > 0 ? fuzz_keep(malloc(len)) : (char *) fuzz_keep(malloc(8)) + 8;
}

static inline void
fuzz_free(void *block)
{
	for (size_t i = fuzz_block_count; i-- > 0;)
	{
		if (fuzz_blocks[i] == block)
		{
			fuzz_blocks[i] = fuzz_blocks[--fuzz_block_count];
			free(block);
			return;
		}
	}
	must(!"what is freed was allocated");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((Input){data, size});
	while (fuzz_block_count > 0)
		free(fuzz_blocks[--fuzz_block_count]);
	return 0;
}

static inline void *
fuzz_copy(const void *bytes, size_t len)
{
	void *copy = fuzz_alloc(len);

	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

/* A string, which ends at the first zero byte. */
static inline char *
fuzz_string(const void *bytes, size_t len)
{
	size_t string_len = len > 0 ? strnlen(bytes, len) : 0;
	char *copy = fuzz_alloc(string_len + 1);

	if (string_len > 0)
		memcpy(copy, bytes, string_len);
	copy[string_len] = '\0';
	return copy;
}

/* The next bytes of the input; fewer at its end. */
static inline Input
fuzz_take(Input *input, size_t len)
{
	Input piece = {input->bytes, len < input->len ? len : input->len};

	if (piece.len > 0)
		input->bytes += piece.len;
	input->len -= piece.len;
	return piece;
}

/* The next bytes as a number, 0 at the end of the input. */
static inline uint64_t
fuzz_take_number(Input *input, size_t bytes)
{
	Input piece = fuzz_take(input, bytes);
	uint64_t number = 0;

	for (size_t i = 0; i < piece.len; i++)
		number = number << 8 | piece.bytes[i];
	return number;
}

/* The next line, without its line feed. */
static inline Input
fuzz_take_line(Input *input)
{
	const uint8_t *end = input->len > 0 ? memchr(input->bytes, '\n', input->len) : NULL;
	Input line = fuzz_take(input, end == NULL ? input->len : (size_t) (end - input->bytes));

	fuzz_take(input, 1);
	return line;
}

#define MAX_GROUPS 16

/* A grammar as an extended regular expression: the second reader of a text. */
typedef struct Grammar
{
	const char *pattern;
	bool is_compiled;
	regex_t compiled;
	regmatch_t groups[MAX_GROUPS];
} Grammar;

/* Whether the whole text is of the grammar; what its groups hold is left in it. */
static inline bool
grammar_holds(Grammar *grammar, const void *text, size_t len)
{
	if (!grammar->is_compiled)
		must(regcomp(&grammar->compiled, grammar->pattern, REG_EXTENDED) == 0);
	grammar->is_compiled = true;
	if (len > 0 && memchr(text, '\0', len) != NULL)
		return false;
	return regexec(&grammar->compiled, fuzz_string(text, len), MAX_GROUPS, grammar->groups, 0) == 0;
}

static inline size_t
group_length(const Grammar *grammar, int group)
{
	return (size_t) (grammar->groups[group].rm_eo - grammar->groups[group].rm_so);
}

static inline bool
has_group(const Grammar *grammar, int group)
{
	return grammar->groups[group].rm_so >= 0;
}

/* A group of decimal digits, of which the grammar says that they are not many. */
static inline uint64_t
group_number(const Grammar *grammar, const void *text, int group)
{
	return strtoull((const char *) text + grammar->groups[group].rm_so, NULL, 10);
}

#endif /* MT_FUZZ_H */
