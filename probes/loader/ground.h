/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GROUND_H
#define DADRACE_GROUND_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the running kernel offers to hook: asked by trying, never by a version number. Private
 * to probes/.
 */
enum {
	GROUND_FUNCTIONS = 128,
	GROUND_NAME = 96, /* of a function, with a suffix of the compiler's */
};

struct ground_function {
	const char *name;	 /* that is looked for; not ours */
	char found[GROUND_NAME]; /* in kallsyms: the name itself, or with a suffix; or "" */
	char module[56];	 /* where it is; "": in vmlinux */
};

/* kallsyms is read once, when the first function is asked for. Zero-initialised is empty. */
struct ground {
	struct btf *types;
	bool listed;
	struct ground_function functions[GROUND_FUNCTIONS];
	uint32_t nr_functions;
};

void ground_clear(struct ground *ground);

/* To be looked for besides the functions of the probes' table; before anything is found. */
void ground_want(struct ground *ground, const char *function);

/*
 * The name under which kallsyms lists the function: its own, or else with a suffix that the
 * compiler gave it (".isra.0", ".constprop.0", ".part.0"). NULL: it is inlined, or its module
 * not loaded.
 */
const char *ground_find(struct ground *ground, const char *function);

/*
 * Loads and attaches an empty fentry program, to a function of vmlinux or of a module: 0, or
 * -errno.
 */
int ground_try_fentry(struct ground *ground, const char *function);

/* Plants a kprobe that does nothing, and takes it away: 0, or -errno. */
int ground_try_kprobe(const char *function);

bool ground_has_kprobes(void);

#endif
