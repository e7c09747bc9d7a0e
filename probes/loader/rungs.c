// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "loader/parts.h"
#include "probes.skel.h"

const struct probe_rung *rung_by(const struct probe *probe, enum tier tier)
{
	for (int i = 0; i < RUNGS_MAX && probe->rungs[i].tier; i++)
		if (probe->rungs[i].tier == tier)
			return &probe->rungs[i];
	return NULL;
}

/* --- what looks possible --- */

static int no_fentry(const char *function, int err, struct why *why)
{
	return why_set(
		why, err, "%s: cannot be hooked by fentry: %s%s", function, strerror(err),
		err == EPERM ? " (no dynamic ftrace with direct calls, or locked down)" : "");
}

int rung_possible(struct ground *ground, const struct probe_rung *rung, const char **function,
		  struct why *why)
{
	int err = -ENOENT;

	*function = NULL;
	if (rung->tier == TIER_TRACEPOINT)
		return 0;
	if (rung->tier == TIER_FENTRY && !ground_has_fentry(ground))
		return no_fentry(rung->functions[0], EPERM, why);
	if (rung->tier == TIER_KPROBE && !ground_has_kprobes())
		return why_set(why, ENOTSUP,
			       "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)");
	for (int i = 0; i < RUNG_FUNCTIONS_MAX && rung->functions[i]; i++) {
		const char *name = rung->functions[i], *found = ground_find(ground, name);

		if (!found || strcmp(found, name) != 0)
			continue;
		err = rung->tier == TIER_FENTRY ? ground_try_fentry(ground, name) : 0;
		if (!err) {
			*function = name;
			return 0;
		}
	}
	if (err == -ENOENT)
		return why_set(why, ENOENT, "this kernel has no function %s to hook",
			       rung->functions[0]);
	if (why_short_of(-err))
		return probes_refused(-err, rung->functions[0], why);
	return no_fentry(rung->functions[0], -err, why);
}

/* --- loaded and attached --- */

int rung_want(const struct probes_bpf *skel, const struct probe_rung *rung,
	      const char *function)
{
	int err = 0;

	for (int i = 0; !err && i < RUNG_PROGRAMS_MAX && rung->programs[i]; i++) {
		struct bpf_program *program = probes_program(skel, rung->programs[i]);

		err = bpf_program__set_autoload(program, true);
		if (!err && rung->tier == TIER_FENTRY)
			err = bpf_program__set_attach_target(program, 0, function);
	}
	return err;
}

/*
 * Of what hooks the same function the last one attached runs first at its entry, and at its
 * return where that is a kretprobe's turn the last one, too; of fexit programs the last one
 * attached runs first (kernel/bpf/trampoline.c, kernel/kprobes.c). So that what watches
 * surrounds what holds, fexit programs are attached before the steps and everything else after.
 */
static enum rung_turn turn_of(const struct bpf_program *program)
{
	return bpf_program__expected_attach_type(program) == BPF_TRACE_FEXIT ? BEFORE_STEPS :
									       AFTER_STEPS;
}

int rung_attach(const struct probes_bpf *skel, const struct probe_rung *rung,
		const char *function, enum rung_turn turn, struct bpf_link **links,
		const char **failed)
{
	for (int i = 0; i < RUNG_PROGRAMS_MAX && rung->programs[i]; i++) {
		struct bpf_program *program = probes_program(skel, rung->programs[i]);

		*failed = rung->programs[i];
		if (bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT)
			continue; /* run on demand */
		if (turn != ANY_TURN && turn != turn_of(program))
			continue;
		if (rung->tier == TIER_KPROBE)
			links[i] = bpf_program__attach_kprobe(
				program, strstr(*failed, "kretprobe") != NULL, function);
		else
			links[i] = bpf_program__attach(program);
		if (!links[i])
			return -errno;
	}
	return 0;
}

int rungs_open(struct probes_bpf **out, struct why *why)
{
	struct probes_bpf *skel;
	struct bpf_program *program;
	int cpus;

	probes_hear_libbpf();
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return why_set(
			why, ENOTSUP,
			"this kernel has no type information (/sys/kernel/btf/vmlinux); it must be built with CONFIG_DEBUG_INFO_BTF=y");
	cpus = libbpf_num_possible_cpus();
	if (cpus < 1 || cpus > CPUS_MAX)
		return why_set(why, ENOTSUP,
			       "this machine has %d possible CPUs; dadrace supports at most %d",
			       cpus, CPUS_MAX);
	skel = probes_bpf__open();
	if (!skel)
		return probes_refused(errno, "the probes", why);
	bpf_object__for_each_program(program, skel->obj)
		bpf_program__set_autoload(program, false);
	bpf_map__set_autocreate(skel->maps.ballasts, false);
	skel->rodata->nr_cpus = (__u32)cpus;
	*out = skel;
	return 0;
}

int rung_try(const struct probe *probe, const struct probe_rung *rung, struct ground *ground,
	     const char **function, struct why *why)
{
	struct bpf_link *links[RUNG_PROGRAMS_MAX] = { NULL };
	struct probes_bpf *skel = NULL;
	const char *failed = probe->name;
	int err = rung_possible(ground, rung, function, why);

	if (!err)
		err = rungs_open(&skel, why);
	if (err)
		return err;
	err = rung_want(skel, rung, *function);
	if (!err)
		err = probes_bpf__load(skel);
	if (!err)
		err = rung_attach(skel, rung, *function, ANY_TURN, links, &failed);
	if (err)
		err = probes_refused(-err, failed, why);
	for (int i = 0; i < RUNG_PROGRAMS_MAX; i++)
		bpf_link__destroy(links[i]);
	probes_bpf__destroy(skel);
	return err;
}

/* --- for the doctor --- */

/* All rungs of a tier in one load; -errno when one of them spoils it. */
static int try_together(enum tier tier, struct probes_tried *tried)
{
	struct bpf_link *links[NR_PROBES][RUNG_PROGRAMS_MAX] = { { NULL } };
	struct probes_bpf *skel = NULL;
	const char *failed;
	struct why why;
	int err = rungs_open(&skel, &why);

	for (int i = 0; !err && i < NR_PROBES; i++)
		if (!tried[i].err)
			err = rung_want(skel, rung_by(probe_table[i], tier), tried[i].function);
	if (!err)
		err = probes_bpf__load(skel);
	for (int i = 0; !err && i < NR_PROBES; i++)
		if (!tried[i].err)
			err = rung_attach(skel, rung_by(probe_table[i], tier),
					  tried[i].function, ANY_TURN, links[i], &failed);
	for (int i = 0; i < NR_PROBES; i++)
		for (int j = 0; j < RUNG_PROGRAMS_MAX; j++)
			bpf_link__destroy(links[i][j]);
	probes_bpf__destroy(skel);
	return err;
}

void probes_try_tier(enum tier tier, struct probes_tried *tried)
{
	struct ground ground = { 0 };

	for (int i = 0; i < NR_PROBES; i++) {
		const struct probe_rung *rung = rung_by(probe_table[i], tier);

		tried[i] = (struct probes_tried){ .err = -ENOENT };
		if (rung)
			tried[i].err =
				rung_possible(&ground, rung, &tried[i].function, &tried[i].why);
	}
	if (try_together(tier, tried))
		for (int i = 0; i < NR_PROBES; i++)
			if (!tried[i].err)
				tried[i].err =
					rung_try(probe_table[i], rung_by(probe_table[i], tier),
						 &ground, &tried[i].function, &tried[i].why);
}
