// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "race.h"
#include "race_picture.h"

static uint32_t list_size(const json_t *line, const char *name, uint32_t most)
{
	size_t size = json_array_size(json_object_get(line, name));

	return size < most ? (uint32_t)size : most;
}

int race_draw(const json_t *line, FILE *out)
{
	struct told *told = calloc(1, sizeof(*told));
	struct trial_line trial = {
		.verdict = VERDICTS,
		.spec = { .arm = ARMS },
		.timeline = told ? told->moments : NULL,
		.nr_timeline = list_size(line, "timeline", EVIDENCE_MOMENTS_MAX),
		.steps = told ? told->steps : NULL,
		.nr_steps = list_size(line, "steps", ORDER_HOLDS_MAX),
	};
	struct race race = { .trial = &trial };
	int err = 0;

	if (!told)
		return -ENOMEM;
	for (uint32_t i = 0; i < trial.nr_timeline; i++)
		told->moments[i].event = MOMENTS; /* until the line tells another */
	if (fields_from_json_known(&trial_fields, line, &trial) || !trial.spec.trial)
		err = -EINVAL;
	else
		race_picture(&race, out);
	free(told);
	return err;
}
