// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/ground.h"
#include "probes.skel.h"
#include "loader/probes_parts.h"
#include "table/rows.h"

/* clang-format off */
const struct probe *const probe_table[] = {
	&flags_probe,
	&hold_probe,
	&echo_in_probe,
	&echo_out_probe,
	&route_probe,
	&source_probe,
	&reply_probe,
	&settle_probe,
	&counts_probe,
	&dad_probe,
	NULL,
};
/* clang-format on */

_Static_assert(sizeof(probe_table) / sizeof(probe_table[0]) - 1 == NR_PROBES,
	       "NR_PROBES: the rows of the table");

/* --- which rungs this kernel has, cheaply --- */

/* 0 when the rung may be tried, with the function to hook; else -errno with the reason. */
static int rung_possible(struct ground *ground, const struct probe_rung *rung,
			 const char **function, struct why *why)
{
	int err = -ENOENT;

	*function = NULL;
	if (rung->tier == TIER_TRACEPOINT)
		return 0;
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
	return why_set(
		why, -err, "hooking %s by fentry: %s%s", rung->functions[0], strerror(-err),
		err == -EPERM ? " (no dynamic ftrace with direct calls, or locked down)" : "");
}

const struct probes_helper probes_helpers[] = {
	{ "bpf_loop", "5.17", "holds of an order end less precisely, and last less long",
	  BPF_FUNC_loop },
	{ "bpf_map_lookup_percpu_elem", "5.19",
	  "references can be counted only where /proc/kallsyms lists __per_cpu_offset",
	  BPF_FUNC_map_lookup_percpu_elem },
	{ NULL },
};

bool probes_helper_works(const struct probes_helper *helper)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, (enum bpf_func_id)helper->number,
				       NULL) == 1;
}

/* --- one load --- */

struct bpf_program *probes_program(const struct probes_bpf *skel, const char *name)
{
	return bpf_object__find_program_by_name(skel->obj, name);
}

static int want_programs(const struct probes_bpf *skel, const struct probe_rung *rung,
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
 * Of what hooks the same function the last one attached runs first at its entry, and at its return where
 * that is a kretprobe's turn the last one, too; of fexit programs the last one attached runs first
 * (kernel/bpf/trampoline.c, kernel/kprobes.c). So that what watches surrounds what holds, fexit programs
 * are attached before the steps and everything else after.
 */
enum turn { BEFORE_STEPS, AFTER_STEPS, ANY_TURN };

static enum turn turn_of(const struct bpf_program *program)
{
	return bpf_program__expected_attach_type(program) == BPF_TRACE_FEXIT ? BEFORE_STEPS :
									       AFTER_STEPS;
}

static int attach_programs(const struct probes_bpf *skel, const struct probe_rung *rung,
			   const char *function, enum turn turn, struct bpf_link **links,
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

static int open_skeleton(struct probes_bpf **out, struct why *why)
{
	struct probes_bpf *skel;
	struct bpf_program *program;
	int cpus;

	probes_hear_libbpf();
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return why_set(why, ENOTSUP,
			       "probes: this kernel has no type information "
			       "(/sys/kernel/btf/vmlinux); it needs CONFIG_DEBUG_INFO_BTF=y");
	cpus = libbpf_num_possible_cpus();
	if (cpus < 1 || cpus > CPUS_MAX)
		return why_set(why, ENOTSUP,
			       "probes: %d possible CPUs; at most %d are supported", cpus,
			       CPUS_MAX);
	skel = probes_bpf__open();
	if (!skel)
		return probes_refused(errno, "opening the programs", why);
	bpf_object__for_each_program(program, skel->obj)
		bpf_program__set_autoload(program, false);
	bpf_map__set_autocreate(skel->maps.ballasts, false);
	skel->rodata->nr_cpus = (__u32)cpus;
	*out = skel;
	return 0;
}

/* A rung alone, in a load of its own. */
static int try_alone(const struct probe *probe, const struct probe_rung *rung,
		     struct ground *ground, const char **function, struct why *why)
{
	struct bpf_link *links[RUNG_PROGRAMS_MAX] = { NULL };
	struct probes_bpf *skel = NULL;
	const char *failed = probe->name;
	int err = rung_possible(ground, rung, function, why);

	if (!err)
		err = open_skeleton(&skel, why);
	if (err)
		return err;
	err = want_programs(skel, rung, *function);
	if (!err)
		err = probes_bpf__load(skel);
	if (!err)
		err = attach_programs(skel, rung, *function, ANY_TURN, links, &failed);
	if (err)
		err = probes_refused(-err, failed, why);
	for (int i = 0; i < RUNG_PROGRAMS_MAX; i++)
		bpf_link__destroy(links[i]);
	probes_bpf__destroy(skel);
	return err;
}

static const struct probe_rung *rung_by(const struct probe *probe, enum tier tier)
{
	for (int i = 0; i < RUNGS_MAX && probe->rungs[i].tier; i++)
		if (probe->rungs[i].tier == tier)
			return &probe->rungs[i];
	return NULL;
}

/* All rungs of a tier in one load; -errno when one of them spoils it. */
static int try_together(enum tier tier, struct probes_tried *tried)
{
	struct bpf_link *links[NR_PROBES][RUNG_PROGRAMS_MAX] = { NULL };
	struct probes_bpf *skel = NULL;
	const char *failed;
	struct why why;
	int err = open_skeleton(&skel, &why);

	for (int i = 0; !err && i < NR_PROBES; i++)
		if (!tried[i].err)
			err = want_programs(skel, rung_by(probe_table[i], tier),
					    tried[i].function);
	if (!err)
		err = probes_bpf__load(skel);
	for (int i = 0; !err && i < NR_PROBES; i++)
		if (!tried[i].err)
			err = attach_programs(skel, rung_by(probe_table[i], tier),
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
					try_alone(probe_table[i], rung_by(probe_table[i], tier),
						  &ground, &tried[i].function, &tried[i].why);
	ground_clear(&ground);
}

/* --- choosing --- */

static const struct probe_rung *rung_of(const struct probe_hook *hook)
{
	return rung_by(hook->probe, hook->tier);
}

/* dad is hooked only for an order that cannot do without. */
static bool is_needed(const struct probe *probe)
{
	return probe->needed || probe == &dad_probe;
}

/*
 * The best rung: that looks possible, or `by_trying` one that works alone. A forced tier leaves no choice where the probe has it.
 */
static int choose(struct probe_hook *hook, enum tier forced, struct ground *ground,
		  bool by_trying, struct why *why)
{
	const struct probe *probe = hook->probe;
	struct why last = { "no rung" };

	hook->tier = TIER_AUTO;
	for (int i = 0; i < RUNGS_MAX && probe->rungs[i].tier; i++) {
		if (forced && rung_by(probe, forced) && probe->rungs[i].tier != forced)
			continue;
		if (by_trying ?
			    try_alone(probe, &probe->rungs[i], ground, &hook->function, &last) :
			    rung_possible(ground, &probe->rungs[i], &hook->function, &last))
			continue;
		hook->tier = probe->rungs[i].tier;
		return 0;
	}
	if (!is_needed(probe))
		return 0;
	return why_set(why, ENOTSUP, "probes: %s cannot be hooked on this kernel%s%s (%s); %s",
		       probe->name, forced ? " by tier " : "", forced ? tier_names[forced] : "",
		       last.text, probe->without);
}

static int attach_table(struct probes *probes, enum turn turn, const char **failed)
{
	int err = 0;

	for (int i = 0; !err && i < NR_PROBES; i++) {
		const struct probe_rung *rung = rung_of(&probes->hooks[i]);

		if (rung)
			err = attach_programs(probes->skel, rung, probes->hooks[i].function,
					      turn, &probes->links[i * RUNG_PROGRAMS_MAX],
					      failed);
	}
	return err;
}

static int want_watchpoints(const struct probes *probes)
{
	struct bpf_program *const programs[] = {
		probes->skel->progs.watchpoint_find,
		probes->skel->progs.watchpoint_mark,
		probes->skel->progs.watchpoint_hit,
	};
	struct bpf_program *births[WATCHPOINT_BIRTH_PROGRAMS];
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(programs) / sizeof(programs[0]); i++)
		err = bpf_program__set_autoload(programs[i], true);
	watchpoint_birth_programs(probes->skel, births);
	for (int i = 0; !err && ground_has_kprobes() && i < WATCHPOINT_BIRTH_PROGRAMS; i++)
		err = bpf_program__set_autoload(births[i], true);
	return err;
}

static int load_and_attach(struct probes *probes, struct why *why)
{
	const char *failed = "the programs";
	int err = open_skeleton(&probes->skel, why);

	if (err)
		return err;
	for (int i = 0; !err && i < NR_PROBES; i++) {
		const struct probe_rung *rung = rung_of(&probes->hooks[i]);

		if (rung)
			err = want_programs(probes->skel, rung, probes->hooks[i].function);
	}
	for (uint32_t i = 0; !err && i < probes->ask->nr_steps; i++)
		err = probes_step_want(probes, i);
	if (!err && probes->ask->watchpoints)
		err = want_watchpoints(probes);
	if (!err && probes->ask->code)
		err = bpf_program__set_autoload(probes->skel->progs.code_read, true);
	if (!err)
		err = probes_bpf__load(probes->skel);
	if (!err)
		err = attach_table(probes, BEFORE_STEPS, &failed);
	for (uint32_t i = 0; !err && i < probes->ask->nr_steps; i++) {
		failed = probes->step_functions[i];
		err = probes_step_attach(probes, i);
	}
	if (!err)
		err = attach_table(probes, AFTER_STEPS, &failed);
	return err ? probes_refused(-err, failed, why) : 0;
}

static void unload(struct probes *probes)
{
	for (int i = 0; i < NR_LINKS; i++) {
		bpf_link__destroy(probes->links[i]);
		probes->links[i] = NULL;
	}
	for (int i = 0; i < STEPS_MAX; i++) {
		bpf_link__destroy(probes->step_links[i]);
		probes->step_links[i] = NULL;
	}
	probes_bpf__destroy(probes->skel);
	probes->skel = NULL;
}

uint64_t probes_program_misses(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return 0;
	return info.recursion_misses;
}

static uint64_t missed_now(const struct probes *probes)
{
	uint64_t missed = 0;

	for (int i = 0; i < NR_PROBES; i++) {
		const struct probe_rung *rung = rung_of(&probes->hooks[i]);

		if (!rung || !is_needed(probes->hooks[i].probe))
			continue;
		for (int j = 0; j < RUNG_PROGRAMS_MAX && rung->programs[j]; j++)
			missed += probes_program_misses(
				probes_program(probes->skel, rung->programs[j]));
	}
	for (uint32_t i = 0; i < STEPS_MAX; i++)
		missed += probes_step_missed(probes, i);
	return missed;
}

bool probes_left_out(const struct probes_ask *ask, const struct probe *probe)
{
	for (int i = 0; i < PROBES_WITHOUT_MAX && ask->without[i]; i++)
		if (!strcmp(ask->without[i], probe->name))
			return true;
	return ask->counts_only && probe != &counts_probe;
}

int probes_open(const struct probes_ask *ask, struct probes **out, struct why *why)
{
	struct probes *probes = calloc(1, sizeof(*probes));
	struct ground ground = { 0 };
	int err = 0;

	if (!probes)
		return why_set(why, ENOMEM, "probes: out of memory");
	probes->ask = ask;
	for (int i = 0; i < SLOTS; i++)
		probes->rings[i] = -1;
	probes_steps_look_for(ask, &ground);
	for (int i = 0; !err && i < NR_PROBES; i++) {
		probes->hooks[i].probe = probe_table[i];
		if (probes_left_out(ask, probe_table[i]))
			continue;
		err = choose(&probes->hooks[i], ask->tier, &ground, false, why);
	}
	if (!err)
		err = probes_steps_choose(probes, &ground, why);
	if (!err && ask->counts_only) {
		err = load_and_attach(probes, why); /* its only rung */
	} else if (!err && load_and_attach(probes, why)) {
		/* One of them looked possible and is not: try each alone. */
		unload(probes);
		for (int i = 0; !err && i < NR_PROBES; i++)
			if (probes->hooks[i].tier)
				err = choose(&probes->hooks[i], ask->tier, &ground, true, why);
		if (!err)
			err = load_and_attach(probes, why);
	}
	ground_clear(&ground);
	if (!err)
		err = probes_lanes_map(probes, why);
	if (!err)
		err = probes_find_offsets(probes, why);
	if (!err && probes->without_loop)
		probes_steps_note_turns(probes);
	if (err) {
		probes_close(probes);
		return err;
	}
	probes->missed_before = missed_now(probes);
	probes->ask = NULL;
	*out = probes;
	return 0;
}

void probes_close(struct probes *probes)
{
	if (!probes)
		return;
	probes_lanes_unmap(probes);
	unload(probes);
	free(probes);
}

const struct probe_hook *probes_hooks(const struct probes *probes)
{
	return probes->hooks;
}

uint64_t probes_missed(const struct probes *probes)
{
	return missed_now(probes) - probes->missed_before;
}
