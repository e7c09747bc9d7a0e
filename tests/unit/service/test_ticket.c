// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/exits.h"
#include "service/ticket.h"

/* Milliseconds are small numbers here: the clock is the test's own. */
static struct ticket queued(const char *id, int64_t priority, uint64_t submitted,
			    uint64_t not_before)
{
	struct ticket ticket = {
		.priority = priority,
		.submitted_unix_ms = submitted,
		.not_before_unix_ms = not_before,
		.number = 1,
		.exit_code = INT64_MIN,
	};

	ticket_text(&ticket.id, id);
	ticket_text(&ticket.name, "name");
	return ticket;
}

/* --- who is next --- */

static void test_order(void **state)
{
	/* In the order in which they are to be run. */
	struct ticket tickets[] = {
		queued("urgent", 10, 900, 0), queued("first", 0, 100, 0),
		queued("same-a", 0, 200, 0),  queued("same-b", 0, 200, 0),
		queued("low", -5, 50, 0),
	};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct ticket_choice choice = { .wake_unix_ms = UINT64_MAX };

		for (size_t j = 5; j-- > 0;) /* whatever order they are looked at */
			ticket_consider(&tickets[j], 1000, &choice);
		assert_ptr_equal(choice.next, &tickets[i]);
		tickets[i].state = TICKET_ENDED;
	}
	for (size_t i = 0; i < 5; i++)
		ticket_drop(&tickets[i]);
}

static void test_due(void **state)
{
	struct ticket later = queued("later", 100, 1, 5000), soon = queued("soon", 0, 2, 3000);
	struct ticket paused = queued("paused", 0, 3, 0);
	struct ticket_choice none = { .wake_unix_ms = UINT64_MAX }, one = none, retried = none;

	(void)state;
	paused.state = TICKET_PAUSED;
	ticket_consider(&later, 2999, &none);
	ticket_consider(&soon, 2999, &none);
	ticket_consider(&paused, 2999, &none);
	assert_null(none.next);
	assert_int_equal(none.wake_unix_ms, 3000);
	ticket_consider(&later, 3000, &one);
	ticket_consider(&soon, 3000, &one);
	assert_ptr_equal(one.next, &soon);
	assert_int_equal(one.wake_unix_ms, 5000);
	soon.retry_unix_ms = 4000;
	ticket_consider(&soon, 3000, &retried);
	assert_null(retried.next);
	assert_int_equal(retried.wake_unix_ms, 4000);
	ticket_drop(&later);
	ticket_drop(&soon);
	ticket_drop(&paused);
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
	bool ended, by_signal, interrupted, cancelled;
	enum ticket_state then;
	const char *reason;	/* a part of it */
	const char *unfinished; /* then; "" : they are complete, or there are none */
	const char *verdict;	/* of an interrupted run */
};

static void play(const char *name, const struct step *step)
{
	struct ticket ticket = queued("it", 0, 0, 0);
	uint64_t now = 1000;

	for (int i = 1; step->what; step++, i++, now += 100000) {
		char boot[24];
		struct ticket_outcome outcome = {
			.ended = step->ended,
			.by_signal = step->by_signal,
			.interrupted = step->interrupted,
			.code = step->code,
			.verdict = step->ended ? "clean" : step->verdict,
			.reason = "the last words",
			.trials = step->trials,
			.now_unix_ms = now,
		};

		snprintf(boot, sizeof(boot), "boot %d", step->what == REBOOT ? i : 0);
		ticket_begin(&ticket, "boot 0", now);
		assert_int_equal(ticket.runs, i);
		ticket.cancelled = step->cancelled;
		if (step->what == RUN)
			ticket_after_run(&ticket, &outcome);
		else
			ticket_recover(&ticket, boot, step->trials, now);
		if (ticket.state != step->then)
			fail_msg("%s, step %d: %s", name, i, ticket_state_names[ticket.state]);
		if (step->reason && (!ticket.reason || !strstr(ticket.reason, step->reason)))
			fail_msg("%s, step %d: %s", name, i, ticket.reason);
		if (step->unfinished &&
		    strcmp(ticket.unfinished ? ticket.unfinished : "", step->unfinished) != 0)
			fail_msg("%s, step %d: %s", name, i, ticket.unfinished);
		if (ticket.state == TICKET_ENDED && ticket.ended_unix_ms != now)
			fail_msg("%s, step %d: it ended at no time", name, i);
	}
	ticket_drop(&ticket);
}

static void test_runs(void **state)
{
	(void)state;
	play("a run", (struct step[]){
			      { RUN, 1, 12, .ended = true, .then = TICKET_ENDED,
				.reason = "the last words" },
			      { NOTHING },
		      });
	play("a busy machine never costs a campaign",
	     (struct step[]){
		     { RUN, EXIT_BUSY, 0, .then = TICKET_QUEUED, .reason = "last words" },
		     { RUN, EXIT_BUSY, 0, .then = TICKET_QUEUED },
		     { RUN, EXIT_BUSY, 0, .then = TICKET_QUEUED },
		     { RUN, EXIT_BUSY, 0, .then = TICKET_QUEUED },
		     { RUN, 0, 12, .ended = true, .then = TICKET_ENDED },
		     { NOTHING },
	     });
	play("what fails is tried again, and given up in the end",
	     (struct step[]){
		     { RUN, EXIT_INTERNAL, 0, .then = TICKET_QUEUED },
		     { RUN, EXIT_INTERNAL, 0, .by_signal = true, .then = TICKET_QUEUED },
		     { RUN, EXIT_INTERNAL, 0, .then = TICKET_ENDED },
		     { NOTHING },
	     });
	play("one more trial is a new start",
	     (struct step[]){
		     { RUN, EXIT_INTERNAL, 0, .then = TICKET_QUEUED },
		     { RUN, EXIT_INTERNAL, 0, .then = TICKET_QUEUED },
		     { RUN, EXIT_INTERNAL, 1, .then = TICKET_QUEUED },
		     { RUN, EXIT_INTERNAL, 1, .then = TICKET_QUEUED },
		     { RUN, EXIT_INTERNAL, 1, .then = TICKET_ENDED },
		     { NOTHING },
	     });
	play("what cannot be is not tried again",
	     (struct step[]){ { RUN, EXIT_CONFIG, 0, .then = TICKET_ENDED }, { NOTHING } });
	play("no kernel for it",
	     (struct step[]){ { RUN, EXIT_CANNOT, 0, .then = TICKET_ENDED }, { NOTHING } });
	play("interrupted",
	     (struct step[]){
		     { RUN, EXIT_INCONCLUSIVE, 3, .then = TICKET_QUEUED,
		       .reason = "the campaign continues",
		       .unfinished = "interrupted after 3 trials" },
		     { RUN, 0, 12, .ended = true, .then = TICKET_ENDED, .unfinished = "" },
		     { NOTHING },
	     });
	play("interrupted before its first trial",
	     (struct step[]){
		     { RUN, EXIT_INCONCLUSIVE, 0, .interrupted = true, .then = TICKET_QUEUED },
		     { RUN, EXIT_INCONCLUSIVE, 0, .interrupted = true, .then = TICKET_QUEUED },
		     { RUN, EXIT_INCONCLUSIVE, 0, .interrupted = true, .then = TICKET_QUEUED },
		     { NOTHING },
	     });
	play("what ends by itself and shows no trial is given up",
	     (struct step[]){
		     { RUN, EXIT_INCONCLUSIVE, 3, .then = TICKET_QUEUED },
		     { RUN, EXIT_INCONCLUSIVE, 3, .then = TICKET_QUEUED },
		     { RUN, EXIT_INCONCLUSIVE, 3, .then = TICKET_QUEUED },
		     { RUN, EXIT_INCONCLUSIVE, 3, .then = TICKET_ENDED,
		       .reason = "the last words",
		       .unfinished = "stopped by an error after 3 trials" },
		     { NOTHING },
	     });
	play("cancelled",
	     (struct step[]){
		     { RUN, EXIT_INCONCLUSIVE, 3, .cancelled = true, .then = TICKET_ENDED,
		       .reason = "cancelled", .unfinished = "cancelled after 3 trials" },
		     { NOTHING },
	     });
	play("cancelled before its first trial",
	     (struct step[]){
		     { RUN, EXIT_INCONCLUSIVE, 0, .cancelled = true, .then = TICKET_ENDED,
		       .reason = "cancelled", .unfinished = "" },
		     { NOTHING },
	     });
	play("cancelled, and what its trials show stays",
	     (struct step[]){
		     { RUN, EXIT_INCONCLUSIVE, 1, .cancelled = true, .then = TICKET_ENDED,
		       .verdict = "inconclusive", .reason = "the last words",
		       .unfinished = "cancelled after 1 trial" },
		     { NOTHING },
	     });
	play("what fails leaves its results unfinished",
	     (struct step[]){
		     { RUN, EXIT_INTERNAL, 7, .then = TICKET_QUEUED,
		       .unfinished = "stopped by an error after 7 trials" },
		     { RUN, EXIT_CANNOT, 7, .then = TICKET_ENDED,
		       .unfinished = "stopped by an error after 7 trials" },
		     { NOTHING },
	     });
	play("cancelled, and it had ended",
	     (struct step[]){
		     { RUN, 0, 12, .ended = true, .cancelled = true, .then = TICKET_ENDED,
		       .reason = "the last words" },
		     { NOTHING },
	     });
}

static void test_crashes(void **state)
{
	struct step crashes[101] = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		crashes[i] = (struct step){ CRASH, .then = TICKET_QUEUED };
	play("the service may die as often as it likes", crashes);
	play("a trial that takes the machine down each time",
	     (struct step[]){
		     { REBOOT, .trials = 5, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 5, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 5, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 5, .then = TICKET_ENDED,
		       .reason = "went down 3 times during the trial after trial 5" },
		     { NOTHING },
	     });
	play("reboots with progress between them",
	     (struct step[]){
		     { REBOOT, .trials = 1, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 1, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 2, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 3, .then = TICKET_QUEUED },
		     { REBOOT, .trials = 4, .then = TICKET_QUEUED },
		     { NOTHING },
	     });
}

static void test_cancelled_after_a_fault(void **state)
{
	struct ticket ticket = queued("it", 0, 0, 0);
	const struct ticket_outcome outcome = {
		.code = EXIT_FAULT, .trials = 3, .verdict = "fault", .reason = "1 of 3 trials"
	};

	(void)state;
	ticket_begin(&ticket, "boot", 1);
	assert_string_equal(ticket.unfinished, "still running");
	ticket.cancelled = true;
	ticket_after_run(&ticket, &outcome);
	assert_int_equal(ticket.exit_code, EXIT_FAULT);
	assert_string_equal(ticket.verdict, "fault");
	assert_string_equal(ticket.reason, "1 of 3 trials");
	ticket_drop(&ticket);
}

/* --- repetition --- */

static void test_next_due(void **state)
{
	struct ticket ticket = queued("nightly", 0, 500, 10000);

	(void)state;
	ticket.every_s = 100;
	assert_int_equal(ticket_next_due(&ticket, 10001), 110000);
	assert_int_equal(ticket_next_due(&ticket, 109999), 110000);
	assert_int_equal(ticket_next_due(&ticket, 110000), 210000);
	assert_int_equal(ticket_next_due(&ticket, 1234567),
			 1310000);			       /* what was missed is left out */
	assert_int_equal(ticket_next_due(&ticket, 5), 110000); /* the clock was set back */
	ticket.not_before_unix_ms = 0;
	assert_int_equal(ticket_next_due(&ticket, 600), 100500);
	ticket_drop(&ticket);
}

/* --- on disk --- */

static void test_there_and_back(void **state)
{
	struct ticket ticket = queued("an-id", -7, 12, 34), back;
	json_t *json;

	(void)state;
	ticket.state = TICKET_PAUSED;
	ticket.every_s = 86400;
	ticket.cancelled = true;
	ticket_text(&ticket.reason, "because");
	json = fields_to_json(&ticket_fields, &ticket);
	assert_int_equal(ticket_read(json, &back), 0);
	json_decref(json);
	assert_string_equal(back.id, "an-id");
	assert_string_equal(back.reason, "because");
	assert_null(back.verdict);
	assert_int_equal(back.state, TICKET_PAUSED);
	assert_int_equal(back.priority, -7);
	assert_int_equal(back.exit_code, INT64_MIN);
	assert_true(back.cancelled);
	ticket_drop(&ticket);
	ticket_drop(&back);
}

static void test_of_an_earlier_version(void **state)
{
	json_t *json =
		fields_parse("{\"id\": \"an-id\", \"name\": \"x\", \"state\": \"paused\"}");
	struct ticket ticket;

	(void)state;
	assert_int_equal(ticket_read(json, &ticket), 0);
	assert_int_equal(ticket.state, TICKET_PAUSED);
	assert_int_equal(ticket.exit_code, INT64_MIN);
	assert_null(ticket.unfinished);
	json_decref(json);
	ticket_drop(&ticket);
}

static void test_not_one(void **state)
{
	static const char *const texts[] = {
		"{}", "[]", "{\"id\": null, \"name\": \"x\"}",
		"{\"id\": \"a\", \"name\": \"x\"}", /* in no state */
	};
	struct ticket ticket;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = fields_parse(texts[i]);

		assert_int_equal(ticket_read(json, &ticket), -EINVAL);
		json_decref(json);
	}
	assert_int_equal(ticket_read(NULL, &ticket), -EINVAL);
}

/* The page and the metrics are about the kernel that the summary names. */
static void test_outcome(void **state)
{
	static const char fault[] =
		"{\"verdict\":\"fault\",\"reason\":\"it leaks\",\"fault_rate_bound_ppm\":1000000,"
		"\"machine\":{\"release\":\"6.12.118\"},"
		"\"findings\":[{\"signature\":\"leak/net_device\"},{\"signature\":\"hang\"}]}";
	static const char clean[] = "{\"verdict\":\"clean\",\"fault_rate_bound_ppm\":49000}";
	struct ticket_outcome outcome = { .now_unix_ms = 1000 };
	struct ticket ticket = queued("it", 0, 0, 0);
	json_t *json = fields_parse(fault);

	(void)state;
	ticket_outcome_of(json, &outcome);
	outcome.ended = true;
	ticket_after_run(&ticket, &outcome);
	json_decref(json);
	assert_string_equal(ticket.verdict, "fault");
	assert_string_equal(ticket.reason, "it leaks");
	assert_string_equal(ticket.kernel, "6.12.118");
	assert_string_equal(ticket.finding, "leak/net_device");
	assert_int_equal(ticket.bound_ppm, 0);
	json = fields_parse(clean);
	ticket_outcome_of(json, &outcome);
	ticket_after_run(&ticket, &outcome);
	json_decref(json);
	assert_null(ticket.kernel);
	assert_null(ticket.finding);
	assert_int_equal(ticket.bound_ppm, 49000);
	ticket_drop(&ticket);
	ticket_outcome_of(NULL, &outcome);
	assert_null(outcome.verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_next_due),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_not_one),
		cmocka_unit_test(test_cancelled_after_a_fault),
		cmocka_unit_test(test_of_an_earlier_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
