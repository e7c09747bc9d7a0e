// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "trial/shard.h"

/* --- I/N --- */

static bool is_within(const struct shard *shard)
{
	return shard->index && shard->index <= shard->of && shard->of <= SHARDS_MAX;
}

static int read_pair(const char *text, struct shard *shard, struct why *why)
{
	const char *slash = strchr(text, '/');
	char index[16] = "";

	if (slash && slash - text < (long)sizeof(index))
		memcpy(index, text, (size_t)(slash - text));
	if (slash && options_number(index, 1, SHARDS_MAX, &shard->index) &&
	    options_number(slash + 1, 1, SHARDS_MAX, &shard->of) && is_within(shard))
		return 0;
	return why_exit(
		why, EXIT_USAGE, EINVAL,
		"--shard %s: not a shard; give I/N, such as 1/4 for the first of 4 (N is at most %d), or auto",
		text, SHARDS_MAX);
}

/* --- auto --- */

/* The index counts from `least`, or from the number that `least_in` holds, by `step_in`. */
struct scheduler {
	const char *name, *index, *of;
	uint32_t least;
	const char *least_in, *step_in; /* NULL: none */
};

/* clang-format off */
static const struct scheduler schedulers[] = {
	/* Kubernetes sets the index only; JOB_COMPLETIONS is for the manifest to set. */
	{ "Kubernetes", "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", 0, NULL, NULL },
	{ "Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", 0, "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP" },
	{ "GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1, NULL, NULL },
};
/* clang-format on */

enum { SCHEDULERS = sizeof(schedulers) / sizeof(schedulers[0]) };

/* False: it is set to something else than a number. Unset, the number stays as it is. */
static bool read_number(const char *variable, uint32_t *number)
{
	const char *text = variable ? getenv(variable) : NULL;

	return !text || options_number(text, 0, 0, number);
}

static int refuse_scheduler(const struct scheduler *s, struct why *why)
{
	const char *index = getenv(s->index), *of = getenv(s->of);

	return why_exit(
		why, EXIT_CONFIG, EINVAL,
		"--shard auto: %s=%.32s and %s%s%.32s name no shard of a %s job; set %s to the number of its tasks, or give I/N",
		s->index, index ? index : "", s->of, of ? "=" : " (not set)", of ? of : "",
		s->name, s->of);
}

static int read_scheduler(const struct scheduler *s, struct shard *shard, struct why *why)
{
	uint32_t number = 0, least = s->least, step = 1;
	bool read = read_number(s->index, &number) && read_number(s->of, &shard->of) &&
		    read_number(s->least_in, &least) && read_number(s->step_in, &step);

	if (!read || !step || number < least || (number - least) % step)
		return refuse_scheduler(s, why);
	shard->index = (number - least) / step + 1;
	return is_within(shard) ? 0 : refuse_scheduler(s, why);
}

static int read_environment(struct shard *shard, struct why *why)
{
	const struct scheduler *found = NULL;

	for (int i = 0; i < SCHEDULERS; i++) {
		if (!getenv(schedulers[i].index))
			continue;
		if (found)
			return why_exit(
				why, EXIT_CONFIG, EINVAL,
				"--shard auto: both %s and %s are set, so the shard is not known; give I/N",
				found->index, schedulers[i].index);
		found = &schedulers[i];
	}
	if (!found)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"--shard auto: neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID nor CI_NODE_INDEX is set, so this is no part of a job that is known; give I/N");
	return read_scheduler(found, shard, why);
}

/* --- what a plan can be shared into --- */

static int check(const struct campaign *campaign, struct why *why)
{
	const struct shard *shard = &campaign->shard;
	uint32_t trials = campaign->stop.trials, block = campaign->nr_arms;
	uint32_t blocks = trials / block + (trials % block > 0);

	if (trials && shard->of > blocks)
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"--shard %u/%u: stop.trials %u is %u block%s of %u arm%s, and each shard needs a block; use at most %u shard%s",
			shard->index, shard->of, trials, blocks, blocks == 1 ? "" : "s", block,
			block == 1 ? "" : "s", blocks, blocks == 1 ? "" : "s");
	return 0;
}

int command_shard(const char *text, struct campaign *campaign, struct why *why)
{
	struct shard shard = { 0 };
	int err;

	if (!text)
		return 0;
	err = strcmp(text, "auto") ? read_pair(text, &shard, why) :
				     read_environment(&shard, why);
	if (err)
		return err;
	campaign->shard = shard;
	err = check(campaign, why);
	if (!err)
		shard_explorer(campaign);
	return err;
}

int command_shard_dealt(const char *text, struct campaign *campaign, struct why *why)
{
	return text ? read_pair(text, &campaign->shard, why) : 0;
}
