/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STORE_H
#define DADRACE_STORE_H

#include "base/why.h"
#include "service/ticket.h"

/*
 * What the service keeps on disk: the accepted campaigns, each in a folder of its own.
 *
 *   FOLDER/new/ID/         being accepted; means nothing until it is renamed
 *   FOLDER/campaigns/ID/   entry.json      what is known of it (ticket.h)
 *                          campaign.yaml   its text, as it was submitted
 *                          results.ndjson, summary.json   as `dadrace run --out` writes them
 *                          metrics.json     what it adds to the metrics (metrics.h)
 *   FOLDER/old/ID/         being removed
 *   FOLDER/metrics.json     what the removed ones have added to the metrics
 *
 * The folders are the journal. Each step is a rename of something that has been synced, and is
 * itself synced before the call returns: after a power cut at any point a campaign is there
 * as it was before the step or as it is after it. What is in new/ and old/ is removed at the next start.
 */
struct store;

/* Makes the folders that are missing and finishes what was cut short. */
int store_open(const char *folder, struct store **out, struct why *why);
void store_close(struct store *store);

/* Calls with each campaign's state, which the callee then owns; one that cannot be read is told in `why`. */
int store_each(struct store *store, void (*found)(const struct ticket *ticket, void *arg),
	       void *arg, struct why *why);

/* Accepts a campaign. -EEXIST: there is one of that id. */
int store_add(struct store *store, const struct ticket *ticket, const char *text,
	      struct why *why);

/* Replaces its state. */
int store_update(struct store *store, const struct ticket *ticket, struct why *why);

/* Removes its folder with all that is in it. */
int store_remove(struct store *store, const char *id, struct why *why);

/* Its folder's path, or that of a file in it. Of "..", "/" and the like: an empty path. */
struct store_path {
	char text[4096];
};
struct store_path store_path(const struct store *store, const char *id, const char *file);

/* A file of its folder, or (id NULL) of the store, replaced as a whole and synced. */
int store_write(struct store *store, const char *id, const char *file, const char *text,
		struct why *why);

/* A file of its folder, or (id NULL) of the store; malloc'd, or NULL. */
char *store_read(const struct store *store, const char *id, const char *file);

/* Bytes that its folder takes. */
uint64_t store_size(const struct store *store, const char *id);

#endif
