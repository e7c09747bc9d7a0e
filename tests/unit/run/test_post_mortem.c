// SPDX-License-Identifier: GPL-2.0-or-later
/* Which of the words of `dadrace who` become the post-mortem of a finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sentences_end_at_the_sum),
		cmocka_unit_test(test_a_reading_that_takes_long_is_left_out),
		cmocka_unit_test(test_no_answer_has_no_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
