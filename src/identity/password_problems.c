/*
 * identity/password_problems.c
 *		What speaks against a new password (NIST SP 800-63B-4, section 3.1.1).
 *
 * Length and a list of what everybody tries; no rules on kinds of characters,
 * which that section forbids.  Each code point counts as one character.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_type.h"
#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "identity/blocklist.h"
#include "identity/common_passwords.h"
#include "identity/password.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"


/* An address longer than RFC 5321 allows names no mailbox. */
#define MAX_EMAIL_BYTES 320

/* A shorter name stands in too many passwords by chance. */
#define MIN_MAILBOX_BYTES 4

#define MAX_PROBLEMS 4

typedef struct Problems
{
	const char *names[MAX_PROBLEMS];
	int count;
} Problems;

/*
 * Is a password one of the list that is built in, in whatever case, or of the
 * administrator's as it is?
 */
static bool
is_common(const char *password)
{
	char *converted;
	bool found;

	for (size_t i = 0; i < lengthof(common_passwords); i++)
	{
		if (pg_strcasecmp(password, common_passwords[i]) == 0) /* banned-ok: its owner asks */
			return true;
	}
	converted = mt_password_in_utf8(password);
	found = mt_blocklist_contains(converted);
	mt_password_forget(converted, password);
	return found;
}

/*
 * Does a password contain the name of the mailbox, in whatever case: what stands
 * before the "@", up to the "+" of a subaddress?  Of a short name the whole address.
 */
static bool
contains_mailbox(const char *password, const char *email)
{
	Size len = strcspn(email, "@+");

	if (len < MIN_MAILBOX_BYTES)
		len = strlen(email);
	if (len < MIN_MAILBOX_BYTES)
		return false;
	for (const char *at = password; *at != '\0'; at++)
	{
		if (pg_strncasecmp(at, email, len) == 0)
			return true;
	}
	return false;
}

/* "email" may be NULL. */
static Problems
find_problems(const char *password, const char *email)
{
	Problems problems = {.count = 0};

	/* what is too long is not read any further */
	if (!mt_password_is_hashable(password, mt_password_algorithm))
	{
		problems.names[problems.count++] = "too_long";
		return problems;
	}
	if (pg_mbstrlen(password) < mt_password_min_length)
		problems.names[problems.count++] = "too_short";
	if (is_common(password))
		problems.names[problems.count++] = "too_common";
	if (email != NULL && contains_mailbox(password, email))
		problems.names[problems.count++] = "contains_email";
	return problems;
}

void
mt_password_require_acceptable(const char *password, const char *email)
{
	Problems problems = find_problems(password, email);
	StringInfoData list;

	if (problems.count == 0)
		return;
	initStringInfo(&list);
	for (int i = 0; i < problems.count; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", problems.names[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("password is not acceptable"),
			 errdetail("Problems: %s.", list.data),
			 errhint("See multitenant.password_problems().")));
}

/* SQL: multitenant.password_problems(password text, email text) returns text[] */
MT_SECRET_FUNCTION(mt_password_problems)
{
	char *password = mt_truncated_text(fcinfo, 0, MT_PASSWORD_CUT_BYTES);
	char *email = mt_truncated_text(fcinfo, 1, MAX_EMAIL_BYTES);
	Problems problems;
	Datum names[MAX_PROBLEMS];

	if (password == NULL)
		PG_RETURN_NULL();
	problems = find_problems(password, email);
	for (int i = 0; i < problems.count; i++)
		names[i] = CStringGetTextDatum(problems.names[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, problems.count, TEXTOID, -1, false, TYPALIGN_INT));
}
