// SPDX-License-Identifier: GPL-2.0-or-later
/* Who holds an object of a device: its IPv6 part, an address; see fake_kernel.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_kernel.h"
#include "who/answer.h"

struct scene {
	struct fake *fake;
	uint64_t large, small; /* caches */
	uint64_t device;
	struct look look;
	struct answer answer;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->fake = fake_open();
	scene->large = fake_cache(scene->fake, "kmalloc-2k", 2048);
	scene->small = fake_cache(scene->fake, "kmalloc-512", 512);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_close(scene->fake);
	free(scene);
	return 0;
}

/* The IPv6 part of the device, with so many references to it. */
static uint64_t make_idev(struct scene *scene, bool registered, uint64_t references)
{
	uint64_t idev = fake_object(scene->fake, scene->large);

	scene->device = fake_device(scene->fake, "dut", registered, 1);
	if (registered)
		fake_set(scene->fake, scene->device, "net_device.ip6_ptr", idev);
	else
		fake_set_word(scene->fake, fake_stack(scene->fake) + 160, scene->device);
	fake_set(scene->fake, idev, "inet6_dev.dev", scene->device);
	fake_set(scene->fake, idev, "inet6_dev.refcnt", references);
	return idev;
}

static void make_address(struct scene *scene, uint64_t idev, const uint8_t address[16])
{
	uint64_t object = fake_object(scene->fake, scene->small);

	fake_set(scene->fake, object, "inet6_ifaddr.idev", idev);
	fake_set(scene->fake, object, "inet6_ifaddr.refcnt", 3);
	for (uint32_t i = 0; i < 16; i += 8) {
		uint64_t word;

		memcpy(&word, address + i, sizeof(word));
		fake_set_word(scene->fake,
			      object + fake_offset(scene->fake, "inet6_ifaddr.addr") + i, word);
	}
}

static void look(struct scene *scene, const struct wanted *wanted)
{
	const struct look_ask ask = { .name = "dut", .wanted = *wanted };
	struct why why = { "" };

	if (look_make(fake_image(scene->fake), &ask, &scene->look, &why))
		fail_msg("%s", why.text);
}

static const struct answer *ask(struct scene *scene, const struct wanted *wanted)
{
	const struct chain *chain;

	look(scene, wanted);
	chain = &scene->look.cases[0].chain;
	for (uint32_t i = 0; i < chain->nr; i++)
		if (chain->nodes[i].is_wanted) {
			assert_int_equal(answer_make_object(&scene->look, 0, i, &scene->answer),
					 0);
			return &scene->answer;
		}
	fail_msg("there is no such object");
	return NULL;
}

static const struct wanted idev = { .type = "inet6_dev" };

static void test_four_lost_references_to_the_ipv6_part_are_four(void **state)
{
	struct scene *scene = *state;
	const struct answer *answer;

	make_idev(scene, true, 5);
	answer = ask(scene, &idev);
	assert_int_equal(answer->usage_count, 5);
	assert_int_equal(answer->explained, 1);
	assert_int_equal(answer->unexplained, 4);
	assert_int_equal(answer->kind, ANSWER_BARE);
	assert_string_equal(answer->object, "inet6_dev (IPv6 part of the device)");
}

static void test_the_answer_about_the_device_tells_of_its_ipv6_part(void **state)
{
	struct scene *scene = *state;

	make_idev(scene, true, 5);
	look(scene, &(struct wanted){ 0 });
	assert_int_equal(answer_make(&scene->look, 0, &scene->answer), 0);
	assert_int_equal(scene->answer.kind, ANSWER_BARE);
	assert_int_equal(scene->answer.unexplained, 0);
	assert_int_equal(
		strncmp(scene->answer.sentences[0],
			"4 of the 5 references to inet6_dev (IPv6 part of the device) of dut belong to no object",
			87),
		0);
}

static void test_a_part_that_nothing_points_to_is_lost(void **state)
{
	struct scene *scene = *state;

	make_idev(scene, false, 4);
	look(scene, &(struct wanted){ 0 });
	assert_int_equal(answer_make(&scene->look, 0, &scene->answer), 0);
	assert_int_equal(scene->answer.kind, ANSWER_LOST);
	assert_string_equal(
		scene->answer.sentences[0],
		"LOST: inet6_dev (IPv6 part of the device), refcount 4, which nothing points to, holds dut.");
}

static void test_an_address_is_told_from_others(void **state)
{
	static const uint8_t one[16] = { 0xfe, 0x80, [15] = 1 }, other[16] = { 0xfe, 0x80 };
	struct wanted wanted = { .type = "inet6_ifaddr", .place = AT_ADDRESS, .key_size = 16 };
	struct scene *scene = *state;
	const struct answer *answer;
	uint64_t part = make_idev(scene, true, 3);
	uint32_t nr = 0;

	make_address(scene, part, one);
	make_address(scene, part, other);
	memcpy(wanted.key, one, sizeof(one));
	answer = ask(scene, &wanted);
	assert_int_equal(answer->usage_count, 3);
	assert_int_equal(answer->unexplained, 3);
	for (uint32_t i = 0; i < scene->look.cases[0].chain.nr; i++)
		nr += scene->look.cases[0].chain.nodes[i].is_wanted;
	assert_int_equal(nr, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		SCENE(test_four_lost_references_to_the_ipv6_part_are_four),
		SCENE(test_the_answer_about_the_device_tells_of_its_ipv6_part),
		SCENE(test_a_part_that_nothing_points_to_is_lost),
		SCENE(test_an_address_is_told_from_others),
	};
	struct fake *fake = fake_open();

	if (!fake)
		return 77;
	fake_close(fake);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
