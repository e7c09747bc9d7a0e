/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_RECORDING_H
#define DADRACE_WHO_RECORDING_H

#include "who/cells.h"
#include "who/scan.h"

/*
 * What one look at a kernel read, so that it can be made again elsewhere; see who/capture.h.
 *
 * Members that are read by name are kept as they are. Of what is looked through, pointers and
 * small numbers are kept, and what else is there is only known not to be one: packets and keys
 * do not survive that.
 *
 * What scans found is kept as lists in their order: a scan depends on what the one before
 * found, and the memory that both go through changes meanwhile.
 */
struct recording {
	struct cells cells;
	struct run *runs; /* those in which something was looked up; read back: ascending */
	uint32_t nr_runs, runs_room;
	struct words *scans;
	uint32_t nr_scans, scans_room;
	uint32_t next_scan; /* the one that is told next */
	bool is_incomplete; /* memory ran out */
};

void recording_clear(struct recording *recording);

void recording_keep_run(struct recording *recording, const struct run *run);
void recording_keep_scan(struct recording *recording, const struct words *words);

/* What the next scan found; NULL when there was no further one. */
const struct words *recording_next_scan(struct recording *recording);

#endif
