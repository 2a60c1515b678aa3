#include "postgres.h"
#include "core/compat.h"
#include "identity/secret.h"
char *
mt_secret_seal(const pg_uuid_t *user_id, const char *secret)
{
	return pstrdup(secret);
}
char *
mt_secret_open(const pg_uuid_t *user_id, const char *stored)
{
	return pstrdup(stored);
}
