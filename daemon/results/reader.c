// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/shown.h"
#include "parse/campaign_pinned.h"
#include "results/ledger_line.h"
#include "results/lines.h"
#include "results/merged.h"
#include "results/reader.h"
#include "results/results.h"

struct part {
	char *folder;
	FILE *file;
	struct shard shard; /* 1 of 1, but for explorers that have one past */
};

struct past {
	struct part *parts;	 /* one; or each shard */
	uint32_t nr_parts, part; /* the one that is read */
	json_t *first;		 /* the line of the campaign */
	json_t *summary;	 /* the last line; NULL: there is none */
	struct tally *tally;
	struct summary sums;
	struct coverage coverage;
	struct merged merged; /* of shards */
	char unfinished[128]; /* as past_unfinished() gives it, or "" */
	struct past_trial *trials;
	uint32_t nr_trials, room;
	struct past_ledger *ledgers;
	uint32_t nr_ledgers, room_ledgers;
	struct evidence evidence; /* of the trial in hand */
};

enum {
	LINE_MOST = 4 << 20,  /* bytes; those of a run have some KiB */
	FINDINGS_MOST = 1024, /* each is compared with all others */
};

struct line {
	char *text; /* LINE_MOST and its end */
	off_t at;
	uint32_t number;
};

static bool has_lines(const char *name)
{
	return !strcmp(name, "hang_stack") || !strcmp(name, "bringup_said");
}

/* The texts of a campaign stay as they are, to be run again; its name and kernel are told. */
static int show_campaign(json_t *campaign)
{
	int err = fields_show(json_object_get(campaign, "name"), "");

	return err ? err : fields_show(json_object_get(campaign, "kernel"), "");
}

static json_t *read_foreign(const char *text)
{
	json_t *json = fields_parse(text), *value;
	const char *name;
	int err = 0;

	json_object_foreach(json, name, value)
	{
		if (!err && !strcmp(name, "campaign"))
			err = show_campaign(value);
		else if (!err)
			err = fields_show(value, has_lines(name) ? "\n" : "");
	}
	if (err)
		json_decref(json);
	return err ? NULL : json;
}

static int complain_line(const struct past *past, const struct line *line, struct why *why,
			 const char *what)
{
	return why_set(why, EINVAL, "%s/results.ndjson: line %u %s; was the file edited?",
		       past->parts[past->part].folder, line->number, what);
}

/* --- the first line --- */

static uint32_t read_arms(const json_t *campaign, enum arm arms[ARMS])
{
	const json_t *list = json_object_get(campaign, "arms"), *name;
	uint32_t nr = 0;
	size_t i;

	json_array_foreach(list, i, name)
	{
		for (int arm = 0; arm < ARMS && nr < ARMS; arm++)
			if (json_is_string(name) &&
			    !strcmp(json_string_value(name), arm_names[arm]))
				arms[nr++] = (enum arm)arm;
	}
	return nr;
}

static enum explore_mode read_mode(const json_t *campaign)
{
	const json_t *explore = json_object_get(campaign, "explore");
	const char *name = json_string_value(json_object_get(explore, "mode"));

	for (int mode = 0; name && mode < EXPLORE_MODES; mode++)
		if (!strcmp(name, explore_mode_names[mode]))
			return (enum explore_mode)mode;
	return EXPLORE_OFF;
}

/* Before there was a limit anything below 100% was clean. */
static uint32_t read_limit(const json_t *campaign)
{
	int64_t limit = 1000000;

	fields_integer(json_object_get(campaign, "clean_below_ppm"), 1, limit, &limit);
	return (uint32_t)limit;
}

struct shard past_shard(const struct past *past)
{
	return line_shard(past->first);
}

int past_tally_new(const struct past *past, struct tally **out)
{
	enum arm arms[ARMS];
	struct campaign campaign = {
		.shard = past_shard(past),
		.name = past_name(past),
		.arms = arms,
		.explore.mode = read_mode(past_campaign(past)),
		.clean_below_ppm = read_limit(past_campaign(past)),
	};

	campaign.nr_arms = read_arms(past_campaign(past), arms);
	return campaign.nr_arms ? tally_new(&campaign, out) : -EINVAL;
}

static int take_campaign(struct past *past, json_t *json, const struct line *line,
			 struct why *why)
{
	const json_t *version = json_object_get(json, "schema_version");
	int err;

	if (json_integer_value(version) != RESULTS_SCHEMA_VERSION)
		return why_set(
			why, EINVAL,
			"%s has schema version %lld, but this dadrace reads version %d; use the dadrace that wrote it (%s)",
			past_folder(past), (long long)json_integer_value(version),
			RESULTS_SCHEMA_VERSION,
			json_string_value(json_object_get(json, "dadrace_version")) ?:
										      "unknown");
	past->first = json_incref(json);
	if (past->nr_parts > 1)
		json_object_del(json, "shard"); /* together they are the whole */
	err = past_tally_new(past, &past->tally);
	if (err == -EINVAL)
		return complain_line(past, line, why, "holds no campaign");
	return err ? why_memory(why) : 0;
}

/* --- the trials --- */

/* Room for one more; NULL: out of memory. */
static void *grow(void *list, uint32_t nr, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 64;
	void *grown = nr < *room ? list : reallocarray(list, more, size);

	if (grown && nr == *room)
		*room = more;
	return grown;
}

/*
 * Explorers number their trials alike. In one past they are dealt, one to each shard in turn.
 * 0: there is no such number.
 */
static uint32_t number_of(const struct past *past, uint32_t own)
{
	const struct shard *shard = &past->parts[past->part].shard;
	uint64_t number = (own - 1ULL) * shard->of + shard->index;

	return own && number <= UINT32_MAX ? (uint32_t)number : 0;
}

static int keep_trial(struct past *past, const struct trial_line *told, uint32_t own, off_t at)
{
	struct past_trial *trials =
		grow(past->trials, past->nr_trials, &past->room, sizeof(*trials));

	if (!trials)
		return -ENOMEM;
	past->trials = trials;
	past->trials[past->nr_trials] = (struct past_trial){
		.number = told->spec.trial,
		.own = own,
		.arm = told->spec.arm,
		.verdict = told->verdict,
		.part = past->part,
		.at = at,
	};
	snprintf(past->trials[past->nr_trials].signature, sizeof(past->trials->signature), "%s",
		 told->signature ? told->signature : "");
	past->nr_trials++;
	return 0;
}

static int check_findings(const struct past *past, const struct line *line, struct why *why)
{
	return tally_nr_findings(past->tally) > FINDINGS_MOST ?
		       complain_line(past, line, why, "is one of more than 1024 findings") :
		       0;
}

static int take_trial(struct past *past, const json_t *json, const struct line *line,
		      struct why *why)
{
	struct step_told steps[ORDER_HOLDS_MAX] = { 0 };
	struct trial_line told = { .verdict = VERDICTS,
				   .spec = { .arm = ARMS },
				   .steps = steps,
				   .nr_steps = ORDER_HOLDS_MAX };
	struct judgement judgement;
	uint32_t own;

	if (!past->first)
		return complain_line(past, line, why,
				     "is a trial, but no campaign line came before it");
	if (fields_from_json_known(&trial_fields, json, &told) || told.verdict >= VERDICTS ||
	    told.spec.arm >= ARMS || !number_of(past, told.spec.trial))
		return complain_line(past, line, why, "is not understood as a trial");
	own = told.spec.trial;
	told.spec.trial = number_of(past, own);
	trial_line_back(&told, &past->evidence, &judgement);
	coverage_add(&past->coverage, &told);
	if (tally_add(past->tally, &past->evidence, &judgement, NULL) < 0 ||
	    keep_trial(past, &told, own, line->at))
		return why_memory(why);
	return check_findings(past, line, why);
}

static int keep_ledger(struct past *past, const struct ledger_line *told, off_t at)
{
	struct past_ledger *ledgers =
		grow(past->ledgers, past->nr_ledgers, &past->room_ledgers, sizeof(*ledgers));

	if (!ledgers)
		return -ENOMEM;
	past->ledgers = ledgers;
	ledgers[past->nr_ledgers++] = (struct past_ledger){
		.trial = told->trial,
		.attempt = told->attempt,
		.part = past->part,
		.at = at,
	};
	return 0;
}

static int take_ledger(struct past *past, const json_t *json, const struct line *line,
		       struct why *why)
{
	static struct ledger_told told;
	struct ledger_line ledger = ledger_line_empty(&told);

	if (!past->first)
		return complain_line(past, line, why,
				     "is a ledger, but no campaign line came before it");
	if (fields_from_json_known(&ledger_fields, json, &ledger))
		return complain_line(past, line, why, "is not understood as a ledger");
	ledger.trial = number_of(past, ledger.trial);
	if (tally_add_ledger(past->tally, &ledger) || keep_ledger(past, &ledger, line->at))
		return why_memory(why);
	return check_findings(past, line, why);
}

/* --- lines --- */

static bool is_last(FILE *file)
{
	int c = getc(file);

	if (c != EOF)
		ungetc(c, file);
	return c == EOF;
}

static int take_line(struct past *past, const struct line *line, struct why *why)
{
	json_auto_t *json = read_foreign(line->text);
	const char *type = json_string_value(json_object_get(json, "type"));

	if (!json && memory_was_short())
		return why_memory(why);
	if (!json) /* a crash leaves half a line, but only at the end */
		return is_last(past->parts[past->part].file) ?
			       0 :
			       complain_line(past, line, why, "is not JSON");
	if (!type)
		return complain_line(past, line, why, "has no type");
	if (!strcmp(type, "campaign") && !past->first)
		return take_campaign(past, json, line, why);
	if (!strcmp(type, "trial"))
		return take_trial(past, json, line, why);
	if (!strcmp(type, "ledger"))
		return take_ledger(past, json, line, why);
	if (!strcmp(type, "summary") && !past->summary)
		past->summary = json_incref(json);
	return 0;
}

static const char *summary_text(const struct past *past, const char *name)
{
	return json_string_value(json_object_get(past->summary, name));
}

/* 1: there is one; 0: none is left. */
static int next_line(const struct past *past, struct line *line, struct why *why)
{
	const struct part *part = &past->parts[past->part];

	line->at = ftello(part->file);
	line->number++;
	if (!fgets(line->text, LINE_MOST + 1, part->file))
		return ferror(part->file) ?
			       why_set(why, EIO, "%s/results.ndjson: cannot be read: %s",
				       part->folder, strerror(errno)) :
			       0;
	if (strlen(line->text) == LINE_MOST && line->text[LINE_MOST - 1] != '\n')
		return complain_line(past, line, why, "is longer than 4 MiB");
	return 1;
}

/* The lines of the part in hand. */
static int read_lines(struct past *past, struct why *why)
{
	struct line line = { .text = malloc(LINE_MOST + 1) };
	int err = line.text ? 0 : why_memory(why), more = 1;

	while (!err && (more = next_line(past, &line, why)) > 0)
		err = take_line(past, &line, why);
	if (more < 0)
		err = more;
	free(line.text);
	if (!err && !past->first && past->summary)
		return why_set(why, EINVAL, "%s: the campaign could not be started: %s",
			       past->parts[past->part].folder, summary_text(past, "reason"));
	if (!err && !past->first)
		err = why_set(why, EINVAL,
			      "%s/results.ndjson does not begin with a campaign line",
			      past->parts[past->part].folder);
	return err;
}

/* Results that are not complete are not clean. */
static void judge_end(struct past *past)
{
	static const struct {
		const char *by, *how;
	} ends[] = {
		{ "signal", "interrupted" },
		{ "error", "stopped by an error" },
		{ "control", "stopped because its positive controls failed" },
	};
	const char *by = summary_text(past, "ended_by");
	const char *how = past->summary ? NULL : "killed or still running";

	for (size_t i = 0; by && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(by, ends[i].by))
			how = ends[i].how;
	if (!how) {
		if (json_is_false(json_object_get(past->summary, "control")))
			tally_unfinished(past->tally, "without a positive control",
					 &past->sums);
		return;
	}
	snprintf(past->unfinished, sizeof(past->unfinished), "%s after %u trial%s", how,
		 past->sums.trials, past->sums.trials == 1 ? "" : "s");
	tally_unfinished(past->tally, past->unfinished, &past->sums);
}

static int open_part(struct part *part, const char *folder, struct why *why)
{
	char *path = NULL;
	int err = 0;

	part->folder = strdup(folder);
	if (!part->folder || asprintf(&path, "%s/results.ndjson", folder) < 0)
		return why_memory(why);
	part->file = fopen(path, "re");
	if (!part->file) {
		err = errno;
		err = why_exit(why, why_short_of(err) ? EXIT_INTERNAL : 0, err,
			       "%s cannot be read: %s%s", path, strerror(err),
			       err == ENOENT || err == ENOTDIR ?
				       "; name a folder that `dadrace run` has written" :
				       "");
	}
	free(path);
	return err;
}

/* What an explorer has covered, it has counted itself, at its end. */
static void judge_explored(struct past *past)
{
	struct explore_sums *sums = &past->sums.explore;

	if (fields_from_json_known(&explored_fields, json_object_get(past->summary, "explore"),
				   sums))
		*sums = (struct explore_sums){ 0 };
	sums->mode = read_mode(past_campaign(past));
	tally_explored(past->tally, sums, &past->sums);
}

static void sum_up(struct past *past)
{
	tally_summary(past->tally, &past->sums);
	judge_explored(past);
	judge_end(past);
	past->sums.id = json_string_value(json_object_get(past->first, "id"));
	fields_from_json_known(&summary_machine_fields, past_machine(past),
			       &past->sums.machine);
	past->sums.ended_by = summary_text(past, "ended_by");
	past->sums.elapsed_ms = fields_count(past->summary, "elapsed_ms");
	past->sums.control = json_is_true(json_object_get(past->summary, "control"));
	past->sums.decided = summary_text(past, "decided");
}

struct opened {
	const char *folder;
	struct shard shard;
};

static int open_parts(const struct opened *opened, uint32_t nr, struct past **out,
		      struct why *why)
{
	struct past *past = calloc(1, sizeof(*past));
	int err = 0;

	if (past)
		past->parts = calloc(nr, sizeof(*past->parts));
	if (!past || !past->parts) {
		free(past);
		return why_memory(why);
	}
	past->nr_parts = nr;
	for (uint32_t i = 0; !err && i < nr; i++) {
		past->part = i;
		past->parts[i].shard = opened[i].shard;
		err = open_part(&past->parts[i], opened[i].folder, why);
		err = err ?: read_lines(past, why);
	}
	if (err) {
		past_close(past);
		return err;
	}
	sum_up(past);
	*out = past;
	return 0;
}

int past_open(const char *folder, struct past **out, struct why *why)
{
	return open_parts(&(struct opened){ folder, { 1, 1 } }, 1, out, why);
}

/* Of the first shard that is unfinished, or else of the first. */
static void take_end(struct past *past, struct past *const *runs, uint32_t nr)
{
	struct summary *sums = &past->sums;

	past->unfinished[0] = '\0';
	sums->ended_by = past_summary(runs[0])->ended_by;
	sums->decided = NULL;
	for (uint32_t i = 0; i < nr; i++) {
		const char *unfinished = past_unfinished(runs[i]);

		if (!sums->decided)
			sums->decided = past_summary(runs[i])->decided;
		if (!unfinished || past->unfinished[0])
			continue;
		sums->ended_by = past_summary(runs[i])->ended_by;
		snprintf(past->unfinished, sizeof(past->unfinished), "shard %u of %u %.95s",
			 past_shard(runs[i]).index, past_shard(runs[i]).of, unfinished);
	}
}

/* The verdict knows which shards are missing or unfinished; they ran side by side. */
static void take_merged(struct past *past, struct past *const *runs, uint32_t nr,
			const struct merged *merged)
{
	struct summary *sums = &past->sums;

	past->merged = *merged;
	sums->explore = merged->explored;
	take_end(past, runs, nr);
	sums->verdict = merged->verdict;
	sums->reason = past->merged.reason;
	sums->fault_rate_bound_ppm = merged->fault_rate_bound_ppm;
	for (uint32_t i = 0; i < nr; i++) {
		sums->control = sums->control && past_summary(runs[i])->control;
		if (past_summary(runs[i])->elapsed_ms > sums->elapsed_ms)
			sums->elapsed_ms = past_summary(runs[i])->elapsed_ms;
	}
}

int past_open_shards(struct past *const *runs, uint32_t nr, const struct merged *merged,
		     struct past **out, struct why *why)
{
	struct opened *opened = calloc(nr, sizeof(*opened));
	bool are_alike = nr > 1 && merged->explored.mode;
	int err;

	for (uint32_t i = 0; opened && i < nr; i++)
		opened[i] = (struct opened){ past_folder(runs[i]),
					     are_alike ? past_shard(runs[i]) :
							 (struct shard){ 1, 1 } };
	err = opened ? open_parts(opened, nr, out, why) : why_memory(why);
	if (!err)
		take_merged(*out, runs, nr, merged);
	free(opened);
	return err;
}

void past_close(struct past *past)
{
	if (!past)
		return;
	for (uint32_t i = 0; i < past->nr_parts; i++) {
		if (past->parts[i].file)
			fclose(past->parts[i].file);
		free(past->parts[i].folder);
	}
	free(past->parts);
	tally_free(past->tally);
	json_decref(past->first);
	json_decref(past->summary);
	free(past->trials);
	free(past->ledgers);
	free(past);
}

/* --- what it says --- */

const char *past_folder(const struct past *past)
{
	return past->parts[0].folder;
}

const char *past_folder_at(const struct past *past, uint32_t shard)
{
	return shard < past->nr_parts ? past->parts[shard].folder : NULL;
}

const char *past_folder_of(const struct past *past, const struct past_trial *trial)
{
	return past->parts[trial->part].folder;
}

const json_t *past_campaign(const struct past *past)
{
	return json_object_get(past->first, "campaign");
}

static const char *campaign_word(const struct past *past, const char *name)
{
	return json_string_value(json_object_get(past_campaign(past), name));
}

const char *past_name(const struct past *past)
{
	const char *name = campaign_word(past, "name");

	return name ? name : "campaign";
}

const char *past_kernel(const struct past *past)
{
	return campaign_word(past, "kernel");
}

const json_t *past_machine(const struct past *past)
{
	return json_object_get(past->first, "machine");
}

const char *past_release(const struct past *past)
{
	return json_string_value(json_object_get(past_machine(past), "release")) ?: "?";
}

uint64_t past_started_ms(const struct past *past)
{
	return fields_count(past->first, "started_unix_ms");
}

bool past_renumbers(const struct past *past)
{
	return past->parts[0].shard.of > 1;
}

const char *past_unfinished(const struct past *past)
{
	return past->unfinished[0] ? past->unfinished : NULL;
}

bool past_is_whole(const struct past *past)
{
	return !past_unfinished(past) && past->sums.trials &&
	       !json_is_false(json_object_get(past->summary, "control"));
}

const struct tally *past_tally(const struct past *past)
{
	return past->tally;
}

const struct coverage *past_coverage(const struct past *past)
{
	return &past->coverage;
}

const struct summary *past_summary(const struct past *past)
{
	return &past->sums;
}

const struct past_trial *past_trials(const struct past *past, uint32_t *nr)
{
	*nr = past->nr_trials;
	return past->trials;
}

const struct past_trial *past_trial(const struct past *past, uint32_t number)
{
	for (uint32_t i = 0; i < past->nr_trials; i++)
		if (past->trials[i].number == number)
			return &past->trials[i];
	return NULL;
}

const struct past_ledger *past_ledger(const struct past *past, uint32_t trial, uint32_t attempt)
{
	for (uint32_t i = 0; i < past->nr_ledgers; i++)
		if (past->ledgers[i].trial == trial && past->ledgers[i].attempt == attempt)
			return &past->ledgers[i];
	return NULL;
}

static json_t *line_at(const struct part *part, off_t at, const char *what, uint32_t trial,
		       struct why *why)
{
	char *text = NULL;
	size_t size = 0;
	json_t *json = NULL;

	if (!fseeko(part->file, at, SEEK_SET) && getline(&text, &size, part->file) > 0)
		json = read_foreign(text);
	free(text);
	if (!json)
		why_set(why, EIO, "%s %u of %s can no longer be read", what, trial,
			part->folder);
	return json;
}

/* Its number in the past, whoever reads the line. */
static void number_line(json_t *of, uint32_t number)
{
	json_object_set_new(of, "trial", json_integer(number));
}

json_t *past_line(const struct past *past, const struct past_trial *trial, struct why *why)
{
	json_t *line = line_at(&past->parts[trial->part], trial->at, "trial", trial->own, why);

	number_line(json_object_get(line, "spec"), trial->number);
	return line;
}

json_t *past_ledger_line(const struct past *past, const struct past_ledger *ledger,
			 struct why *why)
{
	json_t *line = line_at(&past->parts[ledger->part], ledger->at, "a ledger of trial",
			       ledger->trial, why);

	number_line(line, ledger->trial);
	return line;
}

/* What is shown of a character of a JSON text is the same character in JSON: \u007f. */
static char *spec_of(const struct past *past, const json_t *spec, struct why *why)
{
	char *text = campaign_spec(past_campaign(past), spec);
	char *shown = text ? shown_text(text, "") : NULL;

	free(text);
	if (!shown)
		why_memory(why);
	return shown;
}

char *past_spec(const struct past *past, const struct past_trial *trial, struct why *why)
{
	json_auto_t *line = past_line(past, trial, why);

	return line ? spec_of(past, json_object_get(line, "spec"), why) : NULL;
}

char *past_spec_of_repeat(const struct past *past, const struct past_ledger *repeat,
			  struct why *why)
{
	json_auto_t *told = past_ledger_line(past, repeat, why);
	json_auto_t *line = told ? past_line(past, past_trial(past, repeat->trial), why) : NULL;
	json_t *spec = json_object_get(line, "spec");

	if (!line)
		return NULL;
	json_object_set(spec, "order", json_object_get(told, "order"));
	return spec_of(past, spec, why);
}
