// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explore/explore.h"
#include "explore/traced.h"
#include "explored.h"
#include "parse/campaign.h"
#include "trial/plan.h"

/*
 * A small kernel: 36 functions of thread II, three sets of places. Every packet passes f1 to
 * f30, and f31 to f36 only the packet-too-big does. Each hold there is kept, but where
 * `odd_are_missed` every other trial's hold at f1, f3, ... ends by its deadline.
 */
enum { FUNCTIONS = 36, RARE = 31 };

static const char space[] =
	"sysctl: {dad_transmits: 1}\narms: [race]\n"
	"bringup: {change: [none, mtu, route-delete, disable-ipv6]}\n"
	"echo: {directions: [inbound], targets: [all-nodes, tentative],\n"
	"       message: [echo, ns, na, redirect, packet-too-big], count: 1}\n"
	"explore:\n  mode: guided\n  generation: 4\n";

static const char packets_reach[] =
	"  reach: [\"inbound packet-too-big tentative late: 31 32 33 34 35 36\"]\n";

static struct campaign *load_with(uint64_t seed, const char *changes, const char *reach)
{
	struct campaign *campaign = NULL;
	char text[8192], seeded[32];
	const char *sets[] = { seeded, changes };
	struct why why = { "" };
	size_t used = (size_t)snprintf(text, sizeof(text), "%s  places:\n", space);

	for (int i = 1; i <= FUNCTIONS; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "    - II held at f%d\n", i);
	snprintf(text + used, sizeof(text) - used, "%s", reach);
	snprintf(seeded, sizeof(seeded), "seed=%llu", (unsigned long long)seed);
	if (campaign_load_text("places", text, strlen(text), sets, changes ? 2 : 1, &campaign,
			       &why))
		fail_msg("%s", why.text);
	return campaign;
}

static struct campaign *load(uint64_t seed, bool with_reach)
{
	return load_with(seed, NULL, with_reach ? packets_reach : "");
}

static bool is_too_big(const struct trial_spec *spec)
{
	return spec->message == MESSAGE_PACKET_TOO_BIG && spec->target == TARGET_TENTATIVE;
}

static bool odd_are_missed;

static bool is_missed(const struct trial_spec *spec, uint32_t hold)
{
	return odd_are_missed && spec->trial % 2 && atoi(spec->holds[hold].place + 1) % 2;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void show(const struct campaign *campaign, const struct trial_spec *spec,
		 struct behaviour *shown)
{
	struct order places;

	plan_set(campaign, spec->choice.set, &places);
	*shown = (struct behaviour){ 0 };
	for (uint32_t i = 0; i < places.nr_holds; i++)
		if (atoi(places.holds[i].place + 1) < RARE || is_too_big(spec))
			shown->features[shown->nr_features++] =
				behaviour_of_pass(&places.holds[i]);
	for (uint32_t i = 0; i < spec->steps; i++)
		for (int kept = 0; kept < 2 - is_missed(spec, i); kept++)
			if (atoi(spec->holds[i].place + 1) < RARE || is_too_big(spec))
				shown->features[shown->nr_features++] = behaviour_of_hold(
					ORDER_THREAD_II, false, spec->holds[i].place, kept);
	qsort(shown->features, shown->nr_features, sizeof(shown->features[0]), by_value);
}

static void run(uint64_t seed, bool with_reach, struct trial_spec *specs, uint32_t nr)
{
	explored(load(seed, with_reach), show, specs, nr);
}

enum { TRIALS = 600 };
static struct trial_spec specs[TRIALS], again[TRIALS];

/* All of the places are tried; a set stays for some dozens of trials, and comes again. */
static void test_places_take_turns(void **state)
{
	uint32_t held[FUNCTIONS + 1] = { 0 }, turns = 0;

	(void)state;
	run(1, true, specs, TRIALS);
	for (uint32_t i = 0; i < TRIALS; i++) {
		turns += i && specs[i].choice.set != specs[i - 1].choice.set;
		for (uint32_t j = 0; j < specs[i].steps; j++) {
			int number = atoi(specs[i].holds[j].place + 1);

			assert_int_equal((number - 1) / ORDER_HOLDS_MAX, specs[i].choice.set);
			assert_int_equal((number - 1) % ORDER_HOLDS_MAX,
					 specs[i].holds[j].hook);
			held[number]++;
		}
	}
	for (int i = 1; i <= FUNCTIONS; i++)
		assert_true(held[i] > 0);
	assert_in_range(turns, 2, TRIALS / 48);
}

/* Where it is known what reaches a place, nothing else is sent to it. */
static void test_what_reaches_is_drawn(void **state)
{
	uint32_t fresh = 0;

	(void)state;
	run(2, true, specs, TRIALS);
	for (uint32_t i = 0; i < TRIALS; i++) {
		if (specs[i].choice.mutation != EXPLORE_FRESH || !specs[i].steps ||
		    atoi(specs[i].holds[0].place + 1) < RARE)
			continue;
		assert_true(is_too_big(&specs[i]));
		fresh++;
	}
	assert_true(fresh > 10);
}

/* Where it is not, trials show it: later ones send what reaches the place more often. */
static void test_learning_knows_the_packet(void **state)
{
	uint32_t tried[2] = { 0 }, reached[2] = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		uint32_t seen = 0;

		run(seed, false, specs, TRIALS);
		for (uint32_t i = 0; i < TRIALS; i++) {
			bool late;

			if (!specs[i].steps || atoi(specs[i].holds[0].place + 1) < RARE)
				continue;
			late = seen++ >= 10;
			tried[late]++;
			reached[late] += is_too_big(&specs[i]);
		}
	}
	assert_true(reached[1] * tried[0] > 2 * reached[0] * tried[1]);
}

/* A change is made while thread II is held, each change at each place that is tried. */
static void test_changes_have_their_place(void **state)
{
	uint32_t pairs[FUNCTIONS + 1] = { 0 }, nr = 0;

	(void)state;
	run(3, true, specs, TRIALS);
	for (uint32_t i = 0; i < TRIALS; i++) {
		if (specs[i].choice.mutation != EXPLORE_FRESH || !specs[i].change_when)
			continue;
		assert_int_equal(specs[i].change_when, ORDER_THREAD_II);
		assert_int_not_equal(specs[i].change, CHANGE_NONE);
		pairs[atoi(specs[i].holds[0].place + 1)] |= 1U << specs[i].change;
	}
	for (int i = 1; i <= FUNCTIONS; i++)
		nr += (uint32_t)__builtin_popcount(pairs[i]);
	assert_true(nr > FUNCTIONS * 3 * 3 / 4);
}

/*
 * A change that reaches more of the kernel is tried sooner; what all reach does not count. One
 * set is too short for each of ten changes at each of its places.
 */
static void test_changes_that_reach_more_come_sooner(void **state)
{
	static const char reach[] = "  reach:\n    - \"change mtu: 1 2\"\n"
				    "    - \"change route-delete: 1 2\"\n"
				    "    - \"change disable-ipv6: 1 2 3 4 5 6\"\n";
	static const char changes[] =
		"bringup.change=[none, mtu, address-add, address-delete, route-add, route-delete, disable-ipv6, forwarding, proxy-add, neighbour-add]";
	uint32_t tried[CHANGES] = { 0 }, all = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		explored(load_with(seed, changes, reach), show, specs, 96);
		for (uint32_t i = 0; i < 96; i++)
			if (specs[i].choice.mutation == EXPLORE_FRESH && specs[i].change_when)
				tried[specs[i].change]++;
	}
	for (int i = 0; i < CHANGES; i++)
		all += tried[i];
	assert_true(tried[CHANGE_MTU] > 0 && tried[CHANGE_ROUTE_DELETE] > 0);
	assert_true(tried[CHANGE_DISABLE_IPV6] > all / 9 * 3 / 2);
}

/* An order that was missed is not done with: it is tried again before those that were kept. */
static void test_missed_orders_come_again(void **state)
{
	uint32_t changes[2] = { 0 };

	(void)state;
	odd_are_missed = true;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		run(seed, true, specs, TRIALS);
		for (uint32_t i = 0; i < TRIALS; i++)
			if (specs[i].choice.mutation == EXPLORE_FRESH && specs[i].change_when)
				changes[atoi(specs[i].holds[0].place + 1) % 2]++;
	}
	odd_are_missed = false;
	assert_true(changes[1] * 10 > changes[0] * 11);
}

static void test_same_seed_same_plan(void **state)
{
	(void)state;
	run(4, true, specs, TRIALS);
	run(4, true, again, TRIALS);
	assert_memory_equal(specs, again, sizeof(specs));
}

/* The bound of pct is for places that are hooked together. */
static void test_several_sets_have_no_bound(void **state)
{
	struct campaign *campaign = load(5, false);
	struct explorer *explorer = NULL;
	struct explore_sums sums;

	(void)state;
	campaign->explore.mode = EXPLORE_PCT;
	assert_int_equal(explorer_new(campaign, &explorer), 0);
	explorer_sums(explorer, &sums);
	assert_int_equal(sums.places, FUNCTIONS);
	assert_true(isnan(sums.least_chance));
	explorer_free(explorer);
	campaign_free(campaign);
}

/* --- places from a trace --- */

static const char *name_of(const struct traced *traced, enum order_thread thread,
			   bool at_return, const char *function)
{
	for (uint32_t i = 0; i < traced->nr; i++)
		if (traced->places[i].place.thread == thread &&
		    traced->places[i].place.at_return == at_return &&
		    !strcmp(traced->places[i].place.place, function))
			return traced->places[i].place.place;
	return NULL;
}

static void test_places_come_from_calls(void **state)
{
	static struct traced traced;
	static struct proposals near;
	const struct reach packet = { .direction = DIRECTION_INBOUND,
				      .message = MESSAGE_PACKET_TOO_BIG,
				      .target = TARGET_TENTATIVE };
	const struct reach change = { .is_change = true, .change = CHANGE_ROUTE_DELETE };
	char text[REACH_WORDS];
	uint32_t packet_row, change_row;

	(void)state;
	packet_row = traced_row(&traced, &packet);
	change_row = traced_row(&traced, &change);
	traced_begin(&traced, packet_row, change_row);
	traced_call(&traced, "dadrace-up", 7, "__dev_change_flags", "dev_change_flags");
	traced_call(&traced, "dadrace-up", 7, "addrconf_notify", "notifier_call_chain");
	traced_call(&traced, "dadrace-send", 8, "icmpv6_rcv", "ip6_protocol_deliver_rcu");
	traced_call(&traced, "dadrace-send", 8, "fib6_lookup", "icmpv6_rcv");
	traced_call(&traced, "dadrace-send", 8, "rt6_insert_exception", "icmpv6_rcv");
	traced_call(&traced, "dadrace-send", 8, "ndisc_update", "other");
	traced_call(&traced, "kworker/0:1", 9, "addrconf_verify_work", "process_one_work");
	traced_call(&traced, "kworker/0:1", 9, "ipv6_del_addr", "addrconf_verify_rtnl");
	traced_call(&traced, "kworker/0:1", 9, "addrconf_dad_work", "process_one_work");
	traced_call(&traced, "kworker/0:1", 9, "ndisc_send_ns", "addrconf_dad_work");
	traced_call(&traced, "dadrace-up", 7, "sock_ioctl", "__x64_sys_ioctl");
	traced_call(&traced, "dadrace-up", 7, "ip6_route_del", "ipv6_route_ioctl");
	traced_call(&traced, "dadrace-lane", 1, "ip6_route_add", "ipv6_route_ioctl");
	traced_end(&traced);
	assert_int_equal(traced_rank(&traced, &near), traced.nr);

	/* What thread I did before the window was open is no place of it. */
	assert_null(name_of(&traced, ORDER_THREAD_I, false, "addrconf_notify"));
	assert_non_null(name_of(&traced, ORDER_THREAD_I, false, "ip6_route_del"));
	assert_null(name_of(&traced, ORDER_THREAD_I, false, "ip6_route_add"));
	assert_non_null(name_of(&traced, ORDER_THREAD_II, false, "fib6_lookup"));
	/* The next entry is the same place, unless the caller has ended meanwhile. */
	assert_null(name_of(&traced, ORDER_THREAD_II, true, "fib6_lookup"));
	assert_non_null(name_of(&traced, ORDER_THREAD_II, true, "rt6_insert_exception"));
	assert_non_null(name_of(&traced, ORDER_THREAD_DAD, false, "ndisc_send_ns"));
	assert_null(name_of(&traced, ORDER_THREAD_DAD, false, "ipv6_del_addr"));

	for (uint32_t i = 0; i < traced.nr; i++) {
		assert_int_equal(reach_has(&traced.rows[packet_row - 1], i),
				 traced.places[i].place.thread == ORDER_THREAD_II);
		assert_int_equal(reach_has(&traced.rows[change_row - 1], i),
				 traced.places[i].place.thread == ORDER_THREAD_I);
	}
	reach_write(&traced.rows[packet_row - 1], text);
	assert_int_equal(strncmp(text, "inbound packet-too-big tentative early: ", 40), 0);
}

static uint32_t count_places(const struct traced *traced, const char *function, uint32_t skips)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < traced->nr; i++)
		nr += traced->places[i].place.skips == skips &&
		      !strcmp(traced->places[i].place.place, function);
	return nr;
}

/* A softirq runs them on top of whom it interrupts, who has nothing to do with them. */
static void test_timers_are_nobodys(void **state)
{
	static struct traced traced;
	static struct proposals near;

	(void)state;
	traced_begin(&traced, 0, 0);
	traced_call(&traced, "dadrace-send", 8, "rawv6_sendmsg", "inet_sendmsg");
	traced_call(&traced, "dadrace-send", 8, "neigh_timer_handler", "call_timer_fn");
	traced_call(&traced, "dadrace-send", 8, "ndisc_solicit", "neigh_timer_handler");
	traced_call(&traced, "dadrace-send", 8, "fib6_info_destroy_rcu", "rcu_do_batch.part.0");
	traced_call(&traced, "dadrace-send", 8, "icmpv6_rcv", "ip6_protocol_deliver_rcu");
	traced_end(&traced);
	traced_rank(&traced, &near);
	assert_true(count_places(&traced, "rawv6_sendmsg", 0) > 0);
	assert_true(count_places(&traced, "icmpv6_rcv", 0) > 0);
	assert_int_equal(count_places(&traced, "neigh_timer_handler", 0), 0);
	assert_int_equal(count_places(&traced, "ndisc_solicit", 0), 0);
	assert_int_equal(count_places(&traced, "fib6_info_destroy_rcu", 0), 0);
}

/* What was entered twice in one trial can be held at its second pass, with what did that. */
static void test_second_passes_are_places(void **state)
{
	static struct traced traced;
	static struct proposals near;
	const struct reach packet = { .message = MESSAGE_RA },
			   other = { .message = MESSAGE_NS };
	uint32_t twice = traced_row(&traced, &packet), once = traced_row(&traced, &other);

	(void)state;
	for (int i = 0; i < 3; i++) {
		traced_begin(&traced, i ? once : twice, 0);
		for (int pass = 0; pass < (i ? 1 : 2); pass++)
			traced_call(&traced, "dadrace-send", 8, "rt6_get_dflt_router",
				    "ndisc_router_discovery");
		traced_end(&traced);
	}
	traced_rank(&traced, &near);
	assert_int_equal(count_places(&traced, "rt6_get_dflt_router", 1), 1);
	for (uint32_t i = 0; i < traced.nr; i++) {
		if (!traced.places[i].place.skips)
			continue;
		assert_true(reach_has(&traced.rows[twice - 1], i));
		assert_false(reach_has(&traced.rows[once - 1], i));
	}
}

/* The first function of each path, before the second one of any. */
static void test_paths_of_second_passes_take_turns(void **state)
{
	static struct traced traced;
	static struct proposals near;
	const struct reach packets[] = { { .message = MESSAGE_RA }, { .message = MESSAGE_NS } };
	static const char *const functions[][2] = { { "f1", "f2" }, { "g1", "g2" } };
	uint32_t seconds = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		traced_begin(&traced, traced_row(&traced, &packets[i]), 0);
		for (int pass = 0; pass < 4; pass++)
			traced_call(&traced, "dadrace-send", 8, functions[i][pass % 2],
				    "caller");
		traced_end(&traced);
	}
	traced_rank(&traced, &near);
	for (uint32_t i = 0; i < traced.nr && seconds < 2; i++) {
		if (!traced.places[i].place.skips)
			continue;
		seconds++;
		assert_int_equal(traced.places[i].place.place[1], '1');
	}
	assert_int_equal(seconds, 2);
}

/* The number of a place among those that are ranked, from 1; 0: there is none. */
static uint32_t rank_of(const struct traced *traced, enum order_thread thread, uint32_t skips,
			const char *function)
{
	for (uint32_t i = 0; i < traced->nr; i++)
		if (traced->places[i].place.thread == thread &&
		    traced->places[i].place.skips == skips &&
		    !strcmp(traced->places[i].place.place, function))
			return i + 1;
	return 0;
}

/*
 * Two packets, the second of which looks twice for its router: what that one runs through as
 * the first has says nothing.
 */
static void test_what_follows_a_second_pass_comes_last(void **state)
{
	static struct traced traced;
	static struct proposals near;
	const struct reach packet = { .message = MESSAGE_RA };
	char names[30][8];

	(void)state;
	traced_begin(&traced, traced_row(&traced, &packet), 0);
	for (int pass = 0; pass < 2; pass++) {
		traced_call(&traced, "dadrace-send", 8, "ipv6_rcv", "deliver");
		for (int i = 0; i < 30; i++) {
			snprintf(names[i], sizeof(names[i]), "f%d", i);
			traced_call(&traced, "dadrace-send", 8, names[i], "ipv6_rcv");
		}
	}
	traced_call(&traced, "dadrace-send", 8, "ndisc_router_discovery", "ipv6_rcv");
	for (int pass = 0; pass < 2; pass++)
		traced_call(&traced, "dadrace-send", 8, "rt6_get_dflt_router",
			    "ndisc_router_discovery");
	traced_end(&traced);
	traced_rank(&traced, &near);
	for (int i = 0; i < 30; i++)
		assert_true(rank_of(&traced, ORDER_THREAD_II, 1, names[i]) >
			    rank_of(&traced, ORDER_THREAD_II, 1, "rt6_get_dflt_router"));
	assert_in_range(rank_of(&traced, ORDER_THREAD_II, 1, "rt6_get_dflt_router"), 1,
			ORDER_HOLDS_MAX);
}

/*
 * What one kind of packet does twice is more special than what all do: of that, a function with
 * others inside it.
 */
static void test_the_most_special_second_pass_comes_first(void **state)
{
	static struct traced traced;
	static struct proposals near;
	const struct reach packets[] = { { .message = MESSAGE_RA }, { .message = MESSAGE_NS } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		traced_begin(&traced, traced_row(&traced, &packets[i]), 0);
		traced_call(&traced, "dadrace-send", 8, "ndisc_rcv", "deliver");
		for (int pass = 0; pass < 2 - i; pass++)
			traced_call(&traced, "dadrace-send", 8, "common", "ndisc_rcv");
		for (int pass = 0; pass < 2 && !i; pass++) {
			traced_call(&traced, "dadrace-send", 8, "leaf", "ndisc_rcv");
			traced_call(&traced, "dadrace-send", 8, "special", "ndisc_rcv");
			traced_call(&traced, "dadrace-send", 8, "inner", "special");
		}
		traced_end(&traced);
	}
	traced_rank(&traced, &near);
	assert_true(rank_of(&traced, ORDER_THREAD_II, 1, "special") <
		    rank_of(&traced, ORDER_THREAD_II, 1, "leaf"));
	assert_true(rank_of(&traced, ORDER_THREAD_II, 1, "leaf") <
		    rank_of(&traced, ORDER_THREAD_II, 1, "common"));
	assert_true(rank_of(&traced, ORDER_THREAD_II, 1, "common") <
		    rank_of(&traced, ORDER_THREAD_II, 1, "inner"));
}

/* One change calls forty functions that no other does: the first of another comes soon. */
static void test_paths_of_changes_take_turns(void **state)
{
	static struct traced traced;
	static struct proposals near;
	static const enum change_kind kinds[] = { CHANGE_MTU, CHANGE_ROUTE_DELETE };
	char name[16];

	(void)state;
	for (int k = 0; k < 2; k++) {
		const struct reach change = { .is_change = true, .change = kinds[k] };

		traced_begin(&traced, 0, traced_row(&traced, &change));
		traced_call(&traced, "dadrace-up", 7, "__dev_change_flags", "dev_change_flags");
		traced_call(&traced, "dadrace-up", 7, "netlink_sendmsg", "__sock_sendmsg");
		for (int i = 0; i < (k ? 1 : 40); i++) {
			snprintf(name, sizeof(name), "%c%d", k ? 'r' : 'm', i);
			traced_call(&traced, "dadrace-up", 7, name, "rtnetlink_rcv_msg");
		}
		traced_end(&traced);
	}
	traced_rank(&traced, &near);
	assert_in_range(rank_of(&traced, ORDER_THREAD_I, 0, "r0"), 1, ORDER_HOLDS_MAX);
}

/* What a trial without a change calls, those with one do, too, even if that was not seen. */
static void test_no_change_stands_for_all(void **state)
{
	static struct traced traced;
	static struct proposals near;
	static const enum change_kind kinds[] = { CHANGE_NONE, CHANGE_MTU,
						  CHANGE_ROUTE_DELETE };
	static const char *const functions[] = { "dev_open", "dev_set_mtu", "ip6_route_del" };

	(void)state;
	for (int k = 0; k < 3; k++) {
		const struct reach change = { .is_change = true, .change = kinds[k] };

		traced_begin(&traced, 0, traced_row(&traced, &change));
		traced_call(&traced, "dadrace-up", 7, "__dev_change_flags", "dev_change_flags");
		traced_call(&traced, "dadrace-up", 7, "sock_ioctl", "__x64_sys_ioctl");
		traced_call(&traced, "dadrace-up", 7, functions[k], "dev_ioctl");
		traced_end(&traced);
	}
	traced_rank(&traced, &near);
	for (int k = 1; k < 3; k++)
		assert_true(rank_of(&traced, ORDER_THREAD_I, 0, functions[k]) <
			    rank_of(&traced, ORDER_THREAD_I, 0, functions[0]));
}

static void test_reach_is_text(void **state)
{
	static const char text[] = "change route-delete: 2 64 65 240";
	struct reach reach = { .is_change = false };
	char words[REACH_WORDS];
	struct why why;

	(void)state;
	assert_int_equal(reach_read(text, &reach, &why), 0);
	assert_int_equal(reach.change, CHANGE_ROUTE_DELETE);
	assert_true(reach_has(&reach, 63) && reach_has(&reach, 64) && !reach_has(&reach, 2));
	reach_write(&reach, words);
	assert_string_equal(words, text);
	assert_int_not_equal(reach_read("change fly: 1", &reach, &why), 0);
	assert_int_not_equal(reach_read("change mtu: 0", &reach, &why), 0);
	assert_int_not_equal(reach_read("change mtu: 241", &reach, &why), 0);
	assert_int_not_equal(reach_read("inbound echo all-nodes: 1", &reach, &why), 0);
	assert_int_not_equal(reach_read("inbound echo all-nodes", &reach, &why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places_take_turns),
		cmocka_unit_test(test_what_reaches_is_drawn),
		cmocka_unit_test(test_learning_knows_the_packet),
		cmocka_unit_test(test_changes_have_their_place),
		cmocka_unit_test(test_changes_that_reach_more_come_sooner),
		cmocka_unit_test(test_missed_orders_come_again),
		cmocka_unit_test(test_same_seed_same_plan),
		cmocka_unit_test(test_several_sets_have_no_bound),
		cmocka_unit_test(test_places_come_from_calls),
		cmocka_unit_test(test_timers_are_nobodys),
		cmocka_unit_test(test_second_passes_are_places),
		cmocka_unit_test(test_paths_of_second_passes_take_turns),
		cmocka_unit_test(test_what_follows_a_second_pass_comes_last),
		cmocka_unit_test(test_the_most_special_second_pass_comes_first),
		cmocka_unit_test(test_paths_of_changes_take_turns),
		cmocka_unit_test(test_no_change_stands_for_all),
		cmocka_unit_test(test_reach_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
