// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/results.h"
#include "results/tally_parts.h"

/* --- what is known --- */

static uint32_t judged(const struct tally_arm *arm)
{
	uint32_t nr = 0;

	for (int v = 0; v < VERDICTS; v++)
		if (verdict_judged((enum verdict)v))
			nr += arm->verdicts.by[v];
	return nr;
}

static struct stats_share share_of(const struct arm_sums *sums, uint32_t hits)
{
	return (struct stats_share){ hits, judged(&sums->tally) };
}

/* The largest p-value of the arm that injects most against the others; NaN without others. */
static double against_others(const struct tally *tally, const uint32_t hits[ARMS])
{
	const struct arm_sums *most = &tally->arms[tally->most_asked];
	double largest = NAN;

	for (int arm = 0; arm < ARMS; arm++)
		if (tally->asked[arm] && arm != (int)tally->most_asked)
			largest = fmax(largest,
				       stats_fisher(share_of(most, hits[tally->most_asked]),
						    share_of(&tally->arms[arm], hits[arm])));
	return largest;
}

static bool rate_is_known(struct tally *tally)
{
	const struct tally_arm *most = &tally->arms[tally->most_asked].tally;
	double low = tally->below_ppm / 1e6, high = tally->above_ppm / 1e6;
	uint32_t trials = judged(most);
	bool is_above = stats_sprt(most->faults, trials, low, high, TALLY_ERROR) == STATS_ABOVE;

	if (!is_above) /* a missed trial does not prove it */
		trials = most->valid;
	if (!is_above &&
	    stats_sprt(most->faults, trials, low, high, TALLY_ERROR) != STATS_BELOW)
		return false;
	/* The rejected rate is the other one. */
	snprintf(tally->decided, sizeof(tally->decided),
		 "the fault rate of the %s arm is %s %g%% (%u of %u%s trials)",
		 arm_names[tally->most_asked], is_above ? "above" : "below",
		 (is_above ? tally->below_ppm : tally->above_ppm) / 1e4, most->faults, trials,
		 is_above ? "" : " valid");
	return true;
}

static bool arms_differ(struct tally *tally)
{
	enum { FIRST_LOOK = 4 };
	const struct tally_arm *most = &tally->arms[tally->most_asked].tally;
	uint32_t hits[ARMS];
	double p;

	if (most->valid < (uint64_t)FIRST_LOOK << tally->looks)
		return false;
	tally->looks++;
	for (int arm = 0; arm < ARMS; arm++)
		hits[arm] = tally->arms[arm].tally.faults;
	p = against_others(tally, hits);
	if (!(p <= ldexp(TALLY_ERROR, -(int)tally->looks)))
		return false;
	snprintf(
		tally->decided, sizeof(tally->decided),
		"the %s arm shows faults more often than every other arm (p = %.2g at look %u)",
		arm_names[tally->most_asked], p, tally->looks);
	return true;
}

static bool hits_are_decided(const struct tally *tally)
{
	uint32_t hits = 0, trials = 0;

	for (int arm = 0; arm < ARMS; arm++) {
		hits += tally->arms[arm].tally.faults;
		trials += tally->arms[arm].tally.trials;
	}
	return stats_hits(hits, trials, tally->stop_hits, tally->stop_trials) !=
	       STATS_UNDECIDED;
}

const char *tally_ends(struct tally *tally)
{
	static bool (*const answers[QUESTIONS])(struct tally *) = {
		[QUESTION_RATE] = rate_is_known,
		[QUESTION_ARMS] = arms_differ,
	};

	if (tally->stop_valid &&
	    tally->arms[tally->most_asked].tally.valid >= tally->stop_valid)
		return "valid";
	if (tally->stop_hits && hits_are_decided(tally))
		return "hits";
	for (int i = 0; i < QUESTIONS && !tally->decided[0]; i++)
		if (tally->questions[i])
			answers[i](tally);
	return tally->decided[0] ? "decided" : NULL;
}

/* --- the summary --- */

static uint64_t percentile_us(struct stats_sample *sample_ns, double p)
{
	return (stats_percentile(sample_ns, p) + 500) / 1000;
}

static struct tally_arm tell_arm(struct arm_sums *sums)
{
	struct tally_arm arm = sums->tally;

	arm.hold_asked_p50_us = stats_percentile(&sums->hold_asked_us, 50);
	arm.hold_asked_p99_us = stats_percentile(&sums->hold_asked_us, 99);
	arm.held_p50_us = percentile_us(&sums->held_ns, 50);
	arm.held_p99_us = percentile_us(&sums->held_ns, 99);
	arm.first_echo_p50_us = percentile_us(&sums->first_echo_ns, 50);
	arm.first_echo_p99_us = percentile_us(&sums->first_echo_ns, 99);
	arm.second_flags_p50_us = percentile_us(&sums->second_flags_ns, 50);
	arm.second_flags_p99_us = percentile_us(&sums->second_flags_ns, 99);
	arm.settle_p50_us = percentile_us(&sums->settle_ns, 50);
	arm.settle_p99_us = percentile_us(&sums->settle_ns, 99);
	arm.elapsed_ms = sums->elapsed_ns / 1000000;
	arm.fault_rate_low_ppm =
		stats_ppm_down(stats_rate_interval(arm.faults, judged(&arm), 0.95).low);
	arm.fault_rate_high_ppm =
		stats_ppm_up(stats_rate_interval(arm.faults, arm.valid, 0.95).high);
	return arm;
}

static void tell_shares(struct tally *tally, uint32_t number)
{
	struct tally_finding *told = &tally->told_findings[number];
	struct finding *finding = tally->findings[number];

	told->shares = finding->shares;
	told->nr_shares = 0;
	told->p_value = against_others(tally, finding->by_arm);
	for (int arm = 0; arm < ARMS; arm++) {
		struct tally_share *share = &finding->shares[told->nr_shares];
		const struct arm_sums *sums = &tally->arms[arm];
		struct stats_interval rate;

		if (!tally->asked[arm])
			continue;
		told->nr_shares++;
		*share = (struct tally_share){
			.arm = (enum arm)arm,
			.count = finding->by_arm[arm],
			.judged = judged(&sums->tally),
			.p_value = NAN,
		};
		rate = stats_rate_interval(share->count, share->judged, 0.95);
		share->rate_low_ppm = stats_ppm_down(rate.low);
		share->rate_high_ppm = stats_ppm_up(rate.high);
		if (arm != (int)tally->most_asked)
			share->p_value =
				stats_fisher(share_of(&tally->arms[tally->most_asked],
						      finding->by_arm[tally->most_asked]),
					     share_of(sums, share->count));
	}
}

/* Upper bound of the fault rate over the valid trials of the arm that injects most. */
static uint64_t bound_ppm(const struct tally_arm *arm)
{
	uint64_t faults = 0;

	if (!arm)
		return 1000000;
	for (int v = 0; v < VERDICTS; v++)
		if (verdict_fault((enum verdict)v))
			faults += arm->verdicts.by[v];
	return stats_ppm_up(stats_rate_bound(faults, arm->valid, 0.95));
}

static uint32_t tell_reasons(struct tally *tally)
{
	struct tally_reason *told = tally->told_reasons;

	for (uint32_t i = 0; i < tally->nr_reasons; i++) {
		const struct reason *reason = &tally->reasons[i];
		uint32_t at = i;

		for (; at && told[at - 1].count < reason->count; at--)
			told[at] = told[at - 1];
		told[at] =
			(struct tally_reason){ reason->verdict, reason->text, reason->count };
	}
	return tally->nr_reasons;
}

static uint32_t tell_steps(struct tally *tally)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < ORDER_HOLDS_MAX && tally->steps[i].tally.trials; i++) {
		struct step_sums *sums = &tally->steps[i];
		struct tally_step *told = &tally->told_steps[nr++];

		*told = sums->tally;
		told->step = i + 1;
		told->thread = sums->first.thread;
		told->place = sums->first.place;
		told->at_return = sums->first.at_return;
		told->function = sums->first.function;
		told->tier = sums->first.tier;
		told->asked_us = sums->first.asked_us;
		told->held_p50_ns = stats_percentile(&sums->held_ns, 50);
		told->held_p99_ns = stats_percentile(&sums->held_ns, 99);
		told->held_max_ns = stats_percentile(&sums->held_ns, 100);
	}
	return nr;
}

void tally_summary(struct tally *tally, struct summary *summary)
{
	struct arm_tally arms[ARMS] = { 0 };
	const struct tally_arm *most = NULL; /* of those that ran */
	uint32_t nr = 0, nr_judged = 0;

	summary->schema_version = RESULTS_SCHEMA_VERSION;
	summary->campaign = tally->campaign;
	summary->trials = 0;
	summary->valid = 0;
	for (int arm = 0; arm < ARMS; arm++) {
		struct tally_arm *told = &tally->told_arms[nr];

		if (!tally->asked[arm] && !tally->arms[arm].tally.trials)
			continue;
		nr++;
		*told = tell_arm(&tally->arms[arm]);
		arms[arm].trials = told->trials;
		memcpy(arms[arm].verdicts, told->verdicts.by, sizeof(arms[arm].verdicts));
		summary->trials += told->trials;
		summary->valid += told->valid;
		nr_judged += judged(told);
		if (told->trials)
			most = told;
	}
	summary->arms = tally->told_arms;
	summary->nr_arms = nr;
	for (uint32_t i = 0; i < tally->nr_findings; i++) {
		struct tally_finding *told = &tally->told_findings[i];

		tell_shares(tally, i);
		told->rate_ppm = nr_judged ? told->count * 1000000ULL / nr_judged : 0;
	}
	summary->decided = tally->decided[0] ? tally->decided : NULL;
	summary->findings = tally->told_findings;
	summary->nr_findings = tally->nr_findings;
	summary->steps = tally->told_steps;
	summary->nr_steps = tell_steps(tally);
	summary->reasons = tally->told_reasons;
	summary->nr_reasons = tell_reasons(tally);
	summary->fault_rate_bound_ppm = bound_ppm(most);

	arms[ARM_RACE].explored = tally->explored;
	summary->verdict = verdict_campaign(arms, tally->reason, sizeof(tally->reason));
	/* verdict_campaign() sees the arms that ran, not those planned that never ran. */
	if (summary->verdict == CAMPAIGN_CLEAN && !arms[tally->most_asked].trials) {
		summary->verdict = CAMPAIGN_INCONCLUSIVE;
		snprintf(tally->reason, sizeof(tally->reason), "no trial of the %s arm was run",
			 arm_names[tally->most_asked]);
	}
	tally_tell_planted(tally, tally->reason, sizeof(tally->reason));
	summary->reason = tally->reason;
	summary->exit_code = verdict_exit(summary->verdict);
}
