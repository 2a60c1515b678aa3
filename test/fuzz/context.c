/*
 * test/fuzz/context.c
 *		core/settings: the ids of a context, as they are assigned, and the other settings
 *		whose text is judged.
 */
#include "backend.h"

#include "core/settings.c"

char *GUC_check_errdetail_string = NULL;

void
pre_format_elog_string(int error, const char *domain)
{
}

char *
format_elog_string(const char *format, ...)
{
	return fuzz_string("", 0);
}

static void
check_id(const char *text)
{
	static Grammar grammar = {.pattern = "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-"
										 "[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"};
	bool is_id = grammar_holds(&grammar, text, strlen(text));
	char *value = unconstify(char *, text);
	const pg_uuid_t *id;
	char written[40];

	must(check_context(&value, NULL, PGC_S_SESSION) == (is_id || *text == '\0'));
	assign_tenant_id(text, NULL);
	id = mt_context_tenant_id();
	must((id != NULL) == is_id);
	if (id == NULL)
		return;
	snprintf(written, sizeof(written),
			 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id->data[0],
			 id->data[1], id->data[2], id->data[3], id->data[4], id->data[5], id->data[6],
			 id->data[7], id->data[8], id->data[9], id->data[10], id->data[11], id->data[12],
			 id->data[13], id->data[14], id->data[15]);
	must(strcasecmp(written, text) == 0);
	assign_tenant_id("", NULL);
	must(mt_context_tenant_id() == NULL);
}

static void
check(Input input)
{
	static Grammar issuer = {.pattern = "^[^:\x01-\x1f\x7f]+$"};
	char *text = fuzz_string(input.bytes, input.len);

	check_id(text);
	must(check_totp_issuer(&text, NULL, PGC_S_SESSION) ==
		 (grammar_holds(&issuer, text, strlen(text)) && strlen(text) <= MT_MAX_TOTP_ISSUER_BYTES));
	must(check_file(&text, NULL, PGC_S_SESSION) == (*text == '\0' || *text == '/'));
}
