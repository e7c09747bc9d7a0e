// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/memory.h"
#include "explore/transfer.h"

struct learned_line {
	uint32_t trial;
	bool finding;
	uint64_t window_ns, thread_i_ns, thread_ii_ns;
	uint64_t *features;
	uint32_t nr_features;
};

/* clang-format off */
#define AT(member) .offset = offsetof(struct learned_line, member)

static const struct field rows[] = {
	{ "trial", FIELD_U32, AT(trial), .doc = "Number of the trial" },
	{ "finding", FIELD_BOOL, AT(finding), .doc = "It showed a fault" },
	{ "window_ns", FIELD_U64, AT(window_ns), .doc = "Length of the window" },
	{ "thread_i_ns", FIELD_U64, AT(thread_i_ns), .doc = "Length of thread I's path" },
	{ "thread_ii_ns", FIELD_U64, AT(thread_ii_ns), .doc = "Length of thread II's path" },
	{ "features", FIELD_U64, AT(features), .list = true,
	  .count_offset = offsetof(struct learned_line, nr_features), .hex = true,
	  .doc = "What it showed" },
	{ .name = NULL },
};
/* clang-format on */
static const struct fields learned_fields = {
	"learned",
	"What was learned from a trial",
	rows,
	sizeof(struct learned_line),
};

static int write_trial(const struct explorer *explorer, uint32_t trial, FILE *out)
{
	struct behaviour behaviour;
	struct learned_line line;
	char *text;

	if (!explorer_told(explorer, trial, &behaviour))
		return 0;
	line = (struct learned_line){
		.trial = trial,
		.finding = behaviour.finding,
		.window_ns = behaviour.window_ns,
		.thread_i_ns = behaviour.thread_i_ns,
		.thread_ii_ns = behaviour.thread_ii_ns,
		.features = behaviour.features,
		.nr_features = behaviour.nr_features,
	};
	text = fields_to_line(&learned_fields, "learned", &line);
	if (!text)
		return -ENOMEM;
	fputs(text, out);
	free(text);
	return 0;
}

char *learned_write(const struct explorer *explorer)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int err = out ? 0 : -ENOMEM;

	for (uint32_t trial = 1; !err && trial <= explorer_planned(explorer); trial++)
		err = write_trial(explorer, trial, out);
	if (memstream_close(out, &text))
		err = -ENOMEM;
	if (!err)
		return text;
	free(text);
	return NULL;
}

static int read_trial(const char *text, struct explorer *explorer)
{
	struct behaviour behaviour = { 0 };
	struct learned_line line = { .features = behaviour.features,
				     .nr_features = BEHAVIOUR_FEATURES_MAX };
	json_t *json = fields_parse(text);
	int err = json ? fields_from_json(&learned_fields, json, &line) : -EINVAL;

	json_decref(json);
	if (err || !line.trial)
		return -EINVAL;
	behaviour.nr_features = line.nr_features;
	behaviour.finding = line.finding;
	behaviour.window_ns = line.window_ns;
	behaviour.thread_i_ns = line.thread_i_ns;
	behaviour.thread_ii_ns = line.thread_ii_ns;
	return explorer_learn(explorer, line.trial, &behaviour);
}

int learned_read(const char *path, struct explorer *explorer, struct why *why)
{
	FILE *file = fopen(path, "re");
	uint32_t number = 0;
	char *text = NULL;
	size_t size = 0;
	int err = file ? 0 : -errno;

	if (err)
		return why_set(why, -err, "%s cannot be read: %s", path, strerror(-err));
	while (!err && getline(&text, &size, file) > 0) {
		number++;
		err = read_trial(text, explorer);
	}
	free(text);
	fclose(file);
	return err ? why_set(why, -err,
			     "line %u of %s is not the trial that follows the line before",
			     number, path) :
		     0;
}
