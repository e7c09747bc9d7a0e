// SPDX-License-Identifier: GPL-2.0-or-later
#include "lane/realtime.h"
#include "lane/worker_parts.h"

/* From where the hold and the echoes in the window count. */

void worker_addressed(struct worker *worker)
{
	if (worker->addressed_ns)
		return;
	worker->addressed_ns = loop_now();
	loop_timer_set(worker->echo, worker->addressed_ns); /* what waited for it is due */
}

/* 0: not yet. */
static uint64_t came_ns(const struct worker *worker)
{
	switch (worker->message.evidence.opens) {
	case OPENS_CARRIER: return worker->carrier_ns;
	case OPENS_TENTATIVE: return worker->addressed_ns;
	case OPENS_AUTO:
	case OPENS_FLAGS:
	case WINDOW_OPENS: break;
	}
	return worker->opened_ns;
}

void worker_counts_from(struct worker *worker)
{
	struct evidence *e = &worker->message.evidence;
	uint64_t came = came_ns(worker);

	if (e->opens_came || !came || !worker->opened_ns ||
	    worker->state->closed == e->spec.trial)
		return;
	e->opens_came = true;
	worker->counts_ns = came > worker->opened_ns ? came : worker->opened_ns;
	e->opens_ns = worker->counts_ns - worker->opened_ns;
	trial_happened(&worker->trial, TRIAL_COUNTS);
}

void worker_has_carrier(struct worker *worker)
{
	if (!worker->carrier_ns)
		worker->carrier_ns = loop_now();
	worker_counts_from(worker);
}

enum { LATE_NS = 250000000, LATE_LOOK_NS = 1000000 };

/* Packets from the peer that are due while the window is held; an order has its own holds. */
static uint64_t due_inside(const struct trial_spec *spec)
{
	uint64_t due = spec->echoes;

	if (spec->direction != DIRECTION_INBOUND || spec->steps ||
	    spec->offset_us >= spec->hold_us)
		return 0;
	if (spec->spacing_us)
		due = (spec->hold_us - spec->offset_us - 1) / spec->spacing_us + 1;
	return due < spec->echoes ? due : spec->echoes;
}

/* A third of the deadline: then the bring-up can still end in time. */
static uint64_t third_ns(const struct worker *worker)
{
	return worker->ask->campaign->bringup.deadline_ms * 1000000ULL / 3;
}

bool worker_waits_for_echoes(struct worker *worker)
{
	const struct evidence *e = &worker->message.evidence;
	uint64_t late_ns = third_ns(worker) < LATE_NS ? third_ns(worker) : LATE_NS;
	uint64_t now = loop_now();

	/* What was refused cannot arrive. */
	if (!worker->held || worker->hurried || !e->opens_came || e->echoes_refused ||
	    worker->arrived >= due_inside(&e->spec) || now >= worker->hold_due_ns + late_ns)
		return false;
	loop_timer_set(worker->hold, now + LATE_LOOK_NS);
	return true;
}

void worker_hold(void *arg)
{
	struct worker *worker = arg;
	const struct evidence *e = &worker->message.evidence;
	uint64_t from_ns = worker->held_at_ns;

	if (e->opens_came && from_ns < worker->counts_ns)
		from_ns = worker->counts_ns;
	if (!worker->held)
		return;
	worker->hold_due_ns =
		from_ns + (e->opens_came ? e->spec.hold_us * 1000 : third_ns(worker));
	loop_timer_set(worker->hold,
		       worker->hurried ? worker->held_at_ns :
					 worker->hold_due_ns -
						 (worker->is_realtime ? REALTIME_EARLY_NS : 0));
}
