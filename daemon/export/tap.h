/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPORT_TAP_H
#define DADRACE_EXPORT_TAP_H

#include <stdio.h>

#include "base/exits.h"
#include "results/tally.h"

/*
 * TAP 13 as the kernel's tests speak it (Documentation/dev-tools/kselftest.rst), of a campaign
 * that ends and of its results later: one test for each arm; the plan comes last, since what
 * cannot run at all is a plan of nothing.
 */
void tap_version(FILE *out);

/*
 * How a campaign has ended. `failure`: the sentence of what kept it from its end; NULL: nothing
 * did.
 */
void tap_campaign(FILE *out, const char *name, const struct summary *summary,
		  const char *failure);

/* All that is said where no campaign begins: with EXIT_CANNOT a plan of nothing. */
void tap_nothing(FILE *out, enum exits code, const char *sentence);

/* kselftest takes 3 for a test that passed unexpectedly: what is inconclusive has failed. */
enum exits tap_exit(enum exits code);

#endif
