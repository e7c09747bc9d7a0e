// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lane/stack.h"
#include "lane/worker_parts.h"
#include "trial/hang.h"

enum {
	RELOOK_NS = 20000000, /* for references dropped in process context */
	/*
	 * How long an unregister has to wait before what it waits for came back by itself: what
	 * it releases has gone when it begins to wait, but for callbacks that run at that
	 * moment.
	 */
	WAITED_NS = 50000000,
};

/* --- looks --- */

/* Nothing holds what could be deleted; what is left are the entries of its namespace. */
static bool namespace_settled(const struct worker *worker, const struct counts *counts)
{
	return !(worker->state->watched & WATCH_DST) || counts->dst <= worker->baseline.dst;
}

static bool look_settled(struct worker *worker)
{
	struct counts counts = worker_counts(worker);

	settle_looked(&worker->settle, loop_now(),
		      !worker_same_counts(worker, &counts, &worker->last_look));
	settle_known(&worker->settle, worker_control_is_held(worker, &counts));
	worker->last_look = counts;
	worker->message.evidence.after = worker_facts(&counts);
	if (!counts.found)
		worker->message.evidence.device_gone = true;
	return worker_is_deleted(worker) ? namespace_settled(worker, &counts) :
					   worker_at_baseline(worker, &counts);
}

static void settled(struct worker *worker, uint64_t at_ns)
{
	struct evidence *e = &worker->message.evidence;

	e->settled = true;
	e->settle_ns = at_ns > worker->down_ns ? at_ns - worker->down_ns : 1;
	if (e->suspected_ns)
		e->late_ns = e->settle_ns;
	worker_note(worker, MOMENT_SETTLED, at_ns, 0, 0);
	trial_happened(&worker->trial, TRIAL_SETTLED);
}

static bool waits_for_counts(const struct worker *worker)
{
	enum trial_state state = worker->trial.state;

	return state == TRIAL_SETTLING || state == TRIAL_SUSPECTED || state == TRIAL_LOOKING;
}

bool worker_look(struct worker *worker, uint64_t at_ns)
{
	bool is_settled = waits_for_counts(worker) && look_settled(worker);

	if (is_settled)
		settled(worker, at_ns);
	return is_settled;
}

/* --- settling --- */

void worker_settle(struct worker *worker)
{
	settle_begin(&worker->settle, worker->down_ns);
	worker->last_look = worker->baseline;
	if (worker_look(worker, loop_now()))
		return;
	loop_timer_set(worker->relook, loop_now() + RELOOK_NS);
	if (worker->message.evidence.device_gone)
		return;
	worker->state->settle_net_device = worker_net_device_refs(&worker->baseline);
	worker->state->settle_inet6_dev = worker_inet6_dev_refs(&worker->baseline);
	worker->state->settle_dst = worker->baseline.dst;
	probes_settling(worker->probes, worker->ask->slot, true);
}

/*
 * By then nothing but looks is left to be done here, so that waiting for a grace period delays
 * nobody. Where the kernel offers none (nohz_full), time has to do.
 */
static void wait_for_grace(struct worker *worker)
{
	if (!settle_wants_grace(&worker->settle, loop_now()))
		return;
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	settle_graced(&worker->settle);
}

/* Whether the unregister has begun to wait for references only. */
static void watch_unregister(struct worker *worker)
{
	char stack[sizeof(worker->message.evidence.hang_stack)];

	stack_text(worker->remover, stack, sizeof(stack));
	if (!worker->waits_ns && hang_waits_for_references(stack))
		worker->waits_ns = loop_now();
}

void worker_unregister_returned(struct worker *worker, int status)
{
	struct evidence *e = &worker->message.evidence;
	uint64_t now = loop_now();

	worker->remover = 0;
	e->unregister_returned = true;
	e->unregister_failed = status != 0;
	if (!status && worker->waits_ns && now - worker->waits_ns >= WAITED_NS)
		e->late_ns = now - worker->down_ns;
	worker_note(worker, MOMENT_UNREGISTERED, now, status, 0);
	trial_happened(&worker->trial, TRIAL_RETURNED);
}

void hear_relook(void *arg)
{
	struct worker *worker = arg;

	if (worker->trial.state == TRIAL_CONFIRMING && worker->remover)
		watch_unregister(worker);
	else if (waits_for_counts(worker))
		wait_for_grace(worker);
	else
		return;
	if (worker_look(worker, loop_now()))
		return;
	if (worker->trial.state == TRIAL_SETTLING &&
	    settle_is_over(&worker->settle, loop_now()))
		trial_happened(&worker->trial, TRIAL_MISSING);
	loop_timer_set(worker->relook, loop_now() + RELOOK_NS);
}

/* --- a suspicion, and the last looks --- */

void worker_suspect(void *arg)
{
	struct worker *worker = arg;
	struct evidence *e = &worker->message.evidence;
	uint64_t now = loop_now(),
		 last_ns = worker->down_ns + worker->trial.limits.settle_us * 1000;

	e->suspected_ns = now - worker->down_ns;
	e->suspected = e->after;
	worker->message.kind = LANE_SUSPECTS;
	worker_tell(worker); /* a campaign that has gone is heard of at the trial's end */
	/* Nothing of a device that is gone comes back, nor what is held on purpose. */
	if ((e->device_gone && !worker_is_deleted(worker)) || worker->settle.known)
		last_ns = now;
	worker_set_deadline(worker, last_ns > now ? (last_ns - now) / 1000 : 0);
}

bool worker_waits_for_rest(const struct worker *worker)
{
	uint64_t now = loop_now();

	return worker->trial.state == TRIAL_SUSPECTED &&
	       !settle_is_at_rest(&worker->settle, now) &&
	       now < worker->down_ns + worker->trial.limits.rest_us * 1000;
}

void worker_look_again(void *arg)
{
	struct worker *worker = arg;
	struct evidence *e = &worker->message.evidence;
	uint32_t strangers = worker->known ? 0 : worker_strangers(worker);

	e->looks++;
	e->strangers = strangers > worker->strangers ? strangers - worker->strangers : 0;
	if (worker_look(worker, loop_now())) {
		e->strangers = 0;
		return;
	}
	e->settle_ns = loop_now() - worker->down_ns;
	e->restless = !settle_is_at_rest(&worker->settle, loop_now());
	worker_note(worker, MOMENT_LOOK, loop_now(),
		    e->after.found ? e->after.net_device - e->baseline.net_device : 0, 0);
	trial_happened(&worker->trial, TRIAL_MISSING);
}

/* --- what is still missing is confirmed --- */

void worker_unregister(void *arg)
{
	struct worker *worker = arg;
	struct why why;

	/* Thread I has confirmed that nothing holds the device. */
	if (worker_is_deleted(worker)) {
		trial_happened(&worker->trial, TRIAL_RETURNED);
		return;
	}
	worker_ledger_close(worker);
	worker->message.evidence.unregister_tried = true;
	worker->waits_ns = 0;
	worker_note(worker, MOMENT_UNREGISTER, loop_now(), 0, 0);
	worker->remover = fork();
	if (worker->remover == 0) {
		worker_ledger_let_go(worker);
		_exit(testbed_dut_delete(worker->testbed, &why) ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	if (worker->remover < 0) { /* not confirmed, which is not "it hangs" */
		worker->remover = 0;
		worker->message.evidence.unregister_tried = false;
		worker->message.evidence.lost_records++;
		trial_happened(&worker->trial, TRIAL_RETURNED);
	}
}
