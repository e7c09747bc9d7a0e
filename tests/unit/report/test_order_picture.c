// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/picture.h"

#define US 1000LL

static struct step_told steps[] = {
	{ .thread = ORDER_THREAD_II,
	  .place = "rt6_insert_exception",
	  .until = ORDER_UNTIL_HELD,
	  .other = ORDER_THREAD_I },
	{ .thread = ORDER_THREAD_I, .place = "ip6_route_del", .at_return = true },
};

static char *draw(struct moment_told *moments, uint32_t nr, uint32_t nr_steps)
{
	struct trial_line trial = {
		.verdict = VERDICT_LEAK,
		.reason = "+3 references",
		.spec = { .trial = 7, .arm = ARM_RACE },
		.timeline = moments,
		.nr_timeline = nr,
		.steps = steps,
		.nr_steps = nr_steps,
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	race_picture(&(struct race){ .trial = &trial }, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_the_story(void **state)
{
	struct moment_told moments[] = {
		{ 0, MOMENT_OPENED, 0, 0 },
		{ 100 * US, MOMENT_STEP_HELD, 1, 0 },
		{ 400 * US, MOMENT_STEP_HELD, 2, 0 },
		{ 450 * US, MOMENT_STEP_RELEASED, 1, 0 },
		{ 1400 * US, MOMENT_STEP_RELEASED, 2, 0 },
	};
	char *picture = draw(moments, 5, 2);

	(void)state;
	assert_non_null(strstr(
		picture,
		">II held at rt6_insert_exception until I held; I held at return of ip6_route_del for "
		"1.00 ms; both at once for 50.0 us</text>"));
	assert_non_null(strstr(picture, "<title>both held for 50.0 us</title>"));
	assert_non_null(strstr(picture, "<title>II continues when I is held</title>"));
	free(picture);
}

/* A hold that came too late was waited for in vain: nothing is shaded, no arrow is drawn. */
static void test_one_after_the_other(void **state)
{
	struct moment_told moments[] = {
		{ 100 * US, MOMENT_STEP_HELD, 1, 0 },
		{ 300 * US, MOMENT_STEP_RELEASED, 1, 0 },
		{ 400 * US, MOMENT_STEP_HELD, 2, 0 },
		{ 500 * US, MOMENT_STEP_RELEASED, 2, 0 },
	};
	char *picture = draw(moments, 4, 2);

	(void)state;
	assert_null(strstr(picture, "class=\"both\""));
	assert_null(strstr(picture, "class=\"waits\""));
	assert_null(strstr(picture, "both at once"));
	free(picture);
}

static void test_without_an_order(void **state)
{
	struct moment_told moments[] = { { 0, MOMENT_STEP_HELD, 1, 0 } };
	char *picture = draw(moments, 1, 0);

	(void)state;
	assert_non_null(
		strstr(picture, "class=\"caption\" x=\"16\" y=\"42\">+3 references</text>"));
	free(picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_story),
		cmocka_unit_test(test_one_after_the_other),
		cmocka_unit_test(test_without_an_order),
	};

	return cmocka_run_group_tests_name("order_picture", tests, NULL, NULL);
}
