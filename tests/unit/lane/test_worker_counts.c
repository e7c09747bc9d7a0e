// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lane/worker_parts.h"

/* What the looks of a test see, one after the other; the last one again and again. */
static const struct counts *looks;
static uint32_t nr_looks, looked;
static int look_error;

/* In place of the kernel's, by --wrap. */
int __wrap_probes_counts(struct probes *probes, uint32_t slot, uint32_t ifindex,
			 struct counts *out, struct why *why);
const struct testbed_device *__wrap_testbed_dut(const struct testbed *testbed);

int __wrap_probes_counts(struct probes *probes, uint32_t slot, uint32_t ifindex,
			 struct counts *out, struct why *why)
{
	(void)probes;
	(void)slot;
	(void)why;
	assert_int_equal(ifindex, 7);
	*out = looks[looked < nr_looks ? looked : nr_looks - 1];
	looked++;
	return look_error;
}

const struct testbed_device *__wrap_testbed_dut(const struct testbed *testbed)
{
	static const struct testbed_device dut = { .ifindex = 7 };

	(void)testbed;
	return &dut;
}

enum { ALL = WATCH_NET_DEVICE | WATCH_INET6_DEV | WATCH_DST };

static struct lane_state lane_state;
static struct lane_ask ask;

static struct worker *worker_that_watches(uint32_t watched)
{
	static struct worker worker;

	lane_state = (struct lane_state){ .watched = watched };
	worker = (struct worker){ .state = &lane_state, .ask = &ask };
	return &worker;
}

static void see(const struct counts *list, uint32_t nr)
{
	looks = list;
	nr_looks = nr;
	looked = 0;
	look_error = 0;
}

static struct counts at_rest(void)
{
	return (struct counts){
		.found = 1,
		.net_device = 20,
		.inet6_dev = 15,
		.dst = 4,
		.linkwatch_pending = 1,
		.nr_addresses = 2,
		.nr_neighbours = 3,
		.nr_groups = 6,
		.nr_tombs = 5,
	};
}

/* --- each subtraction --- */

static void test_linkwatch_holds_one(void **state)
{
	struct counts counts = { .net_device = 10, .linkwatch_pending = 1 };

	(void)state;
	assert_int_equal(worker_net_device_refs(&counts), 9);
	counts.linkwatch_pending = 0;
	assert_int_equal(worker_net_device_refs(&counts), 10);
}

static void test_each_neighbour_holds_one(void **state)
{
	const struct counts counts = { .net_device = 10, .nr_neighbours = 3 };

	(void)state;
	assert_int_equal(worker_net_device_refs(&counts), 7);
}

static void test_each_record_of_a_left_group_holds_one(void **state)
{
	const struct counts counts = { .inet6_dev = 10, .nr_tombs = 4, .nr_groups = 2 };

	(void)state;
	assert_int_equal(worker_inet6_dev_refs(&counts), 6);
}

static void test_the_evidence_has_each_count(void **state)
{
	const struct counts counts = at_rest();
	const struct evidence_counts facts = worker_facts(&counts);

	(void)state;
	assert_true(facts.found);
	assert_int_equal(facts.net_device, 20 - 1 - 3);
	assert_int_equal(facts.inet6_dev, 15 - 5);
	assert_int_equal(facts.dst, 4);
	assert_int_equal(facts.addresses, 2);
	assert_int_equal(facts.neighbours, 3);
	assert_int_equal(facts.groups, 6);
	assert_int_equal(facts.tombs, 5);
}

/* --- back at the baseline --- */

/* One more, of which nothing that is left out tells. */
static void test_one_more_is_not_the_baseline(void **state)
{
	static const struct {
		uint32_t watched;
		struct counts more;
	} rows[] = {
		{ WATCH_NET_DEVICE, { .net_device = 1 } },
		{ WATCH_INET6_DEV, { .inet6_dev = 1 } },
		{ WATCH_DST, { .dst = 1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct worker *worker = worker_that_watches(ALL);
		struct counts counts = at_rest();

		worker->baseline = at_rest();
		assert_true(worker_at_baseline(worker, &counts));
		counts.net_device += rows[i].more.net_device;
		counts.inet6_dev += rows[i].more.inet6_dev;
		counts.dst += rows[i].more.dst;
		assert_false(worker_at_baseline(worker, &counts));
		lane_state.watched = rows[i].watched;
		assert_false(worker_at_baseline(worker, &counts));
		lane_state.watched = ALL & ~rows[i].watched;
		assert_true(worker_at_baseline(worker, &counts));
	}
}

/* What holds a reference for a known reason may come and go. */
static void test_what_is_left_out_may_move(void **state)
{
	struct worker *worker = worker_that_watches(ALL);
	struct counts counts = at_rest();

	(void)state;
	worker->baseline = at_rest();
	counts.linkwatch_pending = 0;
	counts.net_device -= 1;
	counts.nr_neighbours += 2;
	counts.net_device += 2;
	counts.nr_tombs += 1;
	counts.inet6_dev += 1;
	assert_true(worker_at_baseline(worker, &counts));
}

static void test_a_device_that_is_gone_is_not_at_its_baseline(void **state)
{
	struct worker *worker = worker_that_watches(0);
	struct counts counts = at_rest();

	(void)state;
	worker->baseline = at_rest();
	counts.found = 0;
	assert_false(worker_at_baseline(worker, &counts));
	worker->baseline.found = 0;
	assert_false(worker_at_baseline(worker, &counts));
}

/* --- looks --- */

/* Each pair of looks that differ in one count alone; the third agrees with the second. */
static void test_two_looks_have_to_agree(void **state)
{
	static const struct counts moved[] = {
		{ .net_device = 1 },
		{ .inet6_dev = 1 },
		{ .dst = 1 },
		{ .linkwatch_pending = 1, .net_device = 1 },
		{ .nr_neighbours = 1, .net_device = 1 },
		{ .nr_tombs = 1, .inet6_dev = 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		struct counts list[2] = { moved[i], { 0 } };
		struct worker *worker = worker_that_watches(ALL);

		see(list, 2);
		assert_int_equal(worker_counts(worker).net_device, 0);
		assert_int_equal(looked, 3);
	}
}

static void test_a_look_that_fails_is_a_lost_record(void **state)
{
	static const struct counts list[] = { { .found = 1 } };
	struct worker *worker = worker_that_watches(ALL);

	(void)state;
	see(list, 1);
	look_error = -EIO;
	worker_counts(worker);
	assert_int_equal(worker->message.evidence.lost_records, 2);
}

/* At rest when three looks in a row agree, a grace period apart each. */
static void test_rest(void **state)
{
	static const struct counts list[] = {
		{ .net_device = 5 }, { .net_device = 5 }, { .net_device = 4 },
		{ .net_device = 4 }, { .net_device = 3 },
	};
	struct worker *worker = worker_that_watches(ALL);

	(void)state;
	see(list, 5);
	assert_int_equal(worker_rest(worker).net_device, 3);
	assert_int_equal(looked, 4 + 2 + 3 * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linkwatch_holds_one),
		cmocka_unit_test(test_each_neighbour_holds_one),
		cmocka_unit_test(test_each_record_of_a_left_group_holds_one),
		cmocka_unit_test(test_the_evidence_has_each_count),
		cmocka_unit_test(test_one_more_is_not_the_baseline),
		cmocka_unit_test(test_what_is_left_out_may_move),
		cmocka_unit_test(test_a_device_that_is_gone_is_not_at_its_baseline),
		cmocka_unit_test(test_two_looks_have_to_agree),
		cmocka_unit_test(test_a_look_that_fails_is_a_lost_record),
		cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
