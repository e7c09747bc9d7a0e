/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROBE_H
#define DADRACE_PROBE_H

#include <stdbool.h>

#include "spec/spec.h"

/*
 * One probe: what it is for, its ladder (best rung first), and what is lost without it. Each
 * NAME.bpf.c has its NAME.c, which holds nothing but its rows.
 */
enum {
	RUNGS_MAX = 3,
	RUNG_PROGRAMS_MAX = 3,
	RUNG_FUNCTIONS_MAX = 3,
};

/* clang-format off */
enum {
	NR_PROBES = 0 /* rows of probe_table */
#define PROBE(name) + 1
#include "table/rows.def"
};
/* clang-format on */

struct probe_rung {
	enum tier tier;
	const char *programs[RUNG_PROGRAMS_MAX];
	const char *functions[RUNG_FUNCTIONS_MAX]; /* the first one that this kernel has */
};

struct probe {
	const char *name;
	const char *doc;     /* what it sees or does */
	const char *without; /* what is lost when no rung works */
	bool needed; /* no trial can be judged without it; its misses make trials invalid */
	struct probe_rung rungs[RUNGS_MAX]; /* ends with TIER_AUTO */
};

extern const struct probe *const probe_table[NR_PROBES + 1]; /* ends with NULL */

#endif
