// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "spec/sites.h"
#include "trial/verdict.h"

/* clang-format off */
const char *const verdict_names[] = {
	"clean", "leak", "hang", "kernel-bug", "missed", "invalid", "skipped",
};
const char *const campaign_verdict_names[] = { "clean", "fault", "inconclusive", "skipped" };
/* clang-format on */

_Static_assert(sizeof(verdict_names) / sizeof(verdict_names[0]) == VERDICTS, "a name each");
_Static_assert(sizeof(campaign_verdict_names) / sizeof(campaign_verdict_names[0]) ==
		       CAMPAIGN_VERDICTS,
	       "a name each");

bool verdict_fault(enum verdict verdict)
{
	return verdict == VERDICT_LEAK || verdict == VERDICT_HANG ||
	       verdict == VERDICT_KERNEL_BUG;
}

bool verdict_valid(enum verdict verdict)
{
	return verdict == VERDICT_CLEAN || verdict_fault(verdict);
}

bool verdict_judged(enum verdict verdict)
{
	return verdict_valid(verdict) || verdict == VERDICT_MISSED;
}

__attribute__((format(printf, 3, 4))) static bool
say(struct judgement *judgement, enum verdict verdict, const char *format, ...)
{
	va_list ap;

	judgement->verdict = verdict;
	va_start(ap, format);
	vsnprintf(judgement->reason, sizeof(judgement->reason), format, ap);
	va_end(ap);
	return true;
}

static void sign(struct judgement *judgement, const char *what)
{
	snprintf(judgement->signature, sizeof(judgement->signature), "%s/%s",
		 verdict_names[judgement->verdict], what);
}

/* A count minus its baseline. */
static int64_t over(const struct evidence *e, enum object object)
{
	switch (object) {
	case OBJECT_NET_DEVICE: return e->after.net_device - e->baseline.net_device;
	case OBJECT_INET6_DEV: return e->after.inet6_dev - e->baseline.inet6_dev;
	case OBJECT_DST: return e->after.dst - e->baseline.dst;
	case OBJECTS: break;
	}
	return 0;
}

/* A device's counters end with the device. */
static bool is_counted(const struct evidence *e, enum object object)
{
	return e->baseline.found && (e->deleted ? e->after.found || object == OBJECT_DST :
						  e->after.found && !e->device_gone);
}

static const char *things(enum object object, int64_t number)
{
	if (object == OBJECT_DST)
		return number == 1 ? "entry" : "entries";
	return number == 1 ? "reference" : "references";
}

/*
 * Words of the signature that do not change from trial to trial: no numbers, no addresses. A
 * word of hexadecimal digits with a decimal one among them is an address; other words lose
 * their digits.
 */
static void stem(const char *text, char *out, size_t size)
{
	size_t n = 0;

	while (*text && n + 1 < size) {
		size_t length = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		size_t digits = strspn(text, "0123456789abcdefABCDEF");
		bool has_decimal = strcspn(text, "0123456789") < length;
		bool is_address = (length > 2 && text[0] == '0' && text[1] == 'x') ||
				  (digits == length && has_decimal);

		if (is_address) {
			text += length;
		} else if (length) {
			for (; length && n + 1 < size; length--, text++)
				if (*text < '0' || *text > '9')
					out[n++] = *text;
		} else {
			if (*text == ' ' && (!n || out[n - 1] != '_'))
				out[n++] = '_';
			else if (*text != ' ' && *text != '#')
				out[n++] = *text;
			text++;
		}
	}
	out[n] = '\0';
}

static bool kernel_complained(const struct evidence *e, struct judgement *j)
{
	char words[64]; /* fits into a signature after the verdict */

	/* A single "waiting for" is benign unless something hangs: the kernel retries. */
	if (e->klog.kind == KLOG_OTHER || e->klog.kind == KLOG_WAITING ||
	    e->klog_tie <= KLOG_TIE_NONE)
		return false;
	stem(e->klog.text, words, sizeof(words));
	say(j, VERDICT_KERNEL_BUG, "the kernel logged: %.200s", e->klog.text);
	sign(j, words);
	return true;
}

static bool hung(const struct evidence *e, struct judgement *j)
{
	if (e->hang == HANG_NONE || e->hang == HANG_UNREGISTER)
		return false;
	if (e->hang == HANG_GUEST)
		say(j, VERDICT_HANG, "the guest stopped answering during the trial");
	else
		say(j, VERDICT_HANG, "%s of %s did not return (task %u, waiting in %s)",
		    e->hang == HANG_FLAGS ? "a flag set" : "setting down", e->device,
		    e->hang_pid, e->hang_wchan[0] ? e->hang_wchan : "?");
	sign(j, hang_names[e->hang]);
	return true;
}

static bool is_worse(const struct evidence *e, enum object object, enum object than)
{
	bool is_below = over(e, object) < 0, than_below = over(e, than) < 0;

	return is_below != than_below ? is_below : object < than;
}

/*
 * Too many are wrong. Too few may be a late reference of the trial before that the baseline has
 * counted; in earnest they make the unregister hang, as a count that is below never comes to
 * rest.
 */
static bool is_wrong(const struct evidence *e, enum object object)
{
	return is_counted(e, object) &&
	       (over(e, object) > 0 ||
		(over(e, object) < 0 && e->unregister_tried && !e->unregister_returned));
}

static bool leaked(const struct evidence *e, const enum object *objects, uint32_t nr,
		   struct judgement *j)
{
	enum object worst = OBJECTS;

	if (e->settled || e->down_error)
		return false;
	/*
	 * Too few is worse than too many: the next put frees what is in use. Otherwise the
	 * device is named first: it is what unregistering waits for.
	 */
	for (uint32_t i = 0; i < nr; i++)
		if (is_wrong(e, objects[i]) &&
		    (worst == OBJECTS || is_worse(e, objects[i], worst)))
			worst = objects[i];
	if (worst == OBJECTS)
		return false;
	snprintf(j->object, sizeof(j->object), "%s", object_names[worst]);
	j->delta = over(e, worst);
	j->pinned = e->unregister_tried && !e->unregister_returned;
	if (j->delta < 0) {
		say(j, VERDICT_KERNEL_BUG,
		    "%s of %s is %" PRId64 " %s below its baseline: something was put twice",
		    j->object, e->device, -j->delta, things(worst, -j->delta));
	} else {
		say(j, VERDICT_LEAK, "%+" PRId64 " %s %s on %s %" PRIu64 " ms after %s; %s",
		    j->delta, j->object, things(worst, j->delta), e->device,
		    e->settle_ns / 1000000,
		    e->deleted ? "its deletion in the window" : "teardown",
		    !e->unregister_tried ? "the device is not ours to unregister" :
		    j->pinned		 ? "the unregister hangs" :
		    e->unregister_failed ? "the unregister failed" :
		    worst == OBJECT_DST	 ? "the device itself could be unregistered" :
					   "the unregister released it");
	}
	sign(j, j->object);
	return true;
}

static bool unregister_hung(const struct evidence *e, struct judgement *j)
{
	if (e->hang != HANG_UNREGISTER)
		return false;
	j->pinned = true;
	say(j, VERDICT_HANG, "the unregister of %s did not return (task %u, waiting in %s)",
	    e->device, e->hang_pid, e->hang_wchan[0] ? e->hang_wchan : "?");
	sign(j, hang_names[e->hang]);
	return true;
}

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

struct question {
	const struct evidence *e;
	const enum object *objects;
	uint32_t nr_objects;
};

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

static bool lane_died(const struct question *q, char *more)
{
	(void)more;
	return q->e->lane_lost;
}

static bool has_undead(const struct question *q, char *more)
{
	(void)more;
	return q->e->undead;
}

static bool lost_records(const struct question *q, char *more)
{
	return q->e->lost_records && detail(more, "%" PRIu64, q->e->lost_records);
}

static bool missed_probes(const struct question *q, char *more)
{
	return q->e->missed_probes && detail(more, "%" PRIu64, q->e->missed_probes);
}

static bool has_no_baseline(const struct question *q, char *more)
{
	(void)more;
	return !q->e->baseline.found;
}

static bool device_vanished(const struct question *q, char *more)
{
	(void)more;
	return !q->e->deleted && (q->e->device_gone || !q->e->after.found);
}

static bool baseline_moved(const struct question *q, char *more)
{
	(void)more;
	return q->e->baseline_moved;
}

static bool down_failed(const struct question *q, char *more)
{
	return q->e->down_error && detail(more, "%s", strerror(q->e->down_error));
}

static bool is_below_baseline(const struct question *q, char *more)
{
	for (uint32_t i = 0; !q->e->settled && i < q->nr_objects; i++) {
		enum object object = q->objects[i];

		if (is_counted(q->e, object) && over(q->e, object) < 0)
			return detail(more, "%" PRId64 " %s %s fewer", -over(q->e, object),
				      object_names[object],
				      things(object, -over(q->e, object)));
	}
	return false;
}

static bool bringup_overtime(const struct question *q, char *more)
{
	(void)more;
	return q->e->bringup_end == BRINGUP_OVERTIME;
}

static bool bringup_killed(const struct question *q, char *more)
{
	return q->e->bringup_end == BRINGUP_KILLED &&
	       detail(more, "signal %d", q->e->bringup_status);
}

static bool bringup_not_started(const struct question *q, char *more)
{
	(void)more;
	return q->e->bringup_end == BRINGUP_NOT_STARTED;
}

static bool not_held(const struct question *q, char *more)
{
	(void)more;
	return q->e->opened && q->e->spec.hold_us && !q->e->held_ns;
}

static bool held_too_short(const struct question *q, char *more)
{
	const struct evidence *e = q->e;

	return e->opened && is_short(e->held_ns, e->spec.hold_us) &&
	       detail(more, "%" PRIu64 " us of %" PRIu64 " us", e->held_ns / 1000,
		      e->spec.hold_us);
}

static bool step_too_short(const struct question *q, char *more)
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
static bool echoes_not_sent(const struct question *q, char *more)
{
	const struct evidence *e = q->e;

	return e->closed && e->held_ns > last_echo_ns(&e->spec) &&
	       e->echoes_sent < e->spec.echoes && !starts_in_vain(e) &&
	       detail(more, "%u of %u", e->echoes_sent, e->spec.echoes);
}

static bool site_is_off(const struct question *q, char *more)
{
	(void)more;
	return !q->e->opened && q->e->spec.site == SITE_OFF;
}

static bool flags_failed(const struct question *q, char *more)
{
	return !q->e->opened && q->e->flags_error &&
	       detail(more, "%s (the bring-up ended with status %d)",
		      strerror(q->e->flags_error), q->e->bringup_status);
}

static bool flags_not_set(const struct question *q, char *more)
{
	return !q->e->opened && !q->e->flag_sets &&
	       detail(more, "it ended with status %d", q->e->bringup_status);
}

static bool not_opened(const struct question *q, char *more)
{
	(void)more;
	return !q->e->opened;
}

static bool not_closed(const struct question *q, char *more)
{
	(void)more;
	return !q->e->closed;
}

static bool load_did_nothing(const struct question *q, char *more)
{
	return q->e->spec.load && !q->e->load_turns &&
	       detail(more, "%s", load_names[q->e->spec.load]);
}

static bool change_failed(const struct question *q, char *more)
{
	return q->e->spec.change && !q->e->changed && q->e->change_error &&
	       detail(more, "%s, %s", change_names[q->e->spec.change],
		      strerror(q->e->change_error));
}

static bool change_not_reached(const struct question *q, char *more)
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
	return detail(more, "%s: %" PRIu64 " calls have reached %s since it was hooked, but none by thread %s after the window opened",
		      hold, step->passes, step->function, order_thread_names[step->thread]);
	/* clang-format on */
}

static bool say_ended_early(const struct step_audit *step, const char *hold, char *more)
{
	if (step->outcome == STEP_CUT)
		return detail(more, "%s: the trial ended first", hold);
	/* clang-format off */
	return detail(more, "%s: its deadline ended it after %" PRIu64 " ms, %s was not %s%s",
		      hold, step->held_ns / 1000000, order_thread_names[step->other], order_until_names[step->until],
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

static bool order_not_kept(const struct question *q, char *more)
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
static bool echoes_not_seen(const struct question *q, char *more)
{
	(void)more;
	return q->e->spec.steps && q->e->spec.echoes && !q->e->echoes_delivered;
}

static bool echoes_outside(const struct question *q, char *more)
{
	return !q->e->spec.steps && q->e->spec.echoes && !q->e->echoes_inside &&
	       detail(more, "%u delivered", q->e->echoes_delivered);
}

static bool dad_not_probed(const struct question *q, char *more)
{
	uint32_t landed =
		q->e->spec.steps ? q->e->dad_answers_delivered : q->e->dad_answers_inside;

	(void)more;
	return q->e->spec.dad_answer != DAD_ANSWER_NONE && !landed &&
	       q->e->spec.dad_at == DAD_AT_PROBE && !q->e->dad_probes;
}

static bool say_answers(const struct evidence *e, char *more)
{
	return detail(more, "%u probes seen, %u answers sent, %u delivered", e->dad_probes,
		      e->dad_answers_sent, e->dad_answers_delivered);
}

static bool answers_not_seen(const struct question *q, char *more)
{
	return q->e->spec.steps && q->e->spec.dad_answer != DAD_ANSWER_NONE &&
	       !q->e->dad_answers_delivered && say_answers(q->e, more);
}

static bool answers_outside(const struct question *q, char *more)
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
	bool (*is_so)(const struct question *question, char more[DETAIL]);
	const char *sentence;
} holes[] = {
	{ lane_died,           "the lane's process died during the trial" },
	{ has_undead,          "a process of the bring-up could not be killed" },
	{ lost_records,        "records of the probes were lost" },
	{ missed_probes,       "the kernel skipped runs of our programs" },
	{ has_no_baseline,     "the device was not there for the baseline" },
	{ device_vanished,     "the device vanished during the trial" },
	{ baseline_moved,      "the baseline changed between two trials: something is not at rest" },
	{ down_failed,         "the device could not be set down" },
	{ is_below_baseline,   "a count is below its baseline, which was not at rest" },
	{ bringup_overtime,    "the bring-up did not exit by its deadline" },
	{ bringup_killed,      "the bring-up was killed" },
	{ bringup_not_started, "the bring-up did not start" },
	{ not_held,            "the bring-up was not held in the window although the plan asks for a hold" },
	{ held_too_short,      "the hold in the window was shorter than planned" },
	{ step_too_short,      "a hold of the order was shorter than planned" },
	{ echoes_not_sent,     "fewer echoes were sent than planned" },
}, misses[] = {
	{ site_is_off,         "the window's site is off, so nothing was watched" },
	{ flags_failed,        "a flag set failed" },
	{ flags_not_set,       "the bring-up never set flags" },
	{ not_opened,          "no flag set asked for IFF_UP" },
	{ not_closed,          "the bring-up set flags only once, so the window never closed" },
	{ load_did_nothing,    "the load did no work" },
	{ change_failed,       "thread I's change failed" },
	{ change_not_reached,  "thread I did not reach its change" },
	{ order_not_kept,      "the order was not kept" },
	{ echoes_not_seen,     "no echo reached the kernel" },
	{ echoes_outside,      "no echo landed inside the window" },
	{ dad_not_probed,      "the device sent no DAD probe to answer" },
	{ answers_not_seen,    "no DAD answer reached the kernel" },
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

static bool doubt(const struct question *question, const struct doubt *doubts, uint32_t nr,
		  enum verdict verdict, struct judgement *j)
{
	for (uint32_t i = 0; i < nr; i++) {
		char more[DETAIL] = "";

		if (doubts[i].is_so(question, more))
			return say(j, verdict, "%s%s%s", doubts[i].sentence,
				   more[0] ? ": " : "", more);
	}
	return false;
}

/*
 * Of a deleted device nothing is left to be counted: that its deletion returned is the proof.
 */
static void clean(const struct evidence *e, struct judgement *j)
{
	const char *fooled = e->dad_fooled ?
				     "; DAD failed although only the device's own probe "
				     "came back (RFC 7527)" :
				     "";

	if (e->deleted)
		say(j, VERDICT_CLEAN,
		    "the deletion of %s in the window returned after %" PRIu64
		    " us, so nothing held it any more%s",
		    e->device, e->unregister_ns / 1000, fooled);
	else
		say(j, VERDICT_CLEAN, "references came back %" PRIu64 " us after teardown%s",
		    e->settle_ns / 1000, fooled);
}

/* What nothing ties to the lane changes no verdict, and is told with each. */
static void add_meanwhile(const struct evidence *e, struct judgement *j)
{
	if (e->klog.kind != KLOG_OTHER && e->klog_tie == KLOG_TIE_NONE)
		text_add(j->reason, sizeof(j->reason), "; the kernel warned meanwhile: %.160s",
			 e->klog.text);
}

void verdict_judge(const struct evidence *evidence, const enum object *objects,
		   uint32_t nr_objects, struct judgement *judgement)
{
	const struct question question = { evidence, objects, nr_objects };
	struct judgement j = { 0 };

	if (!kernel_complained(evidence, &j) && !hung(evidence, &j) &&
	    !leaked(evidence, objects, nr_objects, &j) && !unregister_hung(evidence, &j) &&
	    !doubt(&question, holes, HOLES, VERDICT_INVALID, &j) &&
	    !doubt(&question, misses, MISSES, VERDICT_MISSED, &j))
		clean(evidence, &j);
	add_meanwhile(evidence, &j);
	*judgement = j;
}

/* --- the campaign --- */

static uint32_t valid_trials(const struct arm_tally *arm)
{
	uint32_t valid = 0;

	for (int v = 0; v < VERDICTS; v++)
		if (verdict_valid(v))
			valid += arm->verdicts[v];
	return valid;
}

enum campaign_verdict verdict_campaign(const struct arm_tally arms[ARMS], char *reason,
				       size_t size)
{
	uint32_t faults = 0, trials = 0, skipped = 0;
	enum arm most = ARM_CONTROL;

	for (int arm = 0; arm < ARMS; arm++) {
		for (int v = 0; v < VERDICTS; v++)
			if (verdict_fault(v))
				faults += arms[arm].verdicts[v];
		trials += arms[arm].trials;
		skipped += arms[arm].verdicts[VERDICT_SKIPPED];
		if (arms[arm].trials)
			most = arm;
	}
	if (!trials) {
		snprintf(reason, size, "no trial was run");
		return CAMPAIGN_INCONCLUSIVE;
	}
	if (faults) {
		snprintf(reason, size, "%u of %u trials show%s a fault", faults, trials,
			 faults == 1 ? "s" : "");
		return CAMPAIGN_FAULT;
	}
	if (skipped == trials) {
		snprintf(reason, size, "every trial was skipped");
		return CAMPAIGN_SKIPPED;
	}
	if (!valid_trials(&arms[most])) {
		snprintf(reason, size, "no valid trial in the %s arm", arm_names[most]);
		return CAMPAIGN_INCONCLUSIVE;
	}
	for (int arm = 0; arm < ARMS; arm++) {
		uint32_t valid = valid_trials(&arms[arm]);
		uint32_t of = arms[arm].trials -
			      (arms[arm].explored ? arms[arm].verdicts[VERDICT_MISSED] : 0);

		if (arm != ARM_ECHO && valid * 10 < of * 9) {
			snprintf(reason, size, "only %u of %u trials of the %s arm are valid",
				 valid, of, arm_names[arm]);
			return CAMPAIGN_INCONCLUSIVE;
		}
	}
	snprintf(reason, size, "no fault in %u valid trial%s of the %s arm",
		 valid_trials(&arms[most]), valid_trials(&arms[most]) == 1 ? "" : "s",
		 arm_names[most]);
	return CAMPAIGN_CLEAN;
}

enum exits verdict_exit(enum campaign_verdict verdict)
{
	switch (verdict) {
	case CAMPAIGN_CLEAN: return EXIT_CLEAN;
	case CAMPAIGN_FAULT: return EXIT_FAULT;
	case CAMPAIGN_INCONCLUSIVE: return EXIT_INCONCLUSIVE;
	case CAMPAIGN_SKIPPED: return EXIT_CANNOT;
	case CAMPAIGN_VERDICTS: break;
	}
	return EXIT_INTERNAL;
}
