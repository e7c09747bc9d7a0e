// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "loader/ground.h"
#include "loader/parts.h"
#include "probes.skel.h"
#include "table/rows.h"

enum { STEP_NAME = 40 };

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
			 "; only its part %s exists, which kprobes alone can hook", suffix);
	probes->hooks[NR_PROBES + i].note = note;
}

static int choose_step(struct probes *probes, uint32_t i, const struct probes_step *step,
		       enum tier forced, struct ground *ground, struct why *why)
{
	struct probe_hook *hook = &probes->hooks[NR_PROBES + i];
	const char *found = find_step(step, ground);

	if (!found)
		return why_set(
			why, ENOTSUP,
			"place %s: this kernel has no function %s; the compiler inlined it, or its module is not loaded",
			step->place, step->functions[0]);
	snprintf(probes->step_functions[i], sizeof(probes->step_functions[i]), "%s", found);
	hook->probe = &step_probe;
	hook->function = probes->step_functions[i];
	probes->at_return[i] = step->at_return;
	probes->at_poll[i] = step->polls;
	note_step(probes, i, step);
	if (forced != TIER_KPROBE && !ground_try_fentry(ground, hook->function))
		hook->tier = TIER_FENTRY;
	else if (forced != TIER_FENTRY && ground_has_kprobes())
		hook->tier = TIER_KPROBE;
	else
		return why_set(
			why, ENOTSUP, "place %s: %s cannot be hooked on this kernel by %s",
			step->place, hook->function,
			forced == TIER_FENTRY ? "fentry" : "fentry, and it has no kprobes");
	return 0;
}

/* The object that the steps' programs are in. */
static const struct probes_bpf *skel_of_steps(const struct probes *probes)
{
	return probes->step_skel ? probes->step_skel : probes->skel;
}

static void look_for(const struct probes_step *steps, uint32_t nr, struct ground *ground)
{
	for (uint32_t i = 0; i < nr; i++)
		for (int j = 0; j < SITE_FUNCTIONS_MAX && steps[i].functions[j]; j++)
			ground_want(ground, steps[i].functions[j]);
}

void probes_steps_look_for(const struct probes_ask *ask, struct ground *ground)
{
	look_for(ask->steps, ask->nr_steps, ground);
}

int probes_steps_choose(struct probes *probes, struct ground *ground, struct why *why)
{
	int err = 0;

	if (probes->ask->nr_steps)
		probes->without_loop = !probes_helper_works(BPF_FUNC_loop);
	for (uint32_t i = 0; !err && i < probes->ask->nr_steps; i++)
		err = choose_step(probes, i, &probes->ask->steps[i], probes->ask->tier, ground,
				  why);
	return err;
}

int probes_step_want(struct probes *probes, uint32_t i)
{
	const struct probes_bpf *skel = skel_of_steps(probes);
	struct bpf_program *program;
	char name[STEP_NAME];
	int err;

	step_program(probes, i, name);
	program = probes_program(skel, name);
	err = bpf_program__set_autoload(program, true);
	if (probes->at_poll[i])
		skel->rodata->step_polls |= 1U << i;
	if (!err && probes->hooks[NR_PROBES + i].tier == TIER_FENTRY)
		err = bpf_program__set_attach_target(program, 0, probes->step_functions[i]);
	if (!err && probes->without_loop)
		err = bpf_map__set_autocreate(skel->maps.ballasts, true);
	if (!err && probes->without_loop)
		err = bpf_program__set_autoload(skel->progs.step_old_cost, true);
	return err;
}

int probes_step_attach(struct probes *probes, uint32_t i)
{
	struct bpf_program *program;
	char name[STEP_NAME];

	step_program(probes, i, name);
	program = probes_program(skel_of_steps(probes), name);
	probes->step_links[i] =
		probes->hooks[NR_PROBES + i].tier == TIER_FENTRY ?
			bpf_program__attach(program) :
			bpf_program__attach_kprobe(program, probes->at_return[i],
						   probes->step_functions[i]);
	return probes->step_links[i] ? 0 : -errno;
}

void probes_steps_unload(struct probes *probes)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		bpf_link__destroy(probes->step_links[i]);
		probes->step_links[i] = NULL;
	}
	probes_bpf__destroy(probes->step_skel);
	probes->step_skel = NULL;
}

static bool is_of_constants(const struct bpf_map *map)
{
	const char *dot = strrchr(bpf_map__name(map), '.');

	return dot && !strcmp(dot, ".rodata");
}

/* Lanes and counters are those of the first object; constants tell of the steps, too. */
static int share_maps(const struct probes *probes)
{
	struct bpf_map *map;
	int err = 0;

	*probes->step_skel->rodata = *probes->skel->rodata;
	probes->step_skel->rodata->step_polls = 0;
	bpf_object__for_each_map(map, probes->step_skel->obj)
	{
		int fd = bpf_map__fd(
			bpf_object__find_map_by_name(probes->skel->obj, bpf_map__name(map)));

		if (!err && fd >= 0 && !is_of_constants(map))
			err = bpf_map__reuse_fd(map, fd);
	}
	return err;
}

static int load_steps(struct probes *probes, uint32_t nr)
{
	int err = share_maps(probes);

	for (uint32_t i = 0; !err && i < nr; i++)
		if (probes->hooks[NR_PROBES + i].tier)
			err = probes_step_want(probes, i);
	return err ? err : probes_bpf__load(probes->step_skel);
}

int probes_steps_change(struct probes *probes, const struct probes_step *steps, uint32_t nr,
			enum tier forced, struct why *why)
{
	struct ground ground = { 0 };
	int err;

	probes_steps_unload(probes);
	for (uint32_t i = 0; i < STEPS_MAX; i++)
		probes->hooks[NR_PROBES + i] = (struct probe_hook){ 0 };
	probes->without_loop = !probes_helper_works(BPF_FUNC_loop);
	look_for(steps, nr, &ground);
	err = rungs_open(&probes->step_skel, why);
	for (uint32_t i = 0; !err && i < nr; i++) {
		struct why not_hooked;

		probes->hooks[NR_PROBES + i].probe = &step_probe;
		probes->step_functions[i][0] = '\0';
		choose_step(probes, i, &steps[i], forced, &ground, &not_hooked);
	}
	if (err)
		return err;
	err = load_steps(probes, nr);
	for (uint32_t i = 0; !err && i < nr; i++)
		if (probes->hooks[NR_PROBES + i].tier && probes_step_attach(probes, i))
			probes->hooks[NR_PROBES + i].tier = TIER_AUTO;
	memset(probes->skel->bss->step_passes, 0, sizeof(probes->skel->bss->step_passes));
	return err ? probes_refused(-err, "the places of the explorer", why) : 0;
}

/*
 * What a turn of a size costs, in nanoseconds: the least of some tries; 0 when it could not be
 * asked.
 */
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

void probes_steps_note_turns(struct probes *probes)
{
	uint64_t fine_ns = turn_cost(probes, 0), medium_ns = turn_cost(probes, 1);
	uint64_t most_ns = STEP_OLD_FINE_TURNS * fine_ns + STEP_OLD_MEDIUM_TURNS * medium_ns +
			   (STEP_OLD_TURNS - STEP_OLD_FINE_TURNS - STEP_OLD_MEDIUM_TURNS) *
				   turn_cost(probes, 2);

	for (int i = 0; i < STEPS_MAX && probes->hooks[NR_PROBES + i].probe; i++) {
		char *note = probes->step_notes[i];
		size_t used = strlen(note);

		snprintf(note + used, sizeof(probes->step_notes[i]) - used,
			 "; without bpf_loop (Linux 5.17) it ends up to %" PRIu64
			 " us late, after %" PRIu64 " ms up to %" PRIu64
			 " us late, and lasts %" PRIu64 " ms at most",
			 fine_ns / 1000, STEP_OLD_FINE_TURNS * fine_ns / 1000000,
			 medium_ns / 1000, most_ns / 1000000);
	}
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
	return probes_program_misses(probes_program(skel_of_steps(probes), name)) +
	       (hook->tier == TIER_KPROBE ? link_misses(probes->step_links[step]) : 0);
}

/* --- for the doctor --- */

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
}
