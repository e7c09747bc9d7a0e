/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_THREAD_I_H
#define DADRACE_THREAD_I_H

#include <stdint.h>

/*
 * Thread I itself: what the bring-up's process does, once it is told to begin.
 *
 * It is compiled twice: into the lane, whose fork does it with a change of the device, and,
 * with nothing of libc, into a program of two pages (program/), which starts in a sixth of the
 * time. So it uses only what program/bare.c has.
 */
enum {
	THREAD_I_GO = 0,	 /* where it waits to be told */
	THREAD_I_SAYS = 2,	 /* its standard error */
	THREAD_I_GIVES_UP = 125, /* its status, when nobody can tell it any more */
};

/* What a change has left of the device. */
enum thread_i_left { LEFT_ALL, LEFT_WITHOUT_ADDRESS, LEFT_NOTHING };

struct thread_i {
	char *const *command; /* NULL: flags up, DAD, flags restored, as ifconfig's do_dad() */
	const char *dut;
	uint32_t deadline_ms; /* of DAD */
	/* Between the flag sets, with a socket for requests; NULL: nothing. */
	enum thread_i_left (*change)(void *arg, int socket, unsigned int ifindex);
	void (*undo)(void *arg); /* when the flags have been restored; NULL: nothing */
	void *arg;
};

/* Waits for a byte at THREAD_I_GO, then does it. */
__attribute__((noreturn)) void thread_i_run(const struct thread_i *ask);

#endif
