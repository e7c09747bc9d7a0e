// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explore/follow.h"
#include "kernel_model.h"
#include "parse/campaign.h"

/* What an order leaves to chance is said in the one that follows its leak. */

enum { TRIALS = 60 };

static struct order_hold hold_at(enum order_thread thread, const char *place,
				 enum order_until until, enum order_thread other)
{
	struct order_hold hold = { .thread = thread, .until = until, .other = other };

	snprintf(hold.place, sizeof(hold.place), "%s", place);
	return hold;
}

/* DAD's work is held for a time, after which the device has gone down, or has not. */
static struct trial_spec by_chance(uint64_t seed)
{
	struct trial_spec spec = { .arm = ARM_RACE, .echoes = 1, .hold_us = 1, .steps = 1 };

	spec.direction = DIRECTION_OUTBOUND;
	spec.target = TARGET_PEER;
	spec.seed = seed;
	spec.holds[0] =
		hold_at(ORDER_THREAD_DAD, "dad-work", ORDER_UNTIL_TIME, ORDER_THREAD_NONE);
	spec.holds[0].time_us = 60000;
	return spec;
}

static void test_a_leak_by_chance_shows_in_each_followed_trial(void **state)
{
	struct campaign *campaign = NULL;
	struct behaviour behaviour;
	uint32_t leaks = 0, followed_leaks = 0;
	struct trial_spec followed;
	struct why why;

	(void)state;
	assert_int_equal(campaign_load_text("model", kernel_model_space,
					    strlen(kernel_model_space), NULL, 0, &campaign,
					    &why),
			 0);
	for (uint64_t seed = 1; seed <= TRIALS; seed++) {
		const struct trial_spec spec = by_chance(seed);

		leaks += kernel_model_run(campaign, &spec, MODEL_DOWN, &behaviour) ==
			 VERDICT_LEAK;
		assert_true(follow_leak(kernel_model_evidence(), &followed));
		followed_leaks += kernel_model_run(campaign, &followed, MODEL_DOWN,
						   &behaviour) == VERDICT_LEAK;
	}
	assert_in_range(leaks, 1, TRIALS / 2);
	assert_int_equal(followed_leaks, TRIALS);
	campaign_free(campaign);
}

static struct evidence e;

static const struct trial_spec *follow(void)
{
	static struct trial_spec followed;

	return follow_leak(&e, &followed) ? &followed : NULL;
}

/* The hold whose event did not come kept its thread for long, while the others went on. */
static void test_a_deadline_is_followed_first(void **state)
{
	const struct trial_spec *followed;

	(void)state;
	e = (struct evidence){ .spec.steps = 2, .spec.starts_when = ORDER_THREAD_DAD };
	e.spec.holds[0] =
		hold_at(ORDER_THREAD_DAD, "dad-work", ORDER_UNTIL_HELD, ORDER_THREAD_II);
	e.spec.holds[1] = hold_at(ORDER_THREAD_II, "addrconf_prefix_rcv", ORDER_UNTIL_HELD,
				  ORDER_THREAD_DAD);
	e.steps[0] = (struct step_audit){ .outcome = STEP_KEPT, .held_ns = 900 };
	e.steps[1] = (struct step_audit){ .outcome = STEP_DEADLINE, .held_ns = 400 };
	followed = follow();
	assert_non_null(followed);
	assert_int_equal(followed->steps, 2);
	assert_int_equal(followed->holds[0].until, ORDER_UNTIL_HELD);
	assert_int_equal(followed->holds[1].until, ORDER_UNTIL_DONE);
	assert_int_equal(followed->holds[1].other, ORDER_THREAD_I);
	assert_int_equal(followed->starts_when, ORDER_THREAD_DAD);
}

/* Thread I is held until the packets are through, which start when it is held. */
static void test_the_mirror(void **state)
{
	const struct trial_spec *followed;

	(void)state;
	e = (struct evidence){ .spec.steps = 2 };
	e.spec.holds[0] = hold_at(ORDER_THREAD_I, "stop", ORDER_UNTIL_TIME, ORDER_THREAD_NONE);
	e.spec.holds[1] = hold_at(ORDER_THREAD_II, "source", ORDER_UNTIL_DONE, ORDER_THREAD_I);
	e.steps[0].outcome = STEP_KEPT;
	e.steps[1].outcome = STEP_DEADLINE;
	followed = follow();
	assert_non_null(followed);
	assert_int_equal(followed->steps, 1); /* each would wait for the other */
	assert_int_equal(followed->holds[0].until, ORDER_UNTIL_DONE);
	assert_int_equal(followed->holds[0].other, ORDER_THREAD_II);
	assert_int_equal(followed->starts_when, ORDER_THREAD_I);
}

/* Its holds are numbers of the places that were hooked for the leak, and of no other set. */
static void test_it_needs_the_places_of_its_leak(void **state)
{
	const struct trial_spec *followed;

	(void)state;
	e = (struct evidence){ .spec = by_chance(1) };
	e.spec.choice = (struct explore_choice){ .mode = EXPLORE_GUIDED, .set = 3 };
	e.steps[0].outcome = STEP_KEPT;
	followed = follow();
	assert_non_null(followed);
	assert_true(followed->choice.followed);
	assert_int_equal(followed->choice.mode, EXPLORE_GUIDED);
	assert_int_equal(followed->choice.set, 3);
}

/* Nothing was reached, nothing is left to chance, or thread I could never be done. */
static void test_what_is_not_followed(void **state)
{
	(void)state;
	e = (struct evidence){ .spec.steps = 1 };
	e.spec.holds[0] =
		hold_at(ORDER_THREAD_II, "source", ORDER_UNTIL_TIME, ORDER_THREAD_NONE);
	assert_null(follow());
	e.steps[0].outcome = STEP_KEPT;
	assert_non_null(follow());
	e.spec.holds[0] = hold_at(ORDER_THREAD_II, "source", ORDER_UNTIL_DONE, ORDER_THREAD_I);
	assert_null(follow());
	e.spec.holds[1] = hold_at(ORDER_THREAD_I, "stop", ORDER_UNTIL_HELD, ORDER_THREAD_II);
	e.spec.steps = 2;
	e.steps[1].outcome = STEP_KEPT;
	assert_null(follow()); /* as in uncached-route.yaml */
	e.spec.steps = 1;
	e.spec.holds[0] =
		hold_at(ORDER_THREAD_DAD, "dad-kick", ORDER_UNTIL_TIME, ORDER_THREAD_NONE);
	assert_null(follow());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_leak_by_chance_shows_in_each_followed_trial),
		cmocka_unit_test(test_a_deadline_is_followed_first),
		cmocka_unit_test(test_the_mirror),
		cmocka_unit_test(test_it_needs_the_places_of_its_leak),
		cmocka_unit_test(test_what_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
