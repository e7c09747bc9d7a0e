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

#include "parse/campaign.h"
#include "run/conclude.h"

/*
 * A trial of the plan leaks, and the run is killed before its ledger is known: the run that
 * goes on repeats the whole trial, although the results have its order in words only.
 */

static char folder[] = "/tmp/test_kept_suspects.XXXXXX";

struct opened {
	struct campaign *campaign;
	struct results *results;
	struct progress *progress;
	struct conclusion *c;
};

static struct opened open_run(const char *keys, bool again)
{
	struct opened run = { 0 };
	struct why why = { "" };

	if (campaign_load_text("kept", keys, strlen(keys), NULL, 0, &run.campaign, &why) ||
	    (again ? results_open_again : results_open)("out", run.campaign, NULL, &run.results,
							&why))
		fail_msg("%s", why.text);
	assert_int_equal(progress_new(PROGRESS_QUIET, stdout, run.campaign, &run.progress), 0);
	assert_int_equal(conclude_new(run.campaign, run.results, run.progress, &run.c), 0);
	return run;
}

static void close_run(struct opened *run)
{
	conclude_free(run->c);
	progress_free(run->progress);
	results_close(run->results);
	campaign_free(run->campaign);
}

static int enter(void **state)
{
	(void)state;
	snprintf(strchr(folder, '.'), sizeof(".XXXXXX"), ".XXXXXX");
	return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	unlink("out/results.ndjson");
	return rmdir("out") || chdir("/") || rmdir(folder);
}

/* What was planned: the trial that leaks. */
static struct trial_spec leak_and_die(const char *keys, uint32_t trial)
{
	const struct judgement leak = { .verdict = VERDICT_LEAK,
					.object = "net_device",
					.signature = "leak/net_device",
					.reason = "made up" };
	struct opened run = open_run(keys, false);
	static struct evidence e;

	assert_true(conclude_plan(run.c));
	assert_true(conclude_begin(run.c, NULL, 0));
	e = (struct evidence){ .tier = TIER_TRACEPOINT };
	assert_int_equal(explorer_next(run.c->explorer, trial, &e.spec), 0);
	for (uint32_t i = 0; i < e.spec.steps; i++)
		e.steps[i] = (struct step_audit){ .thread = e.spec.holds[i].thread };
	assert_true(conclude_trial(run.c, &e, &leak, NULL));
	close_run(&run);
	return e.spec;
}

static struct trial_spec suspect_of_next_run(const char *keys)
{
	struct opened run = open_run(keys, true);
	const struct suspect *suspect;
	struct trial_spec spec;

	assert_true(conclude_resume(run.c, true));
	suspect = suspects_next(&run.c->suspects);
	assert_non_null(suspect);
	spec = suspect->spec;
	close_run(&run);
	return spec;
}

static void assert_same_order(const struct trial_spec *a, const struct trial_spec *b)
{
	assert_int_equal(a->trial, b->trial);
	assert_int_equal(a->steps, b->steps);
	for (uint32_t i = 0; i < a->steps; i++) {
		assert_int_equal(a->holds[i].thread, b->holds[i].thread);
		assert_string_equal(a->holds[i].place, b->holds[i].place);
		assert_int_equal(a->holds[i].hook, b->holds[i].hook);
		assert_int_equal(a->holds[i].until, b->holds[i].until);
		assert_int_equal(a->holds[i].other, b->holds[i].other);
		assert_int_equal(a->holds[i].time_us, b->holds[i].time_us);
	}
	assert_int_equal(a->starts_when, b->starts_when);
	assert_int_equal(a->change_when, b->change_when);
	assert_int_equal(a->choice.set, b->choice.set);
}

static void test_it_has_the_order_of_its_campaign(void **state)
{
	static const char keys[] = "name: c\narms: [race]\nbringup: {change: [route-delete]}\n"
				   "order:\n"
				   "  - I does \"route-delete\" when II held\n"
				   "  - II starts when I held\n"
				   "  - I held at stop for 300 us\n"
				   "  - II held at f1 until I done\n";
	const struct trial_spec planned = leak_and_die(keys, 1);
	const struct trial_spec kept = suspect_of_next_run(keys);

	(void)state;
	assert_int_equal(planned.steps, 2);
	assert_int_equal(planned.starts_when, ORDER_THREAD_I);
	assert_int_equal(planned.change_when, ORDER_THREAD_II);
	assert_same_order(&kept, &planned);
}

/* The thirteenth place is of the second set, which is hooked after some 96 trials. */
static void test_it_has_the_places_of_its_explorer(void **state)
{
	static const char keys[] =
		"name: c\narms: [race]\nlanes: 1\nexplore:\n  mode: random\n  places:\n"
		"    - II held at f1\n    - II held at f2\n    - II held at f3\n"
		"    - II held at f4\n    - II held at f5\n    - II held at f6\n"
		"    - II held at f7\n    - II held at f8\n    - II held at f9\n"
		"    - II held at f10\n    - II held at f11\n    - II held at f12\n"
		"    - II held at f13\n";
	const struct trial_spec planned = leak_and_die(keys, 100);
	const struct trial_spec kept = suspect_of_next_run(keys);

	(void)state;
	assert_int_equal(planned.choice.set, 1);
	assert_true(planned.steps);
	assert_string_equal(planned.holds[0].place, "f13");
	assert_same_order(&kept, &planned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_it_has_the_order_of_its_campaign, enter,
						leave),
		cmocka_unit_test_setup_teardown(test_it_has_the_places_of_its_explorer, enter,
						leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
