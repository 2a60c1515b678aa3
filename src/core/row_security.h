/*
 * core/row_security.h
 *		Whether row-level security on the extension's own tables is what the record says.
 */
#ifndef MT_ROW_SECURITY_H
#define MT_ROW_SECURITY_H

#include "access/htup.h"

/* The table of which a row says that row-level security is to be on. */
#define MT_ROW_SECURITY_TABLE "RowSecurity"

/* The policy of each of our tables for all but administrators. */
#define MT_ROW_SECURITY_POLICY "multitenant_read"

/*
 * 55000 when row-level security is recorded as enabled and one of our tables is without,
 * as a restored dump leaves them.  Called before a context is set; needs no rights on the
 * tables, and costs nothing until one of them changes.
 */
extern void mt_require_row_security(void);

/*
 * A copy of the row of pg_policy of a table's policy, or of any of its policies where the
 * name is NULL; NULL when there is none.  As of now and not of the snapshot.
 */
extern HeapTuple mt_policy_row(Oid table, const char *name);

/* Called once, from _PG_init(). */
extern void mt_row_security_init(void);

#endif /* MT_ROW_SECURITY_H */
