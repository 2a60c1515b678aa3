/*
 * test/fuzz/calendar.h
 *		The server's calendar, written another way.
 */
#ifndef MT_FUZZ_CALENDAR_H
#define MT_FUZZ_CALENDAR_H

#include "backend.h"

#include "utils/datetime.h"

const int day_tab[2][13] = {{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0},
							{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0}};

/* Days from 4714-11-24 BC (H. Fliegel, T. van Flandern, CACM 11, 1968, letter 657). */
int
date2j(int year, int month, int day)
{
	int a = (month - 14) / 12;

	return 1461 * (year + 4800 + a) / 4 + 367 * (month - 2 - a * 12) / 12 -
		   3 * ((year + 4900 + a) / 100) / 4 + day - 32075;
}

#endif /* MT_FUZZ_CALENDAR_H */
