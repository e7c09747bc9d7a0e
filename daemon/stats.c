// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats.h"

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

/*
 * The bound p solves P(X <= hits | trials, p) = 1 - confidence, X binomial. That probability is
 * 1 - I_p(hits + 1, trials - hits) (NIST DLMF 8.17.5), so p is a quantile of a beta
 * distribution; I grows with p, and bisection cannot miss it.
 */
double stats_rate_bound(uint64_t hits, uint64_t trials, double confidence)
{
	long double low = 0;
	long double high = 1;

	if (hits >= trials || confidence >= 1)
		return 1;
	if (hits == 0)
		return -expm1(log1p(-confidence) / (double)trials);

	while (high - low > high * DBL_EPSILON) {
		long double middle = (low + high) / 2;

		if (beta_regularised(hits + 1, trials - hits, middle) < confidence)
			low = middle;
		else
			high = middle;
	}
	return (double)high;
}
