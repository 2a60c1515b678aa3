/*
 * identity/pgcrypto.h
 *		bcrypt, as the extension pgcrypto computes it.
 */
#ifndef MT_PGCRYPTO_H
#define MT_PGCRYPTO_H

/*
 * The bcrypt hash of a password by the setting that a hash or
 * mt_pgcrypto_new_setting begins with, in the current memory context: 60
 * characters of the setting's variant.  "setting" must be well formed.
 */
extern char *mt_pgcrypto_bcrypt(const char *password, const char *setting);

/* A setting with a new salt: $2b$, a cost of 4 to 16, 22 characters. */
extern char *mt_pgcrypto_new_setting(int cost);

#endif /* MT_PGCRYPTO_H */
