// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "spec/times.h"

#define NOON 1796126400u /* 2026-12-01 12:00 UTC */

static void test_spans(void **state)
{
	static const struct {
		const char *text;
		uint32_t seconds; /* 0: refused */
	} spans[] = {
		{ "90", 90 },
		{ "15m", 900 },
		{ "24h", 86400 },
		{ "7d", 604800 },
		{ "2w", 1209600 },
		{ "4294967295", UINT32_MAX },
		{ "4294967296", 0 },
		{ "7102w", 0 },
		{ "", 0 },
		{ "0", 0 },
		{ "h", 0 },
		{ "-5m", 0 },
		{ " 5m", 0 },
		{ "5 m", 0 },
		{ "5min", 0 },
		{ "5x", 0 },
		{ "18446744073709551617", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		uint32_t seconds = 7;

		assert_int_equal(span_read(spans[i].text, &seconds), spans[i].seconds != 0);
		assert_int_equal(seconds, spans[i].seconds ? spans[i].seconds : 7);
	}
}

static void check_times(const char *zone)
{
	static const struct {
		const char *text;
		int64_t seconds; /* after NOON; INT64_MIN: refused */
	} times[] = {
		{ "@1796126400", 0 },
		{ "@0", -(int64_t)NOON },
		{ "+2h", 7200 },
		{ "2026-12-01T12:00", 0 },
		{ "2026-12-01 12:01", 60 },
		{ "2026-12-24T18:00", 23 * 86400 + 6 * 3600 },
		{ "12:01", 60 },
		{ "22:00", 36000 },
		{ "12:00", 86400 },
		{ "8:30", 86400 - 12600 },
		{ "00:00", 43200 },
		{ "", INT64_MIN },
		{ "@", INT64_MIN },
		{ "@5s", INT64_MIN },
		{ "@99999999999999999999", INT64_MIN },
		{ "@-5", INT64_MIN },
		{ "+", INT64_MIN },
		{ "24:00", INT64_MIN },
		{ "22:60", INT64_MIN },
		{ "22:00:00", INT64_MIN },
		{ "2026-12-01", -43200 },
		{ "2026-02-30T12:00", INT64_MIN },
		{ "2026-12-01T12:00Z", INT64_MIN },
		{ "tomorrow", INT64_MIN },
	};

	setenv("TZ", zone, 1);
	tzset();
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		bool is_time = times[i].seconds != INT64_MIN;
		uint64_t at = 7;

		if (time_read(times[i].text, NOON, &at) != is_time)
			fail_msg("%s", times[i].text);
		assert_int_equal(at, is_time ? (int64_t)NOON + times[i].seconds : 7);
	}
}

static void test_times(void **state)
{
	(void)state;
	check_times("UTC0");
}

/* A clock's time is that of the place, and a day need not have 24 hours. */
static void test_places(void **state)
{
	uint64_t at = 0, after = 0;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_true(time_read("2026-12-01T13:00", 0, &at));
	assert_int_equal(at, NOON);
	assert_true(time_read("2026-10-24T13:00", 0, &at));
	assert_true(time_read("13:00", at, &after));
	assert_int_equal(after - at, 25 * 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
