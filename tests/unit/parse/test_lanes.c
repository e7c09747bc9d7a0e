// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse/campaign.h"

static uint32_t lanes_of(const char *text)
{
	struct campaign *campaign = NULL;
	struct why why;
	uint32_t lanes;

	if (campaign_load_text("lanes.yaml", text, strlen(text), NULL, 0, &campaign, &why))
		fail_msg("%s: %s", text, why.text);
	lanes = campaign->lanes;
	campaign_free(campaign);
	return lanes;
}

static void auto_keeps_each_CPU_busy(void **state)
{
	uint32_t here = campaign_lanes_here();

	(void)state;
	assert_in_range(here, 1, 64);
	assert_true(here <= 16 * (uint32_t)sysconf(_SC_NPROCESSORS_ONLN));
	assert_int_equal(lanes_of("lanes: auto\n"), here);
	assert_int_equal(lanes_of("lanes: auto\nstop: {trials: 0, seconds: 60}\n"), here);
}

/* A container or taskset may leave one CPU of many. */
static void auto_counts_the_CPUs_that_it_may_use(void **state)
{
	cpu_set_t all, one;
	uint32_t here;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	here = campaign_lanes_here();
	sched_setaffinity(0, sizeof(all), &all);
	assert_in_range(here, 1, 16);
}

static void auto_is_the_default(void **state)
{
	(void)state;
	assert_int_equal(lanes_of("{}\n"), lanes_of("lanes: auto\n"));
}

static void a_lane_is_made_for_four_trials(void **state)
{
	(void)state;
	assert_int_equal(lanes_of("lanes: auto\nstop: {trials: 1}\n"), 1);
	assert_int_equal(lanes_of("lanes: auto\nstop: {trials: 4}\n"), 1);
	assert_in_range(lanes_of("lanes: auto\nstop: {trials: 12}\n"), 1, 3);
	assert_int_equal(lanes_of("lanes: 7\nstop: {trials: 3}\n"), 7);
}

static void one_where_others_would_disturb(void **state)
{
	static const char *const alone[] = {
		"{spec: 1, trial_seed: '0x7', arms: [race], window: {hold_us: [1]}}",
		"device: {kind: existing, dut: a, peer: b}",
		"ledger: always",
		"order: [I held at stop for 100 us]",
		"explore: {mode: guided}",
		"kernel: vmlinuz",
	};
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		snprintf(text, sizeof(text), "%s\n", alone[i]);
		assert_int_equal(lanes_of(text), 1);
	}
}

static void a_resolved_campaign_has_the_number(void **state)
{
	struct campaign *campaign = NULL;
	char *text = NULL, wanted[32];
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	struct why why;

	(void)state;
	assert_int_equal(
		campaign_load_text("lanes.yaml", "lanes: auto\n", 12, NULL, 0, &campaign, &why),
		0);
	assert_int_equal(campaign_dump(campaign, out), 0);
	fclose(out);
	snprintf(wanted, sizeof(wanted), "lanes: %u\n", campaign->lanes);
	assert_non_null(strstr(text, wanted));
	free(text);
	campaign_free(campaign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_keeps_each_CPU_busy),
		cmocka_unit_test(auto_counts_the_CPUs_that_it_may_use),
		cmocka_unit_test(auto_is_the_default),
		cmocka_unit_test(a_lane_is_made_for_four_trials),
		cmocka_unit_test(one_where_others_would_disturb),
		cmocka_unit_test(a_resolved_campaign_has_the_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
