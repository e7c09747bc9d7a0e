// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

/* What a count is over its baseline; 0 when they agree. */
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

/* Counters that are of a device end with it. */
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
 * Words of the signature that do not change from trial to trial: no numbers, no addresses. A word
 * of hexadecimal digits with a decimal one among them is an address; other words lose their digits.
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
	char words[64]; /* with the verdict in front, they fit into a signature */

	/* A single "waiting for" is benign unless something hangs: the kernel retries. */
	if (e->klog.kind == KLOG_OTHER || e->klog.kind == KLOG_WAITING)
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
		say(j, VERDICT_HANG, "the guest fell silent in mid-trial");
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
 * counted; in earnest they make the unregister hang, as a count that is below never comes to rest.
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
		    "%s of %s has %" PRId64 " %s too few, against its baseline", j->object,
		    e->device, -j->delta, things(worst, -j->delta));
	} else {
		say(j, VERDICT_LEAK, "%+" PRId64 " %s %s on %s %" PRIu64 " ms after %s; %s",
		    j->delta, j->object, things(worst, j->delta), e->device,
		    e->settle_ns / 1000000,
		    e->deleted ? "its deletion in the window" : "teardown",
		    !e->unregister_tried ? "the device is not ours to unregister" :
		    j->pinned		 ? "the unregister hangs" :
		    e->unregister_failed ? "the unregister failed" :
		    worst == OBJECT_DST	 ? "the device itself could be unregistered" :
					   "the unregister let go of it");
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

/* The hold that thread II waits for was not reached: the order's fault, not ours. */
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

static bool has_holes(const struct evidence *e, const enum object *objects, uint32_t nr,
		      struct judgement *j)
{
	uint64_t asked_ns = e->spec.hold_us * 1000;

	if (e->lane_lost)
		return say(j, VERDICT_INVALID, "the lane's process died in mid-trial");
	if (e->undead)
		return say(j, VERDICT_INVALID, "a process of the bring-up could not be killed");
	if (e->lost_records)
		return say(j, VERDICT_INVALID, "%" PRIu64 " records were lost",
			   e->lost_records);
	if (e->missed_probes)
		return say(j, VERDICT_INVALID,
			   "the kernel skipped %" PRIu64 " runs of our programs",
			   e->missed_probes);
	if (!e->baseline.found)
		return say(j, VERDICT_INVALID, "the device was not there for the baseline");
	if (!e->deleted && (e->device_gone || !e->after.found))
		return say(j, VERDICT_INVALID, "the device vanished in mid-trial");
	if (e->baseline_moved)
		return say(j, VERDICT_INVALID,
			   "the baseline moved between two trials: something is not at rest");
	if (e->down_error)
		return say(j, VERDICT_INVALID, "setting the device down failed: %s",
			   strerror(e->down_error));
	for (uint32_t i = 0; !e->settled && i < nr; i++)
		if (is_counted(e, objects[i]) && over(e, objects[i]) < 0)
			return say(j, VERDICT_INVALID,
				   "%" PRId64 " %s %s fewer than at the baseline, which was "
				   "not at rest",
				   -over(e, objects[i]), object_names[objects[i]],
				   things(objects[i], -over(e, objects[i])));
	if (e->bringup_end == BRINGUP_OVERTIME)
		return say(j, VERDICT_INVALID, "the bring-up did not end by its deadline");
	if (e->bringup_end == BRINGUP_KILLED)
		return say(j, VERDICT_INVALID, "the bring-up was killed by signal %d",
			   e->bringup_status);
	if (e->bringup_end == BRINGUP_NOT_STARTED)
		return say(j, VERDICT_INVALID, "the bring-up did not start");
	if (e->opened && asked_ns && !e->held_ns)
		return say(j, VERDICT_INVALID,
			   "the bring-up was not held although a hold was asked");
	if (e->opened && asked_ns && e->held_ns < asked_ns / 100 * 95)
		return say(j, VERDICT_INVALID, "held for %" PRIu64 " us of %" PRIu64 " us",
			   e->held_ns / 1000, e->spec.hold_us);
	for (uint32_t i = 0; i < e->spec.steps && i < ORDER_HOLDS_MAX; i++)
		if (e->steps[i].outcome == STEP_KEPT &&
		    e->steps[i].held_ns < e->steps[i].asked_us * 950)
			return say(j, VERDICT_INVALID,
				   "hold %u of the order took %" PRIu64 " us of %" PRIu64 " us",
				   i + 1, e->steps[i].held_ns / 1000, e->steps[i].asked_us);
	/* Without a hold the bring-up may well be quicker than the planned echoes. */
	if (e->closed && e->held_ns > last_echo_ns(&e->spec) &&
	    e->echoes_sent < e->spec.echoes && !starts_in_vain(e))
		return say(j, VERDICT_INVALID, "%u of %u echoes were sent", e->echoes_sent,
			   e->spec.echoes);
	return false;
}

/* An order says itself what must be between what; without one the window does. */
static bool missed_answers(const struct evidence *e, struct judgement *j)
{
	uint32_t landed = e->spec.steps ? e->dad_answers_delivered : e->dad_answers_inside;

	if (e->spec.dad_answer == DAD_ANSWER_NONE || landed)
		return false;
	if (e->spec.dad_at == DAD_AT_PROBE && !e->dad_probes)
		return say(j, VERDICT_MISSED, "no DAD probe of %s came to be answered",
			   e->device);
	return say(j, VERDICT_MISSED,
		   "no DAD answer was %s (%u probes seen, %u answers sent, %u delivered)",
		   e->spec.steps ? "seen by the kernel" : "inside the window", e->dad_probes,
		   e->dad_answers_sent, e->dad_answers_delivered);
}

/* --- why an order did not come about --- */

static bool takes_rtnl_from_i(const struct step_audit *step)
{
	return step->thread == ORDER_THREAD_DAD && step->other == ORDER_THREAD_I &&
	       (step->at_return || strcmp(step->function, "addrconf_dad_work") != 0);
}

static bool say_not_reached(const struct evidence *e, uint32_t i, const char *hold,
			    struct judgement *j)
{
	const struct step_audit *step = &e->steps[i];
	const struct hold_site *site = site_of_function(step->function);

	if (!step->passes)
		return say(j, VERDICT_MISSED,
			   "%s: %s exists, but no call has passed there since it was hooked: "
			   "the compiler inlined it on this kernel, or nothing calls it; hook "
			   "its caller%s%s%s",
			   hold, step->function, site && site->caller ? " (" : "",
			   site && site->caller ? site->caller : "",
			   site && site->caller ? ")" : "");
	return say(j, VERDICT_MISSED,
		   "%s: %" PRIu64 " calls have passed %s since it was hooked, none of them by "
		   "thread %s after the window opened",
		   hold, step->passes, step->function, order_thread_names[step->thread]);
}

static bool say_ended_early(const struct evidence *e, uint32_t i, const char *hold,
			    struct judgement *j)
{
	const struct step_audit *step = &e->steps[i];

	if (step->outcome == STEP_CUT)
		return say(j, VERDICT_MISSED, "%s: the trial ended first", hold);
	return say(j, VERDICT_MISSED,
		   "%s: it ended by its deadline after %" PRIu64 " ms, %s was not %s%s", hold,
		   step->held_ns / 1000000, order_thread_names[step->other],
		   order_until_names[step->until],
		   takes_rtnl_from_i(step) ?
			   "; DAD's work has the RTNL there, which I needs: hold it at "
			   "dad-work, before it takes it" :
			   "");
}

/* A hold that was not reached is why others waited in vain, and one that nothing passes most of all. */
static bool order_broken(const struct evidence *e, struct judgement *j)
{
	uint32_t worst = ORDER_HOLDS_MAX;
	int worst_rank = 0;
	char hold[160];

	for (uint32_t i = 0; i < e->spec.steps && i < ORDER_HOLDS_MAX; i++) {
		const struct step_audit *step = &e->steps[i];
		int rank = step->outcome == STEP_KEPT	     ? 0 :
			   step->outcome != STEP_NOT_REACHED ? 1 :
			   step->passes			     ? 2 :
							       3;

		if (rank <= worst_rank)
			continue;
		worst = i;
		worst_rank = rank;
	}
	if (worst == ORDER_HOLDS_MAX)
		return say(j, VERDICT_MISSED, "the order did not come about");
	snprintf(hold, sizeof(hold), "the order did not come about: hold %u (%s at %s%s)",
		 worst + 1, order_thread_names[e->steps[worst].thread],
		 e->steps[worst].at_return ? "return of " : "", e->steps[worst].place);
	return e->steps[worst].outcome == STEP_NOT_REACHED ?
		       say_not_reached(e, worst, hold, j) :
		       say_ended_early(e, worst, hold, j);
}

static bool missed(const struct evidence *e, struct judgement *j)
{
	if (!e->opened && e->spec.site == SITE_OFF)
		return say(j, VERDICT_MISSED, "the window's site is off: nothing was watched");
	if (!e->opened && e->flags_error)
		return say(j, VERDICT_MISSED,
			   "a flag set of %s failed: %s (the bring-up ended with status %d)",
			   e->device, strerror(e->flags_error), e->bringup_status);
	if (!e->opened && !e->flag_sets)
		return say(j, VERDICT_MISSED,
			   "the bring-up never set flags of %s (it ended with status %d)",
			   e->device, e->bringup_status);
	if (!e->opened)
		return say(j, VERDICT_MISSED, "no flag set asked for IFF_UP");
	if (!e->closed)
		return say(j, VERDICT_MISSED,
			   "the bring-up set flags only once: the window never closed");
	if (e->spec.load && !e->load_turns)
		return say(j, VERDICT_MISSED, "the load, %s, did nothing",
			   load_names[e->spec.load]);
	if (e->spec.change && !e->changed && e->change_error)
		return say(j, VERDICT_MISSED, "thread I's change, %s, failed: %s",
			   change_names[e->spec.change], strerror(e->change_error));
	if (e->spec.change && !e->changed)
		return say(j, VERDICT_MISSED, "thread I did not come to its change, %s",
			   change_names[e->spec.change]);
	if (e->spec.steps && !e->order_kept)
		return order_broken(e, j);
	if (e->spec.steps && e->spec.echoes && !e->echoes_delivered)
		return say(j, VERDICT_MISSED, "no echo was seen by the kernel");
	if (!e->spec.steps && e->spec.echoes && !e->echoes_inside)
		return say(j, VERDICT_MISSED, "no echo was inside the window (%u delivered)",
			   e->echoes_delivered);
	return missed_answers(e, j);
}

/* Of a deleted device nothing is left to be counted: that its deletion returned is the proof. */
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

void verdict_judge(const struct evidence *evidence, const enum object *objects,
		   uint32_t nr_objects, struct judgement *judgement)
{
	struct judgement j = { 0 };

	if (!kernel_complained(evidence, &j) && !hung(evidence, &j) &&
	    !leaked(evidence, objects, nr_objects, &j) && !unregister_hung(evidence, &j) &&
	    !has_holes(evidence, objects, nr_objects, &j) && !missed(evidence, &j))
		clean(evidence, &j);
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
