/*
 * session/context.h
 *		Who is asking: the user and the tenant of this transaction.
 *
 * To read it: mt_context_user_id() and mt_context_tenant_id() of core/settings.h.
 */
#ifndef MT_CONTEXT_H
#define MT_CONTEXT_H

#include "utils/uuid.h"

/*
 * Set both until the transaction ends, or the savepoint around it is rolled back; NULL
 * for none.  The caller has judged that the user may be it.
 */
extern void mt_context_set(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

#endif /* MT_CONTEXT_H */
