/*
 * session/caller.c
 *		Whether whoever calls is trusted to say who is asking.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "core/foreign_function.h"
#include "miscadmin.h"
#include "session/caller.h"
#include "utils/acl.h"

/*
 * Judged by the role outside of our SECURITY DEFINER function, as SET ROLE set it: one
 * that may choose the acting user has nothing to gain from going round the bounds.  But
 * not where the server runs code of a table's owner for somebody else, whose rights are
 * not its own then: an index expression in REINDEX or in autovacuum's ANALYZE, a trigger
 * below a referential action, or what runs as another owner below a statement of ours.
 */
bool
mt_caller_is_client(void)
{
	Oid types[] = {UUIDOID, UUIDOID};
	Oid role = mt_foreign_function_role();

	if (!OidIsValid(role))
		role = GetOuterUserId();
	return InSecurityRestrictedOperation() || InNoForceRLSOperation() ||
		   object_aclcheck(ProcedureRelationId, mt_function_oid("set_context", 2, types), role,
						   ACL_EXECUTE) != ACLCHECK_OK;
}
