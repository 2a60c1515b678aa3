/*
 * test/fuzz/policy_document.c
 *		tenancy/policy_document against a second reader, which works from a table of what
 *		each key may be.
 */
#include "json.h"

#include <malloc.h>

#include "calendar.h"
#include "nodes/pg_list.h"

void *
repalloc(void *block, Size size)
{
	void *enlarged = fuzz_alloc(size);
	Size held = malloc_usable_size(block);

	memcpy(enlarged, block, held < size ? held : size);
	fuzz_free(block);
	return enlarged;
}

int
pg_mbcliplen(const char *text, int len, int limit)
{
	return len < limit ? len : limit;
}

List *
lappend(List *list, void *datum)
{
	int length = list == NULL ? 0 : list->length;
	List *longer = palloc0(sizeof(List));

	longer->type = T_List;
	longer->length = longer->max_length = length + 1;
	longer->elements = fuzz_alloc((size_t) (length + 1) * sizeof(ListCell));
	if (length > 0)
		memcpy(longer->elements, list->elements, (size_t) length * sizeof(ListCell));
	longer->elements[length].ptr_value = datum;
	return longer;
}

#include "tenancy/policy_address.c"
#include "tenancy/policy_date.c"
#include "tenancy/policy_document.c"

/* What doc/security-policy.md says of each key. */
typedef struct Documented
{
	const char *section;
	const char *name;
	char kind; /* boolean, integer, time, role names, addresses: b i t r a */
	int preset;
	int least;
	int most;
	MtAddressForm form;
} Documented;

static const Documented documented[] = {
	{"session", "maxConcurrentSessions", 'i', 3, 0, 1000000},
	{"session", "sessionTimeout", 'i', 3600, 1, 31536000},
	{"session", "extendOnActivity", 'b', 1},
	{"session", "requireMFA", 'b', 0},
	{"twoFactor", "required", 'b', 0},
	{"twoFactor", "graceLogins", 'i', 3, 0, 1000},
	{"twoFactor", "gracePeriodDays", 'i', 7, 0, 3650},
	{"twoFactor", "allowBackupCodes", 'b', 1},
	{"twoFactor", "allowRememberDevice", 'b', 0},
	{"twoFactor", "exemptRoles", 'r'},
	{"twoFactor", "enforcementDate", 't'},
	{"ipRestrictions", "enabled", 'b', 0},
	{"ipRestrictions", "allowedIPs", 'a', .form = MT_ADDRESS_ALONE},
	{"ipRestrictions", "allowedRanges", 'a', .form = MT_ADDRESS_RANGE},
	{"ipRestrictions", "blockList", 'a', .form = MT_ADDRESS_OR_RANGE},
};

static bool
is_text(const JsonbValue *value, int most)
{
	return value->type == jbvString && value->val.string.len > 0 && value->val.string.len <= most;
}

static const char *
text_of(const JsonbValue *value)
{
	return pnstrdup(value->val.string.val, value->val.string.len);
}

static bool
is_good_integer(const Documented *key, const JsonbValue *value, long long *number)
{
	char *end;

	if (value->type != jbvNumeric)
		return false;
	errno = 0;
	*number = strtoll((const char *) value->val.numeric, &end, 10);
	return *end == '\0' && errno == 0 && *number >= key->least && *number <= key->most;
}

static bool
is_good_list(const Documented *key, const JsonbValue *value)
{
	const Container *array = value->type == jbvBinary ? container_of(value->val.binary.data) : NULL;

	if (array == NULL || !(array->header & JB_FARRAY) ||
		array->count > (key->kind == 'r' ? 1000 : 10000))
		return false;
	for (int i = 0; i < array->count; i++)
	{
		MtAddressRange range;

		if (!is_text(&array->values[i], 100))
			return false;
		if (key->kind == 'a' &&
			mt_address_read(text_of(&array->values[i]), key->form, &range) != NULL)
			return false;
	}
	return true;
}

static bool
is_good_value(const Documented *key, const JsonbValue *value)
{
	long long number;
	TimestampTz time;

	switch (key->kind)
	{
		case 'b':
			return value->type == jbvBool;
		case 'i':
			return is_good_integer(key, value, &number);
		case 't':
			return value->type == jbvNull ||
				   (is_text(value, 100) && mt_date_read(text_of(value), &time));
		default:
			return is_good_list(key, value);
	}
}

static const Documented *
find_documented(const JsonbValue *section, const JsonbValue *name)
{
	for (size_t i = 0; i < lengthof(documented); i++)
	{
		if (strcmp(documented[i].section, text_of(section)) == 0 &&
			strcmp(documented[i].name, text_of(name)) == 0)
			return &documented[i];
	}
	return NULL;
}

static bool
is_good_section(const JsonbValue *name, const JsonbValue *value)
{
	const Container *section = value->type == jbvBinary ? container_of(value->val.binary.data)
														: NULL;
	const char *text = text_of(name);

	if (section == NULL || !(section->header & JB_FOBJECT) ||
		(strcmp(text, "session") != 0 && strcmp(text, "twoFactor") != 0 &&
		 strcmp(text, "ipRestrictions") != 0))
		return false;
	for (int i = 0; i < section->count; i++)
	{
		const Documented *key = find_documented(name, &section->names[i]);

		if (key == NULL || !is_good_value(key, &section->values[i]))
			return false;
	}
	return true;
}

static bool
is_good_policy(const JsonbValue *value)
{
	const Container *root = value->type == jbvBinary ? container_of(value->val.binary.data) : NULL;

	if (root == NULL || !(root->header & JB_FOBJECT))
		return false;
	for (int i = 0; i < root->count; i++)
	{
		if (!is_good_section(&root->names[i], &root->values[i]))
			return false;
	}
	return true;
}

/* The value of a documented key in a good policy, or NULL. */
static const JsonbValue *
value_of(const JsonbValue *value, const char *section, const char *name)
{
	const Container *root = container_of(value->val.binary.data);
	int at = find_name(root, section, (int) strlen(section));
	const Container *object;

	if (at < 0)
		return NULL;
	object = container_of(root->values[at].val.binary.data);
	at = find_name(object, name, (int) strlen(name));
	return at < 0 ? NULL : &object->values[at];
}

static void
must_be_number(const JsonbValue *value, const char *section, const char *name, int read)
{
	const JsonbValue *given = value_of(value, section, name);

	for (size_t i = 0; i < lengthof(documented); i++)
	{
		const Documented *key = &documented[i];
		long long expected = key->preset;

		if (strcmp(key->section, section) != 0 || strcmp(key->name, name) != 0)
			continue;
		if (given != NULL && key->kind == 'b')
			expected = given->val.boolean;
		else if (given != NULL)
			must(is_good_integer(key, given, &expected));
		must(read == expected);
		return;
	}
	must(!"the key is documented");
}

/* Every address that is listed under the key is in the set; how many there are. */
static int
must_hold_list(const JsonbValue *value, const char *name, const MtPolicyAddresses *set)
{
	const JsonbValue *given = value_of(value, "ipRestrictions", name);
	const Container *array;

	if (given == NULL)
		return 0;
	array = container_of(given->val.binary.data);
	for (int i = 0; i < array->count; i++)
	{
		MtAddressRange range;

		must(mt_address_read(text_of(&array->values[i]), MT_ADDRESS_OR_RANGE, &range) == NULL);
		must(mt_addresses_hold(set, &range));
		memcpy(range.first, range.last, sizeof(range.first));
		must(mt_addresses_hold(set, &range));
	}
	return array->count;
}

static void
must_be_read(const JsonbValue *value, const MtPolicy *policy)
{
	const JsonbValue *date = value_of(value, "twoFactor", "enforcementDate");
	const JsonbValue *roles = value_of(value, "twoFactor", "exemptRoles");
	const Container *names = roles == NULL ? NULL : container_of(roles->val.binary.data);
	TimestampTz time = DT_NOBEGIN;
	int allowed;

	must_be_number(value, "session", "maxConcurrentSessions", policy->max_concurrent_sessions);
	must_be_number(value, "session", "sessionTimeout", policy->session_timeout);
	must_be_number(value, "session", "extendOnActivity", policy->extend_on_activity);
	must_be_number(value, "session", "requireMFA", policy->require_mfa);
	must_be_number(value, "twoFactor", "required", policy->two_factor_required);
	must_be_number(value, "twoFactor", "graceLogins", policy->grace_logins);
	must_be_number(value, "twoFactor", "gracePeriodDays", policy->grace_period_days);
	must_be_number(value, "twoFactor", "allowBackupCodes", policy->allow_backup_codes);
	must_be_number(value, "twoFactor", "allowRememberDevice", policy->allow_remember_device);
	must_be_number(value, "ipRestrictions", "enabled", policy->restricts_addresses);

	if (date != NULL && date->type == jbvString)
		must(mt_date_read(text_of(date), &time));
	must(policy->enforcement_date == time);
	must(list_length(policy->exempt_roles) == (names == NULL ? 0 : names->count));
	for (int i = 0; i < list_length(policy->exempt_roles); i++)
		must(strcmp(list_nth(policy->exempt_roles, i), text_of(&names->values[i])) == 0);

	/* an empty set allows all, so it must not be empty by mistake */
	allowed = must_hold_list(value, "allowedIPs", &policy->allowed) +
			  must_hold_list(value, "allowedRanges", &policy->allowed);
	must((policy->allowed.count > 0) == (allowed > 0) && policy->allowed.count <= allowed);
	must((policy->blocked.count > 0) == (must_hold_list(value, "blockList", &policy->blocked) > 0));
}

static void
check(Input input)
{
	JsonbValue value;
	Jsonb *document = json_read(input, &value);
	MtPolicy policy;

	if (document == NULL)
		return;
	if (TRY())
	{
		mt_policy_read(document, &policy);
		must(is_good_policy(&value));
		must_be_read(&value, &policy);
	}
	else
	{
		must(backend_sqlstate == ERRCODE_INVALID_PARAMETER_VALUE);
		must(strncmp(backend_report, "invalid security policy: ", 25) == 0);
		must(!is_good_policy(&value));
	}
}
