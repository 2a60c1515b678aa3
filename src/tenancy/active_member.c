/*
 * tenancy/active_member.c
 *		Who counts: active users, and active members of active tenants.
 *
 * The first three conditions of every check; the fourth, what the roles grant, is
 * that of access/check.c.
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/htup_details.h"
#include "core/lookup.h"
#include "core/own_oids.h"
#include "tenancy/active_member.h"

bool
mt_is_active_user(const pg_uuid_t *user_id)
{
	const MtOwnOids *own = mt_own_oids();
	MtLookup lookup = {0};
	HeapTuple row;
	bool is_active = false;

	mt_lookup_by_uuid(&lookup, own->user_id, user_id);
	mt_lookup_begin(&lookup, &own->users);
	row = mt_lookup_next(&lookup);
	if (HeapTupleIsValid(row) && DatumGetObjectId(mt_lookup_column(&lookup, row, own->user_status,
																   NULL)) == own->active_user)
		mt_lookup_column(&lookup, row, own->user_deleted_at, &is_active);
	mt_lookup_end(&lookup);
	return is_active;
}

/* "policy" is NULL for whoever does not ask. */
static bool
is_active_tenant(const pg_uuid_t *tenant_id, const MtPolicy **policy)
{
	const MtOwnOids *own = mt_own_oids();
	MtLookup lookup = {0};
	HeapTuple row;
	bool is_active;

	mt_lookup_by_uuid(&lookup, own->tenant_id, tenant_id);
	mt_lookup_begin(&lookup, &own->tenants);
	row = mt_lookup_next(&lookup);
	is_active = HeapTupleIsValid(row) &&
				DatumGetObjectId(mt_lookup_column(&lookup, row, own->tenant_status, NULL)) ==
					own->active_tenant;
	if (is_active && policy != NULL)
		*policy = mt_policy_of_value(tenant_id,
									 (struct varlena *) DatumGetPointer(
										 mt_lookup_column(&lookup, row, own->tenant_policy, NULL)));
	mt_lookup_end(&lookup);
	return is_active;
}

/* The membership is asked first: most who are refused have none. */
ArrayType *
mt_active_member_roles_and_policy(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id,
								  const MtPolicy **policy)
{
	const MtOwnOids *own = mt_own_oids();
	MtLookup lookup = {0};
	HeapTuple row;
	ArrayType *roles = NULL;

	mt_lookup_by_uuid(&lookup, own->member_user, user_id);
	mt_lookup_by_uuid(&lookup, own->member_tenant, tenant_id);
	mt_lookup_begin(&lookup, &own->members);
	row = mt_lookup_next(&lookup);
	if (HeapTupleIsValid(row))
		roles = DatumGetArrayTypePCopy(mt_lookup_column(&lookup, row, own->member_roles, NULL));
	mt_lookup_end(&lookup);

	if (roles == NULL || !mt_is_active_user(user_id) || !is_active_tenant(tenant_id, policy))
		return NULL;
	return roles;
}

ArrayType *
mt_active_member_roles(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	return mt_active_member_roles_and_policy(user_id, tenant_id, NULL);
}
