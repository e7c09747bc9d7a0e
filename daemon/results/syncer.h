/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SYNCER_H
#define DADRACE_SYNCER_H

/*
 * Makes what is written to a file durable, without a wait for whoever writes.
 *
 *   writer   write, ask   write, ask   write, ask, wait ......... continues
 *   thread         [----- sync -----] [--- sync, for both ---]
 *
 * One thread syncs. What is written while it does is covered by its next sync, however much it
 * is. The thread has all signals blocked. Where no thread can be had, the writer syncs itself.
 */
struct syncer;

/*
 * `sync` is fdatasync(). The descriptor is lent, until syncer_free(). NULL: out of memory.
 */
struct syncer *syncer_new(int fd, int (*sync)(int fd));

/* What was written is to become durable. 0, or the -errno of an earlier sync, told once. */
int syncer_ask(struct syncer *syncer);

/* Returns when what was asked for is durable: 0, or the -errno of a sync, told once. */
int syncer_wait(struct syncer *syncer);

/* Syncs what was asked for, and ends the thread. NULL is allowed. */
void syncer_free(struct syncer *syncer);

#endif
