// SPDX-License-Identifier: GPL-2.0-or-later
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lane/worker_parts.h"

static bool is_closed(const struct worker *worker)
{
	return worker->state->closed == worker->message.evidence.spec.trial;
}

static bool is_open(const struct worker *worker)
{
	return worker->state->opened == worker->message.evidence.spec.trial &&
	       !is_closed(worker);
}

static bool sets_down(const struct worker *worker)
{
	enum window_closes closes = worker->message.evidence.closes;

	return closes == CLOSES_AUTO || closes == CLOSES_TEARDOWN;
}

void worker_closed(struct worker *worker, enum closed_by by, uint64_t at_ns)
{
	struct evidence *e = &worker->message.evidence;

	worker->state->closed = e->spec.trial;
	e->closed_by = by;
	worker_note(worker, MOMENT_CLOSED, at_ns, 0, 0);
	worker_addressed(worker);
	__atomic_store_n(&worker->state->done[ORDER_THREAD_I], e->spec.trial, __ATOMIC_SEQ_CST);
}

/* What else than a flag set may close a window. */
void worker_window_event(struct worker *worker, enum window_closes event, enum closed_by by)
{
	if (worker->message.evidence.closes == event && is_open(worker))
		worker_closed(worker, by, loop_now());
}

bool worker_is_over(const struct worker *worker, bool alone)
{
	const struct evidence *e = &worker->message.evidence;
	bool is_daemon = worker->ask->campaign->bringup.daemon, gone = !worker->bringup.pid;

	/* By the records: that of its opening may be read when it is closed already. */
	if (e->closed_by)
		return gone || is_daemon;
	if (is_open(worker) && !e->opens_came)
		return false; /* its carrier comes later than the bring-up ends */
	if (gone && alone)
		return e->closes != CLOSES_DAD || !is_open(worker);
	/* What stays alive may set flags again until DAD is over. */
	return (gone || is_daemon) && sets_down(worker) && is_open(worker) &&
	       worker->dad_over && (worker->released || !e->spec.hold_us);
}

/* The child is thread I then: the order can hold it, and a set-down that hangs is its hang. */
void worker_close(void *arg)
{
	struct worker *worker = arg;
	bool stays = worker->bringup.pid && !worker->ask->campaign->bringup.daemon;
	struct why why;

	if (!is_open(worker) || !sets_down(worker) || stays) {
		trial_happened(&worker->trial, TRIAL_SHUT);
		return;
	}
	worker_note(worker, MOMENT_DOWN, loop_now(), 0, 0);
	worker->closer = fork();
	if (worker->closer == 0) {
		worker->state->closer = (uint32_t)getpid();
		_exit(testbed_dut_down(worker->testbed, &why) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	if (worker->closer < 0) {
		worker->closer = 0;
		worker->message.evidence.lost_records++;
		trial_happened(&worker->trial, TRIAL_SHUT);
	}
}

bool worker_end_all(struct worker *worker, uint64_t within_ns, uint32_t *ended)
{
	uint64_t deadline = loop_now() + within_ns;
	struct timespec look = { .tv_nsec = 100000000 };
	sigset_t child;
	pid_t pid = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	kill(-1, SIGKILL);
	/* SIGCHLD is blocked: it wakes this, and not the loop. */
	while (loop_now() < deadline && (pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid)
			(*ended)++;
		else
			sigtimedwait(&child, NULL, &look);
	}
	return sender_end(worker->sender, UNDEAD_NS) &&
	       testbed_unwire(worker->testbed, UNDEAD_NS) && pid < 0;
}

/*
 * What stays alive after its window has done what was asked of it. It is ended with all that it
 * has started, whose sockets would hold references. Otherwise only the first process is killed.
 */
void worker_stop_bring_up(void *arg)
{
	struct worker *worker = arg;
	struct evidence *e = &worker->message.evidence;
	bool is_daemon = worker->ask->campaign->bringup.daemon;

	if (!worker->bringup.pid && !is_daemon)
		return; /* it ended by itself, its children did not */
	if (!is_daemon && !is_closed(worker)) {
		e->bringup_end = BRINGUP_OVERTIME;
		kill(worker->bringup.pid, SIGKILL);
		return;
	}
	if (worker->bringup.pid)
		e->bringup_end = BRINGUP_STOPPED;
	worker->bringup.pid = 0;
	if (!worker_end_all(worker, UNDEAD_NS, &worker->ended))
		e->undead = true; /* the lane is given up */
}
