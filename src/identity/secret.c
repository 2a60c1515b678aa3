/*
 * identity/secret.c
 *		The second factor's secret, as the column "twoFactorSecret" keeps it.
 *
 * Sealed it is "mt1$<key id>$<base64 of nonce || ciphertext || tag>", AES-256-GCM with
 * a random nonce.  The id of its user is authenticated with it, so a sealed secret that
 * is moved to another row does not open there.  Base32 has no "$", so text of any other
 * form is a secret that was stored before there was a key.
 *
 * Nothing is ever overwritten that was not opened first, and no message holds a secret
 * or a part of a key.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/key_file.h"
#include "core/settings.h"
#include "core/statement.h"
#include "crypto/base64.h"
#include "crypto/seal.h"
#include "identity/secret.h"
#include "lib/stringinfo.h"
#include "records/audit.h"
#include "utils/builtins.h"

#define PREFIX "mt1$"
#define MAX_SECRET 1024 /* what the functions that take a base32 secret take */
#define MAX_SEALED (MAX_SECRET + MT_SEAL_OVERHEAD)
#define MAX_BATCH 100000

MT_FUNCTION_INFO_V1(mt_rewrap_secrets);

static const char purpose[] = "multitenant:Users.twoFactorSecret:";

/* What a secret is sealed for: its purpose and its user. */
typedef struct Owner
{
	uint8 bytes[sizeof(purpose) - 1 + UUID_LEN];
} Owner;

/* A stored text, taken apart. */
typedef struct Sealed
{
	const char *key_id;
	size_t key_id_len;
	const char *base64;
} Sealed;

static void
set_owner(Owner *owner, const pg_uuid_t *user_id)
{
	memcpy(owner->bytes, purpose, sizeof(purpose) - 1);
	memcpy(owner->bytes + sizeof(purpose) - 1, user_id->data, UUID_LEN);
}

static MtSealContext
context_of(const Owner *owner)
{
	return (MtSealContext){owner->bytes, sizeof(owner->bytes)};
}

static int
detail_user(const pg_uuid_t *user_id)
{
	return errdetail("It belongs to the user %s.", mt_uuid_text(user_id));
}

pg_noreturn static void
throw_no_key_file(void)
{
	mt_throw_wrong_state("multitenant.key_file is not set",
						 "Set it to the file of the keys that seal two-factor secrets.");
}

pg_noreturn static void
throw_unknown_key(const pg_uuid_t *user_id, const char *key_id, size_t len)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("two-factor secret is sealed with the key \"%.*s\", which the file of "
					"multitenant.key_file does not hold",
					(int) len, key_id),
			 detail_user(user_id),
			 errhint("Put the line of that key back into the file, before the newest one.")));
}

/* What is stored for this user was not sealed for it with that key, or was changed since. */
pg_noreturn static void
throw_does_not_open(const pg_uuid_t *user_id)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED), errmsg("sealed two-factor secret does not open"),
			 detail_user(user_id),
			 errhint("It was changed, moved here from another user, or sealed with another key "
					 "of the same id. The user can enrol anew.")));
}

static bool
is_sealed(const char *stored)
{
	return strncmp(stored, PREFIX, sizeof(PREFIX) - 1) == 0; /* banned-ok: reads a public prefix */
}

/* False when a text that begins as a sealed one does not go on as one. */
static bool
take_apart(const char *stored, Sealed *sealed)
{
	const char *end;

	sealed->key_id = stored + sizeof(PREFIX) - 1;
	end = strchr(sealed->key_id, '$');
	if (end == NULL)
		return false;
	sealed->key_id_len = end - sealed->key_id;
	sealed->base64 = end + 1;
	return mt_key_is_id(sealed->key_id, sealed->key_id_len);
}

static char *
seal(const pg_uuid_t *user_id, const char *secret, const MtKey *key)
{
	size_t len = strlen(secret);
	uint8 nonce[MT_SEAL_NONCE_BYTES];
	uint8 sealed[MAX_SEALED];
	char base64[MT_BASE64_LENGTH(MAX_SEALED) + 1];
	Owner owner;
	MtCryptoStatus status = MT_CRYPTO_TOO_LONG;

	if (!pg_strong_random(nonce, sizeof(nonce)))
		mt_throw_crypto(MT_CRYPTO_LIBRARY, "nonce");
	set_owner(&owner, user_id);
	if (len <= MAX_SECRET)
		status = mt_seal(key->bytes, nonce, context_of(&owner), (const uint8 *) secret, len,
						 sealed);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "two-factor secret");
	mt_base64_encode(sealed, len + MT_SEAL_OVERHEAD, base64);
	return psprintf(PREFIX "%s$%s", key->id, base64);
}

/* Open a sealed secret with the keys that are loaded. */
static char *
unseal(const pg_uuid_t *user_id, const char *stored)
{
	uint8 bytes[MAX_SEALED];
	size_t len;
	Sealed sealed;
	Owner owner;
	const MtKey *key;
	char *secret;
	MtCryptoStatus status;

	if (!take_apart(stored, &sealed))
		throw_does_not_open(user_id);
	key = mt_keys_find(sealed.key_id, sealed.key_id_len);
	if (key == NULL)
		throw_unknown_key(user_id, sealed.key_id, sealed.key_id_len);
	if (mt_base64_decode(sealed.base64, strlen(sealed.base64), bytes, sizeof(bytes), &len) !=
			MT_CRYPTO_OK ||
		len < MT_SEAL_OVERHEAD)
		throw_does_not_open(user_id);

	set_owner(&owner, user_id);
	secret = palloc(len - MT_SEAL_OVERHEAD + 1);
	status = mt_unseal(key->bytes, context_of(&owner), bytes, len, (uint8 *) secret);
	if (status == MT_CRYPTO_MALFORMED)
		throw_does_not_open(user_id);
	if (status != MT_CRYPTO_OK)
		mt_throw_crypto(status, "two-factor secret");
	secret[len - MT_SEAL_OVERHEAD] = '\0';
	return secret;
}

static void
warn_unsealed(void)
{
	static bool is_warned = false;

	if (is_warned)
		return;
	is_warned = true;
	ereport(WARNING,
			(errmsg("two-factor secrets are stored unencrypted"),
			 errhint("Set multitenant.key_file; multitenant.rewrap_secrets() then seals those "
					 "that are stored.")));
}

char *
mt_secret_seal(const pg_uuid_t *user_id, const char *secret)
{
	if (mt_keys_load())
		return seal(user_id, secret, mt_keys_newest());
	warn_unsealed();
	return pstrdup(secret);
}

char *
mt_secret_open(const pg_uuid_t *user_id, const char *stored)
{
	if (!is_sealed(stored))
		return pstrdup(stored);
	if (!mt_keys_load())
		throw_no_key_file();
	return unseal(user_id, stored);
}

/* Seal one user's stored secret under a key; the row is locked. */
static void
rewrap(const pg_uuid_t *user_id, char *stored, const MtKey *key)
{
	static MtStatement update = {
		.sql = "UPDATE multitenant.\"Users\" SET \"twoFactorSecret\" = $2 WHERE id = $1"};
	char *secret = is_sealed(stored) ? unseal(user_id, stored) : stored;
	MtParameters parameters = {0};

	mt_add_uuid(&parameters, user_id);
	mt_add_text(&parameters, seal(user_id, secret, key));
	explicit_bzero(secret, strlen(secret));
	mt_execute(&update, &parameters);
}

/*
 * Run one of the statements below, and rewrap what it finds.  The rows that somebody
 * else has locked are left out, so calls at once share the work.
 */
static int
rewrap_found(MtStatement *find, const MtKey *key, int limit)
{
	MtParameters parameters = {0};
	SPITupleTable *found;
	uint64 count;

	mt_add_text(&parameters, key->id);
	mt_add_integer(&parameters, limit);
	count = mt_execute(find, &parameters);
	found = SPI_tuptable;
	for (uint64 i = 0; i < count; i++)
	{
		bool is_null;
		Datum id = SPI_getbinval(found->vals[i], found->tupdesc, 1, &is_null);
		Datum stored = SPI_getbinval(found->vals[i], found->tupdesc, 2, &is_null);

		rewrap(DatumGetUUIDP(id), TextDatumGetCString(stored), key);
	}
	SPI_freetuptable(found);
	return (int) count;
}

/*
 * "part" is the comparison with the newest key's id: a "not equal" has no index, a
 * "less" and a "greater" have users_two_factor_key_idx.
 */
#define FIND(part)                                                                  \
	{                                                                               \
		.sql = "SELECT id, \"twoFactorSecret\" FROM multitenant.\"Users\" "         \
			   "WHERE \"twoFactorSecret\" IS NOT NULL AND pg_catalog.split_part("   \
			   "\"twoFactorSecret\", '$', 2) COLLATE pg_catalog.\"C\" " part " $1 " \
			   "ORDER BY pg_catalog.split_part(\"twoFactorSecret\", '$', 2) "       \
			   "COLLATE pg_catalog.\"C\" LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"    \
	}

/*
 * SQL: multitenant.rewrap_secrets(batch_size integer) returns bigint
 *
 * How many were sealed.  22023 batch_size out of range, 55000 without a key file, and
 * what mt_secret_open() raises: then the whole batch stays as it was.
 */
Datum
mt_rewrap_secrets(PG_FUNCTION_ARGS)
{
	static MtStatement find_before = FIND("<");
	static MtStatement find_behind = FIND(">");
	int limit;
	int count;
	MtKey key;

	if (PG_ARGISNULL(0))
		mt_throw_null_argument("batch_size");
	limit = PG_GETARG_INT32(0);
	if (limit < 1 || limit > MAX_BATCH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("batch_size must be between 1 and %d", MAX_BATCH)));
	if (!mt_keys_load())
		throw_no_key_file();

	key = *mt_keys_newest();
	SPI_connect();
	count = rewrap_found(&find_before, &key, limit);
	if (count < limit)
		count += rewrap_found(&find_behind, &key, limit - count);
	if (count > 0)
		mt_audit(&(MtAuditEvent){.event = "secrets.rewrapped",
								 .severity = "medium",
								 .details = {"count", psprintf("%d", count), "keyId", key.id}});
	SPI_finish();
	explicit_bzero(&key, sizeof(key));
	PG_RETURN_INT64(count);
}
