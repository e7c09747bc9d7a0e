/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_HANG_H
#define DADRACE_HANG_H

#include "trial/evidence.h"

/*
 * What the kernel stack of a task proves about a call that has not returned, as /proc/PID/stack
 * prints it. Pure. Records say that a call was entered and not left, and records may be lost;
 * only the stack says where the task is now. A task that we have stopped ourselves, or that
 * sleeps between two calls, hangs in neither.
 */
enum hang_proof {
	HANG_UNREAD,	/* nothing: there is no stack */
	HANG_INSIDE,	/* the task is inside the call */
	HANG_ELSEWHERE, /* the task is not */
};

enum hang_proof hang_proof(enum hang hang, const char *stack);

/*
 * Whether an unregister has done all that it does and only waits for references, which it
 * cannot release itself (netdev_wait_allrefs(), net/core/dev.c).
 */
bool hang_waits_for_references(const char *stack);

enum { HANG_FUNCTION = 64 };

/* The function that the task is in; "" when there is no stack. */
void hang_innermost(const char *stack, char function[HANG_FUNCTION]);

#endif
