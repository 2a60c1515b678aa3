/*
 * access/role.h
 *		Roles of a tenant.
 */
#ifndef MT_ROLE_H
#define MT_ROLE_H

#include "access/authority.h"

/* What is about to be changed of a role. */
typedef enum MtRoleChange
{
	MT_ROLE_GRANTS, /* what it grants: others may do the same at once */
	MT_ROLE_NAME	/* its name, or that it is there: nobody gives it meanwhile */
} MtRoleChange;

/*
 * Lock a role, and its tenant before it, until the transaction ends; its tenant and its
 * name.  P0002 when it is not there, or not in the tenant that bounds the caller.
 * Inside SPI.
 */
extern pg_uuid_t mt_role_lock(const MtAuthority *authority, const pg_uuid_t *role_id,
							  MtRoleChange change, char **name);

/* A text array of a name, and of a second one unless it is NULL. */
extern ArrayType *mt_role_names(const char *first, const char *second);

#endif /* MT_ROLE_H */
