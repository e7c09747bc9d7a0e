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
 * The program makes a veth pair between two network namespaces, sets the flags, waits as long
 * as the window was held, sends the echoes at their times, sets the flags back, and deletes the
 * device in a child process with a deadline; ten times, or until the leak shows. Exit code 1:
 * it shows, 0: it does not, 77: the program cannot run here. It only has delays of its own:
 * holding a thread inside the kernel needs eBPF.
 */

/* Why a trial cannot be written as such a program, as the end of a sentence; NULL: it can. */
const char *reproducer_obstacle(const struct campaign *campaign);

/* `comment` describes the program, in lines without stars. 0 or -EIO. */
int reproducer_write(const struct campaign *campaign, const char *comment, FILE *out);

#endif
