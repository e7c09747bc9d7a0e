// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "io/loop.h"
#include "machine/klog.h"
#include "run/outcome.h"

/* --- evidence --- */

void outcome_begin(struct seat *seat)
{
	const struct probes *probes = seat->runner->ask->probes;

	seat->missed_before = probes_missed(probes);
	for (uint32_t i = 0; i < seat->spec.steps && i < ORDER_HOLDS_MAX; i++)
		seat->step_missed_before[i] =
			probes_step_missed(probes, seat->spec.holds[i].hook);
	seat->klog = (struct klog_line){ 0 };
	seat->klog_lines = seat->klog_shared = seat->klog_gaps = 0;
}

static bool is_worse(const struct klog_line *line, const struct klog_line *than)
{
	return than->kind == KLOG_OTHER ||
	       (than->kind == KLOG_WAITING && line->kind != KLOG_WAITING);
}

/*
 * "task NAME:123 blocked for more than 120 seconds": no trial of ours waits that long, so it is
 * somebody else's, or of a lane that an earlier trial has left stuck.
 */
static bool is_old_news(const struct klog_line *line)
{
	return line->kind == KLOG_LOCKUP && strstr(line->text, " blocked for more than ");
}

static void klog_seen(const struct klog_line *line, void *arg)
{
	struct runner *runner = arg;
	uint32_t in_flight = 0;

	if (line->kind == KLOG_OTHER || is_old_news(line))
		return;
	for (uint32_t i = 0; i < LANES_MAX; i++)
		in_flight += runner->seats[i].state == SEAT_RUNNING;
	for (uint32_t i = 0; i < LANES_MAX; i++) {
		struct seat *seat = &runner->seats[i];

		if (seat->state != SEAT_RUNNING ||
		    (line->kind == KLOG_WAITING && strcmp(line->device, seat->device) != 0))
			continue;
		seat->klog_lines++;
		seat->klog_shared = line->kind == KLOG_WAITING ? 1 : in_flight;
		if (is_worse(line, &seat->klog))
			seat->klog = *line;
	}
}

void outcome_klog(void *arg)
{
	struct runner *runner = arg;
	unsigned int gaps;

	gaps = klog_read(runner->klog, klog_seen, runner);
	for (uint32_t i = 0; gaps && i < LANES_MAX; i++)
		runner->seats[i].klog_gaps += gaps;
}

static void complete_evidence(struct seat *seat, struct evidence *evidence)
{
	struct runner *runner = seat->runner;

	if (runner->klog)
		outcome_klog(runner);
	evidence->tier = runner->tier;
	evidence->klog = seat->klog;
	evidence->klog_lines = seat->klog_lines;
	evidence->klog_shared = seat->klog_shared;
	evidence->lost_records +=
		seat->klog_gaps; /* what was overwritten may have been the line */
	evidence->missed_probes = probes_missed(runner->ask->probes) - seat->missed_before;
	for (uint32_t i = 0; i < evidence->spec.steps && i < ORDER_HOLDS_MAX; i++) {
		uint32_t hook = evidence->spec.holds[i].hook;

		evidence->steps[i].passes = probes_step_passes(runner->ask->probes, hook);
		evidence->steps[i].missed = probes_step_missed(runner->ask->probes, hook) -
					    seat->step_missed_before[i];
	}
}

bool outcome_is_spent(const struct evidence *e, const struct judgement *judgement)
{
	return verdict_fault(judgement->verdict) || e->unregister_tried || e->device_gone ||
	       e->hang || e->lane_lost || e->undead;
}

/* --- ledgers --- */

static bool add_ledger(struct seat *seat, const struct ledger_of *of)
{
	struct runner *runner = seat->runner;
	const struct ledger_line line = ledger_line(of, &runner->ledger_told);

	return conclude_ledger(runner->sums, &line, NULL);
}

/* The ledger of a trial of the plan (ledger: always). */
static bool add_own_ledger(struct seat *seat, const struct evidence *e,
			   const struct judgement *judgement)
{
	enum digest_object object = DIGEST_NET_DEVICE;
	bool leaked =
		judgement->verdict == VERDICT_LEAK && suspects_watchable(judgement, &object);
	const struct ledger_of of = {
		.trial = e->spec.trial,
		.final = true,
		.signature = leaked ? judgement->signature : NULL,
		.object = object_names[object],
		.evidence = e,
		.judgement = judgement,
		.digest = lane_digest(seat->lane, object),
	};

	return add_ledger(seat, &of);
}

/* Where births and deaths are seen they name the holder: a hole in theirs is one, too. */
static enum ledger_hole hole_of(const struct seat *seat, enum digest_object object)
{
	enum ledger_hole hole = lane_digest(seat->lane, object)->state;

	for (int i = DIGEST_COUNTERS; i < DIGEST_ADDRESS && hole == LEDGER_WHOLE; i++) {
		enum ledger_hole of_lives = lane_digest(seat->lane, i)->state;

		if (of_lives != LEDGER_UNARMED)
			hole = of_lives;
	}
	return hole;
}

/*
 * A trial that was to teach and went wrong is an attempt, too: otherwise there might be no end.
 */
static bool add_repeat(struct seat *seat, const struct evidence *e,
		       const struct judgement *judgement)
{
	struct runner *runner = seat->runner;
	struct suspect *suspect = suspects_next(&runner->sums->suspects);
	struct ledger_of of;

	seat->repeats = false;
	if (!suspect)
		return true; /* a signal has ended it */
	of = (struct ledger_of){
		.trial = suspect->spec.trial,
		.attempt = suspect->attempts + 1,
		.signature = suspect->signature,
		.object = object_names[suspect->object],
		.evidence = e,
		.judgement = judgement,
		.digest = lane_digest(seat->lane, suspect->object),
	};
	if (seat->learned++ < SUSPECTS_LEARN && !outcome_is_spent(e, judgement) &&
	    of.digest->state != LEDGER_UNARMED)
		return true;
	of.final = suspects_tried(&runner->sums->suspects, judgement,
				  hole_of(seat, suspect->object));
	return add_ledger(seat, &of);
}

/* --- the sums --- */

/* A trial of the plan. False: the campaign has failed. */
static bool add_trial(struct seat *seat, struct evidence *evidence,
		      const struct judgement *judgement)
{
	struct runner *runner = seat->runner;
	const struct campaign *campaign = runner->campaign;

	if (campaign->explore.mode)
		behaviour_of(evidence, &runner->places, judgement, &evidence->behaviour);
	if (!conclude_trial(runner->sums, evidence, judgement, NULL))
		return false;
	if (campaign->ledger == LEDGER_ALWAYS && !add_own_ledger(seat, evidence, judgement))
		return false;
	if (campaign->ledger == LEDGER_SUSPECTS && !runner->sums->failed)
		suspects_add(&runner->sums->suspects, &evidence->spec, judgement);
	conclude_ended(runner->sums);
	return true;
}

bool outcome_add(struct seat *seat, struct evidence *evidence, struct judgement *judgement)
{
	struct runner *runner = seat->runner;
	const struct campaign *campaign = runner->campaign;
	bool good;

	complete_evidence(seat, evidence);
	verdict_judge(evidence, campaign->watch.objects, campaign->watch.nr_objects, judgement);
	if (runner->ask->scouted) {
		runner->ask->scouted(judgement, lane_digest(seat->lane, DIGEST_NET_DEVICE),
				     runner->ask->arg);
		if (verdict_fault(judgement->verdict))
			conclude_stop(runner->sums, "findings");
		return true;
	}
	good = seat->repeats ? add_repeat(seat, evidence, judgement) :
			       add_trial(seat, evidence, judgement);
	if (!good)
		suspects_drop(&runner->sums->suspects);
	return good;
}

void outcome_lost(struct seat *seat, enum hang hang)
{
	struct runner *runner = seat->runner;
	struct evidence *e = &runner->message.evidence;
	struct judgement judgement;

	memset(e, 0, sizeof(*e));
	e->spec = seat->spec;
	e->lane = lane_number(seat->lane);
	e->lane_lost = true;
	snprintf(e->device, sizeof(e->device), "%s", seat->device);
	e->started_ns = seat->started_ns;
	e->ended_ns = loop_now();
	e->hang = hang;
	if (hang)
		lane_stack(seat->lane, e);
	outcome_add(seat, e, &judgement);
}
