/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STACK_H
#define DADRACE_STACK_H

#include <sys/types.h>

#include "trial/evidence.h"

/*
 * Puts into the evidence where a process is stuck: its pid as this process sees it, wchan and
 * kernel stack.
 */
void stack_read(pid_t pid, struct evidence *evidence);

#endif
