// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/picture.h"
#include "report/picture_of_line.h"
#include "results/ledger_line.h"

/* The lines as read, and what is drawn from them. */
struct drawing {
	struct told told;
	struct ledger_told ledger_told;
	struct trial_line trial;
	struct ledger_line ledger;
	struct race_point points[DIGEST_POINTS];
	struct race race;
};

static int read_trial(struct drawing *d, const json_t *line)
{
	d->trial = (struct trial_line){
		.verdict = VERDICTS,
		.spec = { .arm = ARMS },
		.timeline = d->told.moments,
		.nr_timeline = EVIDENCE_MOMENTS_MAX,
		.steps = d->told.steps,
		.nr_steps = ORDER_HOLDS_MAX,
	};
	return fields_from_json_known(&trial_fields, line, &d->trial) || !d->trial.spec.trial ?
		       -EINVAL :
		       0;
}

static int read_ledger(struct drawing *d, const json_t *line)
{
	d->ledger = ledger_line_empty(&d->ledger_told);
	return fields_from_json_known(&ledger_fields, line, &d->ledger) ||
			       d->ledger.trial != d->trial.spec.trial ?
		       -EINVAL :
		       0;
}

/* --- the counter's course --- */

static void take_points(struct drawing *d)
{
	const struct ledger_line *ledger = &d->ledger;

	for (uint32_t i = 0; i < ledger->nr_timeline; i++) {
		const struct ledger_point_told *told = &ledger->timeline[i];
		const struct ledger_path_told *path =
			told->path && told->path <= ledger->nr_paths ?
				&ledger->paths[told->path - 1] :
				NULL;

		d->points[i] = (struct race_point){
			.at_ns = told->at_ns,
			.delta = told->delta,
			.count = told->count,
			.kind = path ? path->kind : NULL,
			.stack = path ? path->stack : NULL,
		};
	}
	d->race.points = d->points;
	d->race.nr_points = ledger->nr_timeline;
}

/* A point may stand for several holds and puts; it is described by the hold that is left. */
static void mark_left(struct drawing *d, const struct ledger_unmatched_told *unmatched,
		      int64_t at_ns)
{
	for (uint32_t i = 0; i < d->race.nr_points; i++)
		if (d->points[i].at_ns >= at_ns) {
			d->points[i].kind = unmatched->kind;
			d->points[i].stack = unmatched->stack;
			d->points[i].nr_left++;
			d->points[i].exact = unmatched->exact;
			return;
		}
}

static int64_t *count_of(struct evidence_counts *counts, const char *object)
{
	if (object && !strcmp(object, object_names[OBJECT_INET6_DEV]))
		return &counts->inet6_dev;
	if (object && !strcmp(object, object_names[OBJECT_DST]))
		return &counts->dst;
	return &counts->net_device;
}

/* The counter itself, including references that snapshots leave out (linkwatch, neighbours). */
static void take_counts(struct drawing *d)
{
	struct evidence_counts *before = &d->trial.baseline, *after = &d->trial.after;

	before->found = after->found = true;
	*count_of(before, d->ledger.object) = d->ledger.baseline;
	*count_of(after, d->ledger.object) = d->ledger.count;
}

static void take_ledger(struct drawing *d)
{
	const struct ledger_line *ledger = &d->ledger;

	if (ledger->state != LEDGER_WHOLE)
		return;
	d->trial.object = ledger->object;
	take_counts(d);
	take_points(d);
	for (uint32_t i = 0; i < ledger->nr_unmatched; i++)
		for (uint32_t j = 0; j < ledger->unmatched[i].nr_holds; j++)
			mark_left(d, &ledger->unmatched[i],
				  ledger->unmatched[i].holds[j].at_ns);
}

/* --- a repeat --- */

/* A repeat has the same plan and steps, but its own outcome. */
static void take_repeat(struct drawing *d)
{
	const struct ledger_line *ledger = &d->ledger;

	d->race.attempt = ledger->attempt;
	d->trial.spec.arm = ledger->arm;
	d->trial.verdict = ledger->verdict;
	d->trial.reason = ledger->reason;
	/* Where its moments have no end of one. */
	d->trial.unregister =
		verdict_fault(ledger->verdict) ? UNREGISTER_STUCK : UNREGISTER_NOT_TRIED;
	d->trial.timeline = ledger->race;
	d->trial.nr_timeline = ledger->nr_race;
	d->trial.baseline.found = d->trial.after.found = false;
}

int race_draw(const json_t *line, const json_t *ledger, FILE *out)
{
	struct drawing *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->race.trial = &d->trial;
	err = read_trial(d, line);
	if (!err && ledger)
		err = read_ledger(d, ledger);
	if (!err && ledger) {
		if (d->ledger.attempt)
			take_repeat(d);
		take_ledger(d);
	}
	if (!err)
		race_picture(&d->race, out);
	free(d);
	return err;
}
