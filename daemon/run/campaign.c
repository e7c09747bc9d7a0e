// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "explore/explore.h"
#include "explore/transfer.h"
#include "guest/kernel_image.h"
#include "guest/plant.h"
#include "guest/vm.h"
#include "lane/bringup.h"
#include "loader/probes.h"
#include "machine/machine.h"
#include "report/report.h"
#include "results/reader.h"
#include "results/results.h"
#include "run/hooks.h"
#include "run/in_guests.h"
#include "run/on_host.h"
#include "run/progress.h"
#include "run/scouts.h"
#include "spec/order.h"
#include "testbed/undo.h"

enum { HOOKS_MAX = 64 };

struct run {
	const struct run_ask *ask;
	char *folder; /* PATH_MAX bytes: that of the results, once there is one */
};

static int complain(const struct why *why, int code)
{
	fprintf(stderr, "dadrace: %s\n", why->text);
	return code;
}

static uint32_t first(const struct run *run)
{
	return run->ask->first ? run->ask->first : 1;
}

/* The tools that machines share must not be in each other's way, nor run on a poisoned kernel. */
static int take_machine(const struct run *run, int *lock, struct why *why)
{
	unsigned int left;

	if (geteuid() != 0)
		return complain(
			&(struct why){ "run: root is needed to make namespaces, devices and "
				       "eBPF programs; try `sudo dadrace run ...`" },
			EXIT_CANNOT);
	if (machine_dirty(why) && !run->ask->force)
		return complain(why, EXIT_BUSY);
	*lock = machine_lock(why);
	if (*lock < 0)
		return complain(why, EXIT_BUSY);
	if (undo_replay(stderr, &left, why) < 0 || left)
		return complain(why, EXIT_BUSY);
	return 0;
}

static uint32_t list_hooks(const struct probes *probes, const struct probes_ask *ask,
			   struct results_hook *hooks, uint32_t max)
{
	uint32_t nr = 0;

	for (const struct probe_hook *h = probes_hooks(probes); h->probe && nr < max; h++)
		if (!probes_left_out(ask, h->probe))
			hooks[nr++] = (struct results_hook){ .probe = h->probe->name,
							     .tier = h->tier,
							     .function = h->function,
							     .note = h->note };
	return nr;
}

/* What both ways of running share: where results and people's words go. */
struct outlets {
	struct results *results;
	struct progress *progress;
};

static int open_outlets(const struct run *run, const struct campaign *campaign,
			struct outlets *outlets, struct why *why)
{
	enum progress_style style = run->ask->tap   ? PROGRESS_TAP :
				    run->ask->quiet ? PROGRESS_QUIET :
						      PROGRESS_PEOPLE;

	if ((run->ask->resume ? results_open_again : results_open)(
		    run->ask->out, campaign, run->ask->json ? stdout : NULL, &outlets->results,
		    why))
		return complain(why, EXIT_CONFIG);
	if (progress_new(style, run->ask->json ? stderr : stdout, campaign,
			 &outlets->progress)) {
		results_close(outlets->results);
		return complain(&(struct why){ "run: out of memory" }, EXIT_INTERNAL);
	}
	why->text[0] = '\0';
	snprintf(run->folder, PATH_MAX, "%s", results_folder(outlets->results));
	return 0;
}

static int close_outlets(struct outlets *outlets, const struct why *why, int code)
{
	progress_free(outlets->progress);
	results_close(outlets->results);
	return why->text[0] ? complain(why, code) : code;
}

/* --- on this kernel --- */

static int open_explorer(const struct run *run, const struct campaign *campaign,
			 struct explorer **explorer, struct why *why)
{
	if (explorer_new(campaign, explorer))
		return why_set(why, ENOMEM, "run: out of memory");
	if (run->ask->learned && learned_read(run->ask->learned, *explorer, why))
		return -EINVAL;
	return explorer_skip_to(*explorer, first(run) - 1) ?
		       why_set(why, ENOMEM, "run: out of memory") :
		       0;
}

static int run_here(const struct run *run, const struct campaign *campaign,
		    const struct probes_ask *asked, struct probes *probes,
		    const struct run_places *places, struct why *why)
{
	struct results_hook hooks[HOOKS_MAX];
	uint32_t nr_hooks = list_hooks(probes, asked, hooks, HOOKS_MAX);
	struct machine machine;
	struct outlets outlets;
	struct runner_ask ask;
	struct explorer *explorer = NULL;
	int err, code = open_outlets(run, campaign, &outlets, why);

	if (code)
		return code;
	for (uint32_t i = 0; i < places->nr && nr_hooks < HOOKS_MAX; i++)
		hooks[nr_hooks++] = places->proposed[i].hook;
	machine_read(&machine);
	err = open_explorer(run, campaign, &explorer, why);
	if (!err)
		err = results_begin(outlets.results, campaign, &machine, hooks, nr_hooks, why);
	if (err) {
		explorer_free(explorer);
		return close_outlets(&outlets, why,
				     err == -EINVAL ? EXIT_CONFIG : EXIT_INTERNAL);
	}
	ask = (struct runner_ask){
		.campaign = campaign,
		.probes = probes,
		.results = outlets.results,
		.progress = outlets.progress,
		.explorer = explorer,
		.first = first(run),
		.ledgered = run->ask->ledgered,
		.keep = run->ask->keep,
	};
	progress_begin(outlets.progress, outlets.results, hooks, nr_hooks);
	code = runner_run(&ask, why);
	explorer_free(explorer);
	return close_outlets(&outlets, why, code);
}

static int run_in_guests(const struct run *run, const struct campaign *campaign,
			 struct why *why)
{
	struct image *image;
	struct outlets outlets = { 0 };
	struct guests_ask ask;
	char *plant = NULL;
	int code;

	if (campaign->device.kind == DEVICE_EXISTING)
		return complain(
			&(struct why){
				"run: device.kind existing names devices of this machine, "
				"which "
				"a virtual machine does not have; leave out kernel, or the "
				"kind" },
			EXIT_CONFIG);
	if (campaign->modules && access(campaign->modules, R_OK))
		return complain(
			&(struct why){ "run: the folder that modules names cannot be read" },
			EXIT_CONFIG);
	if (!vm_installed())
		return complain(
			&(struct why){ "run: qemu-system-x86_64 is not installed; the package "
				       "is qemu-system-x86 (apt-get install qemu-system-x86)" },
			EXIT_CANNOT);
	if (image_open(campaign->kernel, campaign->modules, &image, why))
		return complain(why, EXIT_CONFIG);
	if (plant_make(campaign, image, &plant, why))
		code = complain(why, EXIT_CONFIG);
	else
		code = open_outlets(run, campaign, &outlets, why);
	if (!code) {
		ask = (struct guests_ask){
			.campaign = campaign,
			.image = image,
			.plant = plant,
			.results = outlets.results,
			.progress = outlets.progress,
		};
		progress_begin(outlets.progress, outlets.results, NULL, 0);
		code = guests_run(&ask, why);
		code = close_outlets(&outlets, why, code);
	}
	free(plant);
	image_free(image);
	return code;
}

/* A campaign that is resumed goes on with the places that it began with. */
static enum exits find_places(const struct run *run, const struct campaign *campaign,
			      const struct probes_ask *ask, struct run_places *places,
			      struct why *why)
{
	char *line = run->ask->resume ? results_first_line(run->ask->out) : NULL;
	bool kept = line && !run_places_kept(line, places);

	free(line);
	return kept ? EXIT_CLEAN : run_places_find(campaign, ask, places, why);
}

static int run_on_this_kernel(const struct run *run, const struct campaign *asked,
			      struct why *why)
{
	struct campaign resolved = *asked;
	const struct campaign *campaign = &resolved;
	struct run_places *places = calloc(1, sizeof(*places));
	struct probes_ask ask = { .tier = campaign->tier,
				  .watchpoints = campaign->ledger != LEDGER_OFF };
	struct probes *probes = NULL;
	struct order order = { 0 };
	int lock = -1, code;

	if (!places)
		return complain(&(struct why){ "run: out of memory" }, EXIT_INTERNAL);
	code = plant_check(campaign, why) ? complain(why, EXIT_CONFIG) :
					    take_machine(run, &lock, why);
	if (!code && resolved.explore.mode && !resolved.explore.nr_places) {
		code = find_places(run, asked, &ask, places, why);
		if (code)
			code = complain(why, code);
		resolved.explore.places = places->words;
		resolved.explore.nr_places = places->nr_words;
	}
	if (!code && resolved.explore.mode && !resolved.explore.nr_places)
		code = complain(
			&(struct why){ "explore: this kernel can hook none of the places "
				       "that are proposed (it has neither fentry nor "
				       "kprobes, see `dadrace doctor`); run it with "
				       "--kernel" },
			EXIT_CANNOT);
	run_hooks(campaign, &order, &ask);
	if (!code && probes_open(&ask, &probes, why))
		code = complain(why, EXIT_CANNOT);
	if (!code)
		code = run_here(run, campaign, &ask, probes, places, why);
	probes_close(probes);
	free(places);
	if (lock >= 0)
		close(lock);
	return code;
}

bool run_has_failed(enum exits code)
{
	return code >= EXIT_CANNOT && code != EXIT_RESIDUE;
}

/* Leaves findings/NUMBER.txt beside the results. Without them the results are no worse. */
static void leave_reports(const struct run *run)
{
	struct past *past = NULL;
	struct why why;

	if (past_open(run->folder, &past, &why) || report_all(past, &why))
		complain(&why, 0);
	else if (!run->ask->quiet && !run->ask->tap && past_summary(past)->nr_findings)
		fprintf(run->ask->json ? stderr : stdout,
			"Report, ready to mail: %s/findings/1.txt\n", run->folder);
	past_close(past);
}

enum exits run_campaign(const struct run_ask *ask, char folder[PATH_MAX])
{
	const struct run run = { ask, folder };
	const struct campaign *campaign = ask->campaign;
	struct why why;
	enum exits code;

	folder[0] = '\0';
	if (bringup_check(campaign, &why))
		return complain(&why, EXIT_CONFIG);
	code = campaign->kernel ? run_in_guests(&run, campaign, &why) :
				  run_on_this_kernel(&run, campaign, &why);
	if (folder[0] && !run_has_failed(code))
		leave_reports(&run);
	return code;
}
