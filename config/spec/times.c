// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spec/times.h"

/* clang-format off */
static const struct {
	char unit;
	uint32_t seconds;
} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
/* clang-format on */

bool span_read(const char *text, uint32_t *seconds)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	uint64_t unit = *end ? 0 : 1;

	for (size_t i = 0; *end && !end[1] && i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == *end)
			unit = units[i].seconds;
	if (!isdigit((unsigned char)text[0]) || !unit || !number || number > UINT32_MAX / unit)
		return false;
	*seconds = (uint32_t)(number * unit);
	return true;
}

static bool number_read(const char *text, uint64_t *seconds)
{
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno)
		return false;
	*seconds = number;
	return true;
}

/* mktime() puts a day that no month has into the next one. */
static bool date_read(const char *text, uint64_t *seconds)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(text, "%Y-%m-%d", &tm);
	int day = tm.tm_mday;
	time_t at;

	if (end && (*end == 'T' || *end == ' '))
		end = strptime(end + 1, "%H:%M", &tm);
	at = mktime(&tm);
	if (!end || *end || at < 0 || tm.tm_mday != day)
		return false;
	*seconds = (uint64_t)at;
	return true;
}

static bool clock_read(const char *text, uint64_t now, uint64_t *seconds)
{
	time_t at = (time_t)now;
	struct tm today, tm;
	const char *end;

	localtime_r(&at, &today);
	end = strptime(text, "%H:%M", &today);
	if (!end || *end)
		return false;
	for (int day = 0; at <= (time_t)now; day++) {
		tm = today;
		tm.tm_mday += day;
		tm.tm_sec = 0;
		tm.tm_isdst = -1; /* that day's own */
		at = mktime(&tm);
	}
	*seconds = (uint64_t)at;
	return true;
}

bool time_read(const char *text, uint64_t now, uint64_t *seconds)
{
	uint32_t span;

	if (text[0] == '@')
		return number_read(text + 1, seconds);
	if (text[0] != '+')
		return clock_read(text, now, seconds) || date_read(text, seconds);
	if (!span_read(text + 1, &span))
		return false;
	*seconds = now + span;
	return true;
}
