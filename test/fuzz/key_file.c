/*
 * test/fuzz/key_file.c
 *		core/key_file: the content of the file against its grammar.
 */
#include "backend.h"

#include "core/key_file.c"

char *mt_key_file = NULL;

/* The value of two hexadecimal digits. */
static unsigned
byte_of(const char *digits)
{
	char pair[3] = {digits[0], digits[1], '\0'};

	return (unsigned) strtoul(pair, NULL, 16);
}

/* The key of a line that is of the grammar was taken over. */
static void
must_be_found(const char *line, size_t id_len)
{
	const MtKey *key = mt_keys_find(line, id_len);

	must(key != NULL && strlen(key->id) == id_len && memcmp(key->id, line, id_len) == 0);
	for (int i = 0; i < MT_KEY_BYTES; i++)
		must(key->bytes[i] == byte_of(line + id_len + 1 + 2 * i));
	must(mt_keys_newest() >= key);
}

static void
check(Input input)
{
	static Grammar grammar = {.pattern = "^([A-Za-z0-9_-]{1,32}) [0-9A-Fa-f]{64}$"};
	char *content = fuzz_copy(input.bytes, input.len);
	const char *problem;
	int lines = 0;

	forget_keys();
	problem = read_content(content, input.len);
	must(key_count <= MAX_KEYS);
	while (input.len > 0 && problem == NULL)
	{
		Input line = fuzz_take_line(&input);

		if (line.len == 0 || line.bytes[0] == '#')
			continue;
		must(grammar_holds(&grammar, line.bytes, line.len));
		must_be_found((const char *) line.bytes, group_length(&grammar, 1));
		lines++;
	}
	/* one key a line: none was taken for another, none is twice there */
	if (problem == NULL)
		must(lines == key_count && lines > 0);
	forget_keys();
	for (size_t i = 0; i < sizeof(keys); i++)
		must(((const uint8_t *) keys)[i] == 0);
}
