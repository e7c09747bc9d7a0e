// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/named.h"
#include "service/overview.h"

#define HOUR_MS 3600000ULL
#define NOW_MS	(1000 * HOUR_MS)

static char finding[] = "leak/net_device", reason[] = "a sentence", it[] = "it";

/* A run that has ended so many hours ago. */
static struct ticket ended(const char *id, const char *name, const char *verdict,
			   const char *kernel, uint64_t hours_ago)
{
	return (struct ticket){
		.id = (char *)id,
		.name = (char *)name,
		.state = TICKET_ENDED,
		.verdict = (char *)verdict,
		.kernel = (char *)kernel,
		.reason = reason,
		.finding = verdict && !strcmp(verdict, "fault") ? finding : NULL,
		.bound_ppm = verdict && !strcmp(verdict, "clean") ? 49000 : 0,
		.started_unix_ms = NOW_MS - (hours_ago + 1) * HOUR_MS,
		.ended_unix_ms = NOW_MS - hours_ago * HOUR_MS,
	};
}

static char *print(struct overview overview)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	overview.host = overview.host ? overview.host : "rig-1";
	overview.filter = overview.filter ? overview.filter : "";
	overview.now_unix_ms = NOW_MS;
	assert_true(overview_print(&overview, out));
	fclose(out);
	return text;
}

static uint32_t count(const char *text, const char *what)
{
	uint32_t nr = 0;

	while ((text = strstr(text, what))) {
		text++;
		nr++;
	}
	return nr;
}

static void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("it does not say \"%s\":\n%s", words, text);
}

static void assert_answer(const struct ticket *const *tickets, uint32_t nr, const char *words)
{
	char *text = print((struct overview){ .tickets = tickets, .nr = nr });

	assert_says(text, words);
	free(text);
}

static void test_answer(void **state)
{
	struct ticket clean = ended("a", "smoke", "clean", "6.1", 3),
		      fault = ended("b", "smoke", "fault", "6.2", 2),
		      open = ended("c", "nic", "inconclusive", "6.2", 1),
		      failed = ended("d", "nic", NULL, NULL, 1),
		      cancelled = ended("e", "smoke", NULL, NULL, 1);

	(void)state;
	cancelled.cancelled = true;
	assert_answer(NULL, 0, "class=\"none\">No campaign has ended yet.");
	assert_answer((const struct ticket *[]){ &clean }, 1,
		      "class=\"clean\">All right: the last run of the campaign is clean.");
	assert_answer((const struct ticket *[]){ &clean, &fault, &open }, 3,
		      "class=\"fault\">Fault in 1 of 2 campaigns: smoke on 6.2.");
	assert_answer(
		(const struct ticket *[]){ &fault, &clean, &open }, 3,
		"class=\"none\">No fault found, but the last run of 1 of 2 campaigns was not clean: see its reason below.");
	assert_answer((const struct ticket *[]){ &clean, &failed }, 2, "was not clean");
	assert_answer((const struct ticket *[]){ &clean }, 1, ">It ended <time title=");
	assert_answer((const struct ticket *[]){ &clean, &open }, 2,
		      ">Of the last runs the newest ended <time title=");
	assert_answer((const struct ticket *[]){ &clean, &open }, 2,
		      ">3 h ago</time>.</span></p>");
	assert_answer((const struct ticket *[]){ &clean, &cancelled }, 2, "All right");
}

static void test_which_kernel_broke(void **state)
{
	struct ticket runs[] = {
		ended("a", "smoke", "clean", "6.12.107", 5),
		ended("x", "nic", "clean", "6.1", 5),
		ended("b", "smoke", "clean", "6.12.117", 4),
		ended("c", "smoke", "fault", "6.12.118", 3),
		ended("d", "smoke", "inconclusive", "6.12.118", 2),
		ended("e", "smoke", "fault", "6.12.119", 1),
	};
	const struct ticket *tickets[6];
	char *text;

	(void)state;
	for (int i = 0; i < 6; i++)
		tickets[i] = &runs[i];
	text = print((struct overview){ .tickets = tickets, .nr = 6 });
	assert_says(text, "Faulty since 6.12.118, clean on 6.12.117, ");
	assert_says(text, "leak/net_device");
	assert_says(text, "60 min ago");
	assert_says(text, "below 4.9%");
	assert_int_equal(count(text, "class=\"mark "), 6);
	assert_int_equal(count(text, "class=\"mark fault"), 2);
	assert_int_equal(count(text, " other-kernel"), 3);
	/* the faulty name stands first, though the other was submitted later */
	assert_true(strstr(text, ">smoke</a></th><td class=\"strip\"") <
		    strstr(text, ">nic</a></th><td class=\"strip\""));
	free(text);
}

static void assert_runs(struct overview_pace pace, const char *words)
{
	struct ticket ticket = { .id = it, .name = it, .state = TICKET_RUNNING };
	const struct ticket *tickets[] = { &ticket };
	char *text;

	pace.ticket = &ticket;
	text = print((struct overview){ .tickets = tickets, .nr = 1, .running = &pace });
	assert_says(text, words);
	free(text);
}

static void test_pace(void **state)
{
	(void)state;
	/* half of it was done before a restart */
	assert_runs((struct overview_pace){ .trials = 600,
					    .planned_trials = 1000,
					    .ran_trials = 100,
					    .ran_ms = 10000 },
		    "600 of 1000 trials, 10.0/s, 40 s left");
	assert_runs((struct overview_pace){ .trials = 600,
					    .planned_trials = 1000,
					    .planned_s = 30,
					    .ran_trials = 100,
					    .ran_ms = 10000 },
		    "20 s left");
	assert_runs((struct overview_pace){ .trials = 7, .ran_trials = 7, .ran_ms = 1000 },
		    "</a>, 7 trials, 7.0/s</p>");
	assert_runs((struct overview_pace){ .planned_trials = 10 }, "0 of 10 trials <progress");
}

enum { MANY = 60 };

static void test_pages_and_filter(void **state)
{
	static struct ticket runs[MANY];
	static char ids[MANY][16];
	const struct ticket *tickets[MANY];
	struct overview all = { .tickets = tickets, .nr = MANY };
	char *text;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "run-%02d", i);
		runs[i] = ended(ids[i], "smoke", i % 2 ? "clean" : "fault", "6.1", MANY - i);
		tickets[i] = &runs[i];
	}
	text = print(all);
	assert_says(text, "60 runs, page 1 of 3: ");
	assert_int_equal(count(text, "data-label=\"State\""), OVERVIEW_PAGE);
	assert_int_equal(count(text, "class=\"mark "), NAMED_STRIP);
	assert_null(strstr(text, ">later</a>"));
	free(text);
	all.page = 2;
	text = print(all);
	assert_int_equal(count(text, "data-label=\"State\""), MANY - 2 * OVERVIEW_PAGE);
	assert_says(text, ">later</a>");
	assert_null(strstr(text, ">earlier</a>"));
	free(text);
	all.page = 0;
	all.filter = "fault";
	text = print(all);
	assert_says(text, "30 runs, page 1 of 2: ");
	assert_says(text, "href=\"/?page=1&amp;filter=%66%61%75%6c%74#runs\"");
	free(text);
}

static void test_nothing_is_taken_as_markup(void **state)
{
	struct ticket odd = ended("id", "<b>", "fault", "<i>", 1);
	const struct ticket *tickets[] = { &odd };
	struct overview all = {
		.tickets = tickets,
		.nr = 1,
		.host = "<u>",
		.filter = "\"><script>",
	};
	char script[] = "<script>", *text;

	(void)state;
	odd.reason = odd.finding = script;
	text = print(all);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<b>"));
	assert_null(strstr(text, "<i>"));
	assert_null(strstr(text, "<u>"));
	assert_says(text, "value=\"&quot;&gt;&lt;script&gt;\"");
	free(text);
}

/* --- the cost: comparisons of names, which the linker has us count --- */

int __real_strcmp(const char *one, const char *other);
int __wrap_strcmp(const char *one, const char *other);

static uint64_t comparisons;

int __wrap_strcmp(const char *one, const char *other)
{
	comparisons++;
	return __real_strcmp(one, other);
}

static uint64_t cost_of(uint32_t nr_names)
{
	enum { MOST = 4000 };
	static struct ticket runs[MOST];
	static char names[MOST][16];
	static const struct ticket *tickets[MOST];
	const struct overview all = { .tickets = tickets, .nr = nr_names };

	for (uint32_t i = 0; i < nr_names; i++) {
		snprintf(names[i], sizeof(names[i]), "name-%u", i * 7919 % nr_names);
		runs[i] = ended(names[i], names[i], "clean", "6.1", i);
		tickets[i] = &runs[i];
	}
	comparisons = 0;
	free(print(all));
	return comparisons;
}

/* Twice the names may cost a little more than twice as much, never four times. */
static void test_the_cost_follows_the_number_of_names(void **state)
{
	uint64_t few = cost_of(2000), many = cost_of(4000);

	(void)state;
	assert_in_range(few, 2000, 200000);
	assert_true(many < 3 * few);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_which_kernel_broke),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_pages_and_filter),
		cmocka_unit_test(test_nothing_is_taken_as_markup),
		cmocka_unit_test(test_the_cost_follows_the_number_of_names),
	};

	return cmocka_run_group_tests_name("overview", tests, NULL, NULL);
}
