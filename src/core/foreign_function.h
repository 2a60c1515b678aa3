/*
 * core/foreign_function.h
 *		Whose rights a function of somebody else has below a statement of ours.
 */
#ifndef MT_FOREIGN_FUNCTION_H
#define MT_FOREIGN_FUNCTION_H

#include "core/compat.h"

/*
 * Around a statement of ours: triggers of other owners' tables, and functions of other
 * owners, run with the rights of that owner until the end.  The value is handed back to the
 * end, after an error too.
 */
extern Oid mt_foreign_functions_begin(void);
extern void mt_foreign_functions_end(Oid before);

/* The role that such a function runs as, of several the innermost; InvalidOid when none runs. */
extern Oid mt_foreign_function_role(void);

extern void mt_foreign_functions_init(void);

#endif /* MT_FOREIGN_FUNCTION_H */
