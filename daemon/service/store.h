/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STORE_H
#define DADRACE_STORE_H

#include "base/why.h"
#include "service/ticket.h"

/*
 * What the service keeps on disk: the accepted campaigns, each in a folder of its own.
 *
 *   FOLDER/new/ID/         being added; not accepted until it is renamed
 *   FOLDER/campaigns/ID/   entry.json      its ticket (ticket.h)
 *                          campaign.yaml   the campaign file as submitted
 *                          results.ndjson, summary.json   as `dadrace run --out` writes them
 *                          counts.json     its metrics (metrics.h)
 *   FOLDER/old/ID/         being removed
 *   FOLDER/counts.json     metrics of removed campaigns
 *
 * Each step is the rename of something synced, and is itself synced before the call returns:
 * after a power cut at any point a campaign is as it was before the step or as it is after it.
 * The next start empties new/ and old/.
 */
struct store;

/* Creates missing folders, and finishes steps that were interrupted. */
int store_open(const char *folder, struct store **out, struct why *why);
void store_close(struct store *store);

/* The folder that it was opened with. */
const char *store_folder(const struct store *store);

/*
 * Calls `found` with each ticket, which the callee then owns. One that cannot be read is named
 * in `why`.
 */
int store_each(struct store *store, void (*found)(const struct ticket *ticket, void *arg),
	       void *arg, struct why *why);

/* Adds a campaign. -EEXIST: the id is taken. */
int store_add(struct store *store, const struct ticket *ticket, const char *text,
	      struct why *why);

/* Replaces its ticket. */
int store_update(struct store *store, const struct ticket *ticket, struct why *why);

/* Removes its folder. */
int store_remove(struct store *store, const char *id, struct why *why);

/* The path of its folder, or of a file in it; empty for an id such as ".." or "a/b". */
struct store_path {
	char text[4096];
};
struct store_path store_path(const struct store *store, const char *id, const char *file);

/* Replaces a file of its folder, or (id NULL) of the store, atomically and synced. */
int store_write(struct store *store, const char *id, const char *file, const char *text,
		struct why *why);

/* Reads a file of its folder, or (id NULL) of the store; malloc'd, or NULL. */
char *store_read(const struct store *store, const char *id, const char *file);

/* Removes from its folder what a `dadrace report` that was killed has begun to write. */
void store_sweep(struct store *store, const char *id);

/* Disk space of its folder, in bytes. */
uint64_t store_size(const struct store *store, const char *id);

#endif
