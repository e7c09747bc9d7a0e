// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parse/campaign.h"
#include "trial/plan.h"
#include "trial/shard.h"

enum { TRIALS = 998, SHARDS = 7 };

static struct campaign *load(const char *text)
{
	struct campaign *campaign = NULL;
	struct why why = { "" };

	if (campaign_load_text("shard", text, strlen(text), NULL, 0, &campaign, &why))
		fail_msg("refused: %s", why.text);
	return campaign;
}

/* Each trial of a plan is had once, by whatever number of shards, whole blocks or not. */
static void test_shards_share_each_trial_once(void **state)
{
	(void)state;
	for (uint32_t block = 1; block <= ARMS; block++)
		for (uint32_t of = 1; of <= SHARDS; of++) {
			uint32_t owners[TRIALS + 1] = { 0 };

			for (uint32_t index = 1; index <= of; index++) {
				struct deal deal = { { index, of }, block };

				for (uint32_t t = shard_next(&deal, 0); t <= TRIALS;
				     t = shard_next(&deal, t))
					owners[t]++;
			}
			for (uint32_t t = 1; t <= TRIALS; t++)
				assert_int_equal(owners[t], 1);
		}
}

static void test_places_count_the_trials_of_a_shard(void **state)
{
	(void)state;
	for (uint32_t block = 1; block <= ARMS; block++)
		for (uint32_t index = 1; index <= SHARDS; index++) {
			struct deal deal = { { index, SHARDS }, block };
			uint32_t place = 0;

			for (uint32_t t = 1; t <= TRIALS; t++) {
				place += shard_has(&deal, t);
				assert_int_equal(shard_place(&deal, t), place);
			}
		}
}

static void test_with_one_arm_a_shard_is_a_stride(void **state)
{
	const struct deal deal = { { 3, 4 }, 1 };

	(void)state;
	assert_int_equal(shard_next(&deal, 0), 3);
	assert_int_equal(shard_next(&deal, 3), 7);
	assert_int_equal(shard_next(&deal, 7), 11);
}

/* As many shards as arms: where a stride would take arms by chance, each has all of them. */
static void test_each_shard_has_the_arms_of_the_plan(void **state)
{
	struct campaign *campaign = load("arms: [control, hold, echo, race]");

	(void)state;
	for (uint32_t index = 1; index <= ARMS; index++) {
		uint32_t arms[ARMS] = { 0 };
		struct deal deal;

		campaign->shard = (struct shard){ index, ARMS };
		deal = shard_deal(campaign);
		for (uint32_t t = shard_next(&deal, 0); t <= 160; t = shard_next(&deal, t)) {
			struct trial_spec spec;

			plan_trial(campaign, t, &spec);
			assert_int_equal(spec.trial, t);
			arms[spec.arm]++;
		}
		for (int arm = 0; arm < ARMS; arm++)
			assert_int_equal(arms[arm], 10);
	}
	campaign_free(campaign);
}

static void test_a_campaign_without_a_shard_is_whole(void **state)
{
	struct campaign *campaign = load("arms: [hold, race]");
	struct deal deal = shard_deal(campaign);

	(void)state;
	assert_int_equal(deal.shard.index, 1);
	assert_int_equal(deal.shard.of, 1);
	assert_int_equal(shard_next(&deal, 41), 42);
	assert_int_equal(shard_place(&deal, 42), 42);
	campaign_free(campaign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards_share_each_trial_once),
		cmocka_unit_test(test_places_count_the_trials_of_a_shard),
		cmocka_unit_test(test_with_one_arm_a_shard_is_a_stride),
		cmocka_unit_test(test_each_shard_has_the_arms_of_the_plan),
		cmocka_unit_test(test_a_campaign_without_a_shard_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
