/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROBES_PARTS_H
#define DADRACE_PROBES_PARTS_H

#include "probes.h"

/* What the files of probes/ share and nobody else sees. */
struct probes_bpf;

/* The loaded programs and maps; owned by the probes. */
struct probes_bpf *probes_skeleton(const struct probes *probes);

/* A sentence for what the kernel refused, with the reason where it can be found; returns -err. */
int probes_refused(int err, const char *what, struct why *why);

/* Runs a program on demand. 0, with what it returned, or -errno. */
struct bpf_program;
int probes_run(const struct bpf_program *program, const uint64_t *args, uint32_t nr_args,
	       int32_t *returned);

/*
 * The same for a program that walks through neighbours (neighbours.bpf.h), a piece in a run: until the walk is
 * over. The last argument is where it goes on.
 */
int probes_walk(const struct bpf_program *program, uint64_t *args, uint32_t nr_args,
		const char *what, struct why *why);

/*
 * What watchpoint.h needs for births and deaths: the program at every death, then the one at the birth of
 * each such object, in the order of enum watchpoint_kind. Not loaded without kprobes.
 */
enum { WATCHPOINT_BIRTH_PROGRAMS = 4 };
void watchpoint_birth_programs(const struct probes_bpf *skel,
			       struct bpf_program *programs[WATCHPOINT_BIRTH_PROGRAMS]);

#endif
