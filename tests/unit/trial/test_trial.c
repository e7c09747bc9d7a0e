// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A trial played from a list: each line is what happens, what the trial asks of its crew, and
 * the state that it is in then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trial/trial.h"

struct step {
	const char *event;
	const char *asks;
	const char *state;
};

static char asked[256];

static void heard(const char *what)
{
	size_t n = strlen(asked);

	snprintf(asked + n, sizeof(asked) - n, "%s%s", n ? " " : "", what);
}

#define HEAR(what)                          \
	static void hear_##what(void *crew) \
	{                                   \
		(void)crew;                 \
		heard(#what);               \
	}
HEAR(bring_up)
HEAR(fire)
HEAR(hold)
HEAR(release)
HEAR(close)
HEAR(stop_bring_up)
HEAR(tear_down)
HEAR(suspect)
HEAR(look)
HEAR(unregister)
HEAR(hang)
HEAR(finish)

static void hear_deadline(void *crew, uint64_t us)
{
	char text[32];

	(void)crew;
	snprintf(text, sizeof(text), "%lluus", (unsigned long long)us);
	heard(text);
}

static const struct trial_crew crew = {
	.bring_up = hear_bring_up,
	.fire = hear_fire,
	.hold = hear_hold,
	.release = hear_release,
	.close = hear_close,
	.stop_bring_up = hear_stop_bring_up,
	.tear_down = hear_tear_down,
	.suspect = hear_suspect,
	.look = hear_look,
	.unregister = hear_unregister,
	.hang = hear_hang,
	.finish = hear_finish,
	.deadline = hear_deadline,
};

static enum trial_event event_named(const char *name)
{
	for (int i = 0; i < TRIAL_EVENTS; i++)
		if (!strcmp(trial_event_names[i], name))
			return i;
	fail_msg("no event %s", name);
	return TRIAL_EVENTS;
}

static void play(const struct step *steps, bool may_unregister)
{
	const struct trial_limits limits = {
		.bring_up_us = 5000,
		.hold_us = 300,
		.rest_us = 2000,
		.settle_us = 4000,
		.grace_us = 50,
		.unregister_us = 3000,
		.may_unregister = may_unregister,
	};
	struct trial trial;

	trial_init(&trial, &limits, &crew, NULL);
	assert_string_equal(trial_state_names[trial.state], "ready");
	for (; steps->event; steps++) {
		asked[0] = '\0';
		trial_happened(&trial, event_named(steps->event));
		if (strcmp(asked, steps->asks) != 0 ||
		    strcmp(trial_state_names[trial.state], steps->state) != 0)
			fail_msg("%s: asks \"%s\" and is %s, wanted \"%s\" and %s",
				 steps->event, asked, trial_state_names[trial.state],
				 steps->asks, steps->state);
	}
}

/* clang-format off */
static void test_race_that_settles(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",  "armed" },
		{ "opened",   "5300us fire",	  "open" },
		{ "held",     "hold",		  "open" },
		{ "hold-due", "release",	  "open" },
		{ "ended",    "5000us close",	   "closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "settled",  "finish",		  "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_hold_and_echoes_count_from_a_late_carrier(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",  "armed" },
		{ "counts",   "",		  "armed" },
		{ "opened",   "5300us fire",	  "open" },
		{ "held",     "hold",		  "open" },
		{ "counts",   "fire hold",	  "open" },
		{ "hold-due", "release",	  "open" },
		{ NULL, NULL, NULL } }, true);
}

static void test_leak_is_confirmed(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",   "armed" },
		{ "opened",   "5300us fire",	   "open" },
		{ "ended",    "5000us close",	   "closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "missing",  "suspect",	   "suspected" },
		{ "overtime", "50us",		   "looking" },
		{ "overtime", "look",		   "looking" },
		{ "missing",  "50us",		   "looking" },
		{ "overtime", "look",		   "looking" },
		{ "missing",  "3000us unregister", "confirming" },
		{ "returned", "finish",		   "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_unregister_hangs(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",   "armed" },
		{ "opened",   "5300us fire",	   "open" },
		{ "ended",    "5000us close",	   "closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "missing",  "suspect",	   "suspected" },
		{ "overtime", "50us",		   "looking" },
		{ "overtime", "look",		   "looking" },
		{ "missing",  "50us",		   "looking" },
		{ "overtime", "look",		   "looking" },
		{ "missing",  "3000us unregister", "confirming" },
		{ "overtime", "hang finish",	   "done" },
		{ "returned", "",		   "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_real_device_is_not_unregistered(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",  "armed" },
		{ "ended",    "2000us tear_down", "settling" },
		{ "missing",  "suspect",	  "suspected" },
		{ "overtime", "50us",		  "looking" },
		{ "overtime", "look",		  "looking" },
		{ "missing",  "50us",		  "looking" },
		{ "overtime", "look",		  "looking" },
		{ "missing",  "finish",		  "done" },
		{ NULL, NULL, NULL } }, false);
}

static void test_late_reference_is_no_leak(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",  "armed" },
		{ "opened",   "5300us fire",	  "open" },
		{ "ended",    "5000us close",	   "closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "missing",  "suspect",	  "suspected" },
		{ "overtime", "50us",		  "looking" },
		{ "overtime", "look",		  "looking" },
		{ "missing",  "50us",		  "looking" },
		{ "overtime", "look",		  "looking" },
		{ "settled",  "finish",		  "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_late_reference_ends_the_suspicion(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",  "armed" },
		{ "opened",   "5300us fire",	  "open" },
		{ "ended",    "5000us close",	  "closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "missing",  "suspect",	  "suspected" },
		{ "missing",  "",		  "suspected" },
		{ "settled",  "finish",		  "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_counts_that_never_rest_are_suspected_at_last(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",  "armed" },
		{ "ended",    "2000us tear_down", "settling" },
		{ "overtime", "suspect",	  "suspected" },
		{ NULL, NULL, NULL } }, true);
}

static void test_flag_set_hangs(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",  "5000us bring_up", "armed" },
		{ "opened", "5300us fire",     "open" },
		{ "hung",   "hang finish",     "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_bring_up_takes_too_long(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",		"armed" },
		{ "overtime", "stop_bring_up 2000us tear_down", "settling" },
		{ "ended",    "",				"settling" },
		{ "settled",  "finish",				"done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_bring_up_that_stays_is_ended_after_its_window(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",		"armed" },
		{ "opened",   "5300us fire",			"open" },
		{ "overtime", "5000us close",			"closing" },
		{ "ended",    "",				"closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "settled",  "finish",				"done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_a_window_that_does_not_close_in_time_ends_the_bring_up(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",    "5000us bring_up",		"armed" },
		{ "opened",   "5300us fire",			"open" },
		{ "ended",    "5000us close",			"closing" },
		{ "overtime", "stop_bring_up 2000us tear_down", "settling" },
		{ NULL, NULL, NULL } }, true);
}

static void test_closing_hangs(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",  "5000us bring_up", "armed" },
		{ "opened", "5300us fire",     "open" },
		{ "ended",  "5000us close",    "closing" },
		{ "hung",   "hang finish",     "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_bring_up_never_sets_flags(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "start",   "5000us bring_up",	 "armed" },
		{ "ended",   "2000us tear_down", "settling" },
		{ "settled", "finish",		 "done" },
		{ NULL, NULL, NULL } }, true);
}

static void test_late_events_mean_nothing(void **state)
{
	(void)state;
	play((const struct step[]){
		{ "settled",  "",		  "ready" },
		{ "start",    "5000us bring_up",  "armed" },
		{ "held",     "",		  "armed" },
		{ "hold-due", "",		  "armed" },
		{ "opened",   "5300us fire",	  "open" },
		{ "opened",   "",		  "open" },
		{ "ended",    "5000us close",	   "closing" },
		{ "shut",     "stop_bring_up 2000us tear_down", "settling" },
		{ "hold-due", "",		  "settling" },
		{ "opened",   "",		  "settling" },
		{ "settled",  "finish",		  "done" },
		{ "overtime", "",		  "done" },
		{ "start",    "",		  "done" },
		{ NULL, NULL, NULL } }, true);
}
/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_race_that_settles),
		cmocka_unit_test(test_hold_and_echoes_count_from_a_late_carrier),
		cmocka_unit_test(test_leak_is_confirmed),
		cmocka_unit_test(test_unregister_hangs),
		cmocka_unit_test(test_real_device_is_not_unregistered),
		cmocka_unit_test(test_late_reference_is_no_leak),
		cmocka_unit_test(test_late_reference_ends_the_suspicion),
		cmocka_unit_test(test_counts_that_never_rest_are_suspected_at_last),
		cmocka_unit_test(test_flag_set_hangs),
		cmocka_unit_test(test_bring_up_takes_too_long),
		cmocka_unit_test(test_bring_up_that_stays_is_ended_after_its_window),
		cmocka_unit_test(test_a_window_that_does_not_close_in_time_ends_the_bring_up),
		cmocka_unit_test(test_closing_hangs),
		cmocka_unit_test(test_bring_up_never_sets_flags),
		cmocka_unit_test(test_late_events_mean_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
