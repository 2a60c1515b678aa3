/*
 * session/context.c
 *		Who is asking: the user and the tenant of this transaction.
 *
 * The values are the settings multitenant.user_id and multitenant.tenant_id,
 * which core/settings.c parses when they are assigned.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/settings.h"

MT_FUNCTION_INFO_V1(mt_current_user_id);
MT_FUNCTION_INFO_V1(mt_current_tenant_id);

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
	PG_RETURN_DATUM(mt_uuid_result(tenant_id));
}
