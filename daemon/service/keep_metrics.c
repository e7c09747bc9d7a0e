// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "service/parts.h"

#define METRICS_FILE "metrics.json"

/* --- of a campaign --- */

static bool add_signature(struct kept *kept, const char *signature)
{
	char **more;

	for (uint32_t i = 0; i < kept->nr_signatures; i++)
		if (!strcmp(kept->signatures[i], signature))
			return false;
	more = kept->nr_signatures < METRICS_SIGNATURES_MAX ?
		       realloc(kept->signatures, (kept->nr_signatures + 1) * sizeof(*more)) :
		       NULL;
	if (!more)
		return false;
	kept->signatures = more;
	more[kept->nr_signatures] = strdup(signature);
	kept->nr_signatures += more[kept->nr_signatures] != NULL;
	return true;
}

static void count_trial(struct kept *kept, const char *line, size_t length)
{
	json_auto_t *json = fields_parse_bytes(line, length);
	struct trial_line trial = { 0 };

	if (!json || fields_from_json(&trial_fields, json, &trial))
		return;
	metrics_add_trial(&kept->metrics, &trial);
	kept->trials++;
	if (trial.signature && add_signature(kept, trial.signature))
		kept->metrics.findings++;
}

void keep_save_metrics(struct kept *kept)
{
	json_t *signatures = json_array();
	json_auto_t *json = NULL;
	char *text;

	for (uint32_t i = 0; i < kept->nr_signatures; i++)
		json_array_append_new(signatures, json_string(kept->signatures[i]));
	json = json_pack("{sI si so so}", "counted", (json_int_t)kept->counted, "trials",
			 (int)kept->trials, "signatures", signatures, "counts",
			 metrics_to_json(&kept->metrics));
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	if (text &&
	    store_write(kept->service->store, kept->ticket.id, METRICS_FILE, text, NULL))
		log_say(LOG_LEVEL_WARNING, kept->ticket.id, NULL,
			"its metrics cannot be saved in " METRICS_FILE);
	free(text);
}

void keep_count_lines(struct kept *kept, struct tail *tail)
{
	enum line_type type;
	const char *line;
	size_t length;

	while ((type = tail_peek(tail, &line, &length)) != LINE_NONE && type != LINE_OTHER) {
		if (type == LINE_TRIAL)
			count_trial(kept, line, length);
		tail_take(tail);
		kept->counted = tail_at(tail);
	}
}

static void load_metrics(struct kept *kept)
{
	char *text = store_read(kept->service->store, kept->ticket.id, METRICS_FILE);
	json_auto_t *json = text ? fields_parse(text) : NULL;
	const json_t *signatures = json_object_get(json, "signatures");

	free(text);
	kept->trials = (uint32_t)fields_count(json, "trials");
	kept->counted = fields_count(json, "counted");
	metrics_from_json(json_object_get(json, "counts"), &kept->metrics);
	for (size_t i = 0; i < json_array_size(signatures); i++)
		if (json_is_string(json_array_get(signatures, i)))
			add_signature(kept, json_string_value(json_array_get(signatures, i)));
}

void keep_load_metrics(struct kept *kept)
{
	struct store_path path =
		store_path(kept->service->store, kept->ticket.id, RESULTS_FILE);
	struct tail *tail;

	load_metrics(kept);
	tail = tail_open(path.text, kept->counted);
	if (tail)
		keep_count_lines(kept, tail);
	tail_close(tail);
}

/* --- of the service --- */

void keep_sum_metrics(const struct service *service, struct metrics *metrics,
		      struct metrics_gauges *gauges)
{
	*metrics = service->removed;
	*gauges = (struct metrics_gauges){ 0 };
	for (uint32_t i = 0; i < service->nr_kept; i++) {
		const struct kept *kept = service->kept[i];

		metrics_add(metrics, &kept->metrics);
		gauges->followers += kept->followers;
		gauges->kept_bytes += kept->bytes;
		switch (kept->ticket.state) {
		case TICKET_QUEUED: gauges->queued++; break;
		case TICKET_PAUSED: gauges->paused++; break;
		case TICKET_RUNNING:
			gauges->running++;
			gauges->running_trials += kept->trials;
			break;
		case TICKET_ENDED:
		case TICKET_STATES: break;
		}
	}
}

void keep_add_removed(const struct kept *kept)
{
	struct service *service = kept->service;
	json_auto_t *json = NULL;
	char *text;

	metrics_add(&service->removed, &kept->metrics);
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
	if (id && *store_path(service->store, id, NULL).text)
		store_remove(service->store, id, NULL); /* usually done already */
}
