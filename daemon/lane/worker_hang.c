// SPDX-License-Identifier: GPL-2.0-or-later
#include "lane/stack.h"
#include "lane/worker_parts.h"
#include "loader/ring.h"
#include "trial/hang.h"

enum { HANG_LEAST_NS = 1000000000 }; /* a flag set that has just entered does not hang */

/* --- thread I's deletion of the device, of which thread I itself tells --- */

const volatile struct bringup_change *worker_deletion(const struct worker *worker)
{
	const volatile struct bringup_change *change = worker->bringup.change;

	return change_has(worker->message.evidence.spec.change, CHANGE_DELETES_DEVICE) &&
			       change && change->begun_ns ?
		       change :
		       NULL;
}

bool worker_is_deleting(const struct worker *worker)
{
	return worker_deletion(worker) && !worker_deletion(worker)->ended_ns;
}

bool worker_is_deleted(const struct worker *worker)
{
	return worker_deletion(worker) && worker_deletion(worker)->ended_ns &&
	       !worker_deletion(worker)->error;
}

/* --- what does not return --- */

/*
 * A deletion may take as long as a trial without one has for the references, the looks and the
 * unregister.
 */
uint64_t worker_hangs_from(const struct worker *worker)
{
	const struct trial_limits *limits = &worker->trial.limits;

	if (worker->trial.state >= TRIAL_SETTLING)
		return 0;
	if (worker_is_deleting(worker))
		return worker_deletion(worker)->begun_ns +
		       (limits->settle_us + TRIAL_LOOKS * limits->grace_us +
			limits->unregister_us) *
			       1000;
	if (worker->flags_inside)
		return worker->entered_ns + HANG_LEAST_NS;
	return sender_is_busy(worker->sender) ?
		       sender_busy_since(worker->sender) + HANG_LEAST_NS :
		       0;
}

static void look_where(struct worker *worker)
{
	struct evidence *e = &worker->message.evidence;
	pid_t remover = worker_is_deleting(worker) ? worker->bringup.pid : worker->remover;

	e->hang = remover ? HANG_UNREGISTER : worker->flags_inside ? HANG_FLAGS : HANG_SEND;
	stack_read(remover		? remover :
		   worker->flags_inside ? worker->inside_pid :
					  sender_pid(worker->sender),
		   e);
}

/* The task has left the call, and the record that says so is lost. */
static void forget_call(struct worker *worker)
{
	struct evidence *e = &worker->message.evidence;

	e->hang = HANG_NONE;
	e->hang_pid = 0;
	e->hang_wchan[0] = e->hang_stack[0] = '\0';
	ring_read(worker->ring);
	e->lost_records += worker->flags_inside > 0;
	worker->flags_inside = 0;
}

bool worker_hangs(struct worker *worker)
{
	struct evidence *e = &worker->message.evidence;

	look_where(worker);
	if (hang_proof(e->hang, e->hang_stack) != HANG_ELSEWHERE &&
	    (e->hang != HANG_FLAGS || !(worker->state->lost || e->lost_records)))
		return true;
	forget_call(worker);
	return false;
}

/*
 * What keeps a device whose deletion does not return: a surviving inet6_dev is one of its
 * references.
 */
static void count_left(struct worker *worker)
{
	struct evidence *e = &worker->message.evidence;
	struct evidence_counts facts;
	struct counts left = { 0 };
	struct why why;

	e->settle_ns = loop_now() - worker_deletion(worker)->begun_ns;
	if (probes_counts_left(worker->probes, worker->ask->slot, &worker->baseline, &left,
			       &why) ||
	    !left.found)
		return; /* it is not this device that is waited for */
	facts = worker_facts(&left);
	facts.net_device -= left.have_inet6_dev;
	evidence_left(e, &facts);
}

void worker_tell_hang(void *arg)
{
	struct worker *worker = arg;

	if (worker_is_deleting(worker))
		count_left(worker);
	look_where(worker);
}
