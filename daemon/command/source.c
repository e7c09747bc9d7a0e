// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/source.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *set_json(const char *key, json_t *json)
{
	char *value = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL, *set = NULL;

	if (value && asprintf(&set, "%s=%s", key, value) < 0)
		set = NULL;
	free(value);
	json_decref(json);
	return set;
}

char *run_set_text(const char *key, const char *text)
{
	return set_json(key, text ? json_string(text) : json_null());
}

char *run_set_texts(const char *key, const struct option_texts *texts)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < texts->nr; i++)
		json_array_append_new(list, json_string(texts->at[i]));
	return set_json(key, list);
}

int run_load(const struct run_source *source, struct campaign **campaign, struct why *why)
{
	char *kernel = run_set_text("kernel", source->kernel);
	/* One of two kernels may be the running one. */
	char *modules = run_set_text("modules", source->kernel ? source->modules : NULL);
	const char *sets[2 + RUN_SETS_MAX] = { kernel, modules };
	size_t nr = 2 + source->nr_sets;
	int err;

	memcpy(sets + 2, source->sets, source->nr_sets * sizeof(sets[0]));
	if (!kernel || !modules)
		err = why_memory(why);
	else if (source->text)
		err = campaign_load_text(source->name, source->text, strlen(source->text), sets,
					 nr, campaign, why);
	else
		err = campaign_load(source->name, sets, nr, campaign, why);
	free(kernel);
	free(modules);
	return err;
}

const char *run_kernel(const char *option, const struct past *past)
{
	if (option)
		return strcmp(option, "here") ? option : NULL;
	return past ? past_kernel(past) : NULL;
}
