/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_BARE_H
#define DADRACE_BARE_H

/*
 * What thread_i.c needs of libc, as system calls and nothing else: a program that is started
 * for each trial has no time to set a libc up, which takes four times as long as all the rest
 * of its start.
 */
__attribute__((noreturn)) void bare_main(char **argv);

#endif
