// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "verdict.h"

enum { STOPS_MAX = 8 };
#define NEVER UINT64_MAX

/* A place that a thread passes: the time since the one before, and the moment that is seen there. */
struct stop {
	const char *place;
	bool at_return;
	uint64_t after_ns;
	enum moment_kind seen; /* MOMENTS: none */
};

static const struct stop paths[ORDER_THREADS][STOPS_MAX] = {
	[ORDER_THREAD_I] = { { "closed", false, 4000, MOMENT_CLOSED },
			     { "stop", false, 9000, MOMENTS },
			     { "ipv6-down", false, 21000, MOMENTS },
			     { "address-delete", true, 15000, MOMENTS },
			     { "end", true, 8000, MOMENT_FLAGS_RETURN } },
	[ORDER_THREAD_II] = { { "out", false, 2000, MOMENT_ECHO_OUT },
			      { "route", false, 1500, MOMENT_ROUTE },
			      { "uncached-route", true, 2500, MOMENTS },
			      { "source", false, 1000, MOMENT_SOURCE },
			      { "end", true, 3000, MOMENT_ECHO_ANSWERED } },
	[ORDER_THREAD_DAD] = { { "dad-work", false, 300000, MOMENTS },
			       { "dad-completed", false, 900000, MOMENTS },
			       { "end", true, 5000, MOMENTS } },
};

struct thread {
	uint32_t next;	   /* stop */
	uint64_t at_ns;	   /* when it comes there; NEVER: it has not begun, or is over */
	uint32_t hold;	   /* that it is in, from 1; 0: none */
	uint64_t until_ns; /* of that: at the latest */
	bool held, done;
};

struct model {
	const struct trial_spec *spec;
	struct thread threads[ORDER_THREADS];
	struct evidence *evidence;
	uint64_t passed[ORDER_THREADS][STOPS_MAX];
};

static void note(struct model *model, enum moment_kind kind, uint64_t at_ns, int64_t value,
		 uint32_t sequence)
{
	struct evidence *e = model->evidence;

	e->moments[e->nr_moments++] = (struct moment){
		.kind = kind, .at_ns = at_ns, .value = value, .sequence = sequence
	};
}

static const struct stop *stop_of(const struct model *model, int thread)
{
	return &paths[thread][model->threads[thread].next];
}

static void begin(struct model *model, int thread, uint64_t now_ns)
{
	if (model->threads[thread].at_ns == NEVER && !model->threads[thread].next)
		model->threads[thread].at_ns = now_ns + stop_of(model, thread)->after_ns;
}

/* The hold of the trial at the place where a thread is, from 1. */
static uint32_t hold_at(const struct model *model, int thread)
{
	const struct stop *stop = stop_of(model, thread);

	for (uint32_t i = 0; i < model->spec->steps; i++) {
		const struct order_hold *hold = &model->spec->holds[i];

		if ((int)hold->thread == thread && hold->at_return == stop->at_return &&
		    !strcmp(hold->place, stop->place))
			return i + 1;
	}
	return 0;
}

static bool has_come(const struct model *model, const struct order_hold *hold)
{
	const struct thread *other = &model->threads[hold->other];

	return hold->until == ORDER_UNTIL_HELD ? other->held :
	       hold->until == ORDER_UNTIL_DONE ? other->done :
						 false;
}

static void pass(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];
	const struct stop *stop = stop_of(model, thread);

	model->passed[thread][t->next] = now_ns;
	if (stop->seen != MOMENTS)
		note(model, stop->seen, now_ns, 0, thread == ORDER_THREAD_II);
	t->done = !strcmp(stop->place, "end");
	t->next++;
	t->at_ns = t->done ? NEVER : now_ns + stop_of(model, thread)->after_ns;
}

static bool goes_round(const struct model *model, int thread)
{
	return !strcmp(stop_of(model, thread)->place, "uncached-route") &&
	       model->spec->direction != DIRECTION_OUTBOUND_RAW;
}

static void come(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];
	uint32_t hold = hold_at(model, thread);

	if (goes_round(model, thread)) {
		t->next++;
		t->at_ns = now_ns + stop_of(model, thread)->after_ns;
		return;
	}

	if (!hold || t->hold) {
		pass(model, thread, now_ns);
		t->hold = 0;
		return;
	}
	t->hold = hold;
	t->held = true;
	note(model, MOMENT_STEP_HELD, now_ns, 0, hold);
	t->until_ns = now_ns + (model->spec->holds[hold - 1].until == ORDER_UNTIL_TIME ?
					model->spec->holds[hold - 1].time_us * 1000 :
					ORDER_MOST_MS * 1000000ULL);
	t->at_ns = t->until_ns;
	if (model->spec->starts_when && (int)model->spec->starts_when == thread)
		begin(model, ORDER_THREAD_II, now_ns);
}

/* Whose turn it is, and when: what waits for an event goes on as soon as that has come. */
static int next_thread(const struct model *model, uint64_t now_ns, uint64_t *at_ns)
{
	int next = ORDER_THREAD_NONE;

	*at_ns = NEVER;
	for (int i = ORDER_THREAD_I; i < ORDER_THREADS; i++) {
		const struct thread *t = &model->threads[i];
		uint64_t due_ns = t->at_ns;

		if (t->hold && t->at_ns != NEVER &&
		    has_come(model, &model->spec->holds[t->hold - 1]))
			due_ns = now_ns;
		if (due_ns < *at_ns) {
			*at_ns = due_ns;
			next = i;
		}
	}
	return next;
}

static void release(struct model *model, int thread, uint64_t now_ns)
{
	struct thread *t = &model->threads[thread];
	const struct order_hold *hold = &model->spec->holds[t->hold - 1];
	bool kept = hold->until == ORDER_UNTIL_TIME || has_come(model, hold);

	note(model, MOMENT_STEP_RELEASED, now_ns, kept ? 0 : -ETIMEDOUT, t->hold);
}

static bool leaks(const struct model *model)
{
	const uint64_t *i = model->passed[ORDER_THREAD_I];
	const uint64_t *ii = model->passed[ORDER_THREAD_II];
	uint64_t stop = i[1], down = i[2], deleted = i[3], route = ii[2], source = ii[3];
	uint64_t work = model->passed[ORDER_THREAD_DAD][0];

	return route && deleted && source && stop < route && route < down && source > deleted &&
	       work > route && work < source;
}

void kernel_model_run(const struct trial_spec *spec, struct behaviour *behaviour)
{
	static const enum object objects[] = { OBJECT_NET_DEVICE };
	static struct evidence e;
	struct model model = { .spec = spec, .evidence = &e };
	struct judgement judgement;
	uint64_t now_ns = 1000;
	int thread;

	memset(&e, 0, sizeof(e));
	e.spec = *spec;
	for (uint32_t i = 0; i < spec->steps; i++) {
		e.steps[i] = (struct step_audit){ .thread = spec->holds[i].thread,
						  .at_return = spec->holds[i].at_return,
						  .until = spec->holds[i].until,
						  .other = spec->holds[i].other,
						  .asked_us = spec->holds[i].time_us,
						  .passes = 1 };
		snprintf(e.steps[i].place, sizeof(e.steps[i].place), "%s",
			 spec->holds[i].place);
	}
	e.started_ns = now_ns;
	note(&model, MOMENT_OPENED, now_ns, 0, 0);
	for (int i = 0; i < ORDER_THREADS; i++)
		model.threads[i].at_ns = NEVER;
	begin(&model, ORDER_THREAD_I, now_ns + spec->hold_us * 1000);
	begin(&model, ORDER_THREAD_DAD, now_ns);
	if (!spec->starts_when && spec->direction != DIRECTION_INBOUND)
		begin(&model, ORDER_THREAD_II, now_ns + spec->offset_us * 1000);
	while ((thread = next_thread(&model, now_ns, &now_ns))) {
		if (model.threads[thread].hold)
			release(&model, thread, now_ns);
		come(&model, thread, now_ns);
	}
	note(&model, MOMENT_DOWN, now_ns == NEVER ? 1 : now_ns, 0, 0);
	evidence_derive(&e);
	e.baseline.found = e.after.found = true;
	e.bringup_end = BRINGUP_EXITED;
	e.settled = !leaks(&model);
	e.unregister_tried = e.unregister_returned = !e.settled;
	e.after.net_device = e.baseline.net_device + !e.settled;
	verdict_judge(&e, objects, 1, &judgement);
	if (judgement.verdict == VERDICT_INVALID)
		judgement.verdict = VERDICT_MISSED; /* the model has no holes */
	behaviour_of(&e, &judgement, behaviour);
}
