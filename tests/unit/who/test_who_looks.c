// SPDX-License-Identifier: GPL-2.0-or-later
/* What keeps an object alive, and what a second look changes; see scene.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scene.h"

/* What the second look does not find lost was on its way. */
static void test_second_look_clears(void **state)
{
	struct scene *scene = *state;
	const struct look_ask look_ask = { .name = "dut" };
	struct look first;
	struct why why;
	uint64_t object;

	scene->device = fake_device(scene->fake, "dut", true, 1);
	object = scene_neighbour(scene);
	assert_int_equal(look_make(fake_image(scene->fake), &look_ask, &first, &why), 0);
	assert_true(look_needs_another(&first));
	fake_file(scene->fake, 5, object);
	assert_int_equal(scene_ask(scene)->kind, ANSWER_EXPLAINED);
	look_confirm(&first, &scene->look);
	look_clear(&first);
	assert_false(look_needs_another(&scene->look));
}

/* One look of several: the earlier one is confirmed or not, and then forgotten. */
static void look_again(struct scene *scene, struct look *before)
{
	const struct look_ask look_ask = { .name = "dut" };
	struct why why;

	assert_int_equal(look_make(fake_image(scene->fake), &look_ask, &scene->look, &why), 0);
	look_confirm(before, &scene->look);
	look_clear(before);
	*before = scene->look;
}

/* Another object at the place of a lost one has other pointers: what was lost is not known. */
static void test_another_object_at_the_place_is_not_lost(void **state)
{
	struct scene *scene = *state;
	const struct look_ask look_ask = { .name = "dut" };
	struct look look;
	struct why why;
	uint64_t neighbour;

	scene_stuck_device(scene, 1);
	neighbour = scene_neighbour(scene);
	fake_set(scene->fake, neighbour, "neighbour.tbl", fake_page(scene->fake));
	assert_int_equal(look_make(fake_image(scene->fake), &look_ask, &look, &why), 0);
	assert_int_equal(look.cases[0].chain.nodes[0].fate, NODE_LOST);
	fake_set(scene->fake, neighbour, "neighbour.tbl", fake_page(scene->fake));
	look_again(scene, &look);
	assert_true(look_has_moved(&look));
	look_again(scene, &look);
	assert_false(look_has_moved(&look));
}

/* An old word in memory that was given back is gone by the second look: not believed then. */
static void test_old_word_does_not_keep_alive(void **state)
{
	struct scene *scene = *state;
	const struct look_ask look_ask = { .name = "dut" };
	struct look look;
	struct why why;
	uint64_t word;

	scene_stuck_device(scene, 1);
	word = fake_page(scene->fake) + 8;
	fake_set_word(scene->fake, word, scene_neighbour(scene));
	assert_int_equal(look_make(fake_image(scene->fake), &look_ask, &look, &why), 0);
	assert_true(look_needs_another(&look));
	fake_set_word(scene->fake, word, 0);
	look_again(scene, &look);
	assert_true(look_has_moved(&look));
	look_again(scene, &look);
	assert_false(look_has_moved(&look));
	assert_int_equal(answer_make(&scene->look, 0, &scene->answer), 0);
	assert_int_equal(scene->answer.kind, ANSWER_LOST);
}

/* What the kernel's own data point to lives; that of a stuck device is looked at twice. */
static void test_kernel_data_keeps_alive(void **state)
{
	struct scene *scene = *state;
	const struct look_ask look_ask = { .name = "dut" };
	struct look look;
	struct why why;

	scene_stuck_device(scene, 1);
	fake_set_word(scene->fake, fake_page(scene->fake) + 8, scene_neighbour(scene));
	assert_int_equal(look_make(fake_image(scene->fake), &look_ask, &look, &why), 0);
	look_again(scene, &look);
	assert_false(look_has_moved(&look));
	assert_int_equal(answer_make(&scene->look, 0, &scene->answer), 0);
	assert_string_equal(
		scene->answer.sentences[0],
		"Nothing is seen to be lost: the object that holds dut is pointed to by another that is alive (data of the kernel (static, per-CPU or vmalloc)).");
}

/*
 * What kfree_rcu() has listed was freed: the pages that a CPU keeps for it keep nobody alive.
 * `first` is the page that the CPU knows, `page` the one with the word.
 */
static void assert_what_rcu_listed_is_lost(struct scene *scene, uint64_t first, uint64_t page)
{
	uint64_t krc = fake_cpu_variable(scene->fake, "krc");

	if (!krc)
		skip(); /* this kernel's types do not name it */
	scene_stuck_device(scene, 1);
	fake_set_word(scene->fake, page + 64, scene_neighbour(scene));
	assert_int_equal(scene_ask(scene)->kind, ANSWER_EXPLAINED);
	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_set_word(scene->fake, krc + 16, first);
	assert_int_equal(scene_ask(scene)->kind, ANSWER_LOST);
}

static void test_page_of_kfree_rcu_does_not_keep_alive(void **state)
{
	struct scene *scene = *state;
	uint64_t page = fake_page(scene->fake);

	assert_what_rcu_listed_is_lost(scene, page, page);
}

/* A page leads to others by its first word and by its second one. */
static void test_pages_that_kfree_rcu_chains_do_not_keep_alive(void **state)
{
	struct scene *scene = *state;
	uint64_t first = fake_page(scene->fake), second = fake_page(scene->fake),
		 third = fake_page(scene->fake);

	fake_set_word(scene->fake, first, second);
	fake_set_word(scene->fake, second + 8, third);
	assert_what_rcu_listed_is_lost(scene, first, third);
}

/* The stack of an exception has old words; a variable beside it is the kernel's own. */
static void test_per_cpu_stack_does_not_keep_alive(void **state)
{
	struct scene *scene = *state;
	uint64_t stack = fake_cpu_variable(scene->fake, "exception_stacks");
	uint64_t other = fake_cpu_variable(scene->fake, "krc"), neighbour;

	if (!stack || !other)
		skip(); /* this kernel's types do not name them */
	scene_stuck_device(scene, 1);
	neighbour = scene_neighbour(scene);
	fake_cpu_area(scene->fake);
	fake_set_word(scene->fake, stack + 0xd80, neighbour);
	assert_int_equal(scene_ask(scene)->kind, ANSWER_LOST);
	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_set_word(scene->fake, other + 16, neighbour);
	assert_int_equal(scene_ask(scene)->kind, ANSWER_EXPLAINED);
	assert_non_null(strstr(scene->answer.sentences[0], "per-CPU data krc"));
}

/* Linux 5.10 has no types of these variables: symbols name them. */
static void test_per_cpu_variables_are_named_by_symbols(void **state)
{
	static const struct {
		const char *name;
		enum fate fate;
	} cases[] = { { "debug_stack", NODE_LOST }, { "my_data", NODE_HELD } };
	struct scene *scene = *state;
	uint64_t at = fake_cpu_variable(scene->fake, "exception_stacks");
	const struct look_ask look_ask = { .name = "dut" };
	struct image image = *fake_image(scene->fake);
	struct why why;

	if (!at)
		skip(); /* this kernel's types do not name it */
	scene_stuck_device(scene, 1);
	fake_cpu_area(scene->fake);
	fake_set_word(scene->fake, at + 128, scene_neighbour(scene));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct image_cpu_symbol symbols[] = {
			{ "before", 0, 64 },
			{ cases[i].name, (uint32_t)fake_cpu_offset(scene->fake, at), 256 },
			{ "this_cpu_off",
			  (uint32_t)fake_cpu_offset(
				  scene->fake, fake_cpu_variable(scene->fake, "this_cpu_off")),
			  8 },
		};
		struct look look;

		image.cpu_symbols = symbols;
		image.nr_cpu_symbols = 3;
		assert_int_equal(look_make(&image, &look_ask, &look, &why), 0);
		assert_int_equal(look.cases[0].chain.nodes[0].fate, cases[i].fate);
		look_clear(&look);
	}
}

/* The allocator keeps addresses of what it has handed out: no owner, unlike another object. */
static void test_sheaf_of_the_allocator_does_not_keep_alive(void **state)
{
	struct scene *scene = *state;
	uint64_t sheaf, neighbour;

	if (!fake_size(scene->fake, "slab_sheaf"))
		skip(); /* this kernel has none */
	scene_stuck_device(scene, 1);
	neighbour = scene_neighbour(scene);
	sheaf = fake_object(scene->fake, scene->cache);
	fake_set_word(scene->fake, sheaf + 240, neighbour);
	assert_int_equal(scene_ask(scene)->kind, ANSWER_EXPLAINED);
	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_set(scene->fake, sheaf, "slab_sheaf.cache", scene->cache);
	fake_set(scene->fake, sheaf, "slab_sheaf.size", 512 / 8); /* its head has no room */
	assert_int_equal(scene_ask(scene)->kind, ANSWER_EXPLAINED);
	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_set(scene->fake, sheaf, "slab_sheaf.size", 1);
	assert_int_equal(scene_ask(scene)->kind, ANSWER_LOST);
}

/* --- kretprobes --- */

enum { DATA_SIZE = 32 };

static uint64_t make_probe(struct scene *scene, uint64_t handler)
{
	uint64_t probe = fake_object(scene->fake, scene->cache);

	fake_set(scene->fake, probe, "kretprobe.kp.pre_handler", handler);
	fake_set(scene->fake, probe, "kretprobe.data_size", DATA_SIZE);
	return probe;
}

static uint64_t make_rethook(struct scene *scene, uint64_t probe)
{
	uint64_t rethook = fake_object(scene->fake, scene->cache);

	fake_set(scene->fake, rethook, "rethook.data", probe);
	fake_set(scene->fake, probe, "kretprobe.rh", rethook);
	return rethook;
}

static enum answer_kind ask_once(struct scene *scene)
{
	enum answer_kind kind = scene_ask(scene)->kind;

	answer_clear(&scene->answer);
	look_clear(&scene->look);
	return kind;
}

/* What a probe has noted of a call stays in its instance, and keeps nobody alive. */
static void assert_instance_keeps_nobody(struct scene *scene, const char *member,
					 uint64_t (*lead)(struct scene *scene, uint64_t probe))
{
	struct fake *fake = scene->fake;
	uint64_t data = fake_size(fake, "kretprobe_instance"), instance, neighbour;

	scene_stuck_device(scene, 1);
	neighbour = scene_neighbour(scene);
	instance = fake_object(fake, scene->cache);
	fake_set_word(fake, instance + data + DATA_SIZE - 8, neighbour);
	assert_int_equal(ask_once(scene), ANSWER_EXPLAINED);
	fake_set(fake, instance, member, lead(scene, make_probe(scene, FAKE_FUNCTION)));
	assert_int_equal(ask_once(scene), ANSWER_EXPLAINED);
	fake_set(fake, instance, member, lead(scene, make_probe(scene, FAKE_PROBE_HANDLER)));
	assert_int_equal(ask_once(scene), ANSWER_LOST);
	fake_set_word(fake, instance + data + DATA_SIZE, neighbour); /* not of it any more */
	assert_int_equal(ask_once(scene), ANSWER_EXPLAINED);
}

static bool has_type(const struct scene *scene, const char *structure, const char *member)
{
	return types_member(fake_image(scene->fake)->types, structure, member,
			    &(uint32_t){ 0 });
}

static void test_instance_of_a_rethook_does_not_keep_alive(void **state)
{
	if (!has_type(*state, "rethook_node", "rethook"))
		skip();
	assert_instance_keeps_nobody(*state, "rethook_node.rethook", make_rethook);
}

static uint64_t directly(struct scene *scene, uint64_t probe)
{
	(void)scene;
	return probe;
}

static void test_instance_of_linux_5_10_does_not_keep_alive(void **state)
{
	if (!has_type(*state, "kretprobe_instance", "rp"))
		skip();
	assert_instance_keeps_nobody(*state, "kretprobe_instance.rp", directly);
}

/* Side by side on pages, of which the first begins on the page before. */
static void test_instances_side_by_side_do_not_keep_alive(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	uint64_t size = fake_size(fake, "kretprobe_instance") + DATA_SIZE;
	uint64_t page, neighbour, rethook;

	if (!has_type(scene, "rethook_node", "rethook"))
		skip();
	scene_stuck_device(scene, 1);
	neighbour = scene_neighbour(scene);
	page = fake_page(fake);
	rethook = make_rethook(scene, make_probe(scene, FAKE_PROBE_HANDLER));
	fake_set_word(fake, page, neighbour);
	assert_int_equal(ask_once(scene), ANSWER_EXPLAINED);
	for (uint64_t at = page + 16; at < page + 16 + 3 * size; at += size)
		fake_set(fake, at, "rethook_node.rethook", rethook);
	assert_int_equal(ask_once(scene), ANSWER_LOST);
	fake_set_word(fake, page + 16 + 2 * size - 8, neighbour);
	assert_int_equal(ask_once(scene), ANSWER_LOST);
	fake_set_word(fake, page + 16 + 3 * size, neighbour);
	assert_int_equal(ask_once(scene), ANSWER_EXPLAINED);
}

/* A probe's own pointer to its rethook makes no instance of the data around it. */
static void test_data_around_a_kretprobe_keep_alive(void **state)
{
	struct scene *scene = *state;
	struct fake *fake = scene->fake;
	uint64_t probe, rethook;

	if (!has_type(scene, "rethook_node", "rethook"))
		skip();
	scene_stuck_device(scene, 1);
	probe = fake_page(fake) + 512;
	rethook = fake_object(fake, scene->cache);
	fake_set(fake, probe, "kretprobe.kp.pre_handler", FAKE_PROBE_HANDLER);
	fake_set(fake, probe, "kretprobe.data_size", 512);
	fake_set(fake, rethook, "rethook.data", probe);
	fake_set(fake, probe, "kretprobe.rh", rethook);
	fake_set_word(fake, probe + fake_size(fake, "kretprobe"), scene_neighbour(scene));
	assert_int_equal(ask_once(scene), ANSWER_EXPLAINED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
		SCENE(test_second_look_clears),
		SCENE(test_old_word_does_not_keep_alive),
		SCENE(test_kernel_data_keeps_alive),
		SCENE(test_page_of_kfree_rcu_does_not_keep_alive),
		SCENE(test_another_object_at_the_place_is_not_lost),
		SCENE(test_per_cpu_stack_does_not_keep_alive),
		SCENE(test_per_cpu_variables_are_named_by_symbols),
		SCENE(test_sheaf_of_the_allocator_does_not_keep_alive),
		SCENE(test_pages_that_kfree_rcu_chains_do_not_keep_alive),
		SCENE(test_instance_of_a_rethook_does_not_keep_alive),
		SCENE(test_instance_of_linux_5_10_does_not_keep_alive),
		SCENE(test_instances_side_by_side_do_not_keep_alive),
		SCENE(test_data_around_a_kretprobe_keep_alive),
	};
	struct fake *fake = fake_open();

	if (!fake)
		return 77;
	fake_close(fake);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
