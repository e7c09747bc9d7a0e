// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "export/formats.h"
#include "report/report.h"
#include "results/lines.h"

/*
 * Chrome's trace events, for Perfetto: a process for each trial that tells a finding (without
 * findings, the last race), a track for each thread of the race.
 *
 *   thread I, II, and the kernel   what happened, and each hold with its length
 *   net_device                     references over the baseline, wherever they were looked at
 */
enum { TRACK_OTHER, TRACK_I, TRACK_II, TRACKS };

static const char *const tracks[TRACKS] = { "kernel", "I: bring-up", "II: packet" };

static int track_of(const char *thread)
{
	return thread && !strcmp(thread, "I")  ? TRACK_I :
	       thread && !strcmp(thread, "II") ? TRACK_II :
						 TRACK_OTHER;
}

static int add(json_t *events, json_t *event)
{
	return json_array_append_new(events, event) ? -ENOMEM : 0;
}

static int name_track(json_t *events, const char *what, uint32_t pid, int tid, const char *name)
{
	return add(events,
		   json_pack("{s:s, s:s, s:i, s:i, s:i, s:{s:s}}", "ph", "M", "name", what,
			     "pid", (int)pid, "tid", tid, "ts", 0, "args", "name", name));
}

static int add_moment(json_t *events, uint32_t pid, const struct moment_told *moment)
{
	const struct moment_row *row = &moment_table[moment->event];
	double at_us = (double)moment->at_ns / 1e3;
	int err =
		add(events, json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:{s:s, s:I}}", "ph", "i",
				      "s", "t", "name", row->brief, "pid", (int)pid, "tid",
				      track_of(row->thread), "ts", at_us, "args", "what",
				      row->words, "value", (json_int_t)moment->value));

	if (!err && row->value == VALUE_OVER)
		err = add(events, json_pack("{s:s, s:s, s:i, s:i, s:f, s:{s:I}}", "ph", "C",
					    "name", "net_device", "pid", (int)pid, "tid",
					    TRACK_OTHER, "ts", at_us, "args",
					    "over the baseline", (json_int_t)moment->value));
	return err;
}

/* `told` says how long: a step of the order, or the trial itself for the hold in the window. */
static int add_hold(json_t *events, uint32_t pid, const json_t *told, const char *thread,
		    const char *place, int64_t at_ns)
{
	double held_ns = json_number_value(json_object_get(told, "held_ns"));

	return add(events,
		   json_pack("{s:s, s:s+, s:i, s:i, s:f, s:f}", "ph", "X", "name", "held at ",
			     place ? place : "?", "pid", (int)pid, "tid", track_of(thread),
			     "ts", (double)at_ns / 1e3, "dur", held_ns / 1e3));
}

/* The hold that begins at the moment, if one does. */
static int add_hold_of(json_t *events, uint32_t pid, const json_t *line,
		       const struct moment_told *moment)
{
	const json_t *step =
		json_array_get(json_object_get(line, "steps"), moment->sequence - 1);

	if (moment->event == MOMENT_HELD)
		return add_hold(events, pid, line, "I", "the window", moment->at_ns);
	if (moment->event != MOMENT_STEP_HELD || !step)
		return 0;
	return add_hold(events, pid, step, json_string_value(json_object_get(step, "thread")),
			json_string_value(json_object_get(step, "place")), moment->at_ns);
}

static int add_timeline(json_t *events, uint32_t pid, const json_t *line)
{
	const json_t *json;
	size_t i;
	int err = 0;

	json_array_foreach(json_object_get(line, "timeline"), i, json)
	{
		struct moment_told moment = { 0 };

		if (err || fields_from_json_known(&moment_fields, json, &moment) ||
		    !moment_is_known(moment.event))
			continue; /* a moment of a later version */
		err = add_moment(events, pid, &moment);
		err = err ?: add_hold_of(events, pid, line, &moment);
	}
	return err;
}

static int add_trial(json_t *events, const struct past *past, const struct past_trial *trial,
		     struct why *why)
{
	json_auto_t *line = past_line(past, trial, why);
	char name[320];
	int err = 0;

	if (!line)
		return -EIO;
	snprintf(name, sizeof(name), "%s, arm %s: %s", report_name(past, trial).at,
		 arm_names[trial->arm], verdict_names[trial->verdict]);
	err = name_track(events, "process_name", trial->number, 0, name);
	for (int i = 0; !err && i < TRACKS; i++)
		err = name_track(events, "thread_name", trial->number, i, tracks[i]);
	err = err ?: add_timeline(events, trial->number, line);
	return err ? why_memory(why) : 0;
}

/* Without findings: the last one of the arm that injects most; NULL: there is no trial. */
static const struct past_trial *last_trial(const struct past *past)
{
	const struct past_trial *last = NULL;
	uint32_t nr;
	const struct past_trial *trials = past_trials(past, &nr);

	for (uint32_t i = 0; i < nr; i++)
		if (!last || trials[i].arm >= last->arm)
			last = &trials[i];
	return last;
}

static int add_trials(json_t *events, const struct past *past, struct why *why)
{
	const struct summary *summary = past_summary(past);
	const struct past_trial *last = last_trial(past);
	int err = 0;

	if (!summary->nr_findings && last)
		return add_trial(events, past, last, why);
	for (uint32_t i = 0; !err && i < summary->nr_findings; i++)
		err = add_trial(events, past, report_trial(past, &summary->findings[i]), why);
	return err;
}

int export_trace(const struct past *past, FILE *out, struct why *why)
{
	json_auto_t *all = json_pack("{s:s, s:[]}", "displayTimeUnit", "ns", "traceEvents");
	int err = all ? add_trials(json_object_get(all, "traceEvents"), past, why) :
			why_memory(why);

	if (!err && json_dumpf(all, out, JSON_COMPACT | JSON_REAL_PRECISION(15)))
		err = why_set(why, EIO, "the trace cannot be written");
	fputc('\n', out);
	return err;
}
