// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parse/campaign.h"
#include "trial/plan.h"

#define TRIALS 4000

static struct campaign *load(const char *text)
{
	struct campaign *campaign = NULL;
	struct why why = { "" };

	if (campaign_load_text("plan", text, strlen(text), NULL, 0, &campaign, &why))
		fail_msg("refused: %s", why.text);
	return campaign;
}

static const char mixed[] =
	"window: {hold_range: {min_us: 1000, max_us: 1003}}\n"
	"echo: {directions: [inbound, outbound, outbound-raw],\n"
	"       targets: [all-nodes, solicited-node, tentative, peer, nobody], count: 3}\n"
	"dad: {answer: [none, ns, na, loopback], offset_us: 7, times: 2}\n";

static void assert_same(const struct trial_spec *a, const struct trial_spec *b)
{
	assert_int_equal(a->trial, b->trial);
	assert_int_equal(a->arm, b->arm);
	assert_int_equal(a->hold_us, b->hold_us);
	assert_int_equal(a->direction, b->direction);
	assert_int_equal(a->target, b->target);
	assert_int_equal(a->echoes, b->echoes);
	assert_int_equal(a->dad_answer, b->dad_answer);
	assert_int_equal(a->seed, b->seed);
}

/* splitmix64 from its published values: the plans of old results stay what they were. */
static void test_draw(void **state)
{
	uint64_t stream = 1234567;

	(void)state;
	assert_true(plan_draw(&stream) == UINT64_C(6457827717110365317));
	assert_true(plan_draw(&stream) == UINT64_C(3203168211198807973));
	assert_true(plan_draw(&stream) == UINT64_C(9817491932198370423));
}

/* The same file twice, the second time backwards: a trial needs none of those before it. */
static void test_same_seed(void **state)
{
	struct campaign *first = load(mixed), *second = load(mixed);

	(void)state;
	for (uint32_t trial = TRIALS; trial >= 1; trial--) {
		struct trial_spec a, b;

		plan_trial(first, trial, &a);
		plan_trial(second, TRIALS + 1 - trial, &b);
		plan_trial(second, trial, &b);
		assert_int_equal(a.trial, trial);
		assert_same(&a, &b);
	}
	campaign_free(first);
	campaign_free(second);
}

static void test_other_seed(void **state)
{
	struct campaign *first = load("seed: 1"), *second = load("seed: 2");
	int arms = 0;

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec a, b;

		plan_trial(first, trial, &a);
		plan_trial(second, trial, &b);
		assert_true(a.seed != b.seed);
		arms += a.arm != b.arm;
	}
	assert_in_range(arms, TRIALS / 2, TRIALS);
	campaign_free(first);
	campaign_free(second);
}

/* Each block has each arm once, so a plan that is cut off anywhere is off by one at most. */
static void test_balance(void **state)
{
	static const char *const texts[] = {
		"arms: [race]",
		"arms: [race, control]",
		"arms: [echo, hold, race]",
		"arms: [control, hold, echo, race]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct campaign *campaign = load(texts[i]);
		uint32_t counts[ARMS] = { 0 };
		uint32_t first[ARMS] = { 0 };

		for (uint32_t trial = 1; trial <= TRIALS; trial++) {
			uint32_t block = (trial - 1) / campaign->nr_arms;
			struct trial_spec spec;

			plan_trial(campaign, trial, &spec);
			assert_int_equal(counts[spec.arm], block);
			counts[spec.arm]++;
			first[spec.arm] += (trial - 1) % campaign->nr_arms == 0;
		}
		/* No arm is always first: what a trial leaves behind meets every arm. */
		for (uint32_t arm = 0; arm < campaign->nr_arms; arm++)
			assert_in_range(first[campaign->arms[arm]],
					TRIALS / campaign->nr_arms / campaign->nr_arms / 2,
					TRIALS);
		campaign_free(campaign);
	}
}

static void test_arms(void **state)
{
	struct campaign *campaign = load(mixed);

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec spec;

		plan_trial(campaign, trial, &spec);
		assert_int_equal(spec.hold_us != 0,
				 spec.arm == ARM_HOLD || spec.arm == ARM_RACE);
		assert_int_equal(spec.echoes,
				 spec.arm == ARM_ECHO || spec.arm == ARM_RACE ? 3 : 0);
		if (spec.hold_us)
			assert_in_range(spec.hold_us, 1000, 1003);
		assert_true(target_fits(spec.direction, spec.target));
	}
	campaign_free(campaign);
}

/* Everything that may be drawn is drawn, about evenly. */
static void test_draws(void **state)
{
	struct campaign *campaign = load(mixed);
	uint32_t holds[4] = { 0 }, directions[DIRECTIONS] = { 0 }, targets[TARGETS] = { 0 };

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec spec;

		plan_trial(campaign, trial, &spec);
		directions[spec.direction]++;
		targets[spec.target]++;
		if (spec.hold_us)
			holds[spec.hold_us - 1000]++;
	}
	for (size_t i = 0; i < 4; i++)
		assert_in_range(holds[i], TRIALS / 8 - TRIALS / 32, TRIALS / 8 + TRIALS / 32);
	for (size_t i = 0; i < DIRECTIONS; i++)
		assert_in_range(directions[i], TRIALS / 3 - TRIALS / 32,
				TRIALS / 3 + TRIALS / 32);
	for (size_t i = 0; i < TARGETS; i++)
		assert_in_range(targets[i], TRIALS / 9 - TRIALS / 32, TRIALS);
	campaign_free(campaign);
}

/* Answers are for the arms that send echoes, and are drawn about evenly. */
static void test_dad(void **state)
{
	struct campaign *campaign = load(mixed);
	uint32_t answers[DAD_ANSWERS] = { 0 };

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec spec;

		plan_trial(campaign, trial, &spec);
		if (spec.arm == ARM_CONTROL || spec.arm == ARM_HOLD)
			assert_int_equal(spec.dad_answer, DAD_ANSWER_NONE);
		else
			answers[spec.dad_answer]++;
		assert_int_equal(spec.dad_at, DAD_AT_PROBE);
		assert_int_equal(spec.dad_offset_us, 7);
		assert_int_equal(spec.dad_times, 2);
	}
	for (size_t i = 0; i < DAD_ANSWERS; i++)
		assert_in_range(answers[i], TRIALS / 8 - TRIALS / 32, TRIALS / 8 + TRIALS / 32);
	campaign_free(campaign);
}

/*
 * Messages are drawn about evenly, and go where they can; what else is drawn is the same
 * without them.
 */
static void test_messages(void **state)
{
	struct campaign *without = load(mixed);
	struct campaign *with = load(mixed);
	uint32_t messages[MESSAGES] = { 0 }, inbound = 0;

	(void)state;
	free(with->echo.message);
	with->echo.message = calloc(MESSAGES, sizeof(*with->echo.message));
	for (with->echo.nr_message = 0; with->echo.nr_message < MESSAGES;
	     with->echo.nr_message++)
		with->echo.message[with->echo.nr_message] = with->echo.nr_message;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec a, b;

		plan_trial(without, trial, &a);
		plan_trial(with, trial, &b);
		assert_same(&a, &b);
		assert_int_equal(a.message, MESSAGE_ECHO);
		assert_true(message_fits(b.direction, b.target, b.message));
		if (b.direction == DIRECTION_INBOUND) {
			messages[b.message]++;
			inbound++;
		}
	}
	/* What goes to no group has one target of three. */
	for (int i = 0; i < MESSAGES; i++)
		assert_in_range(messages[i],
				message_has(i, MESSAGE_TO_UNICAST) ?
					1 :
					inbound / MESSAGES - inbound / 40,
				inbound / MESSAGES + inbound / 40);
	campaign_free(without);
	campaign_free(with);
}

/* Of every arm: what the bring-up does besides, and what loads the machine, is no injection. */
static void test_changes_and_loads(void **state)
{
	struct campaign *campaign = load("bringup: {change: [mtu, route-add, none]}\n"
					 "load: [cpu, none]\n");
	uint32_t changes[ARMS][CHANGES] = { 0 }, loads[ARMS][LOADS] = { 0 };

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec spec;

		plan_trial(campaign, trial, &spec);
		changes[spec.arm][spec.change]++;
		loads[spec.arm][spec.load]++;
	}
	for (int arm = 0; arm < ARMS; arm++) {
		assert_in_range(changes[arm][CHANGE_NONE], TRIALS / 16, TRIALS / 9);
		assert_in_range(changes[arm][CHANGE_MTU], TRIALS / 16, TRIALS / 9);
		assert_in_range(changes[arm][CHANGE_ROUTE_ADD], TRIALS / 16, TRIALS / 9);
		assert_in_range(loads[arm][LOAD_NONE], TRIALS / 10, TRIALS / 6);
		assert_in_range(loads[arm][LOAD_CPU], TRIALS / 10, TRIALS / 6);
	}
	campaign_free(campaign);
}

/* What is drawn beside the answers is the same with and without them. */
static void test_dad_leaves_the_plan(void **state)
{
	struct campaign *without = load("echo: {targets: [all-nodes, tentative]}\n");
	struct campaign *with = load("echo: {targets: [all-nodes, tentative]}\n"
				     "dad: {answer: [na, ns]}\n");

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec a, b;

		plan_trial(without, trial, &a);
		plan_trial(with, trial, &b);
		assert_int_equal(a.dad_answer, DAD_ANSWER_NONE);
		b.dad_answer = DAD_ANSWER_NONE;
		assert_same(&a, &b);
	}
	campaign_free(without);
	campaign_free(with);
}

static void test_list(void **state)
{
	struct campaign *campaign = load("arms: [hold]\nwindow: {hold_us: [10, 20, 30]}\n");
	uint32_t counts[3] = { 0 };

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec spec;

		plan_trial(campaign, trial, &spec);
		assert_int_equal(spec.hold_us % 10, 0);
		assert_in_range(spec.hold_us, 10, 30);
		counts[spec.hold_us / 10 - 1]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_in_range(counts[i], TRIALS / 4, TRIALS / 2);
	campaign_free(campaign);
}

/* The arms of a trial draw alike: a hold and a race of one number differ in the echoes only. */
static void test_comparable(void **state)
{
	struct campaign *hold = load("arms: [hold]\nwindow: {hold_range: {max_us: 9999}}\n");
	struct campaign *race = load("arms: [race]\nwindow: {hold_range: {max_us: 9999}}\n");

	(void)state;
	for (uint32_t trial = 1; trial <= TRIALS; trial++) {
		struct trial_spec a, b;

		plan_trial(hold, trial, &a);
		plan_trial(race, trial, &b);
		assert_int_equal(a.hold_us, b.hold_us);
		assert_int_equal(a.seed, b.seed);
		assert_in_range(a.hold_us, 1, 9999);
	}
	campaign_free(hold);
	campaign_free(race);
}

static void test_last_trial(void **state)
{
	struct campaign *campaign = load(mixed);
	struct trial_spec spec;

	(void)state;
	plan_trial(campaign, UINT32_MAX, &spec);
	assert_int_equal(spec.trial, UINT32_MAX);
	assert_true(target_fits(spec.direction, spec.target));
	campaign_free(campaign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_same_seed),
		cmocka_unit_test(test_other_seed),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_arms),
		cmocka_unit_test(test_draws),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_comparable),
		cmocka_unit_test(test_last_trial),
		cmocka_unit_test(test_dad),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_changes_and_loads),
		cmocka_unit_test(test_dad_leaves_the_plan),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
