// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "report/moment_words.h"
#include "report/picture_parts.h"

/* In units of the view box. */
enum {
	ROW_HEIGHT = 76,
	LABEL_LINES = 2, /* above it */
	LABEL_HEIGHT = 13,
	COUNTER_DEPTH = 34,
	LEDGER_DEPTH = 92, /* of a counter with all its holds and puts */
	COUNTER_REST = 40,
	AXIS_HEIGHT = 66,
	TICK = 11,
	DESC_EVENTS = 200,
};

static const struct {
	const char *name, *doc, *class;
} row_texts[ROWS] = {
	[ROW_I] = { "I", "bring-up", "one" },
	[ROW_II] = { "II", "packet", "two" },
	[ROW_DAD] = { "DAD", "kernel's worker", "dad" },
	[ROW_DEVICE] = { "device", "and its trial", "device" },
};

/* Durations: a bar from one moment to another of the same sequence. */
static const struct span {
	enum moment_kind from, to;
	const char *class, *words;
	bool endless; /* without its end it lasts to the end of the trial */
} spans[] = {
	{ MOMENT_FLAGS_ENTER, MOMENT_FLAGS_RETURN, "call", "in the flag set", true },
	{ MOMENT_ECHO_SENT, MOMENT_ECHO_ANSWERED, "call", "in the send", false },
	{ MOMENT_DOWN, MOMENT_SETTLED, "call", "references are waited for", true },
	{ MOMENT_UNREGISTER, MOMENT_UNREGISTERED, "call", "in the unregister", true },
	{ MOMENT_CHANGE, MOMENT_CHANGED, "call", "in the change", true },
	{ MOMENT_HELD, MOMENT_RELEASED, "hold", "held", true },
	{ MOMENT_STEP_HELD, MOMENT_STEP_RELEASED, "hold", "held", true },
};

enum { RANK_FAILED = 9 };

struct label {
	double x;
	int rank;
	char text[64];
};

/* --- rows --- */

static const struct step_told *step_of(const struct picture *p,
				       const struct moment_told *moment)
{
	return moment->sequence && moment->sequence <= p->trial->nr_steps ?
		       &p->trial->steps[moment->sequence - 1] :
		       NULL;
}

static enum row row_of(const struct picture *p, const struct moment_told *moment)
{
	const char *thread = moment_table[moment->event].thread;
	const struct step_told *step = step_of(p, moment);

	if (thread)
		return !*thread ? ROW_DEVICE : strcmp(thread, "I") ? ROW_II : ROW_I;
	return step ? picture_row_of(step->thread) : ROW_DEVICE;
}

static void place_rows(struct picture *p)
{
	int y = TOP;

	p->has_row[ROW_I] = p->has_row[ROW_II] = p->has_row[ROW_DEVICE] = true;
	for (uint32_t i = 0; i < p->trial->nr_steps; i++)
		p->has_row[ROW_DAD] |= p->trial->steps[i].thread == ORDER_THREAD_DAD;
	for (int row = 0; row < ROWS; row++)
		if (p->has_row[row]) {
			p->top[row] = y;
			y += ROW_HEIGHT;
		}
	p->counter = y;
	p->depth = p->race->nr_points ? LEDGER_DEPTH : COUNTER_DEPTH;
	p->axis = p->counter + p->depth + COUNTER_REST;
	p->height = p->axis + AXIS_HEIGHT + (p->race->nr_points ? NOTE_HEIGHT : 0);
}

/* --- words --- */

static void print_hold(const struct picture *p, const struct step_told *step)
{
	markup_format(p->out, " at %s%s", step->at_return ? "return of " : "",
		      step->place ? step->place : "?");
	if (step->until == ORDER_UNTIL_CHANGED)
		fprintf(p->out, " until I has made its change");
	else if (step->until != ORDER_UNTIL_TIME && step->until < ORDER_UNTILS &&
		 step->other != ORDER_THREAD_NONE && step->other < ORDER_THREADS)
		fprintf(p->out, " until %s %s", order_thread_names[step->other],
			order_until_names[step->until]);
}

static void print_moment(const struct picture *p, const struct moment_told *moment)
{
	const struct moment_row *text = &moment_table[moment->event];
	const struct step_told *step = text->thread ? NULL : step_of(p, moment);

	fprintf(p->out, "%s: %s", picture_time(p, (double)moment->at_ns).at, text->words);
	if (step)
		print_hold(p, step);
	moment_print_value(moment, p->out);
	if (text->thread && moment->sequence)
		fprintf(p->out, " (%s %u)", text->counted, moment->sequence);
}

static bool has_failed(const struct moment_told *moment)
{
	return moment->value < 0 && moment->value >= -INT32_MAX &&
	       (moment->event == MOMENT_SOURCE || moment->event == MOMENT_ECHO_ANSWERED ||
		moment->event == MOMENT_FLAGS_RETURN || moment->event == MOMENT_STEP_RELEASED);
}

static int rank_of(const struct moment_told *moment)
{
	return has_failed(moment) ? RANK_FAILED : moment_table[moment->event].rank;
}

/* Adds a moment's brief words to a label, once. */
static void label_add(struct label *label, const struct moment_told *moment)
{
	const struct moment_row *text = &moment_table[moment->event];
	size_t used = strlen(label->text);
	char words[48];

	snprintf(words, sizeof(words), "%s", text->brief);
	if (has_failed(moment))
		snprintf(words, sizeof(words), "%s: %s", text->brief,
			 strerrorname_np((int)-moment->value) ?: "fails");
	else if (moment->event == MOMENT_LOOK)
		snprintf(words, sizeof(words), "%+" PRId64 " %s", moment->value, text->brief);
	if (!strstr(label->text, words) && used + strlen(words) + 4 < 40)
		snprintf(label->text + used, sizeof(label->text) - used, "%s%s",
			 used ? ", " : "", words);
	if (rank_of(moment) > label->rank)
		label->rank = rank_of(moment);
}

/* --- labels --- */

static int by_rank(const void *a, const void *b)
{
	const struct label *one = a, *two = b;

	return one->rank != two->rank ? two->rank - one->rank :
					(one->x > two->x) - (one->x < two->x);
}

static void draw_labels(const struct picture *p, enum row row, struct label *labels,
			uint32_t nr)
{
	static struct picture_taken
		taken[LABEL_LINES]; /* too large for a stack; nothing here is shared */
	int line_y = p->top[row] + ROW_LINE;

	for (int i = 0; i < LABEL_LINES; i++)
		taken[i].nr = 0;
	qsort(labels, nr, sizeof(*labels), by_rank);
	for (uint32_t i = 0; i < nr; i++) {
		double width = text_width(labels[i].text),
		       x = picture_middle(labels[i].x, width);

		for (int line = 0; line < LABEL_LINES; line++) {
			double y = line_y - TICK - 5 - line * LABEL_HEIGHT;

			if (!picture_take(&taken[line], x - width / 2, x + width / 2))
				continue;
			picture_write(p, labels[i].rank >= RANK_FAILED ? "word strong" : "word",
				      x, y, "middle", labels[i].text);
			break;
		}
	}
}

/* --- what is drawn --- */

static void draw_style(const struct picture *p)
{
	fputs("<style>\n"
	      "svg.race{--ground:#f6f7f9;--ink:#1c1e21;--soft:#5d646c;--line:#c6ccd3;"
	      "--window:#ffe6a8;--edge:#d9a520;--one:#1f5fbf;--two:#b0470a;--dad:#6b3fa0;"
	      "--device:#4a5560;--good:#1c7a3c;--bad:#b3261e;"
	      "background:var(--ground);border-radius:8px;"
	      "font:11.5px system-ui,sans-serif;max-width:100%;height:auto}\n"
	      "@media screen and (prefers-color-scheme:dark){svg.race{--ground:#1d2024;"
	      "--ink:#e6e8ea;--soft:#a0a7af;--line:#454b53;--window:#4a3d17;--edge:#b08a2e;"
	      "--one:#7fb0ff;--two:#ff9d66;--dad:#c7a4f5;--device:#aab4be;--good:#6fd08c;"
	      "--bad:#ff8a80}}\n"
	      ".race text{fill:var(--ink)} .race .word{font-size:11px}"
	      " .race .soft{fill:var(--soft)} .race .strong{font-weight:600}"
	      " .race .head{font-size:14px;font-weight:600} .race .name{font-weight:600}\n"
	      ".race .one{--c:var(--one)} .race .two{--c:var(--two)} .race .dad{--c:var(--dad)}"
	      " .race .device{--c:var(--device)} .race .name{fill:var(--c,var(--ink))}\n"
	      ".race .lane{stroke:var(--line)} .race .guide{stroke:var(--line);"
	      "stroke-dasharray:1 4} .race .window{fill:var(--window)}"
	      " .race .edge{stroke:var(--edge);stroke-width:1.5}\n"
	      ".race .overlap{fill:var(--bad);opacity:.14} .race .waits path{fill:none;"
	      "stroke:var(--ink);stroke-width:1.3} .race .waits .point{fill:var(--ink);"
	      "stroke:none} .race .caption{font-size:12px}\n"
	      ".race .tick{stroke:var(--c);stroke-width:2} .race .reach{fill:transparent}"
	      " .race .hold{fill:var(--c);opacity:.55} .race .call{fill:var(--c);opacity:.28}\n"
	      ".race .count{fill:none;stroke-width:2;stroke:var(--state)}"
	      " .race .guess{stroke-dasharray:3 4} .race .read{fill:var(--state)}"
	      " .race .good{--state:var(--good)} .race .bad{--state:var(--bad)}"
	      " .race .mark{fill:var(--ground);stroke:var(--device);stroke-width:1.5}"
	      " .race .left{fill:var(--bad);stroke:var(--bad)}"
	      " .race .halo{paint-order:stroke;stroke:var(--ground);stroke-width:3px}"
	      " .race .left.inferred{fill:var(--soft);stroke:var(--soft)}"
	      " .race text.bad,.race tspan.bad{fill:var(--bad);font-weight:600}"
	      " .race text.good,.race tspan.good{fill:var(--good);font-weight:600}\n"
	      "</style>\n",
	      p->out);
}

static const char *verdict_class(const struct trial_line *trial)
{
	if (trial->verdict >= VERDICTS)
		return "soft";
	return verdict_fault(trial->verdict)   ? "bad" :
	       trial->verdict == VERDICT_CLEAN ? "good" :
						 "soft";
}

static void print_name(const struct picture *p)
{
	const struct trial_line *trial = p->trial;

	fprintf(p->out, "Trial %u", trial->spec.trial);
	if (p->race->attempt)
		fprintf(p->out, ", repeat %u with the ledger", p->race->attempt);
	fprintf(p->out, ", arm %s: %s",
		trial->spec.arm < ARMS ? arm_names[trial->spec.arm] : "?",
		trial->verdict < VERDICTS ? verdict_names[trial->verdict] : "?");
}

/* For those who cannot see it: the events, in words. */
static void draw_desc(const struct picture *p)
{
	uint32_t nr = 0;

	fputs("<desc>", p->out);
	markup_text(p->out, p->trial->reason);
	for (uint32_t i = 0; i < p->trial->nr_timeline && nr < DESC_EVENTS; i++)
		if (moment_is_known(p->trial->timeline[i].event)) {
			fputs(nr++ ? "; " : ". ", p->out);
			print_moment(p, &p->trial->timeline[i]);
		}
	fputs("</desc>\n", p->out);
}

static void draw_head(const struct picture *p)
{
	fprintf(p->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"race\" role=\"img\" "
		"viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n<title>",
		WIDTH, p->height, WIDTH, p->height);
	print_name(p);
	fputs("</title>\n", p->out);
	draw_desc(p);
	draw_style(p);
	fprintf(p->out,
		"<text class=\"head\" x=\"16\" y=\"24\">Trial %u <tspan class=\"soft\">",
		p->trial->spec.trial);
	if (p->race->attempt)
		fprintf(p->out, "repeat %u with the ledger, ", p->race->attempt);
	fprintf(p->out, "arm %s</tspan> <tspan class=\"%s\">",
		p->trial->spec.arm < ARMS ? arm_names[p->trial->spec.arm] : "?",
		verdict_class(p->trial));
	fprintf(p->out, "%s</tspan></text>\n",
		p->trial->verdict < VERDICTS ? verdict_names[p->trial->verdict] : "?");
}

static void draw_window(const struct picture *p)
{
	const struct moment_told *opened = picture_first(p, MOMENT_OPENED);
	const struct moment_told *closed = picture_first(p, MOMENT_CLOSED);
	const struct moment_told *last = closed ? closed : picture_first(p, MOMENT_EXITED);
	double from_ns, to_ns, from, to;
	char text[96];

	if (!opened)
		return;
	from_ns = (double)opened->at_ns;
	to_ns = high(from_ns, last ? (double)last->at_ns : picture_end_ns(p));
	from = picture_x(p, from_ns);
	to = high(from + 1, picture_x(p, to_ns));
	snprintf(text, sizeof(text),
		 closed ? "window open for %s" : "window open, never closed",
		 race_time(to_ns - from_ns).at);
	fprintf(p->out,
		"<g class=\"opening\"><title>%s</title><rect class=\"window\" x=\"%.1f\" "
		"y=\"%d\" "
		"width=\"%.1f\" height=\"%d\"/><path class=\"edge\" d=\"M%.1f "
		"%dH%.1f\"/></g>\n",
		text, from, TOP - 16, to - from, p->counter - TOP + 8, from, TOP - 16, to);
	picture_write(p, "word soft", picture_middle((from + to) / 2, text_width(text)),
		      TOP - 21, "middle", text);
}

static void draw_lanes(const struct picture *p)
{
	for (int row = 0; row < ROWS; row++) {
		int y = p->top[row] + ROW_LINE;

		if (!p->has_row[row])
			continue;
		fprintf(p->out,
			"<g class=\"%s\"><text class=\"name\" x=\"16\" y=\"%d\">%s</text>"
			"<text class=\"word soft\" x=\"16\" y=\"%d\">%s</text></g>\n"
			"<path class=\"lane\" d=\"M%d %dH%d\"/>\n",
			row_texts[row].class, y - 1, row_texts[row].name, y + 12,
			row_texts[row].doc, LEFT, y, RIGHT);
	}
}

/* The story in one sentence: of the order, or the verdict's. */
static void draw_caption(const struct picture *p)
{
	struct picture_caption caption = picture_draw_order(p);

	fputs("<text class=\"caption\" x=\"16\" y=\"42\">", p->out);
	markup_text(p->out, *caption.at ? caption.at : p->trial->reason);
	fputs("</text>\n", p->out);
}

static const struct moment_told *end_of(const struct picture *p, uint32_t start,
					const struct span *span)
{
	const struct trial_line *trial = p->trial;

	for (uint32_t i = start + 1; i < trial->nr_timeline; i++)
		if (trial->timeline[i].event == span->to &&
		    trial->timeline[i].sequence == trial->timeline[start].sequence)
			return &trial->timeline[i];
	return NULL;
}

/* Beneath the line, where ticks have no labels. */
static void draw_hold_label(const struct picture *p, double x, double y,
			    const struct moment_told *from, const char *lasted)
{
	const struct step_told *step =
		from->event == MOMENT_STEP_HELD ? step_of(p, from) : NULL;
	char text[160];

	if (step)
		snprintf(text, sizeof(text), "%s at %s%s", lasted,
			 step->at_return ? "return of " : "", step->place ? step->place : "?");
	else
		snprintf(text, sizeof(text), "held %s", lasted);
	picture_write(p, "word soft", picture_middle(x, text_width(text)), y, "middle", text);
}

/* The outcome of a leak. */
static void draw_stuck(const struct picture *p, const struct moment_told *from)
{
	if ((from->event == MOMENT_UNREGISTER || from->event == MOMENT_CHANGE) &&
	    p->trial->unregister == UNREGISTER_STUCK)
		picture_write(p, "word bad", RIGHT, p->top[ROW_DEVICE] + ROW_LINE + 24, "end",
			      "the unregister does not return");
}

static void draw_span(const struct picture *p, const struct span *span, uint32_t start)
{
	const struct moment_told *from = &p->trial->timeline[start];
	const struct moment_told *to = end_of(p, start, span);
	double from_ns = (double)from->at_ns,
	       to_ns = to ? (double)to->at_ns : picture_end_ns(p);
	double x = picture_x(p, from_ns), width = picture_x(p, to_ns) - x;
	bool is_hold = !strcmp(span->class, "hold");
	int y = p->top[row_of(p, from)] + ROW_LINE, half = is_hold ? 8 : 5;
	struct race_time lasted = race_time(to_ns - from_ns);

	if (!to)
		draw_stuck(p, from);
	if ((!to && !span->endless) || (width < 1 && !is_hold))
		return;
	fprintf(p->out, "<g class=\"%s\"><title>%s", row_texts[row_of(p, from)].class,
		span->words);
	if (from->event == MOMENT_STEP_HELD && step_of(p, from))
		print_hold(p, step_of(p, from));
	fprintf(p->out,
		": %s%s</title><rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
		"height=\"%d\" rx=\"3\"/></g>\n",
		lasted.at, to ? "" : ", and it does not end", span->class, x, y - half,
		high(2, width), 2 * half);
	if (is_hold)
		draw_hold_label(p, x + width / 2, y + 24, from, lasted.at);
}

static void draw_spans(const struct picture *p)
{
	for (size_t s = 0; s < sizeof(spans) / sizeof(spans[0]); s++)
		for (uint32_t i = 0; i < p->trial->nr_timeline; i++)
			if (p->trial->timeline[i].event == spans[s].from)
				draw_span(p, &spans[s], i);
}

/* Ticks too close to tell apart are drawn as one, whose title lists each. */
struct group {
	double x;
	uint32_t first, last; /* moments; those of other rows between them do not count */
	uint32_t nr;
};

static void draw_group(const struct picture *p, enum row row, const struct group *group,
		       struct label *label)
{
	int y = p->top[row] + ROW_LINE;
	uint32_t nr = 0;

	*label = (struct label){ .x = group->x };
	fputs("<g class=\"event\"><title>", p->out);
	for (uint32_t i = group->first; i <= group->last; i++) {
		const struct moment_told *moment = &p->trial->timeline[i];

		if (!moment_is_known(moment->event) || row_of(p, moment) != row)
			continue;
		label_add(label, moment);
		if (nr++ >= TITLE_LINES)
			continue;
		fputs(nr > 1 ? "\n" : "", p->out);
		print_moment(p, moment);
	}
	if (nr > TITLE_LINES)
		fprintf(p->out, "\nand %u more", nr - TITLE_LINES);
	fprintf(p->out,
		"</title><path class=\"tick\" d=\"M%.1f %dV%d\"/><rect class=\"reach\" "
		"x=\"%.1f\" y=\"%d\" width=\"6\" height=\"%d\"/></g>\n",
		group->x, y - TICK, y + TICK, group->x - 3, y - TICK, 2 * TICK);
}

static void draw_events(const struct picture *p, enum row row)
{
	static struct label labels[LABELS_MAX];
	struct group group = { 0 };
	uint32_t nr = 0;

	fprintf(p->out, "<g class=\"%s\">\n", row_texts[row].class);
	for (uint32_t i = 0; i < p->trial->nr_timeline; i++) {
		const struct moment_told *moment = &p->trial->timeline[i];
		double x;

		if (!moment_is_known(moment->event) || row_of(p, moment) != row)
			continue;
		x = picture_moment_x(p, moment);
		if (group.nr && fabs(x - group.x) > NEAR && nr + 1 < LABELS_MAX) {
			draw_group(p, row, &group, &labels[nr++]);
			group.nr = 0;
		}
		if (!group.nr++)
			group = (struct group){ .x = x, .first = i, .nr = 1 };
		group.last = i;
	}
	if (group.nr)
		draw_group(p, row, &group, &labels[nr++]);
	draw_labels(p, row, labels, nr);
	fputs("</g>\n", p->out);
}

void race_picture(const struct race *race, FILE *out)
{
	struct picture picture = { .trial = race->trial, .race = race, .out = out };
	const struct moment_told *opened = picture_first(&picture, MOMENT_OPENED);
	uint32_t chosen[KNOTS_MAX], nr;

	picture.origin_ns = opened ? (double)opened->at_ns : 0;
	picture_place_knots(&picture);
	place_rows(&picture);
	nr = picture_choose_knots(&picture, chosen);
	draw_head(&picture);
	draw_window(&picture);
	picture_draw_guides(&picture, chosen, nr);
	draw_lanes(&picture);
	draw_caption(&picture);
	draw_spans(&picture);
	for (int row = 0; row < ROWS; row++)
		if (picture.has_row[row])
			draw_events(&picture, (enum row)row);
	picture_draw_counter(&picture);
	picture_draw_axis(&picture, chosen, nr);
	fputs("</svg>\n", out);
}
