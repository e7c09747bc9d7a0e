/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_JOB_H
#define DADRACE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/why.h"
#include "io/child.h"
#include "io/loop.h"

/*
 * A program that runs beside the loop: started, heard to its end, told as ended. It dies with
 * us.
 *
 * Of what it writes to standard output and standard error the last JOB_SAID bytes are kept.
 */
enum { JOB_SAID = 65536 };

struct job;

struct job_end {
	bool by_signal;
	int code;	  /* exit code, or the signal */
	const char *said; /* valid until the callback returns */
};

/* `ended` is called once, from the loop; the job is freed after it. */
int job_start(struct loop *loop, const char *const *argv,
	      void (*ended)(const struct job_end *end, void *arg), void *arg, struct job **out,
	      struct why *why);

/* The same with an input, and as nobody; `said` is the job's own. */
int job_start_asked(struct loop *loop, const struct child_ask *ask,
		    void (*ended)(const struct job_end *end, void *arg), void *arg,
		    struct job **out, struct why *why);

void job_signal(struct job *job, int signal);
pid_t job_pid(const struct job *job);

/* SIGCHLD has come: ends those jobs that have ended. Call it from the loop. */
void job_reap(void);

/* Kills it and forgets it; no callback comes. NULL is allowed. */
void job_free(struct job *job);

/* The last line of what a program said, without its end. */
const char *job_last_line(const char *said, char *line, size_t size);

#endif
