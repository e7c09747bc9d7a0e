// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>

#include "lane/worker_parts.h"

/* How long a send that is in hand at the trial's end has to return, unless it is stuck. */
enum { RETURN_MS = 2000 };

/*
 * IPv6 has no route for what comes before the device has an address, which a link that has just
 * come up gets a moment later. An order says itself when thread II starts.
 */
static bool waits_for_address(const struct worker *worker)
{
	const struct trial_spec *spec = &worker->message.evidence.spec;

	return !worker->addressed_ns && spec->direction == DIRECTION_INBOUND && !spec->steps;
}

void worker_send_due(void *arg)
{
	struct worker *worker = arg;
	const struct trial_spec *spec = &worker->message.evidence.spec;
	uint64_t first_due = worker->fire_ns + spec->offset_us * 1000;

	if (!worker->started || waits_for_address(worker))
		return;
	if (first_due < worker->addressed_ns)
		first_due = worker->addressed_ns;
	while (worker->next_echo < spec->echoes) {
		uint64_t due = first_due + worker->next_echo * spec->spacing_us * 1000;
		uint32_t count = spec->spacing_us ? 1 : spec->echoes - worker->next_echo;

		if (due > loop_now()) {
			loop_timer_set(worker->echo, due);
			return;
		}
		sender_echoes(worker->sender, worker->next_echo, count);
		worker->next_echo += count;
	}
}

static void start(struct worker *worker)
{
	worker->started = true;
	worker_send_due(worker);
	worker_dad_opened(worker);
}

/* Thread II starts when the window counts, unless the order wants another to be held first. */
void worker_fire(void *arg)
{
	struct worker *worker = arg;

	if (worker->message.evidence.spec.starts_when || !worker->message.evidence.opens_came)
		return;
	worker->fire_ns = worker->counts_ns;
	start(worker);
}

uint32_t worker_hold_of(const struct trial_spec *spec, uint32_t sequence)
{
	for (uint32_t i = 0; i < spec->steps; i++)
		if (spec->holds[i].hook + 1 == sequence)
			return i + 1;
	return 0;
}

void worker_step_held(struct worker *worker, uint32_t hold, uint64_t at_ns)
{
	const struct trial_spec *spec = &worker->message.evidence.spec;

	if (!hold)
		return;
	if (spec->holds[hold - 1].thread == spec->change_when)
		bringup_change(&worker->bringup);
	if (!spec->starts_when || worker->started ||
	    spec->holds[hold - 1].thread != spec->starts_when)
		return;
	worker->fire_ns = at_ns;
	start(worker);
}

/* --- what came of it --- */

static void told(struct worker *worker, const struct sent *sent)
{
	struct evidence *e = &worker->message.evidence;

	if (sent->answer) {
		worker_note(worker, MOMENT_DAD_ANSWERED, sent->at_ns, sent->result,
			    ++worker->answers_sent);
		return;
	}
	e->echoes_sent += sent->result > 0 ? (uint32_t)sent->result : 1;
	if (sent->result > 0)
		return;
	e->echoes_refused++;
	if (!e->refused_errno)
		e->refused_errno = -sent->result;
	worker_note(worker, MOMENT_ECHO_SENT, sent->at_ns, sent->result, sent->first + 1);
}

/*
 * Thread II is done with its last message. Answers to each probe count only where there is
 * nothing else.
 */
static bool is_done(const struct worker *worker)
{
	const struct evidence *e = &worker->message.evidence;
	const struct trial_spec *spec = &e->spec;
	bool answers = spec->dad_answer && (spec->dad_at == DAD_AT_OPEN || !spec->echoes);

	return worker->started && e->echoes_sent == spec->echoes &&
	       worker->answers_sent >= answers;
}

void worker_read_sent(struct worker *worker)
{
	struct sent sent;

	while (sender_next(worker->sender, &sent))
		told(worker, &sent);
	if (is_done(worker))
		__atomic_store_n(&worker->state->done[ORDER_THREAD_II],
				 worker->message.evidence.spec.trial, __ATOMIC_SEQ_CST);
}

void worker_end_thread_ii(struct worker *worker)
{
	struct pollfd sent = { .fd = sender_fd(worker->sender), .events = POLLIN };

	while (sender_is_busy(worker->sender) && poll(&sent, 1, RETURN_MS) == 1)
		worker_read_sent(worker);
	worker_read_sent(worker);
	if (sender_is_busy(worker->sender))
		worker->message.evidence.undead = true; /* the lane is given up */
}
