// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "lane/worker_parts.h"

void worker_note_on(struct worker *worker, enum moment_kind kind, uint64_t at_ns, int64_t value,
		    uint32_t sequence, uint32_t cpu)
{
	struct evidence *e = &worker->message.evidence;

	if (e->nr_moments == EVIDENCE_MOMENTS_MAX) {
		e->lost_records++;
		return;
	}
	e->moments[e->nr_moments++] = (struct moment){
		.kind = kind, .at_ns = at_ns, .value = value, .sequence = sequence, .cpu = cpu
	};
}

void worker_note(struct worker *worker, enum moment_kind kind, uint64_t at_ns, int64_t value,
		 uint32_t sequence)
{
	worker_note_on(worker, kind, at_ns, value, sequence, 0);
}

bool worker_is_running(const struct worker *worker)
{
	return worker->trial.state != TRIAL_READY && worker->trial.state != TRIAL_DONE;
}

void worker_set_deadline(void *arg, uint64_t us)
{
	struct worker *worker = arg;

	worker->deadline_ns = loop_now() + us * 1000;
	loop_timer_set(worker->deadline, worker->deadline_ns);
}

static enum moment_kind moment_of_event(enum testbed_event_kind kind)
{
	switch (kind) {
	case TESTBED_ADDRESS_TENTATIVE: return MOMENT_TENTATIVE;
	case TESTBED_ADDRESS_DADFAILED: return MOMENT_DADFAILED;
	case TESTBED_ADDRESS_PERMANENT: return MOMENT_PERMANENT;
	case TESTBED_ADDRESS_GONE: return MOMENT_ADDRESS_GONE;
	case TESTBED_LINK_UP: return MOMENT_LINK_UP;
	case TESTBED_LINK_DOWN: return MOMENT_LINK_DOWN;
	case TESTBED_LINK_GONE: return MOMENT_LINK_GONE;
	case TESTBED_LOST:
	case TESTBED_EVENTS: break;
	}
	return MOMENT_NONE;
}

static void testbed_said(const struct testbed_event *event, void *arg)
{
	struct worker *worker = arg;

	if (event->kind == TESTBED_ADDRESS_PERMANENT || event->kind == TESTBED_ADDRESS_GONE)
		worker_accepts_address(worker, &event->address);
	if (!worker_is_running(worker))
		return;
	if (event->kind == TESTBED_LOST)
		worker->message.evidence.lost_events++;
	else
		worker_note(worker, moment_of_event(event->kind), loop_now(), 0, 0);
	if (event->kind == TESTBED_LINK_UP)
		worker_has_carrier(worker);
	if (event->kind == TESTBED_ADDRESS_TENTATIVE ||
	    event->kind == TESTBED_ADDRESS_PERMANENT) {
		worker_addressed(worker);
		worker_counts_from(worker);
	}
	worker->dad_over |= (event->kind == TESTBED_ADDRESS_PERMANENT ||
			     event->kind == TESTBED_ADDRESS_DADFAILED) &&
			    worker->state->opened == worker->message.evidence.spec.trial;
	/* One that is moved and does not return is found gone by its counts. */
	if (event->kind == TESTBED_LINK_GONE && worker->trial.state < TRIAL_CONFIRMING &&
	    !change_has(worker->message.evidence.spec.change, CHANGE_MOVES_DEVICE))
		worker->message.evidence.device_gone = true;
}

void worker_hear_testbed(void *arg)
{
	struct worker *worker = arg;

	testbed_events_read(worker->testbed, testbed_said, worker);
}

int worker_tell(const struct worker *worker)
{
	const struct lane_message *message = &worker->message;
	size_t size = offsetof(struct lane_message, evidence.moments) +
		      message->evidence.nr_moments * sizeof(struct moment);

	return send(worker->channel, message, size, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
