/*
 * identity/email.h
 *		What an e-mail address has to look like: as everywhere (core/mailbox.h).
 */
#ifndef MT_EMAIL_H
#define MT_EMAIL_H

#include "core/mailbox.h"

/*
 * The condition, in SQL, that two addresses are of one mailbox: the same but for the case
 * of ASCII letters.  On "Users".email the unique index users_email_lower_idx serves it.
 */
#define MT_SAME_MAILBOX(one, other)                         \
	"pg_catalog.lower(" one " COLLATE pg_catalog.\"C\") = " \
	"pg_catalog.lower(" other " COLLATE pg_catalog.\"C\")"

#endif /* MT_EMAIL_H */
