// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spec/sites.h"
#include "trial/hang.h"
#include "trial/verdict_parts.h"

/* When the last planned echo is due, counted from the window's opening. */
static uint64_t last_echo_ns(const struct trial_spec *spec)
{
	return (spec->offset_us + (spec->echoes ? spec->echoes - 1 : 0) * spec->spacing_us) *
	       1000;
}

/* The hold that starts thread II was not reached: the order failed, not we. */
static bool starts_in_vain(const struct evidence *e)
{
	if (!e->spec.starts_when)
		return false;
	for (uint32_t i = 0; i < e->spec.steps && i < ORDER_HOLDS_MAX; i++)
		if (e->steps[i].thread == e->spec.starts_when &&
		    e->steps[i].outcome != STEP_NOT_REACHED)
			return false;
	return true;
}

/* --- what makes a trial prove nothing --- */

/* Room for what differs from trial to trial: "3 of 4". */
enum { DETAIL = 280 };

__attribute__((format(printf, 2, 3))) static bool detail(char out[DETAIL], const char *format,
							 ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(out, DETAIL, format, ap);
	va_end(ap);
	return true;
}

/* 95% of it: timers may be early by a tick. */
static bool is_short(uint64_t held_ns, uint64_t asked_us)
{
	return held_ns < asked_us * 950;
}

/* A guest has no stack that could be read from here. */
static bool hang_unproved(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;
	char function[HANG_FUNCTION];

	if (e->hang == HANG_NONE || e->hang == HANG_GUEST)
		return false;
	hang_innermost(e->hang_stack, function);
	return function[0] ? detail(more, "task %u is in %s", e->hang_pid, function) :
			     detail(more, "the stack of task %u cannot be read", e->hang_pid);
}

static bool guest_silent(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->hang == HANG_GUEST;
}

static bool lane_died(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->lane_lost;
}

static bool has_undead(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->undead;
}

static bool lost_records(const struct verdict_question *q, char *more)
{
	return q->e->lost_records && detail(more, "%" PRIu64, q->e->lost_records);
}

/*
 * But for kprobes, the kernel skips a program only on a CPU that is inside it already
 * (__bpf_prog_enter_recur(), kernel/bpf/trampoline.c). The program of a hold is inside while it
 * holds: other tasks that come by there are of no interest then, and its thread cannot.
 */
static uint64_t skipped_in_holds(const struct evidence *e)
{
	uint64_t skipped = 0;

	for (uint32_t i = 0; i < e->spec.steps && i < ORDER_HOLDS_MAX; i++)
		if (e->steps[i].tier != TIER_KPROBE)
			skipped += e->steps[i].missed;
	return skipped;
}

static bool missed_probes(const struct verdict_question *q, char *more)
{
	uint64_t skipped = skipped_in_holds(q->e);

	return q->e->missed_probes > skipped &&
	       detail(more, "%" PRIu64, q->e->missed_probes - skipped);
}

static bool has_no_baseline(const struct verdict_question *q, char *more)
{
	(void)more;
	return !q->e->baseline.found;
}

/* A deleted one does not come back under its number. */
static bool device_moved(const struct verdict_question *q, char *more)
{
	(void)more;
	return !q->e->deleted && q->e->device_gone && q->e->after.found;
}

static bool device_vanished(const struct verdict_question *q, char *more)
{
	return !q->e->deleted && (q->e->device_gone || !q->e->after.found) &&
	       detail(more, "%s", q->e->device);
}

static bool baseline_moved(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->baseline_moved;
}

static bool has_strangers(const struct verdict_question *q, char *more)
{
	return q->e->strangers && !q->e->settled &&
	       detail(more, "%u packet socket%s", q->e->strangers,
		      q->e->strangers == 1 ? "" : "s");
}

static bool down_failed(const struct verdict_question *q, char *more)
{
	return q->e->down_error && detail(more, "%s", strerror(q->e->down_error));
}

static bool is_below_baseline(const struct verdict_question *q, char *more)
{
	for (uint32_t i = 0; !q->e->settled && i < q->nr_objects; i++) {
		enum object object = q->objects[i];

		if (evidence_counted(q->e, object) && evidence_over(q->e, object) < 0)
			return detail(more, "%" PRId64 " %s %s fewer",
				      -evidence_over(q->e, object), object_names[object],
				      verdict_things(object, -evidence_over(q->e, object)));
	}
	return false;
}

static bool is_restless(const struct verdict_question *q, char *more)
{
	return q->e->restless && !q->e->settled && !q->e->late_ns &&
	       detail(more, "%.1f s after teardown", (double)q->e->settle_ns / 1e9);
}

static bool bringup_overtime(const struct verdict_question *q, char *more)
{
	return q->e->bringup_end == BRINGUP_OVERTIME &&
	       detail(more, "a program that stays alive needs bringup.daemon: true");
}

static bool bringup_killed(const struct verdict_question *q, char *more)
{
	return q->e->bringup_end == BRINGUP_KILLED &&
	       q->e->bringup_wanted != BRINGUP_STATUS_ANY &&
	       detail(more, "signal %d", q->e->bringup_status);
}

static bool bringup_failed(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;

	return e->bringup_end == BRINGUP_EXITED && e->bringup_wanted != BRINGUP_STATUS_ANY &&
	       e->bringup_status != e->bringup_wanted &&
	       detail(more, "%d, and bringup.status is %d%s%s", e->bringup_status,
		      e->bringup_wanted, e->flags_error ? "; a flag set failed: " : "",
		      e->flags_error ? strerror(e->flags_error) : "");
}

static bool program_missing(const struct verdict_question *q, char *more)
{
	char line[160];

	return q->e->bringup_wanted != BRINGUP_STATUS_ANY &&
	       last_words_not_found(q->e->bringup_said, line, sizeof(line)) &&
	       detail(more, "%s", line);
}

static bool bringup_not_started(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->bringup_end == BRINGUP_NOT_STARTED;
}

static bool not_held(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->opened && q->e->spec.hold_us && !q->e->held_ns;
}

static bool held_too_short(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;

	return e->opened && is_short(e->held_ns, e->spec.hold_us) &&
	       detail(more, "%" PRIu64 " us of %" PRIu64 " us", e->held_ns / 1000,
		      e->spec.hold_us);
}

static bool step_too_short(const struct verdict_question *q, char *more)
{
	for (uint32_t i = 0; i < q->e->spec.steps && i < ORDER_HOLDS_MAX; i++) {
		const struct step_audit *step = &q->e->steps[i];

		if (step->outcome == STEP_KEPT && is_short(step->held_ns, step->asked_us))
			return detail(more, "hold %u, %" PRIu64 " us of %" PRIu64 " us", i + 1,
				      step->held_ns / 1000, step->asked_us);
	}
	return false;
}

/* Without a hold the bring-up may be faster than the planned echoes. */
static bool echoes_not_sent(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;

	if (e->opens > OPENS_FLAGS && !e->opens_came)
		return false; /* no moment from which they could be due */
	return e->closed && e->held_ns > e->opens_ns + last_echo_ns(&e->spec) &&
	       e->echoes_sent < e->spec.echoes && !starts_in_vain(e) &&
	       detail(more, "%u of %u", e->echoes_sent, e->spec.echoes);
}

static bool counters_not_read(const struct verdict_question *q, char *more)
{
	(void)more;
	return (q->e->spec.echoes || q->e->spec.dad_answer) && !q->e->acceptance.known;
}

static bool site_is_off(const struct verdict_question *q, char *more)
{
	(void)more;
	return !q->e->opened && q->e->spec.site == SITE_OFF;
}

static bool flags_failed(const struct verdict_question *q, char *more)
{
	return !q->e->opened && q->e->flags_error &&
	       detail(more, "%s (the bring-up ended with status %d)",
		      strerror(q->e->flags_error), q->e->bringup_status);
}

static bool flags_not_set(const struct verdict_question *q, char *more)
{
	return !q->e->opened && !q->e->flag_sets &&
	       detail(more, "it ended with status %d%s", q->e->bringup_status,
		      q->e->tier == TIER_TRACEPOINT ?
			      "; at the tracepoint tier only flag sets by ioctl() and netlink are seen (dadrace-tiers(7))" :
			      "");
}

static bool not_opened(const struct verdict_question *q, char *more)
{
	(void)more;
	return !q->e->opened;
}

static bool not_counted(const struct verdict_question *q, char *more)
{
	return q->e->opened && !q->e->opens_came && q->e->opens > OPENS_FLAGS &&
	       detail(more, "%s",
		      q->e->opens == OPENS_CARRIER ?
			      "the device got no carrier; is its cable plugged in?" :
			      "no address became tentative; has the device a carrier?");
}

static bool not_closed(const struct verdict_question *q, char *more)
{
	static const char *const why[WINDOW_CLOSES] = {
		[CLOSES_AUTO] = "dadrace did not set the device down either",
		[CLOSES_FLAGS] =
			"the bring-up set flags only once; window.closes: auto ends such a window, too",
		[CLOSES_DAD] = "DAD did not end",
		[CLOSES_EXIT] = "the bring-up did not exit",
		[CLOSES_TEARDOWN] = "dadrace did not set the device down",
	};

	return !q->e->closed && detail(more, "%s", why[q->e->closes]);
}

static bool load_did_nothing(const struct verdict_question *q, char *more)
{
	return q->e->spec.load && !q->e->load_turns &&
	       detail(more, "%s", load_names[q->e->spec.load]);
}

static bool change_did_nothing(const struct verdict_question *q, char *more)
{
	return q->e->spec.change && q->e->change_error == -CHANGE_DID_NOTHING &&
	       detail(more, "%s; the kernel shows the device as it was before",
		      change_names[q->e->spec.change]);
}

static bool change_failed(const struct verdict_question *q, char *more)
{
	return q->e->spec.change && !q->e->changed && q->e->change_error &&
	       detail(more, "%s, %s", change_names[q->e->spec.change],
		      strerror(q->e->change_error));
}

static bool change_not_reached(const struct verdict_question *q, char *more)
{
	return q->e->spec.change && !q->e->changed &&
	       detail(more, "%s", change_names[q->e->spec.change]);
}

/* --- why an order was not kept --- */

static bool takes_rtnl_from_i(const struct step_audit *step)
{
	return step->thread == ORDER_THREAD_DAD && step->other == ORDER_THREAD_I &&
	       (step->at_return || strcmp(step->function, "addrconf_dad_work") != 0);
}

static bool say_not_reached(const struct step_audit *step, const char *hold, char *more)
{
	const struct hold_site *site = site_of_function(step->function);
	const char *caller = site ? site->caller : NULL;

	/* clang-format off */
	if (!step->passes)
		return detail(more, "%s: no call has reached %s since it was hooked: it is inlined on this kernel, or nothing calls it; hook its caller%s%s%s",
			      hold, step->function, caller ? " (" : "", caller ? caller : "", caller ? ")" : "");
	if (step->skips)
		return detail(more, "%s: thread %s passed %s fewer than %u times after the window opened",
			      hold, order_thread_names[step->thread], step->function, step->skips + 1);
	return detail(more, "%s: %" PRIu64 " calls have reached %s since it was hooked, but none by thread %s after the window opened",
		      hold, step->passes, step->function, order_thread_names[step->thread]);
	/* clang-format on */
}

/* What the other thread was not. */
static const char *const early_words[] = {
	[ORDER_UNTIL_TIME] = "",
	[ORDER_UNTIL_HELD] = "held",
	[ORDER_UNTIL_DONE] = "done",
	[ORDER_UNTIL_CHANGED] = "done with its change",
};
_Static_assert(sizeof(early_words) / sizeof(early_words[0]) == ORDER_UNTILS, "words for each");

static bool say_ended_early(const struct step_audit *step, const char *hold, char *more)
{
	if (step->outcome == STEP_CUT)
		return detail(more, "%s: the trial ended first", hold);
	/* clang-format off */
	return detail(more, "%s: its deadline ended it after %" PRIu64 " ms, %s was not %s%s",
		      hold, step->held_ns / 1000000, order_thread_names[step->other], early_words[step->until],
		      takes_rtnl_from_i(step) ?
		      "; DAD's worker has the RTNL there, which I needs: place the hold at dad-work, before the RTNL is taken" : "");
	/* clang-format on */
}

/*
 * A hold that was not reached is why others waited without effect, and one that no call reaches
 * most of all.
 */
static int blame_of(const struct step_audit *step)
{
	if (step->outcome == STEP_KEPT)
		return 0;
	if (step->outcome != STEP_NOT_REACHED)
		return 1;
	return step->passes ? 2 : 3;
}

static bool order_not_kept(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;
	const struct step_audit *worst = NULL;
	char hold[160];

	if (!e->spec.steps || e->order_kept)
		return false;
	for (uint32_t i = 0; i < e->spec.steps && i < ORDER_HOLDS_MAX; i++)
		if (blame_of(&e->steps[i]) > (worst ? blame_of(worst) : 0))
			worst = &e->steps[i];
	if (!worst)
		return true;
	snprintf(hold, sizeof(hold), "hold %d (%s at %s%s)", (int)(worst - e->steps) + 1,
		 order_thread_names[worst->thread], worst->at_return ? "return of " : "",
		 worst->place);
	return worst->outcome == STEP_NOT_REACHED ? say_not_reached(worst, hold, more) :
						    say_ended_early(worst, hold, more);
}

/* --- what was sent, and did not arrive --- */

/* An order itself says when a packet must arrive; without one it must land in the window. */
static bool echoes_not_seen(const struct verdict_question *q, char *more)
{
	(void)more;
	return q->e->spec.steps && q->e->spec.echoes && !q->e->echoes_delivered;
}

/* What is malformed is our fault, and others of its kind may be accepted by mistake. */
static bool are_accepted(const struct evidence *e, uint32_t delivered, uint32_t accepted)
{
	const int64_t *moved = e->acceptance.moved;

	return accepted == delivered ||
	       (accepted && !moved[IPV6_IN_CHECKSUM_ERRORS] && !moved[IPV6_IN_HDR_ERRORS] &&
		!moved[IPV6_IN_TRUNCATED]);
}

static bool say_refused(const struct evidence *e, uint32_t delivered, uint32_t accepted,
			char *more)
{
	char by[160];

	acceptance_say(e, by, sizeof(by));
	if (!by[0] && e->refused_errno)
		snprintf(by, sizeof(by), "%s", strerror(e->refused_errno));
	return detail(
		more, "%u of %u; %s", accepted, delivered,
		by[0] ? by :
			"no counter says why: a MAC address that is not the device's, a group that it has not joined, or a hop limit that its protocol refuses");
}

static bool echoes_not_accepted(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;

	return e->acceptance.known && e->spec.echoes &&
	       !are_accepted(e, e->echoes_delivered, e->echoes_accepted) &&
	       say_refused(e, e->echoes_delivered, e->echoes_accepted, more);
}

static bool echoes_outside(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;

	return !e->spec.steps && e->spec.echoes && !e->echoes_inside &&
	       detail(more, "%u delivered, %u accepted", e->echoes_delivered,
		      e->echoes_accepted);
}

static bool dad_not_probed(const struct verdict_question *q, char *more)
{
	uint32_t landed =
		q->e->spec.steps ? q->e->dad_answers_delivered : q->e->dad_answers_inside;

	(void)more;
	return q->e->spec.dad_answer != DAD_ANSWER_NONE && !landed &&
	       q->e->spec.dad_at == DAD_AT_PROBE && !q->e->dad_probes;
}

static bool say_answers(const struct evidence *e, char *more)
{
	return detail(more, "%u probes seen, %u answers sent, %u delivered, %u accepted",
		      e->dad_probes, e->dad_answers_sent, e->dad_answers_delivered,
		      e->dad_answers_accepted);
}

static bool answers_not_seen(const struct verdict_question *q, char *more)
{
	return q->e->spec.steps && q->e->spec.dad_answer != DAD_ANSWER_NONE &&
	       !q->e->dad_answers_delivered && say_answers(q->e, more);
}

static bool answers_not_accepted(const struct verdict_question *q, char *more)
{
	const struct evidence *e = q->e;

	return e->acceptance.known && e->spec.dad_answer != DAD_ANSWER_NONE &&
	       !are_accepted(e, e->dad_answers_delivered, e->dad_answers_accepted) &&
	       say_refused(e, e->dad_answers_delivered, e->dad_answers_accepted, more);
}

static bool answers_outside(const struct verdict_question *q, char *more)
{
	return !q->e->spec.steps && q->e->spec.dad_answer != DAD_ANSWER_NONE &&
	       !q->e->dad_answers_inside && say_answers(q->e, more);
}

/*
 * What makes a trial invalid, and what makes it missed: the first row whose answer is yes. The
 * sentences are the documentation, too.
 */
/* clang-format off */
static const struct doubt {
	bool (*is_so)(const struct verdict_question *question, char more[DETAIL]);
	const char *sentence;
} holes[] = {
	{ lost_records,        "records of the probes were lost" },
	{ hang_unproved,       "a call did not return by its deadline, and nothing shows that its task is inside it" },
	{ guest_silent,        "the guest stopped answering during the trial" },
	{ lane_died,           "the lane's process died during the trial" },
	{ has_undead,          "a process of the bring-up could not be killed" },
	{ missed_probes,       "the kernel skipped runs of our programs" },
	{ has_no_baseline,     "the device was not there for the baseline" },
	{ device_moved,        "the bring-up moved the device to another network namespace and back, and nothing is seen there; it must stay in the lane's" },
	{ device_vanished,     "the device vanished during the trial" },
	{ baseline_moved,      "the baseline changed between two trials: something is not at rest" },
	{ has_strangers,       "a program of this machine took a reference of the existing device meanwhile" },
	{ down_failed,         "the device could not be set down" },
	{ is_restless,         "the counts still changed at the last look" },
	{ is_below_baseline,   "a count is below its baseline, which was not at rest" },
	{ bringup_overtime,    "the bring-up did not exit by its deadline" },
	{ bringup_killed,      "the bring-up was killed" },
	{ bringup_not_started, "the bring-up did not start" },
	{ bringup_failed,      "the bring-up exited with another status than it should" },
	{ program_missing,     "the bring-up's shell did not find a program" },
	{ not_held,            "the bring-up was not held in the window although the plan asks for a hold" },
	{ held_too_short,      "the hold in the window was shorter than planned" },
	{ step_too_short,      "a hold of the order was shorter than planned" },
	{ echoes_not_sent,     "fewer echoes were sent than planned" },
	{ counters_not_read,   "the kernel's counters of IPv6 could not be read" },
}, misses[] = {
	{ site_is_off,         "the window's site is off, so nothing was watched" },
	{ flags_failed,        "a flag set failed" },
	{ flags_not_set,       "the bring-up never set flags" },
	{ not_opened,          "no flag set asked for IFF_UP" },
	{ not_counted,         "the moment of window.opens did not come in time" },
	{ not_closed,          "the window never closed" },
	{ load_did_nothing,    "the load did no work" },
	{ change_did_nothing,  "thread I's change did nothing" },
	{ change_failed,       "thread I's change failed" },
	{ change_not_reached,  "thread I did not reach its change" },
	{ order_not_kept,      "the order was not kept" },
	{ echoes_not_seen,     "no echo reached the kernel" },
	{ echoes_not_accepted, "IPv6 did not accept the echoes" },
	{ echoes_outside,      "no echo landed inside the window" },
	{ dad_not_probed,      "the device sent no DAD probe to answer" },
	{ answers_not_seen,    "no DAD answer reached the kernel" },
	{ answers_not_accepted, "IPv6 did not accept the DAD answers" },
	{ answers_outside,     "no DAD answer landed inside the window" },
};
/* clang-format on */
enum {
	HOLES = sizeof(holes) / sizeof(holes[0]),
	MISSES = sizeof(misses) / sizeof(misses[0]),
};

const char *verdict_invalid_sentence(uint32_t number)
{
	return number < HOLES ? holes[number].sentence : NULL;
}

const char *verdict_missed_sentence(uint32_t number)
{
	return number < MISSES ? misses[number].sentence : NULL;
}

static bool doubt(const struct verdict_question *question, const struct doubt *doubts,
		  uint32_t nr, enum verdict verdict, struct judgement *j)
{
	for (uint32_t i = 0; i < nr; i++) {
		char more[DETAIL] = "";

		if (doubts[i].is_so(question, more))
			return verdict_say(j, verdict, "%s%s%s", doubts[i].sentence,
					   more[0] ? ": " : "", more);
	}
	return false;
}

bool verdict_doubted(const struct verdict_question *question, struct judgement *judgement)
{
	return doubt(question, holes, HOLES, VERDICT_INVALID, judgement) ||
	       doubt(question, misses, MISSES, VERDICT_MISSED, judgement);
}
