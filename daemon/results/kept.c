// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/parts.h"

enum { NUMBER_MAX = 100000000 }; /* the limit of stop.trials */

bool line_is(const char *line, const char *type)
{
	size_t length = strlen(type);

	return !strncmp(line, "{\"type\":\"", 9) && !strncmp(line + 9, type, length) &&
	       line[9 + length] == '"';
}

static bool is_same_shard(const json_t *a, const json_t *b)
{
	struct shard left = line_shard(a), right = line_shard(b);

	return left.index == right.index && left.of == right.of;
}

/* With how many lanes does not matter: "auto" is another number where there are fewer CPUs. */
static json_t *plan_of(json_t *line)
{
	json_t *campaign = json_object_get(line, "campaign");

	json_object_del(campaign, "lanes");
	return campaign;
}

int results_check_kept(struct results *results, const char *line, struct why *why)
{
	json_auto_t *kept = fields_parse(results->first_line);
	json_auto_t *now = fields_parse(line);
	json_t *kernel = json_object_get(json_object_get(kept, "machine"), "btf_id");

	if (!json_equal(plan_of(kept), plan_of(now)))
		return why_set(
			why, EINVAL,
			"%s holds the results of another campaign; choose another folder with --out",
			results->folder);
	if (!is_same_shard(kept, now))
		return why_set(
			why, EINVAL,
			"%s holds the results of another --shard; choose another folder with --out",
			results->folder);
	if (!json_equal(kernel, json_object_get(json_object_get(now, "machine"), "btf_id")))
		return why_set(
			why, EINVAL,
			"%s holds results of another kernel, and one verdict cannot cover two kernels; start a new run with another --out",
			results->folder);
	return 0;
}

int results_begin_kept(struct results *results, const struct results_campaign *now,
		       struct why *why)
{
	char *line = fields_to_line(&campaign_line_fields, "campaign", now);
	int r = line ? results_check_kept(results, line, why) : why_memory(why);

	free(line);
	return r;
}

static int mark_done(struct results *results, uint32_t trial)
{
	if (!trial || trial > NUMBER_MAX)
		return -EINVAL;
	if (trial >= results->nr_done) {
		uint32_t room = (trial / 8 + 1) * 2;
		uint8_t *more = realloc(results->done, room);

		if (!more)
			return -ENOMEM;
		memset(more + results->nr_done / 8, 0, room - results->nr_done / 8);
		results->done = more;
		results->nr_done = room * 8;
	}
	results->done[trial / 8] |= (uint8_t)(1u << trial % 8);
	results->last_trial = trial;
	return 0;
}

char *results_first_line(const char *folder)
{
	char path[4096], *line = NULL;
	size_t size = 0;
	FILE *lines;

	snprintf(path, sizeof(path), "%s/" LINES_FILE, folder);
	lines = fopen(path, "re");
	if (lines && getline(&line, &size, lines) < 0) {
		free(line);
		line = NULL;
	}
	if (lines)
		fclose(lines);
	return line;
}

const char *results_kept_line(const struct results *results)
{
	return results->first_line;
}

bool results_has(const struct results *results, uint32_t trial)
{
	return trial < results->nr_done && results->done[trial / 8] >> trial % 8 & 1;
}

/* -EINVAL: not understood. */
static int replay_trial(struct results *results, const json_t *json, bool is_control,
			struct evidence *evidence, const struct results_kept *kept)
{
	uint64_t features[BEHAVIOUR_FEATURES_MAX];
	struct trial_line trial = { .explore = { .features = features,
						 .nr_features = BEHAVIOUR_FEATURES_MAX } };
	struct judgement judgement;

	if (fields_from_json(&trial_fields, json, &trial) ||
	    (!is_control && mark_done(results, trial.spec.trial)))
		return -EINVAL;
	trial_line_back(&trial, evidence, &judgement);
	return (is_control ? kept->control : kept->trial)(evidence, &judgement, kept->arg);
}

static int replay_ledger(struct results *results, const json_t *json,
			 const struct results_kept *kept)
{
	struct ledger_line line = ledger_line_empty(&results->ledger_told);

	return fields_from_json(&ledger_fields, json, &line) ? -EINVAL :
							       kept->ledger(&line, kept->arg);
}

int results_replay(struct results *results, struct evidence *evidence,
		   const struct results_kept *kept, struct why *why)
{
	char path[64], *line = NULL;
	size_t size = 0, number = 0;
	FILE *lines;
	int r = 0;

	if (!results->first_line)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", results->lines_fd);
	lines = fopen(path, "re");
	if (!lines)
		return why_exit(why, results_exit_of(errno), errno,
				"%s/" LINES_FILE " cannot be read: %s", results->folder,
				strerror(errno));
	while (!r && getline(&line, &size, lines) > 0) {
		json_auto_t *json = number++ ? fields_parse(line) : NULL;

		if (number == 1) /* the campaign's */
			continue;
		r = line_is(line, "ledger") ?
			    replay_ledger(results, json, kept) :
			    replay_trial(results, json, line_is(line, "control"), evidence,
					 kept);
		if (r == -EINVAL)
			why_set(why, EINVAL, "%s/" LINES_FILE ": line %zu is not understood",
				results->folder, number);
		else if (r)
			why_set(why, -r, "out of memory");
	}
	free(line);
	fclose(lines);
	return r;
}
