/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FTRACE_H
#define DADRACE_FTRACE_H

#include <stdint.h>

#include "base/why.h"

/*
 * The kernel's function tracer, for all tasks: what IPv6 and its neighbours call. It is the
 * machine's, so it is only used where the machine is ours: in a guest. The filter is written in
 * globs: a name each would take minutes.
 */

/* Starts it. -ENOENT or another negative errno with the sentence: this kernel cannot. */
int ftrace_start(struct why *why);

typedef void ftrace_call(const char *task, uint32_t pid, const char *function,
			 const char *caller, void *arg);

/* The calls since it was started or last read, in their order; forgets them. */
void ftrace_read(ftrace_call *call, void *arg);

void ftrace_stop(void);

#endif
