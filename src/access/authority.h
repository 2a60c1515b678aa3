/*
 * access/authority.h
 *		What an untrusted caller may change: no more than the acting user holds.
 */
#ifndef MT_AUTHORITY_H
#define MT_AUTHORITY_H

#include "utils/array.h"
#include "utils/uuid.h"

/* The rights that bound a call; of a caller that is trusted, none do. */
typedef struct MtAuthority
{
	bool is_bounded;
	const char *permission; /* that the acting user must hold, or NULL for none */
	pg_uuid_t user_id;
	pg_uuid_t tenant_id;
} MtAuthority;

/*
 * Begin a change in a tenant, or in the acting one where "tenant_id" is NULL.  42501 for
 * a client unless it acts in that tenant and the acting user holds the permission there;
 * nothing of the tenant was looked at then.  Inside SPI.
 */
extern MtAuthority mt_authority(const char *permission, const pg_uuid_t *tenant_id);

/*
 * 42501 for a client unless the acting user still holds the permission, and everything
 * that would be given or taken: what the tenant's roles of these names grant, and the
 * permissions and scopes.  Each may be NULL for none.  As of now, also in a transaction
 * with one snapshot: call it once the rows are locked.  Inside SPI.
 */
extern void mt_authority_require(const MtAuthority *authority, ArrayType *roles,
								 ArrayType *permissions, ArrayType *scopes);

#endif /* MT_AUTHORITY_H */
