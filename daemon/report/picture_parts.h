/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RACE_PICTURE_PARTS_H
#define DADRACE_RACE_PICTURE_PARTS_H

#include <string.h>

#include "report/picture.h"

/*
 * The parts of the picture, for its own files.
 *
 *   picture.c          the rows of the threads and what happens in them
 *   picture_counter.c  the references beneath them
 *   picture_order.c    what the order was, and when both threads were held
 *   picture_axis.c     below both: where a time lies, where a text fits, the axis itself
 */

/* In units of the view box. */
enum {
	WIDTH = 960,
	LEFT = 104,
	RIGHT = WIDTH - 24,
	TOP = 80,      /* of the first row */
	ROW_LINE = 42, /* from its top */
	NOTE_HEIGHT = 15,
	NEAR = 3,	    /* ticks that are not further apart are one */
	LETTER_TENTHS = 62, /* width of a letter, on average, in tenths */
	KNOTS_MAX = 2 * MOMENTS + 3,
	LABELS_MAX = (RIGHT - LEFT) / NEAR + 2,
	TITLE_LINES = 12,
};

enum row { ROW_I, ROW_II, ROW_DAD, ROW_DEVICE, ROWS };

struct picture {
	const struct trial_line *trial;
	const struct race *race;
	FILE *out;
	struct {
		double ns, x;
		int rank;
	} knots[KNOTS_MAX];
	uint32_t nr_knots;
	double origin_ns; /* what times are counted from: the window's opening */
	bool has_row[ROWS];
	int top[ROWS]; /* of those that are there */
	int counter, depth, axis, height;
};

static inline double low(double a, double b)
{
	return a < b ? a : b;
}

static inline double high(double a, double b)
{
	return a > b ? a : b;
}

static inline double text_width(const char *text)
{
	return (double)strlen(text) * LETTER_TENTHS / 10;
}

/* --- picture_order.c --- */

/* A sentence; "": no hold of an order was reached. */
struct picture_caption {
	char at[192];
};

/* Draws what the holds have to do with each other, and tells it. */
struct picture_caption picture_draw_order(const struct picture *p);

/* --- picture_axis.c --- */

/* The row of a thread, and where its line lies. */
enum row picture_row_of(enum order_thread thread);
int picture_row_y(const struct picture *p, enum order_thread thread);

/* The first moment of a kind, or NULL. */
const struct moment_told *picture_first(const struct picture *p, enum moment_kind kind);

/* A time as the axis counts. */
struct race_time picture_time(const struct picture *p, double ns);

/* Where the picture's time ends. */
double picture_end_ns(const struct picture *p);

/* Where a time lies on the axis. */
double picture_x(const struct picture *p, double ns);
double picture_moment_x(const struct picture *p, const struct moment_told *moment);

void picture_write(const struct picture *p, const char *class, double x, double y,
		   const char *anchor, const char *text);

/* The middle of a label at x that stays within the picture. */
double picture_middle(double x, double width);

/* What a line of labels has no room for any more. */
struct picture_taken {
	double from[LABELS_MAX], to[LABELS_MAX];
	uint32_t nr;
};

/* Whether there was room from here to there; it is taken then. */
bool picture_take(struct picture_taken *taken, double from, double to);

/* Before any time is asked for a place. */
void picture_place_knots(struct picture *p);

/* Which knots get their time written: each once, as far as there is room. */
uint32_t picture_choose_knots(const struct picture *p, uint32_t chosen[KNOTS_MAX]);
void picture_draw_guides(const struct picture *p, const uint32_t *chosen, uint32_t nr);
void picture_draw_axis(const struct picture *p, const uint32_t *chosen, uint32_t nr);

/* --- picture_counter.c --- */

/* The object's references: its readings, or, with a ledger, every hold and put. */
void picture_draw_counter(const struct picture *p);

#endif
