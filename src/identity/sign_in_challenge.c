/*
 * identity/sign_in_challenge.c
 *		A sign-in whose password was right and that waits for the second factor.
 *
 * A challenge stands for the user, the tenant and the password that it was made for, and
 * for nothing else: what it lets go on is judged again when it does.  It is made and used
 * under the lock of the user's row.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/settings.h"
#include "core/statement.h"
#include "identity/sign_in_challenge.h"
#include "tenancy/handed_token.h"
#include "utils/timestamp.h"

char *
mt_challenge_issue(const MtAccount *account, const pg_uuid_t *tenant_id)
{
	static MtStatement forget = {
		.sql = "DELETE FROM multitenant.\"SignInChallenges\" WHERE \"userId\" = $1 "
			   "AND \"expiresAt\" <= pg_catalog.clock_timestamp()"};
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"SignInChallenges\" (token, \"userId\", \"tenantId\", "
			   "\"passwordFingerprint\", \"expiresAt\") VALUES ($1, $2, $3, $4, $5)"};
	char *token = mt_new_token(MT_TOKEN_CHALLENGE);
	MtParameters expired = {0};
	MtParameters parameters = {0};

	mt_add_uuid(&expired, &account->id);
	mt_execute(&forget, &expired);
	mt_add_text(&parameters, mt_hash_of(token));
	mt_add_uuid(&parameters, &account->id);
	mt_add_uuid(&parameters, tenant_id);
	mt_add_text(&parameters, mt_hash_of(account->hash));
	mt_add_timestamp(&parameters, GetCurrentTimestamp() + mt_challenge_lifetime * USECS_PER_SEC);
	mt_execute(&insert, &parameters);
	return token;
}

bool
mt_challenge_find(const char *token, MtChallenge *challenge)
{
	static MtStatement find = {
		.sql = "SELECT id, \"userId\", \"tenantId\", \"passwordFingerprint\"::pg_catalog.text, "
			   "\"expiresAt\" FROM multitenant.\"SignInChallenges\" WHERE token = $1"};
	MtParameters parameters = {0};

	mt_add_text(&parameters, mt_hash_of(token));
	if (mt_execute(&find, &parameters) == 0)
		return false;
	mt_column_uuid(1, &challenge->id);
	mt_column_uuid(2, &challenge->user_id);
	challenge->has_tenant = mt_column_uuid(3, &challenge->tenant_id);
	challenge->password_fingerprint = mt_column_text(4);
	challenge->expires_at = mt_column_timestamp(5);
	return true;
}

bool
mt_challenge_is_of_password(const MtChallenge *challenge, const MtAccount *account)
{
	const char *fingerprint = challenge->password_fingerprint;

	return account->hash != NULL &&
		   strcmp(fingerprint, mt_hash_of(account->hash)) == 0; /* banned-ok: both are stored */
}

bool
mt_challenge_use(const MtChallenge *challenge)
{
	static MtStatement use = {.sql = "DELETE FROM multitenant.\"SignInChallenges\" WHERE id = $1"};
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, &challenge->id);
	return mt_execute(&use, &parameters) > 0;
}
