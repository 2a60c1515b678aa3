/*
 * tenancy/member.h
 *		Memberships, and the role names they hold.
 */
#ifndef MT_MEMBER_H
#define MT_MEMBER_H

#include "utils/array.h"
#include "utils/uuid.h"

/*
 * The first of the names that is no role of the tenant, or NULL when all are;
 * those that are stay roles under their names until this transaction ends.
 * Inside SPI.
 */
extern char *mt_member_unknown_role(const pg_uuid_t *tenant_id, ArrayType *names);

#endif /* MT_MEMBER_H */
