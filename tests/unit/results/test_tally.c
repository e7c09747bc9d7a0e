// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "results/finding_words.h"
#include "results/ledger_line.h"
#include "results/tallied.h"
#include "trial/plan.h"

/* A race with an order of two holds: the first ended as planned, the second as told. */
static void add_order(struct tally *tally, uint32_t trial, uint64_t held_ns,
		      enum step_outcome second)
{
	const struct judgement clean = judged(VERDICT_CLEAN, "");
	struct evidence e = {
		.spec = { .trial = trial, .arm = ARM_RACE, .steps = 2 },
		.steps = { { .thread = ORDER_THREAD_DAD,
			     .place = "dad-kick",
			     .function = "addrconf_dad_kick",
			     .tier = TIER_FENTRY,
			     .asked_us = 300,
			     .outcome = STEP_KEPT,
			     .held_ns = held_ns,
			     .passes = trial,
			     .missed = 2 },
			   { .thread = ORDER_THREAD_I,
			     .at_return = true,
			     .place = "foo",
			     .function = "foo",
			     .tier = TIER_KPROBE,
			     .outcome = second,
			     .held_ns = 9 } },
	};

	assert_int_equal(tally_add(tally, &e, &clean, NULL), 0);
}

static void test_steps(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	struct evidence lost = { .spec = { .trial = 4, .arm = ARM_RACE, .steps = 2 } };
	const struct judgement invalid = judged(VERDICT_INVALID, "");
	struct summary summary = { 0 };

	(void)state;
	add_order(tally, 1, 300100, STEP_DEADLINE);
	add_order(tally, 2, 300300, STEP_NOT_REACHED);
	add_order(tally, 3, 300200, STEP_CUT);
	assert_int_equal(tally_add(tally, &lost, &invalid, NULL), 0);
	tally_summary(tally, &summary);
	assert_int_equal(summary.nr_steps, 2);
	assert_int_equal(summary.steps[0].step, 1);
	assert_string_equal(summary.steps[0].place, "dad-kick");
	assert_int_equal(summary.steps[0].tier, TIER_FENTRY);
	assert_int_equal(summary.steps[0].trials, 3);
	assert_int_equal(summary.steps[0].kept, 3);
	assert_int_equal(summary.steps[0].missed, 6);
	assert_int_equal(summary.steps[0].passes, 3);
	assert_int_equal(summary.steps[0].held_p50_ns, 300200);
	assert_int_equal(summary.steps[0].held_max_ns, 300300);
	assert_int_equal(summary.steps[1].reached, 2);
	assert_int_equal(summary.steps[1].kept, 0);
	assert_int_equal(summary.steps[1].deadlines, 1);
	assert_int_equal(summary.steps[1].held_max_ns, 0);
	assert_true(summary.steps[1].at_return);
	tally_free(tally);
}

static void test_nothing_ran(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE, ARM_CONTROL, ARM_RACE }, 3);
	struct summary summary = { 0 };

	(void)state;
	tally_summary(tally, &summary);
	assert_string_equal(summary.campaign, "smoke");
	assert_int_equal(summary.schema_version, 3);
	assert_int_equal(summary.verdict, CAMPAIGN_INCONCLUSIVE);
	assert_int_equal(summary.exit_code, 3);
	assert_string_equal(summary.reason, "no trial was run");
	assert_int_equal(summary.trials, 0);
	assert_int_equal(summary.fault_rate_bound_ppm, 1000000);
	/* Each arm once, in the order of the enum. */
	assert_int_equal(summary.nr_arms, 2);
	assert_int_equal(summary.arms[0].arm, ARM_CONTROL);
	assert_int_equal(summary.arms[1].arm, ARM_RACE);
	assert_int_equal(summary.arms[1].trials, 0);
	assert_int_equal(summary.nr_findings, 0);
	assert_int_equal(summary.nr_reasons, 0);
	tally_free(tally);
	tally_free(NULL);
}

static void test_sums_of_an_arm(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	const struct judgement clean = judged(VERDICT_CLEAN, "fine");
	struct summary summary = { 0 };
	uint32_t trials, verdicts[VERDICTS];
	const struct tally_arm *arm;

	(void)state;
	for (uint32_t i = 1; i <= 100; i++) {
		struct evidence e = {
			.spec = { .trial = i, .arm = ARM_RACE, .hold_us = 1000 },
			.started_ns = 5,
			.ended_ns = 5 + 2500000,
			.opened = true,
			.closed = true,
			/* 900 us, 910 us, ... 1890 us */
			.held_ns = 890000 + i * 10000,
			.echoes_sent = 4,
			.echoes_refused = 1,
			.echoes_delivered = 3,
			.echoes_inside = i % 2,
			.dad_answers_sent = 2,
			.dad_answers_inside = i % 4 == 2,
			.dad_end = i % 4 ? DAD_COMPLETED : DAD_FAILED,
			.dad_fooled = i % 8 == 0,
			.first_echo_ns = i * 1000 + 499,
			.second_flags_ns = i * 1000 + 500,
			.settled = i <= 10,
			.settle_ns = i * 1000000,
		};

		assert_int_equal(tally_add(tally, &e, &clean, NULL), 0);
	}
	tally_so_far(tally, &trials, verdicts);
	assert_int_equal(trials, 100);
	assert_int_equal(verdicts[VERDICT_CLEAN], 100);
	assert_int_equal(verdicts[VERDICT_LEAK], 0);

	tally_summary(tally, &summary);
	arm = &summary.arms[0];
	assert_int_equal(summary.trials, 100);
	assert_int_equal(summary.valid, 100);
	assert_int_equal(summary.verdict, CAMPAIGN_CLEAN);
	/* 1 - 0.05^(1/100) = 2.951305 % */
	assert_int_equal(summary.fault_rate_bound_ppm, 29514);
	assert_int_equal(arm->trials, 100);
	assert_int_equal(arm->valid, 100);
	assert_int_equal(arm->opened, 100);
	/* The echoes of every second trial, and the answers of half of the others. */
	assert_int_equal(arm->inside, 75);
	assert_int_equal(arm->verdicts.by[VERDICT_CLEAN], 100);
	assert_int_equal(arm->echoes_sent, 400);
	assert_int_equal(arm->echoes_refused, 100);
	assert_int_equal(arm->echoes_delivered, 300);
	assert_int_equal(arm->echoes_inside, 50);
	assert_int_equal(arm->dad_answers_sent, 200);
	assert_int_equal(arm->dad_answers_inside, 25);
	assert_int_equal(arm->dad_failed, 25);
	assert_int_equal(arm->dad_fooled, 12);
	assert_int_equal(arm->hold_asked_p50_us, 1000);
	assert_int_equal(arm->hold_asked_p99_us, 1000);
	assert_int_equal(arm->held_p50_us, 1390);
	assert_int_equal(arm->held_p99_us, 1880);
	assert_int_equal(arm->held, 100);
	/* From 950 us to 2100 us: all but the first five. */
	assert_int_equal(arm->held_within, 95);
	/* Rounded to the nearest. */
	assert_int_equal(arm->first_echo_p50_us, 50);
	assert_int_equal(arm->second_flags_p50_us, 51);
	assert_int_equal(arm->second_flags_p99_us, 100);
	/* Of those that settled. */
	assert_int_equal(arm->settle_p50_us, 5000);
	assert_int_equal(arm->settle_p99_us, 10000);
	assert_int_equal(arm->elapsed_ms, 250);
	tally_free(tally);
}

static void test_held_within(void **state)
{
	static const struct {
		uint64_t asked_us, held_ns;
		uint32_t within;
	} holds[] = {
		{ 100000, 94999999, 0 },  { 100000, 95000000, 1 },
		{ 100000, 111000000, 1 }, /* 110% and 1 ms */
		{ 100000, 111000001, 0 }, { 10, 9500, 1 },
		{ 10, 1011000, 1 },	  { 10, 0, 0 },
	};
	const struct judgement clean = judged(VERDICT_CLEAN, "");

	(void)state;
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		struct tally *tally = new_tally((enum arm[]){ ARM_HOLD }, 1);
		struct evidence e = {
			.spec = { .trial = 1, .arm = ARM_HOLD, .hold_us = holds[i].asked_us },
			.opened = true,
			.held_ns = holds[i].held_ns,
		};
		struct summary summary = { 0 };

		assert_int_equal(tally_add(tally, &e, &clean, NULL), 0);
		tally_summary(tally, &summary);
		assert_int_equal(summary.arms[0].held, 1);
		if (summary.arms[0].held_within != holds[i].within)
			fail_msg("%zu: %u", i, summary.arms[0].held_within);
		tally_free(tally);
	}
}

static void test_what_was_not_measured_is_not_counted(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	const struct judgement missed = judged(VERDICT_MISSED, "nothing");
	struct evidence e = { .spec = { .trial = 1, .arm = ARM_RACE, .hold_us = 1000 } };
	struct summary summary = { 0 };

	(void)state;
	assert_int_equal(tally_add(tally, &e, &missed, NULL), 0);
	tally_summary(tally, &summary);
	assert_int_equal(summary.arms[0].held, 0);
	assert_int_equal(summary.arms[0].hold_asked_p50_us, 0);
	assert_int_equal(summary.arms[0].settle_p99_us, 0);
	assert_int_equal(summary.arms[0].elapsed_ms, 0);
	tally_free(tally);
}

static void test_findings(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_HOLD, ARM_RACE }, 2);
	const struct judgement device = leak("net_device", 2, false);
	const struct judgement more = leak("net_device", 4, true);
	const struct judgement inet6 = leak("inet6_dev", 1, false);
	struct judgement hang = judged(VERDICT_HANG, "it hangs");
	const struct tally_finding *finding = NULL;
	struct summary summary = { 0 };

	(void)state;
	snprintf(hang.signature, sizeof(hang.signature), "hang/flags");
	assert_int_equal(add(tally, 3, ARM_RACE, &device, &finding), 1);
	assert_string_equal(finding->signature, "leak/net_device");
	assert_int_equal(finding->count, 1);
	finding = NULL;
	assert_int_equal(add(tally, 2, ARM_RACE, &more, &finding), 0);
	assert_null(finding);
	assert_int_equal(add(tally, 5, ARM_HOLD, &inet6, &finding), 1);
	assert_int_equal(add(tally, 6, ARM_HOLD, &hang, &finding), 1);
	assert_null(finding->object);
	assert_int_equal(add(tally, 9, ARM_HOLD, &device, NULL), 0);
	for (uint32_t trial = 100; trial < 150; trial++)
		assert_int_equal(add(tally, trial, ARM_RACE, &inet6, NULL), 0);

	tally_summary(tally, &summary);
	assert_int_equal(summary.verdict, CAMPAIGN_FAULT);
	assert_int_equal(summary.exit_code, 1);
	assert_int_equal(summary.nr_findings, 3);
	finding = &summary.findings[0];
	assert_int_equal(finding->verdict, VERDICT_LEAK);
	assert_string_equal(finding->object, "net_device");
	assert_string_equal(finding->reason, "it leaks");
	assert_int_equal(finding->delta, 4);
	assert_true(finding->pinned);
	assert_int_equal(finding->count, 3);
	assert_int_equal(finding->nr_trials, 3);
	assert_int_equal(finding->trials[0], 3);
	assert_int_equal(finding->trials[1], 2);
	assert_int_equal(finding->trials[2], 9);
	assert_int_equal(finding->nr_arms, 2);
	assert_int_equal(finding->arms[0], ARM_RACE);
	assert_int_equal(finding->arms[1], ARM_HOLD);
	assert_int_equal(summary.findings[1].count, 51);
	assert_int_equal(summary.findings[1].trials[50], 149);
	assert_false(summary.findings[1].pinned);
	/* 52 of 52 valid races are faulty. */
	assert_int_equal(summary.fault_rate_bound_ppm, 1000000);
	tally_free(tally);
}

/* The race shows it in 8 of 8, the control arm in none of 8, the echo arm in 1 of 4. */
static void test_shares_and_p_values(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_CONTROL, ARM_ECHO, ARM_RACE }, 3);
	const struct judgement clean = judged(VERDICT_CLEAN, "");
	const struct judgement missed = judged(VERDICT_MISSED, "nothing inside");
	const struct judgement device = leak("net_device", 1, false);
	const struct judgement other = leak("inet6_dev", 1, false);
	const struct tally_finding *finding;
	struct summary summary = { 0 };

	(void)state;
	add_many(tally, ARM_CONTROL, 8, &clean);
	add_many(tally, ARM_ECHO, 3, &clean);
	add_many(tally, ARM_ECHO, 5, &missed);
	add_many(tally, ARM_ECHO, 1, &device);
	add_many(tally, ARM_RACE, 8, &device);
	add_many(tally, ARM_CONTROL, 1, &other);
	tally_summary(tally, &summary);

	finding = &summary.findings[0];
	assert_int_equal(finding->nr_shares, 3);
	assert_int_equal(finding->shares[0].arm, ARM_CONTROL);
	assert_int_equal(finding->shares[0].judged, 9);
	assert_int_equal(finding->shares[0].count, 0);
	assert_int_equal(finding->shares[0].rate_low_ppm, 0);
	/* 1 - 0.025^(1/9) = 0.336267, upwards */
	assert_int_equal(finding->shares[0].rate_high_ppm, 336268);
	/* one that misses and leaks counts, so those that miss and do not leak do */
	assert_int_equal(finding->shares[1].judged, 9);
	assert_int_equal(finding->shares[1].count, 1);
	/* 1/C(17,8), and (8 of 8, 1 of 9) is C(9,1)/C(17,9) */
	assert_true(fabs(finding->shares[0].p_value - 1 / 24310.0) < 1e-12);
	assert_true(fabs(finding->shares[1].p_value - 9 / 24310.0) < 1e-12);
	assert_true(isnan(finding->shares[2].p_value));
	/* 0.025^(1/8) = 0.630583, downwards */
	assert_int_equal(finding->shares[2].rate_low_ppm, 630583);
	assert_int_equal(finding->shares[2].rate_high_ppm, 1000000);
	assert_true(finding->p_value == finding->shares[1].p_value);
	assert_string_equal(finding_cause(finding).at,
			    "Caused by what the race arm injects: p <= 0.00037 against every "
			    "other arm (Fisher's exact test)");
	assert_string_equal(finding_headline(finding).at,
			    "Natural rate: 1 of 9 trials (echo arm, 0.28% .. 48.3%); held: 8 "
			    "of 8 (race arm, 63.0% .. 100%)");
	assert_string_equal(
		finding_point(finding).at,
		"The race leaks 1 net_device reference in 8 of 8 trials; without it 1 of 18 (p = 0.00037).");

	finding = &summary.findings[1];
	assert_string_equal(finding_headline(finding).at, "");
	assert_true(finding->p_value == 1);
	assert_string_equal(
		finding_point(finding).at,
		"The bring-up alone leaks 1 inet6_dev reference in 1 of 9 trials; in other arms 0 of 17.");
	assert_string_equal(finding_cause(finding).at, "The race arm never shows it");
	assert_int_equal(summary.arms[2].faults, 8);
	assert_int_equal(summary.arms[2].fault_rate_low_ppm, 630583);
	tally_free(tally);
}

/* What leaks, or hangs, comes first; then how often, and who holds. */
static void test_points(void **state)
{
	struct tally_share shares[] = {
		{ .arm = ARM_CONTROL, .judged = 30, .p_value = 5e-6 },
		{ .arm = ARM_RACE, .count = 10, .judged = 10, .p_value = NAN },
	};
	struct ledger_unmatched_told holder = { .stack = "ip6_rt_cache_alloc < ip6_pol_route" };
	struct tally_finding finding = {
		.verdict = VERDICT_LEAK,
		.object = "dst",
		.delta = 2,
		.shares = shares,
		.nr_shares = 2,
		.p_value = 5e-6,
		.path_signature = "leak/dst: ip6_rt_cache_alloc < ip6_pol_route",
		.ledger = { .unmatched = &holder, .nr_unmatched = 1 },
	};

	(void)state;
	/* clang-format off */
	assert_string_equal(finding_point(&finding).at, "The race leaks 2 dst entries in 10 of 10 trials; without it 0 of 30 (p = 5e-06). Held by ip6_rt_cache_alloc.");
	finding.pinned = true;
	assert_string_equal(finding_point(&finding).at, "The race leaks 2 dst entries in 10 of 10 trials; without it 0 of 30 (p = 5e-06). Held by ip6_rt_cache_alloc; the unregister hangs.");
	finding.without_echo = true;
	finding.nr_shares = 1;
	finding.shares = &shares[1];
	assert_string_equal(finding_point(&finding).at, "The bring-up leaks 2 dst entries in 10 of 10 trials; the same leak shows without any echo. Held by ip6_rt_cache_alloc; the unregister hangs.");
	finding.ledger.trial = 4;
	assert_string_equal(finding_cause(&finding).at, "Not caused by what is injected: the same leak shows without any echo, in a repeat of trial 4 in the hold arm");
	finding.ledger.post_mortem = "This kernel has holds that dadrace does not know.\nLOST: rt6_info holds dut1.\nHeld by x.";
	assert_string_equal(finding_point(&finding).at, "The bring-up leaks 2 dst entries in 10 of 10 trials; the same leak shows without any echo. LOST: rt6_info holds dut1. The unregister hangs.");
	holder.exact = true;
	assert_non_null(strstr(finding_point(&finding).at, "Held by ip6_rt_cache_alloc; the unregister hangs."));
	finding.path_signature = NULL;
	finding.ledger.post_mortem = "4 references of dut1 belong to no object: taken by code.";
	assert_non_null(strstr(finding_point(&finding).at, " 4 references of dut1 belong to no object: taken by code. The unregister hangs."));
	finding.ledger.post_mortem = "Nothing is seen to be lost.";
	assert_null(strstr(finding_point(&finding).at, "lost"));
	finding = (struct tally_finding){ .verdict = VERDICT_HANG, .shares = shares, .nr_shares = 2, .p_value = 5e-6, .pinned = true };
	assert_string_equal(finding_point(&finding).at, "The race makes a task hang in 10 of 10 trials; without it 0 of 30 (p = 5e-06). The unregister hangs.");
	finding = (struct tally_finding){ .verdict = VERDICT_KERNEL_BUG, .object = "net_device", .delta = -1, .shares = shares, .nr_shares = 2, .p_value = 5e-6 };
	assert_string_equal(finding_point(&finding).at, "The race drops 1 net_device reference too many in 10 of 10 trials; without it 0 of 30 (p = 5e-06).");
	finding = (struct tally_finding){ .verdict = VERDICT_KERNEL_BUG, .count = 2, .arms = (enum arm[]){ ARM_HOLD }, .nr_arms = 1 };
	assert_string_equal(finding_point(&finding).at, "Holding the bring-up makes the kernel report a bug in 2 trials.");
	/* clang-format on */
}

static void test_one_arm_has_no_p_value(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	const struct judgement device = leak("net_device", 1, false);
	struct summary summary = { 0 };

	(void)state;
	add_many(tally, ARM_RACE, 3, &device);
	tally_summary(tally, &summary);
	assert_true(isnan(summary.findings[0].p_value));
	assert_string_equal(
		finding_cause(&summary.findings[0]).at,
		"Cause not known: no other arm ran, so there is nothing to compare with");
	assert_string_equal(finding_headline(&summary.findings[0]).at, "");
	assert_string_equal(finding_point(&summary.findings[0]).at,
			    "The race leaks 1 net_device reference in 3 of 3 trials.");
	tally_free(tally);
}

static void test_below_the_baseline_is_farther_from_zero(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	struct judgement below = leak("net_device", -3, false);
	const struct tally_finding *finding;

	(void)state;
	below.verdict = VERDICT_KERNEL_BUG;
	assert_int_equal(add(tally, 1, ARM_RACE, &below, &finding), 1);
	assert_int_equal(finding->delta, -3);
	below.delta = -1;
	assert_int_equal(add(tally, 2, ARM_RACE, &below, NULL), 0);
	assert_int_equal(finding->delta, -3);
	tally_free(tally);
}

static void test_reasons(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	const struct judgement held[] = {
		judged(VERDICT_INVALID, "held for 940 us of 1000 us"),
		judged(VERDICT_INVALID, "held for 9 us of 10000 us"),
	};
	const struct judgement missed = judged(VERDICT_MISSED, "held for 1 us of 2 us");
	struct summary summary = { 0 };

	(void)state;
	assert_int_equal(add(tally, 1, ARM_RACE, &missed, NULL), 0);
	assert_int_equal(add(tally, 2, ARM_RACE, &held[0], NULL), 0);
	assert_int_equal(add(tally, 3, ARM_RACE, &held[1], NULL), 0);
	tally_summary(tally, &summary);
	assert_int_equal(summary.nr_reasons, 2);
	assert_int_equal(summary.reasons[0].count, 2);
	assert_int_equal(summary.reasons[0].verdict, VERDICT_INVALID);
	assert_string_equal(summary.reasons[0].reason, "held for 940 us of 1000 us");
	assert_int_equal(summary.reasons[1].verdict, VERDICT_MISSED);
	tally_free(tally);
}

static void test_reasons_are_bounded(void **state)
{
	struct tally *tally = new_tally((enum arm[]){ ARM_RACE }, 1);
	struct summary summary = { 0 };
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		char words[3] = { (char)('a' + i % 26), (char)('a' + i / 26), '\0' };
		const struct judgement judgement = judged(VERDICT_SKIPPED, words);

		assert_int_equal(add(tally, i + 1, ARM_RACE, &judgement, NULL), 0);
	}
	tally_summary(tally, &summary);
	for (uint32_t i = 0; i < summary.nr_reasons; i++)
		count += summary.reasons[i].count;
	assert_int_equal(count, 100);
	assert_in_range(summary.nr_reasons, 2, 99);
	assert_int_equal(summary.verdict, CAMPAIGN_SKIPPED);
	assert_int_equal(summary.exit_code, 4);
	tally_free(tally);
}

static void test_what_was_planted_is_told(void **state)
{
	enum arm race = ARM_RACE;
	const struct campaign campaign = {
		.name = "seed", .arms = &race, .nr_arms = 1, .vm = { .plant = "late" }
	};
	struct judgement device = leak("net_device", 4, true), longest = leak("other", 4, true);
	const char *tail = " (in a kernel with a planted bug: late)";
	const struct tally_finding *finding;
	struct summary summary = { 0 };
	struct tally *tally;
	size_t length;

	(void)state;
	memset(longest.reason, 'x', sizeof(longest.reason) - 1);
	assert_int_equal(tally_new(&campaign, &tally), 0);
	assert_int_equal(add(tally, 1, ARM_RACE, &device, &finding), 1);
	assert_string_equal(finding->reason, "it leaks (in a kernel with a planted bug: late)");
	assert_int_equal(add(tally, 2, ARM_RACE, &longest, &finding), 1);
	length = strlen(finding->reason);
	assert_int_equal(length, sizeof(longest.reason) - 1);
	assert_string_equal(finding->reason + length - strlen(tail), tail);
	tally_summary(tally, &summary);
	assert_string_equal(
		summary.reason,
		"2 of 2 trials show a fault (in a kernel with a planted bug: late)");
	tally_free(tally);
}

static void planted_or_not(const char *stack, bool exact, const char *reason)
{
	enum arm race = ARM_RACE;
	const struct campaign campaign = {
		.name = "seed", .arms = &race, .nr_arms = 1, .vm = { .plant = "late" }
	};
	struct judgement device = leak("net_device", 4, true);
	struct ledger_unmatched_told holder = { .stack = stack, .kind = "dst" };
	const struct ledger_line line = {
		.trial = 1,
		.attempt = 1,
		.exact = exact,
		.signature = device.signature,
		.path_signature = "leak/net_device/path",
		.unmatched = &holder,
		.nr_unmatched = 1,
	};
	const struct tally_finding *finding;
	struct tally *tally;

	assert_int_equal(tally_new(&campaign, &tally), 0);
	assert_int_equal(add(tally, 1, ARM_RACE, &device, &finding), 1);
	assert_int_equal(tally_add_ledger(tally, &line), 0);
	assert_string_equal(finding->reason, reason);
	tally_free(tally);
}

/* A kernel with a planted bug has its own, too: its ledger tells them apart. */
static void test_what_was_not_planted_is_told(void **state)
{
	(void)state;
	planted_or_not("planted_lose_device < addrconf_notify", true,
		       "it leaks (planted: late)");
	planted_or_not("ip6_rt_cache_alloc < icmpv6_err < icmpv6_rcv", true,
		       "it leaks (not what was planted: late)");
	planted_or_not("___neigh_create < [unknown]", true, /* by whom was not seen */
		       "it leaks (in a kernel with a planted bug: late)");
	planted_or_not("ip6_rt_cache_alloc < icmpv6_err < icmpv6_rcv", false,
		       "it leaks (in a kernel with a planted bug: late)");
}

/* The members of "verdicts" stand in the table as literals. */
static void test_verdicts_are_named_as_they_are(void **state)
{
	const struct fields *verdicts = NULL;
	uint32_t nr = 0;

	(void)state;
	for (const struct field *row = tally_arm_fields.rows; row->name; row++)
		if (!strcmp(row->name, "verdicts"))
			verdicts = row->sub;
	assert_non_null(verdicts);
	for (const struct field *row = verdicts ? verdicts->rows : NULL; row && row->name;
	     row++, nr++) {
		assert_string_equal(row->name, verdict_names[nr]);
		assert_int_equal(row->offset, nr * sizeof(uint32_t));
	}
	assert_int_equal(nr, VERDICTS);
}

static void add_attempt(struct tally *tally, uint32_t attempt, bool final, const char *path)
{
	struct ledger_unmatched_told holder = { .stack = path ? path : "", .kind = "dst" };
	const struct ledger_line line = {
		.attempt = attempt,
		.final = final,
		.signature = "leak/net_device",
		.path_signature = path,
		.unmatched = path ? &holder : NULL,
		.nr_unmatched = path ? 1 : 0,
	};

	assert_int_equal(tally_add_ledger(tally, &line), 0);
}

static const char *path_of(struct tally *tally)
{
	struct summary summary = { 0 };

	tally_summary(tally, &summary);
	return summary.findings[0].path_signature;
}

/* An attempt with a hole may accuse; the last one, which may have none, has the last word. */
static void test_the_last_attempt_names_the_holder(void **state)
{
	enum arm arms[] = { ARM_RACE };
	struct tally *tally = new_tally(arms, 1);
	const struct judgement fault = leak("net_device", 1, true);

	(void)state;
	assert_int_equal(add(tally, 1, ARM_RACE, &fault, NULL), 1);
	add_attempt(tally, 1, false, NULL);
	assert_null(path_of(tally));
	add_attempt(tally, 2, false, "inferred");
	add_attempt(tally, 3, false, "another");
	assert_string_equal(path_of(tally), "inferred");
	add_attempt(tally, 4, true, "exact");
	assert_string_equal(path_of(tally), "exact");
	tally_free(tally);
}

static void test_a_last_attempt_that_names_nobody_takes_nothing_back(void **state)
{
	enum arm arms[] = { ARM_RACE };
	struct tally *tally = new_tally(arms, 1);
	const struct judgement fault = leak("net_device", 1, true);

	(void)state;
	assert_int_equal(add(tally, 1, ARM_RACE, &fault, NULL), 1);
	add_attempt(tally, 1, false, "inferred");
	add_attempt(tally, 2, true, NULL);
	assert_string_equal(path_of(tally), "inferred");
	tally_free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_nothing_ran),
		cmocka_unit_test(test_sums_of_an_arm),
		cmocka_unit_test(test_held_within),
		cmocka_unit_test(test_what_was_not_measured_is_not_counted),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_shares_and_p_values),
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_one_arm_has_no_p_value),
		cmocka_unit_test(test_below_the_baseline_is_farther_from_zero),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_reasons_are_bounded),
		cmocka_unit_test(test_what_was_planted_is_told),
		cmocka_unit_test(test_what_was_not_planted_is_told),
		cmocka_unit_test(test_verdicts_are_named_as_they_are),
		cmocka_unit_test(test_the_last_attempt_names_the_holder),
		cmocka_unit_test(test_a_last_attempt_that_names_nobody_takes_nothing_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
