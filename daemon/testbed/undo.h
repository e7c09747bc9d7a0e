/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_UNDO_H
#define DADRACE_UNDO_H

#include <stdio.h>

#include "base/why.h"
#include "testbed/journal.h"

/*
 * Takes back what the undo journals (journal.h) tell, newest step first, and looks again when
 * all is done: a journal goes only when everything that it tells is so. Each step can be taken
 * back any number of times, so a replay that was itself cut short is simply run again.
 */

/*
 * Takes back all steps of one's own journal and closes it; it is removed unless something is
 * left. NULL is allowed.
 */
int undo_own(struct journal *journal, struct why *why);

/*
 * Takes back the journals of dead owners, and prints each step to `out` unless that is NULL. An
 * owner that lives, an orphan of a run that was killed, has some seconds to put its devices
 * back itself. Returns how many steps were taken back, or -errno with the first sentence;
 * `left` counts those that failed.
 */
int undo_replay(FILE *out, unsigned int *left, struct why *why);

/* Removes the journals of dead owners, undone or not, and says so. */
void undo_forget(FILE *out);

#endif
