// SPDX-License-Identifier: GPL-2.0-or-later
/* Who holds a device, in a kernel that lies here; see fake_kernel.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"

enum { FAMILY_INET6 = 10 };

/* An IPv6 route entry that has one user, and holds the device. */
static uint64_t route_entry(struct scene *scene)
{
	struct fake *fake = scene->fake;
	uint64_t entry = fake_object(fake, scene->cache);

	fake_set(fake, entry, "fib6_info.fib6_ref", 1);
	fake_set_word(fake,
		      entry + fake_offset(fake, "fib6_info.fib6_nh") +
			      fake_offset(fake, "fib_nh_common.nhc_dev"),
		      scene->device);
	return entry;
}

/* An IPv6 route that was made from an entry, with one user. */
static uint64_t route_of(struct scene *scene, uint64_t entry)
{
	struct fake *fake = scene->fake;
	uint64_t routes = fake_cache(fake, "ip6_dst_cache", fake_size(fake, "rt6_info"));
	uint64_t ops = fake_object(fake, scene->cache), route = fake_object(fake, routes);

	fake_set(fake, ops, "dst_ops.family", FAMILY_INET6);
	fake_set_word(fake, route + fake_offset(fake, "dst_entry.ops"), ops);
	fake_set_word(fake, route + fake_offset(fake, "rt6_info.from"), entry);
	if (types_member(fake_image(fake)->types, "dst_entry", "__refcnt", &(uint32_t){ 0 }))
		fake_set(fake, route, "dst_entry.__refcnt", 1);
	return route;
}

static bool says(const struct answer *answer, const char *words)
{
	for (uint32_t i = 0; i < answer->nr_sentences; i++)
		if (strstr(answer->sentences[i], words))
			return true;
	return false;
}

static void test_sum_is_explained(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;

	scene->device = fake_device(scene->fake, "dut", true, 2);
	fake_set_word(scene->fake, scene_neighbour(scene), scene_neighbour(scene));
	answer = scene_ask(scene);
	assert_int_equal(answer->explained, 2);
	assert_int_equal(answer->unexplained, 0);
	assert_string_equal(answer->holders[0].type, "neighbour");
	assert_string_equal(answer->holders[0].member, "dev");
}

static void test_freed_objects_hold_nothing(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t in_slab, of_cpu;

	scene->device = fake_device(scene->fake, "dut", true, 1);
	in_slab = scene_neighbour(scene);
	scene_neighbour(scene);
	of_cpu = scene_neighbour(scene);
	fake_free(scene->fake, scene->cache, in_slab, false);
	fake_free(scene->fake, scene->cache, of_cpu, true);
	answer = scene_ask(scene);
	assert_int_equal(answer->explained, 1);
	assert_int_equal(answer->unexplained, 0);
	assert_int_equal(answer->nr_holders, 1);
}

/* An instance of a kretprobe keeps a device where __rt6_probe_work has it, and runs nothing. */
static void test_work_without_a_function_holds_nothing(void **state)
{
	static const uint64_t instead[] = { 0, 0xffffffff81000123 };
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	uint32_t size = fake_size(fake, "__rt6_probe_work");
	uint64_t cache = fake_cache(fake, "kmalloc-64", 64);
	const struct answer *answer;

	assert_in_range(size, 33, 64);
	scene->device = fake_device(fake, "dut", true, 1);
	scene_neighbour(scene);
	for (size_t i = 0; i < 2; i++) {
		uint64_t object = fake_object(fake, cache);

		fake_set(fake, object, "__rt6_probe_work.dev", scene->device);
		fake_set_word(fake, object + fake_offset(fake, "work_struct.func"), instead[i]);
		fake_set_word(fake, object + fake_offset(fake, "work_struct.entry"), object);
		fake_set_word(fake, object + fake_offset(fake, "work_struct.entry") + 8,
			      object);
	}
	answer = scene_ask(scene);
	assert_int_equal(answer->explained, 1);
	assert_int_equal(answer->unexplained, 0);
}

static void test_dead_objects_hold_nothing(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t object;

	scene->device = fake_device(scene->fake, "dut", true, 0);
	object = scene_neighbour(scene);
	fake_set(scene->fake, object, "neighbour.refcnt", 0);
	answer = scene_ask(scene);
	assert_int_equal(answer->explained, 0);
	assert_int_equal(answer->unexplained, 0);
}

/* Freed behind RCU: a route entry has its reference until then, a neighbour has none. */
static void test_entry_without_users_holds_until_it_is_freed(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t entry;

	scene->device = fake_device(scene->fake, "dut", true, 1);
	entry = route_entry(scene);
	fake_set(scene->fake, entry, "fib6_info.fib6_ref", 0);
	fake_set(scene->fake, entry, "fib6_info.fib6_next",
		 fake_object(scene->fake, scene->cache));
	fake_set(scene->fake, entry, "fib6_info.fib6_table",
		 fake_object(scene->fake, scene->cache));
	fake_set(scene->fake, scene_neighbour(scene), "neighbour.refcnt", 0);
	answer = scene_ask(scene);
	assert_int_equal(answer->explained, 1);
	assert_int_equal(answer->unexplained, 0);
	assert_int_equal(answer->kind, ANSWER_EXPLAINED);
	assert_true(says(
		answer,
		"Nothing is seen to be lost: the object that holds dut has no user left, and waits for RCU to free it."));
}

/* Old words on the stack of a task look like one, but for the index. */
static void test_device_without_an_index_is_none(void **state)
{
	static const uint32_t indexes[] = { 0, 0x80000000, 2881819424 };
	const struct look_ask look_ask = { .all_waiting = true };
	struct scene *scene = *state;
	struct why why;

	fake_device(scene->fake, "other", true, 0);
	scene_stuck_device(scene, 1);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		fake_set(scene->fake, scene->device, "net_device.ifindex", indexes[i]);
		assert_int_equal(
			look_make(fake_image(scene->fake), &look_ask, &scene->look, &why),
			-ENODEV);
	}
}

static void test_bare_references_are_counted(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;

	scene->device = fake_device(scene->fake, "dut", false, 4);
	fake_set_word(scene->fake, fake_stack(scene->fake) + 800, scene->device);
	answer = scene_ask(scene);
	assert_int_equal(answer->kind, ANSWER_BARE);
	assert_int_equal(answer->unexplained, 4);
	assert_true(says(answer, "4 references of dut belong to no object"));
	assert_int_equal(answer->waiting_pid, 42);
}

/* The stack has the address of a member of the device only, as netdev_run_todo() leaves it. */
static void test_lost_route_is_named_and_its_entry_is_not(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	const struct answer *answer;

	scene->device = fake_device(fake, "dut", false, 1);
	fake_set_word(fake, fake_stack(fake) + 160,
		      scene->device + fake_offset(fake, "net_device.todo_list"));
	route_of(scene, route_entry(scene));
	answer = scene_ask(scene);
	assert_int_equal(answer->kind, ANSWER_LOST);
	assert_int_equal(answer->unexplained, 0);
	assert_int_equal(strncmp(answer->sentences[0], "LOST: rt6_info (IPv6 route)", 27), 0);
	assert_true(says(answer,
			 "holds fib6_info (IPv6 route entry), refcount 1, which holds dut."));
	assert_int_equal(answer->nr_sentences, 1);
}

/* Objects that hold each other and that nothing else leads to are lost together. */
static void test_lost_circle_is_named_by_what_counts_its_users(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	uint64_t exceptions =
		fake_cache(fake, "rt6_exception", fake_size(fake, "rt6_exception"));
	uint64_t entry, route, exception, bucket;
	const struct answer *answer;

	scene_stuck_device(scene, 1);
	entry = route_entry(scene);
	route = route_of(scene, entry);
	exception = fake_object(fake, exceptions);
	fake_set(fake, exception, "rt6_exception.rt6i", route);
	bucket = fake_large(fake);
	fake_set_word(fake, bucket + 32, exception);
	answer = scene_ask(scene);
	assert_int_equal(answer->kind, ANSWER_EXPLAINED); /* nobody knows whose the bucket is */
	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_set_word(fake,
		      entry + fake_offset(fake, "fib6_info.fib6_nh") +
			      fake_offset(fake, "fib6_nh.rt6i_exception_bucket"),
		      bucket);
	answer = scene_ask(scene);
	assert_int_equal(answer->kind, ANSWER_LOST);
	assert_string_equal(
		answer->sentences[0],
		"LOST: fib6_info (IPv6 route entry), refcount 1, holds rt6_exception_bucket, which holds rt6_exception, which holds rt6_info (IPv6 route), refcount 1, which holds the first: a circle that nothing else points to, and that holds dut.");
	assert_int_equal(answer->nr_sentences, 1);
}

/* A node of the routing table counts nobody who uses it: that none is seen proves nothing. */
static void test_what_counts_no_users_is_not_blamed(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	uint64_t nodes = fake_cache(fake, "fib6_node", fake_size(fake, "fib6_node"));
	const struct answer *answer;
	uint64_t entry;

	scene->device = fake_device(fake, "dut", true, 1);
	entry = route_entry(scene);
	fake_set(fake, fake_object(fake, nodes), "fib6_node.leaf", entry);
	answer = scene_ask(scene);
	assert_int_equal(answer->kind, ANSWER_EXPLAINED);
	assert_int_equal(answer->explained, 1);
}

/* A neighbour entry that holds the device, and that the task has opened. */
static uint64_t opened_neighbour(struct scene *scene, uint64_t *descriptor)
{
	uint64_t object;

	scene->device = fake_device(scene->fake, "dut", true, 1);
	object = scene_neighbour(scene);
	*descriptor = fake_file(scene->fake, 5, object);
	return object;
}

static const char held_by[] = "Held by holder (pid 42, fd 5): neighbour entry (neighbour).";

static void test_owner_is_named_by_descriptor(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t descriptor;

	opened_neighbour(scene, &descriptor);
	answer = scene_ask(scene);
	assert_int_equal(answer->kind, ANSWER_EXPLAINED);
	assert_true(says(answer, held_by));
}

/* Freed and used again while memory was read. */
static void test_holder_whose_pointer_has_gone_is_none(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t descriptor, object = opened_neighbour(scene, &descriptor);

	fake_change_later(scene->fake, object + fake_offset(scene->fake, "neighbour.dev"),
			  scene->device + 8);
	answer = scene_ask(scene);
	assert_true(answer->has_moved);
	assert_int_equal(answer->explained, 0);
	assert_int_equal(answer->unexplained, 1);
	assert_false(says(answer, held_by));
}

static void test_descriptor_that_was_closed_names_nobody(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t descriptor;

	opened_neighbour(scene, &descriptor);
	fake_change_later(scene->fake, descriptor, 0);
	answer = scene_ask(scene);
	assert_true(answer->has_moved);
	assert_int_equal(answer->explained, 1);
	assert_false(says(answer, held_by));
}

static void test_link_that_has_gone_leads_to_nobody(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	const struct answer *answer;
	uint64_t entry, route;

	scene->device = fake_device(fake, "dut", true, 1);
	entry = route_entry(scene);
	route = route_of(scene, entry);
	fake_file(fake, 5, route);
	fake_change_later(fake, route + fake_offset(fake, "rt6_info.from"), 0);
	answer = scene_ask(scene);
	assert_true(answer->has_moved);
	assert_int_equal(answer->explained, 1);
	for (uint32_t i = 0; i < answer->nr_sentences; i++)
		assert_null(strstr(answer->sentences[i], "Held by"));
}

/* Memory that makes no sense gives an error or an answer, and never a crash or a circle. */
static void test_damaged_memory_has_an_end(void **state)
{
	struct scene *scene = *state;
	const struct look_ask look_ask = { .name = "dut" };
	uint32_t answers = 0;

	scene->device = fake_device(scene->fake, "dut", true, 1);
	for (uint32_t i = 0; i < 40; i++)
		fake_file(scene->fake, i, scene_neighbour(scene));
	for (uint32_t seed = 1; seed <= 60; seed++) {
		struct why why = { "" };

		fake_damage(scene->fake, seed);
		if (look_make(fake_image(scene->fake), &look_ask, &scene->look, &why)) {
			assert_string_not_equal(why.text, "");
			continue;
		}
		answers++;
		assert_int_equal(answer_make(&scene->look, 0, &scene->answer), 0);
		answer_clear(&scene->answer);
		look_clear(&scene->look);
	}
	assert_in_range(answers, 1, 60);
}

static void test_two_of_a_name_are_not_mixed_up(void **state)
{
	struct scene *scene = *state;
	const struct look_ask look_ask = { .name = "dut" };
	struct why why;

	fake_device(scene->fake, "dut", true, 0);
	fake_device(scene->fake, "dut", true, 0);
	assert_int_not_equal(look_make(fake_image(scene->fake), &look_ask, &scene->look, &why),
			     0);
	assert_non_null(strstr(why.text, "2 devices have this name"));
	assert_int_equal(why.code, EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
		SCENE(test_sum_is_explained),
		SCENE(test_freed_objects_hold_nothing),
		SCENE(test_work_without_a_function_holds_nothing),
		SCENE(test_dead_objects_hold_nothing),
		SCENE(test_device_without_an_index_is_none),
		SCENE(test_bare_references_are_counted),
		SCENE(test_entry_without_users_holds_until_it_is_freed),
		SCENE(test_lost_route_is_named_and_its_entry_is_not),
		SCENE(test_lost_circle_is_named_by_what_counts_its_users),
		SCENE(test_what_counts_no_users_is_not_blamed),
		SCENE(test_owner_is_named_by_descriptor),
		SCENE(test_holder_whose_pointer_has_gone_is_none),
		SCENE(test_descriptor_that_was_closed_names_nobody),
		SCENE(test_link_that_has_gone_leads_to_nobody),
		SCENE(test_damaged_memory_has_an_end),
		SCENE(test_two_of_a_name_are_not_mixed_up),
	};
	struct fake *fake = fake_open();

	if (!fake)
		return 77;
	fake_close(fake);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
