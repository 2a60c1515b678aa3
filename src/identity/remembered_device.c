/*
 * identity/remembered_device.c
 *		Devices on which a user has shown the second factor and is not asked for it again.
 *
 * A device's token is good once: its use puts another in its place, by one conditional
 * UPDATE, so of two who present it at once one is asked for the second factor.  It counts
 * for one user and one tenant, and ends with the time it was given, with another password,
 * with the second factor, and with the user's being active (session/token.c).
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/settings.h"
#include "core/statement.h"
#include "identity/remembered_device.h"
#include "tenancy/handed_token.h"
#include "utils/timestamp.h"

char *
mt_device_remember(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, const MtOrigin *origin)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"RememberedDevices\" (token, \"userId\", \"tenantId\", "
			   "\"userAgent\", \"expiresAt\") VALUES ($1, $2, $3, $4, $5)"};
	char *token = mt_new_token(MT_TOKEN_DEVICE);
	MtParameters parameters = {0};

	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, origin->user_agent);
	mt_add_timestamp(&parameters,
					 GetCurrentTimestamp() + mt_remembered_device_lifetime * USECS_PER_SEC);
	mt_execute(&insert, &parameters);
	return token;
}

char *
mt_device_use(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, const char *token)
{
	static MtStatement replace = {
		.sql = "UPDATE multitenant.\"RememberedDevices\" SET token = $4, "
			   "\"lastUsedAt\" = pg_catalog.clock_timestamp() WHERE token = $1 "
			   "AND \"userId\" = $2 AND \"tenantId\" IS NOT DISTINCT FROM $3 "
			   "AND \"expiresAt\" > pg_catalog.clock_timestamp()"};
	char *next;
	MtParameters parameters = {0};

	if (token == NULL)
		return NULL;
	next = mt_new_token(MT_TOKEN_DEVICE);
	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, mt_hash_of(next));
	return mt_execute(&replace, &parameters) > 0 ? next : NULL;
}
