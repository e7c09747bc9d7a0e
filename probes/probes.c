// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ground.h"
#include "probes.h"
#include "probes.skel.h"
#include "probes_parts.h"
#include "rows.h"

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

enum { NR_PROBES = sizeof(probe_table) / sizeof(probe_table[0]) - 1 };
enum { NR_LINKS = NR_PROBES * RUNG_PROGRAMS_MAX };
enum { STEP_NAME = 40 };

struct probes {
	struct probes_bpf *skel;
	struct bpf_link *links[NR_LINKS];
	struct probe_hook hooks[NR_PROBES + STEPS_MAX + 1];
	struct bpf_link *step_links[STEPS_MAX];
	char step_functions[STEPS_MAX][GROUND_NAME];
	char step_notes[STEPS_MAX][256];
	bool at_return[STEPS_MAX];
	bool without_loop;	      /* holds have to do without bpf_loop */
	const struct probes_ask *ask; /* while opening */
	struct lane_state *lanes;
	struct counts *counts;
	int rings[SLOTS];
	uint64_t device_keys[SLOTS];
	uint64_t missed_before;
};

/* --- what libbpf says is kept for the sentence, not printed --- */

char libbpf_said[512];

__attribute__((format(printf, 2, 0))) static int keep_words(enum libbpf_print_level level,
							    const char *format, va_list ap)
{
	if (level == LIBBPF_WARN && !libbpf_said[0]) {
		vsnprintf(libbpf_said, sizeof(libbpf_said), format, ap);
		libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	}
	return 0;
}

static bool read_word(const char *path, char *word, size_t size)
{
	FILE *file = fopen(path, "re");
	bool got = file && fgets(word, (int)size, file);

	if (file)
		fclose(file);
	return got;
}

/* The most repeated complaint of this field is a bare "Operation not permitted": say which. */
static int refused(int err, const char *what, struct why *why)
{
	char lockdown[128] = "";

	if (err == EPERM || err == EACCES) {
		if (geteuid() != 0)
			return why_set(
				why, EPERM,
				"probes: %s: not permitted to user %u; run as root, or with "
				"CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN",
				what, geteuid());
		if (read_word("/sys/kernel/security/lockdown", lockdown, sizeof(lockdown)) &&
		    strstr(lockdown, "[confidentiality]"))
			return why_set(
				why, EPERM,
				"probes: %s: the kernel is locked down (confidentiality), "
				"which forbids reading kernel memory; boot with "
				"lockdown=integrity or none",
				what);
		return why_set(
			why, EPERM,
			"probes: %s: refused although we are root: a capability (CAP_BPF, "
			"CAP_PERFMON) is missing, or a container's seccomp filter forbids "
			"bpf(2)%s%s",
			what, libbpf_said[0] ? "; libbpf: " : "", libbpf_said);
	}
	return why_set(why, err, "probes: %s: %s%s%s", what, strerror(err),
		       libbpf_said[0] ? "; libbpf: " : "", libbpf_said);
}

int probes_refused(int err, const char *what, struct why *why)
{
	return refused(err, what, why);
}

/* --- programs that are run on demand --- */

int probes_run(const struct bpf_program *program, const uint64_t *args, uint32_t nr_args,
	       int32_t *returned)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = nr_args * (uint32_t)sizeof(*args));
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	if (!err)
		*returned = (int32_t)opts.retval;
	return err;
}

int probes_walk(const struct bpf_program *program, uint64_t *args, uint32_t nr_args,
		const char *what, struct why *why)
{
	enum { RUNS_MAX = 8192 }; /* some 100 ms; 16 buckets each */
	int32_t next = 0;

	for (int i = 0; i < RUNS_MAX; i++) {
		int err = probes_run(program, args, nr_args, &next);

		if (err || (next < 0 && next != -E2BIG))
			return refused(err ? -err : -next, what, why);
		if (next <= 0)
			break;
		args[nr_args - 1] = (uint32_t)next;
	}
	if (next)
		return why_set(
			why, E2BIG,
			"probes: %s: this machine has more IPv6 neighbours than can be gone "
			"through (`ip -6 neigh show nud all`); `ip -6 neigh flush` removes "
			"them",
			what);
	return 0;
}

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

void probes_try_places(struct probes_place *places, uint32_t nr)
{
	struct ground ground = { 0 };

	for (uint32_t i = 0; i < nr; i++)
		for (int j = 0; places[i].functions[j]; j++)
			ground_want(&ground, places[i].functions[j]);
	for (uint32_t i = 0; i < nr; i++) {
		struct probes_place *place = &places[i];
		const char *found = NULL;

		for (int j = 0; !found && place->functions[j]; j++)
			found = ground_find(&ground, place->functions[j]);
		snprintf(place->function, sizeof(place->function), "%s", found ? found : "");
		place->kprobe = found ? ground_try_kprobe(found) : -ENOENT;
		place->fentry = found ? ground_try_fentry(&ground, found) : -ENOENT;
	}
	ground_clear(&ground);
}

/* --- one load --- */

static struct bpf_program *program_of(const struct probes_bpf *skel, const char *name)
{
	return bpf_object__find_program_by_name(skel->obj, name);
}

static int want_programs(const struct probes_bpf *skel, const struct probe_rung *rung,
			 const char *function)
{
	int err = 0;

	for (int i = 0; !err && i < RUNG_PROGRAMS_MAX && rung->programs[i]; i++) {
		struct bpf_program *program = program_of(skel, rung->programs[i]);

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
		struct bpf_program *program = program_of(skel, rung->programs[i]);

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

	libbpf_set_print(keep_words);
	libbpf_said[0] = '\0';
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
		return refused(errno, "opening the programs", why);
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
		err = refused(-err, failed, why);
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

/* --- steps: holds in functions that the campaign names --- */

static void step_program(const struct probes *probes, uint32_t i, char name[STEP_NAME])
{
	bool fentry = probes->hooks[NR_PROBES + i].tier == TIER_FENTRY;

	snprintf(name, STEP_NAME, "%s_%s_%u", probes->without_loop ? "step_old" : "step",
		 fentry ? (probes->at_return[i] ? "fexit" : "fentry") :
			  (probes->at_return[i] ? "kretprobe" : "kprobe"),
		 i);
}

static const char *find_step(const struct probes_step *step, struct ground *ground)
{
	const char *found = NULL;

	for (int i = 0; !found && i < SITE_FUNCTIONS_MAX && step->functions[i]; i++)
		found = ground_find(ground, step->functions[i]);
	return found;
}

/* What the hook's name does not tell: which hold it is, and what its function is a part of. */
static void note_step(struct probes *probes, uint32_t i, const struct probes_step *step)
{
	const char *function = probes->step_functions[i];
	const char *suffix = strchr(function, '.');
	char *note = probes->step_notes[i];
	size_t size = sizeof(probes->step_notes[i]);
	int used = snprintf(note, size, "hold %u, %s%s", i + 1,
			    step->at_return ? "return of " : "", step->place);

	if (suffix && !strchr(step->place, '.'))
		snprintf(note + used, size - (size_t)used,
			 "; the compiler left %s of it, which only kprobes can hook", suffix);
	probes->hooks[NR_PROBES + i].note = note;
}

static int choose_step(struct probes *probes, uint32_t i, struct ground *ground,
		       struct why *why)
{
	const struct probes_step *step = &probes->ask->steps[i];
	struct probe_hook *hook = &probes->hooks[NR_PROBES + i];
	const char *found = find_step(step, ground);
	enum tier forced = probes->ask->tier;

	if (!found)
		return why_set(
			why, ENOTSUP,
			"probes: this kernel has no function %s (%s); it may be inlined, "
			"or its module not loaded",
			step->functions[0], step->place);
	snprintf(probes->step_functions[i], sizeof(probes->step_functions[i]), "%s", found);
	hook->probe = &step_probe;
	hook->function = probes->step_functions[i];
	probes->at_return[i] = step->at_return;
	note_step(probes, i, step);
	if (forced != TIER_KPROBE && !ground_try_fentry(ground, hook->function))
		hook->tier = TIER_FENTRY;
	else if (forced != TIER_FENTRY && ground_has_kprobes())
		hook->tier = TIER_KPROBE;
	else
		return why_set(why, ENOTSUP, "probes: %s cannot be hooked on this kernel by %s",
			       hook->function,
			       forced == TIER_FENTRY ? "fentry" :
						       "fentry, and it has no kprobes");
	return 0;
}

static void want_functions(const struct probes_ask *ask, struct ground *ground)
{
	for (uint32_t i = 0; i < ask->nr_steps; i++)
		for (int j = 0; j < SITE_FUNCTIONS_MAX && ask->steps[i].functions[j]; j++)
			ground_want(ground, ask->steps[i].functions[j]);
}

static int choose_steps(struct probes *probes, struct ground *ground, struct why *why)
{
	int err = 0;

	if (probes->ask->nr_steps)
		probes->without_loop = !probes_helper_works(&probes_helpers[0]);
	for (uint32_t i = 0; !err && i < probes->ask->nr_steps; i++)
		err = choose_step(probes, i, ground, why);
	return err;
}

static int want_step(struct probes *probes, uint32_t i)
{
	struct bpf_program *program;
	char name[STEP_NAME];
	int err;

	step_program(probes, i, name);
	program = program_of(probes->skel, name);
	err = bpf_program__set_autoload(program, true);
	if (!err && probes->hooks[NR_PROBES + i].tier == TIER_FENTRY)
		err = bpf_program__set_attach_target(program, 0, probes->step_functions[i]);
	if (!err && probes->without_loop)
		err = bpf_map__set_autocreate(probes->skel->maps.ballasts, true);
	if (!err && probes->without_loop)
		err = bpf_program__set_autoload(probes->skel->progs.step_old_cost, true);
	return err;
}

static int attach_step(struct probes *probes, uint32_t i)
{
	struct bpf_program *program;
	char name[STEP_NAME];

	step_program(probes, i, name);
	program = program_of(probes->skel, name);
	probes->step_links[i] =
		probes->hooks[NR_PROBES + i].tier == TIER_FENTRY ?
			bpf_program__attach(program) :
			bpf_program__attach_kprobe(program, probes->at_return[i],
						   probes->step_functions[i]);
	return probes->step_links[i] ? 0 : -errno;
}

/* What a turn of a size costs, in nanoseconds: the least of some tries; 0 when it could not be asked. */
static uint64_t turn_cost(const struct probes *probes, uint64_t size)
{
	enum { TRIES = 5 };
	uint64_t least_ns = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		int32_t ns;

		if (probes_run(probes->skel->progs.step_old_cost, &size, 1, &ns))
			return 0;
		if ((uint32_t)ns < least_ns)
			least_ns = (uint32_t)ns;
	}
	return least_ns;
}

/* Without bpf_loop holds are coarse, and end early: how coarse and how early is measured here. */
static void note_turns(struct probes *probes)
{
	uint64_t fine_ns = turn_cost(probes, 0), medium_ns = turn_cost(probes, 1);
	uint64_t most_ns = STEP_OLD_FINE_TURNS * fine_ns + STEP_OLD_MEDIUM_TURNS * medium_ns +
			   (STEP_OLD_TURNS - STEP_OLD_FINE_TURNS - STEP_OLD_MEDIUM_TURNS) *
				   turn_cost(probes, 2);

	for (int i = 0; i < STEPS_MAX && probes->hooks[NR_PROBES + i].probe; i++) {
		char *note = probes->step_notes[i];
		size_t used = strlen(note);

		snprintf(note + used, sizeof(probes->step_notes[i]) - used,
			 "; no bpf_loop (5.17): it ends to within %" PRIu64
			 " us, after %" PRIu64 " ms to within %" PRIu64
			 " us, and after %" PRIu64 " ms in any case",
			 fine_ns / 1000, STEP_OLD_FINE_TURNS * fine_ns / 1000000,
			 medium_ns / 1000, most_ns / 1000000);
	}
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
		err = want_step(probes, i);
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
		err = attach_step(probes, i);
	}
	if (!err)
		err = attach_table(probes, AFTER_STEPS, &failed);
	return err ? refused(-err, failed, why) : 0;
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

static size_t shared_size(size_t element)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (element * SLOTS + page - 1) / page * page;
}

static int map_memory(struct probes *probes, struct why *why)
{
	void *lanes = mmap(NULL, shared_size(sizeof(struct lane_state)), PROT_READ | PROT_WRITE,
			   MAP_SHARED, bpf_map__fd(probes->skel->maps.lanes), 0);
	void *counts = mmap(NULL, shared_size(sizeof(struct counts)), PROT_READ, MAP_SHARED,
			    bpf_map__fd(probes->skel->maps.count_slots), 0);

	probes->lanes = lanes == MAP_FAILED ? NULL : lanes;
	probes->counts = counts == MAP_FAILED ? NULL : counts;
	if (!probes->lanes || !probes->counts)
		return why_set(why, errno, "probes: mapping shared memory: %s",
			       strerror(errno));
	return 0;
}

static int find_offsets(struct probes *probes, struct why *why)
{
	int32_t unknown;
	int err = probes_run(probes->skel->progs.counts_offsets, NULL, 0, &unknown);

	if (err)
		return refused(-err, "running a program on demand", why);
	if (unknown)
		return why_set(
			why, ENOTSUP,
			"probes: this kernel shows no way to its per-CPU counters: neither "
			"__per_cpu_offset in /proc/kallsyms nor "
			"bpf_map_lookup_percpu_elem (5.19)");
	return 0;
}

/* Runs of a program that the kernel skipped; 0 where it does not count them. */
static uint64_t program_misses(const struct bpf_program *program)
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
			missed += program_misses(program_of(probes->skel, rung->programs[j]));
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
	want_functions(ask, &ground);
	for (int i = 0; !err && i < NR_PROBES; i++) {
		probes->hooks[i].probe = probe_table[i];
		if (probes_left_out(ask, probe_table[i]))
			continue;
		err = choose(&probes->hooks[i], ask->tier, &ground, false, why);
	}
	if (!err)
		err = choose_steps(probes, &ground, why);
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
		err = map_memory(probes, why);
	if (!err)
		err = find_offsets(probes, why);
	if (!err && probes->without_loop)
		note_turns(probes);
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
	if (probes->lanes)
		munmap(probes->lanes, shared_size(sizeof(struct lane_state)));
	if (probes->counts)
		munmap(probes->counts, shared_size(sizeof(struct counts)));
	for (int i = 0; i < SLOTS; i++)
		if (probes->rings[i] >= 0)
			close(probes->rings[i]);
	unload(probes);
	free(probes);
}

struct probes_bpf *probes_skeleton(const struct probes *probes)
{
	return probes->skel;
}

const struct probe_hook *probes_hooks(const struct probes *probes)
{
	return probes->hooks;
}

const struct probe_hook *probes_step_hook(const struct probes *probes, uint32_t step)
{
	return &probes->hooks[NR_PROBES + step];
}

uint64_t probes_step_passes(const struct probes *probes, uint32_t step)
{
	return __atomic_load_n(&probes->skel->bss->step_passes[step], __ATOMIC_RELAXED);
}

/* include/uapi/linux/bpf.h, struct bpf_link_info of a kprobe: `missed` is there since 6.7. */
struct kprobe_link_info {
	__u32 type, id, prog_id, pad;
	__u32 event_type, event_pad;
	__u64 name;
	__u32 name_length, offset;
	__u64 address;
	__u64 missed;
};

static uint64_t link_misses(const struct bpf_link *link)
{
	struct kprobe_link_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) || size < sizeof(info))
		return 0;
	return info.missed;
}

uint64_t probes_step_missed(const struct probes *probes, uint32_t step)
{
	const struct probe_hook *hook = &probes->hooks[NR_PROBES + step];
	char name[STEP_NAME];

	if (!hook->probe)
		return 0;
	step_program(probes, step, name);
	return program_misses(program_of(probes->skel, name)) +
	       (hook->tier == TIER_KPROBE ? link_misses(probes->step_links[step]) : 0);
}

uint64_t probes_missed(const struct probes *probes)
{
	return missed_now(probes) - probes->missed_before;
}

/* --- lanes --- */

struct lane_state *probes_lane(struct probes *probes, uint32_t slot)
{
	return &probes->lanes[slot];
}

int probes_lane_open(struct probes *probes, uint32_t slot, struct why *why)
{
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, RING_BYTES, NULL);

	if (ring < 0)
		return refused(errno, "creating a ring", why);
	if (bpf_map_update_elem(bpf_map__fd(probes->skel->maps.rings), &slot, &ring, BPF_ANY)) {
		int err = errno;

		close(ring);
		return refused(err, "placing a ring", why);
	}
	if (probes->rings[slot] >= 0)
		close(probes->rings[slot]);
	probes->rings[slot] = ring;
	probes->lanes[slot] = (struct lane_state){ 0 };
	return 0;
}

int probes_lane_bind(struct probes *probes, uint32_t slot, uint32_t pidns_inum,
		     uint32_t netns_inum, uint32_t ifindex, const char *name, struct why *why)
{
	struct lane_state *lane = &probes->lanes[slot];
	uint64_t device = (uint64_t)netns_inum << 32 | ifindex;

	lane->pidns_inum = pidns_inum;
	lane->netns_inum = netns_inum;
	lane->ifindex = ifindex;
	snprintf(lane->name, sizeof(lane->name), "%s", name);
	probes->device_keys[slot] = device;
	if (bpf_map_update_elem(bpf_map__fd(probes->skel->maps.lane_of_pidns), &pidns_inum,
				&slot, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(probes->skel->maps.lane_of_device), &device, &slot,
				BPF_ANY))
		return refused(errno, "binding a lane", why);
	return 0;
}

void probes_lane_close(struct probes *probes, uint32_t slot)
{
	struct lane_state *lane = &probes->lanes[slot];

	probes_settling(probes, slot, false);
	if (lane->pidns_inum) {
		bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.lane_of_pidns),
				    &lane->pidns_inum);
		bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.lane_of_device),
				    &probes->device_keys[slot]);
	}
	bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.rings), &slot);
	if (probes->rings[slot] >= 0)
		close(probes->rings[slot]);
	probes->rings[slot] = -1;
	*lane = (struct lane_state){ 0 };
}

void probes_settling(struct probes *probes, uint32_t slot, bool wanted)
{
	__u64 *settling = (__u64 *)&probes->skel->bss->settling;

	if (wanted)
		__atomic_fetch_or(settling, 1ULL << slot, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(settling, ~(1ULL << slot), __ATOMIC_SEQ_CST);
}

void probes_lane_fds(const struct probes *probes, uint32_t slot, int fds[PROBES_LANE_FDS])
{
	struct bpf_program *births[WATCHPOINT_BIRTH_PROGRAMS];

	fds[0] = probes->rings[slot];
	fds[1] = bpf_program__fd(probes->skel->progs.counts_read);
	fds[2] = bpf_program__fd(probes->skel->progs.watchpoint_find);
	fds[3] = bpf_program__fd(probes->skel->progs.watchpoint_mark);
	fds[4] = bpf_program__fd(probes->skel->progs.watchpoint_hit);
	fds[5] = bpf_map__fd(probes->skel->maps.watchpoint_rings);
	fds[6] = bpf_map__fd(probes->skel->maps.watchpoint_states);
	fds[7] = bpf_map__fd(probes->skel->maps.watchpoint_finds);
	fds[8] = bpf_map__fd(probes->skel->maps.cpu_offsets);
	watchpoint_birth_programs(probes->skel, births);
	for (int i = 0; i < WATCHPOINT_BIRTH_PROGRAMS; i++)
		fds[9 + i] = bpf_program__fd(births[i]);
}

enum { COUNTS_ARGS = 5 }; /* see counts_read */

static int run_counts(struct probes *probes, uint32_t slot, uint64_t args[COUNTS_ARGS],
		      struct counts *counts, struct why *why)
{
	int err = probes_walk(probes->skel->progs.counts_read, args, COUNTS_ARGS,
			      "reading reference counts", why);

	if (err)
		return err;
	*counts = probes->counts[slot];
	return 0;
}

int probes_counts(struct probes *probes, uint32_t slot, uint32_t ifindex, struct counts *counts,
		  struct why *why)
{
	uint64_t args[COUNTS_ARGS] = { ifindex, slot };

	return run_counts(probes, slot, args, counts, why);
}

int probes_counts_left(struct probes *probes, uint32_t slot, const struct counts *before,
		       struct counts *counts, struct why *why)
{
	uint64_t args[COUNTS_ARGS] = { before->ifindex, slot, before->device,
				       before->inet6_dev_at };

	return run_counts(probes, slot, args, counts, why);
}

int probes_code(struct probes *probes, uint64_t address, uint8_t *code, uint32_t size,
		struct why *why)
{
	const uint64_t args[] = { address, size };
	uint8_t slot[CODE_BYTES];
	int32_t unreadable;
	__u32 zero = 0;
	int err = probes_run(probes->skel->progs.code_read, args, 2, &unreadable);

	if (err)
		return refused(-err, "reading the kernel's code", why);
	if (unreadable)
		return why_set(why, EFAULT,
			       "probes: the kernel's code cannot be read: no %" PRIu32
			       " bytes at %#" PRIx64,
			       size, address);
	if (bpf_map_lookup_elem(bpf_map__fd(probes->skel->maps.code_slot), &zero, slot))
		return refused(errno, "reading the kernel's code", why);
	memcpy(code, slot, size);
	return 0;
}

/* --- rings --- */

struct ring_reader {
	struct ring_buffer *buffer;
	void (*seen)(const struct record *record, void *arg);
	void *arg;
};

static int hand_over(void *ctx, void *data, size_t size)
{
	struct ring_reader *ring = ctx;

	if (size >= sizeof(struct record))
		ring->seen(data, ring->arg);
	return 0;
}

int ring_open(const struct probes *probes, uint32_t slot,
	      void (*seen)(const struct record *record, void *arg), void *arg,
	      struct ring_reader **out, struct why *why)
{
	struct ring_reader *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return why_set(why, ENOMEM, "probes: out of memory");
	ring->seen = seen;
	ring->arg = arg;
	ring->buffer = ring_buffer__new(probes->rings[slot], hand_over, ring, NULL);
	if (!ring->buffer) {
		int err = errno;

		free(ring);
		return refused(err, "reading a ring", why);
	}
	*out = ring;
	return 0;
}

void ring_close(struct ring_reader *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	free(ring);
}

int ring_fd(const struct ring_reader *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}

void ring_read(struct ring_reader *ring)
{
	ring_buffer__consume(ring->buffer);
}
