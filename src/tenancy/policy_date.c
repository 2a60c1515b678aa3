/*
 * tenancy/policy_date.c
 *		A point in time as ISO 8601 writes it, read without regard to any setting.
 *
 * Notes: timestamptz_in() depends on TimeZone and DateStyle, and what a CHECK depends
 * on has to be the same in every session.
 */
#include "postgres.h"
#include "core/compat.h"

#include "tenancy/policy_date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#define FRACTION_DIGITS 6 /* a TimestampTz counts microseconds; further digits are cut */
#define MAX_FRACTION_DIGITS 9

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly so many digits, of a number from min to max. */
static bool
read_number(const char **at, int digits, int min, int max, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++)
	{
		if (!is_digit(**at))
			return false;
		*number = *number * 10 + (*(*at)++ - '0');
	}
	return *number >= min && *number <= max;
}

static bool
skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool
read_day(const char **at, int64 *days)
{
	int year;
	int month;
	int day;

	if (!read_number(at, 4, 1, 9999, &year) || !skip(at, '-') ||
		!read_number(at, 2, 1, MONTHS_PER_YEAR, &month) || !skip(at, '-') ||
		!read_number(at, 2, 1, day_tab[isleap(year)][month - 1], &day))
		return false;
	*days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

static bool
read_fraction(const char **at, int *microseconds)
{
	int digits = 0;

	*microseconds = 0;
	for (; is_digit(**at); (*at)++, digits++)
	{
		if (digits < FRACTION_DIGITS)
			*microseconds = *microseconds * 10 + (**at - '0');
	}
	for (int i = digits; i < FRACTION_DIGITS; i++)
		*microseconds *= 10;
	return digits > 0 && digits <= MAX_FRACTION_DIGITS;
}

static bool
read_time(const char **at, int64 *microseconds)
{
	int hour;
	int minute;
	int second = 0;
	int fraction = 0;

	if (!read_number(at, 2, 0, HOURS_PER_DAY - 1, &hour) || !skip(at, ':') ||
		!read_number(at, 2, 0, MINS_PER_HOUR - 1, &minute))
		return false;
	if (skip(at, ':'))
	{
		if (!read_number(at, 2, 0, SECS_PER_MINUTE - 1, &second))
			return false;
		if (skip(at, '.') && !read_fraction(at, &fraction))
			return false;
	}
	*microseconds = ((int64) hour * SECS_PER_HOUR + minute * SECS_PER_MINUTE + second) *
						USECS_PER_SEC +
					fraction;
	return true;
}

/* What the zone is ahead of UTC; nothing there is UTC. */
static bool
read_zone(const char **at, int64 *microseconds)
{
	int sign = **at == '-' ? -1 : 1;
	int hour;
	int minute = 0;

	*microseconds = 0;
	if (**at == '\0' || skip(at, 'Z'))
		return true;
	if (!skip(at, '+') && !skip(at, '-'))
		return false;
	if (!read_number(at, 2, 0, MAX_TZDISP_HOUR, &hour))
		return false;
	if (skip(at, ':') && !read_number(at, 2, 0, MINS_PER_HOUR - 1, &minute))
		return false;
	*microseconds = sign * ((int64) hour * SECS_PER_HOUR + minute * SECS_PER_MINUTE) *
					USECS_PER_SEC;
	return true;
}

bool
mt_date_read(const char *text, TimestampTz *time)
{
	int64 days;
	int64 time_of_day = 0;
	int64 zone = 0;

	if (!read_day(&text, &days))
		return false;
	if (skip(&text, 'T') || skip(&text, ' '))
	{
		if (!read_time(&text, &time_of_day) || !read_zone(&text, &zone))
			return false;
	}
	*time = days * USECS_PER_DAY + time_of_day - zone;
	return *text == '\0';
}
