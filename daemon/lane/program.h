/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PROGRAM_H
#define DADRACE_PROGRAM_H

#include <sys/types.h>

/*
 * Thread I as a program of two pages (program/), kept in memory: to start it copies nothing of
 * the lane, whose fork takes six times as long.
 */

/* The program, seen to run; -1 where none may be run from memory (vm.memfd_noexec). */
int program_open(void);

/* Starts it with go as THREAD_I_GO and said as THREAD_I_SAYS; -1 with errno. */
pid_t program_start(int program, const char *const argv[], int go, int said);

/* What it is given, in the process that becomes it. */
void program_given(int go, int said);

#endif
