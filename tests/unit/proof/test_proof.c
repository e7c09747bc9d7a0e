// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proof/proof.h"
#include "trial/plan.h"

static double draw(uint64_t *state)
{
	return (double)(plan_draw(state) >> 11) / (double)(1ULL << 53);
}

static void test_needed(void **state)
{
	(void)state;
	/* 2 of 2 is 22.36% or more: ln 0.01 / ln(1 - 0.2236) = 18.2 */
	assert_true(proof_needed(2, 2, 1) == 19);
	/* 30 of 30 is 90.5% or more. */
	assert_true(proof_needed(30, 30, 1) == 2);
	/* 1 of 30 is 0.171% or more, however much it looks like 3.3%. */
	assert_true(proof_needed(1, 30, 1) == 2694);
	assert_true(proof_needed(2, 2, 10) == 204);
	assert_true(proof_needed(0, 30, 1) == UINT64_MAX);
}

static void test_judge(void **state)
{
	struct proof proof = { .signature = "leak/a" };

	(void)state;
	proof_add(&proof, 1, VERDICT_CLEAN, "", true);
	proof_add(&proof, 2, VERDICT_MISSED, "", true);
	assert_int_equal(proof.trials, 2);
	assert_int_equal(proof.valid, 1);
	assert_int_equal(proof_judge(&proof, 2), PROOF_TOO_FEW);
	assert_int_equal(proof_judge(&proof, 1), PROOF_FIXED);
	proof_add(&proof, 3, VERDICT_HANG, "hang/b", true);
	proof_add(&proof, 4, VERDICT_LEAK, "leak/c", true);
	assert_int_equal(proof_judge(&proof, 1), PROOF_CHANGED);
	assert_int_equal(proof.first_other, 3);
	assert_string_equal(proof.other_signature, "hang/b");
	proof_add(&proof, 5, VERDICT_LEAK, "leak/a", true);
	proof_add(&proof, 6, VERDICT_LEAK, "leak/a", true);
	assert_int_equal(proof_judge(&proof, 1), PROOF_NOT_FIXED);
	assert_int_equal(proof.first_same, 5);
	assert_int_equal(proof.same, 2);
	assert_int_equal(proof.other, 2);
	assert_int_equal(proof.by[VERDICT_LEAK], 3);
}

/* What ended while an earlier trial was in flight is no proof of a fix, but a fault is one. */
static void test_trials_that_do_not_decide(void **state)
{
	struct proof proof = { .signature = "leak/a" };

	(void)state;
	proof_add(&proof, 2, VERDICT_CLEAN, "", false);
	assert_int_equal(proof_judge(&proof, 1), PROOF_TOO_FEW);
	proof_add(&proof, 4, VERDICT_LEAK, "leak/a", false);
	assert_int_equal(proof_judge(&proof, 1), PROOF_NOT_FIXED);
}

static void test_any_fault_counts_without_a_signature(void **state)
{
	struct proof proof = { .signature = "" };

	(void)state;
	proof_add(&proof, 1, VERDICT_CLEAN, "", true);
	proof_add(&proof, 2, VERDICT_HANG, "hang/b", true);
	assert_int_equal(proof.same, 1);
	assert_int_equal(proof.other, 0);
}

/* A campaign of `trials` at this rate. */
static uint64_t measure(uint64_t *state, double rate, uint64_t trials)
{
	uint64_t hits = 0;

	for (uint64_t i = 0; i < trials; i++)
		hits += draw(state) < rate;
	return hits;
}

/* Verifies from a measured rate before, on a kernel with the rate after. */
static enum proof_verdict verify(uint64_t *state, double before, double after, double rarer)
{
	enum { TRIALS = 60 };
	struct proof proof = { .signature = "leak/a" };
	uint64_t hits = 0, needed;

	while (!hits)
		hits = measure(state, before, TRIALS);
	needed = proof_needed(hits, TRIALS, rarer);
	for (uint32_t i = 1; i <= needed && !proof.same; i++) {
		bool shows = draw(state) < after;

		proof_add(&proof, i, shows ? VERDICT_LEAK : VERDICT_CLEAN,
			  shows ? "leak/a" : "", true);
	}
	return proof_judge(&proof, needed);
}

static uint32_t count(double before, double after, double rarer, enum proof_verdict verdict)
{
	enum { RUNS = 1000 };
	uint64_t state = 11;
	uint32_t nr = 0;

	for (int run = 0; run < RUNS; run++)
		nr += verify(&state, before, after, rarer) == verdict;
	return nr;
}

/*
 * Bernoulli oracles: of 1,000 verifications of what is not fixed, fewer than 1% + slack say
 * fixed.
 */
static void test_what_is_not_fixed_is_seen(void **state)
{
	static const double rates[] = { 1.0 / 30, 0.1, 0.5, 0.9 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		assert_true(count(rates[i], rates[i], 1, PROOF_NOT_FIXED) >= 980);
		assert_int_equal(count(rates[i], 0, 1, PROOF_FIXED), 1000);
	}
}

/*
 * A fix that leaves a tenth of the rate: seen by those who ask for it, in 95 of 100 and more.
 */
static void test_a_half_made_fix(void **state)
{
	static const double rates[] = { 0.1, 0.5, 0.9 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		assert_true(count(rates[i], rates[i] / 10, 10, PROOF_NOT_FIXED) >= 950);
		/* And not by those who do not. */
		assert_true(count(rates[i], rates[i] / 10, 1, PROOF_NOT_FIXED) < 950);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_trials_that_do_not_decide),
		cmocka_unit_test(test_any_fault_counts_without_a_signature),
		cmocka_unit_test(test_what_is_not_fixed_is_seen),
		cmocka_unit_test(test_a_half_made_fix),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
