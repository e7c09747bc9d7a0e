// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the words of `dadrace who` become the post-mortem of a finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "run/post_mortem.h"

#define HEAD "dut0 (index 3, network namespace 4026532198) is unregistered.\n"

static void expect(const struct job_end *end, const char *expected)
{
	char words[POST_MORTEM];

	post_mortem_words(end, words);
	assert_string_equal(words, expected);
}

static void test_sentences_end_at_the_sum(void **state)
{
	(void)state;
	expect(&(struct job_end){ .code = 1,
				  .said = HEAD "LOST: a.\nHeld by b.\n\nusage count 2\n" },
	       "LOST: a.\nHeld by b.");
}

/* Standard error is heard as well, before the answer or in it. */
static void test_a_reading_that_takes_long_is_left_out(void **state)
{
	(void)state;
	expect(&(struct job_end){ .code = 1,
				  .said = "dadrace: reading kernel memory for 5 s now\n" HEAD
					  "LOST: a.\ndadrace: reading\n\nusage count 2\n" },
	       "LOST: a.");
}

static void test_no_answer_has_no_words(void **state)
{
	(void)state;
	expect(&(struct job_end){ .code = 3, .said = "dadrace: no answer in the time\n" }, "");
	expect(&(struct job_end){ .code = 4, .said = HEAD "LOST: a.\n" }, "");
	expect(&(struct job_end){ .by_signal = true, .said = HEAD "LOST: a.\n" }, "");
}

static void compare(const char *said, int64_t taken, const char *expected)
{
	char words[POST_MORTEM];

	snprintf(words, sizeof(words), "%s", said);
	post_mortem_compare(words, taken);
	assert_string_equal(words, expected);
}

static void test_what_was_lost_before_the_trial_is_told_apart(void **state)
{
	(void)state;
	compare("LOST: a.\n3 references of dut0 belong to no object: x.\nHeld by b.", 1,
		"LOST: a.\n3 references of dut0 belong to no object: x.\nHeld by b.\n"
		"Of these references that belong to no object, at least 2 were taken before the trial.");
	compare("1 reference of dut0 belongs to no object: x.", 0,
		"1 reference of dut0 belongs to no object: x.\n"
		"Of these references that belong to no object, at least 1 was taken before the trial.");
}

/* What the trial took may belong to an object, and another object may have lost some. */
static void test_nothing_older_is_not_told(void **state)
{
	static const char *const said[] = {
		"",
		"LOST: a.",
		"4 references of dut0 belong to no object: x.",
		"2 of the 5 references to inet6_dev of dut0 belong to no object: x.",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
		compare(said[i], i == 3 ? 0 : 4, said[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences_end_at_the_sum),
		cmocka_unit_test(test_a_reading_that_takes_long_is_left_out),
		cmocka_unit_test(test_no_answer_has_no_words),
		cmocka_unit_test(test_what_was_lost_before_the_trial_is_told_apart),
		cmocka_unit_test(test_nothing_older_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
