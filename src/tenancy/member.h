/*
 * tenancy/member.h
 *		Memberships, and the role names they hold.
 */
#ifndef MT_MEMBER_H
#define MT_MEMBER_H

#include "core/statement.h"
#include "utils/array.h"
#include "utils/uuid.h"

/*
 * One of the names that is no role of the tenant, or NULL when all are; those stay roles
 * under their names until this transaction ends.  Inside SPI.
 */
extern char *mt_member_unknown_role(const pg_uuid_t *tenant_id, ArrayType *names);

/* Whether one name is a role of the tenant, which it then stays as well. */
extern bool mt_member_is_role(const pg_uuid_t *tenant_id, const char *name);

/* P0002 unless all of the names are. */
extern void mt_member_require_roles(const pg_uuid_t *tenant_id, ArrayType *names);

/*
 * Run the statement by which memberships follow a role to the name that this transaction
 * gave it, as mt_execute_on_latest().  The rows it changes are asked for that name together in
 * the end, not one by one: 23503 where it is no role and some hold it.  Inside SPI.
 */
extern void mt_member_follow_role(MtStatement *statement, MtParameters *parameters,
								  const pg_uuid_t *tenant_id, const char *name);

/*
 * Lock a user and a tenant against removal until the transaction ends: before roles
 * and memberships, as the deletion of a tenant does.  P0002 unless both are there,
 * 55000 for a user that is deleted.  Inside SPI.
 */
extern void mt_member_require_user_and_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

/* The same, for what can be done to a deleted user too. */
extern void mt_member_lock_user_and_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

/* The same for the tenant alone, once the user is locked; false when there is none. */
extern bool mt_member_lock_tenant(const pg_uuid_t *tenant_id);

#endif /* MT_MEMBER_H */
