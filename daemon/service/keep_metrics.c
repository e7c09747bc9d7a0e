// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "service/parts.h"

#define COUNTS_FILE "counts.json"

/* --- of a campaign --- */

static bool add_signature(struct kept *kept, const char *signature)
{
	char **more;

	for (uint32_t i = 0; i < kept->nr_signatures; i++)
		if (!strcmp(kept->signatures[i], signature))
			return false;
	more = kept->nr_signatures < COUNTS_SIGNATURES_MAX ?
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
	json_auto_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	struct trial_line trial = { 0 };

	if (!json || fields_from_json(&trial_fields, json, &trial))
		return;
	counts_trial(&kept->counts, &trial);
	kept->trials++;
	if (trial.signature && add_signature(kept, trial.signature))
		kept->counts.findings++;
}

void keep_save_counts(struct kept *kept)
{
	json_t *signatures = json_array();
	json_auto_t *json = NULL;
	char *text;

	for (uint32_t i = 0; i < kept->nr_signatures; i++)
		json_array_append_new(signatures, json_string(kept->signatures[i]));
	json = json_pack("{sI si so so}", "counted", (json_int_t)kept->counted, "trials",
			 (int)kept->trials, "signatures", signatures, "counts",
			 counts_to_json(&kept->counts));
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	if (text && store_write(kept->service->store, kept->entry.id, COUNTS_FILE, text, NULL))
		log_say(LOG_LEVEL_WARNING, kept->entry.id, NULL,
			"its counts cannot be written");
	free(text);
}

void keep_count_lines(struct kept *kept, struct lines *lines)
{
	enum line_type type;
	const char *line;
	size_t length;

	while ((type = lines_peek(lines, &line, &length)) != LINE_NONE && type != LINE_OTHER) {
		if (type == LINE_TRIAL)
			count_trial(kept, line, length);
		lines_take(lines);
		kept->counted = lines_at(lines);
	}
}

static void load_counts(struct kept *kept)
{
	char *text = store_read(kept->service->store, kept->entry.id, COUNTS_FILE);
	json_auto_t *json = text ? fields_parse(text) : NULL;
	const json_t *signatures = json_object_get(json, "signatures");

	free(text);
	kept->trials = (uint32_t)json_integer_value(json_object_get(json, "trials"));
	kept->counted = (uint64_t)json_integer_value(json_object_get(json, "counted"));
	counts_from_json(json_object_get(json, "counts"), &kept->counts);
	for (size_t i = 0; i < json_array_size(signatures); i++)
		if (json_is_string(json_array_get(signatures, i)))
			add_signature(kept, json_string_value(json_array_get(signatures, i)));
}

void keep_load_counts(struct kept *kept)
{
	struct store_path path = store_path(kept->service->store, kept->entry.id, RESULTS_FILE);
	struct lines *lines;

	load_counts(kept);
	lines = lines_open(path.text, kept->counted);
	if (lines)
		keep_count_lines(kept, lines);
	lines_close(lines);
}

/* --- of the service --- */

void keep_sum_counts(const struct service *service, struct counts *counts,
		     struct counts_gauges *gauges)
{
	*counts = service->removed;
	*gauges = (struct counts_gauges){ 0 };
	for (uint32_t i = 0; i < service->nr_kept; i++) {
		const struct kept *kept = service->kept[i];

		counts_add(counts, &kept->counts);
		gauges->followers += kept->followers;
		gauges->kept_bytes += kept->bytes;
		switch (kept->entry.state) {
		case ENTRY_QUEUED: gauges->queued++; break;
		case ENTRY_PAUSED: gauges->paused++; break;
		case ENTRY_RUNNING:
			gauges->running++;
			gauges->running_trials += kept->trials;
			break;
		case ENTRY_ENDED:
		case ENTRY_STATES: break;
		}
	}
}

void keep_add_removed(const struct kept *kept)
{
	struct service *service = kept->service;
	json_auto_t *json = NULL;
	char *text;

	counts_add(&service->removed, &kept->counts);
	json = json_pack("{ss so}", "removed", kept->entry.id, "counts",
			 counts_to_json(&service->removed));
	text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
	if (!text || store_write(service->store, NULL, COUNTS_FILE, text, NULL))
		log_say(LOG_LEVEL_WARNING, kept->entry.id, NULL,
			"the counts cannot be written");
	free(text);
}

void keep_load_removed(struct service *service)
{
	char *text = store_read(service->store, NULL, COUNTS_FILE);
	json_auto_t *json = text ? fields_parse(text) : NULL;
	const char *id = json_string_value(json_object_get(json, "removed"));

	free(text);
	counts_from_json(json_object_get(json, "counts"), &service->removed);
	if (id && *store_path(service->store, id, NULL).text)
		store_remove(service->store, id, NULL); /* mostly it is gone already */
}
