// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/job.h"

struct job {
	struct job *next;
	pid_t pid;
	int heard; /* the pipe's end, or -1 */
	struct loop_watch *watch;
	void (*ended)(const struct job_end *end, void *arg);
	void *arg;
	char said[JOB_SAID + 1];
	size_t used;
};

/* Those whose end is awaited; a process has one loop. */
static struct job *jobs;

static void hear(void *arg)
{
	struct job *job = arg;
	char block[4096];
	ssize_t n = read(job->heard, block, sizeof(block));
	size_t over;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		loop_forget(job->watch);
		job->watch = NULL;
		return;
	}
	over = job->used + (size_t)n > JOB_SAID ? job->used + (size_t)n - JOB_SAID : 0;
	memmove(job->said, job->said + over, job->used - over);
	job->used -= over;
	memcpy(job->said + job->used, block, (size_t)n);
	job->used += (size_t)n;
	job->said[job->used] = '\0';
}

int job_start(struct loop *loop, const char *const *argv,
	      void (*ended)(const struct job_end *end, void *arg), void *arg, struct job **out,
	      struct why *why)
{
	const struct child_ask ask = { .argv = argv, .input = -1 };

	return job_start_asked(loop, &ask, ended, arg, out, why);
}

int job_start_asked(struct loop *loop, const struct child_ask *asked,
		    void (*ended)(const struct job_end *end, void *arg), void *arg,
		    struct job **out, struct why *why)
{
	struct job *job = calloc(1, sizeof(*job));
	const char *program = asked->argv[0];
	struct child_ask ask = *asked;
	int pipes[2];

	if (!job || pipe2(pipes, O_CLOEXEC)) {
		free(job);
		return why_set(why, errno, "%s: %s", program, strerror(errno));
	}
	job->ended = ended;
	job->arg = arg;
	job->heard = pipes[0];
	fcntl(job->heard, F_SETFL, O_NONBLOCK); /* our end only */
	job->watch = loop_fd(loop, job->heard, hear, job);
	ask.said = pipes[1];
	job->pid = job->watch ? child_start(&ask) : -ENOMEM;
	close(pipes[1]);
	if (job->pid < 0) {
		int r = why_set(why, -job->pid, "%s: cannot be started: %s", program,
				strerror(-job->pid));

		loop_forget(job->watch);
		close(job->heard);
		free(job);
		return r;
	}
	job->next = jobs;
	jobs = job;
	*out = job;
	return 0;
}

void job_signal(struct job *job, int signal)
{
	kill(job->pid, signal);
}

pid_t job_pid(const struct job *job)
{
	return job->pid;
}

static void take_out(struct job *job)
{
	struct job **to = &jobs;

	while (*to != job)
		to = &(*to)->next;
	*to = job->next;
}

static void close_job(struct job *job)
{
	loop_forget(job->watch);
	close(job->heard);
	free(job);
}

static void end_job(struct job *job, int status)
{
	struct job_end end = {
		.by_signal = WIFSIGNALED(status),
		.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	};

	take_out(job);
	/*
	 * Its last words may still be in the pipe; what its own children say there is not
	 * waited for.
	 */
	for (int i = 0; job->watch && i < JOB_SAID / 4096; i++)
		hear(job);
	end.said = job->said;
	job->ended(&end, job->arg);
	close_job(job);
}

void job_reap(void)
{
	int status;

	for (struct job *job = jobs; job;) {
		if (waitpid(job->pid, &status, WNOHANG) == job->pid) {
			end_job(job, status);
			job = jobs; /* the callback may have changed the list */
		} else {
			job = job->next;
		}
	}
}

void job_free(struct job *job)
{
	if (!job)
		return;
	kill(job->pid, SIGKILL);
	take_out(job);
	close_job(job);
}

const char *job_last_line(const char *said, char *line, size_t size)
{
	size_t end = strlen(said), begin;

	while (end && said[end - 1] == '\n')
		end--;
	for (begin = end; begin && said[begin - 1] != '\n'; begin--)
		;
	snprintf(line, size, "%.*s", (int)(end - begin), said + begin);
	return line;
}
