/*
 * identity/password.h
 *		Password hashes: made, verified, and judged outdated.
 *
 * Passwords and hashes are C strings in the encoding of the database.
 */
#ifndef MT_PASSWORD_H
#define MT_PASSWORD_H

#include "mb/pg_wchar.h"

/* A longer password is nobody's: it is wrong without being hashed. */
#define MT_MAX_PASSWORD_BYTES 4096

/*
 * Where a longer argument may be cut (at a character's boundary) and still be
 * longer than a password can be, so that the rest is not taken for one.
 */
#define MT_PASSWORD_CUT_BYTES (MT_MAX_PASSWORD_BYTES + MAX_MULTIBYTE_CHAR_LEN)

/* A longer text is no hash. */
#define MT_MAX_PASSWORD_HASH_BYTES 1024

/*
 * Is it the password that was hashed?  A NULL password is a wrong one.  A NULL
 * hash, of a user who is not known or has no password, is matched by nothing,
 * after the work of verifying against a hash of today's settings.  Raises
 * 22023 for a hash of unknown format, 22P02 for a malformed one, 54000 for one
 * whose own cost is over the bounds.
 */
extern bool mt_password_check(const char *password, const char *hash);

/*
 * Can the hash be verified at all: a known format, well formed, within the bounds?
 * For a stored one, which a sign-in must not fail on.
 */
extern bool mt_password_is_usable(const char *hash);

/*
 * Does the hash, which the password matches, hold all of it?  bcrypt holds 72 bytes:
 * what was typed after them may be anything, and is not to be made the password.
 */
extern bool mt_password_is_whole(const char *password, const char *hash);

/*
 * Should the hash be replaced, because its algorithm or its cost is not what
 * the settings ask today?  Raises 22023 and 22P02 like mt_password_check.
 */
extern bool mt_password_is_outdated(const char *hash);

/* Will mt_password_hash take the password?  "algorithm" is an MtAlgorithm. */
extern bool mt_password_is_hashable(const char *password, int algorithm);

/*
 * The password in UTF-8, which is what other systems hash, and what keeps a hash valid
 * when the database is moved to another encoding.  The argument itself when there is
 * nothing to convert, or no way to.  mt_password_forget() wipes it.
 */
extern char *mt_password_in_utf8(const char *password);
extern void mt_password_forget(char *converted, const char *password);

/*
 * A new hash by today's settings, in the current memory context.  Raises 54000
 * for a password over multitenant.password_max_length, and for one that bcrypt
 * would cut.
 */
extern char *mt_password_hash(const char *password, int algorithm);

/*
 * The same for a password that is known to be hashable and for whom a failure must not
 * be an error: NULL when there is no memory for the computation, or its library fails.
 */
extern char *mt_password_try_hash(const char *password, int algorithm);

/* Raises 22023 with the problems of a password, if it has any; "email" may be NULL. */
extern void mt_password_require_acceptable(const char *password, const char *email);

#endif /* MT_PASSWORD_H */
