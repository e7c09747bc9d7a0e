/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LOOP_H
#define DADRACE_LOOP_H

#include <stdint.h>

#include "base/why.h"

/*
 * The event loop: descriptors, timers, signals. Only this module, stream.c (connections) and
 * http.c include libevent.
 *
 * A process has one loop and one thread. Watches and timers belong to the loop and go with it.
 * A callback may stop its own watch or timer. Timers are absolute, in nanoseconds of
 * CLOCK_MONOTONIC, and precise (timerfd): a time that has passed fires at the next turn.
 */
struct loop;
struct loop_watch;

typedef void (*loop_called)(void *arg);

int loop_new(struct loop **out, struct why *why);
void loop_free(struct loop *loop);

/* Returns when loop_stop() was called. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Calls when fd is readable. NULL: out of memory or a descriptor that cannot be watched. */
struct loop_watch *loop_fd(struct loop *loop, int fd, loop_called called, void *arg);

/*
 * Calls when the signal has arrived, once for many; not in signal context. The signal is
 * blocked.
 */
struct loop_watch *loop_signal(struct loop *loop, int signal, loop_called called, void *arg);

/* A timer that is not set. */
struct loop_watch *loop_timer(struct loop *loop, loop_called called, void *arg);
void loop_timer_set(struct loop_watch *timer, uint64_t at_ns);
void loop_timer_stop(struct loop_watch *timer);

/* Stops and frees a watch before the loop goes. NULL is allowed. */
void loop_forget(struct loop_watch *watch);

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t loop_now(void);

#endif
