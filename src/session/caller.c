/*
 * session/caller.c
 *		Whether whoever calls is trusted to say who is asking.
 */
#include "postgres.h"
#include "core/compat.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "core/catalog.h"
#include "miscadmin.h"
#include "session/caller.h"
#include "utils/acl.h"

/*
 * Judged by the role outside of our SECURITY DEFINER function, as SET ROLE set it: one
 * that may choose the acting user has nothing to gain from going round the bounds.  But
 * not where the server runs code of a table's owner for whoever maintains the table (an
 * index expression in REINDEX or in autovacuum's ANALYZE): the rights are not its own then.
 */
bool
mt_caller_is_client(void)
{
	Oid types[] = {UUIDOID, UUIDOID};

	return InSecurityRestrictedOperation() ||
		   object_aclcheck(ProcedureRelationId, mt_function_oid("set_context", 2, types),
						   GetOuterUserId(), ACL_EXECUTE) != ACLCHECK_OK;
}
