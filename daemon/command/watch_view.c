// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/shown.h"
#include "command/watch_view.h"

enum { BRIEF_FRAMES = 6, PATH_TEXT = 512 };

void watch_note(struct watch_object *object, const struct ledger_entry *entry)
{
	struct watch_recent *recent = &object->recent[object->next];

	*recent = (struct watch_recent){ .entry = *entry };
	snprintf(recent->comm, sizeof(recent->comm), "%.15s", entry->comm ? entry->comm : "");
	object->next = (object->next + 1) % WATCH_RECENT;
	object->nr_recent++;
}

static int64_t balance(const struct ledger_path *path)
{
	return (int64_t)path->holds - (int64_t)path->puts;
}

struct row {
	const struct ledger_path *path;
};

/* Paths with the largest balance come first, then the busiest. */
static int for_people(const void *a, const void *b)
{
	const struct ledger_path *first = ((const struct row *)a)->path;
	const struct ledger_path *second = ((const struct row *)b)->path;
	int64_t difference = balance(second) - balance(first);

	if (!difference)
		difference = (int64_t)(second->holds + second->puts) -
			     (int64_t)(first->holds + first->puts);
	return (difference > 0) - (difference < 0);
}

/* malloc'd; NULL when out of memory. */
static struct row *sorted(const struct ledger *ledger)
{
	uint32_t nr = ledger_nr_paths(ledger);
	struct row *rows = calloc(nr + 1, sizeof(*rows));

	for (uint32_t i = 0; rows && i < nr; i++)
		rows[i].path = ledger_path(ledger, i);
	if (rows)
		qsort(rows, nr, sizeof(*rows), for_people);
	return rows;
}

/* --- for people --- */

/* A page of a terminal: long lines are cut, and lines beyond its height are dropped. */
struct page {
	FILE *out;
	int columns; /* 0: any */
	int left;    /* lines; < 0: any */
};

__attribute__((format(printf, 2, 3))) static void line(struct page *page, const char *format,
						       ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap); /* NOLINT(clang-analyzer-valist.*): it is */
	va_end(ap);
	if (!page->left)
		return;
	fprintf(page->out, "%.*s\n", page->columns ? page->columns : (int)sizeof(text), text);
	page->left--;
}

/* "python3/123 +1, tcpdump/77 +1": who in a system call still holds what it took this way. */
static void say_tasks(const struct ledger_task *tasks, uint32_t nr, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < nr && used < size; i++)
		if (tasks[i].balance > 0)
			used += (size_t)snprintf(text + used, size - used, "%s%s/%u %+" PRId64,
						 used ? ", " : "  by ",
						 show(tasks[i].comm).text, tasks[i].pid,
						 tasks[i].balance);
}

/*
 * The first functions of a path, and its last one: the middle is the way into the kernel, which
 * is long and common to many.
 */
static const char *brief(const char *stack, char *text, size_t size)
{
	const char *at = stack, *last = strrchr(stack, '[');

	for (int i = 0; i < BRIEF_FRAMES && at < last; i++)
		at = strstr(at, " < ") + 3;
	snprintf(text, size, "%.*s%s%s", (int)(at - stack), stack, at < last ? "... < " : "",
		 last);
	return text;
}

/* A process stands only beside a path that is suspected. */
static void show_path(struct page *page, const struct ledger_path *path,
		      const struct ledger_match *match)
{
	char tasks[256] = "", text[PATH_TEXT];

	for (uint32_t i = 0; i < match->nr_suspects; i++)
		if (match->suspects[i].path == path)
			say_tasks(match->suspects[i].tasks, match->suspects[i].nr_tasks, tasks,
				  sizeof(tasks));
	line(page, "%7" PRIu64 " %7" PRIu64 " %+8" PRId64 "  %-21s  %s%s", path->holds,
	     path->puts, balance(path), path->kind ? path->kind_words : "-",
	     brief(path->stack, text, sizeof(text)), tasks);
}

static void show_sum(struct page *page, const struct watch_object *object)
{
	struct ledger_sum sum = ledger_sum(object->ledger);
	int64_t change = sum.count - sum.baseline;

	line(page,
	     "%s: count %" PRId64 " = %" PRId64 " at the start %c %" PRIu64 " since; %" PRIu64
	     " holds, %" PRIu64 " puts%s",
	     object->name, sum.count, sum.baseline, change < 0 ? '-' : '+',
	     (uint64_t)imaxabs(change), sum.holds, sum.puts, sum.ended ? "; gone" : "");
}

static void show_paths(struct page *page, const struct watch_object *object, int most)
{
	struct ledger_match match = ledger_left(object->ledger);
	struct row *rows = sorted(object->ledger);
	uint32_t nr = ledger_nr_paths(object->ledger);

	if (!nr || !rows) {
		free(rows);
		return;
	}
	line(page, "%7s %7s %8s  %-21s  %s", "HOLDS", "PUTS", "BALANCE", "KIND", "CALL PATH");
	for (uint32_t i = 0; i < nr && (most < 0 || (int)i < most); i++)
		show_path(page, rows[i].path, &match);
	free(rows);
}

static void show_recent(struct page *page, const struct watch *watch,
			const struct watch_object *object)
{
	uint32_t nr =
		object->nr_recent < WATCH_RECENT ? (uint32_t)object->nr_recent : WATCH_RECENT;

	for (uint32_t i = 1; i <= nr; i++) {
		const struct watch_recent *recent =
			&object->recent[(object->next + WATCH_RECENT - i) % WATCH_RECENT];
		const struct ledger_entry *entry = &recent->entry;
		char who[128] = "", text[PATH_TEXT];

		if (entry->pid)
			snprintf(who, sizeof(who), "%s/%u  ", show(recent->comm).text,
				 entry->pid);
		line(page, "%9.3f s  %+" PRId64 " -> %-4" PRId64 " cpu %-3u %s%s",
		     (double)(entry->at_ns - watch->started_ns) / 1e9, entry->delta,
		     entry->count, entry->cpu, who,
		     brief(entry->path->stack, text, sizeof(text)));
	}
}

static void show_already(struct page *page, const struct watch *watch)
{
	const char *text = watch->already;

	if (!text)
		return;
	line(page, "Held already when the watch began:");
	for (; *text; text += strcspn(text, "\n") + 1)
		line(page, "  %.*s", (int)strcspn(text, "\n"), text);
}

void watch_already(const struct watch *watch, FILE *out)
{
	struct page page = { out, 0, -1 };

	show_already(&page, watch);
}

void watch_page(const struct watch *watch, int columns, int lines, FILE *out)
{
	struct page page = { out, columns, lines > 1 ? lines - 1 : -1 };
	int share = lines ? (lines - 2) / (int)watch->nr_objects - 4 - WATCH_RECENT : -1;

	line(&page, "%s (ifindex %u)  %.1f s  Ctrl-C stops%s", watch->interface, watch->ifindex,
	     (double)watch->elapsed_ns / 1e9,
	     watch->left_ns ? "  STILL HELD: unregistered (or moved), and not released" : "");
	for (uint32_t i = 0; i < watch->nr_objects; i++) {
		line(&page, "%s", "");
		show_sum(&page, &watch->objects[i]);
		show_paths(&page, &watch->objects[i], lines && share < 3 ? 3 : share);
		line(&page, "%s", "");
		show_recent(&page, watch, &watch->objects[i]);
	}
	line(&page, "%s", "");
	show_already(&page, watch);
}

/* "  1 by packet socket, packet_do_bind < packet_bind < [syscall]  by python3/123 +1" */
static void show_suspect(struct page *page, const struct ledger_suspect *suspect, bool exact)
{
	bool named = suspect->path->kind != HOLDER_OTHER;
	char tasks[256];

	say_tasks(suspect->tasks, suspect->nr_tasks, tasks, sizeof(tasks));
	line(page, "  %s%" PRId64 " by %s%s%s%s", exact ? "" : "up to ", suspect->unmatched,
	     named ? suspect->path->kind_words : "", named ? ", " : "", suspect->path->stack,
	     tasks);
}

static void show_released(struct page *page, const struct watch *watch,
			  const struct watch_object *object, int64_t surplus)
{
	if (surplus)
		line(page,
		     "Released: no reference to %s of %s is left over; %" PRId64
		     " from before the start were released, too.",
		     object->name, watch->interface, -surplus);
	else
		line(page,
		     "Released: the count of %s of %s ended where it began, so no holder is named.",
		     object->name, watch->interface);
}

static void show_match(struct page *page, const struct watch *watch,
		       const struct watch_object *object)
{
	struct ledger_match match = ledger_left(object->ledger);
	int64_t held = 0;

	if (!match.nr_suspects) {
		show_released(page, watch, object, match.surplus);
		return;
	}
	for (uint32_t i = 0; i < match.nr_suspects; i++)
		held += match.suspects[i].unmatched;
	if (!match.exact && match.surplus > 0)
		held = match.surplus;
	line(page, "STILL HELD: %" PRId64 " reference%s to %s of %s%s:", held,
	     held == 1 ? "" : "s", object->name, watch->interface,
	     match.exact ? "" : ", by some of these");
	for (uint32_t i = 0; i < match.nr_suspects; i++)
		show_suspect(page, &match.suspects[i], match.exact);
	line(page, "%s",
	     match.exact ?
		     "Exact: nothing else can explain this." :
		     "Inferred: some puts could belong to more than one of these paths, or to holds from before the start.");
}

static void show_verdict(struct page *page, const struct watch *watch,
			 const struct watch_object *object)
{
	if (object->hole == LEDGER_WHOLE)
		show_match(page, watch, object);
	else
		line(page, "INCOMPLETE: no holder of %s of %s is named: %s.", object->name,
		     watch->interface, ledger_hole_sentences[object->hole]);
}

static void show_departure(struct page *page, const struct watch *watch)
{
	if (!watch->left_ns)
		return;
	if (!strcmp(watch->ended_by, "unregister"))
		line(page, "Gone: %s was unregistered, and its last reference released.",
		     watch->interface);
	else
		line(page,
		     "STILL HELD: %s left its network namespace after %.1f s (unregistered or moved), and is not released.",
		     watch->interface, (double)watch->left_ns / 1e9);
}

/* The verdict comes first, then the evidence. */
void watch_tables(const struct watch *watch, FILE *out)
{
	struct page page = { out, 0, -1 };

	show_departure(&page, watch);
	for (uint32_t i = 0; i < watch->nr_objects; i++)
		show_verdict(&page, watch, &watch->objects[i]);
	for (uint32_t i = 0; i < watch->nr_objects; i++) {
		line(&page, "%s", "");
		show_sum(&page, &watch->objects[i]);
		show_paths(&page, &watch->objects[i], -1);
	}
	line(&page, "\nWatched %s (ifindex %u) for %.1f s.", watch->interface, watch->ifindex,
	     (double)watch->elapsed_ns / 1e9);
}

void watch_tracker(const struct reftracker *tracker, FILE *out)
{
	fprintf(out, "\nThe kernel's own ref_tracker, %s: %u references", tracker->object,
		tracker->total);
	if (tracker->skipped)
		fprintf(out, ", %u of them without a stack", tracker->skipped);
	fputc('\n', out);
	for (uint32_t i = 0; i < tracker->nr_sites; i++)
		fprintf(out, "%7u  %s\n", tracker->sites[i].users, tracker->sites[i].stack);
}

/* --- for flame graphs --- */

static void fold_out(const char *object, const char *tower, const char *stack, uint64_t nr,
		     FILE *out)
{
	char *copy = nr ? strdup(stack) : NULL;
	char *end;

	if (!copy)
		return;
	fprintf(out, "%s;%s", object, tower);
	for (end = copy + strlen(copy); end > copy;) {
		char *from = end;

		while (from > copy && strncmp(from, " < ", 3) != 0)
			from--;
		fprintf(out, ";%s", from > copy ? from + 3 : from);
		*from = '\0';
		end = from;
	}
	fprintf(out, " %" PRIu64 "\n", nr);
	free(copy);
}

void watch_stacks(const struct watch *watch, FILE *out)
{
	for (uint32_t i = 0; i < watch->nr_objects; i++) {
		const struct watch_object *object = &watch->objects[i];

		for (uint32_t j = 0; j < ledger_nr_paths(object->ledger); j++) {
			const struct ledger_path *path = ledger_path(object->ledger, j);

			fold_out(object->name, "holds", path->stack, path->holds, out);
			fold_out(object->name, "puts", path->stack, path->puts, out);
		}
	}
}

/* --- for programs --- */

struct entry_told {
	uint64_t at_ns;
	const char *object;
	uint32_t cpu;
	int64_t delta;
	int64_t count;
	uint32_t pid;
	const char *comm;
	enum ledger_context context;
	const char *kind;
	const char *holder;
	const char *stack;
};

struct record_told {
	uint64_t at_ns;
	const char *object;
	enum watchpoint_counter counter;
	bool mark;
	uint32_t cpu;
	int64_t value;
	uint32_t pid;
	const char *comm;
	const char *frames[WATCHPOINT_FRAMES_MAX];
	const char **first_frame;
	uint32_t nr_frames;
};

struct task_told {
	uint32_t pid;
	const char *comm;
	int64_t balance;
};

struct path_told {
	const char *stack;
	const char *holder;
	const char *kind;
	enum ledger_context context;
	uint64_t holds;
	uint64_t puts;
	int64_t balance;
	struct task_told tasks[LEDGER_TASKS_MAX];
	struct task_told *first_task;
	uint32_t nr_tasks;
};

struct suspect_told {
	const char *stack;
	const char *holder;
	const char *kind;
	int64_t unmatched;
	struct task_told tasks[LEDGER_TASKS_MAX];
	struct task_told *first_task;
	uint32_t nr_tasks;
};

struct object_told {
	const char *object;
	int64_t baseline;
	int64_t count;
	int64_t marked;
	uint64_t holds;
	uint64_t puts;
	uint64_t entries;
	uint64_t unsure;
	bool gone;
	enum ledger_hole hole;
	bool exact;
	struct suspect_told suspects[LEDGER_SUSPECTS_MAX];
	struct suspect_told *first_suspect;
	uint32_t nr_suspects;
	struct path_told *paths;
	uint32_t nr_paths;
};

struct watch_told {
	const char *interface;
	uint32_t ifindex;
	uint64_t netns_inum;
	uint64_t elapsed_ns;
	uint64_t left_ns;
	const char *ended_by;
	struct object_told *objects;
	uint32_t nr_objects;
};

/* clang-format off */
#define AT(type, member) .offset = offsetof(type, member)
#define LIST_AT(type, first, nr) \
	.list = true, .offset = offsetof(type, first), .count_offset = offsetof(type, nr)

static const struct field entry_rows[] = {
	{ "at_ns", FIELD_U64, AT(struct entry_told, at_ns), .doc = "Time of the write, CLOCK_MONOTONIC" },
	{ "object", FIELD_TEXT, AT(struct entry_told, object), .doc = "The object whose counter was written" },
	{ "cpu", FIELD_U32, AT(struct entry_told, cpu), .doc = "The CPU that wrote" },
	{ "delta", FIELD_I64, AT(struct entry_told, delta), .doc = "References taken (positive) or released (negative)" },
	{ "count", FIELD_I64, AT(struct entry_told, count), .doc = "The counter after this write" },
	{ "pid", FIELD_U32, AT(struct entry_told, pid), .nullable = true,
	  .doc = "The process whose system call wrote; null outside of system calls" },
	{ "comm", FIELD_TEXT, AT(struct entry_told, comm), .nullable = true, .doc = "Name of that process" },
	{ "context", FIELD_ENUM, AT(struct entry_told, context), .names = ledger_context_names,
	  .nr_names = LEDGER_CONTEXTS, .doc = "The context that the path runs in" },
	{ "kind", FIELD_TEXT, AT(struct entry_told, kind), .doc = "The kind of holder, such as route or neighbour" },
	{ "holder", FIELD_TEXT, AT(struct entry_told, holder), .doc = "The function that took or released the reference" },
	{ "stack", FIELD_TEXT, AT(struct entry_told, stack), .doc = "The call path, innermost first" },
	{ .name = NULL },
};
const struct fields watch_entry_fields = {
	"entry", "One write of a watched counter", entry_rows, sizeof(struct entry_told),
};

static const char *const counter_names[] = {
	[WATCHPOINT_PER_CPU] = "per-cpu", [WATCHPOINT_ATOMIC] = "atomic", [WATCHPOINT_RCUREF] = "rcuref",
	[WATCHPOINT_ALIVE] = "alive",
};
_Static_assert(sizeof(counter_names) / sizeof(char *) == WATCHPOINT_COUNTERS,
	       "counter_names: one per counter");

static const struct field record_rows[] = {
	{ "at_ns", FIELD_U64, AT(struct record_told, at_ns), .doc = "Time of the write, CLOCK_MONOTONIC" },
	{ "object", FIELD_TEXT, AT(struct record_told, object), .doc = "The object whose counter this is" },
	{ "counter", FIELD_ENUM, AT(struct record_told, counter), .names = counter_names,
	  .nr_names = WATCHPOINT_COUNTERS,
	  .doc = "Meaning of the value: per-cpu: the share of one CPU; atomic: the count; rcuref: the count less one" },
	{ "mark", FIELD_BOOL, AT(struct record_told, mark), .doc = "Whether dadrace read the counter; otherwise the kernel wrote it" },
	{ "cpu", FIELD_U32, AT(struct record_told, cpu),
	  .doc = "The CPU whose share this is; for counters without shares, the CPU that wrote" },
	{ "value", FIELD_I64, AT(struct record_told, value), .doc = "The value in memory" },
	{ "pid", FIELD_U32, AT(struct record_told, pid), .nullable = true,
	  .doc = "The current process; null when it is outside of our PID namespace, and for marks" },
	{ "comm", FIELD_TEXT, AT(struct record_told, comm), .nullable = true, .doc = "Name of that process" },
	{ "frames", FIELD_TEXT, LIST_AT(struct record_told, first_frame, nr_frames),
	  .doc = "The stack, innermost first: function+offset of the instruction after the write or the call" },
	{ .name = NULL },
};
const struct fields watch_record_fields = {
	"record", "A write of a watched counter, or a reading of it, as the kernel reported it", record_rows,
	sizeof(struct record_told),
};

static const struct field task_rows[] = {
	{ "pid", FIELD_U32, AT(struct task_told, pid), .doc = "PID of the process" },
	{ "comm", FIELD_TEXT, AT(struct task_told, comm), .doc = "Name of that process" },
	{ "balance", FIELD_I64, AT(struct task_told, balance), .doc = "Holds less puts of this process on this path" },
	{ .name = NULL },
};
static const struct fields task_fields = {
	"task", "A process that used a path", task_rows, sizeof(struct task_told),
};

static const struct field path_rows[] = {
	{ "stack", FIELD_TEXT, AT(struct path_told, stack), .doc = "The call path, innermost first" },
	{ "holder", FIELD_TEXT, AT(struct path_told, holder), .doc = "The function that took or released the reference" },
	{ "kind", FIELD_TEXT, AT(struct path_told, kind), .doc = "The kind of holder, such as route or neighbour" },
	{ "context", FIELD_ENUM, AT(struct path_told, context), .names = ledger_context_names,
	  .nr_names = LEDGER_CONTEXTS, .doc = "The context that the path runs in" },
	{ "holds", FIELD_U64, AT(struct path_told, holds), .doc = "References taken" },
	{ "puts", FIELD_U64, AT(struct path_told, puts), .doc = "References released" },
	{ "balance", FIELD_I64, AT(struct path_told, balance), .doc = "Holds less puts" },
	{ "tasks", FIELD_OBJECT, LIST_AT(struct path_told, first_task, nr_tasks), .sub = &task_fields,
	  .doc = "Processes whose system calls used it, the first 8" },
	{ .name = NULL },
};
static const struct fields path_fields = {
	"path", "One call path", path_rows, sizeof(struct path_told),
};

static const struct field suspect_rows[] = {
	{ "stack", FIELD_TEXT, AT(struct suspect_told, stack), .doc = "The call path, innermost first" },
	{ "holder", FIELD_TEXT, AT(struct suspect_told, holder), .doc = "The function that took the reference" },
	{ "kind", FIELD_TEXT, AT(struct suspect_told, kind), .doc = "The kind of holder" },
	{ "unmatched", FIELD_I64, AT(struct suspect_told, unmatched),
	  .doc = "References that may still be held through it, at most" },
	{ "tasks", FIELD_OBJECT, LIST_AT(struct suspect_told, first_task, nr_tasks), .sub = &task_fields,
	  .doc = "Processes that still hold references, over all paths of this kind, the first 8" },
	{ .name = NULL },
};
static const struct fields suspect_fields = {
	"suspect", "A path with more holds than puts", suspect_rows,
	sizeof(struct suspect_told),
};

static const struct field object_rows[] = {
	{ "object", FIELD_TEXT, AT(struct object_told, object), .doc = "The watched object" },
	{ "baseline", FIELD_I64, AT(struct object_told, baseline), .doc = "The counter at the start" },
	{ "count", FIELD_I64, AT(struct object_told, count), .doc = "The counter at the end, as the entries add up" },
	{ "marked", FIELD_I64, AT(struct object_told, marked),
	  .doc = "The counter at the end, as read from memory" },
	{ "holds", FIELD_U64, AT(struct object_told, holds), .doc = "References taken" },
	{ "puts", FIELD_U64, AT(struct object_told, puts), .doc = "References released" },
	{ "entries", FIELD_U64, AT(struct object_told, entries), .doc = "Number of writes" },
	{ "unsure", FIELD_U64, AT(struct object_told, unsure),
	  .doc = "Simultaneous writes whose individual shares are unknown; the sums are right" },
	{ "gone", FIELD_BOOL, AT(struct object_told, gone), .doc = "Whether its last reference was released" },
	{ "state", FIELD_ENUM, AT(struct object_told, hole), .names = ledger_hole_names,
	  .nr_names = LEDGER_HOLES, .doc = "whole, or why the ledger is incomplete" },
	{ "exact", FIELD_BOOL, AT(struct object_told, exact),
	  .doc = "Whether nothing else can explain what is unmatched; otherwise the suspects are inferred" },
	{ "suspects", FIELD_OBJECT, LIST_AT(struct object_told, first_suspect, nr_suspects),
	  .sub = &suspect_fields, .doc = "Unmatched holds, the likeliest first" },
	{ "paths", FIELD_OBJECT, LIST_AT(struct object_told, paths, nr_paths), .sub = &path_fields,
	  .doc = "Every call path" },
	{ .name = NULL },
};
static const struct fields object_fields = {
	"object", "The ledger of one counter", object_rows, sizeof(struct object_told),
};

static const struct field watch_rows[] = {
	{ "interface", FIELD_TEXT, AT(struct watch_told, interface), .doc = "Name of the interface" },
	{ "ifindex", FIELD_U32, AT(struct watch_told, ifindex), .doc = "Its index" },
	{ "netns_inum", FIELD_U64, AT(struct watch_told, netns_inum),
	  .doc = "Inode number of its network namespace" },
	{ "elapsed_ns", FIELD_U64, AT(struct watch_told, elapsed_ns), .doc = "Duration of the watch" },
	{ "left_ns", FIELD_U64, AT(struct watch_told, left_ns), .nullable = true,
	  .doc = "Time from the start until the interface was unregistered or moved to another namespace; null while it is there" },
	{ "ended_by", FIELD_TEXT, AT(struct watch_told, ended_by), .nullable = true,
	  .doc = "time, signal, or unregister (the interface was unregistered, and its last reference released)" },
	{ "objects", FIELD_OBJECT, LIST_AT(struct watch_told, objects, nr_objects),
	  .sub = &object_fields, .doc = "The watched object" },
	{ .name = NULL },
};
const struct fields watch_fields = {
	"watch", "The ledgers of one watch", watch_rows, sizeof(struct watch_told),
};
/* clang-format on */

static int put_line(const struct fields *fields, const char *type, const void *data, FILE *out)
{
	char *text = fields_to_line(fields, type, data);
	int err = text ? 0 : -ENOMEM;

	if (text && (fputs(text, out) == EOF || fflush(out)))
		err = -EIO;
	free(text);
	return err;
}

int watch_entry_line(const struct watch_object *object, const struct ledger_entry *entry,
		     FILE *out)
{
	const struct entry_told told = {
		.at_ns = entry->at_ns,
		.object = object->name,
		.cpu = entry->cpu,
		.delta = entry->delta,
		.count = entry->count,
		.pid = entry->pid,
		.comm = entry->comm,
		.context = entry->path->context,
		.kind = entry->path->kind_words,
		.holder = entry->path->holder,
		.stack = entry->path->stack,
	};

	return put_line(&watch_entry_fields, "entry", &told, out);
}

enum { FRAME_TEXT = 160 };

/* The frame is behind the write or the call: the byte before is in its function. */
static void name_frame(const struct symbols *symbols, uint64_t frame, char text[FRAME_TEXT])
{
	uint64_t offset = 0;
	const struct symbol *symbol = symbols_find(symbols, frame - 1, &offset);

	if (symbol)
		snprintf(text, FRAME_TEXT, "%s+0x%" PRIx64, symbol->name, offset + 1);
	else
		snprintf(text, FRAME_TEXT, "0x%" PRIx64, frame);
}

int watch_record_line(const struct watch_object *object, const struct watchpoint_mark *record,
		      const struct symbols *symbols, FILE *out)
{
	const struct watchpoint_write *write =
		record->type == WATCHPOINT_WRITE ? (const void *)record : NULL;
	char frames[WATCHPOINT_FRAMES_MAX][FRAME_TEXT];
	struct record_told told = {
		.at_ns = record->at_ns,
		.object = object->name,
		.counter = object->counter,
		.mark = !write,
		.cpu = record->cpu,
		.value = record->value,
		.pid = write ? write->pid : 0,
		.comm = write ? write->comm : NULL,
		.first_frame = told.frames,
		.nr_frames = write ? write->nr_frames : 0,
	};

	for (uint32_t i = 0; i < told.nr_frames; i++) {
		name_frame(symbols, write->frames[i], frames[i]);
		told.frames[i] = frames[i];
	}
	return put_line(&watch_record_fields, "record", &told, out);
}

static void tell_tasks(const struct ledger_task *tasks, uint32_t nr, struct task_told *told)
{
	for (uint32_t i = 0; i < nr; i++)
		told[i] = (struct task_told){ tasks[i].pid, tasks[i].comm, tasks[i].balance };
}

/* `told` points into itself afterwards, and must not be moved. */
static void tell_path(const struct ledger_path *path, struct path_told *told)
{
	*told = (struct path_told){
		.stack = path->stack,
		.holder = path->holder,
		.kind = path->kind_words,
		.context = path->context,
		.holds = path->holds,
		.puts = path->puts,
		.balance = balance(path),
		.first_task = told->tasks,
		.nr_tasks = path->nr_tasks,
	};
	tell_tasks(path->tasks, path->nr_tasks, told->tasks);
}

/* `told` points into `match` and itself: neither must be moved. */
static int tell_object(const struct watch_object *object, struct ledger_match *match,
		       struct object_told *told)
{
	struct ledger_sum sum = ledger_sum(object->ledger);
	struct row *rows = sorted(object->ledger);

	*match = ledger_left(object->ledger);
	*told = (struct object_told){
		.object = object->name,
		.baseline = sum.baseline,
		.count = sum.count,
		.marked = sum.marked,
		.holds = sum.holds,
		.puts = sum.puts,
		.entries = sum.entries,
		.unsure = sum.unsure,
		.gone = sum.ended,
		.hole = object->hole,
		.exact = match->exact,
		.first_suspect = told->suspects,
		.nr_suspects = object->hole == LEDGER_WHOLE ? match->nr_suspects : 0,
		.nr_paths = ledger_nr_paths(object->ledger),
	};
	told->paths = calloc(told->nr_paths + 1, sizeof(*told->paths));
	for (uint32_t i = 0; i < told->nr_suspects; i++) {
		const struct ledger_suspect *from = &match->suspects[i];

		struct suspect_told *to = &told->suspects[i];

		*to = (struct suspect_told){ .stack = from->path->stack,
					     .holder = from->path->holder,
					     .kind = from->path->kind_words,
					     .unmatched = from->unmatched,
					     .first_task = to->tasks,
					     .nr_tasks = from->nr_tasks };
		tell_tasks(from->tasks, from->nr_tasks, to->tasks);
	}
	if (!rows || !told->paths) {
		free(rows);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < told->nr_paths; i++)
		tell_path(rows[i].path, &told->paths[i]);
	free(rows);
	return 0;
}

int watch_summary_line(const struct watch *watch, FILE *out)
{
	struct watch_told told = {
		.interface = watch->interface,
		.ifindex = watch->ifindex,
		.netns_inum = watch->netns_inum,
		.elapsed_ns = watch->elapsed_ns,
		.left_ns = watch->left_ns,
		.ended_by = watch->ended_by,
		.objects = calloc(watch->nr_objects, sizeof(*told.objects)),
		.nr_objects = watch->nr_objects,
	};
	struct ledger_match *matches = calloc(watch->nr_objects, sizeof(*matches));
	int err = told.objects && matches ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < told.nr_objects; i++)
		err = tell_object(&watch->objects[i], &matches[i], &told.objects[i]);
	if (!err)
		err = put_line(&watch_fields, "watch", &told, out);
	for (uint32_t i = 0; told.objects && i < told.nr_objects; i++)
		free(told.objects[i].paths);
	free(told.objects);
	free(matches);
	return err;
}
