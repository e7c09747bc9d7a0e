// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/tally_parts.h"

int tally_new(const struct campaign *campaign, struct tally **out)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return -ENOMEM;
	tally->campaign = strdup(campaign->name);
	tally->planted = campaign->vm.plant ? strdup(campaign->vm.plant) : NULL;
	if (!tally->campaign || (campaign->vm.plant && !tally->planted)) {
		tally_free(tally);
		return -ENOMEM;
	}
	tally->deal = shard_deal(campaign);
	for (uint32_t i = 0; i < campaign->nr_arms; i++) {
		tally->asked[campaign->arms[i]] = true;
		if (campaign->arms[i] > tally->most_asked)
			tally->most_asked = campaign->arms[i];
	}
	tally->explored = campaign->explore.mode != EXPLORE_OFF;
	tally->clean_below_ppm = campaign->clean_below_ppm;
	tally->stop_valid = campaign->stop.valid;
	tally->stop_hits = campaign->stop.hits;
	tally->stop_trials = campaign->stop.trials;
	tally->stop_findings = campaign->stop.findings;
	for (uint32_t i = 0; i < campaign->stop.nr_decided; i++)
		tally->questions[campaign->stop.decided[i]] = true;
	tally->above_ppm = campaign->stop.above_ppm;
	tally->below_ppm = campaign->stop.below_ppm;
	for (int arm = 0; arm < ARMS; arm++)
		tally->arms[arm].tally.arm = (enum arm)arm;
	tally->in_order.next = 1;
	*out = tally;
	return 0;
}

uint32_t tally_nr_findings(const struct tally *tally)
{
	return tally->nr_findings;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (int arm = 0; arm < ARMS; arm++) {
		stats_sample_free(&tally->arms[arm].hold_asked_us);
		stats_sample_free(&tally->arms[arm].held_ns);
		stats_sample_free(&tally->arms[arm].first_echo_ns);
		stats_sample_free(&tally->arms[arm].second_flags_ns);
		stats_sample_free(&tally->arms[arm].settle_ns);
	}
	for (int i = 0; i < ORDER_HOLDS_MAX; i++)
		stats_sample_free(&tally->steps[i].held_ns);
	for (uint32_t i = 0; i < tally->nr_findings; i++) {
		free(tally->findings[i]->trials);
		free(tally->findings[i]->ledger);
		free(tally->findings[i]);
	}
	in_order_free(&tally->in_order);
	free(tally->findings);
	free(tally->told_findings);
	free(tally->faults);
	free(tally->campaign);
	free(tally->planted);
	free(tally);
}

/* Of a valid trial: what others show is not how long things take. */
static int add_samples(struct arm_sums *sums, const struct evidence *e)
{
	uint64_t asked_us = e->spec.hold_us;

	if (e->opened && asked_us) {
		sums->tally.held++;
		/* asked in us times 950 is 95% of it in ns */
		if (e->held_ns >= asked_us * 950 && e->held_ns <= asked_us * 1100 + 1000000)
			sums->tally.held_within++;
		if (stats_sample_add(&sums->hold_asked_us, asked_us) ||
		    stats_sample_add(&sums->held_ns, e->held_ns))
			return -ENOMEM;
	}
	if (e->opened && e->echoes_delivered && e->first_echo_ns)
		if (stats_sample_add(&sums->first_echo_ns, e->first_echo_ns))
			return -ENOMEM;
	if (e->closed && e->second_flags_ns)
		if (stats_sample_add(&sums->second_flags_ns, e->second_flags_ns))
			return -ENOMEM;
	if (e->settled)
		if (stats_sample_add(&sums->settle_ns, e->settle_ns))
			return -ENOMEM;
	return 0;
}

static int add_to_arm(struct arm_sums *sums, const struct evidence *e, enum verdict verdict)
{
	struct tally_arm *arm = &sums->tally;

	arm->trials++;
	arm->verdicts.by[verdict]++;
	arm->valid += verdict_valid(verdict);
	arm->faults += verdict_fault(verdict);
	arm->opened += e->opened;
	arm->inside += e->echoes_inside > 0 || e->dad_answers_inside > 0;
	arm->tentative += e->tentative_inside;
	arm->echoes_sent += e->echoes_sent;
	arm->echoes_refused += e->echoes_refused;
	arm->echoes_delivered += e->echoes_delivered;
	arm->echoes_inside += e->echoes_inside;
	arm->dad_answers_sent += e->dad_answers_sent;
	arm->dad_answers_inside += e->dad_answers_inside;
	arm->dad_failed += e->dad_end == DAD_FAILED;
	arm->dad_fooled += e->dad_fooled;
	if (e->ended_ns > e->started_ns)
		sums->elapsed_ns += e->ended_ns - e->started_ns;
	return verdict_valid(verdict) ? add_samples(sums, e) : 0;
}

/* Whether two sentences differ in their numbers only. */
static bool same_words(const char *a, const char *b)
{
	for (;;) {
		while (isdigit((unsigned char)*a))
			a++;
		while (isdigit((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

static void add_reason(struct tally *tally, const struct judgement *judgement)
{
	struct reason *reason = tally->reasons;
	struct reason *end = reason + tally->nr_reasons;

	while (reason < end && (reason->verdict != judgement->verdict ||
				!same_words(reason->text, judgement->reason)))
		reason++;
	if (reason == end && tally->nr_reasons == REASONS_MAX)
		reason--;
	else if (reason == end)
		tally->nr_reasons++;
	if (!reason->count++) {
		reason->verdict = judgement->verdict;
		memcpy(reason->text, judgement->reason, sizeof(reason->text));
	}
}

static int add_step(struct step_sums *sums, const struct step_audit *step, bool is_valid)
{
	struct tally_step *tally = &sums->tally;

	if (!tally->trials++)
		sums->first = *step;
	if (step->asked_us != sums->first.asked_us)
		sums->first.asked_us = 0; /* an explorer draws it */
	tally->reached += step->outcome != STEP_NOT_REACHED;
	tally->kept += step->outcome == STEP_KEPT;
	tally->deadlines += step->outcome == STEP_DEADLINE;
	tally->passes = step->passes;
	tally->missed += step->missed;
	return is_valid && step->outcome == STEP_KEPT ?
		       stats_sample_add(&sums->held_ns, step->held_ns) :
		       0;
}

static bool is_same_place(const struct step_audit *a, const struct step_audit *b)
{
	return a->thread == b->thread && a->at_return == b->at_return &&
	       !strcmp(a->place, b->place);
}

/*
 * Trials of an explorer hold other places each; `taken` has a bit for each that this trial has
 * had. NULL: its places have come later than those for which there is room.
 */
static struct step_sums *sums_of(struct tally *tally, const struct step_audit *step,
				 uint32_t *taken)
{
	uint32_t i = 0;

	while (i < ORDER_HOLDS_MAX && tally->steps[i].tally.trials &&
	       (*taken >> i & 1 || !is_same_place(&tally->steps[i].first, step)))
		i++;
	if (i == ORDER_HOLDS_MAX)
		return NULL;
	*taken |= 1U << i;
	return &tally->steps[i];
}

static int add_steps(struct tally *tally, const struct evidence *e, bool is_valid)
{
	uint32_t taken = 0;
	int r = 0;

	for (uint32_t i = 0; !r && i < e->spec.steps && i < ORDER_HOLDS_MAX; i++) {
		struct step_sums *sums =
			e->steps[i].thread ? sums_of(tally, &e->steps[i], &taken) : NULL;

		if (sums)
			r = add_step(sums, &e->steps[i], is_valid);
	}
	return r;
}

int tally_add(struct tally *tally, const struct evidence *evidence,
	      const struct judgement *judgement, const struct tally_finding **finding)
{
	const struct trial_spec *spec = &evidence->spec;
	struct in_order_trial shown = {
		.arm = (uint8_t)spec->arm,
		.verdict = (uint8_t)judgement->verdict,
		.lost = evidence->lane_lost && !verdict_fault(judgement->verdict),
	};
	int r = add_to_arm(&tally->arms[spec->arm], evidence, judgement->verdict), err;

	if (!r)
		r = add_steps(tally, evidence, verdict_valid(judgement->verdict));
	if (r)
		return r;
	if (verdict_fault(judgement->verdict))
		r = tally_add_fault(tally, spec, judgement, finding, &shown.finding);
	else if (!verdict_valid(judgement->verdict))
		add_reason(tally, judgement);
	err = r < 0 ? r : tally_add_in_order(tally, spec->trial, &shown);
	return err ? err : r;
}

void tally_so_far(const struct tally *tally, uint32_t *trials, uint32_t verdicts[VERDICTS])
{
	*trials = 0;
	memset(verdicts, 0, VERDICTS * sizeof(*verdicts));
	for (int arm = 0; arm < ARMS; arm++) {
		*trials += tally->arms[arm].tally.trials;
		for (int v = 0; v < VERDICTS; v++)
			verdicts[v] += tally->arms[arm].tally.verdicts.by[v];
	}
}
