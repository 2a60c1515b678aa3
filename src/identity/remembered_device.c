/*
 * identity/remembered_device.c
 *		Devices on which a user has shown the second factor and is not asked for it again.
 *
 * A device's token is good once: its use puts another in its place, by one conditional
 * UPDATE, so of two who present it at once one is asked for the second factor.  It counts
 * for one user and one tenant, and ends with the time it was given, with another password,
 * with the second factor, and with the user's being active (session/token.c).
 *
 * The tokens of a device begin alike, and that beginning, which is nowhere stored, gives
 * the id of its row.  So an earlier token is known again, however old: somebody held a
 * copy, and since it cannot be told who of the two goes on with the device, it is
 * forgotten (RFC 9700 section 4.14 does so with refresh tokens).
 */
#include "postgres.h"
#include "core/compat.h"

#include "access/xact.h"
#include "core/argument.h"
#include "core/settings.h"
#include "core/statement.h"
#include "identity/remembered_device.h"
#include "records/audit.h"
#include "tenancy/handed_token.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* What the tokens of a device share: 12 random bytes, with the prefix before them. */
#define SHARED_LENGTH (MT_TOKEN_PREFIX_LENGTH + 16)

/*
 * The id of the device whose tokens begin like this one: of the SHA-256 of what they share,
 * as a UUID of version 8 (RFC 9562 section 5.8).
 */
static pg_uuid_t
device_of(const char *token)
{
	char *hex = mt_hash_of(pnstrdup(token, SHARED_LENGTH));

	hex[12] = '8'; /* the version */
	hex[16] = '8'; /* the variant */
	hex[32] = '\0';
	return *DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(hex)));
}

char *
mt_device_remember(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, const MtOrigin *origin)
{
	static MtStatement insert = {
		.sql =
			"INSERT INTO multitenant.\"RememberedDevices\" (id, token, \"userId\", \"tenantId\", "
			"\"userAgent\", \"expiresAt\") VALUES ($1, $2, $3, $4, $5, $6)"};
	char *token = mt_new_token(MT_TOKEN_DEVICE);
	pg_uuid_t id = device_of(token);
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &id);
	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, origin->user_agent);
	mt_add_timestamp(&parameters,
					 GetCurrentTimestamp() + mt_remembered_device_lifetime * USECS_PER_SEC);
	mt_execute(&insert, &parameters);
	return token;
}

/* Put "next" in the place of a token that is good; false when it is not. */
static bool
replace(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, const char *token, const char *next)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"RememberedDevices\" SET token = $4, "
			   "\"lastUsedAt\" = pg_catalog.clock_timestamp() WHERE token = $1 "
			   "AND \"userId\" = $2 AND \"tenantId\" IS NOT DISTINCT FROM $3 "
			   "AND \"expiresAt\" > pg_catalog.clock_timestamp()"};
	MtParameters parameters = {0};

	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, mt_hash_of(next));
	return mt_execute(&update, &parameters) > 0;
}

/*
 * Forget the device whose token this was, if it was one.  Not when this statement came
 * within the grace of the last use: two tabs that begin at once present the same token, and
 * the second of them waits for the first for as long as that takes.
 */
static void
forget_copied(const pg_uuid_t *user_id, const char *token, const MtOrigin *origin)
{
	static MtStatement delete = {
		.sql = "DELETE FROM multitenant.\"RememberedDevices\" WHERE id = $1 AND token <> $2 "
			   "AND \"userId\" = $3 AND \"lastUsedAt\" < $4 RETURNING \"tenantId\""};
	pg_uuid_t id = device_of(token);
	pg_uuid_t tenant_id;
	bool has_tenant;
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &id);
	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_uuid(&parameters, user_id);
	mt_add_timestamp(&parameters,
					 GetCurrentStatementStartTimestamp() - mt_refresh_grace * USECS_PER_SEC);
	if (mt_execute(&delete, &parameters) == 0)
		return;
	has_tenant = mt_column_uuid(1, &tenant_id);
	mt_audit(&(MtAuditEvent){.event = "sign_in.device_token_reused",
							 .severity = "high",
							 .user_id = user_id,
							 .tenant_id = has_tenant ? &tenant_id : NULL,
							 .origin = origin,
							 .details = {"device", mt_uuid_text(&id)}});
}

char *
mt_device_use(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id, const char *token,
			  const MtOrigin *origin)
{
	char *next;

	if (token == NULL)
		return NULL;
	next = mt_new_token(MT_TOKEN_DEVICE);
	memcpy(next, token, SHARED_LENGTH);
	if (replace(user_id, tenant_id, token, next))
		return next;
	forget_copied(user_id, token, origin);
	return NULL;
}
