/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPRODUCER_H
#define DADRACE_REPRODUCER_H

#include <stdio.h>

#include "spec/campaign.h"

/*
 * The reproducer of a trial: a stand-alone C program for people who have no dadrace.
 *
 *   campaign of one trial ──> #defines + daemon/proof/program/reproducer.c ──> cc ──> exit code
 *
 * It makes two network namespaces with a veth pair between, sets the flags, waits as long as the window was
 * held, sends the echoes at their times, sets the flags back and deletes the device in a child with a deadline, ten times or until the leak shows: 1
 * the leak shows, 0 it does not, 77 it could not be tried. Delays of its own are all it has: what holds threads inside
 * the kernel cannot be told without eBPF.
 */

/* Why a trial cannot be told so, as the end of a sentence; NULL: it can. */
const char *reproducer_obstacle(const struct campaign *campaign);

/* `comment` is what the program says about itself, lines without stars. 0 or -EIO. */
int reproducer_write(const struct campaign *campaign, const char *comment, FILE *out);

#endif
