/*
 * core/foreign_trigger.h
 *		Whose rights a trigger of somebody else has below a statement of ours.
 */
#ifndef MT_FOREIGN_TRIGGER_H
#define MT_FOREIGN_TRIGGER_H

#include "core/compat.h"

/*
 * Around a statement of ours: trigger functions of other owners run with the rights of
 * their owner until the end.  The value is handed back to the end, after an error too.
 */
extern Oid mt_foreign_triggers_begin(void);
extern void mt_foreign_triggers_end(Oid before);

/* Whose such function is running, of several the innermost; InvalidOid when none is. */
extern Oid mt_foreign_trigger_owner(void);

extern void mt_foreign_triggers_init(void);

#endif /* MT_FOREIGN_TRIGGER_H */
