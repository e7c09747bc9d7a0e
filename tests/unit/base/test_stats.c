// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/stats.h"
#include "trial/plan.h"

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

/* Made by stats_tables.py from the definition, in exact fractions and 60 decimal digits. */
static const struct {
	uint64_t hits;
	uint64_t trials;
	double confidence;
	double floor;
} floors[] = {
	/* clang-format off */
		{       1,       1, 0.95, 0.050000000000000003 },
		{       1,       2, 0.95, 0.025320565519103611 },
		{       2,       2, 0.95, 0.22360679774997896 },
		{       1,      10, 0.95, 0.0051161968918237008 },
		{       5,      10, 0.975, 0.18708602844739852 },
		{       9,      10, 0.95, 0.60583669756349523 },
		{      10,      10, 0.975, 0.69150289218123917 },
		{       1,      30, 0.95, 0.0017083156444657344 },
		{       3,    1000, 0.95, 0.00081817539822180046 },
		{     500,    1000, 0.95, 0.47351773123569119 },
		{       1, 1000000, 0.95, 5.1293293072049535e-08 },
		{      30, 1000000, 0.975, 2.0240962668554087e-05 },
		{  999999, 1000000, 0.95, 0.9999952561443618 },
		{ 1000000, 1000000, 0.95, 0.99999700427221361 },
	/* clang-format on */
};

static void test_known_floors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(floors) / sizeof(*floors); i++)
		assert_close(stats_rate_floor(floors[i].hits, floors[i].trials,
					      floors[i].confidence),
			     floors[i].floor);
	assert_true(stats_rate_floor(0, 10, 0.95) == 0);
	assert_true(stats_rate_floor(0, 0, 0.95) == 0);
	assert_true(stats_rate_floor(2, 1, 0.95) == 0);
	assert_true(stats_rate_floor(3, 10, 1) == 0);
}

/* Clopper and Pearson's own tables, and every textbook's since. */
static void test_known_intervals(void **state)
{
	struct stats_interval five = stats_rate_interval(5, 10, 0.95);
	struct stats_interval none = stats_rate_interval(0, 20, 0.95);
	struct stats_interval all = stats_rate_interval(20, 20, 0.95);
	struct stats_interval nothing = stats_rate_interval(0, 0, 0.95);

	(void)state;
	assert_close(five.low, 0.18708602844739852);
	assert_close(five.high, 1 - 0.18708602844739852);
	assert_true(none.low == 0);
	assert_close(none.high, 1 - pow(0.025, 1.0 / 20));
	assert_close(all.low, pow(0.025, 1.0 / 20));
	assert_true(all.high == 1);
	assert_true(nothing.low == 0 && nothing.high == 1);
}

static void test_floors_mirror_bounds(void **state)
{
	(void)state;
	for (uint64_t trials = 1; trials <= 60; trials++)
		for (uint64_t hits = 0; hits <= trials; hits++)
			assert_true(fabs(stats_rate_floor(hits, trials, 0.9) -
					 (1 - stats_rate_bound(trials - hits, trials, 0.9))) <
				    1e-12);
}

/*
 * Whatever the rate is, at least 95% of all outcomes give an interval that holds it: exactly,
 * no draws.
 */
static void test_intervals_cover(void **state)
{
	enum { TRIALS = 40 };
	struct stats_interval intervals[TRIALS + 1];

	(void)state;
	for (uint64_t hits = 0; hits <= TRIALS; hits++)
		intervals[hits] = stats_rate_interval(hits, TRIALS, 0.95);
	for (int promille = 5; promille < 1000; promille += 5) {
		double rate = promille / 1000.0;
		double term = pow(1 - rate, TRIALS), covered = 0;

		for (uint64_t hits = 0; hits <= TRIALS; hits++) {
			if (intervals[hits].low <= rate && rate <= intervals[hits].high)
				covered += term;
			term *= (double)(TRIALS - hits) / (double)(hits + 1) * rate /
				(1 - rate);
		}
		assert_true(covered >= 0.95 && covered < 1);
	}
}

/* The same script; the second row is Fisher's own: the lady tasting tea, 17/70. */
static const struct {
	struct stats_share first, second;
	double p;
} fishers[] = {
	/* clang-format off */
		{ {     1,      1 }, {     0,      1 }, 0.5 },
		{ {     3,      4 }, {     1,      4 }, 0.24285714285714285 },
		{ {     8,      8 }, {     0,      8 }, 7.77000777000777e-05 },
		{ {     4,      4 }, {     0,      4 }, 0.014285714285714285 },
		{ {     2,      2 }, {     0,      6 }, 0.035714285714285712 },
		{ {     1,     10 }, {     9,     10 }, 0.99999458745588776 },
		{ {     0,      5 }, {     0,      5 }, 1 },
		{ {     5,      5 }, {     5,      5 }, 1 },
		{ {    10,     12 }, {     1,     12 }, 0.0003220968021075707 },
		{ {     7,     60 }, {     1,     60 }, 0.030622637666070662 },
		{ {    60,     60 }, {     0,     60 }, 1.035036944093482e-35 },
		{ {     3,   1000 }, {     9,   1000 }, 0.98099437625357433 },
		{ {     0,      7 }, {     3,      9 }, 1 },
		{ {     2,      9 }, {     9,      9 }, 1 },
		{ {    30,     40 }, {    29,     60 }, 0.0066448961347671557 },
		{ {   100,   1000 }, {    50,   1000 }, 1.3737490260834429e-05 },
		{ {   250,    500 }, {     2,   3000 }, 8.869852765188546e-237 },
		{ {     5, 100000 }, {     0, 100000 }, 0.031248437503906445 },
		{ {  2000,  20000 }, {  1900,  20000 }, 0.047582891451614713 },
	/* clang-format on */
};

static void test_fisher(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fishers) / sizeof(*fishers); i++)
		assert_close(stats_fisher(fishers[i].first, fishers[i].second), fishers[i].p);
	assert_true(stats_fisher((struct stats_share){ 0, 0 }, (struct stats_share){ 3, 4 }) ==
		    1);
	assert_true(stats_fisher((struct stats_share){ 3, 4 }, (struct stats_share){ 0, 0 }) ==
		    1);
	/*
	 * A million trials each, far below the middle: no underflow makes it look significant.
	 */
	assert_close(stats_fisher((struct stats_share){ 100, 1000000 },
				  (struct stats_share){ 100000, 1000000 }),
		     1);
	assert_close(stats_fisher((struct stats_share){ 1, 1000000 },
				  (struct stats_share){ 0, 1000000 }),
		     0.5);
}

static double draw(uint64_t *state)
{
	return (double)(plan_draw(state) >> 11) / (double)(1ULL << 53);
}

/* Runs the test to its end on draws of a known rate. */
static enum stats_side decide(uint64_t *state, double rate, double low, double high,
			      double error, uint64_t *trials)
{
	enum stats_side side = STATS_UNDECIDED;
	uint64_t hits = 0, nr = 0;

	while (side == STATS_UNDECIDED) {
		hits += draw(state) < rate;
		nr++;
		side = stats_sprt(hits, nr, low, high, error);
	}
	*trials += nr;
	return side;
}

/* 10,000 oracles a row: the errors that are promised, four standard deviations allowed. */
static void test_sprt_errors(void **state)
{
	static const struct {
		double low, high, error;
	} rows[] = { { 0.01, 0.1, 0.05 }, { 0.5, 0.9, 0.01 }, { 0.02, 0.05, 0.05 } };
	enum { RUNS = 10000 };
	uint64_t seed = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double error = rows[i].error, slack = 4 * sqrt(error * (1 - error) / RUNS);
		uint64_t trials = 0, above = 0, below = 0;

		for (int run = 0; run < RUNS; run++) {
			above += decide(&seed, rows[i].low, rows[i].low, rows[i].high, error,
					&trials) == STATS_ABOVE;
			below += decide(&seed, rows[i].high, rows[i].low, rows[i].high, error,
					&trials) == STATS_BELOW;
		}
		assert_true((double)above / RUNS <= error + slack);
		assert_true((double)below / RUNS <= error + slack);
		/* And not by never deciding: errors do happen, and it takes its time. */
		assert_true(above && below && trials / RUNS > 4);
	}
}

static void test_sprt_by_hand(void **state)
{
	/* (0.1/0.01)^2 = 100 >= 1/0.05 > 10: two hits in a row decide, one does not. */
	(void)state;
	assert_int_equal(stats_sprt(0, 0, 0.01, 0.1, 0.05), STATS_UNDECIDED);
	assert_int_equal(stats_sprt(1, 1, 0.01, 0.1, 0.05), STATS_UNDECIDED);
	assert_int_equal(stats_sprt(2, 2, 0.01, 0.1, 0.05), STATS_ABOVE);
	/* ln 0.05 / ln(0.9/0.99) = 31.4 */
	assert_int_equal(stats_sprt(0, 31, 0.01, 0.1, 0.05), STATS_UNDECIDED);
	assert_int_equal(stats_sprt(0, 32, 0.01, 0.1, 0.05), STATS_BELOW);
}

static void test_trials_to_see(void **state)
{
	(void)state;
	assert_true(stats_trials_to_see(0.5, 0.25) == 2);
	assert_true(stats_trials_to_see(0.5, 0.01) == 7);
	assert_true(stats_trials_to_see(1.0 / 30, 0.01) == 136);
	assert_true(stats_trials_to_see(0.999999, 0.01) == 1);
	assert_true(stats_trials_to_see(1, 0.01) == 1);
	assert_true(stats_trials_to_see(0, 0.01) == UINT64_MAX);
	for (int promille = 1; promille < 1000; promille++) {
		double rate = promille / 1000.0;
		uint64_t nr = stats_trials_to_see(rate, 0.01);

		assert_true(pow(1 - rate, (double)nr) <= 0.01 * (1 + 1e-12));
		assert_true(nr == 1 || pow(1 - rate, (double)(nr - 1)) > 0.01);
	}
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
		cmocka_unit_test(test_known_floors),
		cmocka_unit_test(test_known_intervals),
		cmocka_unit_test(test_floors_mirror_bounds),
		cmocka_unit_test(test_intervals_cover),
		cmocka_unit_test(test_fisher),
		cmocka_unit_test(test_sprt_errors),
		cmocka_unit_test(test_sprt_by_hand),
		cmocka_unit_test(test_trials_to_see),
		cmocka_unit_test(test_percentile_is_the_nearest_rank),
		cmocka_unit_test(test_percentile_forgives_binary_fractions),
		cmocka_unit_test(test_sample_of_none_and_one),
		cmocka_unit_test(test_sample_sorts_all_64_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
