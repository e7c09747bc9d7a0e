// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/memory.h"
#include "report/events.h"
#include "report/report.h"
#include "results/finding_words.h"
#include "results/ledger_line.h"

enum { MAIL_COLUMNS = 78 };

/* The sources of a report: a finding, and the trial that shows it best. */
struct subject {
	const struct past *past;
	const struct tally_finding *finding;
	const struct past_trial *trial;
	json_t *line;
	struct trial_line told;
	struct step_told steps[ORDER_HOLDS_MAX];
	char *spec;
};

/* --- the trial that tells it --- */

const struct past_trial *report_trial(const struct past *past,
				      const struct tally_finding *finding)
{
	const struct past_trial *best = NULL;

	for (uint32_t i = 0; i < finding->nr_trials; i++) {
		const struct past_trial *trial = past_trial(past, finding->trials[i]);

		if (!best || (trial && trial->arm > best->arm))
			best = trial;
	}
	return best;
}

struct report_name report_name(const struct past *past, const struct past_trial *trial)
{
	struct report_name name;
	size_t used = (size_t)snprintf(name.at, sizeof(name.at), "Trial %u", trial->number);

	if (past_renumbers(past))
		snprintf(name.at + used, sizeof(name.at) - used, " (trial %u of %.200s)",
			 trial->own, past_folder_of(past, trial));
	return name;
}

static int subject_open(struct subject *subject, const struct past *past, uint32_t number,
			struct why *why)
{
	*subject = (struct subject){
		.past = past,
		.finding = &past_summary(past)->findings[number - 1],
	};
	subject->trial = report_trial(past, subject->finding);
	subject->line = past_line(past, subject->trial, why);
	if (!subject->line)
		return -EIO;
	subject->told.steps = subject->steps;
	if (json_array_size(json_object_get(subject->line, "steps")))
		subject->told.nr_steps = ORDER_HOLDS_MAX;
	subject->spec = past_spec(past, subject->trial, why);
	if (!subject->spec)
		return -ENOMEM;
	return fields_from_json_known(&trial_fields, subject->line, &subject->told) ?
		       why_set(why, EINVAL, "report: trial %u is not understood",
			       subject->trial->number) :
		       0;
}

static void subject_close(struct subject *subject)
{
	json_decref(subject->line);
	free(subject->spec);
}

/* --- parts --- */

static void print_head(const struct subject *s, FILE *out)
{
	struct finding_text headline = finding_headline(s->finding);
	const char *unfinished = past_unfinished(s->past);
	char trial[768];

	if (unfinished)
		fprintf(out, "Unfinished: %s.\n\n", unfinished);
	finding_print_paragraph(out, finding_point(s->finding).at, MAIL_COLUMNS);
	snprintf(trial, sizeof(trial), "%s, arm %s: %s.", report_name(s->past, s->trial).at,
		 arm_names[s->trial->arm], s->told.reason);
	fputc('\n', out);
	finding_print_paragraph(out, trial, MAIL_COLUMNS);
	if (*headline.at) {
		strncat(headline.at, ".", sizeof(headline.at) - strlen(headline.at) - 1);
		finding_print_paragraph(out, headline.at, MAIL_COLUMNS);
	}
}

static const char *word(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? text : "?";
}

static void print_metadata(const struct subject *s, FILE *out)
{
	const json_t *machine = past_machine(s->past);
	const char *kernel = past_kernel(s->past);
	time_t started = (time_t)(s->told.started_unix_ms / 1000);
	struct tm utc;
	char when[64];

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&started, &utc));
	fprintf(out, "\nFinding\n  signature %s, in %u trial%s\n", s->finding->signature,
		s->finding->count, s->finding->count == 1 ? "" : "s");
	fprintf(out, "\nKernel\n  Linux %s\n  %s\n", past_release(s->past),
		word(machine, "version"));
	fprintf(out, "  preemption %s, %" PRIu64 " CPUs, %s\n", word(machine, "preempt"),
		fields_count(machine, "cpus_online"), when);
	if (kernel)
		fprintf(out, "  in a virtual machine, from %s\n", kernel);
}

static void print_leaf(const char *path, const json_t *value, FILE *out)
{
	enum { SHORT = 50 };
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	const json_t *element;
	size_t i;

	if (!json_is_array(value) || !text || strlen(text) <= SHORT) {
		fprintf(out, "  %-24s %s\n", path, text ? text : "?");
	} else {
		json_array_foreach(value, i, element) print_leaf(i ? "" : path, element, out);
	}
	free(text);
}

/* Every leaf of the spec with its path: the settings that are not defaults. */
static void print_leaves(const json_t *object, const char *prefix, FILE *out)
{
	const char *name;
	const json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		char path[128];

		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", name);
		if (json_is_object(value))
			print_leaves(value, path, out);
		else
			print_leaf(path, value, out);
	}
}

static void print_circumstances(const struct subject *s, FILE *out)
{
	const struct trial_spec *spec = &s->told.spec;
	json_auto_t *leaves = fields_parse(s->spec);

	fields_show(leaves, ""); /* the reader leaves the campaign as it is, for replays */
	fprintf(out, "\nCircumstances\n");
	if (spec->hold_us && !spec->steps)
		fprintf(out,
			"  The bring-up is held for %" PRIu64
			" us between its first and second flag set.\n",
			spec->hold_us);
	if (spec->load)
		fprintf(out, "  Meanwhile a process %s.\n", load_words(spec->load));
	if (spec->change)
		fprintf(out, "  After its first flag set the bring-up %s.\n",
			change_words(spec->change));
	if (spec->echoes)
		fprintf(out, "  %u %s, %s, to %s%s.\n", spec->echoes,
			message_words(spec->message, spec->echoes),
			direction_names[spec->direction], target_names[spec->target],
			spec->steps ? ", in an order" : "");
	json_object_del(leaves, "spec");
	json_object_del(leaves, "trial_seed");
	json_object_del(leaves, "arms");
	print_leaves(leaves, "", out);
}

static const json_t *order_of(const struct subject *s)
{
	return json_object_get(json_object_get(s->line, "spec"), "order");
}

/* Where each thread was held, also where an explorer has chosen that. */
static void print_holds(const struct subject *s, FILE *out)
{
	if (s->told.nr_steps)
		fputs("\nHolds\n", out);
	for (uint32_t i = 0; i < s->told.nr_steps; i++) {
		const struct step_told *step = &s->told.steps[i];
		const char *words = report_hold(order_of(s), i + 1);

		if (step->outcome == STEP_OUTCOMES)
			continue; /* an outcome of a later version */
		fprintf(out, "  %-56s %s", words ? words : "?",
			step_outcome_names[step->outcome]);
		if (step->outcome != STEP_NOT_REACHED)
			fprintf(out, ", %.3f ms", (double)step->held_ns / 1e6);
		fputc('\n', out);
	}
}

static void print_sequence(const struct subject *s, FILE *out)
{
	fprintf(out,
		"\nChronological sequence of events (trial %u)\n"
		"  thread I is the bring-up, thread II the packet\n",
		s->trial->number);
	if (s->told.spec.echoes && s->told.spec.message)
		fprintf(out, "  \"echo\" stands for a %s\n",
			message_words(s->told.spec.message, 1));
	fputc('\n', out);
	report_events(json_object_get(s->line, "timeline"), order_of(s), out);
	if (s->told.unregister == UNREGISTER_STUCK)
		fputs("                       and the unregister does not return\n", out);
}

static void print_stack(const char *stack, FILE *out)
{
	for (const char *at = stack; *at; at += strspn(at, "\n")) {
		int length = (int)strcspn(at, "\n");

		fprintf(out, "    %.*s\n", length, at);
		at += length;
	}
}

static void print_counts(const struct subject *s, FILE *out)
{
	const struct trial_line *t = &s->told;
	const char *device = t->device ? t->device : "the device";
	bool is_deleted = change_has(t->spec.change, CHANGE_DELETES_DEVICE) && t->device_gone;
	const struct {
		const char *name;
		int64_t before, after;
	} rows[] = {
		{ "net_device references", t->baseline.net_device, t->after.net_device },
		{ "inet6_dev references", t->baseline.inet6_dev, t->after.inet6_dev },
		{ "dst entries", t->baseline.dst, t->after.dst },
		{ "addresses", t->baseline.addresses, t->after.addresses },
		{ "neighbour entries", t->baseline.neighbours, t->after.neighbours },
		{ "multicast memberships", t->baseline.groups, t->after.groups },
		{ "records of left groups", t->baseline.tombs, t->after.tombs },
	};

	if (is_deleted && !t->after.found)
		fprintf(out,
			"\nCounts of %s: none, it was deleted; dst entries of its namespace: "
			"%" PRId64 " before, %" PRId64 " after\n",
			device, t->baseline.dst, t->after.dst);
	else if (t->baseline.found && t->after.found) {
		fprintf(out, "\nCounts of %s, device %s\n", device,
			is_deleted ? "gone   awaited      left" : "down    before     after");
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			fprintf(out, "  %-24s%10" PRId64 "%10" PRId64 "%s\n", rows[i].name,
				rows[i].before, rows[i].after,
				rows[i].before == rows[i].after ? "" : "  <--");
	}
	if (t->hang_stack) {
		fprintf(out, "\nHung task %u, in %s\n", t->hang_pid,
			t->hang_wchan ? t->hang_wchan : "?");
		print_stack(t->hang_stack, out);
	}
	if (t->klog.text)
		fprintf(out, "\n%s: %s\n",
			t->klog.tie == KLOG_TIE_NONE ? "The kernel warned meanwhile" :
						       "The kernel's log",
			t->klog.text);
}

static void print_rate(const struct subject *s, FILE *out)
{
	const struct summary *summary = past_summary(s->past);

	fprintf(out, "\nHow often (exact 95%% intervals)\n");
	finding_print_shares(out, s->finding);
	fputs("  ", out);
	finding_print_wrapped(out, finding_cause(s->finding).at, MAIL_COLUMNS - 2);
	if (summary->decided)
		fprintf(out,
			"  Stopped early, because the question was decided: %s\n"
			"  Intervals and p-values assume a fixed number of trials.\n",
			summary->decided);
}

static void print_ledger(const struct subject *s, FILE *out)
{
	if (s->finding->ledger.reason) {
		fprintf(out, "\nLedger (every hold and put, seen by a hardware watchpoint)\n");
		finding_print_ledger(out, s->finding, MAIL_COLUMNS);
	} else if (change_has(s->told.spec.change, CHANGE_DELETES_DEVICE)) {
		/* clang-format off */
		fputs("\nLedger: none was kept. A deleted device also drops references from before\n"
		      "the trial, whose holds were not recorded.\n", out);
		/* clang-format on */
	}
}

static void print_again(const struct subject *s, FILE *out)
{
	const char *kernel = past_kernel(s->past);

	fprintf(out,
		"\nTo reproduce it, with these results or without:\n\n"
		"  dadrace replay '%s' %u --times 10\n\n"
		"  dadrace run --spec - --times 10%s%s%s <<'EOF'\n%s\nEOF\n",
		past_folder_of(s->past, s->trial), s->trial->own, kernel ? " --kernel '" : "",
		kernel ? kernel : "", kernel ? "'" : "", s->spec);
}

int report_finding(const struct past *past, uint32_t number, FILE *out, struct why *why)
{
	static void (*const parts[])(const struct subject *, FILE *) = {
		print_head,   print_rate,	   print_ledger, print_sequence, print_holds,
		print_counts, print_circumstances, print_again,	 print_metadata,
	};
	struct subject subject;
	int err = subject_open(&subject, past, number, why);

	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i](&subject, out);
	subject_close(&subject);
	if (!err && (fflush(out) || ferror(out)))
		err = why_set(why, EIO, "the report cannot be written");
	return err;
}

char *report_finding_text(const struct past *past, uint32_t number, struct why *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int err = out ? report_finding(past, number, out, why) : 0;

	if (memstream_close(out, &text) && !err)
		err = why_exit(why, EXIT_INTERNAL, ENOMEM, "the report: out of memory");
	if (!err)
		return text;
	free(text);
	return NULL;
}

static int write_one(const struct past *past, uint32_t number, struct why *why)
{
	char *path = NULL;
	FILE *out;
	int err;

	if (asprintf(&path, "%s/findings/%u.txt", past_folder(past), number) < 0)
		return why_exit(why, EXIT_INTERNAL, ENOMEM, "the report: out of memory");
	out = fopen(path, "we");
	if (!out) {
		err = errno;
		err = why_set(why, err, "%s: %s", path, strerror(err));
		free(path);
		return err;
	}
	err = report_finding(past, number, out, why);
	fclose(out);
	free(path);
	return err;
}

int report_all(const struct past *past, struct why *why)
{
	uint32_t nr = past_summary(past)->nr_findings;
	char *folder = NULL;
	int err = 0;

	if (!nr)
		return 0;
	if (asprintf(&folder, "%s/findings", past_folder(past)) < 0)
		return why_exit(why, EXIT_INTERNAL, ENOMEM, "the report: out of memory");
	if (mkdir(folder, 0755) && errno != EEXIST) {
		err = errno;
		err = why_set(why, err, "%s: %s", folder, strerror(err));
	}
	free(folder);
	for (uint32_t i = 1; !err && i <= nr; i++)
		err = write_one(past, i, why);
	return err;
}
