/*
 * tenancy/policy_document.c
 *		"Tenants"."securityPolicy" as JSON: its keys, their types, ranges and defaults.
 *
 * The same reader is behind the CHECK of the column and behind the compiled policy, so
 * what one accepts the other understands.  A misspelt key would silently weaken a
 * policy, so a key that is not known is refused, and so is a null, but for the date
 * that may be one.
 *
 * Notes: what a CHECK calls must depend on its argument alone, so nothing here reads a
 * setting or a table.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/limits.h"
#include "mb/pg_wchar.h"
#include "tenancy/policy_date.h"
#include "tenancy/policy_document.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#define MAX_ADDRESSES 10000					   /* in one list */
#define MAX_NAMES 1000						   /* each is compared with each of a member's */
#define MAX_ENTRY_BYTES MT_MAX_ROLE_NAME_BYTES /* no address is longer */
#define MAX_SHOWN_BYTES 100
#define MAX_TIMEOUT (365 * SECS_PER_DAY)

MT_FUNCTION_INFO_V1(mt_check_security_policy);

typedef enum KeyKind
{
	KEY_BOOLEAN,
	KEY_INTEGER,
	KEY_DATE,
	KEY_NAMES,
	KEY_ADDRESSES
} KeyKind;

/* A key, and the field of MtPolicy it is read into. */
typedef struct Key
{
	const char *section;
	const char *name;
	KeyKind kind;
	size_t field;
	int default_value;
	int min;
	int max;
	MtAddressForm form;
} Key;

#define SESSION "session"
#define TWO_FACTOR "twoFactor"
#define IP_RESTRICTIONS "ipRestrictions"
#define BOOLEAN(field, value) KEY_BOOLEAN, offsetof(MtPolicy, field), value
#define INTEGER(field, value, min, max) KEY_INTEGER, offsetof(MtPolicy, field), value, min, max
#define ADDRESSES(field, form) KEY_ADDRESSES, offsetof(MtPolicy, field), 0, 0, 0, form

static const char *const sections[] = {SESSION, TWO_FACTOR, IP_RESTRICTIONS};

static const Key keys[] = {
	{SESSION, "maxConcurrentSessions", INTEGER(max_concurrent_sessions, 3, 0, 1000000)},
	{SESSION, "sessionTimeout", INTEGER(session_timeout, 3600, 1, MAX_TIMEOUT)},
	{SESSION, "extendOnActivity", BOOLEAN(extend_on_activity, true)},
	{SESSION, "requireMFA", BOOLEAN(require_mfa, false)},
	{TWO_FACTOR, "required", BOOLEAN(two_factor_required, false)},
	{TWO_FACTOR, "graceLogins", INTEGER(grace_logins, 3, 0, 1000)},
	{TWO_FACTOR, "gracePeriodDays", INTEGER(grace_period_days, 7, 0, 3650)},
	{TWO_FACTOR, "allowBackupCodes", BOOLEAN(allow_backup_codes, true)},
	{TWO_FACTOR, "allowRememberDevice", BOOLEAN(allow_remember_device, false)},
	{TWO_FACTOR, "exemptRoles", KEY_NAMES, offsetof(MtPolicy, exempt_roles)},
	{TWO_FACTOR, "enforcementDate", KEY_DATE, offsetof(MtPolicy, enforcement_date)},
	{IP_RESTRICTIONS, "enabled", BOOLEAN(restricts_addresses, false)},
	{IP_RESTRICTIONS, "allowedIPs", ADDRESSES(allowed, MT_ADDRESS_ALONE)},
	{IP_RESTRICTIONS, "allowedRanges", ADDRESSES(allowed, MT_ADDRESS_RANGE)},
	{IP_RESTRICTIONS, "blockList", ADDRESSES(blocked, MT_ADDRESS_OR_RANGE)},
};

pg_noreturn static void
throw_wrong(const char *path, const char *must_be)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid security policy: \"%s\" must be %s", path, must_be)));
}

pg_noreturn static void
throw_unknown(const char *section, const JsonbValue *name)
{
	int length = pg_mbcliplen(name->val.string.val, name->val.string.len, MAX_SHOWN_BYTES);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid security policy: unknown key \"%s%s%.*s\"", section,
					*section == '\0' ? "" : ".", length, name->val.string.val),
			 errhint("What the application keeps for itself belongs in \"settings\".")));
}

static bool
is_named(const JsonbValue *name, const char *wanted)
{
	return name->val.string.len == (int) strlen(wanted) &&
		   memcmp(name->val.string.val, wanted, name->val.string.len) == 0;
}

/* 22023 unless the key is one of the section's; the sections themselves are those of "". */
static void
require_known(const char *section, const JsonbValue *name)
{
	if (*section == '\0')
	{
		for (int i = 0; i < (int) lengthof(sections); i++)
		{
			if (is_named(name, sections[i]))
				return;
		}
	}
	for (int i = 0; i < (int) lengthof(keys); i++)
	{
		if (strcmp(keys[i].section, section) == 0 && is_named(name, keys[i].name))
			return;
	}
	throw_unknown(section, name);
}

static void
require_known_keys(const char *section, JsonbContainer *object)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			require_known(section, &value);
	}
}

/* NULL where the object has no such key. */
static JsonbValue *
member(JsonbContainer *object, const char *key)
{
	return object == NULL ? NULL
						  : getKeyJsonValueFromContainer(object, key, (int) strlen(key), NULL);
}

static void
read_integer(const Key *key, const char *path, const JsonbValue *value, int *field)
{
	char *text = NULL;

	if (value->type == jbvNumeric)
		text = DatumGetCString(
			DirectFunctionCall1(numeric_out, NumericGetDatum(value->val.numeric)));
	if (text == NULL || strlen(text) > 9 || strspn(text, "0123456789") != strlen(text))
		*field = -1;
	else
		*field = (int) strtol(text, NULL, 10);
	if (*field < key->min || *field > key->max)
		throw_wrong(path, psprintf("an integer from %d to %d", key->min, key->max));
}

/* A text that is not empty and has at most max_bytes. */
static char *
read_text(const char *path, const JsonbValue *value, int max_bytes)
{
	if (value->type != jbvString)
		throw_wrong(path, "a string");
	if (value->val.string.len == 0 || value->val.string.len > max_bytes)
		throw_wrong(path, psprintf("a string of 1 to %d bytes", max_bytes));
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static void
read_date(const char *path, const JsonbValue *value, TimestampTz *field)
{
	if (value->type == jbvNull)
		return;
	if (value->type != jbvString || value->val.string.len > MAX_SHOWN_BYTES ||
		!mt_date_read(pnstrdup(value->val.string.val, value->val.string.len), field))
		throw_wrong(path, "null or a date of ISO 8601, as 2026-01-31 or 2026-01-31T12:00:00Z");
}

static void
read_entry(const Key *key, const char *path, const JsonbValue *value, void *field)
{
	char *text = read_text(path, value, MAX_ENTRY_BYTES);

	if (key->kind == KEY_NAMES)
		*(List **) field = lappend(*(List **) field, text);
	else
	{
		MtPolicyAddresses *addresses = field;
		const char *must_be = mt_address_read(text, key->form,
											  &addresses->ranges[addresses->count++]);

		if (must_be != NULL)
			throw_wrong(path, must_be);
		pfree(text);
	}
}

/* Room for so many ranges more: two keys are read into one set. */
static void
enlarge(MtPolicyAddresses *addresses, int more)
{
	Size size = (addresses->count + more) * sizeof(MtAddressRange);

	addresses->ranges = addresses->ranges == NULL ? palloc(size)
												  : repalloc(addresses->ranges, size);
}

static void
read_list(const Key *key, const char *path, const JsonbValue *value, void *field)
{
	JsonbContainer *array = value->type == jbvBinary ? value->val.binary.data : NULL;
	int count = array == NULL ? 0 : JsonContainerSize(array);
	int max = key->kind == KEY_NAMES ? MAX_NAMES : MAX_ADDRESSES;

	if (array == NULL || !JsonContainerIsArray(array))
		throw_wrong(path, "an array");
	if (count > max)
		throw_wrong(path, psprintf("an array of at most %d entries", max));
	if (key->kind == KEY_ADDRESSES && count > 0)
		enlarge(field, count);
	for (int i = 0; i < count; i++)
	{
		char *entry_path = psprintf("%s[%d]", path, i);
		JsonbValue *entry = getIthJsonbValueFromContainer(array, i);

		read_entry(key, entry_path, entry, field);
		pfree(entry);
		pfree(entry_path);
	}
}

static void
read_key(const Key *key, const JsonbValue *value, MtPolicy *policy)
{
	void *field = (char *) policy + key->field;
	char *path = psprintf("%s.%s", key->section, key->name);

	switch (key->kind)
	{
		case KEY_BOOLEAN:
			if (value->type != jbvBool)
				throw_wrong(path, "true or false");
			*(bool *) field = value->val.boolean;
			break;
		case KEY_INTEGER:
			read_integer(key, path, value, field);
			break;
		case KEY_DATE:
			read_date(path, value, field);
			break;
		case KEY_NAMES:
		case KEY_ADDRESSES:
			read_list(key, path, value, field);
			break;
	}
	pfree(path);
}

static void
set_default(const Key *key, MtPolicy *policy)
{
	void *field = (char *) policy + key->field;

	if (key->kind == KEY_BOOLEAN)
		*(bool *) field = key->default_value != 0;
	else if (key->kind == KEY_INTEGER)
		*(int *) field = key->default_value;
	else if (key->kind == KEY_DATE)
		*(TimestampTz *) field = DT_NOBEGIN;
}

/* The object of a section, or NULL when there is none. */
static JsonbContainer *
section_of(JsonbContainer *document, const char *section)
{
	JsonbValue *value = member(document, section);

	if (value == NULL)
		return NULL;
	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		throw_wrong(section, "an object");
	return value->val.binary.data;
}

void
mt_policy_read(Jsonb *document, MtPolicy *policy)
{
	*policy = (MtPolicy){0};
	if (!JB_ROOT_IS_OBJECT(document))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid security policy: it must be an object")));
	require_known_keys("", &document->root);
	for (int i = 0; i < (int) lengthof(sections); i++)
	{
		JsonbContainer *section = section_of(&document->root, sections[i]);

		if (section != NULL)
			require_known_keys(sections[i], section);
	}
	for (int i = 0; i < (int) lengthof(keys); i++)
	{
		JsonbValue *value = member(section_of(&document->root, keys[i].section), keys[i].name);

		set_default(&keys[i], policy);
		if (value != NULL)
			read_key(&keys[i], value, policy);
	}
	mt_addresses_compile(&policy->allowed);
	mt_addresses_compile(&policy->blocked);
}

/*
 * SQL: multitenant.check_security_policy(policy jsonb) returns boolean
 *
 * True, or 22023 naming the key that is wrong.
 */
Datum
mt_check_security_policy(PG_FUNCTION_ARGS)
{
	MtPolicy policy;

	mt_policy_read(PG_GETARG_JSONB_P(0), &policy);
	PG_RETURN_BOOL(true);
}
