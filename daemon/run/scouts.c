// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/scouts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/errands.h"
#include "explore/explore.h"
#include "explore/proposals.h"
#include "explore/traced.h"
#include "machine/ftrace.h"
#include "machine/klog.h"
#include "run/callees_here.h"
#include "run/conclude.h"
#include "run/hooks.h"
#include "run/on_host.h"

enum { OF_TABLE = 2 * ORDER_HOLDS_MAX / 3 };

/* --- what is proposed --- */

struct candidates {
	struct {
		struct order_hold place;
		char why[192];
	} list[RUN_PLACES_PROPOSED];
	struct probes_place hooks[RUN_PLACES_PROPOSED];
	uint32_t nr, of_table;
	const struct driver *driver;
};

static void add_candidate(struct candidates *candidates, const struct campaign *campaign,
			  const struct order_hold *place, const char *why)
{
	struct probes_place *hook = &candidates->hooks[candidates->nr];

	candidates->list[candidates->nr].place = *place;
	snprintf(candidates->list[candidates->nr].why,
		 sizeof(candidates->list[candidates->nr].why), "%s", why);
	if (place->site)
		site_functions(place->site, campaign->device.kind, candidates->driver,
			       hook->functions);
	else
		hook->functions[0] = candidates->list[candidates->nr].place.place;
	candidates->nr++;
}

static void add_table(struct candidates *candidates, const struct campaign *campaign)
{
	for (uint32_t i = 0; explore_proposals[i] && candidates->nr < RUN_PLACES_PROPOSED;
	     i++) {
		struct order order = { 0 };

		/* a table's row, which a test reads */
		order_read_place(&order, explore_proposals[i], NULL);
		add_candidate(candidates, campaign, &order.holds[0], "from the table");
	}
	candidates->of_table = candidates->nr;
}

/* A place of the table may be the same function. */
static bool is_there(const struct candidates *candidates, const struct order_hold *place)
{
	for (uint32_t i = 0; i < candidates->nr; i++) {
		const struct order_hold *other = &candidates->list[i].place;

		if (other->thread != place->thread || other->at_return != place->at_return)
			continue;
		for (const char *const *f = candidates->hooks[i].functions; *f; f++)
			if (!strcmp(*f, place->place))
				return true;
	}
	return false;
}

static void add_seen(struct candidates *candidates, const struct campaign *campaign,
		     const struct proposals *seen)
{
	struct proposal ranked[RUN_PLACES_PROPOSED];
	uint32_t nr = proposals_rank(seen, ranked, RUN_PLACES_PROPOSED);

	for (uint32_t i = 0; i < nr && candidates->nr < RUN_PLACES_PROPOSED; i++)
		if (!is_there(candidates, &ranked[i].place))
			add_candidate(candidates, campaign, &ranked[i].place, ranked[i].why);
	probes_try_places(candidates->hooks + candidates->of_table,
			  candidates->nr - candidates->of_table);
}

static bool is_hookable(const struct campaign *campaign, const struct probes_place *hook)
{
	return (!hook->fentry && campaign->tier != TIER_KPROBE) ||
	       (!hook->kprobe && campaign->tier != TIER_FENTRY);
}

/* --- scouts --- */

enum {
	LEAKS_MOST = 6,	    /* are no reason to know no places; each takes seconds */
	READ_TOGETHER = 16, /* traces of scouts */
};

struct scouts {
	const struct campaign *campaign;
	struct errands errands;
	const struct errand *errand; /* of the trial in hand */
	struct proposals seen;
	struct traced traced;
	struct {
		uint32_t packet, change; /* rows of `traced` */
	} rows[READ_TOGETHER];		 /* of the trials whose traces are not read yet */
	uint32_t begun;			 /* trials */
	bool traces;			 /* functions */
	struct why no_traces;		 /* why not */
	uint64_t beyond_kernel;		 /* changes that it does not make, a bit each */
	uint32_t trials;
	uint32_t faults;
	char faulty[ERRAND_WORDS]; /* the errand of the first that showed one */
	char no_ledger[256];	   /* "": there was one */
	struct why no_calls;	   /* why not all that is called next to references is known */
};

static void read_digest(struct scouts *scouts, const struct digest *digest)
{
	for (int object = 0; object < DIGEST_OBJECTS; object++) {
		if (digest[object].state == LEDGER_UNARMED && object == DIGEST_NET_DEVICE)
			snprintf(scouts->no_ledger, sizeof(scouts->no_ledger), "%s",
				 digest[object].reason);
		if (digest[object].state == LEDGER_UNARMED)
			continue;
		for (uint32_t i = 0; i < digest[object].nr_paths; i++)
			proposals_add(&scouts->seen, digest[object].paths[i].stack,
				      digest[object].paths[i].holds,
				      digest[object].paths[i].puts);
	}
}

static void trace_begins(uint32_t at, void *arg)
{
	struct scouts *scouts = arg;

	if (at >= READ_TOGETHER)
		return;
	traced_end(&scouts->traced);
	traced_begin(&scouts->traced, scouts->rows[at].packet, scouts->rows[at].change);
}

static void called(const char *task, uint32_t pid, const char *function, const char *caller,
		   void *arg)
{
	struct scouts *scouts = arg;

	traced_call(&scouts->traced, task, pid, function, caller);
}

static void read_traces(struct scouts *scouts)
{
	const struct ftrace_reader reader = { trace_begins, called, scouts };

	traced_begin(&scouts->traced, 0, 0);
	ftrace_read(&reader);
	traced_end(&scouts->traced);
}

/* What the trial is made with reaches what it calls. */
static void begin_trace(struct scouts *scouts, const struct trial_spec *spec)
{
	const struct reach packet = { .direction = spec->direction,
				      .message = spec->message,
				      .target = spec->target,
				      .late = explore_is_late(scouts->campaign,
							      spec->offset_us) };
	const struct reach change = { .is_change = true, .change = spec->change };
	uint32_t at = scouts->begun++ % READ_TOGETHER;

	if (!at)
		read_traces(scouts);
	scouts->rows[at].packet = spec->echoes ? traced_row(&scouts->traced, &packet) : 0;
	scouts->rows[at].change = traced_row(&scouts->traced, &change);
	ftrace_mark(at);
}

/* The first that has shown a fault is told. */
static void note_fault(struct scouts *scouts)
{
	errands_leaked(&scouts->errands, scouts->errand);
	if (!scouts->faults++)
		errand_say(scouts->errand, scouts->faulty);
}

/* A guest that says nothing is taken for dead; an empty line is no result. */
static void show_life(void)
{
	if (!klog_in_guest())
		return;
	putchar('\n');
	fflush(stdout);
}

/*
 * It takes half of a trial's time when emulated. Where the trace shows what a packet reaches,
 * references of its late twin are enough: early ones are mostly the same.
 */
static bool has_ledger(const struct scouts *scouts, const struct errand *errand)
{
	return !scouts->traces || !errand->early;
}

/* A device that this kernel lacks, or cannot rename while it is up, it will not have later. */
static bool is_beyond_kernel(const struct evidence *evidence)
{
	return evidence->change_error == EOPNOTSUPP ||
	       (evidence->change_error == EBUSY && evidence->spec.change == CHANGE_RENAME);
}

static bool walked(const struct evidence *evidence, const struct judgement *judgement,
		   const struct digest *digest, void *arg)
{
	struct scouts *scouts = arg;
	const struct trial_spec *spec = &evidence->spec;
	bool fault = verdict_fault(judgement->verdict);

	scouts->trials++;
	if (is_beyond_kernel(evidence))
		scouts->beyond_kernel |= 1ULL << spec->change;
	show_life();
	if (fault)
		note_fault(scouts);
	if (has_ledger(scouts, scouts->errand) &&
	    !change_has(spec->change, CHANGE_DELETES_DEVICE)) /* which has none */
		read_digest(scouts, digest);
	return errands_left(&scouts->errands) &&
	       (!fault || judgement->verdict == VERDICT_LEAK) && scouts->faults < LEAKS_MOST;
}

/* --- what each scout does --- */

/* Late enough for the device to have its address, and early enough for that to be tentative. */
enum { EARLY_SHARE = 8, HOLD_US = 20000 };

static bool send_scout(struct trial_spec *spec, void *arg)
{
	struct scouts *scouts = arg;
	uint64_t late_us = scouts->campaign->explore.offset_us;
	const struct errand *errand = errands_next(&scouts->errands);

	scouts->errand = errand;
	if (!errand->sends)
		spec->echoes = 0;
	spec->direction = errand->direction;
	spec->target = errand->target;
	spec->message = errand->message;
	spec->change = errand->change;
	spec->dad_answer = DAD_ANSWER_NONE;
	spec->offset_us = errand->early ? late_us / EARLY_SHARE : late_us;
	spec->hold_us = spec->offset_us + HOLD_US; /* the window is open that long */
	if (scouts->traces)
		begin_trace(scouts, spec);
	return has_ledger(scouts, errand);
}

/* 0, or a negative errno with the sentence and its code. */
static int run_scouts(const struct campaign *campaign, struct probes *probes,
		      struct scouts *scouts, struct why *why)
{
	struct runner_ask ask = {
		.probes = probes,
		.first = 1,
		.scouted = walked,
		.scouts = send_scout,
		.arg = scouts,
	};
	struct progress *progress = NULL;
	const char *by;
	int err = 0;

	if (progress_new(PROGRESS_QUIET, stderr, campaign, &progress) ||
	    conclude_new(campaign, NULL, progress, &ask.conclusion)) {
		progress_free(progress);
		return why_memory(why);
	}
	if (conclude_plan(ask.conclusion))
		runner_run(&ask);
	by = ask.conclusion->ended_by;
	if (ask.conclusion->failed) {
		*why = ask.conclusion->why;
		err = -EIO;
	} else if (by && !strcmp(by, "signal")) {
		err = why_exit(why, EXIT_INCONCLUSIVE, EINTR,
			       "explore: interrupted before the first trial");
	}
	conclude_free(ask.conclusion);
	progress_free(progress);
	return err;
}

/* As the campaign's, but nothing is held, and the ledger is armed in each. */
static int scout(const struct campaign *asked, const struct probes_ask *asked_probes,
		 struct scouts *scouts, struct why *why)
{
	static enum arm echo = ARM_ECHO;
	struct campaign campaign = *asked;
	struct probes_ask ask = *asked_probes;
	struct probes *probes = NULL;
	struct order places;
	int err;

	scouts->campaign = asked;
	errands_list(asked, &scouts->errands);
	memset(&campaign.stop, 0, sizeof(campaign.stop));
	memset(&campaign.explore, 0, sizeof(campaign.explore));
	campaign.stop.trials = asked->explore.scouts;
	campaign.lanes = 1;
	campaign.ledger = LEDGER_ALWAYS;
	campaign.arms = &echo;
	campaign.nr_arms = 1;
	run_hooks(&campaign, NULL, &places, &ask); /* without an order, no site is asked for */
	ask.code = true;
	err = probes_open(&ask, &probes, why);
	if (!klog_in_guest())
		why_set(&scouts->no_traces, EPERM,
			"functions are traced in guests only: the tracer is the whole machine's");
	else
		scouts->traces = !err && !ftrace_start(&scouts->no_traces);
	if (!err)
		err = run_scouts(&campaign, probes, scouts, why);
	if (scouts->traces) {
		read_traces(scouts);
		ftrace_stop();
	}
	if (err && why->code == EXIT_INCONCLUSIVE) {
		probes_close(probes);
		return err;
	}
	if (scouts->seen.nr_calls)
		kernel_calls_find(probes, &scouts->seen, &scouts->no_calls);
	probes_close(probes);
	/* The campaign itself will say what it cannot do without. */
	if (err)
		snprintf(scouts->no_ledger, sizeof(scouts->no_ledger), "%.255s", why->text);
	return 0;
}

/* --- the choice --- */

static void tell(struct run_places *places, const struct campaign *campaign,
		 const struct order_hold *place, const struct probes_place *hook,
		 const char *why, bool taken)
{
	uint32_t at = places->nr++;
	bool hookable = is_hookable(campaign, hook);
	char words[ORDER_WORDS];

	order_write_place(place, places->proposed[at].words);
	snprintf(places->proposed[at].function, sizeof(places->proposed[at].function), "%s",
		 hook->function[0] ? hook->function : hook->functions[0]);
	order_write_place(place, words);
	snprintf(places->proposed[at].note, sizeof(places->proposed[at].note), "%s, %s: %s",
		 words,
		 taken	  ? "taken" :
		 hookable ? "not taken, there are enough" :
			    "not taken, it cannot be hooked",
		 why);
	places->proposed[at].hook = (struct results_hook){
		.probe = "proposal",
		.tier = !hookable     ? TIER_AUTO :
			!hook->fentry ? TIER_FENTRY :
					TIER_KPROBE,
		.function = places->proposed[at].function,
		.note = places->proposed[at].note,
	};
	if (taken)
		places->words[places->nr_words++] = places->proposed[at].words;
}

/* What the scouts were, and what they saw. */
static void tell_scouts(struct run_places *places, const struct scouts *scouts)
{
	uint32_t at = places->nr++;
	char faults[240] = "";

	if (scouts->faults)
		snprintf(
			faults, sizeof(faults),
			"; %u of these trials showed a fault, the first with %s: run a campaign with `arms: [echo]` to see it without injection",
			scouts->faults, scouts->faulty);
	snprintf(
		places->proposed[at].note, sizeof(places->proposed[at].note),
		"%u trials without injection, which are not counted, showed %u paths of references in %u functions, and %u places next to them; traced were %u calls in %u places%s%.150s%s%s%.120s%s%.120s",
		scouts->trials, scouts->seen.paths, scouts->seen.nr, scouts->seen.nr_beside,
		scouts->traced.calls, scouts->traced.nr, scouts->traces ? "" : "; ",
		scouts->traces ? "" : scouts->no_traces.text, faults,
		scouts->no_ledger[0] ? "; " : "", scouts->no_ledger,
		scouts->no_calls.text[0] ? "; " : "", scouts->no_calls.text);
	places->proposed[at].hook =
		(struct results_hook){ .probe = "scouts", .note = places->proposed[at].note };
}

/*
 * So many of the table, then of what was seen, then again of the table where that is too
 * little.
 */
static void choose(const struct campaign *campaign, const struct candidates *candidates,
		   struct run_places *places)
{
	uint32_t of_table = candidates->of_table;
	bool taken[RUN_PLACES_PROPOSED] = { false };
	const struct {
		uint32_t from, until, most;
	} passes[] = {
		{ 0, of_table, OF_TABLE },
		{ of_table, candidates->nr, ORDER_HOLDS_MAX },
		{ 0, of_table, ORDER_HOLDS_MAX },
	};
	uint32_t nr = 0;

	for (size_t pass = 0; pass < sizeof(passes) / sizeof(passes[0]); pass++)
		for (uint32_t i = passes[pass].from;
		     i < passes[pass].until && nr < passes[pass].most; i++)
			if (!taken[i] && is_hookable(campaign, &candidates->hooks[i])) {
				taken[i] = true;
				nr++;
			}
	for (uint32_t i = 0; i < candidates->nr; i++)
		tell(places, campaign, &candidates->list[i].place, &candidates->hooks[i],
		     candidates->list[i].why, taken[i]);
}

/* All of them are tried, a set after the other: nothing of the table is needed. */
static void take_traced(struct run_places *places, const struct traced *traced)
{
	char words[ORDER_WORDS], reach[REACH_WORDS];

	for (uint32_t i = 0; i < traced->nr; i++) {
		order_write_place(&traced->places[i].place, words);
		run_places_add(places, words);
	}
	for (uint32_t i = 0; i < traced->nr_rows; i++) {
		reach_write(&traced->rows[i], reach);
		run_places_reach(places, reach);
	}
}

/* Those that the kernel makes. */
static void keep_changes(const struct campaign *campaign, uint64_t beyond_kernel,
			 struct run_places *places)
{
	for (uint32_t i = 0; i < campaign->bringup.nr_change && places->nr_changes < CHANGES;
	     i++)
		if (!(beyond_kernel >> campaign->bringup.change[i] & 1))
			places->changes[places->nr_changes++] = campaign->bringup.change[i];
}

/* Tries them one by one: each takes a moment, and the first is mostly one. */
static bool any_hookable(const struct campaign *campaign, struct candidates *candidates)
{
	for (uint32_t i = 0; i < candidates->nr; i++) {
		probes_try_places(&candidates->hooks[i], 1);
		if (is_hookable(campaign, &candidates->hooks[i]))
			return true;
	}
	return false;
}

int run_places_find(const struct campaign *campaign, const struct driver *driver,
		    const struct probes_ask *ask, struct run_places *places, struct why *why)
{
	struct candidates candidates = { .driver = driver };
	struct scouts *scouts = calloc(1, sizeof(*scouts));
	int err = 0;

	if (!scouts)
		return why_memory(why);
	add_table(&candidates, campaign);
	if (campaign->explore.scouts && campaign->ledger != LEDGER_OFF &&
	    any_hookable(campaign, &candidates))
		err = scout(campaign, ask, scouts, why);
	if (!err && scouts->traces && traced_rank(&scouts->traced, &scouts->seen)) {
		take_traced(places, &scouts->traced);
		tell_scouts(places, scouts);
	} else if (!err) {
		probes_try_places(candidates.hooks, candidates.of_table);
		add_seen(&candidates, campaign, &scouts->seen);
		choose(campaign, &candidates, places);
		tell_scouts(places, scouts);
	}
	keep_changes(campaign, scouts->beyond_kernel, places);
	free(scouts);
	return err;
}
