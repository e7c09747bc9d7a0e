/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_UNDO_H
#define DADRACE_UNDO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/why.h"

/*
 * The undo journal: what must be put back on real devices, written (and synced) under
 * UNDO_FOLDER before each change, taken out again when the change is undone. Undone in reverse order.
 * A journal whose owner is dead (pid and start time) is replayed by undo_replay(); each
 * step is idempotent, so a replay that was itself cut short is simply run again.
 *
 * Lanes of our own making need no journal: they vanish with their processes.
 */
#define UNDO_FOLDER "/run/dadrace"

enum undo_kind {
	UNDO_SYSCTL,	 /* write `value` to the file `subject` */
	UNDO_LINK_FLAGS, /* set the flags of device `subject` to `value` (hexadecimal) */
	UNDO_NETNS_MOVE, /* bring device `subject` home from the named namespace file `value` */
	UNDO_NETNS_MOUNT, /* unmount and unlink the namespace file `subject` */
	UNDO_KINDS,
};

struct undo; /* one open journal, owned by the process that changes things */

int undo_open(struct undo **out, struct why *why);

/* Writes one step ahead of the change that it undoes; synced to the file when it returns. */
int undo_push(struct undo *undo, enum undo_kind kind, const char *subject, const char *value,
	      struct why *why);

/* Undoes all steps, newest first, and removes the journal. NULL is allowed. */
int undo_close(struct undo *undo, struct why *why);

/*
 * Replays the journals of dead owners; says each step on `out` when it is not NULL. An owner that
 * lives, an orphan of a run that was killed, has some seconds to put its devices back itself. Returns
 * how many steps were undone, or -errno with the first sentence; `left` counts those that failed.
 */
int undo_replay(FILE *out, unsigned int *left, struct why *why);

#endif
