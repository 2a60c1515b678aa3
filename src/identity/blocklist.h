/*
 * identity/blocklist.h
 *		Passwords that were in breaches: a file that the administrator provides.
 */
#ifndef MT_BLOCKLIST_H
#define MT_BLOCKLIST_H

/*
 * Is a password, in UTF-8, in the file of multitenant.password_blocklist_file?  False
 * when none is set.  Raises F0000 when the file cannot be read or is not of its form:
 * a list that cannot be asked accepts nothing.
 */
extern bool mt_blocklist_contains(const char *password);

#endif /* MT_BLOCKLIST_H */
