// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "lane/realtime.h"
#include "lane/worker_parts.h"

/* --- the bring-up, the device, the end --- */

static void act_bring_up(void *arg)
{
	struct worker *worker = arg;

	worker_note(worker, MOMENT_START, loop_now(), 0, 0);
	bringup_go(&worker->bringup);
}

/* What comes after the window may take its time. */
static void realtime_over(struct worker *worker)
{
	if (worker->is_realtime)
		worker->message.evidence.realtime = realtime_end();
	worker->is_realtime = false;
}

static void act_release(void *arg)
{
	struct worker *worker = arg;

	if (worker->held)
		kill(worker->held, SIGCONT);
	worker->held = 0;
	worker->released = true;
}

static int exit_error(pid_t pid)
{
	struct pollfd ended = { .events = POLLIN };
	AUTO_FD int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int status;

	ended.fd = fd;
	if (fd < 0 || poll(&ended, 1, UNDEAD_NS / 1000000) != 1 ||
	    waitpid(pid, &status, __WALL) != pid)
		return -ETIMEDOUT;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

/*
 * Of a bring-up that was ended by its deadline; what is not there is not an error. In a child:
 * a device on top that leaks is never unregistered, and the lane is given up.
 */
static int undo_change(struct worker *worker)
{
	const volatile struct bringup_change *change = worker->bringup.change;
	pid_t pid;
	int err;

	if (!change || !change->stays)
		return 0;
	pid = fork();
	if (pid == 0) {
		worker_ledger_let_go(worker);
		_exit(-bringup_undo(&worker->bringup, worker->testbed,
				    worker->message.evidence.spec.change));
	}
	err = pid < 0 ? -errno : exit_error(pid);
	return err == -ENODEV || err == -ESRCH ? 0 : err;
}

/* -ENODEV also when there is nothing left to be set down. */
static int set_down(struct worker *worker)
{
	struct why why;
	int err = 0, undone;

	if (worker_is_deleted(worker)) {
		worker->down_ns = worker_deletion(worker)->ended_ns;
		return -ENODEV;
	}
	worker->down_ns = loop_now();
	if (worker->message.evidence.closed_by != CLOSED_BY_TEARDOWN)
		worker_note(worker, MOMENT_DOWN, worker->down_ns, 0, 0);
	/* What never was up keeps the addresses that it was given when it goes down. */
	if (worker->state->opened != worker->message.evidence.spec.trial)
		err = testbed_dut_up(worker->testbed, &why);
	if (!err)
		err = testbed_dut_down(worker->testbed, &why);
	undone = undo_change(worker);
	return err ? err : undone;
}

static void act_tear_down(void *arg)
{
	struct worker *worker = arg;
	int err;

	realtime_over(worker);
	loop_timer_stop(worker->hold);
	loop_timer_stop(worker->echo);
	worker_dad_end(worker);
	worker_load_end(worker);
	/* How DAD ended; a trial that settles at once reads no more. */
	worker_hear_testbed(worker);
	err = set_down(worker);
	worker_accepts_end(worker);
	if (err == -ENODEV)
		worker->message.evidence.device_gone = true;
	else if (err)
		worker->message.evidence.down_error = -err;
	worker_settle(worker);
}

static uint32_t end_descendants(struct worker *worker)
{
	siginfo_t info = { 0 };
	uint32_t ended = 0;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && errno == ECHILD)
		return 0;
	if (worker->message.evidence.hang)
		return 0; /* waiting for it would hang us too; the lane is given up */
	if (!worker_end_all(worker, UNDEAD_NS, &ended))
		worker->message.evidence.undead = true; /* the lane is given up */
	return ended;
}

static void note_change(struct worker *worker)
{
	const volatile struct bringup_change *change = worker->bringup.change;

	if (worker_is_deleting(worker) || worker_is_deleted(worker))
		worker_closed(worker, CLOSED_BY_DELETION, change->begun_ns);
	if (change && change->begun_ns)
		worker_note(worker, MOMENT_CHANGE, change->begun_ns, 0, 0);
	if (change && change->ended_ns)
		worker_note(worker, MOMENT_CHANGED, change->ended_ns, change->error, 0);
}

static void act_finish(void *arg)
{
	struct worker *worker = arg;
	struct evidence *e = &worker->message.evidence;

	realtime_over(worker); /* a hang has no teardown */
	loop_timer_stop(worker->deadline);
	loop_timer_stop(worker->relook);
	worker_ledger_close(worker);
	probes_settling(worker->probes, worker->ask->slot, false);
	__atomic_store_n(&worker->state->trial, 0, __ATOMIC_SEQ_CST);
	worker->state->hold = 0;
	for (uint32_t i = 0; i < STEPS_MAX; i++)
		if (worker->state->reached[i] == e->spec.trial)
			e->passed |= 1U << i;
	e->lost_records += __atomic_exchange_n(&worker->state->lost, 0, __ATOMIC_SEQ_CST);

	loop_forget(worker->words);
	worker->words = NULL;
	bringup_hear(&worker->bringup);
	last_words_end(worker->bringup.words);
	memcpy(e->bringup_said, worker->bringup.words, sizeof(e->bringup_said));
	worker_load_end(worker);
	e->descendants = worker->ended + end_descendants(worker);
	worker_end_thread_ii(worker);
	note_change(worker);
	bringup_forget(&worker->bringup);
	worker->remover = 0;
	worker->held = 0;
	e->ended_ns = loop_now();
	evidence_derive(e);
	worker_ledger_write(worker);
	worker->message.kind = LANE_TRIAL;
	if (worker->known && worker_control_drop(worker))
		worker->message.kind = LANE_BLIND;
	if (worker_tell(worker))
		loop_stop(worker->loop);
}

const struct trial_crew worker_acts = {
	.bring_up = act_bring_up,
	.fire = worker_fire,
	.hold = worker_hold,
	.release = act_release,
	.close = worker_close,
	.stop_bring_up = worker_stop_bring_up,
	.tear_down = act_tear_down,
	.suspect = worker_suspect,
	.look = worker_look_again,
	.unregister = worker_unregister,
	.hang = worker_tell_hang,
	.finish = act_finish,
	.deadline = worker_set_deadline,
};
