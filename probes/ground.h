/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GROUND_H
#define DADRACE_GROUND_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the running kernel offers to hook: asked by trying, never by a version number. Private to
 * probes/.
 */
enum { GROUND_FUNCTIONS = 64 };

/* Read once, and only when a rung asks for it. Zero-initialised is empty. */
struct ground {
	struct btf *types;
	bool listed;				 /* functions[] is filled in */
	const char *functions[GROUND_FUNCTIONS]; /* of the table, those that kallsyms lists */
	uint32_t nr_functions;
};

void ground_clear(struct ground *ground);

/* Whether kallsyms lists a function of the probes' table; an inlined one is not there. */
bool ground_has_function(struct ground *ground, const char *function);

/* The name that kallsyms has for any function: its own, or with a suffix of the compiler's. */
bool ground_find_function(const char *function, char *found, size_t size);

/* Loads and attaches an empty fentry program: 0, or -errno. */
int ground_try_fentry(struct ground *ground, const char *function);

bool ground_has_kprobes(void);

#endif
