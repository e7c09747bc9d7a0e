// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "report/picture_parts.h"

/* --- text --- */

bool picture_take(struct picture_taken *taken, double from, double to)
{
	enum { GAP = 6 };

	for (uint32_t i = 0; i < taken->nr; i++)
		if (from < taken->to[i] + GAP && to + GAP > taken->from[i])
			return false;
	if (taken->nr == LABELS_MAX)
		return false;
	taken->from[taken->nr] = from;
	taken->to[taken->nr++] = to;
	return true;
}

double picture_middle(double x, double width)
{
	return high(LEFT + width / 2, low(RIGHT - width / 2, x));
}

void picture_write(const struct picture *p, const char *class, double x, double y,
		   const char *anchor, const char *text)
{
	fprintf(p->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class,
		x, y, anchor);
	markup_text(p->out, text);
	fputs("</text>\n", p->out);
}

/* --- time --- */

struct race_time race_time(double ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
	struct race_time text;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double value = ns / units[i].ns;

		if (fabs(value) < .9995)
			continue;
		snprintf(text.at, sizeof(text.at), "%.*f %s",
			 fabs(value) < 9.995 ? 2 :
			 fabs(value) < 99.95 ? 1 :
					       0,
			 value, units[i].unit);
		return text;
	}
	snprintf(text.at, sizeof(text.at), ns ? "%.0f ns" : "0", ns);
	return text;
}

enum row picture_row_of(enum order_thread thread)
{
	switch (thread) {
	case ORDER_THREAD_I: return ROW_I;
	case ORDER_THREAD_II: return ROW_II;
	case ORDER_THREAD_DAD: return ROW_DAD;
	case ORDER_THREAD_NONE:
	case ORDER_THREADS: break;
	}
	return ROW_DEVICE;
}

int picture_row_y(const struct picture *p, enum order_thread thread)
{
	return p->top[picture_row_of(thread)] + ROW_LINE;
}

const struct moment_told *picture_first(const struct picture *p, enum moment_kind kind)
{
	for (uint32_t i = 0; i < p->trial->nr_timeline; i++)
		if (p->trial->timeline[i].event == kind)
			return &p->trial->timeline[i];
	return NULL;
}

struct race_time picture_time(const struct picture *p, double ns)
{
	struct race_time time = race_time(ns - p->origin_ns), text;

	snprintf(text.at, sizeof(text.at), "%s%.20s", ns > p->origin_ns ? "+" : "", time.at);
	return text;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b; /* ns stands first in a knot */

	return (x > y) - (x < y);
}

static void add_knot(struct picture *p, double ns, int rank)
{
	p->knots[p->nr_knots].ns = ns;
	p->knots[p->nr_knots++].rank = rank;
}

/* The first and the last of each kind and of the counter's points, and the start. */
static void find_knots(struct picture *p)
{
	const struct trial_line *trial = p->trial;

	add_knot(p, 0, 8);
	for (int kind = MOMENT_NONE + 1; kind < MOMENTS; kind++) {
		const struct moment_told *first = NULL, *last = NULL;

		for (uint32_t i = 0; i < trial->nr_timeline; i++)
			if ((int)trial->timeline[i].event == kind) {
				last = &trial->timeline[i];
				first = first ? first : last;
			}
		if (first)
			add_knot(p, (double)first->at_ns, moment_table[kind].rank);
		if (last != first)
			add_knot(p, (double)last->at_ns, moment_table[kind].rank);
	}
	if (p->race->nr_points) {
		add_knot(p, (double)p->race->points[0].at_ns, 2);
		add_knot(p, (double)p->race->points[p->race->nr_points - 1].at_ns, 2);
	}
	qsort(p->knots, p->nr_knots, sizeof(p->knots[0]), by_time);
}

/* The width of a stretch: the logarithm of its length in microseconds. */
static double stretch(const struct picture *p, uint32_t i)
{
	return log1p((p->knots[i].ns - p->knots[i - 1].ns) / 1e3);
}

void picture_place_knots(struct picture *p)
{
	double all = 0, so_far = 0;

	find_knots(p);
	for (uint32_t i = 1; i < p->nr_knots; i++)
		all += stretch(p, i);
	for (uint32_t i = 0; i < p->nr_knots; i++) {
		so_far += i ? stretch(p, i) : 0;
		p->knots[i].x = LEFT + (all > 0 ? (RIGHT - LEFT) * so_far / all : 0);
	}
}

double picture_end_ns(const struct picture *p)
{
	return p->knots[p->nr_knots - 1].ns;
}

double picture_x(const struct picture *p, double ns)
{
	uint32_t i = 1;

	if (ns <= p->knots[0].ns)
		return LEFT;
	while (i < p->nr_knots && p->knots[i].ns < ns)
		i++;
	if (i == p->nr_knots)
		return RIGHT;
	return p->knots[i - 1].x + (p->knots[i].x - p->knots[i - 1].x) *
					   (ns - p->knots[i - 1].ns) /
					   (p->knots[i].ns - p->knots[i - 1].ns);
}

double picture_moment_x(const struct picture *p, const struct moment_told *moment)
{
	return picture_x(p, (double)moment->at_ns);
}

/* --- the axis --- */

uint32_t picture_choose_knots(const struct picture *p, uint32_t chosen[KNOTS_MAX])
{
	static struct picture_taken taken;
	bool is_chosen[KNOTS_MAX] = { false };
	uint32_t nr = 0;

	taken.nr = 0;
	for (int rank = 10; rank >= 0; rank--)
		for (uint32_t i = 0; i < p->nr_knots; i++) {
			bool is_end = i == 0 || i + 1 == p->nr_knots;
			double width = text_width(picture_time(p, p->knots[i].ns).at);
			double x = picture_middle(p->knots[i].x, width);

			if ((is_end ? 10 : p->knots[i].rank) == rank)
				is_chosen[i] =
					picture_take(&taken, x - width / 2, x + width / 2);
		}
	for (uint32_t i = 0; i < p->nr_knots; i++)
		if (is_chosen[i])
			chosen[nr++] = i;
	return nr;
}

void picture_draw_guides(const struct picture *p, const uint32_t *chosen, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		fprintf(p->out, "<path class=\"guide\" d=\"M%.1f %dV%d\"/>\n",
			p->knots[chosen[i]].x, TOP - 10, p->axis + 4);
}

static void draw_note(const struct picture *p)
{
	char text[256];

	/* clang-format off */
	snprintf(text, sizeof(text), "Time counts from %s and is compressed: the width of a stretch is the logarithm of its length, printed below. Bars: pale in a call, dark held.",
		 picture_first(p, MOMENT_OPENED) ? "the window's opening" : "the trial's start");
	/* clang-format on */
	picture_write(p, "word soft", 16, p->axis + 54, "start", text);
	if (p->race->nr_points)
		picture_write(
			p, "word soft", 16, p->axis + 54 + NOTE_HEIGHT, "start",
			"References: a triangle up is a hold, a triangle down a put, a diamond both; a filled mark is a hold that is never dropped.");
}

void picture_draw_axis(const struct picture *p, const uint32_t *chosen, uint32_t nr)
{
	fprintf(p->out, "<path class=\"lane\" d=\"M%d %dH%d\"/>\n", LEFT, p->axis + 4, RIGHT);
	picture_write(p, "name", 16, p->axis + 18, "start", "time");
	for (uint32_t i = 0; i < nr; i++) {
		double ns = p->knots[chosen[i]].ns, x = p->knots[chosen[i]].x;
		struct race_time text = picture_time(p, ns);

		picture_write(p, "word time", picture_middle(x, text_width(text.at)),
			      p->axis + 18, "middle", text.at);
		if (i) {
			double before = p->knots[chosen[i - 1]].x;
			struct race_time wait = race_time(ns - p->knots[chosen[i - 1]].ns);

			if (x - before > text_width(wait.at) + 20)
				fprintf(p->out,
					"<text class=\"word soft wait\" x=\"%.1f\" y=\"%d\" "
					"text-anchor=\"middle\">%s</text>\n",
					(x + before) / 2, p->axis + 32, wait.at);
		}
	}
	draw_note(p);
}
