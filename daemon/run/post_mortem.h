/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_POST_MORTEM_H
#define DADRACE_POST_MORTEM_H

#include <stdint.h>
#include <sys/types.h>

#include "io/job.h"
#include "io/loop.h"

/*
 * What `dadrace who` says of a device that a trial has left stuck, before its lane is thrown
 * away. It runs beside the loop, so that other lanes' trials are not delayed.
 */
enum { POST_MORTEM = 1024 };

/*
 * Of the device in the network namespace of process `lane`. `ended` is called once, from the
 * loop; post_mortem_words() then reads the answer. NULL when it could not be started.
 */
struct job *post_mortem_start(struct loop *loop, const char *device, pid_t lane,
			      void (*ended)(const struct job_end *end, void *arg), void *arg);

/* The sentences of the answer, a line each; empty when there is none. */
void post_mortem_words(const struct job_end *end, char words[POST_MORTEM]);

/*
 * Adds how many of the references without an object are older than the trial, whose ledger saw
 * `taken` of them at most: the lane's first cycles run no race on purpose, but may hit one.
 */
void post_mortem_compare(char words[POST_MORTEM], int64_t taken);

#endif
