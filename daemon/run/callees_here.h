/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_CALLS_H
#define DADRACE_KERNEL_CALLS_H

#include "explore/proposals.h"
#include "loader/probes.h"

/*
 * Finds the calls of what was seen in the running kernel's code, and adds what is called next
 * to them.
 *
 *   proposals' calls ──> symbols.h ──> probes_code() ──> callees.h ──> proposals_add_beside()
 *
 * A function that the compiler has split (".part.0", ".cold") is looked through in each of its
 * parts. One that cannot be read, or beyond CODE_BYTES of it, is passed over.
 */
enum { KERNEL_CALLS_MOST_MS = 10000 };

/*
 * `probes` were opened with `code`. 0, or -errno with the reason why nothing, or not all, is
 * known: -ENOTSUP on machines whose code is not known, -ETIME after KERNEL_CALLS_MOST_MS.
 */
int kernel_calls_find(struct probes *probes, struct proposals *proposals, struct why *why);

#endif
