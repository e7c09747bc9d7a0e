/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_SCENE_H
#define DADRACE_WHO_SCENE_H

#include "fake_kernel.h"
#include "who/answer.h"

/* A kernel that lies here, with a device that the test makes, and what is said of it. */
struct scene {
	struct fake *fake;
	uint64_t cache; /* kmalloc-512 */
	uint64_t device;
	struct look look;
	struct answer answer;
};

/* For cmocka; the state is the scene. */
int scene_open(void **state);
int scene_close(void **state);

/* A device that is being unregistered, with so many references: the task waits for them. */
void scene_stuck_device(struct scene *scene, int32_t held);

/* An object that has a pointer to the device in this member. */
uint64_t scene_holder(struct scene *scene, const char *place);

/* A neighbour entry with one user, which holds the device. */
uint64_t scene_neighbour(struct scene *scene);

/* One look at the device that is called "dut", and its answer. */
const struct answer *scene_ask(struct scene *scene);

#endif
