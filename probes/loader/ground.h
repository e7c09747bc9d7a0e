/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GROUND_H
#define DADRACE_GROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/types.h"

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
	uint32_t type;		 /* its number among the types of vmlinux; 0: it has none */
};

/*
 * kallsyms is read when the first function is looked for, and the types of vmlinux when fentry
 * is first tried. A zero-initialised ground is empty; it owns nothing.
 */
struct ground {
	bool listed;
	bool marked[UINT8_MAX + 1]; /* by what names that are looked for have in common */
	struct types_end vmlinux;   /* of its types, once they were read */
	bool has_fentry, tried_fentry;
	struct ground_function functions[GROUND_FUNCTIONS];
	uint32_t nr_functions;
};

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

/*
 * Whether fentry can be had at all: if not, the kernel answers EPERM. Costs less than to look
 * for functions that it cannot hook, for which kallsyms is read.
 */
bool ground_has_fentry(struct ground *ground);

#endif
