// SPDX-License-Identifier: GPL-2.0-or-later
#include "proof/minimise.h"

#include <math.h>
#include <string.h>

static void go_to(struct minimise *m, uint32_t knob)
{
	m->turned = knob;
	m->element = MINIMISE_ELEMENTS;
	m->fresh = true;
	if (knob < m->nr_knobs)
		m->lost = m->knobs[knob].least;
	else
		m->stage = MINIMISE_CONFIRM;
}

void minimise_begin(struct minimise *minimise, const struct minimise_knob *knobs, uint32_t nr)
{
	*minimise = (struct minimise){ .nr_knobs = nr };
	for (uint32_t i = 0; i < nr; i++) {
		minimise->knobs[i] = knobs[i];
		minimise->best.at[i] = knobs[i].start;
	}
}

/* --- a list --- */

static bool next_element(struct minimise *m, uint64_t *value)
{
	uint64_t elements = m->best.at[m->turned];

	while (m->element--) {
		uint64_t bit = 1ULL << m->element;

		if (elements & bit) {
			*value = elements & ~bit;
			return true;
		}
	}
	return false;
}

/* --- a number --- */

/* Two digits, and zeros: what people would have written. */
static uint64_t rounded(double value)
{
	double unit = pow(10, fmax(floor(log10(value)) - 1, 0));

	return (uint64_t)(round(value / unit) * unit);
}

/*
 * A candidate that holds costs three trials at best, one that does not eight: so the step is a
 * third of the way, in which the worst case costs least (z^-3 + z^-8 = 1; z^-8 is 0.336).
 */
static uint64_t between(uint64_t lost, uint64_t held)
{
	const double share = 0.336;
	uint64_t value =
		rounded((double)held * pow(fmax((double)lost, 1) / (double)held, share));

	if (value >= held)
		value = held - 1;
	return value > lost ? value : lost + 1;
}

static bool next_number(struct minimise *m, uint64_t *value)
{
	const struct minimise_knob *knob = &m->knobs[m->turned];
	uint64_t held = m->best.at[m->turned];

	if (held <= knob->least)
		return false;
	if (m->fresh && knob->least_first) {
		*value = knob->least;
		return true;
	}
	if (held - m->lost <= 1 || (!knob->exact && held <= 2 * m->lost))
		return false;
	*value = between(m->lost, held);
	return true;
}

/* --- what to try --- */

static void next_of_search(struct minimise *m)
{
	while (m->stage == MINIMISE_SEARCH) {
		uint64_t *value = &m->candidate.at[m->turned];
		bool more = m->knobs[m->turned].kind == MINIMISE_LIST ? next_element(m, value) :
									next_number(m, value);

		if (more)
			return;
		m->candidate = m->best;
		go_to(m, m->turned + 1);
	}
}

bool minimise_next(struct minimise *minimise)
{
	minimise->candidate = minimise->best;
	next_of_search(minimise);
	return minimise->stage != MINIMISE_DONE && minimise->stage != MINIMISE_GONE;
}

/* --- what came of it --- */

static void keep(struct minimise *m)
{
	if (m->nr_kept == MINIMISE_KEPT) {
		m->nr_kept--;
		memmove(&m->kept[0], &m->kept[1], m->nr_kept * sizeof(m->kept[0]));
	}
	m->kept[m->nr_kept++] = m->best;
	m->best = m->candidate;
}

static void take_back(struct minimise *m)
{
	if (m->nr_kept)
		m->best = m->kept[--m->nr_kept];
	else
		m->stage = MINIMISE_GONE;
}

static void search_told(struct minimise *m, enum minimise_answer answer)
{
	const struct minimise_knob *knob = &m->knobs[m->turned];
	uint64_t tried = m->candidate.at[m->turned];

	m->fresh = false;
	switch (answer) {
	case MINIMISE_HELD: keep(m); break;
	case MINIMISE_SAME:
		m->best = m->candidate;
		if (knob->kind == MINIMISE_NUMBER) {
			m->best.at[m->turned] = knob->plain;
			go_to(m, m->turned + 1);
		}
		break;
	case MINIMISE_LOST:
	case MINIMISE_IMPOSSIBLE: m->lost = tried; break;
	}
}

void minimise_tell(struct minimise *minimise, enum minimise_answer answer)
{
	switch (minimise->stage) {
	case MINIMISE_FIRST:
		minimise->stage = answer == MINIMISE_HELD ? MINIMISE_SEARCH : MINIMISE_GONE;
		if (answer == MINIMISE_HELD)
			go_to(minimise, 0);
		break;
	case MINIMISE_SEARCH: search_told(minimise, answer); break;
	case MINIMISE_CONFIRM:
		if (answer == MINIMISE_HELD)
			minimise->stage = MINIMISE_DONE;
		else
			take_back(minimise);
		break;
	case MINIMISE_DONE:
	case MINIMISE_GONE: break;
	}
}

void minimise_enough(struct minimise *minimise)
{
	if (minimise->stage != MINIMISE_SEARCH)
		return;
	minimise->stage = MINIMISE_CONFIRM;
	minimise->cut = true;
}
