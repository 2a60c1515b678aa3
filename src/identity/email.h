/*
 * identity/email.h
 *		What an e-mail address has to look like: as everywhere (core/mailbox.h).
 */
#ifndef MT_EMAIL_H
#define MT_EMAIL_H

#include "core/mailbox.h"

#endif /* MT_EMAIL_H */
