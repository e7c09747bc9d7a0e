// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/campaign.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/transfer.h"
#include "guest/kernel_image.h"
#include "guest/plant.h"
#include "guest/vm.h"
#include "lane/bringup.h"
#include "loader/probes.h"
#include "machine/klog.h"
#include "machine/machine.h"
#include "report/report.h"
#include "results/reader.h"
#include "run/conclude.h"
#include "run/driver.h"
#include "run/hooks.h"
#include "run/in_guests.h"
#include "run/on_host.h"
#include "run/scouts.h"
#include "testbed/undo.h"

enum { HOOKS_MAX = 64 };

/* clang-format off */
static const char needs_root[] = "root is needed to create namespaces, devices and eBPF programs on this kernel: use sudo, or add --kernel IMAGE, which runs the campaign in a virtual machine without root";
/* clang-format on */

static bool lacks_root(const struct campaign *campaign)
{
	return !campaign->kernel && geteuid() != 0;
}

/* The code is given here, where it is known what the step that failed is to the user. */
static bool fail(struct conclusion *c, enum exits code, struct why *why)
{
	why->code = why_code_or(why, code);
	conclude_fail(c, why);
	return false;
}

static bool fail_memory(struct conclusion *c)
{
	struct why why;

	why_memory(&why);
	return fail(c, EXIT_INTERNAL, &why);
}

static uint32_t first_trial(const struct run_ask *ask)
{
	return ask->first ? ask->first : 1;
}

/* --- on this kernel --- */

struct here {
	const struct run_ask *ask;
	struct conclusion *sums;
	struct probes_ask probes_ask;
	struct order order;   /* that the steps of probes_ask point into */
	struct driver driver; /* and this */
	struct probes *probes;
	int lock;
};

/* Results that a run before has left are this campaign's, and of this kernel. */
static bool are_ours(struct conclusion *c)
{
	return !results_kept_line(c->results) || conclude_begin(c, NULL, 0);
}

/*
 * What the campaign asks of a guest and would not get here. Numbers of vm are bounds of those
 * of its runs that have a kernel. A campaign within a guest has none of the others left.
 */
static const char *guest_key(const struct campaign *campaign)
{
	const struct {
		const char *key;
		bool is_given;
	} rows[] = {
		{ "device.kind: nic", campaign->device.kind == DEVICE_NIC && !klog_in_guest() },
		{ "modules", campaign->modules },
		{ "vm.modules", campaign->vm.nr_modules },
		{ "vm.append", campaign->vm.append },
		{ "vm.root", campaign->vm.root },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].is_given)
			return rows[i].key;
	return NULL;
}

/*
 * The tools that machines share must not be in each other's way, nor run on a poisoned kernel.
 */
static bool take_machine(struct here *here)
{
	unsigned int left;
	struct why why;

	if (plant_check(here->sums->campaign, &why))
		return fail(here->sums, EXIT_CONFIG, &why);
	if (guest_key(here->sums->campaign)) {
		why_set(&why, EINVAL, "%s: has an effect in a guest only; add --kernel IMAGE",
			guest_key(here->sums->campaign));
		return fail(here->sums, EXIT_CONFIG, &why);
	}
	if (lacks_root(here->sums->campaign)) {
		why_set(&why, EPERM, "%s", needs_root);
		return fail(here->sums, EXIT_CANNOT, &why);
	}
	if (machine_dirty(&why) && !here->ask->force)
		return fail(here->sums, EXIT_BUSY, &why);
	here->lock = machine_lock(&why);
	if (here->lock < 0)
		return fail(here->sums, why_code(&why), &why);
	if (undo_replay(stderr, &left, &why) < 0 || left)
		return fail(here->sums, why.code ? why.code : EXIT_RESIDUE, &why);
	return true;
}

/*
 * A lane puts its real devices back when it ends. What it could not, or had no time to do, is
 * done here, by the journal of a process that is dead by now.
 */
static void put_back(struct conclusion *c)
{
	struct why why = { "" };
	unsigned int left;

	if (undo_replay(NULL, &left, &why) < 0 || left)
		conclude_residue(c, &why);
}

static bool find_driver(struct here *here)
{
	struct why why;

	if (!run_driver_find(here->sums->campaign, &here->driver, &why))
		return true;
	conclude_fail(here->sums, &why);
	return false;
}

/* Those that an explorer tries when the campaign gives it none. */
static bool find_places(struct here *here)
{
	struct conclusion *c = here->sums;
	struct why why;

	if (!c->campaign->explore.mode || c->campaign->explore.nr_places)
		return true;
	if (run_places_find(c->campaign, &here->driver, &here->probes_ask, &c->places, &why)) {
		conclude_fail(c, &why);
		return false;
	}
	if (c->places.nr_words)
		return true;
	/* clang-format off */
	why_set(&why, ENOTSUP, "explore: this kernel has neither fentry nor kprobes (see `dadrace doctor`), so no place can be hooked; run the campaign in a guest with --kernel");
	/* clang-format on */
	return fail(c, EXIT_CANNOT, &why);
}

/* A resumed campaign is planned already, with the places that it began with. */
static bool plan(struct here *here)
{
	struct conclusion *c = here->sums;
	const struct run_ask *ask = here->ask;
	struct why why;

	if (!c->explorer && !(find_places(here) && conclude_plan(c)))
		return false;
	if (ask->learned && learned_read(ask->learned, c->explorer, &why))
		return fail(c, EXIT_CONFIG, &why);
	tally_from(c->tally, first_trial(ask)); /* its host has the trials before */
	return !explorer_skip_to(c->explorer, first_trial(ask) - 1) || fail_memory(c);
}

static bool open_probes(struct here *here)
{
	struct why why;

	run_hooks(here->sums->campaign, &here->driver, &here->order, &here->probes_ask);
	return !probes_open(&here->probes_ask, &here->probes, &why) ||
	       fail(here->sums, why.code ? why.code : EXIT_CANNOT, &why);
}

static uint32_t list_hooks(const struct here *here, struct results_hook hooks[HOOKS_MAX])
{
	const struct run_places *places = &here->sums->places;
	uint32_t nr = 0;

	for (const struct probe_hook *h = probes_hooks(here->probes); h->probe; h++)
		if (!probes_left_out(&here->probes_ask, h->probe) && nr < HOOKS_MAX)
			hooks[nr++] = (struct results_hook){ .probe = h->probe->name,
							     .tier = h->tier,
							     .function = h->function,
							     .note = h->note };
	for (uint32_t i = 0; i < places->nr && nr < HOOKS_MAX; i++)
		hooks[nr++] = places->proposed[i].hook;
	return nr;
}

static bool begin(struct here *here)
{
	struct results_hook hooks[HOOKS_MAX];
	uint32_t nr = list_hooks(here, hooks);
	struct conclusion *c = here->sums;

	if (!conclude_begin(c, hooks, nr))
		return false;
	progress_begin(c->progress, c->results, hooks, nr);
	return true;
}

static void run_here(const struct run_ask *ask, struct conclusion *c)
{
	struct here here = {
		.ask = ask,
		.sums = c,
		.probes_ask = { .tier = c->campaign->tier,
				.watchpoints = c->campaign->ledger != LEDGER_OFF },
		.lock = -1,
	};

	if (are_ours(c) && take_machine(&here) && find_driver(&here) && plan(&here) &&
	    open_probes(&here) && begin(&here))
		runner_run(&(struct runner_ask){ .conclusion = c,
						 .probes = here.probes,
						 .driver = &here.driver,
						 .first = first_trial(ask),
						 .ledgered = ask->ledgered,
						 .keep = ask->keep });
	if (here.lock >= 0 && c->campaign->device.kind == DEVICE_EXISTING)
		put_back(c);
	probes_close(here.probes);
	if (here.lock >= 0)
		close(here.lock);
}

/* --- in guests --- */

/* Asked for the kernel's name before anything is fetched, and again for its image. */
static bool qemu_can(struct conclusion *c, const struct architecture *architecture)
{
	const struct campaign *campaign = c->campaign;
	struct why why;

	/* clang-format off */
	if (!vm_installed(architecture)) {
		why_set(&why, ENOENT, "%s is not in PATH; on Debian it is in the package %s", architecture->qemu, architecture->qemu_package);
		return fail(c, EXIT_CANNOT, &why);
	}
	if (campaign->device.kind == DEVICE_NIC && !vm_offers(architecture, nics[campaign->device.model].device)) {
		why_set(&why, ENOTSUP, "device.model %s: this QEMU has no device %s (%s -device help); a later version may have it, or choose another model", nic_model_names[campaign->device.model], nics[campaign->device.model].device, architecture->qemu);
		return fail(c, EXIT_CANNOT, &why);
	}
	/* clang-format on */
	return true;
}

static bool guests_can(struct conclusion *c)
{
	const struct campaign *campaign = c->campaign;
	struct why why;

	/* clang-format off */
	if (campaign->device.kind == DEVICE_EXISTING) {
		why_set(&why, EINVAL, "device.kind: existing names devices of this machine, which a guest does not have; remove kernel, or choose another kind");
		return fail(c, EXIT_CONFIG, &why);
	}
	if (campaign->modules && access(campaign->modules, R_OK)) {
		why_set(&why, errno, "modules: %s: %s", campaign->modules, strerror(errno));
		return fail(c, EXIT_CONFIG, &why);
	}
	/* clang-format on */
	return qemu_can(c, architecture_of_package(campaign->kernel));
}

static void run_in_guests(const struct run_ask *run, struct conclusion *c)
{
	const struct kernel_ask kernel = { .name = c->campaign->kernel,
					   .modules = c->campaign->modules,
					   .root = c->campaign->vm.root,
					   .refresh = run->refresh };
	struct guests_ask ask = { .conclusion = c };
	struct kernel_image *image = NULL;
	char *plant = NULL;
	struct why note, why;

	progress_begin(c->progress, c->results, NULL, 0);
	if (!guests_can(c))
		return;
	if (plant_find(c->campaign, &why) || kernel_image_open(&kernel, &image, &note, &why) ||
	    plant_make(c->campaign, image, &plant, &why)) {
		fail(c, EXIT_CONFIG, &why);
	} else if (qemu_can(c, image->architecture)) {
		if (note.text[0])
			progress_say(c->progress, note.text);
		ask.image = image;
		ask.plant = plant;
		guests_run(&ask);
	}
	free(plant);
	kernel_image_free(image);
}

/* --- a campaign --- */

/* Leaves findings/NUMBER.txt beside the results. Without them the results are no worse. */
static void leave_reports(const char *folder, struct progress *progress)
{
	struct past *past = NULL;
	struct why why;

	if (past_open(folder, &past, &why) || report_all(past, &why))
		progress_fail(progress, why.text);
	else
		progress_reports(progress, folder, past_summary(past)->nr_findings);
	past_close(past);
}

static enum exits run(const struct run_ask *ask, struct results *results,
		      struct progress *progress)
{
	const struct campaign *campaign = ask->campaign;
	struct conclusion *c;
	struct why why;
	enum exits code;

	if (conclude_new(campaign, results, progress, &c)) {
		progress_refuse(progress, EXIT_INTERNAL, "out of memory");
		return EXIT_INTERNAL;
	}
	c->resumes = ask->resume;
	if (conclude_resume(c, !campaign->kernel && campaign->ledger == LEDGER_SUSPECTS)) {
		if (bringup_check(campaign, &why))
			conclude_fail(c, &why);
		else if (campaign->kernel)
			run_in_guests(ask, c);
		else
			run_here(ask, c);
	}
	code = conclude_end(c);
	conclude_free(c);
	return code;
}

static int open_results(const struct run_ask *ask, struct results **results, struct why *why)
{
	FILE *stream = ask->json ? stdout : NULL;

	return ask->resume ? results_open_again(ask->out, ask->campaign, stream, results, why) :
			     results_open(ask->out, ask->campaign, stream, results, why);
}

static enum exits open_and_run(const struct run_ask *ask, struct progress *progress,
			       char folder[PATH_MAX])
{
	struct results *results;
	struct why why;
	enum exits code;

	if (open_results(ask, &results, &why)) {
		bool cannot = lacks_root(ask->campaign); /* which may be why */

		code = cannot ? EXIT_CANNOT : why_code_or(&why, EXIT_CONFIG);
		progress_refuse(progress, code, cannot ? needs_root : why.text);
		return code;
	}
	snprintf(folder, PATH_MAX, "%s", results_folder(results));
	code = run(ask, results, progress);
	results_close(results);
	if (!run_has_failed(code))
		leave_reports(folder, progress);
	return code;
}

enum exits run_campaign(const struct run_ask *ask, char folder[PATH_MAX])
{
	enum progress_style style = ask->tap   ? PROGRESS_TAP :
				    ask->quiet ? PROGRESS_QUIET :
						 PROGRESS_PEOPLE;
	struct progress *progress;
	enum exits code;

	folder[0] = '\0';
	if (progress_new(style, ask->json ? stderr : stdout, ask->campaign, &progress)) {
		fputs("dadrace: out of memory\n", stderr);
		return EXIT_INTERNAL;
	}
	code = open_and_run(ask, progress, folder);
	progress_free(progress);
	return code;
}
