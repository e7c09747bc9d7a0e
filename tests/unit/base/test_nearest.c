// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/nearest.h"

static const char *const words[] = {
	"run",
	"plan",
	"replay",
	"report",
	"minimise",
	"verify",
	"out",
	"set",
	"stop.trials",
	"stop.valid",
	"window.hold_us",
	"plant-module",
	"doctor",
	"echo.spacing_us",
};

/* clang-format off */
static const struct {
	const char *typed, *meant;
} cases[] = {
	/* swapped, missing, too many, wrong */
	{ "rnu", "run" },		{ "otu", "out" },	     { "repot", "report" },
	{ "planm", "plan" },		{ "reploy", "replay" },	     { "verfiy", "verify" },
	{ "minimize", "minimise" },	{ "minimice", "minimise" },  { "minmize", "minimise" },
	{ "stop.trails", "stop.trials" },
	{ "Run", "run" },		{ "PLAN", "plan" },	     { "plant_module", "plant-module" },
	{ "window.hold-us", "window.hold_us" },
	{ "echo.spaceing_us", "echo.spacing_us" },
	/* nothing is close */
	{ "", NULL },			{ "x", NULL },		     { "walk", NULL },
	{ "help", NULL },		{ "inspect", NULL },	     { "kernel", NULL },
	{ "nur", NULL },		{ "stop", NULL },
};
/* clang-format on */

static const char *nearest_of(const char *typed)
{
	struct nearest nearest = { .typed = typed };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearest_offer(&nearest, words[i]);
	return nearest.best;
}

static void test_close_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *best = nearest_of(cases[i].typed);

		if (!best != !cases[i].meant || (best && strcmp(best, cases[i].meant) != 0))
			fail_msg("%s: %s instead of %s", cases[i].typed, best ? best : "none",
				 cases[i].meant ? cases[i].meant : "none");
	}
}

static void test_the_closest_wins(void **state)
{
	struct nearest nearest = { .typed = "trial" };

	(void)state;
	nearest_offer(&nearest, "tribal");
	assert_string_equal(nearest.best, "tribal");
	nearest_offer(&nearest, "trials");
	assert_string_equal(nearest.best, "tribal"); /* as close, and later */
	nearest_offer(&nearest, "trial");
	assert_string_equal(nearest.best, "trial");
	assert_int_equal(nearest.slips, 0);
}

static void test_long_words_are_never_close(void **state)
{
	char typed[200], word[200];
	struct nearest nearest = { .typed = typed };

	(void)state;
	memset(typed, 'a', sizeof(typed));
	memset(word, 'a', sizeof(word));
	typed[64] = word[63] = '\0';
	nearest_offer(&nearest, word);
	assert_null(nearest.best);
	typed[63] = '\0';
	nearest_offer(&nearest, word);
	assert_ptr_equal(nearest.best, word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close_words),
		cmocka_unit_test(test_the_closest_wins),
		cmocka_unit_test(test_long_words_are_never_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
