/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STACK_H
#define DADRACE_STACK_H

#include <sys/types.h>

#include "trial/evidence.h"

/*
 * Puts into the evidence where a process is: thread, as this process numbers it, wchan and
 * kernel stack, of the thread that is inside the call that `evidence->hang` names, else of any.
 */
void stack_read(pid_t pid, struct evidence *evidence);

/* Its kernel stack alone; "" where it cannot be read. */
void stack_text(pid_t pid, char *text, size_t size);

#endif
