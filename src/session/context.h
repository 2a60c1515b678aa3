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
 * for none.  The caller has judged that the user may be it.  55000 when the transaction of
 * a client has been in another tenant.
 */
extern void mt_context_set(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

/* That both came from this session; after the above, which takes it back. */
extern void mt_context_set_session(const pg_uuid_t *session_id);

#endif /* MT_CONTEXT_H */
