/*
 * test/fuzz/secret.c
 *		identity/secret: a stored secret, sealed or not, is opened or refused; what is
 *		sealed opens for its user alone.
 *
 * An input is a line that is stored as it is, and the rest, which is sealed.
 */
#include "backend.h"

#include "core/errors.c"
#include "identity/secret.c"

#include <openssl/rand.h>

static const MtKey the_key = {.id = "2026", .bytes = {1, 2, 3}};

ErrorContextCallback *error_context_stack = NULL;

bool
mt_keys_load(void)
{
	return true;
}

bool
mt_key_is_id(const char *text, size_t len)
{
	return len > 0 && len <= MT_KEY_MAX_ID && memchr(text, '$', len) == NULL;
}

const MtKey *
mt_keys_newest(void)
{
	return &the_key;
}

const MtKey *
mt_keys_find(const char *id, size_t len)
{
	return len == strlen(the_key.id) && memcmp(id, the_key.id, len) == 0 ? &the_key : NULL;
}

/* As many as asked for, and always others. */
bool
pg_strong_random(void *bytes, size_t len)
{
	return RAND_bytes(bytes, (int) len) == 1;
}

char *
mt_uuid_text(const pg_uuid_t *value)
{
	return fuzz_string("an id", 5);
}

static void
check(Input input)
{
	Input line = fuzz_take_line(&input);
	char *stored = fuzz_string(line.bytes, line.len);
	char *secret = fuzz_string(input.bytes, input.len);
	pg_uuid_t user = {.data = {1}};
	pg_uuid_t other = {.data = {2}};
	char *volatile sealed = NULL;

	/* nobody has the key, so nothing opens but what was never sealed */
	if (TRY())
		must(strcmp(mt_secret_open(&user, stored), stored) == 0 && strncmp(stored, "mt1$", 4) != 0);
	else
		must(strncmp(stored, "mt1$", 4) == 0 &&
			 (backend_sqlstate == ERRCODE_DATA_CORRUPTED ||
			  backend_sqlstate == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE));

	if (TRY())
		sealed = mt_secret_seal(&user, secret);
	else
		must(backend_sqlstate == ERRCODE_PROGRAM_LIMIT_EXCEEDED && strlen(secret) > MAX_SECRET);
	if (sealed == NULL)
		return;
	must(strlen(secret) <= MAX_SECRET);
	if (TRY())
		must(strcmp(mt_secret_open(&user, sealed), secret) == 0);
	else
		fuzz_fail(__FILE__, __LINE__, backend_report);
	if (TRY())
		must(mt_secret_open(&other, sealed) == NULL);
	else
		must(backend_sqlstate == ERRCODE_DATA_CORRUPTED);
}
