/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROBES_H
#define DADRACE_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/why.h"
#include "record/record.h"
#include "spec/sites.h"
#include "spec/spec.h"
#include "table/probe.h"

/*
 * The probes: everything of ours that runs in the kernel, and the only door to libbpf.
 *
 *   probes_open ──> choose rungs by trying ──> load ──> attach
 *        │
 *        └── per lane: a ring of records, a lane_state in shared memory, a slot for counts
 *
 * Nothing is pinned: links are descriptors, and what holds no descriptor any more is detached
 * by the kernel. The process that opened the probes owns them; a lane's process, forked from
 * it, keeps what probes_lane_fds() lists and the shared memory, and closes the rest.
 */
struct probes;

/* How a probe is hooked now. */
struct probe_hook {
	const struct probe *probe;
	enum tier tier;	      /* TIER_AUTO: not at all */
	const char *function; /* kprobe and fentry */
	const char *note;     /* what else there is to say, or NULL; owned by the probes */
};

enum { PROBES_WITHOUT_MAX = 5 };

/*
 * A hold inside a kernel function; which threads and for how long stands in the lane's state.
 */
struct probes_step {
	const char *place;			       /* as the order names it */
	const char *functions[SITE_FUNCTIONS_MAX + 1]; /* the first one that kallsyms lists */
	bool at_return;
	bool polls; /* a driver's poll: thread II is who sends what it receives */
};

struct probes_ask {
	enum tier tier; /* AUTO, or the only rung to be used where a probe has it */
	const char *without[PROBES_WITHOUT_MAX]; /* names of probes that are not needed */
	struct probes_step steps[STEPS_MAX];
	uint32_t nr_steps;
	bool counts_only; /* load what reads counts and attach nothing: no lanes, no records */
	bool watchpoints; /* load what watchpoint.h needs; nothing is armed by that */
	bool code;	  /* load what probes_code() needs */
};

/* Whether the ask leaves a probe out: that it is not hooked then is no lack. */
bool probes_left_out(const struct probes_ask *ask, const struct probe *probe);

/*
 * Chooses, loads and attaches. Errors: -EPERM with the reason that was found (capability,
 * lockdown),
 * -ENOTSUP when a needed probe has no rung on this kernel or BTF is missing.
 */
int probes_open(const struct probes_ask *ask, struct probes **out, struct why *why);
void probes_close(struct probes *probes);

/*
 * How each probe of the table is hooked, in its order, then the steps; it ends with probe NULL.
 */
const struct probe_hook *probes_hooks(const struct probes *probes);

/*
 * What came of trying a rung: 0, or -errno with the reason; -ENOENT: the probe has none there.
 */
struct probes_tried {
	int err;
	const char *function; /* that was hooked; NULL for tracepoints */
	struct why why;
};

/*
 * Tries the rungs of one tier, for the doctor; `tried` has one for each probe of the table, in
 * its order.
 */
void probes_try_tier(enum tier tier, struct probes_tried *tried);

/* Makes the ring of a lane and zeroes its state. */
int probes_lane_open(struct probes *probes, uint32_t slot, struct why *why);

/* Which tasks and which device are a lane's. */
struct lane_identity {
	uint32_t pidns_inum;
	uint32_t netns_inum;
	uint32_t ifindex;
	char device[16];
	struct ways ways; /* of the frames that the device receives */
};

/* Tells the programs who the lane is: after this they look at it. */
int probes_lane_bind(struct probes *probes, uint32_t slot, const struct lane_identity *identity,
		     struct why *why);

/* Makes the programs forget the lane. */
void probes_lane_close(struct probes *probes, uint32_t slot);

/* The lane's state, in memory shared with the programs. */
struct lane_state *probes_lane(struct probes *probes, uint32_t slot);

/* Asks for RECORD_SETTLED, or no longer. */
void probes_settling(struct probes *probes, uint32_t slot, bool wanted);

/* The descriptors that a lane's process needs after the fork. */
enum { PROBES_LANE_FDS = 13 };

/* Those of what was not asked for (watchpoints) are negative. */
void probes_lane_fds(const struct probes *probes, uint32_t slot, int fds[PROBES_LANE_FDS]);

/* Programs of needed probes that the kernel skipped, since probes_open. */
uint64_t probes_missed(const struct probes *probes);

/*
 * Hooks other places instead of the steps of the ask, or of the change before, by the tier of
 * the ask (TIER_AUTO: the best); lanes stay as they are, none of them in a trial. A place that
 * this kernel cannot hook is left out: nobody reaches it.
 */
int probes_steps_change(struct probes *probes, const struct probes_step *steps, uint32_t nr,
			enum tier forced, struct why *why);

/* --- one step: number `step` of the ask, from 0 --- */

const struct probe_hook *probes_step_hook(const struct probes *probes, uint32_t step);

/*
 * How many calls, of any task, have passed the step since it was hooked. None at all although
 * the function exists: its callers have it inlined.
 */
uint64_t probes_step_passes(const struct probes *probes, uint32_t step);

/*
 * Runs of its program that the kernel skipped since then, because another one was at work on
 * that CPU: as far as it counts them (fentry: 5.12; kprobe: 6.7).
 */
uint64_t probes_step_missed(const struct probes *probes, uint32_t step);

/* --- for the doctor --- */

/* What an order's hold could be hooked to: `functions` is the question, the rest the answer. */
struct probes_place {
	const char *functions[SITE_FUNCTIONS_MAX + 1];
	char function[96]; /* the first of them that this kernel has, or "" */
	int kprobe;	   /* 0: it could be hooked just now; -errno */
	int fentry;
};

/* Tries each place, with programs that do nothing. */
void probes_try_places(struct probes_place *places, uint32_t nr);

/* What the kernel may offer to programs, and what is lost without it. */
struct probes_helper {
	const char *name;
	const char *since;
	const char *costs;
	int number; /* enum bpf_func_id */
};
extern const struct probes_helper probes_helpers[]; /* ends with name NULL */

bool probes_helper_works(int number);

/*
 * The reference counts of a device of the calling process's network namespace. A device that
 * does not exist is not an error: counts->found is 0.
 */
int probes_counts(struct probes *probes, uint32_t slot, uint32_t ifindex, struct counts *counts,
		  struct why *why);

/*
 * The same of a device that is being unregistered, and of its inet6_dev, as long as they are
 * not freed.
 */
int probes_counts_left(struct probes *probes, uint32_t slot, const struct counts *before,
		       struct counts *counts, struct why *why);

/*
 * What the driver of a device of this network namespace gives the kernel to call, 0 where it
 * gives nothing; with a program of its own, before any probes are open. -ENODEV: there is no
 * such device.
 */
int probes_driver(uint32_t ifindex, struct driver_calls *calls, struct why *why);

/*
 * The kernel's machine code from `address` on; `size` is at most CODE_BYTES. -EFAULT: not all
 * of it is mapped.
 */
int probes_code(struct probes *probes, uint64_t address, uint8_t *code, uint32_t size,
		struct why *why);

#endif
