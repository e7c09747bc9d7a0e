// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "report/picture_parts.h"

/*
 * The story of an order: when both threads were held at once, what each hold waited for, and
 * one sentence.
 */
enum { HOLDS_MAX = 16, HEAD = 5 };

/* A hold that was reached. */
struct held {
	const struct step_told *step;
	double from_ns, to_ns;
};

struct holds {
	struct held list[HOLDS_MAX];
	uint32_t nr;
};

/* The step whose hold begins at the moment; NULL: none does. */
static const struct step_told *step_of(const struct picture *p,
				       const struct moment_told *moment)
{
	return moment->event == MOMENT_STEP_HELD && moment->sequence &&
			       moment->sequence <= p->trial->nr_steps &&
			       p->trial->steps[moment->sequence - 1].thread < ORDER_THREADS ?
		       &p->trial->steps[moment->sequence - 1] :
		       NULL;
}

static double released_at(const struct picture *p, uint32_t held)
{
	const struct moment_told *timeline = p->trial->timeline;

	for (uint32_t i = held + 1; i < p->trial->nr_timeline; i++)
		if (timeline[i].event == MOMENT_STEP_RELEASED &&
		    timeline[i].sequence == timeline[held].sequence)
			return (double)timeline[i].at_ns;
	return picture_end_ns(p);
}

static struct holds holds_of(const struct picture *p)
{
	struct holds holds = { .nr = 0 };

	for (uint32_t i = 0; i < p->trial->nr_timeline && holds.nr < HOLDS_MAX; i++) {
		const struct moment_told *moment = &p->trial->timeline[i];

		const struct step_told *step = step_of(p, moment);

		if (!step || !order_thread_names[step->thread])
			continue;
		holds.list[holds.nr++] = (struct held){
			.step = step,
			.from_ns = (double)moment->at_ns,
			.to_ns = released_at(p, i),
		};
	}
	return holds;
}

/* How long two holds of different threads last together; 0 or less: they do not. */
static double both_ns(const struct held *one, const struct held *other)
{
	if (one->step->thread == other->step->thread)
		return 0;
	return low(one->to_ns, other->to_ns) - high(one->from_ns, other->from_ns);
}

/* --- both at once --- */

static void draw_both(const struct picture *p, const struct held *one, const struct held *other)
{
	int a = picture_row_y(p, one->step->thread), b = picture_row_y(p, other->step->thread);
	double from = picture_x(p, high(one->from_ns, other->from_ns));
	double to = picture_x(p, low(one->to_ns, other->to_ns));

	fprintf(p->out,
		"<g class=\"both\"><title>both held for %s</title><rect class=\"overlap\" "
		"x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"/></g>\n",
		race_time(both_ns(one, other)).at, from, a < b ? a : b, high(2, to - from),
		a < b ? b - a : a - b);
}

/* --- what a hold waited for --- */

/* The hold of the other thread that ended this one. */
static const struct held *waited_for(const struct holds *holds, const struct held *held)
{
	if (held->step->until != ORDER_UNTIL_HELD)
		return NULL;
	for (uint32_t i = 0; i < holds->nr; i++)
		if (holds->list[i].step->thread == held->step->other &&
		    holds->list[i].from_ns <= held->to_ns)
			return &holds->list[i];
	return NULL;
}

/* From where the one thread is held to where the other one goes on. */
static void draw_arrow(const struct picture *p, const struct held *held,
		       const struct held *other)
{
	int y = picture_row_y(p, held->step->thread),
	    from_y = picture_row_y(p, other->step->thread);
	int toward = from_y < y ? -1 : 1;
	double x = picture_x(p, held->to_ns), from = picture_x(p, other->from_ns);

	fprintf(p->out,
		"<g class=\"waits\"><title>%s continues when %s is held</title>"
		"<path d=\"M%.1f %dL%.1f %d\"/><path class=\"point\" d=\"M%.1f %dl%d %dh%dz\"/></g>\n",
		order_thread_names[held->step->thread], order_thread_names[other->step->thread],
		from, from_y, x, y + toward * 8, x, y + toward * 8, -HEAD, toward * 2 * HEAD,
		2 * HEAD);
}

/* --- the sentence --- */

static void tell_hold(const struct held *held, struct picture_caption *caption)
{
	const struct step_told *step = held->step;

	text_add(caption->at, sizeof(caption->at), "%s%s held at %s%s ",
		 *caption->at ? "; " : "", order_thread_names[step->thread],
		 step->at_return ? "return of " : "", step->place ? step->place : "?");
	if (step->until == ORDER_UNTIL_CHANGED)
		text_add(caption->at, sizeof(caption->at), "until I has made its change");
	else if (step->until == ORDER_UNTIL_TIME || step->until >= ORDER_UNTILS ||
		 step->other >= ORDER_THREADS || !order_thread_names[step->other])
		text_add(caption->at, sizeof(caption->at), "for %s",
			 race_time(held->to_ns - held->from_ns).at);
	else
		text_add(caption->at, sizeof(caption->at), "until %s %s",
			 order_thread_names[step->other], order_until_names[step->until]);
}

struct picture_caption picture_draw_order(const struct picture *p)
{
	struct picture_caption caption = { "" };
	struct holds holds = holds_of(p);
	double longest = 0;

	for (uint32_t i = 0; i < holds.nr; i++) {
		const struct held *held = &holds.list[i], *other = waited_for(&holds, held);

		tell_hold(held, &caption);
		if (other)
			draw_arrow(p, held, other);
		for (uint32_t j = 0; j < i; j++) {
			double both = both_ns(held, &holds.list[j]);

			if (both > 0)
				draw_both(p, held, &holds.list[j]);
			longest = high(longest, both);
		}
	}
	if (longest > 0)
		text_add(caption.at, sizeof(caption.at), "; both at once for %s",
			 race_time(longest).at);
	return caption;
}
