/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_CAMPAIGN_H
#define DADRACE_RUN_CAMPAIGN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/exits.h"
#include "spec/campaign.h"

/*
 * A campaign from its file to its results: on this kernel or, with its key `kernel`, in guests.
 *
 *   campaign ─┬─> machine taken, places found, probes opened ──> on_host ───┐
 *             └─> kernel image opened, bug planted ──> in_guests ──────────┴─> results, reports
 *
 * `dadrace run` is this and its options; replay, verify and minimise run campaigns with it.
 */
struct run_ask {
	const struct campaign *campaign;
	const char *out; /* folder of the results; NULL: results/NAME-TIME */
	bool resume;	 /* continues the unfinished results in `out` */
	bool json; /* streams the lines of the results on stdout; progress goes to stderr */
	bool tap, quiet;      /* progress as TAP, no progress */
	bool refresh;	      /* the lists of the kernel's suite are fetched now */
	bool keep, force;     /* named namespaces that stay; a dirty machine is accepted */
	uint32_t first;	      /* trial of the plan to begin with; 0: the first */
	const char *learned;  /* file: what an explorer knows of the trials before that one */
	const char *ledgered; /* signatures, with commas, whose trials are not repeated */
};

/*
 * Returns the exit code of the run, after its sentences. `folder` is that of the results, ""
 * when none could be made.
 */
enum exits run_campaign(const struct run_ask *ask, char folder[PATH_MAX]);

#endif
