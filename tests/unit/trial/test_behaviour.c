// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trial/behaviour.h"
#include "trial/evidence.h"
#include "trial/verdict.h"

static struct evidence evidence;
static struct order places;

static struct behaviour learn(const struct moment *moments, uint32_t nr, enum verdict verdict)
{
	struct judgement judgement = { .verdict = verdict };
	struct behaviour behaviour;

	memcpy(evidence.moments, moments, nr * sizeof(*moments));
	evidence.nr_moments = nr;
	evidence_derive(&evidence);
	behaviour_of(&evidence, &places, &judgement, &behaviour);
	memset(&evidence, 0, sizeof(evidence));
	return behaviour;
}

static uint32_t not_in(const struct behaviour *a, const struct behaviour *b)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < a->nr_features; i++) {
		bool found = false;

		for (uint32_t j = 0; j < b->nr_features; j++)
			found |= a->features[i] == b->features[j];
		nr += !found;
	}
	return nr;
}

/* clang-format off */
static const struct moment route_first[] = {
	{ 100, 0, MOMENT_OPENED }, { 200, 254, MOMENT_ROUTE, 1 }, { 300, 0, MOMENT_CLOSED },
};
static const struct moment later[] = {
	{ 10, 0, MOMENT_OPENED }, { 250, 255, MOMENT_ROUTE, 2 }, { 251, 0, MOMENT_CLOSED },
};
static const struct moment closed_first[] = {
	{ 100, 0, MOMENT_OPENED }, { 200, 0, MOMENT_CLOSED }, { 300, 254, MOMENT_ROUTE, 1 },
};
/* clang-format on */

/*
 * Durations, tables and numbers are no features; which came first is one, and the whole order
 * another.
 */
static void test_orders(void **state)
{
	struct behaviour a = learn(route_first, 3, VERDICT_CLEAN);
	struct behaviour b = learn(later, 3, VERDICT_CLEAN);
	struct behaviour c = learn(closed_first, 3, VERDICT_CLEAN);

	(void)state;
	assert_int_equal(a.nr_features, b.nr_features);
	assert_memory_equal(a.features, b.features, sizeof(a.features));
	assert_int_equal(not_in(&c, &a), 2);
	assert_int_equal(a.window_ns, 200);
	for (uint32_t i = 1; i < a.nr_features; i++)
		assert_true(a.features[i - 1] < a.features[i]);
}

static void test_what_else_counts(void **state)
{
	struct behaviour plain = learn(route_first, 3, VERDICT_CLEAN), other;

	(void)state;
	evidence.after.net_device = 5;
	other = learn(route_first, 3, VERDICT_CLEAN);
	assert_int_equal(not_in(&other, &plain), 1);
	evidence.after.net_device = 7; /* the same power of two */
	assert_int_equal(evidence.nr_moments, 0);
	plain = learn(route_first, 3, VERDICT_CLEAN);
	assert_int_equal(not_in(&other, &plain), 0);
	plain = learn(route_first, 3, VERDICT_CLEAN);
	other = learn(route_first, 3, VERDICT_LEAK);
	assert_int_equal(not_in(&other, &plain), 1);
	assert_true(other.finding);
	evidence.refused_errno = 101;
	other = learn(route_first, 3, VERDICT_CLEAN);
	assert_int_equal(not_in(&other, &plain), 1);
}

/* A hold counts where it was kept: one that was not reached is no behaviour. */
static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void test_holds(void **state)
{
	static const struct moment kept[] = { { 100, 0, MOMENT_OPENED },
					      { 200, 0, MOMENT_STEP_HELD, 1 },
					      { 300, 0, MOMENT_STEP_RELEASED, 1 } };
	uint64_t reached = behaviour_of_hold(ORDER_THREAD_I, false, "stop", false);
	struct behaviour none, cut, one;

	(void)state;
	evidence.spec.steps = 1;
	evidence.steps[0] = (struct step_audit){ .thread = ORDER_THREAD_I, .place = "stop" };
	one = learn(kept, 3, VERDICT_CLEAN);
	evidence.spec.steps = 1;
	evidence.steps[0] = (struct step_audit){ .thread = ORDER_THREAD_I, .place = "stop" };
	cut = learn(kept, 2, VERDICT_CLEAN);
	evidence.spec.steps = 1;
	evidence.steps[0] = (struct step_audit){ .thread = ORDER_THREAD_I, .place = "stop" };
	none = learn(kept, 1, VERDICT_CLEAN);
	assert_int_equal(not_in(&cut, &none), 1);
	assert_int_equal(not_in(&one, &cut), 1);
	assert_int_equal(not_in(&none, &one), 0);
	assert_int_equal(not_in(&cut, &one), 0);
	assert_non_null(
		bsearch(&reached, cut.features, cut.nr_features, sizeof(reached), by_value));
}

static void test_invalid_teaches_nothing(void **state)
{
	struct behaviour behaviour = learn(route_first, 3, VERDICT_INVALID);

	(void)state;
	assert_int_equal(behaviour.nr_features, 0);
	assert_int_equal(behaviour.window_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_what_else_counts),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_invalid_teaches_nothing),
	};

	return cmocka_run_group_tests_name("behaviour", tests, NULL, NULL);
}
