// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/stats.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { SAMPLE_ROOM_FIRST = 64 };

int stats_sample_add(struct stats_sample *sample, uint64_t value)
{
	if (sample->nr == sample->room) {
		size_t room = sample->room ? sample->room * 2 : SAMPLE_ROOM_FIRST;
		uint64_t *values = reallocarray(sample->values, room, sizeof(*values));

		if (!values)
			return -ENOMEM;
		sample->values = values;
		sample->room = room;
	}
	sample->values[sample->nr++] = value;
	return 0;
}

void stats_sample_free(struct stats_sample *sample)
{
	free(sample->values);
	*sample = (struct stats_sample){ 0 };
}

static int compare_values(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

uint64_t stats_percentile(struct stats_sample *sample, double p)
{
	double exact;
	size_t rank;

	if (sample->nr == 0)
		return 0;
	qsort(sample->values, sample->nr, sizeof(*sample->values), compare_values);

	/* 99.9 is not a binary fraction: a rank barely above a whole number is that number. */
	exact = p * (double)sample->nr / 100;
	exact -= exact * 4 * DBL_EPSILON;
	rank = exact > 1 ? (size_t)ceil(exact) : 1;
	return sample->values[rank < sample->nr ? rank - 1 : sample->nr - 1];
}

/*
 * The continued fraction of the incomplete beta function (NIST DLMF 8.17.22), evaluated by the
 * modified Lentz method. For x < (a + 1) / (a + b + 2) it converges in O(sqrt(max(a, b)))
 * steps; the limit is far above that for the 1e7 trials we promise.
 */
static long double beta_fraction(long double a, long double b, long double x)
{
	enum { STEPS_MAX = 1000000 };
	const long double tiny = LDBL_MIN / LDBL_EPSILON;
	long double numerator = 1;
	long double denominator = 1 - (a + b) * x / (a + 1);
	long double fraction;

	denominator = 1 / (fabsl(denominator) < tiny ? tiny : denominator);
	fraction = denominator;
	for (int m = 1; m <= STEPS_MAX; m++) {
		long double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		long double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		long double change = 1;

		for (int i = 0; i < 2; i++) {
			long double term = i == 0 ? even : odd;

			numerator = 1 + term / numerator;
			denominator = 1 + term * denominator;
			numerator = fabsl(numerator) < tiny ? tiny : numerator;
			denominator = 1 / (fabsl(denominator) < tiny ? tiny : denominator);
			change = numerator * denominator;
			fraction *= change;
		}
		if (fabsl(change - 1) < 4 * LDBL_EPSILON)
			break;
	}
	return fraction;
}

static long double log_gamma(long double x)
{
	int sign;

	/* lgammal() writes the global signgam. */
	return lgammal_r(x, &sign);
}

/*
 * The regularised incomplete beta function I_x(a, b) (NIST DLMF 8.17). In long double, because
 * the logarithms are near 1e8 for 1e7 trials and all but cancel.
 */
static long double beta_regularised(long double a, long double b, long double x)
{
	long double scale;

	if (x > (a + 1) / (a + b + 2))
		return 1 - beta_regularised(b, a, 1 - x);
	scale = log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * logl(x) + b * log1pl(-x);
	return expl(scale) * beta_fraction(a, b, x) / a;
}

/* The x at which I_x(a, b) is `probability`: I grows with x, and bisection cannot miss it. */
static double beta_quantile(long double a, long double b, long double probability)
{
	long double low = 0;
	long double high = 1;

	while (high - low > high * DBL_EPSILON) {
		long double middle = (low + high) / 2;

		if (beta_regularised(a, b, middle) < probability)
			low = middle;
		else
			high = middle;
	}
	return (double)high;
}

/*
 * The bound p solves P(X <= hits | trials, p) = 1 - confidence, X binomial. That probability is
 * 1 - I_p(hits + 1, trials - hits) (NIST DLMF 8.17.5), so p is a quantile of a beta
 * distribution.
 */
double stats_rate_bound(uint64_t hits, uint64_t trials, double confidence)
{
	if (hits >= trials || confidence >= 1)
		return 1;
	if (hits == 0)
		return -expm1(log1p(-confidence) / (double)trials);
	return beta_quantile(hits + 1, trials - hits, confidence);
}

/* Here p solves P(X >= hits | trials, p) = I_p(hits, trials - hits + 1) = 1 - confidence. */
double stats_rate_floor(uint64_t hits, uint64_t trials, double confidence)
{
	if (hits == 0 || hits > trials || confidence >= 1)
		return 0;
	if (hits == trials)
		return exp(log1p(-confidence) / (double)trials);
	return beta_quantile(hits, trials - hits + 1, 1 - (long double)confidence);
}

struct stats_interval stats_rate_interval(uint64_t hits, uint64_t trials, double confidence)
{
	double each = (1 + confidence) / 2;

	return (struct stats_interval){ stats_rate_floor(hits, trials, each),
					stats_rate_bound(hits, trials, each) };
}

uint64_t stats_ppm_down(double rate)
{
	return (uint64_t)floor(rate * 1e6 + 1e-6);
}

uint64_t stats_ppm_up(double rate)
{
	return (uint64_t)ceil(rate * 1e6 - 1e-6);
}

static long double log_choose(uint64_t n, uint64_t k)
{
	return log_gamma((long double)n + 1) - log_gamma((long double)k + 1) -
	       log_gamma((long double)(n - k) + 1);
}

/*
 * The probability that the first arm has x of the hits when all ways to spread them over the
 * trials are alike: hypergeometric.
 */
static long double share_probability(const struct stats_share *first,
				     const struct stats_share *second, uint64_t x)
{
	uint64_t hits = first->hits + second->hits;

	return expl(log_choose(first->trials, x) + log_choose(second->trials, hits - x) -
		    log_choose(first->trials + second->trials, hits));
}

/*
 * Terms fall away from the middle of the distribution, so the tail is summed from its larger
 * end until nothing is added any more. P(x + 1) / P(x) follows from the binomial coefficients.
 */
static long double tail_up(const struct stats_share *first, const struct stats_share *second,
			   uint64_t x)
{
	uint64_t hits = first->hits + second->hits;
	long double term = share_probability(first, second, x), sum = 0;

	for (; term > sum * LDBL_EPSILON; x++) {
		sum += term;
		if (x == hits || x == first->trials)
			break;
		term *= (long double)(hits - x) / (long double)(x + 1) *
			(long double)(first->trials - x) /
			(long double)(second->trials - (hits - x) + 1);
	}
	return sum;
}

double stats_fisher(struct stats_share first, struct stats_share second)
{
	uint64_t hits = first.hits + second.hits;
	long double trials = (long double)first.trials + (long double)second.trials;
	struct stats_share less = { first.hits - 1, first.trials };
	struct stats_share more = { second.hits + 1, second.trials };

	if (!first.hits || second.hits >= second.trials) /* no spread gives the first less */
		return 1;
	if ((long double)first.hits * trials >= (long double)hits * (long double)first.trials)
		return (double)fminl(1, tail_up(&first, &second, first.hits));
	/*
	 * Below the middle the other tail is the short one: the second arm has more than it
	 * has.
	 */
	return (double)fmaxl(0, 1 - tail_up(&more, &less, more.hits));
}

enum stats_side stats_sprt(uint64_t hits, uint64_t trials, double low, double high,
			   double error)
{
	double ratio = (double)hits * log(high / low) +
		       (double)(trials - hits) * (log1p(-high) - log1p(-low));

	if (ratio >= -log(error))
		return STATS_ABOVE;
	return ratio <= log(error) ? STATS_BELOW : STATS_UNDECIDED;
}

enum stats_side stats_hits(uint64_t hits, uint64_t trials, uint64_t wanted, uint64_t most)
{
	if (hits >= wanted)
		return STATS_ABOVE;
	return most && hits + most < wanted + trials ? STATS_BELOW : STATS_UNDECIDED;
}

uint64_t stats_trials_to_see(double rate, double miss)
{
	double exact;

	if (rate <= 0)
		return UINT64_MAX;
	if (rate >= 1)
		return 1;
	exact = log(miss) / log1p(-rate);
	exact -= exact * 4 * DBL_EPSILON;
	return exact > 1 ? (uint64_t)ceil(exact) : 1;
}
