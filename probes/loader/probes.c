// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loader/data.h"
#include "loader/parts.h"
#include "probes.skel.h"
#include "table/rows.h"

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
 * The best rung: that looks possible, or `by_trying` one that works alone. A forced tier leaves
 * no choice where the probe has it.
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
			    rung_try(probe, &probe->rungs[i], ground, &hook->function, &last) :
			    rung_possible(ground, &probe->rungs[i], &hook->function, &last))
			continue;
		hook->tier = probe->rungs[i].tier;
		return 0;
	}
	if (last.code == EXIT_INTERNAL) {
		*why = last;
		return -ENOMEM;
	}
	if (!is_needed(probe))
		return 0;
	return why_set(why, ENOTSUP,
		       "probe %s: cannot be hooked on this kernel%s%s (%s); without it, %s",
		       probe->name, forced ? " by tier " : "", forced ? tier_names[forced] : "",
		       last.text, probe->without);
}

static int attach_table(struct probes *probes, enum rung_turn turn, const char **failed)
{
	int err = 0;

	for (int i = 0; !err && i < NR_PROBES; i++) {
		const struct probe_rung *rung = rung_of(&probes->hooks[i]);

		if (rung)
			err = rung_attach(probes->skel, rung, probes->hooks[i].function, turn,
					  &probes->links[i * RUNG_PROGRAMS_MAX], failed);
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
	const char *failed = "the probes";
	int err = rungs_open(&probes->skel, why);

	if (err)
		return err;
	probes->skel->rodata->cpu_offsets_at = data_cpu_offsets();
	for (int i = 0; !err && i < NR_PROBES; i++) {
		const struct probe_rung *rung = rung_of(&probes->hooks[i]);

		if (rung)
			err = rung_want(probes->skel, rung, probes->hooks[i].function);
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
	probes_steps_unload(probes);
	probes_bpf__destroy(probes->skel);
	probes->skel = NULL;
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
		return why_memory(why);
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
