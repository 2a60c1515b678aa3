/*
 * session/context.c
 *		Who is asking: the user and the tenant of this transaction.
 *
 * The values are the settings multitenant.user_id and multitenant.tenant_id,
 * which core/settings.c parses when they are assigned.  An ordinary role cannot SET
 * them: only the functions here do, for this transaction alone, so that a pooler may
 * give the connection to someone else after it.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/row_security.h"
#include "core/settings.h"
#include "session/caller.h"
#include "session/context.h"
#include "storage/proc.h"
#include "tenancy/active_member.h"

MT_FUNCTION_INFO_V1(mt_current_user_id);
MT_FUNCTION_INFO_V1(mt_current_tenant_id);
MT_FUNCTION_INFO_V1(mt_set_context);
MT_FUNCTION_INFO_V1(mt_clear_context);

/* SQL: multitenant.current_user_id() returns uuid, NULL outside a context */
Datum
mt_current_user_id(PG_FUNCTION_ARGS)
{
	const pg_uuid_t *user_id = mt_context_user_id();

	if (user_id == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(mt_uuid_result(user_id)); /* the setting may change within the query */
}

/* SQL: multitenant.current_tenant_id() returns uuid, NULL outside a context */
Datum
mt_current_tenant_id(PG_FUNCTION_ARGS)
{
	const pg_uuid_t *tenant_id = mt_context_tenant_id();

	if (tenant_id == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(mt_uuid_result(tenant_id)); /* as above */
}

/* Local to the transaction, whatever the rights of the role that calls. */
static void
set_local(const char *setting, const pg_uuid_t *id)
{
	set_config_option(setting, id == NULL ? "" : mt_uuid_text(id), PGC_SUSET, PGC_S_SESSION,
					  GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * A query that is under way, or an open cursor, may have asked for the tenant and not yet
 * for what the user may do there, or the other way round: it would find the rows of one
 * tenant by the permissions in another.  So what a client sets stays in the first tenant
 * of its transaction, also when that was cleared or rolled back.
 */
static void
stay_in_tenant(const pg_uuid_t *tenant_id)
{
	static LocalTransactionId transaction = InvalidLocalTransactionId;
	static pg_uuid_t first_tenant;

	if (transaction != mt_local_transaction())
	{
		transaction = mt_local_transaction();
		first_tenant = *tenant_id;
	}
	else if (memcmp(tenant_id, &first_tenant, sizeof(pg_uuid_t)) != 0 && mt_caller_is_client())
		mt_throw_wrong_state("a transaction cannot go on in another tenant",
							 "Begin a new transaction.");
}

void
mt_context_set(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	if (user_id != NULL)
		mt_require_row_security();
	if (tenant_id != NULL)
		stay_in_tenant(tenant_id);
	set_local("multitenant.user_id", user_id);
	set_local("multitenant.tenant_id", tenant_id);
	set_local("multitenant.session_id", NULL);
}

void
mt_context_set_session(const pg_uuid_t *session_id)
{
	set_local("multitenant.session_id", session_id);
}

/*
 * SQL: multitenant.set_context(user_id uuid, tenant_id uuid) returns void
 *
 * For a trusted back end.  P0002 unless the user is active and, where a tenant is given,
 * its active member.
 */
Datum
mt_set_context(PG_FUNCTION_ARGS)
{
	pg_uuid_t *user_id = mt_required_uuid(fcinfo, 0, "user_id");
	pg_uuid_t *tenant_id = PG_ARGISNULL(1) ? NULL : PG_GETARG_UUID_P(1);

	if (tenant_id == NULL ? !mt_is_active_user(user_id)
						  : mt_active_member_roles(user_id, tenant_id) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg(tenant_id == NULL ? "no such active user"
										  : "the user is not an active member of the tenant")));
	mt_context_set(user_id, tenant_id);
	PG_RETURN_VOID();
}

/* SQL: multitenant.clear_context() returns void */
Datum
mt_clear_context(PG_FUNCTION_ARGS)
{
	mt_context_set(NULL, NULL);
	PG_RETURN_VOID();
}
