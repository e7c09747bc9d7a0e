// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "results/finding_words.h"
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

	struct stats_share shares[ARMS];

	for (int arm = 0; arm < ARMS; arm++)
		shares[arm] = (struct stats_share){ finding->by_arm[arm],
						    judged(&tally->arms[arm].tally) };
	told->shares = finding->shares;
	told->nr_shares = 0;
	told->p_value = tally_against_others(tally, shares);
	for (int arm = 0; arm < ARMS; arm++) {
		struct tally_share *share = &finding->shares[told->nr_shares];
		struct stats_interval rate;

		if (!tally->asked[arm])
			continue;
		told->nr_shares++;
		*share = (struct tally_share){
			.arm = (enum arm)arm,
			.count = finding->by_arm[arm],
			.judged = (uint32_t)shares[arm].trials,
			.p_value = NAN,
		};
		rate = stats_rate_interval(share->count, share->judged, 0.95);
		share->rate_low_ppm = stats_ppm_down(rate.low);
		share->rate_high_ppm = stats_ppm_up(rate.high);
		if (arm != (int)tally->most_asked)
			share->p_value = stats_fisher(shares[tally->most_asked], shares[arm]);
	}
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

/* --- the verdict --- */

__attribute__((format(printf, 2, 3))) static void append(struct tally *tally,
							 const char *format, ...)
{
	size_t used = strlen(tally->reason), left = sizeof(tally->reason) - used;
	char *at = tally->reason + used;
	va_list args;

	va_start(args, format);
	vsnprintf(at, left, format, args); /* NOLINT(clang-analyzer-valist.*) */
	va_end(args);
}

static void refuse_clean(struct summary *summary)
{
	if (summary->verdict == CAMPAIGN_CLEAN)
		summary->verdict = CAMPAIGN_INCONCLUSIVE;
}

static const char *s_of(uint32_t nr)
{
	return nr == 1 ? "" : "s";
}

/* So many valid trials are enough for a bound of the limit; with lost ones, somewhat fewer. */
static uint64_t valid_needed(const struct tally *tally, uint32_t lost)
{
	double limit = tally->clean_below_ppm / 1e6;
	uint64_t nr = stats_trials_to_see(limit, TALLY_ERROR);

	while (lost && stats_rate_bound(lost, nr + lost, 1 - TALLY_ERROR) > limit)
		nr += nr / 16 + 1;
	return nr;
}

/* What the bound leaves out, and what it counts although nothing is known of it. */
static void tell_exceptions(struct tally *tally, const struct summary *summary)
{
	uint32_t left_out = summary->trials - summary->decisive;
	uint32_t lost = tally->decisive[tally->most_asked].lost;

	if (left_out)
		append(tally,
		       " (without %u trial%s that ended while an earlier one was in flight)",
		       left_out, s_of(left_out));
	if (lost)
		append(tally, " (%u lost trial%s counted as faulty)", lost, s_of(lost));
}

/* No fault was seen: says the bound, and whether it is low enough. */
static void tell_bound(struct tally *tally, struct summary *summary)
{
	const struct decisive *most = &tally->decisive[tally->most_asked];
	bool is_low = most->valid && summary->fault_rate_bound_ppm <= tally->clean_below_ppm;

	if (summary->verdict == CAMPAIGN_CLEAN)
		snprintf(tally->reason, sizeof(tally->reason),
			 "no fault in %u valid trial%s of the %s arm", most->valid,
			 s_of(most->valid), arm_names[tally->most_asked]);
	append(tally, "; rate below %s at 95%%",
	       finding_percent(summary->fault_rate_bound_ppm, true).at);
	tell_exceptions(tally, summary);
	if (tally->most_asked != ARM_RACE) {
		refuse_clean(summary);
		append(tally,
		       "; this says nothing about races, because the campaign has no race arm");
	} else if (!is_low) {
		refuse_clean(summary);
		append(tally,
		       "; %" PRIu64 " more would show that it is below %s (clean_below_ppm)",
		       valid_needed(tally, most->lost) - most->valid,
		       finding_percent(tally->clean_below_ppm, false).at);
	}
}

static void tell_verdict(struct tally *tally, const struct arm_tally arms[ARMS],
			 struct summary *summary)
{
	summary->verdict = verdict_campaign(arms, tally->reason, sizeof(tally->reason));
	/* verdict_campaign() sees the arms that ran, not those planned that never ran. */
	if (summary->verdict == CAMPAIGN_CLEAN && !arms[tally->most_asked].trials) {
		refuse_clean(summary);
		snprintf(tally->reason, sizeof(tally->reason), "no trial of the %s arm was run",
			 arm_names[tally->most_asked]);
	} else if (summary->verdict == CAMPAIGN_CLEAN ||
		   (summary->verdict == CAMPAIGN_INCONCLUSIVE &&
		    tally->decisive[tally->most_asked].valid)) {
		tell_bound(tally, summary);
	}
	tally_tell_planted(tally, PLANTED_SOMEWHERE, tally->reason, sizeof(tally->reason));
	summary->reason = tally->reason;
	summary->exit_code = verdict_exit(summary->verdict);
}

void tally_explored(struct tally *tally, const struct explore_sums *sums,
		    struct summary *summary)
{
	if (!sums->mode || summary->verdict == CAMPAIGN_FAULT)
		return;
	append(tally,
	       "; this is about the orders that were drawn, and no bound for the kernel");
	if (sums->places)
		append(tally, ": holds were kept at %u of %u places", sums->held, sums->places);
	if (sums->pairs)
		append(tally, ", with %u pair%s of a place and a change", sums->pairs,
		       s_of(sums->pairs));
}

void tally_unfinished(struct tally *tally, const char *how, struct summary *summary)
{
	char before[sizeof(tally->reason)];

	memcpy(before, tally->reason, sizeof(before));
	snprintf(tally->reason, sizeof(tally->reason), "%.64s: %.*s", how,
		 (int)sizeof(before) - 72, before);
	refuse_clean(summary);
	summary->exit_code = verdict_exit(summary->verdict);
}

void tally_summary(struct tally *tally, struct summary *summary)
{
	struct arm_tally arms[ARMS] = { 0 };
	const struct decisive *most = &tally->decisive[tally->most_asked];
	uint32_t nr = 0, nr_judged = 0;

	summary->schema_version = RESULTS_SCHEMA_VERSION;
	summary->campaign = tally->campaign;
	summary->shard = tally->deal.shard;
	summary->trials = 0;
	summary->valid = 0;
	summary->decisive = 0;
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
		summary->decisive += tally->decisive[arm].trials;
		nr_judged += judged(told);
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
	summary->fault_rate_bound_ppm = stats_ppm_up(
		stats_rate_bound(most->faults + most->lost, most->valid + most->lost, 0.95));

	arms[ARM_RACE].explored = tally->explored;
	tell_verdict(tally, arms, summary);
}
