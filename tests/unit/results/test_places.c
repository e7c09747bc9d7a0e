// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/index.h"

#define CAMPAIGN "{\"type\":\"campaign\",\"campaign\":{\"trial\":9}}\n"
#define TRIAL(n)                                                                       \
	"{\"type\":\"trial\",\"reason\":\"\\\"spec\\\":{\\\"trial\\\":8,\",\"spec\":{" \
	"\"trial\":" n ",\"arm\":\"race\"}}\n"
#define LEDGER(n, attempt) \
	"{\"type\":\"ledger\",\"trial\":" n ",\"attempt\":" attempt ",\"final\":true}\n"

static char path[] = "/tmp/test_places.XXXXXX";
static struct places *places;

static int make(void **state)
{
	int fd = mkstemp(strcpy(path, "/tmp/test_places.XXXXXX"));

	(void)state;
	places = places_new(path);
	return fd < 0 || close(fd) || !places ? -1 : 0;
}

static int drop(void **state)
{
	(void)state;
	places_free(places);
	return unlink(path);
}

static void put(const char *mode, const char *text)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int64_t place(enum line_type type, uint32_t trial, uint32_t attempt)
{
	uint64_t at;

	return places_find(places, type, trial, attempt, &at) ? (int64_t)at : -1;
}

static void test_each_is_found(void **state)
{
	size_t first = strlen(CAMPAIGN), second = first + strlen(TRIAL("12"));

	(void)state;
	assert_int_equal(place(LINE_TRIAL, 12, 0), -1);
	put("we", CAMPAIGN TRIAL("12") LEDGER("12", "0") LEDGER("12", "3") TRIAL("1"));
	assert_int_equal(place(LINE_TRIAL, 12, 0), first);
	assert_int_equal(place(LINE_LEDGER, 12, 0), second);
	assert_int_equal(place(LINE_LEDGER, 12, 3), second + strlen(LEDGER("12", "0")));
	assert_int_equal(place(LINE_TRIAL, 1, 0), second + 2 * strlen(LEDGER("12", "0")));
	assert_int_equal(place(LINE_LEDGER, 1, 0), -1);
	assert_int_equal(place(LINE_TRIAL, 8, 0), -1);
	assert_int_equal(place(LINE_TRIAL, 9, 0), -1);
}

static void test_it_grows(void **state)
{
	size_t end = strlen(CAMPAIGN TRIAL("1"));

	(void)state;
	put("we", CAMPAIGN TRIAL("1"));
	assert_int_equal(place(LINE_TRIAL, 2, 0), -1);
	put("ae", "{\"type\":\"trial\",\"spec\":{\"trial\":2,"); /* half a line */
	assert_int_equal(place(LINE_TRIAL, 2, 0), -1);
	put("ae", "\"arm\":\"race\"}}\n");
	assert_int_equal(place(LINE_TRIAL, 2, 0), end);
}

/* A run that goes on cuts off the lines of the end. */
static void test_the_end_may_go(void **state)
{
	size_t end = strlen(CAMPAIGN TRIAL("1"));

	(void)state;
	put("we", CAMPAIGN TRIAL("1") "{\"type\":\"summary\",\"trials\":1}\n");
	assert_int_equal(place(LINE_TRIAL, 2, 0), -1);
	assert_int_equal(truncate(path, (off_t)end), 0);
	put("ae", TRIAL("2"));
	assert_int_equal(place(LINE_TRIAL, 2, 0), end);
}

/* What has been seen is not read again: it may even have changed. */
static void test_nothing_is_read_twice(void **state)
{
	(void)state;
	put("we", CAMPAIGN TRIAL("1"));
	assert_int_equal(place(LINE_TRIAL, 1, 0), strlen(CAMPAIGN));
	put("we", CAMPAIGN TRIAL("7") TRIAL("2"));
	assert_int_equal(place(LINE_TRIAL, 7, 0), -1);
	assert_int_equal(place(LINE_TRIAL, 1, 0), strlen(CAMPAIGN));
	assert_int_equal(place(LINE_TRIAL, 2, 0), strlen(CAMPAIGN TRIAL("7")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_each_is_found, make, drop),
		cmocka_unit_test_setup_teardown(test_it_grows, make, drop),
		cmocka_unit_test_setup_teardown(test_the_end_may_go, make, drop),
		cmocka_unit_test_setup_teardown(test_nothing_is_read_twice, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
