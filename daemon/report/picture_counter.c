// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "report/picture_parts.h"

struct counter {
	const char *name;
	double before, after; /* doubles: differences are defined whatever the line says */
	double least, most;
};

static double counter_y(const struct picture *p, const struct counter *counter, double count)
{
	double range = counter->most - counter->least;

	return p->counter + 20 + p->depth -
	       (range > 0 ? p->depth * (count - counter->least) / range : p->depth / 2.0);
}

static void draw_reading(const struct picture *p, const struct counter *counter, double ns,
			 double count)
{
	fprintf(p->out,
		"<g class=\"reading\"><title>%s: %s is %.0f (%+.0f)</title>"
		"<circle class=\"read\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/></g>\n",
		picture_time(p, ns).at, counter->name, count, count - counter->before,
		picture_x(p, ns), counter_y(p, counter, count));
}

/*
 * Read when nothing moves: before, at each further look, at the end; between them it is not
 * known.
 */
static void draw_readings(const struct picture *p, const struct counter *counter,
			  bool is_device)
{
	const struct moment_told *settled = picture_first(p, MOMENT_SETTLED);
	const struct moment_told *start = picture_first(p, MOMENT_START);
	double first_ns = start ? (double)start->at_ns : 0;
	double last_ns = settled ? (double)settled->at_ns : picture_end_ns(p);

	fprintf(p->out, "<path class=\"count guess\" d=\"M%.1f %.1f", picture_x(p, first_ns),
		counter_y(p, counter, counter->before));
	for (uint32_t i = 0; is_device && i < p->trial->nr_timeline; i++)
		if (p->trial->timeline[i].event == MOMENT_LOOK)
			fprintf(p->out, "H%.1fV%.1f",
				picture_moment_x(p, &p->trial->timeline[i]),
				counter_y(p, counter,
					  counter->before +
						  (double)p->trial->timeline[i].value));
	fprintf(p->out, "H%.1fV%.1fH%d\"/>\n", picture_x(p, last_ns),
		counter_y(p, counter, counter->after), RIGHT);
	draw_reading(p, counter, first_ns, counter->before);
	for (uint32_t i = 0; is_device && i < p->trial->nr_timeline; i++)
		if (p->trial->timeline[i].event == MOMENT_LOOK)
			draw_reading(p, counter, (double)p->trial->timeline[i].at_ns,
				     counter->before + (double)p->trial->timeline[i].value);
	draw_reading(p, counter, last_ns, counter->after);
}

/* --- the counter by a ledger --- */

static double x_of_point(const struct picture *p, uint32_t i)
{
	return picture_x(p, (double)p->race->points[i].at_ns);
}

static void draw_line(const struct picture *p, const struct counter *counter)
{
	const struct race_point *points = p->race->points;

	fprintf(p->out, "<path class=\"count known\" d=\"M%d %.1f", LEFT,
		counter_y(p, counter, (double)points[0].count - (double)points[0].delta));
	for (uint32_t i = 0; i < p->race->nr_points; i++)
		fprintf(p->out, "H%.1fV%.1f", x_of_point(p, i),
			counter_y(p, counter, (double)points[i].count));
	fprintf(p->out, "H%d\"/>\n", RIGHT);
}

static void print_point(const struct picture *p, const struct race_point *point)
{
	fprintf(p->out, "%s: %+" PRId64 ", then %" PRId64,
		picture_time(p, (double)point->at_ns).at, point->delta, point->count);
	if (point->stack)
		markup_format(p->out, "; %s: %s", point->kind ? point->kind : "?",
			      point->stack);
	if (point->nr_left)
		fprintf(p->out, "; never dropped%s", point->exact ? "" : " (inferred)");
}

/* Points too close to tell apart are drawn as one mark, whose title lists each. */
struct cluster {
	uint32_t first, last;
	bool has_hold, has_put;
	bool has_left; /* a hold that was never dropped */
	bool is_exact; /* and is known to be that */
};

/* The points from `first` on that are one mark. */
static struct cluster cluster_at(const struct picture *p, uint32_t first)
{
	struct cluster cluster = { .first = first };

	for (uint32_t i = first;
	     i < p->race->nr_points && x_of_point(p, i) - x_of_point(p, first) <= NEAR; i++) {
		const struct race_point *point = &p->race->points[i];

		cluster.last = i;
		cluster.has_hold |= point->delta > 0;
		cluster.has_put |= point->delta < 0;
		cluster.has_left |= point->nr_left > 0;
		cluster.is_exact |= point->nr_left && point->exact;
	}
	return cluster;
}

/* A hold points up, a put down, both together are a diamond. */
static void draw_mark(const struct picture *p, const struct cluster *cluster, double x,
		      double y)
{
	double half = cluster->has_left ? 6 : 4;

	fputs("<g class=\"event\"><title>", p->out);
	for (uint32_t i = cluster->first; i <= cluster->last; i++) {
		if (i - cluster->first == TITLE_LINES) {
			fprintf(p->out, "\nand %u more", cluster->last + 1 - i);
			break;
		}
		fputs(i > cluster->first ? "\n" : "", p->out);
		print_point(p, &p->race->points[i]);
	}
	fprintf(p->out, "</title><path class=\"mark%s\" d=\"M%.1f ",
		cluster->is_exact ? " left" :
		cluster->has_left ? " left inferred" :
				    "",
		x - half);
	if (cluster->has_hold && cluster->has_put)
		fprintf(p->out, "%.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fz", y, half, -half, half,
			half, -half, half);
	else
		fprintf(p->out, "%.1fl%.1f %.1fl%.1f %.1fz",
			cluster->has_put ? y - half : y + half, half,
			cluster->has_put ? 2 * half : -2 * half, half,
			cluster->has_put ? -2 * half : 2 * half);
	fputs("\"/></g>\n", p->out);
}

static bool is_same_left(const struct race_point *a, const struct race_point *b)
{
	return a->nr_left && b->nr_left && a->stack && b->stack && !strcmp(a->stack, b->stack);
}

/* The holder of what is never dropped, beside its first hold: visible without hovering. */
static void draw_left(const struct picture *p, const struct counter *counter)
{
	const struct race_point *points = p->race->points;

	for (uint32_t i = 0; i < p->race->nr_points; i++) {
		uint32_t left = 0, first = i;
		char text[80];

		for (uint32_t j = p->race->nr_points; j-- > 0;)
			if (is_same_left(&points[j], &points[i])) {
				left += points[j].nr_left;
				first = j;
			}
		if (first != i || !left)
			continue;
		snprintf(text, sizeof(text), "+%u %.*s%s", left,
			 (int)strcspn(points[i].stack, " "), points[i].stack,
			 points[i].exact ? "" : " (inferred)");
		picture_write(p, points[i].exact ? "word bad halo" : "word soft halo",
			      high(LEFT + text_width(text), x_of_point(p, i) - 9),
			      counter_y(p, counter, (double)points[i].count), "end", text);
	}
}

static void draw_points(const struct picture *p, const struct counter *counter)
{
	draw_line(p, counter);
	for (uint32_t i = 0; i < p->race->nr_points;) {
		struct cluster cluster = cluster_at(p, i);

		draw_mark(p, &cluster, x_of_point(p, i),
			  counter_y(p, counter, (double)p->race->points[cluster.last].count));
		i = cluster.last + 1;
	}
	draw_left(p, counter);
}

static struct counter counter_of(const struct picture *p)
{
	const struct trial_line *t = p->trial;
	const struct counter counters[] = {
		{ "net_device", (double)t->baseline.net_device, (double)t->after.net_device },
		{ "inet6_dev", (double)t->baseline.inet6_dev, (double)t->after.inet6_dev },
		{ "dst", (double)t->baseline.dst, (double)t->after.dst },
	};
	struct counter found = counters[0];

	for (size_t i = 0; t->object && i < sizeof(counters) / sizeof(counters[0]); i++)
		if (!strcmp(t->object, counters[i].name))
			found = counters[i];
	found.least = low(found.before, found.after);
	found.most = high(found.before, found.after);
	for (uint32_t i = 0; i < p->race->nr_points; i++) {
		found.least = low(found.least, (double)p->race->points[i].count);
		found.most = high(found.most, (double)p->race->points[i].count);
	}
	return found;
}

void picture_draw_counter(const struct picture *p)
{
	struct counter counter = counter_of(p);
	bool has_changed = counter.before != counter.after;
	/* A counter in a ledger may change: caches are in it, too. */
	bool is_off = has_changed && p->trial->verdict != VERDICT_CLEAN;
	char text[96];

	fprintf(p->out, "<text class=\"name\" x=\"16\" y=\"%d\">references</text>\n",
		p->counter + 32);
	picture_write(p, "word soft", 16, p->counter + 45, "start", counter.name);
	if (!p->trial->baseline.found || !p->trial->after.found) {
		picture_write(p, "word soft", LEFT, p->counter + 38, "start",
			      p->race->attempt ?
				      "not known: the ledger has holes" :
				      "not known: the device was not there to be counted");
		return;
	}
	fprintf(p->out, "<g class=\"%s\">\n", is_off ? "bad" : "good");
	if (p->race->nr_points)
		draw_points(p, &counter);
	else
		draw_readings(p, &counter, !strcmp(counter.name, "net_device"));
	fputs("</g>\n", p->out);
	snprintf(text, sizeof(text), "%.0f before", counter.before);
	picture_write(p, "word soft", LEFT, p->counter + p->depth + 34, "start", text);
	snprintf(text, sizeof(text), has_changed ? "%.0f after: %+.0f" : "%.0f after",
		 counter.after, counter.after - counter.before);
	picture_write(p, is_off ? "word bad" : "word good", RIGHT, p->counter + p->depth + 34,
		      "end", text);
}
