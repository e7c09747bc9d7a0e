/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_FTRACE_H
#define DADRACE_FTRACE_H

#include <stdint.h>

#include "base/why.h"

/*
 * The kernel's function tracer, for all tasks: what IPv6 and its neighbours call. It is the
 * machine's, so it is only used where the machine is ours: in a guest.
 *
 * The filter is written in numbers of functions, which Linux takes since 5.1: a glob goes
 * through the names of all functions, and thousands of names would take minutes.
 */

/* Starts it. -ENOENT or another negative errno with the sentence: this kernel cannot. */
int ftrace_start(struct why *why);

/* From here on, calls belong to `number`. */
void ftrace_mark(uint32_t number);

struct ftrace_reader {
	void (*mark)(uint32_t number, void *arg);
	void (*call)(const char *task, uint32_t pid, const char *function, const char *caller,
		     void *arg);
	void *arg;
};

/*
 * Calls and marks since it was started or last read, in their order; forgets them. The kernel
 * waits for RCU several times meanwhile: a read takes a tenth of a second, however little there
 * is. When the buffer was too small, the oldest are lost.
 */
void ftrace_read(const struct ftrace_reader *reader);

void ftrace_stop(void);

#endif
