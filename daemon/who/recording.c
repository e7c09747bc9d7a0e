// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/recording.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more element; false when memory ran out. */
static bool has_room(void **list, uint32_t nr, uint32_t *room, size_t size)
{
	uint32_t more = *room ? 2 * *room : 64;
	void *larger;

	if (nr < *room)
		return true;
	larger = realloc(*list, more * size);
	if (!larger)
		return false;
	*list = larger;
	*room = more;
	return true;
}

void recording_keep_run(struct recording *recording, const struct run *run)
{
	if (has_room((void **)&recording->runs, recording->nr_runs, &recording->runs_room,
		     sizeof(*run)))
		recording->runs[recording->nr_runs++] = *run;
	else
		recording->is_incomplete = true;
}

void recording_keep_scan(struct recording *recording, const struct words *words)
{
	size_t size = words->nr * sizeof(*words->list);
	struct words copy = { malloc(size + 1), words->nr };

	if (!copy.list || !has_room((void **)&recording->scans, recording->nr_scans,
				    &recording->scans_room, sizeof(copy))) {
		recording->is_incomplete = true;
		free(copy.list);
		return;
	}
	if (size)
		memcpy(copy.list, words->list, size);
	recording->scans[recording->nr_scans++] = copy;
}

const struct words *recording_next_scan(struct recording *recording)
{
	return recording->next_scan < recording->nr_scans ?
		       &recording->scans[recording->next_scan++] :
		       NULL;
}

void recording_clear(struct recording *recording)
{
	cells_clear(&recording->cells);
	free(recording->runs);
	while (recording->nr_scans)
		free(recording->scans[--recording->nr_scans].list);
	free(recording->scans);
	*recording = (struct recording){ 0 };
}
