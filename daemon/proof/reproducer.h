/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REPRODUCER_H
#define DADRACE_REPRODUCER_H

#include <stdbool.h>
#include <stdio.h>

#include "spec/campaign.h"

/*
 * The reproducer of a trial: one C file for people who have no dadrace.
 *
 *   campaign of one trial ──> its holds, packets, change + daemon/proof/program/ ──> one file
 *
 *   cc   ──> a program: a veth pair between two namespaces, both threads as processes, and the
 *            unregister with a deadline; ten times, or until the leak shows
 *   make ──> a module, where an order holds threads inside the kernel: kprobes that wait; they
 *            hear from the program, and the program from them, by module parameters
 *
 * Exit code 1: the leak shows, 0: it does not, 3: no round kept the order, so nothing was
 * tried, 77: the program cannot run here, or a thread of it did not end.
 */

/* Why a trial cannot be written as such a program, as the end of a sentence; NULL: it can. */
const char *reproducer_obstacle(const struct campaign *campaign);

/* Whether the file is a kernel module, too. */
bool reproducer_has_module(const struct campaign *campaign);

/* `comment` describes the program, in lines without stars. 0 or -EIO. */
int reproducer_write(const struct campaign *campaign, const char *comment, FILE *out);

#endif
