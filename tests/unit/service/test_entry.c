// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "service/entry.h"
#include "base/exits.h"

/* Milliseconds are small numbers here: the clock is the test's own. */
static struct entry queued(const char *id, int64_t priority, uint64_t submitted,
			   uint64_t not_before)
{
	struct entry entry = {
		.priority = priority,
		.submitted_unix_ms = submitted,
		.not_before_unix_ms = not_before,
		.number = 1,
		.exit_code = INT64_MIN,
	};

	entry_text(&entry.id, id);
	entry_text(&entry.name, "name");
	return entry;
}

/* --- who is next --- */

static void test_order(void **state)
{
	/* In the order in which they are to be run. */
	struct entry entries[] = {
		queued("urgent", 10, 900, 0), queued("first", 0, 100, 0),
		queued("same-a", 0, 200, 0),  queued("same-b", 0, 200, 0),
		queued("low", -5, 50, 0),
	};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct entry_choice choice = { .wake_unix_ms = UINT64_MAX };

		for (size_t j = 5; j-- > 0;) /* whatever order they are looked at */
			entry_consider(&entries[j], 1000, &choice);
		assert_ptr_equal(choice.next, &entries[i]);
		entries[i].state = ENTRY_ENDED;
	}
	for (size_t i = 0; i < 5; i++)
		entry_drop(&entries[i]);
}

static void test_due(void **state)
{
	struct entry later = queued("later", 100, 1, 5000), soon = queued("soon", 0, 2, 3000);
	struct entry paused = queued("paused", 0, 3, 0);
	struct entry_choice none = { .wake_unix_ms = UINT64_MAX }, one = none, retried = none;

	(void)state;
	paused.state = ENTRY_PAUSED;
	entry_consider(&later, 2999, &none);
	entry_consider(&soon, 2999, &none);
	entry_consider(&paused, 2999, &none);
	assert_null(none.next);
	assert_int_equal(none.wake_unix_ms, 3000);
	entry_consider(&later, 3000, &one);
	entry_consider(&soon, 3000, &one);
	assert_ptr_equal(one.next, &soon);
	assert_int_equal(one.wake_unix_ms, 5000);
	soon.retry_unix_ms = 4000;
	entry_consider(&soon, 3000, &retried);
	assert_null(retried.next);
	assert_int_equal(retried.wake_unix_ms, 4000);
	entry_drop(&later);
	entry_drop(&soon);
	entry_drop(&paused);
}

/* --- what follows from how a run ended: each timeline from QUEUED on --- */

enum what {
	NOTHING,
	RUN,	/* begun in boot a, and ended with `code` */
	CRASH,	/* begun, and the service died; started again in the same boot */
	REBOOT, /* begun, and the machine went down */
};

struct step {
	enum what what;
	int code;
	uint32_t trials; /* that are kept after it */
	bool ended, by_signal, cancelled;
	enum entry_state then;
	const char *reason; /* a part of it */
};

static void play(const char *name, const struct step *step)
{
	struct entry entry = queued("it", 0, 0, 0);
	uint64_t now = 1000;

	for (int i = 1; step->what; step++, i++, now += 100000) {
		char boot[16];
		struct entry_outcome outcome = {
			.ended = step->ended,
			.by_signal = step->by_signal,
			.code = step->code,
			.verdict = step->ended ? "clean" : NULL,
			.reason = "the last words",
			.trials = step->trials,
			.now_unix_ms = now,
		};

		snprintf(boot, sizeof(boot), "boot %d", step->what == REBOOT ? i : 0);
		entry_begin(&entry, "boot 0", now);
		assert_int_equal(entry.runs, i);
		entry.cancelled = step->cancelled;
		if (step->what == RUN)
			entry_after_run(&entry, &outcome);
		else
			entry_recover(&entry, boot, step->trials, now);
		if (entry.state != step->then)
			fail_msg("%s, step %d: %s", name, i, entry_state_names[entry.state]);
		if (step->reason && (!entry.reason || !strstr(entry.reason, step->reason)))
			fail_msg("%s, step %d: %s", name, i, entry.reason);
		if (entry.state == ENTRY_ENDED && entry.ended_unix_ms != now)
			fail_msg("%s, step %d: it ended at no time", name, i);
	}
	entry_drop(&entry);
}

static void test_runs(void **state)
{
	(void)state;
	play("a run", (struct step[]){
			      { RUN, 1, 12, .ended = true, .then = ENTRY_ENDED,
				.reason = "the last words" },
			      { NOTHING },
		      });
	play("a busy machine never costs a campaign",
	     (struct step[]){
		     { RUN, EXIT_BUSY, 0, .then = ENTRY_QUEUED, .reason = "last words" },
		     { RUN, EXIT_BUSY, 0, .then = ENTRY_QUEUED },
		     { RUN, EXIT_BUSY, 0, .then = ENTRY_QUEUED },
		     { RUN, EXIT_BUSY, 0, .then = ENTRY_QUEUED },
		     { RUN, 0, 12, .ended = true, .then = ENTRY_ENDED },
		     { NOTHING },
	     });
	play("what fails is tried again, and given up in the end",
	     (struct step[]){
		     { RUN, EXIT_INTERNAL, 0, .then = ENTRY_QUEUED },
		     { RUN, EXIT_INTERNAL, 0, .by_signal = true, .then = ENTRY_QUEUED },
		     { RUN, EXIT_INTERNAL, 0, .then = ENTRY_ENDED },
		     { NOTHING },
	     });
	play("one more trial is a new start",
	     (struct step[]){
		     { RUN, EXIT_INTERNAL, 0, .then = ENTRY_QUEUED },
		     { RUN, EXIT_INTERNAL, 0, .then = ENTRY_QUEUED },
		     { RUN, EXIT_INTERNAL, 1, .then = ENTRY_QUEUED },
		     { RUN, EXIT_INTERNAL, 1, .then = ENTRY_QUEUED },
		     { RUN, EXIT_INTERNAL, 1, .then = ENTRY_ENDED },
		     { NOTHING },
	     });
	play("what cannot be is not tried again",
	     (struct step[]){ { RUN, EXIT_CONFIG, 0, .then = ENTRY_ENDED }, { NOTHING } });
	play("no kernel for it",
	     (struct step[]){ { RUN, EXIT_CANNOT, 0, .then = ENTRY_ENDED }, { NOTHING } });
	play("interrupted", (struct step[]){
				    { RUN, EXIT_INCONCLUSIVE, 3, .then = ENTRY_QUEUED,
				      .reason = "interrupted" },
				    { RUN, 0, 12, .ended = true, .then = ENTRY_ENDED },
				    { NOTHING },
			    });
	play("cancelled", (struct step[]){
				  { RUN, EXIT_INCONCLUSIVE, 3, .cancelled = true,
				    .then = ENTRY_ENDED, .reason = "cancelled after 3 trials" },
				  { NOTHING },
			  });
	play("cancelled, and it had ended",
	     (struct step[]){
		     { RUN, 0, 12, .ended = true, .cancelled = true, .then = ENTRY_ENDED,
		       .reason = "the last words" },
		     { NOTHING },
	     });
}

static void test_crashes(void **state)
{
	struct step crashes[101] = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		crashes[i] = (struct step){ CRASH, .then = ENTRY_QUEUED };
	play("the service may die as often as it likes", crashes);
	play("a trial that takes the machine down each time",
	     (struct step[]){
		     { REBOOT, .trials = 5, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 5, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 5, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 5, .then = ENTRY_ENDED,
		       .reason = "went down 3 times in the trial after 5" },
		     { NOTHING },
	     });
	play("reboots with progress between them",
	     (struct step[]){
		     { REBOOT, .trials = 1, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 1, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 2, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 3, .then = ENTRY_QUEUED },
		     { REBOOT, .trials = 4, .then = ENTRY_QUEUED },
		     { NOTHING },
	     });
}

/* --- repetition --- */

static void test_next_due(void **state)
{
	struct entry entry = queued("nightly", 0, 500, 10000);

	(void)state;
	entry.every_s = 100;
	assert_int_equal(entry_next_due(&entry, 10001), 110000);
	assert_int_equal(entry_next_due(&entry, 109999), 110000);
	assert_int_equal(entry_next_due(&entry, 110000), 210000);
	assert_int_equal(entry_next_due(&entry, 1234567),
			 1310000);			     /* what was missed is left out */
	assert_int_equal(entry_next_due(&entry, 5), 110000); /* the clock was set back */
	entry.not_before_unix_ms = 0;
	assert_int_equal(entry_next_due(&entry, 600), 100500);
	entry_drop(&entry);
}

/* --- on disk --- */

static void test_there_and_back(void **state)
{
	struct entry entry = queued("an-id", -7, 12, 34), back;
	json_t *json;

	(void)state;
	entry.state = ENTRY_PAUSED;
	entry.every_s = 86400;
	entry.cancelled = true;
	entry_text(&entry.reason, "because");
	json = fields_to_json(&entry_fields, &entry);
	assert_int_equal(entry_read(json, &back), 0);
	json_decref(json);
	assert_string_equal(back.id, "an-id");
	assert_string_equal(back.reason, "because");
	assert_null(back.verdict);
	assert_int_equal(back.state, ENTRY_PAUSED);
	assert_int_equal(back.priority, -7);
	assert_int_equal(back.exit_code, INT64_MIN);
	assert_true(back.cancelled);
	entry_drop(&entry);
	entry_drop(&back);
}

static void test_not_one(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"id\": null, \"name\": \"x\"}",
	};
	struct entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = fields_parse(texts[i]);

		assert_int_equal(entry_read(json, &entry), -EINVAL);
		json_decref(json);
	}
	assert_int_equal(entry_read(NULL, &entry), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_due),
		cmocka_unit_test(test_runs),	 cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_next_due), cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_not_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
