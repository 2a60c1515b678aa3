/*
 * test/fuzz/policy_date.c
 *		tenancy/policy_date against its grammar and the calendar of libc.
 */
#include "calendar.h"

#include <time.h>

#include "tenancy/policy_date.c"

static Grammar grammar = {
	.pattern = "^([0-9]{4})-([0-9]{2})-([0-9]{2})([T ]([0-9]{2}):([0-9]{2})(:([0-9]{2})"
			   "(\\.([0-9]{1,9}))?)?(Z|([+-])([0-9]{2})(:([0-9]{2}))?)?)?$"};

static int
number_of(const char *text, int group)
{
	return has_group(&grammar, group) ? (int) group_number(&grammar, text, group) : 0;
}

static int64
fraction_of(const char *text)
{
	char digits[] = "000000";
	size_t len = has_group(&grammar, 10) ? group_length(&grammar, 10) : 0;

	if (len > 0)
		memcpy(digits, text + grammar.groups[10].rm_so, len < 6 ? len : 6);
	return strtoll(digits, NULL, 10);
}

/* Whether it is a time, and then which, by timegm(): it normalizes what is none. */
static bool
read_again(const char *text, TimestampTz *time)
{
	struct tm fields = {0};
	struct tm given;
	time_t seconds;
	int zone_hour;
	int zone_minute;

	if (!grammar_holds(&grammar, text, strlen(text)))
		return false;
	fields.tm_year = number_of(text, 1) - 1900;
	fields.tm_mon = number_of(text, 2) - 1;
	fields.tm_mday = number_of(text, 3);
	fields.tm_hour = number_of(text, 5);
	fields.tm_min = number_of(text, 6);
	fields.tm_sec = number_of(text, 8);
	given = fields;
	seconds = timegm(&fields);
	zone_hour = number_of(text, 13);
	zone_minute = number_of(text, 15);
	if (given.tm_year != fields.tm_year || given.tm_mon != fields.tm_mon ||
		given.tm_mday != fields.tm_mday || given.tm_hour != fields.tm_hour ||
		given.tm_min != fields.tm_min || given.tm_sec != fields.tm_sec || number_of(text, 1) == 0 ||
		zone_hour > 15 || zone_minute > 59)
		return false;

	if (has_group(&grammar, 12))
		seconds -= (text[grammar.groups[12].rm_so] == '-' ? -1 : 1) *
				   (zone_hour * 3600 + zone_minute * 60);
	*time = ((int64) seconds - INT64CONST(946684800)) * 1000000 + fraction_of(text);
	return true;
}

static void
check(Input input)
{
	char *text = fuzz_string(input.bytes, input.len);
	TimestampTz expected;
	TimestampTz time;
	bool is_good = read_again(text, &expected);

	must(mt_date_read(text, &time) == is_good);
	if (is_good)
		must(time == expected);
}
