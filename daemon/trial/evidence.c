// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "trial/evidence.h"

/* clang-format off */
const char *const bringup_end_names[] = { "not-started", "exited", "killed", "overtime", "stopped" };
const char *const closed_by_names[] = { "nothing", "flags", "dad", "exit", "teardown", "deletion" };
const char *const dad_end_names[] = { "unfinished", "completed", "failed" };
const char *const hang_names[] = { "none", "flags", "send", "down", "unregister", "guest" };
const char *const step_outcome_names[] = { "not-reached", "kept", "deadline", "cut" };
/* clang-format on */

_Static_assert(sizeof(step_outcome_names) / sizeof(step_outcome_names[0]) == STEP_OUTCOMES,
	       "a name per outcome");
_Static_assert(sizeof(bringup_end_names) / sizeof(bringup_end_names[0]) == BRINGUP_ENDS,
	       "a name per end");
_Static_assert(sizeof(closed_by_names) / sizeof(closed_by_names[0]) == CLOSED_BYS,
	       "a name per end of a window");
_Static_assert(sizeof(dad_end_names) / sizeof(dad_end_names[0]) == DAD_ENDS, "a name per end");
_Static_assert(sizeof(hang_names) / sizeof(hang_names[0]) == HANGS, "a name per hang");

static int by_stamp(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static void derive_window(struct evidence *e)
{
	uint64_t entered_ns = 0, held_at_ns = 0, unregister_at_ns = 0;

	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *m = &e->moments[i];

		switch (m->kind) {
		case MOMENT_FLAGS_ENTER: entered_ns = m->at_ns; break;
		case MOMENT_FLAGS_RETURN:
			e->flag_sets++;
			if (m->value < 0 && !e->flags_error)
				e->flags_error = (int32_t)-m->value;
			if (e->closed && !e->second_flags_ns)
				e->second_flags_ns = m->at_ns - entered_ns;
			if (!e->opened)
				e->first_flags_ns = m->at_ns - entered_ns;
			break;
		case MOMENT_OPENED:
			e->opened = true;
			e->opened_ns = m->at_ns;
			break;
		case MOMENT_CLOSED:
			e->closed = true;
			e->closed_ns = m->at_ns;
			break;
		case MOMENT_CHANGED:
			e->changed = !m->value;
			e->change_error = (int32_t)-m->value;
			break;
		case MOMENT_HELD: held_at_ns = m->at_ns; break;
		case MOMENT_RELEASED:
			if (held_at_ns && !e->held_ns)
				e->held_ns = m->at_ns - held_at_ns;
			break;
		case MOMENT_UNREGISTER: unregister_at_ns = m->at_ns; break;
		case MOMENT_UNREGISTERED: e->unregister_ns = m->at_ns - unregister_at_ns; break;
		default: break;
		}
	}
}

/*
 * A deletion closes the window as the second flag set does otherwise: it takes the device down.
 */
static void derive_deletion(struct evidence *e)
{
	uint64_t begun_ns = 0, ended_ns = 0;

	if (!change_has(e->spec.change, CHANGE_DELETES_DEVICE) || e->change_error)
		return;
	for (uint32_t i = 0; i < e->nr_moments; i++) {
		if (e->moments[i].kind == MOMENT_CHANGE)
			begun_ns = e->moments[i].at_ns;
		else if (e->moments[i].kind == MOMENT_CHANGED)
			ended_ns = e->moments[i].at_ns;
	}
	if (!begun_ns)
		return;
	e->deleted = e->unregister_tried = true;
	e->unregister_returned = ended_ns != 0;
	e->unregister_ns = ended_ns ? ended_ns - begun_ns : 0;
}

void evidence_left(struct evidence *evidence, const struct evidence_counts *left)
{
	struct evidence_counts *baseline = &evidence->baseline;
	int64_t least = left->inet6_dev ? left->net_device : left->net_device - 1;

	*baseline = (struct evidence_counts){
		.found = baseline->found,
		.net_device = least < 1 ? least : 1,
		.dst = left->dst < baseline->dst ? left->dst : baseline->dst,
	};
	evidence->after = *left;
}

/* A DAD probe shows it before the notification about the address is read. */
static void follow_address(const struct moment *m, bool *tentative)
{
	if (m->kind == MOMENT_TENTATIVE || m->kind == MOMENT_DAD_PROBE)
		*tentative = true;
	else if (m->kind == MOMENT_PERMANENT || m->kind == MOMENT_DADFAILED)
		*tentative = false;
}

static bool is_inside(const struct evidence *e, const struct moment *m)
{
	return e->opened && e->closed && m->at_ns >= e->opened_ns && m->at_ns < e->closed_ns;
}

static void derive_echoes(struct evidence *e)
{
	bool tentative = false;
	uint64_t seen[EVIDENCE_MOMENTS_MAX / 64] = { 0 };

	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *m = &e->moments[i];
		uint32_t bit = m->sequence % EVIDENCE_MOMENTS_MAX;

		follow_address(m, &tentative);
		if ((m->kind != MOMENT_ECHO_IN && m->kind != MOMENT_ECHO_OUT) ||
		    seen[bit / 64] >> (bit % 64) & 1)
			continue;
		seen[bit / 64] |= 1ULL << (bit % 64);
		e->echoes_delivered++;
		if (!e->opened || m->at_ns < e->opened_ns)
			continue;
		if (!e->first_echo_ns)
			e->first_echo_ns = m->at_ns - e->opened_ns;
		if (is_inside(e, m)) {
			e->echoes_inside++;
			e->tentative_inside |= tentative;
		}
	}
}

static void derive_answer_in(struct evidence *e, const struct moment *m, bool tentative)
{
	if (e->dad_answers_delivered == e->dad_answers_sent)
		return; /* another node's */
	e->dad_answers_delivered++;
	if (is_inside(e, m)) {
		e->dad_answers_inside++;
		e->tentative_inside |= tentative;
	}
}

static void derive_dad(struct evidence *e)
{
	bool tentative = false;

	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *m = &e->moments[i];

		follow_address(m, &tentative);
		switch (m->kind) {
		case MOMENT_DAD_PROBE: e->dad_probes++; break;
		case MOMENT_DAD_ANSWERED: e->dad_answers_sent += !m->value; break;
		case MOMENT_DAD_IN: derive_answer_in(e, m, tentative); break;
		case MOMENT_DADFAILED: e->dad_end = DAD_FAILED; break;
		case MOMENT_PERMANENT:
			if (e->dad_end == DAD_UNFINISHED)
				e->dad_end = DAD_COMPLETED;
			break;
		default: break;
		}
	}
	e->dad_fooled = e->spec.dad_answer == DAD_ANSWER_LOOPBACK && e->dad_answers_delivered &&
			e->dad_end == DAD_FAILED;
}

static enum step_outcome outcome_of(const struct moment *released)
{
	if (!released->value)
		return STEP_KEPT;
	return released->value == -ETIMEDOUT ? STEP_DEADLINE : STEP_CUT;
}

static void derive_order(struct evidence *e)
{
	uint64_t held_at_ns[ORDER_HOLDS_MAX] = { 0 };
	uint32_t kept = 0;

	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *m = &e->moments[i];
		uint32_t at = m->sequence - 1;

		if ((m->kind != MOMENT_STEP_HELD && m->kind != MOMENT_STEP_RELEASED) ||
		    at >= ORDER_HOLDS_MAX)
			continue;
		if (m->kind == MOMENT_STEP_HELD) {
			e->steps_held++;
			e->steps[at].outcome = STEP_CUT;
			e->steps[at].cpu = m->cpu;
			held_at_ns[at] = m->at_ns;
		} else {
			e->steps[at].outcome = outcome_of(m);
			e->steps[at].held_ns = m->at_ns - held_at_ns[at];
			kept += e->steps[at].outcome == STEP_KEPT;
		}
	}
	e->order_kept = e->spec.steps && kept == e->spec.steps;
}

void evidence_derive(struct evidence *evidence)
{
	qsort(evidence->moments, evidence->nr_moments, sizeof(evidence->moments[0]), by_stamp);
	derive_window(evidence);
	derive_deletion(evidence);
	derive_echoes(evidence);
	derive_dad(evidence);
	derive_order(evidence);
	acceptance_derive(evidence);
}

int64_t evidence_over(const struct evidence *e, enum object object)
{
	switch (object) {
	case OBJECT_NET_DEVICE:
		return e->after.net_device - e->baseline.net_device - e->strangers;
	case OBJECT_INET6_DEV: return e->after.inet6_dev - e->baseline.inet6_dev;
	case OBJECT_DST: return e->after.dst - e->baseline.dst;
	case OBJECTS: break;
	}
	return 0;
}

bool evidence_counted(const struct evidence *e, enum object object)
{
	return e->baseline.found && (e->deleted ? e->after.found || object == OBJECT_DST :
						  e->after.found && !e->device_gone);
}

uint32_t evidence_objects_over(const struct evidence *e)
{
	uint32_t objects = 0;

	for (int i = 0; i < OBJECTS; i++)
		if (evidence_counted(e, (enum object)i) && evidence_over(e, (enum object)i) > 0)
			objects |= 1U << i;
	return objects;
}
