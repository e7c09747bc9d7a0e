/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_END_CHILD_H
#define DADRACE_END_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Kills a child, of any exit signal, and waits for its end; then *pid is 0. 0: there is none.
 * False: it is still there, stuck in the kernel.
 */
bool end_child(pid_t *pid, uint64_t within_ns);

#endif
