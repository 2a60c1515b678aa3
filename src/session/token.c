/*
 * session/token.c
 *		The rows of "OAuthTokens".
 *
 * What ends them looks at the latest there is: in a transaction with one snapshot a session
 * that was made since would outlive the password, the membership or the status that ends.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/settings.h"
#include "core/statement.h"
#include "session/token.h"

static uint64
revoke_but(const pg_uuid_t *user_id, const pg_uuid_t *session_id)
{
	static MtStatement revoke = {
		.sql = "UPDATE multitenant.\"OAuthTokens\" SET revoked = true, "
			   "\"revokedAt\" = pg_catalog.clock_timestamp(), "
			   "\"revokedBy\" = (SELECT id FROM multitenant.\"Users\" WHERE id = $2) "
			   "WHERE \"userId\" = $1 AND NOT revoked AND id IS DISTINCT FROM $3"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, mt_context_user_id());
	mt_add_uuid(&parameters, session_id);
	mt_devices_forget(user_id, NULL);
	return mt_execute_on_latest(&revoke, &parameters);
}

uint64
mt_tokens_revoke(const pg_uuid_t *user_id)
{
	return revoke_but(user_id, NULL);
}

uint64
mt_tokens_revoke_others(const pg_uuid_t *user_id)
{
	return revoke_but(user_id, mt_context_session_id());
}

uint64
mt_devices_forget(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement forget = {
		.sql = "DELETE FROM multitenant.\"RememberedDevices\" WHERE \"userId\" = $1 "
			   "AND ($2 IS NULL OR \"tenantId\" = $2)"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	return mt_execute_on_latest(&forget, &parameters);
}

uint64
mt_tokens_revoke_in_tenant(const pg_uuid_t *user_id, const pg_uuid_t *tenant_id)
{
	static MtStatement revoke = {
		.sql = "UPDATE multitenant.\"OAuthTokens\" t SET revoked = true, "
			   "\"revokedAt\" = pg_catalog.clock_timestamp(), "
			   "\"revokedBy\" = (SELECT id FROM multitenant.\"Users\" WHERE id = $3) "
			   "FROM multitenant.\"OAuthClients\" c WHERE c.id = t.\"clientId\" "
			   "AND c.\"tenantId\" = $2 AND t.\"userId\" = $1 AND NOT t.revoked"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_uuid(&parameters, mt_context_user_id());
	mt_devices_forget(user_id, tenant_id);
	return mt_execute_on_latest(&revoke, &parameters);
}
