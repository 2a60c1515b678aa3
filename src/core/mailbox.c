/*
 * core/mailbox.c
 *		What an e-mail address has to look like.
 *
 * The form is RFC 5321's Mailbox with a Dot-string local part and a domain name,
 * with the non-ASCII characters that RFC 6531 allows.  Quoted local parts and
 * address literals, which nobody signs up with, are refused.  A domain needs no
 * dot: "localhost" and "invalid" are used in tests and for erased users.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/mailbox.h"

#define MAX_LOCAL_BYTES 64 /* RFC 5321 section 4.5.3.1.1 */
#define MAX_LABEL_BYTES 63 /* RFC 1035 section 2.3.4 */

static bool
is_alphanumeric(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* atext of RFC 5322 section 3.2.3 */
static bool
is_atom_character(unsigned char c)
{
	return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
is_local_part(const char *at, Size length)
{
	if (length == 0 || length > MAX_LOCAL_BYTES)
		return false;
	for (Size i = 0; i < length; i++)
	{
		bool is_edge = i == 0 || i == length - 1;

		if (at[i] == '.' ? (is_edge || at[i - 1] == '.') : !is_atom_character(at[i]))
			return false;
	}
	return true;
}

static bool
is_label(const char *at, Size length)
{
	if (length == 0 || length > MAX_LABEL_BYTES || at[0] == '-' || at[length - 1] == '-')
		return false;
	for (Size i = 0; i < length; i++)
	{
		if (at[i] != '-' && !is_alphanumeric(at[i]))
			return false;
	}
	return true;
}

static bool
is_domain(const char *at)
{
	for (;;)
	{
		Size length = strcspn(at, ".");

		if (!is_label(at, length))
			return false;
		if (at[length] == '\0')
			return true;
		at += length + 1;
	}
}

/*
 * NULL when the text is an address that mail can be sent to, or what is wrong
 * with it, as a sentence for errdetail.
 */
static const char *
email_problem(const char *email)
{
	const char *separator = strrchr(email, '@');

	if (strlen(email) > MT_MAX_EMAIL_BYTES)
		return "It is longer than 254 bytes.";
	if (separator == NULL)
		return "It has no \"@\".";
	if (!is_local_part(email, separator - email))
		return "The part before the \"@\" is not a mailbox name.";
	if (!is_domain(separator + 1))
		return "The part after the \"@\" is not a domain name.";
	return NULL;
}

const char *
mt_email_to_record(const char *email)
{
	return email != NULL && email_problem(email) == NULL ? email : NULL;
}

char *
mt_required_email(FunctionCallInfo fcinfo, int at, const char *name)
{
	char *email = mt_truncated_text(fcinfo, at, MT_EMAIL_CUT_BYTES);
	const char *problem;

	if (email == NULL)
		mt_throw_null_argument(name);
	problem = email_problem(email);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid e-mail address"),
				 errdetail("%s", problem)));
	return email;
}
