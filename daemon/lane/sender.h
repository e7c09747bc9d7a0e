/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SENDER_H
#define DADRACE_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/why.h"
#include "lane/echo.h"

/*
 * The sender: thread II, a process of its own in the lane. A hold of it in the kernel, or a
 * send that does not return, leaves the lane's process free to release thread I.
 *
 *   lane's process                              sender
 *     sender_echoes(), sender_answer()  ──────>   one system call after the other
 *     sender_next(), when sender_fd()   <──────   what came of each
 *     is readable
 *
 * The jobs lie in memory that both share; an eventfd each way says that there are more.
 */
struct sender;

enum { ANSWERS_MAX = 128 }; /* of one trial; dad_transmits has at most 100 */

/* What came of a system call. */
struct sent {
	uint64_t at_ns; /* when it was made */
	bool answer;	/* a DAD answer, otherwise echoes */
	uint32_t first; /* of the echoes, from 0 */
	int32_t result; /* how many were sent, or -errno */
};

/* `realtime`: it asks for real-time scheduling. */
int sender_open(struct echoes *echoes, bool realtime, struct sender **out, struct why *why);

/* Before each trial: forgets earlier jobs, and starts the process if there is none. */
int sender_begin(struct sender *sender, struct why *why);

/* Its process; 0: there is none. */
pid_t sender_pid(const struct sender *sender);

/* Echoes `first` (from 0) and on are sent, `count` of them. */
void sender_echoes(struct sender *sender, uint32_t first, uint32_t count);
/* A whole frame of the peer's is sent. */
void sender_answer(struct sender *sender, const uint8_t *frame, size_t length);

/* Readable when there is something for sender_next(); owned by the sender. */
int sender_fd(const struct sender *sender);
/* The next result; false: there is none so far. */
bool sender_next(struct sender *sender, struct sent *sent);

/* Whether it has a job in hand, and since when. */
bool sender_is_busy(const struct sender *sender);
uint64_t sender_busy_since(const struct sender *sender);

/* Ends the process. False: it is stuck in the kernel. */
bool sender_end(struct sender *sender, uint64_t within_ns);

#endif
