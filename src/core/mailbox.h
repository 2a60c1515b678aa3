/*
 * core/mailbox.h
 *		What an e-mail address has to look like.
 */
#ifndef MT_MAILBOX_H
#define MT_MAILBOX_H

#include "mb/pg_wchar.h"

#define MT_MAX_EMAIL_BYTES 254 /* RFC 5321 section 4.5.3.1.3, less the brackets */

/* Where a longer argument may be cut and still be too long. */
#define MT_EMAIL_CUT_BYTES (MT_MAX_EMAIL_BYTES + MAX_MULTIBYTE_CHAR_LEN)

/*
 * NULL when the text is an address that mail can be sent to, or what is wrong
 * with it, as a sentence for errdetail.
 */
extern const char *mt_email_problem(const char *email);

/*
 * What was typed as the address of nobody, for the records: NULL unless it looks like one,
 * for people type their password there.
 */
extern const char *mt_email_to_record(const char *email);

#endif /* MT_MAILBOX_H */
