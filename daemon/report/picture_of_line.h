/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RACE_H
#define DADRACE_RACE_H

#include <jansson.h>
#include <stdio.h>

/*
 * Draws the trial of a line of the results (picture.h), with what a ledger's line knows of
 * its counter. A repeat's ledger has its own course of events, and is drawn instead of the
 * trial that it repeats; a ledger with holes adds nothing. `ledger` may be NULL.
 *
 * -EINVAL: a line cannot be understood, or the ledger is another trial's; -ENOMEM. Nothing has
 * been written then.
 */
int race_draw(const json_t *line, const json_t *ledger, FILE *out);

#endif
