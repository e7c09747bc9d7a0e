// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/conclude.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/loop.h"
#include "parse/campaign.h"
#include "results/ledger_line.h"
#include "results/lines.h"

enum { BLIND_MAX = 3 }; /* controls in a row that fail: the campaign proves nothing */

int conclude_new(const struct campaign *campaign, struct results *results,
		 struct progress *progress, struct conclusion **out)
{
	struct conclusion *c = calloc(1, sizeof(*c));

	if (!c || tally_new(campaign, &c->tally)) {
		free(c);
		return -ENOMEM;
	}
	c->campaign = campaign;
	c->results = results;
	c->progress = progress;
	*out = c;
	return 0;
}

void conclude_free(struct conclusion *c)
{
	if (!c)
		return;
	explorer_free(c->explorer);
	tally_free(c->tally);
	json_decref(c->machine);
	free(c);
}

void conclude_stop(struct conclusion *c, const char *by)
{
	if (!c->ended_by)
		c->ended_by = by;
}

void conclude_fail(struct conclusion *c, const struct why *why)
{
	conclude_stop(c, why_code(why) == EXIT_INCONCLUSIVE ? "signal" : "error");
	if (!c->failed)
		c->why = *why;
	c->failed = true;
}

void conclude_residue(struct conclusion *c, const struct why *why)
{
	c->residue = *why;
}

/* True when there was no error. */
static bool went_well(struct conclusion *c, int err, const struct why *why)
{
	if (err)
		conclude_fail(c, why);
	return !err;
}

static bool has_memory(struct conclusion *c, int err)
{
	struct why why;

	if (err)
		why_memory(&why);
	return went_well(c, err, &why);
}

/* --- controls --- */

/* The reference that the lane holds is of the first object that is watched. */
static enum object controlled(const struct campaign *campaign)
{
	enum object first = OBJECTS;

	for (uint32_t i = 0; i < campaign->watch.nr_objects; i++)
		if (campaign->watch.objects[i] < first)
			first = campaign->watch.objects[i];
	return first;
}

static bool is_seen(const struct campaign *campaign, const struct judgement *judgement)
{
	return judgement->verdict == VERDICT_LEAK && judgement->delta == 1 &&
	       !judgement->pinned &&
	       !strcmp(judgement->object, object_names[controlled(campaign)]);
}

void conclude_blind(struct conclusion *c, const struct why *why)
{
	struct why blind = *why;

	if (++c->blind < BLIND_MAX) {
		progress_say(c->progress, why->text);
		return;
	}
	blind.code = EXIT_INCONCLUSIVE;
	conclude_stop(c, "control");
	conclude_fail(c, &blind);
}

bool conclude_control(struct conclusion *c, const struct evidence *evidence,
		      const struct judgement *judgement, const char *line)
{
	const char *object = object_names[controlled(c->campaign)];
	struct why why;
	int err = line ? results_control_line(c->results, line, &why) :
			 results_control(c->results, evidence, judgement, &why);

	if (!went_well(c, err, &why))
		return false;
	if (is_seen(c->campaign, judgement)) {
		c->control_works = true;
		c->blind = 0;
		return true;
	}
	why_set(&why, EBADE,
		"lane %u: the positive control failed: a trial in which 1 reference to %s of %s was held on purpose was judged %s (%s) instead of leak %s +1",
		evidence->lane, object, evidence->device, verdict_names[judgement->verdict],
		judgement->reason, object);
	conclude_blind(c, &why);
	return true;
}

/* --- where it begins --- */

bool conclude_plan(struct conclusion *c)
{
	c->planned = *c->campaign;
	if (c->places.nr_words) {
		c->planned.explore.places = c->places.words;
		c->planned.explore.nr_places = c->places.nr_words;
		c->planned.explore.reach = c->places.reach;
		c->planned.explore.nr_reach = c->places.nr_reach;
	}
	if (c->places.nr_changes) {
		c->planned.bringup.change = c->places.changes;
		c->planned.bringup.nr_change = c->places.nr_changes;
	}
	c->campaign = &c->planned;
	return has_memory(c, explorer_new(c->campaign, &c->explorer));
}

/* What an earlier run has left adds up to the same sums again. */
struct keeping {
	struct conclusion *c;
	bool repeats;
};

/* The whole spec is the plan's, unless trials that the plan depends on are missing. -ENOMEM. */
static int suspect_kept(struct conclusion *c, struct evidence *evidence,
			const struct judgement *judgement)
{
	int err = explorer_next(c->explorer, evidence->spec.trial, &evidence->spec);

	if (!err)
		suspects_add(&c->suspects, evidence, judgement);
	return err == -EAGAIN ? 0 : err;
}

static int add_kept(struct evidence *evidence, const struct judgement *judgement, void *arg)
{
	struct keeping *keeping = arg;
	struct conclusion *c = keeping->c;
	int found = tally_add(c->tally, evidence, judgement, NULL);
	int err = found < 0 ? found : 0;

	if (!err && keeping->repeats)
		err = suspect_kept(c, evidence, judgement);
	c->kept_ns += evidence->ended_ns - evidence->started_ns;
	return err ? err :
		     explorer_recall(c->explorer, evidence->spec.trial, &evidence->behaviour);
}

static int add_kept_ledger(const struct ledger_line *line, void *arg)
{
	struct keeping *keeping = arg;
	struct conclusion *c = keeping->c;

	if (line->final && line->signature)
		suspects_known(&c->suspects, line->signature, strlen(line->signature));
	return tally_add_ledger(c->tally, line);
}

static int add_kept_control(struct evidence *evidence, const struct judgement *judgement,
			    void *arg)
{
	struct keeping *keeping = arg;

	(void)evidence;
	keeping->c->control_works |= is_seen(keeping->c->campaign, judgement);
	return 0;
}

static bool replay(struct conclusion *c, bool repeats)
{
	struct keeping keeping = { c, repeats };
	const struct results_kept kept = { add_kept, add_kept_control, add_kept_ledger,
					   &keeping };
	struct evidence *evidence = calloc(1, sizeof(*evidence));
	struct why why;
	bool good = has_memory(c, evidence ? 0 : -ENOMEM) &&
		    went_well(c, results_replay(c->results, evidence, &kept, &why), &why);

	free(evidence);
	return good;
}

bool conclude_resume(struct conclusion *c, bool repeats)
{
	const char *line = results_kept_line(c->results);
	struct why why;

	if (!line)
		return true;
	if (run_places_kept(line, &c->places)) {
		why_exit(&why, EXIT_CONFIG, EINVAL,
			 "%s: the first line of results.ndjson is not a campaign's",
			 results_folder(c->results));
		conclude_fail(c, &why);
		return false;
	}
	return conclude_plan(c) && replay(c, repeats);
}

void conclude_start(struct conclusion *c)
{
	/* Lanes work side by side. */
	c->started_ns = loop_now() - c->kept_ns / c->campaign->lanes;
}

/* Results of another campaign, or of another kernel, are left as they are. */
static bool has_begun(struct conclusion *c, int err, struct why *why)
{
	if (err && results_kept_line(c->results)) {
		why->code = why_code_or(why, EXIT_CONFIG);
		c->results = NULL;
	}
	return went_well(c, err, why);
}

static void take_machine(struct conclusion *c, json_t *machine)
{
	json_decref(c->machine);
	c->machine = machine;
}

bool conclude_begin(struct conclusion *c, const struct results_hook *hooks, uint32_t nr_hooks)
{
	struct machine machine;
	struct why why;

	machine_read(&machine);
	take_machine(c, fields_to_json(&machine_fields, &machine));
	return has_begun(
		c, results_begin(c->results, c->campaign, &machine, hooks, nr_hooks, &why),
		&why);
}

/* The guest knows its machine, but not the whole campaign: not its own kernel, for example. */
static char *whole_line(const struct campaign *campaign, json_t *json)
{
	char *text = NULL, *line = NULL;

	if (!json_object_set_new(json, "campaign", fields_to_json(&campaign_fields, campaign)))
		text = json_dumps(json, JSON_COMPACT);
	if (text && asprintf(&line, "%s\n", text) < 0)
		line = NULL;
	free(text);
	return line;
}

bool conclude_begin_line(struct conclusion *c, json_t *json)
{
	const char *id = json_string_value(json_object_get(json, "id"));
	char *line = whole_line(c->campaign, json);
	struct why why;
	bool good =
		has_memory(c, line ? 0 : -ENOMEM) &&
		has_begun(c, results_begin_line(c->results, line, id ? id : "", &why), &why);

	take_machine(c, json_incref(json_object_get(json, "machine")));
	free(line);
	return good;
}

/* --- what is added --- */

static bool has_learned(struct conclusion *c, struct evidence *evidence)
{
	int err = explorer_learn(c->explorer, evidence->spec.trial, &evidence->behaviour);
	struct why why;

	if (err == -ENOMEM)
		return has_memory(c, err);
	if (err)
		why_set(&why, -err, "trial %u: does not follow from the trials before it",
			evidence->spec.trial);
	return went_well(c, err, &why);
}

bool conclude_trial(struct conclusion *c, struct evidence *evidence,
		    const struct judgement *judgement, const char *line)
{
	struct why why;
	int found, err;

	if (!has_learned(c, evidence))
		return false;
	found = tally_add(c->tally, evidence, judgement, NULL);
	if (found < 0)
		return has_memory(c, found);
	err = line ? results_trial_line(c->results, line, evidence->spec.trial, judgement,
					&why) :
		     results_trial(c->results, evidence, judgement, &why);
	if (!went_well(c, err, &why))
		return false;
	if (found > 0)
		progress_finding(c->progress, evidence, judgement);
	progress_update(c->progress, c->tally, loop_now());
	return true;
}

bool conclude_ledger(struct conclusion *c, const struct ledger_line *ledger, const char *line)
{
	struct why why;
	int err = line ? results_ledger_line(c->results, line, &why) :
			 results_ledger(c->results, ledger, &why);

	if (!went_well(c, err, &why) || !has_memory(c, tally_add_ledger(c->tally, ledger)))
		return false;
	progress_ledger(c->progress, ledger);
	return true;
}

bool conclude_ended(struct conclusion *c)
{
	const char *by = tally_ends(c->tally);

	if (by)
		conclude_stop(c, by);
	return c->ended_by != NULL;
}

/* --- where it ends --- */

/*
 * A fault that was found stays one; without one, what could not be run to its end proves
 * nothing.
 */
static void tell_failure(const struct conclusion *c, struct summary *summary, char *reason,
			 size_t size)
{
	summary->exit_code = why_code(&c->why);
	if (summary->verdict == CAMPAIGN_FAULT) {
		snprintf(reason, size, "%s; the campaign could not continue: %s",
			 summary->reason, c->why.text);
		if (summary->exit_code == EXIT_CANNOT ||
		    summary->exit_code == EXIT_INCONCLUSIVE)
			summary->exit_code = EXIT_FAULT;
	} else {
		snprintf(reason, size, "%s", c->why.text);
		summary->verdict = summary->exit_code == EXIT_CANNOT ? CAMPAIGN_SKIPPED :
								       CAMPAIGN_INCONCLUSIVE;
	}
	summary->reason = reason;
}

static void tell_sums(struct conclusion *c, struct summary *summary)
{
	tally_summary(c->tally, summary);
	summary->id = results_id(c->results);
	fields_from_json_known(&summary_machine_fields, c->machine, &summary->machine);
	summary->ended_by = c->ended_by;
	summary->elapsed_ms = c->started_ns ? (loop_now() - c->started_ns) / 1000000 : 0;
	summary->stuck = c->stuck;
	summary->control = c->control_works;
	summary->explore.least_chance = NAN;
	if (c->explorer)
		explorer_sums(c->explorer, &summary->explore);
	tally_explored(c->tally, &summary->explore, summary);
}

static void tell_interruption(struct conclusion *c, struct summary *summary)
{
	char how[48];

	snprintf(how, sizeof(how), "interrupted after %u trial%s", summary->trials,
		 summary->trials == 1 ? "" : "s");
	tally_unfinished(c->tally, how, summary);
}

static bool write_end(struct conclusion *c, const struct summary *summary)
{
	struct why why;
	int err = 0;

	for (uint32_t i = 0; !err && i < summary->nr_findings; i++)
		err = results_finding(c->results, &summary->findings[i], &why);
	if (err)
		conclude_fail(c, &why);
	return went_well(c, results_summary(c->results, summary, &why), &why) && !err;
}

enum exits conclude_end(struct conclusion *c)
{
	struct summary summary = { 0 };
	char reason[2 * sizeof(c->why.text)];

	if (!c->results || (c->failed && c->resumes && !c->started_ns)) {
		progress_refuse(c->progress, why_code(&c->why), c->why.text);
		return why_code(&c->why);
	}
	tell_sums(c, &summary);
	if (c->ended_by && !strcmp(c->ended_by, "signal"))
		tell_interruption(c, &summary);
	if (!c->control_works && summary.verdict == CAMPAIGN_CLEAN)
		tally_unfinished(c->tally, "without a positive control", &summary);
	if (c->failed)
		tell_failure(c, &summary, reason, sizeof(reason));
	else if (c->stuck && summary.exit_code != EXIT_FAULT)
		summary.exit_code = EXIT_RESIDUE;
	if (c->residue.text[0])
		summary.exit_code = EXIT_RESIDUE;
	if (!write_end(c, &summary))
		summary.exit_code = why_code(&c->why);
	progress_end(c->progress, &summary, c->results,
		     c->failed		? c->why.text :
		     c->residue.text[0] ? c->residue.text :
					  NULL);
	if (c->failed && c->residue.text[0])
		progress_fail(c->progress, c->residue.text);
	return summary.exit_code;
}
