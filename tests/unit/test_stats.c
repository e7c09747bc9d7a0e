// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "stats.h"

/*
 * The bound p solves  sum_{i=0}^{hits} C(trials, i) p^i (1-p)^(trials-i) = 1 - confidence
 * (Clopper and Pearson, Biometrika 26, 1934). These were found by bisection over that very sum
 * in 40 decimal digits with Python's mpmath, without any incomplete beta function.
 */
static const struct {
	uint64_t hits;
	uint64_t trials;
	double confidence;
	double bound;
} bounds[] = {
	/* clang-format off */
	{       0,        1, 0.95,  0.95 },
	{       0,       10, 0.95,  0.25886555089305228 },
	{       0,       59, 0.95,  0.049507609888226947 },
	{       0, 10000000, 0.95,  2.9957318248334431e-7 },
	{       1,        2, 0.95,  0.97467943448089639 }, /* the square root of 0.95 */
	{       1,       10, 0.95,  0.39416330243650478 },
	{       1,       30, 0.95,  0.14859606865911315 },
	{       1,       30, 0.99,  0.20158978035294536 },
	{       5,       10, 0.95,  0.77755889899187092 },
	{       9,       10, 0.95,  0.9948838031081763 },
	{       3,     1000, 0.95,  0.0077352447184794597 },
	{     500,     1000, 0.95,  0.5264822687643088 },
	{     999,     1000, 0.95,  0.99994870802109098 },
	{   12345,  1000000, 0.999, 0.012690005352071558 },
	{  100000,  1000000, 0.95,  0.10049481199546189 },
	{       1, 10000000, 0.95,  4.7438636303713684e-7 },
	{     100, 10000000, 0.95,  1.1807916604253525e-5 },
	{  100000, 10000000, 0.95,  0.010051909014411874 },
	{ 5000000, 10000000, 0.95,  0.50026012416983419 },
	{ 9000000, 10000000, 0.99,  0.90022058903474981 },
	{ 9999999, 10000000, 0.95,  0.99999999487067057 },
	/* clang-format on */
};

/* Relative, so that the small rates of long campaigns are as exact as the large ones. */
static void assert_close(double value, double wanted)
{
	if (!(fabs(value - wanted) <= 1e-10 * wanted))
		fail_msg("%.17g instead of %.17g", value, wanted);
}

static void test_known_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++)
		assert_close(stats_rate_bound(bounds[i].hits, bounds[i].trials,
					      bounds[i].confidence),
			     bounds[i].bound);
}

/* For one hit less than trials the sum is 1 - p^trials: a closed form. */
static void test_all_but_one(void **state)
{
	(void)state;
	for (uint64_t trials = 2; trials <= 10000000; trials *= 3)
		assert_close(stats_rate_bound(trials - 1, trials, 0.95),
			     pow(0.95, 1 / (double)trials));
}

static double binomial_tail(uint64_t hits, uint64_t trials, double p)
{
	long double term = powl(1 - (long double)p, trials);
	long double sum = term;

	for (uint64_t i = 1; i <= hits; i++) {
		term *= (long double)(trials - i + 1) / i * p / (1 - (long double)p);
		sum += term;
	}
	return (double)sum;
}

static void test_bounds_solve_the_definition(void **state)
{
	static const double confidences[] = { 0.5, 0.9, 0.95, 0.99, 0.05 };

	(void)state;
	for (size_t c = 0; c < sizeof(confidences) / sizeof(*confidences); c++)
		for (uint64_t trials = 1; trials <= 40; trials++)
			for (uint64_t hits = 0; hits < trials; hits++) {
				double p = stats_rate_bound(hits, trials, confidences[c]);
				double tail = binomial_tail(hits, trials, p);

				if (!(fabs(tail - (1 - confidences[c])) <= 1e-12))
					fail_msg("%d of %d: P = %.17g", (int)hits, (int)trials,
						 tail);
			}
}

static void test_bounds_grow_with_hits_and_shrink_with_trials(void **state)
{
	(void)state;
	for (uint64_t hits = 0; hits < 200; hits++) {
		double bound = stats_rate_bound(hits, 200, 0.95);

		assert_true(bound > (double)hits / 200);
		assert_true(bound < stats_rate_bound(hits + 1, 200, 0.95));
		assert_true(bound > stats_rate_bound(hits, 201, 0.95));
		assert_true(bound < stats_rate_bound(hits, 200, 0.96));
	}
}

static void test_bounds_without_knowledge_are_one(void **state)
{
	(void)state;
	assert_true(stats_rate_bound(0, 0, 0.95) == 1);
	assert_true(stats_rate_bound(1, 1, 0.95) == 1);
	assert_true(stats_rate_bound(10000000, 10000000, 0.95) == 1);
	assert_true(stats_rate_bound(2, 1, 0.95) == 1);
	assert_true(stats_rate_bound(0, 10, 1) == 1);
	assert_true(stats_rate_bound(1, 10, 1) == 1);
}

static void test_percentile_is_the_nearest_rank(void **state)
{
	/* Nearest rank: of five values the 40th is the second. */
	static const uint64_t values[] = { 35, 20, 50, 15, 40 };
	static const struct {
		double p;
		uint64_t value;
	} rows[] = {
		{ 0.001, 15 }, { 5, 15 },      { 20, 15 }, { 20.001, 20 }, { 30, 20 },
		{ 40, 20 },    { 40.001, 35 }, { 50, 35 }, { 60, 35 },	   { 100, 50 },
	};
	struct stats_sample sample = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		assert_int_equal(stats_sample_add(&sample, values[i]), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(stats_percentile(&sample, rows[i].p), rows[i].value);

	/* Adding after sorting. */
	assert_int_equal(stats_sample_add(&sample, 1), 0);
	assert_int_equal(stats_percentile(&sample, 1), 1);
	stats_sample_free(&sample);
}

/* In tenths and hundredths of a percent p * nr / 100 is whole, but not in binary fractions. */
static void test_percentile_forgives_binary_fractions(void **state)
{
	struct stats_sample sample = { 0 };

	(void)state;
	for (uint64_t value = 10000; value > 0; value--)
		assert_int_equal(stats_sample_add(&sample, value), 0);
	for (uint64_t rank = 1; rank <= 10000; rank += 37) {
		assert_int_equal(stats_percentile(&sample, (double)rank / 100), rank);
		assert_int_equal(stats_percentile(&sample, (double)rank * 0.01), rank);
	}
	assert_int_equal(stats_percentile(&sample, 99.99), 9999);
	stats_sample_free(&sample);
}

static void test_sample_of_none_and_one(void **state)
{
	struct stats_sample sample = { 0 };

	(void)state;
	assert_int_equal(stats_percentile(&sample, 50), 0);
	stats_sample_free(&sample);

	assert_int_equal(stats_sample_add(&sample, UINT64_MAX), 0);
	assert_true(stats_percentile(&sample, 0.1) == UINT64_MAX);
	assert_true(stats_percentile(&sample, 100) == UINT64_MAX);
	stats_sample_free(&sample);
	assert_null(sample.values);
	assert_int_equal(sample.nr, 0);
	assert_int_equal(sample.room, 0);
}

/* Differences of these do not fit into an int, nor into 63 bits. */
static void test_sample_sorts_all_64_bits(void **state)
{
	static const uint64_t values[] = { UINT64_MAX, 0, 1ULL << 63, 1ULL << 32, 1 };
	static const uint64_t sorted[] = { 0, 1, 1ULL << 32, 1ULL << 63, UINT64_MAX };
	struct stats_sample sample = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		assert_int_equal(stats_sample_add(&sample, values[i]), 0);
	for (size_t i = 0; i < sizeof(sorted) / sizeof(*sorted); i++)
		assert_true(stats_percentile(&sample, (double)(i + 1) * 20) == sorted[i]);
	stats_sample_free(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_bounds),
		cmocka_unit_test(test_all_but_one),
		cmocka_unit_test(test_bounds_solve_the_definition),
		cmocka_unit_test(test_bounds_grow_with_hits_and_shrink_with_trials),
		cmocka_unit_test(test_bounds_without_knowledge_are_one),
		cmocka_unit_test(test_percentile_is_the_nearest_rank),
		cmocka_unit_test(test_percentile_forgives_binary_fractions),
		cmocka_unit_test(test_sample_of_none_and_one),
		cmocka_unit_test(test_sample_sorts_all_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
