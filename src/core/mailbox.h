/*
 * core/mailbox.h
 *		What an e-mail address has to look like, and when two are the same.
 */
#ifndef MT_MAILBOX_H
#define MT_MAILBOX_H

#include "core/compat.h"
#include "mb/pg_wchar.h"

#define MT_MAX_EMAIL_BYTES 254 /* RFC 5321 section 4.5.3.1.3, less the brackets */

/* Where a longer argument may be cut and still be too long. */
#define MT_EMAIL_CUT_BYTES (MT_MAX_EMAIL_BYTES + MAX_MULTIBYTE_CHAR_LEN)

/* An argument that is such an address; 22023 when it is null or is none. */
extern char *mt_required_email(FunctionCallInfo fcinfo, int at, const char *name);

/*
 * What was typed as the address of nobody, for the records: NULL unless it looks like one,
 * for people type their password there.
 */
extern const char *mt_email_to_record(const char *email);

/*
 * The condition, in SQL, that two addresses are of one mailbox: the same but for the case
 * of ASCII letters.  On "Users".email the unique index users_email_lower_idx serves it.
 */
#define MT_SAME_MAILBOX(one, other)                         \
	"pg_catalog.lower(" one " COLLATE pg_catalog.\"C\") = " \
	"pg_catalog.lower(" other " COLLATE pg_catalog.\"C\")"

#endif /* MT_MAILBOX_H */
