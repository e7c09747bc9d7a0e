// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "service/parts.h"

#define METRICS_FILE "metrics.json"

/* --- of a campaign --- */

static bool add_signature(struct sums *sums, const char *signature)
{
	char **more;

	for (uint32_t i = 0; i < sums->nr_signatures; i++)
		if (!strcmp(sums->signatures[i], signature))
			return false;
	more = sums->nr_signatures < METRICS_SIGNATURES_MAX ?
		       realloc(sums->signatures, (sums->nr_signatures + 1) * sizeof(*more)) :
		       NULL;
	if (!more)
		return false;
	sums->signatures = more;
	more[sums->nr_signatures] = strdup(signature);
	sums->nr_signatures += more[sums->nr_signatures] != NULL;
	return true;
}

void sums_free(struct sums *sums)
{
	for (uint32_t i = 0; sums && i < sums->nr_signatures; i++)
		free(sums->signatures[i]);
	if (sums)
		free(sums->signatures);
	free(sums);
}

static void count_trial(struct kept *kept, const char *line, size_t length)
{
	json_auto_t *json = fields_parse_bytes(line, length);
	struct metrics *total = &kept->service->total, *own = &kept->sums->metrics;
	struct trial_line trial = { 0 };

	if (!json || fields_from_json(&trial_fields, json, &trial))
		return;
	metrics_add_trial(own, &trial);
	metrics_add_trial(total, &trial);
	kept->trials++;
	if (trial.signature && add_signature(kept->sums, trial.signature)) {
		own->findings++;
		total->findings++;
	}
}

static bool save_metrics(const struct kept *kept)
{
	const struct sums *sums = kept->sums;
	json_t *signatures = json_array();
	json_auto_t *json = NULL;
	bool is_saved;
	char *text;

	for (uint32_t i = 0; i < sums->nr_signatures; i++)
		json_array_append_new(signatures, json_string(sums->signatures[i]));
	json = json_pack("{sI si so so}", "counted", (json_int_t)kept->counted, "trials",
			 (int)kept->trials, "signatures", signatures, "counts",
			 metrics_to_json(&sums->metrics));
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	is_saved = text && !store_write(kept->service->store, kept->ticket.id, METRICS_FILE,
					text, NULL);
	if (!is_saved)
		log_say(LOG_LEVEL_WARNING, kept->ticket.id, NULL,
			"its metrics cannot be saved in " METRICS_FILE);
	free(text);
	return is_saved;
}

void keep_save_metrics(struct kept *kept)
{
	if (kept->sums)
		save_metrics(kept);
}

void keep_put_metrics(struct kept *kept)
{
	if (!kept->sums || !save_metrics(kept))
		return;
	sums_free(kept->sums);
	kept->sums = NULL;
}

static struct sums *read_sums(const struct kept *kept, json_t **json)
{
	char *text = store_read(kept->service->store, kept->ticket.id, METRICS_FILE);
	struct sums *sums = calloc(1, sizeof(*sums));
	const json_t *signatures;

	*json = text ? fields_parse(text) : NULL;
	free(text);
	if (!sums)
		return NULL;
	metrics_from_json(json_object_get(*json, "counts"), &sums->metrics);
	signatures = json_object_get(*json, "signatures");
	for (size_t i = 0; i < json_array_size(signatures); i++)
		if (json_is_string(json_array_get(signatures, i)))
			add_signature(sums, json_string_value(json_array_get(signatures, i)));
	return sums;
}

struct sums *keep_sums(const struct kept *kept)
{
	json_auto_t *json = NULL;

	return kept->sums ? kept->sums : read_sums(kept, &json);
}

void keep_sums_done(const struct kept *kept, struct sums *sums)
{
	if (sums != kept->sums)
		sums_free(sums);
}

/* They become those that are counted on. */
static bool have_sums(struct kept *kept)
{
	if (!kept->sums)
		kept->sums = keep_sums(kept);
	return kept->sums;
}

void keep_count_verdict(struct kept *kept)
{
	struct metrics *total = &kept->service->total, *own;

	if (!have_sums(kept))
		return;
	own = &kept->sums->metrics;
	for (int i = 0; i <= CAMPAIGN_VERDICTS; i++)
		total->campaigns[i] -= own->campaigns[i];
	memset(own->campaigns, 0, sizeof(own->campaigns));
	metrics_add_campaign(own, kept->ticket.verdict);
	metrics_add_campaign(total, kept->ticket.verdict);
}

bool keep_count_lines(struct kept *kept, struct tail *tail)
{
	uint64_t until = loop_now() + SLICE_NS;
	enum line_type type;
	const char *line;
	size_t length;

	while ((type = tail_peek(tail, &line, &length)) != LINE_NONE && type != LINE_OTHER) {
		if (loop_now() >= until)
			return false;
		if (type == LINE_TRIAL && !have_sums(kept))
			return true; /* out of memory: it is counted later */
		if (type == LINE_TRIAL)
			count_trial(kept, line, length);
		tail_take(tail);
		kept->counted = tail_at(tail);
	}
	return true;
}

void keep_load_metrics(struct kept *kept)
{
	struct store_path path =
		store_path(kept->service->store, kept->ticket.id, RESULTS_FILE);
	json_auto_t *json = NULL;
	struct tail *tail;
	uint64_t saved;

	kept->sums = read_sums(kept, &json);
	if (!kept->sums)
		return;
	metrics_add(&kept->service->total, &kept->sums->metrics);
	kept->trials = (uint32_t)fields_count(json, "trials");
	saved = fields_count(json, "counted");
	kept->counted = saved;
	tail = tail_open(path.text, kept->counted);
	while (tail && !keep_count_lines(kept, tail))
		continue;
	tail_close(tail);
	if (kept->counted != saved) {
		keep_put_metrics(kept);
		return;
	}
	sums_free(kept->sums);
	kept->sums = NULL;
}

/* --- of the service --- */

struct metrics_gauges keep_gauges(const struct service *service)
{
	const struct kept *running = service->run.kept;

	return (struct metrics_gauges){
		.queued = service->nr_in[TICKET_QUEUED],
		.paused = service->nr_in[TICKET_PAUSED],
		.running = service->nr_in[TICKET_RUNNING],
		.running_trials = running ? running->trials : 0,
		.kept_bytes = service->kept_bytes,
		.followers = service->followers,
	};
}

void keep_add_removed(const struct kept *kept)
{
	struct service *service = kept->service;
	struct sums *sums = keep_sums(kept);
	json_auto_t *json = NULL;
	char *text;

	if (sums)
		metrics_add(&service->removed, &sums->metrics);
	keep_sums_done(kept, sums);
	json = json_pack("{ss so}", "removed", kept->ticket.id, "counts",
			 metrics_to_json(&service->removed));
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	if (!text || store_write(service->store, NULL, METRICS_FILE, text, NULL))
		log_say(LOG_LEVEL_WARNING, kept->ticket.id, NULL,
			"the metrics of removed campaigns cannot be saved in " METRICS_FILE);
	free(text);
}

void keep_load_removed(struct service *service)
{
	char *text = store_read(service->store, NULL, METRICS_FILE);
	json_auto_t *json = text ? fields_parse(text) : NULL;
	const char *id = json_string_value(json_object_get(json, "removed"));

	free(text);
	metrics_from_json(json_object_get(json, "counts"), &service->removed);
	metrics_add(&service->total, &service->removed);
	if (id && *store_path(service->store, id, NULL).text)
		store_remove(service->store, id, NULL); /* usually done already */
}
