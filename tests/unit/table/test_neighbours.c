// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel half's walk through neighbours, on tables and lists that lie here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/types.h>

/* --- what neighbours.bpf.h takes of kernel.h and libbpf --- */

#define DADRACE_COMMON_BPF_H
#define VERIFIED_ONCE static
#define E2BIG	      7

struct net_device;

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct neighbour {
	struct neighbour *next;
	struct net_device *dev;
	struct hlist_node dev_list;
	__u8 primary_key[16];
};

struct net_device {
	struct hlist_head neighbours[2];
};

struct neigh_hash_table {
	struct neighbour **hash_buckets;
	unsigned int hash_shift;
};

struct neigh_table {
	struct neigh_hash_table *nht;
};

struct neigh_parms {
	struct neigh_table *tbl;
};

struct inet6_dev {
	struct neigh_parms *nd_parms;
};

static bool has_lists;

static void bpf_probe_read_kernel(void *to, size_t size, const void *from)
{
	memcpy(to, from, size);
}

#define bpf_core_field_exists(field)	    ((void)sizeof(field), has_lists)
#define bpf_core_field_offset(type, member) offsetof(type, member)
#define READ_1(from, a)			    ((from)->a)
#define READ_3(from, a, b, c)		    ((from)->a->b->c)
#define READER(a, b, c, reader, ...)	    reader
#define BPF_CORE_READ(from, ...) \
	READER(__VA_ARGS__, READ_3, READ_3, READ_1, )(from, __VA_ARGS__)

#include "table/neighbours.bpf.h"

/* --- a kernel --- */

enum { BUCKETS_MOST = 1024, NEIGHBOURS_MOST = 4096 };

static struct net_device ours, other;
static struct neighbour *buckets[BUCKETS_MOST];
static struct neigh_hash_table table = { .hash_buckets = buckets };
static struct neigh_table nd = { .nht = &table };
static struct neigh_parms parms = { .tbl = &nd };
static struct inet6_dev idev = { .nd_parms = &parms };
static struct neighbour neighbours[NEIGHBOURS_MOST];
static uint32_t nr_neighbours;

static int begin(void **state)
{
	(void)state;
	memset(&ours, 0, sizeof(ours));
	memset(buckets, 0, sizeof(buckets));
	memset(neighbours, 0, sizeof(neighbours));
	nr_neighbours = 0;
	has_lists = false;
	table.hash_shift = 3;
	return 0;
}

static struct key key_of(uint32_t number)
{
	return (struct key){ .high = 0xfe80, .low = number };
}

static void add(struct net_device *dev, uint32_t bucket)
{
	struct neighbour *neighbour = &neighbours[nr_neighbours];
	struct key key = key_of(nr_neighbours++);

	memcpy(neighbour->primary_key, &key, sizeof(key));
	neighbour->dev = dev;
	neighbour->next = buckets[bucket];
	buckets[bucket] = neighbour;
	if (dev == &ours) {
		neighbour->dev_list.next = ours.neighbours[1].first;
		ours.neighbours[1].first = &neighbour->dev_list;
	}
}

/* As user space does it; the outcome, and how many runs it took. */
static __s32 walk(const struct key *key, __u32 *nr, struct neighbour **found, uint32_t *runs)
{
	__s32 next = 0;

	*runs = 0;
	*found = NULL;
	do {
		next = walk_neighbours(&ours, &idev, key, (__u32)next, nr, found);
		++*runs;
	} while (next > 0 && *runs < BUCKETS_MOST);
	return next;
}

static void expect_count(uint32_t count, uint32_t in_runs)
{
	struct neighbour *found;
	uint32_t nr = 99, runs;

	assert_int_equal(walk(NULL, &nr, &found, &runs), 0);
	assert_int_equal(nr, count);
	assert_int_equal(runs, in_runs);
	assert_null(found);
}

static void a_usual_table_needs_one_run(void **state)
{
	(void)state;
	expect_count(0, 1);
	for (uint32_t i = 0; i < 16; i++)
		add(i % 2 ? &ours : &other, i / 2);
	expect_count(8, 1);
	table.hash_shift = 4;
	expect_count(8, 1);
}

static void a_large_table_is_gone_through_to_its_end(void **state)
{
	(void)state;
	table.hash_shift = 10;
	for (uint32_t i = 0; i < BUCKETS_MOST; i++) {
		add(&ours, i);
		if (i % 3)
			add(&other, i);
	}
	expect_count(BUCKETS_MOST, BUCKETS_MOST / NEIGHBOUR_BUCKETS);
}

static void one_is_found_wherever_it_is(void **state)
{
	(void)state;
	table.hash_shift = 10;
	for (uint32_t i = 0; i < BUCKETS_MOST; i++)
		add(i % 2 ? &ours : &other, i);
	for (uint32_t i = 0; i <= BUCKETS_MOST; i++) {
		struct key key = key_of(i);
		struct neighbour *found;
		uint32_t nr = 0, runs;

		assert_int_equal(walk(&key, &nr, &found, &runs), 0);
		assert_ptr_equal(found,
				 i % 2 && i < BUCKETS_MOST ? (void *)&neighbours[i] : NULL);
	}
}

static void a_table_that_grows_is_begun_anew(void **state)
{
	struct neighbour *found = NULL;
	__u32 nr = 0;
	__s32 next;

	(void)state;
	table.hash_shift = 7;
	for (uint32_t i = 0; i < 128; i++)
		add(&ours, i);
	next = walk_neighbours(&ours, &idev, NULL, 0, &nr, &found);
	assert_true(next > 0);
	assert_int_equal(nr, NEIGHBOUR_BUCKETS);
	for (uint32_t shift = 8; shift <= 10; shift++) {
		__s32 then = next;
		__u32 count = nr;

		table.hash_shift = shift;
		while (then > 0)
			then = walk_neighbours(&ours, &idev, NULL, (__u32)then, &count, &found);
		assert_int_equal(then, 0);
		assert_int_equal(count, 128);
	}
}

static void a_chain_that_is_too_long_is_no_count(void **state)
{
	struct neighbour *found;
	uint32_t nr, runs;

	(void)state;
	for (uint32_t i = 0; i < NEIGHBOUR_CHAIN; i++)
		add(&ours, 5);
	expect_count(NEIGHBOUR_CHAIN, 1);
	add(&other, 5);
	assert_int_equal(walk(NULL, &nr, &found, &runs), -E2BIG);
}

static void a_list_is_one_run(void **state)
{
	const struct key first = key_of(0);
	struct neighbour *found;
	uint32_t nr = 99, runs;

	(void)state;
	has_lists = true;
	expect_count(0, 1);
	while (nr_neighbours < LIST_LONGEST - 1) {
		expect_count(nr_neighbours, 1);
		add(&ours, 0);
		assert_int_equal(walk(&first, &nr, &found, &runs), 0);
		assert_ptr_equal(found, &neighbours[0]);
	}
	add(&ours, 0);
	assert_int_equal(walk(NULL, &nr, &found, &runs), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_usual_table_needs_one_run, begin),
		cmocka_unit_test_setup(a_large_table_is_gone_through_to_its_end, begin),
		cmocka_unit_test_setup(one_is_found_wherever_it_is, begin),
		cmocka_unit_test_setup(a_table_that_grows_is_begun_anew, begin),
		cmocka_unit_test_setup(a_chain_that_is_too_long_is_no_count, begin),
		cmocka_unit_test_setup(a_list_is_one_run, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
