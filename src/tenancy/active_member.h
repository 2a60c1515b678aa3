/*
 * tenancy/active_member.h
 *		Who counts: active users, and active members of active tenants.
 */
#ifndef MT_ACTIVE_MEMBER_H
#define MT_ACTIVE_MEMBER_H

#include "tenancy/policy.h"
#include "utils/array.h"
#include "utils/uuid.h"

/* Each reads under the active snapshot, by index scans, whatever the caller's rights are. */

/* Is there such a user, active and not deleted? */
extern bool mt_is_active_user(const pg_uuid_t *user_id);

/*
 * The role names (varchar[]) in the membership of an active user in an active tenant, a
 * copy; NULL for anyone else.
 */
extern ArrayType *mt_active_member_roles(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id);

/* The same with the tenant's policy (tenancy/policy.h) in "policy", for whom it returns roles. */
extern ArrayType *mt_active_member_roles_and_policy(const pg_uuid_t *user_id,
													const pg_uuid_t *tenant_id,
													const MtPolicy **policy);

#endif /* MT_ACTIVE_MEMBER_H */
