// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explored.h"
#include "parse/campaign.h"
#include "trial/plan.h"

/*
 * A kernel of 120 functions of thread II, ten sets of places. Every packet passes all of them,
 * and f1, f3, ... a second time; every hold there is kept: ten kinds of late packet, and one
 * early one, which is the last of all rows. A packet-too-big always shows a fault where
 * `too_big_is_found`.
 */
enum { FUNCTIONS = 10 * ORDER_HOLDS_MAX, TRIALS = 2400, EARLY_US = 50000 };

static const char space[] =
	"sysctl: {dad_transmits: 1}\narms: [race]\n"
	"bringup: {change: [none, mtu, route-delete]}\n"
	"echo: {directions: [inbound, outbound-raw], targets: [all-nodes],\n"
	"       message: [echo, ns, na, ra, redirect, unreachable, packet-too-big, time-exceeded,\n"
	"                 parameter-problem, mld-query], count: 1}\n"
	"explore:\n  generation: 4\n  offset_us: 100000\n";

static const char *const packets[] = {
	"inbound echo all-nodes late",
	"inbound ns all-nodes late",
	"inbound na all-nodes late",
	"inbound ra all-nodes late",
	"inbound redirect all-nodes late",
	"inbound unreachable all-nodes late",
	"inbound packet-too-big all-nodes late",
	"inbound time-exceeded all-nodes late",
	"inbound parameter-problem all-nodes late",
	"inbound mld-query all-nodes late",
	"outbound-raw echo all-nodes early",
};

static uint32_t nr_fillers; /* rows before all others */
static bool without_reach;  /* what reaches which place is not known */

static struct campaign *load(const char *mode)
{
	struct campaign *campaign = NULL;
	struct why why = { "" };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, "%s  mode: %s\n  places:\n", space, mode);
	for (int i = 1; i <= FUNCTIONS; i++)
		fprintf(out, "    - II held at f%d\n", i);
	fprintf(out, without_reach ? "" : "  reach:\n");
	for (uint32_t i = 0; i < nr_fillers; i++)
		fprintf(out, "    - \"inbound echo all-nodes late: 1\"\n");
	for (size_t i = 0; !without_reach && i < sizeof(packets) / sizeof(packets[0]); i++) {
		fprintf(out, "    - \"%s:", packets[i]);
		for (int place = 1; place <= FUNCTIONS; place++)
			fprintf(out, " %d", place);
		fprintf(out, "\"\n");
	}
	fclose(out);
	if (campaign_load_text("rounds", text, size, NULL, 0, &campaign, &why))
		fail_msg("%s", why.text);
	free(text);
	return campaign;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool too_big_is_found;

static int number_of(const struct order_hold *hold)
{
	return atoi(hold->place + 1);
}

static bool late_only; /* f1, f3, ... are passed by late packets only */

static bool is_reached(const struct order_hold *place, const struct trial_spec *spec)
{
	return !late_only || number_of(place) % 2 == 0 || spec->offset_us > EARLY_US;
}

static bool has_pass(const struct order_hold *hold)
{
	return !hold->skips || number_of(hold) % 2;
}

static void show(const struct campaign *campaign, const struct trial_spec *spec,
		 struct behaviour *shown)
{
	struct order places;

	plan_set(campaign, spec->choice.set, &places);
	*shown = (struct behaviour){ .finding = too_big_is_found &&
						spec->message == MESSAGE_PACKET_TOO_BIG };
	for (uint32_t i = 0; i < places.nr_holds; i++)
		if (is_reached(&places.holds[i], spec))
			shown->features[shown->nr_features++] =
				behaviour_of_pass(&places.holds[i]);
	for (uint32_t i = 0; i < spec->steps; i++)
		for (int kept = 0;
		     is_reached(&spec->holds[i], spec) && kept < 2 * has_pass(&spec->holds[i]);
		     kept++)
			shown->features[shown->nr_features++] = behaviour_of_hold(
				ORDER_THREAD_II, false, spec->holds[i].place, kept);
	qsort(shown->features, shown->nr_features, sizeof(shown->features[0]), by_value);
}

static struct trial_spec specs[TRIALS];

static void run(const char *mode, uint32_t nr)
{
	explored(load(mode), show, specs, nr);
}

/* Four sets, then eight, then all ten: the best places come again before the last ones. */
static void test_first_sets_come_more_often(void **state)
{
	static const uint32_t rounds[] = { 4, 8, 10 };
	uint32_t trial = 0;

	(void)state;
	run("random", TRIALS);
	for (size_t round = 0; round < sizeof(rounds) / sizeof(rounds[0]); round++)
		for (uint32_t set = 0; set < rounds[round]; set++) {
			assert_int_equal(specs[trial].choice.set, set);
			while (trial < TRIALS && specs[trial].choice.set == set)
				trial++;
			assert_in_range(trial, 1, TRIALS - 1);
		}
	assert_int_equal(specs[trial].choice.set, 0);
}

/* The one early packet comes far more often than one of the ten late ones. */
static void test_kinds_of_packets_are_drawn_alike(void **state)
{
	uint32_t early = 0, fresh = 0;

	(void)state;
	run("guided", 600);
	for (uint32_t i = 0; i < 600; i++) {
		if (specs[i].choice.mutation != EXPLORE_FRESH)
			continue;
		fresh++;
		early += specs[i].offset_us < EARLY_US;
	}
	assert_in_range(early * 100 / fresh, 25, 65);
}

/* A change at a place comes again with another packet. */
static void test_pairs_come_again_with_another_packet(void **state)
{
	enum { VISIT = 96, NR = 8 * VISIT };
	uint32_t again = 0, same = 0;

	(void)state;
	run("guided", NR);
	for (uint32_t i = 0; i < VISIT; i++)
		for (uint32_t j = i + 1; j < NR; j++) {
			if (!specs[i].change_when || specs[j].change != specs[i].change ||
			    specs[j].change_when != specs[i].change_when ||
			    specs[i].choice.mutation != EXPLORE_FRESH ||
			    specs[j].choice.mutation != EXPLORE_FRESH ||
			    strcmp(specs[i].holds[0].place, specs[j].holds[0].place) != 0)
				continue;
			again++;
			same += specs[i].message == specs[j].message &&
				specs[i].offset_us / EARLY_US == specs[j].offset_us / EARLY_US;
			break;
		}
	assert_true(again > 10);
	assert_true(same * 4 < again);
}

/* What was found is left: its packet is hardly sent any more. */
static void test_findings_are_left(void **state)
{
	uint32_t sent[2] = { 0 };

	(void)state;
	for (int found = 0; found < 2; found++) {
		too_big_is_found = found;
		run("guided", 500);
		for (uint32_t i = 100; i < 500; i++)
			sent[found] += specs[i].message == MESSAGE_PACKET_TOO_BIG;
	}
	too_big_is_found = false;
	assert_true(sent[0] > 20);
	assert_true(sent[1] * 5 < sent[0]);
}

/* However many rows there are, the last one counts, too. */
static void test_each_row_counts(void **state)
{
	uint32_t early = 0;

	(void)state;
	nr_fillers = 80;
	run("guided", 96);
	nr_fillers = 0;
	for (uint32_t i = 0; i < 96; i++)
		early += specs[i].direction == DIRECTION_OUTBOUND_RAW;
	assert_true(early > 10);
}

/*
 * Where nothing is known of places, the second pass is tried, and where there is none, hardly
 * again.
 */
static void test_second_passes(void **state)
{
	uint32_t tried[2] = { 0 };

	(void)state;
	without_reach = true;
	run("guided", TRIALS);
	without_reach = false;
	for (uint32_t i = 0; i < TRIALS; i++)
		for (uint32_t j = 0; j < specs[i].steps; j++)
			if (specs[i].holds[j].skips)
				tried[has_pass(&specs[i].holds[j])]++;
	assert_in_range(tried[false], 1, FUNCTIONS);
	assert_true(tried[true] > tried[false]);
}

/* A packet that comes by when it is late, and not when it is early, is two packets. */
static void test_learning_knows_when_it_is_sent(void **state)
{
	uint32_t at_odd[2] = { 0 };

	(void)state;
	without_reach = late_only = true;
	run("guided", TRIALS);
	without_reach = late_only = false;
	for (uint32_t i = 0; i < TRIALS; i++)
		for (uint32_t j = 0; j < specs[i].steps; j++)
			if (number_of(&specs[i].holds[j]) % 2)
				at_odd[specs[i].offset_us > EARLY_US]++;
	assert_true(at_odd[true] > 100);
	assert_true(at_odd[true] * 2 > at_odd[false] * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_sets_come_more_often),
		cmocka_unit_test(test_kinds_of_packets_are_drawn_alike),
		cmocka_unit_test(test_pairs_come_again_with_another_packet),
		cmocka_unit_test(test_findings_are_left),
		cmocka_unit_test(test_each_row_counts),
		cmocka_unit_test(test_second_passes),
		cmocka_unit_test(test_learning_knows_when_it_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
