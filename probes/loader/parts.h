/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LOADER_PARTS_H
#define DADRACE_LOADER_PARTS_H

#include "loader/ground.h"
#include "loader/probes.h"

/*
 * The parts of the loader, for its own files and for watchpoint/. Each uses those below it.
 *
 *   probes.c        chooses the rung of each probe, loads and attaches
 *     steps.c       the same for the holds of a campaign's order
 *     rungs.c       one rung: does it look possible, does it load and attach
 *     ground.c      what this kernel offers to hook
 *   on_demand.c     what the programs that are run on demand tell: counts, code
 *   programs.c      programs, by name, and run on demand
 *   lanes.c         lanes: their rings, their shared memory, what their processes keep
 *     ring.c        a lane's ring, read
 *   refused.c       sentences for what the kernel refused
 */
struct bpf_link;
struct bpf_program;
struct probes_bpf;

enum { NR_LINKS = NR_PROBES * RUNG_PROGRAMS_MAX };

struct probes {
	struct probes_bpf *skel;
	struct probes_bpf *step_skel; /* of the steps that were changed to; NULL: skel's */
	struct bpf_link *links[NR_LINKS];
	struct probe_hook hooks[NR_PROBES + STEPS_MAX + 1];
	struct bpf_link *step_links[STEPS_MAX];
	char step_functions[STEPS_MAX][GROUND_NAME];
	char step_notes[STEPS_MAX][256];
	bool at_return[STEPS_MAX];
	bool at_poll[STEPS_MAX];
	bool without_loop;	      /* holds have to do without bpf_loop */
	const struct probes_ask *ask; /* while opening */
	struct lane_state *lanes;
	struct counts *counts;
	int rings[SLOTS];
	struct lane_identity bound[SLOTS];
	uint64_t missed_before;
};

/* --- refused.c --- */

/*
 * From here on libbpf's complaints are kept for the sentence, not printed; earlier ones are
 * forgotten.
 */
void probes_hear_libbpf(void);

/*
 * A sentence for what the kernel refused, with the reason where it can be found; returns -err.
 */
int probes_refused(int err, const char *what, struct why *why);

/* --- rungs.c --- */

/* NULL: the probe has no rung of this tier. */
const struct probe_rung *rung_by(const struct probe *probe, enum tier tier);

/*
 * 0 when the rung may be tried, with the function to hook; else -errno with the reason. Costs
 * no load.
 */
int rung_possible(struct ground *ground, const struct probe_rung *rung, const char **function,
		  struct why *why);

/* Opens all programs, none of which is to be loaded yet. */
int rungs_open(struct probes_bpf **out, struct why *why);

/* Has the rung's programs loaded with the others, to be hooked to the function. */
int rung_want(const struct probes_bpf *skel, const struct probe_rung *rung,
	      const char *function);

enum rung_turn { BEFORE_STEPS, AFTER_STEPS, ANY_TURN };

/* Attaches the rung's programs whose turn it is; `failed` names the one that could not be. */
int rung_attach(const struct probes_bpf *skel, const struct probe_rung *rung,
		const char *function, enum rung_turn turn, struct bpf_link **links,
		const char **failed);

/* The rung alone, in a load of its own. */
int rung_try(const struct probe *probe, const struct probe_rung *rung, struct ground *ground,
	     const char **function, struct why *why);

/* --- steps.c: holds in functions that the campaign names --- */

/* To be looked for besides the functions of the table. */
void probes_steps_look_for(const struct probes_ask *ask, struct ground *ground);

/* Finds the function of each step of the ask, and the way to hook it. */
int probes_steps_choose(struct probes *probes, struct ground *ground, struct why *why);

/* Detaches and unloads them. */
void probes_steps_unload(struct probes *probes);

/* One step, before the load and after it: 0 or -errno. */
int probes_step_want(struct probes *probes, uint32_t i);
int probes_step_attach(struct probes *probes, uint32_t i);

/*
 * Without bpf_loop holds are coarse, and end early: how coarse and how early is measured here.
 */
void probes_steps_note_turns(struct probes *probes);

/* --- lanes.c --- */

/* The memory that lanes and counts share with the programs. */
int probes_lanes_map(struct probes *probes, struct why *why);

/* Lets go of it, and of the rings. */
void probes_lanes_unmap(struct probes *probes);

/* --- on_demand.c --- */

/* Finds the way to the kernel's per-CPU counters, without which nothing can be counted. */
int probes_find_offsets(struct probes *probes, struct why *why);

/* --- programs.c --- */

struct bpf_program *probes_program(const struct probes_bpf *skel, const char *name);

/* Runs of a program that the kernel skipped; 0 where it does not count them. */
uint64_t probes_program_misses(const struct bpf_program *program);

/*
 * Hits of a kprobe or kretprobe at which no program ran at all, because another kprobe was
 * being handled on that CPU, or no return could be followed; 0 before Linux 6.7, which does
 * not tell.
 */
uint64_t probes_kprobe_misses(const struct bpf_link *link);

/* 0, with what it returned, or -errno. */
int probes_run(const struct bpf_program *program, const uint64_t *args, uint32_t nr_args,
	       int32_t *returned);

/*
 * The same for a program that walks through neighbours (neighbours.bpf.h), a piece in a run:
 * until the walk is over. The last argument is where the next run continues.
 */
int probes_walk(const struct bpf_program *program, uint64_t *args, uint32_t nr_args,
		const char *what, struct why *why);

/*
 * What watchpoint.h needs for births and deaths: the program at every death, then the one at
 * the birth of each such object, in the order of enum watchpoint_kind. Not loaded without
 * kprobes.
 */
enum { WATCHPOINT_BIRTH_PROGRAMS = 4 };
void watchpoint_birth_programs(const struct probes_bpf *skel,
			       struct bpf_program *programs[WATCHPOINT_BIRTH_PROGRAMS]);

#endif
