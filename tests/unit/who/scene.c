// SPDX-License-Identifier: GPL-2.0-or-later
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int scene_open(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->fake = fake_open();
	scene->cache = fake_cache(scene->fake, "kmalloc-512", 512);
	fake_object(scene->fake, scene->cache); /* of nobody */
	*state = scene;
	return 0;
}

int scene_close(void **state)
{
	struct scene *scene = *state;

	answer_clear(&scene->answer);
	look_clear(&scene->look);
	fake_close(scene->fake);
	free(scene);
	return 0;
}

void scene_stuck_device(struct scene *scene, int32_t held)
{
	scene->device = fake_device(scene->fake, "dut", false, held);
	fake_set_word(scene->fake, fake_stack(scene->fake) + 160, scene->device);
}

uint64_t scene_holder(struct scene *scene, const char *place)
{
	uint64_t object = fake_object(scene->fake, scene->cache);

	fake_set(scene->fake, object, place, scene->device);
	return object;
}

uint64_t scene_neighbour(struct scene *scene)
{
	uint64_t object = scene_holder(scene, "neighbour.dev");

	fake_set(scene->fake, object, "neighbour.refcnt", 1);
	return object;
}

const struct answer *scene_ask(struct scene *scene)
{
	const struct look_ask look_ask = { .name = "dut" };
	struct why why = { "" };

	if (look_make(fake_image(scene->fake), &look_ask, &scene->look, &why))
		fail_msg("%s", why.text);
	assert_int_equal(scene->look.nr_cases, 1);
	assert_int_equal(answer_make(&scene->look, 0, &scene->answer), 0);
	return &scene->answer;
}
