/*
 * tenancy/feature.c
 *		What a tenant has switched on.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/statement.h"
#include "utils/builtins.h"

#define MAX_FEATURE_BYTES 1024

MT_FUNCTION_INFO_V1(mt_tenant_has_feature);

/*
 * SQL: multitenant.tenant_has_feature(tenant_id uuid, feature text) returns boolean
 *
 * False for whatever is not known, never null: a name that "featureFlags" has is decided
 * there, whatever stands there; another by "features".
 */
Datum
mt_tenant_has_feature(PG_FUNCTION_ARGS)
{
	static MtStatement find = {
		.sql = "SELECT setting = 'true'::pg_catalog.jsonb OR "
			   "setting -> 'enabled' = 'true'::pg_catalog.jsonb FROM "
			   "(SELECT coalesce(\"featureFlags\" -> $2, features -> $2) AS setting "
			   "FROM multitenant.\"Tenants\" WHERE id = $1 AND status = 'active') AS tenant"};
	MtParameters parameters = {0};
	text *feature;
	bool has_it;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	feature = mt_bounded_text(fcinfo, 1, MAX_FEATURE_BYTES);
	if (feature == NULL)
		PG_RETURN_BOOL(false);

	SPI_connect();
	mt_add_uuid(&parameters, PG_GETARG_UUID_P(0));
	mt_add_text(&parameters, text_to_cstring(feature));
	has_it = mt_query(&find, &parameters) > 0 && mt_column_boolean(1);
	SPI_finish();
	PG_RETURN_BOOL(has_it);
}
