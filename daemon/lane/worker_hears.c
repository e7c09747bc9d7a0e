// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "lane/realtime.h"
#include "lane/worker_parts.h"
#include "loader/ring.h"

/* Has everybody done their part? Thread II has when it is in no system call. */
static void maybe_ended(struct worker *worker)
{
	bool alone = waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) &&
		     errno == ECHILD;

	/* No process is left to be inside of a flag set: a record is missing. */
	if (alone && worker->flags_inside) {
		worker->message.evidence.lost_records++;
		worker->flags_inside = 0;
	}
	if (!worker->flags_inside && !sender_is_busy(worker->sender) &&
	    worker_is_over(worker, alone))
		trial_happened(&worker->trial, TRIAL_ENDED);
}

void hear_record(const struct record *record, void *arg)
{
	struct worker *worker = arg;
	enum moment_kind kind = moment_of_record(record->type);
	uint32_t sequence = record->sequence;

	if (!worker_is_running(worker) ||
	    record->trial != worker->message.evidence.spec.trial || kind == MOMENT_NONE)
		return;
	if (record->type == RECORD_SETTLED) {
		/* The counts can move again between the record and now: only a look decides. */
		if (!worker_look(worker, record->at_ns))
			worker->state->settled = 0;
		return;
	}
	if (record->type == RECORD_STEP_HELD || record->type == RECORD_STEP_RELEASED)
		sequence = worker_hold_of(&worker->message.evidence.spec, sequence);
	if (record->type == RECORD_ECHO_IN) {
		worker_accepts_echo(worker, record->value);
		if (sequence > worker->arrived)
			worker->arrived = sequence;
	}
	worker_note_on(worker, kind, record->at_ns,
		       record->type == RECORD_ECHO_IN ? 0 : record->value, sequence,
		       record->cpu);
	switch (record->type) {
	case RECORD_FLAGS_ENTER:
		worker->flags_inside++;
		worker->inside_pid = (pid_t)record->pid;
		worker->entered_ns = record->at_ns;
		break;
	case RECORD_FLAGS_RETURN:
		if (worker->flags_inside)
			worker->flags_inside--;
		else
			worker->message.evidence.lost_records++;
		maybe_ended(worker);
		break;
	case RECORD_CLOSED:
		worker->message.evidence.closed_by = record->pid == worker->state->closer ?
							     CLOSED_BY_TEARDOWN :
							     CLOSED_BY_FLAGS;
		worker_addressed(worker);
		break;
	case RECORD_OPENED:
		worker->opened_ns = record->at_ns;
		worker_counts_from(worker);
		trial_happened(&worker->trial, TRIAL_OPENED);
		break;
	case RECORD_HELD:
		worker->held = (pid_t)record->pid;
		worker->held_at_ns = record->at_ns;
		trial_happened(&worker->trial, TRIAL_HELD);
		break;
	case RECORD_STEP_HELD: worker_step_held(worker, sequence, record->at_ns); break;
	default: break;
	}
}

void hear_records(void *arg)
{
	struct worker *worker = arg;

	ring_read(worker->ring);
}

void hear_sender(void *arg)
{
	struct worker *worker = arg;

	if (!worker_is_running(worker))
		return; /* the trial's end has read it */
	worker_read_sent(worker);
	maybe_ended(worker);
}

/* At the end of the pipe there is nothing more to be woken for. */
void hear_words(void *arg)
{
	struct worker *worker = arg;

	if (bringup_hear(&worker->bringup))
		return;
	loop_forget(worker->words);
	worker->words = NULL;
}

static void bring_up_ended(struct worker *worker, int status)
{
	struct evidence *e = &worker->message.evidence;

	worker->bringup.pid = 0;
	worker_window_event(worker, CLOSES_EXIT, CLOSED_BY_EXIT);
	/* After a deletion there is no second flag set to close the window. */
	if (worker_is_deleted(worker)) {
		worker->state->closed = e->spec.trial;
		__atomic_store_n(&worker->state->done[ORDER_THREAD_I], e->spec.trial,
				 __ATOMIC_SEQ_CST);
	}
	worker_note(worker, MOMENT_EXITED, loop_now(), status, 0);
	if (e->bringup_end != BRINGUP_OVERTIME)
		e->bringup_end = WIFEXITED(status) ? BRINGUP_EXITED : BRINGUP_KILLED;
	e->bringup_status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

void hear_children(void *arg)
{
	struct worker *worker = arg;
	int status;
	pid_t pid;

	ring_read(worker->ring); /* what a process did comes before its end */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == worker->bringup.pid) {
			bring_up_ended(worker, status);
		} else if (pid == worker->remover) {
			worker_unregister_returned(worker, status);
		} else if (pid == worker->closer) {
			worker->closer = 0;
			trial_happened(&worker->trial, TRIAL_SHUT);
		}
	}
	if (worker_is_running(worker))
		maybe_ended(worker);
	worker_look(worker, loop_now());
}

/* What is waiting to be read may have moved the trial on, or answer what seems to hang. */
void hear_deadline(void *arg)
{
	struct worker *worker = arg;
	uint64_t hangs_ns, now;

	hear_children(worker);
	now = loop_now();
	if (!worker_is_running(worker) || now < worker->deadline_ns)
		return;
	hangs_ns = worker_hangs_from(worker);
	if (worker_waits_for_rest(worker))
		worker_set_deadline(worker, SETTLE_REST_MS * 1000ULL);
	else if (now < hangs_ns)
		worker_set_deadline(worker, (hangs_ns - now) / 1000 + 1);
	else if (hangs_ns && worker_hangs(worker))
		trial_happened(&worker->trial, TRIAL_HUNG);
	else if (now >= worker->deadline_ns)
		trial_happened(&worker->trial, TRIAL_OVERTIME);
}

void hear_testbed(void *arg)
{
	struct worker *worker = arg;

	ring_read(worker->ring); /* the window opens before DAD ends */
	worker_hear_testbed(worker);
	if (!worker_is_running(worker))
		return;
	if (worker->dad_over)
		worker_window_event(worker, CLOSES_DAD, CLOSED_BY_DAD);
	maybe_ended(worker);
}

void hear_hold_due(void *arg)
{
	struct worker *worker = arg;

	if (!worker->hurried)
		realtime_wait(worker->hold_due_ns);
	ring_read(worker->ring);
	worker_read_sent(worker);
	if (worker_waits_for_echoes(worker))
		return;
	trial_happened(&worker->trial, TRIAL_HOLD_DUE);
	if (worker_is_running(worker))
		maybe_ended(worker);
}
