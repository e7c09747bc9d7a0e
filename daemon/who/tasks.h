/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_TASKS_H
#define DADRACE_WHO_TASKS_H

#include "who/cpu_variables.h"
#include "who/pages.h"
#include "who/scan.h"

/* The tasks of a kernel: their stacks, and the objects that their descriptors keep. */
struct task {
	uint64_t address, stack, files;
	int32_t pid,
		tgid; /* as numbered in the pid namespace of who reads, if it is seen there */
	bool is_leader;
	char comm[16];
};

enum { OPENED_WORDS = 3 };

/* A descriptor of a process, of an object: a file, what is private to it, a socket. */
struct opened {
	uint64_t object;
	const struct task *task;
	uint32_t fd;
	struct word words[OPENED_WORDS]; /* that lead to it, from the table of descriptors on */
	uint32_t nr_words;
};

struct tasks;

int tasks_open(const struct image *image, const struct layout *layout, struct pages *pages,
	       const struct cpu_variables *cpu_variables, struct tasks **out, struct why *why);
void tasks_close(struct tasks *tasks);

const struct task *tasks_list(const struct tasks *tasks, uint32_t *nr);

/* The task on whose kernel stack a page of the direct map is; NULL: on none. */
const struct task *tasks_stack_at(const struct tasks *tasks, uint64_t page);

/* Whether an address of the direct map is of memory in which objects are noted, not held. */
bool tasks_is_note(const struct tasks *tasks, uint64_t address);

/* The descriptors that keep an object. */
const struct opened *tasks_opened(const struct tasks *tasks, uint64_t object, uint32_t *nr);

enum { TASK_STACK = 16384 };

#endif
