/*
 * test/fuzz/backup_code.c
 *		identity/backup_code: a code as it is typed against its grammar.
 */
#include "backend.h"

#include "identity/backup_code.c"

static void
check(Input input)
{
	static Grammar grammar = {.pattern = "^([ -]*[0-9A-TV-Za-tv-z]){16}[ -]*$"};
	char *typed = fuzz_string(input.bytes, input.len);
	char *hash = mt_backup_code_hash(typed);
	char code[CODE_LENGTH + 1] = "";
	char shown[SHOWN_LENGTH + 1];
	int len = 0;

	/* every letter but U; Crockford reads I and L as 1, O as 0 */
	must((hash != NULL) == grammar_holds(&grammar, typed, strlen(typed)));
	if (hash == NULL)
		return;
	must(strlen(hash) == MT_SHA256_HEX_LENGTH);
	for (const char *at = typed; *at != '\0'; at++)
	{
		if (*at == '-' || *at == ' ')
			continue;
		code[len] = (char) toupper((unsigned char) *at);
		if (code[len] == 'O')
			code[len] = '0';
		if (code[len] == 'I' || code[len] == 'L')
			code[len] = '1';
		len++;
	}
	group(code, shown);
	must(strcmp(mt_backup_code_hash(fuzz_string(shown, strlen(shown))), hash) == 0);
	must(strcmp(hash_of(code), hash) == 0);
}
