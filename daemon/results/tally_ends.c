// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>

#include "results/tally_parts.h"

/* --- what ends a campaign --- */

/* The largest p-value of the arm that injects most against the others; NaN without others. */
double tally_against_others(const struct tally *tally, const struct stats_share shares[ARMS])
{
	double largest = NAN;

	for (int arm = 0; arm < ARMS; arm++)
		if (tally->asked[arm] && arm != (int)tally->most_asked)
			largest = fmax(largest,
				       stats_fisher(shares[tally->most_asked], shares[arm]));
	return largest;
}

static bool rate_is_known(struct tally *tally)
{
	const struct decisive *most = &tally->decisive[tally->most_asked];
	double low = tally->below_ppm / 1e6, high = tally->above_ppm / 1e6;
	uint32_t trials = most->judged + most->lost, faults = most->faults;
	bool is_above = stats_sprt(faults, trials, low, high, TALLY_ERROR) == STATS_ABOVE;

	if (!is_above) { /* a missed trial is no proof, a lost one is none either */
		trials = most->valid + most->lost;
		faults = most->faults + most->lost;
	}
	if (!is_above && stats_sprt(faults, trials, low, high, TALLY_ERROR) != STATS_BELOW)
		return false;
	/* The rejected rate is the other one. */
	snprintf(
		tally->decided, sizeof(tally->decided),
		"the fault rate of the %s arm is %s %g%% (%u of the first %u%s trials of the arm)",
		arm_names[tally->most_asked], is_above ? "above" : "below",
		(is_above ? tally->below_ppm : tally->above_ppm) / 1e4, faults, trials,
		is_above ? "" : " valid");
	return true;
}

static bool arms_differ(struct tally *tally)
{
	enum { FIRST_LOOK = 4 };
	struct stats_share shares[ARMS];
	double p;

	if (tally->decisive[tally->most_asked].valid < (uint64_t)FIRST_LOOK << tally->looks)
		return false;
	tally->looks++;
	for (int i = 0; i < ARMS; i++) {
		const struct decisive *arm = &tally->decisive[i];
		bool is_most = i == (int)tally->most_asked;

		shares[i] = (struct stats_share){ arm->faults + (is_most ? 0 : arm->lost),
						  arm->judged + arm->lost };
	}
	p = tally_against_others(tally, shares);
	if (!(p <= ldexp(TALLY_ERROR, -(int)tally->looks)))
		return false;
	snprintf(
		tally->decided, sizeof(tally->decided),
		"the %s arm shows faults more often than every other arm (p = %.2g at look %u)",
		arm_names[tally->most_asked], p, tally->looks);
	return true;
}

static bool hits_are_decided(struct tally *tally)
{
	uint32_t hits = 0, trials = 0;

	for (int arm = 0; arm < ARMS; arm++) {
		hits += tally->decisive[arm].faults;
		trials += tally->decisive[arm].trials;
	}
	return tally->stop_hits && stats_hits(hits, trials, tally->stop_hits,
					      tally->stop_trials) != STATS_UNDECIDED;
}

static bool findings_are_enough(struct tally *tally)
{
	return tally->stop_findings && tally->decisive_findings >= tally->stop_findings;
}

static bool valid_are_enough(struct tally *tally)
{
	return tally->stop_valid &&
	       tally->decisive[tally->most_asked].valid >= tally->stop_valid;
}

static bool any_question_is_answered(struct tally *tally)
{
	static bool (*const answers[QUESTIONS])(struct tally *) = {
		[QUESTION_RATE] = rate_is_known,
		[QUESTION_ARMS] = arms_differ,
	};

	for (int i = 0; i < QUESTIONS; i++)
		if (tally->questions[i] && answers[i](tally))
			return true;
	return false;
}

static void ask(struct tally *tally)
{
	static const struct {
		const char *by;
		bool (*has_come)(struct tally *tally);
	} ends[] = {
		{ "findings", findings_are_enough },
		{ "valid", valid_are_enough },
		{ "hits", hits_are_decided },
		{ "decided", any_question_is_answered },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && !tally->ends; i++)
		if (ends[i].has_come(tally))
			tally->ends = ends[i].by;
}

/* --- trials that decide --- */

static void count_decisive(struct tally *tally, const struct in_order_trial *shown)
{
	struct decisive *arm = &tally->decisive[shown->arm];
	struct finding *finding = shown->finding ? tally->findings[shown->finding - 1] : NULL;

	arm->trials++;
	arm->judged += verdict_judged(shown->verdict);
	arm->valid += verdict_valid(shown->verdict);
	arm->faults += verdict_fault(shown->verdict);
	arm->lost += shown->lost;
	if (finding && !finding->is_decisive) {
		finding->is_decisive = true;
		tally->decisive_findings++;
	}
}

/* Asked after each of them, so that the answer depends on their order alone. */
int tally_add_in_order(struct tally *tally, uint32_t trial, const struct in_order_trial *shown)
{
	struct in_order_trial next;
	int err = 0;

	if (shard_has(&tally->deal, trial))
		err = in_order_add(&tally->in_order, shard_place(&tally->deal, trial), shown);

	while (!err && in_order_take(&tally->in_order, &next)) {
		count_decisive(tally, &next);
		ask(tally);
	}
	return err;
}

void tally_from(struct tally *tally, uint32_t first)
{
	uint32_t place = shard_place(&tally->deal, first - 1) + 1;

	if (place > tally->in_order.next)
		tally->in_order.next = place;
}

bool tally_has_room(const struct tally *tally, uint32_t trial)
{
	return in_order_has_room(&tally->in_order, shard_place(&tally->deal, trial));
}

const char *tally_ends(const struct tally *tally)
{
	return tally->ends;
}
