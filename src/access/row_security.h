/*
 * access/row_security.h
 *		Row-level security on the extension's own tables.
 */
#ifndef MT_ACCESS_ROW_SECURITY_H
#define MT_ACCESS_ROW_SECURITY_H

/*
 * Raise 42501 unless the caller owns the extension's tables, and keep out every other call
 * that changes who has access to them until the transaction ends.
 */
extern void mt_row_security_begin(void);

/*
 * Where row-level security is on: let those who may read the record of it read every
 * table, and no one else.  Called after a change of who that is.  Inside SPI.
 */
extern void mt_row_security_admit_readers(void);

#endif /* MT_ACCESS_ROW_SECURITY_H */
