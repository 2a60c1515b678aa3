/*
 * test/fuzz/mailbox.c
 *		core/mailbox against the grammar of RFC 5321, section 4.1.2, with Dot-string and
 *		Domain alone, and the lengths of sections 4.5.3.1.1 to 4.5.3.1.3.
 */
#include "backend.h"

#include "core/mailbox.c"

#define ATEXT "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
#define LABEL "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

static void
check(Input input)
{
	static Grammar grammar = {.pattern = "^(" ATEXT "+(\\." ATEXT "+)*)@(" LABEL "(\\." LABEL
										 ")*)$"};
	char *email = fuzz_string(input.bytes, input.len);
	char *ascii = fuzz_string(input.bytes, input.len);
	bool is_good;

	/* RFC 6531, section 3.3: what is not ASCII may stand wherever a letter may */
	for (char *at = ascii; *at != '\0'; at++)
	{
		if (*at & 0x80)
			*at = 'x';
	}
	is_good = grammar_holds(&grammar, ascii, strlen(ascii)) && group_length(&grammar, 1) <= 64 &&
			  strlen(ascii) <= 254;
	must((email_problem(email) == NULL) == is_good);
	must(mt_email_to_record(email) == (is_good ? email : NULL));
}
