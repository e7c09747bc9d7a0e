// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ledger/functions.h"
#include "ledger/ledger.h"
#include "record/record.h"
#include "record/watchpoint_health.h"

enum {
	HASH = 4 * LEDGER_PATHS_MAX, /* a power of two */
	STACK_TEXT = 2048,
	RUN_MAX = 16,
	SIGNS_MAX = 1024,
	LIVES_MAX = 4096,
};

const char *const ledger_context_names[] = {
	[LEDGER_SYSCALL] = "syscall",	  [LEDGER_SOFTIRQ] = "softirq",
	[LEDGER_TIMER] = "timer",	  [LEDGER_RCU] = "rcu",
	[LEDGER_WORKQUEUE] = "workqueue", [LEDGER_KTHREAD] = "kthread",
	[LEDGER_INTERRUPT] = "interrupt", [LEDGER_UNKNOWN] = "unknown",
};
_Static_assert(sizeof(ledger_context_names) / sizeof(char *) == LEDGER_CONTEXTS,
	       "ledger_context_names: one per context");

bool ledger_path_is_cut(const char *path)
{
	char end[32];
	size_t size = (size_t)snprintf(end, sizeof(end), "[%s]",
				       ledger_context_names[LEDGER_UNKNOWN]);
	size_t length = strlen(path);

	return length >= size && !strcmp(path + length - size, end);
}

const char *const ledger_hole_names[] = {
	[LEDGER_WHOLE] = "whole",     [LEDGER_LOST] = "lost", [LEDGER_MISSED] = "missed",
	[LEDGER_STOPPED] = "stopped", [LEDGER_CPUS] = "cpus", [LEDGER_SUM] = "sum",
	[LEDGER_UNARMED] = "unarmed",
};
_Static_assert(sizeof(ledger_hole_names) / sizeof(char *) == LEDGER_HOLES,
	       "ledger_hole_names: one per hole");

/* clang-format off */
const char *const ledger_hole_sentences[] = {
	[LEDGER_WHOLE] = "every write was seen, and the writes add up to the counter's change",
	[LEDGER_LOST] = "writes were lost because the ring was full",
	[LEDGER_MISSED] = "the counter was written more often than our program ran (a CPU runs no program of a watchpoint while a process there is inside bpf(2), and some kernels run none while it idles); run it again",
	[LEDGER_STOPPED] = "the kernel stopped a watchpoint: it was throttled, or its CPU went offline",
	[LEDGER_CPUS] = "CPUs came online or went offline",
	[LEDGER_SUM] = "the writes do not add up to the counter's change",
	[LEDGER_UNARMED] = "no watchpoint could be armed",
};
/* clang-format on */
_Static_assert(sizeof(ledger_hole_sentences) / sizeof(char *) == LEDGER_HOLES,
	       "ledger_hole_sentences: one per hole");

/* --- the ledger --- */

/* One place in memory: a CPU's part, or the whole. */
struct part {
	bool known;
	bool open;	/* the last mark showed more than the entries, and none came since */
	int64_t value;	/* by the entries */
	int64_t marked; /* by the last mark */
};

/* Writes whose deltas cannot be separated yet: several CPUs wrote a single counter at once. */
struct pending {
	struct watchpoint_write write;
	int64_t delta;
};

/* What an instruction does to the counter, always the same. */
struct sign {
	uint64_t instruction;
	int64_t delta;
};

/* Of WATCHPOINT_ALIVE: one that was born, and by which path; NULL: it is dead. */
struct life {
	uint64_t identity;
	struct ledger_path *path;
};

struct ledger {
	const struct symbols *symbols;
	enum watchpoint_counter counter;
	void (*told)(const struct ledger_entry *entry, void *arg);
	void *arg;
	struct part *parts;
	uint32_t nr_parts;
	struct ledger_sum sum;
	struct ledger_path *paths[LEDGER_PATHS_MAX];
	uint16_t hash[HASH]; /* 1 + index into paths */
	uint32_t nr_paths;
	struct sign signs[SIGNS_MAX];
	struct pending run[RUN_MAX];
	uint32_t nr_run;
	struct life lives[LIVES_MAX];
};

struct ledger *ledger_new(const struct symbols *symbols, enum watchpoint_counter counter,
			  void (*told)(const struct ledger_entry *entry, void *arg), void *arg)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return NULL;
	ledger->nr_parts = counter == WATCHPOINT_PER_CPU ? CPUS_MAX : 1;
	ledger->parts = calloc(ledger->nr_parts, sizeof(ledger->parts[0]));
	if (!ledger->parts) {
		free(ledger);
		return NULL;
	}
	ledger->symbols = symbols;
	ledger->counter = counter;
	ledger->told = told;
	ledger->arg = arg;
	return ledger;
}

static void path_free(struct ledger_path *path)
{
	free((char *)path->stack);
	free((char *)path->holder);
	free(path);
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	for (uint32_t i = 0; i < ledger->nr_paths; i++)
		path_free(ledger->paths[i]);
	free(ledger->parts);
	free(ledger);
}

/* --- paths --- */

struct folded {
	char stack[STACK_TEXT];
	char holder[128];
	enum holder_kind kind, told;
	enum ledger_context context;
};

/*
 * A frame is behind the write, or where a call returns to: the byte before it is inside. But a
 * function that a kretprobe watches returns to the very start of a trampoline.
 */
static const struct symbol *function_of(const struct symbols *symbols, uint64_t frame)
{
	uint64_t offset = 1;
	const struct symbol *symbol = symbols_find(symbols, frame, &offset);

	if (symbol && !offset && function_is_watcher(symbol->name))
		return symbol;
	return symbols_find(symbols, frame - 1, &offset);
}

static void fold(const struct symbols *symbols, const struct watchpoint_write *write,
		 struct folded *folded)
{
	size_t used = 0;

	folded->context = LEDGER_UNKNOWN;
	folded->holder[0] = '\0';
	folded->kind = folded->told = HOLDER_OTHER;
	for (uint32_t i = 0; i < write->nr_frames && i < WATCHPOINT_FRAMES_MAX; i++) {
		const struct symbol *symbol = function_of(symbols, write->frames[i]);
		char name[128];

		if (!symbol || function_is_watcher(symbol->name))
			continue;
		symbols_plain_name(symbol->name, name, sizeof(name));
		folded->context = function_context(name);
		if (folded->context != LEDGER_UNKNOWN)
			break;
		if (!folded->holder[0] && function_is_helper(name))
			continue;
		if (!folded->holder[0]) {
			snprintf(folded->holder, sizeof(folded->holder), "%s", name);
			folded->kind = folded->told = function_kind(name);
		}
		folded->kind = function_kind_within(folded->kind, name);
		folded->told =
			function_kind_told(function_kind_within(folded->told, name), name);
		used += (size_t)snprintf(folded->stack + used, sizeof(folded->stack) - used,
					 "%s < ", name);
		if (used + sizeof(name) > sizeof(folded->stack))
			break;
	}
	if (!folded->holder[0])
		snprintf(folded->holder, sizeof(folded->holder), "?");
	snprintf(folded->stack + used, sizeof(folded->stack) - used, "[%s]",
		 ledger_context_names[folded->context]);
}

static struct ledger_path *path_new(const struct folded *folded)
{
	struct ledger_path *path = calloc(1, sizeof(*path));

	if (!path)
		return NULL;
	path->stack = strdup(folded->stack);
	path->holder = strdup(folded->holder);
	if (!path->stack || !path->holder) {
		path_free(path);
		return NULL;
	}
	path->kind = folded->kind;
	path->kind_words = folded->told ? holder_kind_words(folded->told) : path->holder;
	path->context = folded->context;
	return path;
}

/* NULL: out of memory, or of room. */
static struct ledger_path *path_of(struct ledger *ledger, const struct watchpoint_write *write)
{
	struct folded folded;
	uint64_t at;

	fold(ledger->symbols, write, &folded);
	at = hash_bytes(HASH_START, folded.stack, strlen(folded.stack)) % HASH;
	for (; ledger->hash[at]; at = (at + 1) % HASH) {
		struct ledger_path *path = ledger->paths[ledger->hash[at] - 1];

		if (!strcmp(path->stack, folded.stack))
			return path;
	}
	if (ledger->nr_paths == LEDGER_PATHS_MAX)
		return NULL;
	ledger->paths[ledger->nr_paths] = path_new(&folded);
	if (!ledger->paths[ledger->nr_paths])
		return NULL;
	ledger->hash[at] = (uint16_t)++ledger->nr_paths;
	return ledger->paths[ledger->nr_paths - 1];
}

void ledger_note_task(struct ledger_task *tasks, uint32_t *nr, uint32_t pid, const char *comm,
		      int64_t delta)
{
	struct ledger_task *task = tasks;

	while (task < tasks + *nr && task->pid != pid)
		task++;
	if (task == tasks + LEDGER_TASKS_MAX)
		return;
	if (task == tasks + *nr) {
		(*nr)++;
		*task = (struct ledger_task){ .pid = pid };
		snprintf(task->comm, sizeof(task->comm), "%.15s", comm);
	}
	task->balance += delta;
}

/* --- entries --- */

/* `path` NULL: there was no memory, or no room, for it. */
static void commit_to(struct ledger *ledger, struct ledger_path *path,
		      const struct watchpoint_write *write, int64_t delta)
{
	bool own;

	ledger->sum.entries++;
	ledger->sum.count += delta;
	ledger->sum.holds += delta > 0 ? (uint64_t)delta : 0;
	ledger->sum.puts += delta < 0 ? (uint64_t)-delta : 0;
	if (!path) {
		ledger->sum.unsure++;
		return;
	}
	path->holds += delta > 0 ? (uint64_t)delta : 0;
	path->puts += delta < 0 ? (uint64_t)-delta : 0;
	path->last_ns = write->mark.at_ns;
	own = path->context == LEDGER_SYSCALL;
	if (own)
		ledger_note_task(path->tasks, &path->nr_tasks, write->pid, write->comm, delta);
	if (ledger->told)
		ledger->told(
			&(struct ledger_entry){
				.at_ns = write->mark.at_ns,
				.cpu = write->mark.cpu,
				.pid = own ? write->pid : 0,
				.comm = own ? write->comm : NULL,
				.delta = delta,
				.count = ledger->sum.count,
				.path = path,
			},
			ledger->arg);
}

static void commit(struct ledger *ledger, const struct watchpoint_write *write, int64_t delta)
{
	commit_to(ledger, path_of(ledger, write), write, delta);
}

static struct sign *sign_of(struct ledger *ledger, uint64_t instruction)
{
	uint64_t at = instruction % SIGNS_MAX;

	for (uint32_t tries = 0; tries < SIGNS_MAX; tries++, at = (at + 1) % SIGNS_MAX)
		if (!ledger->signs[at].instruction ||
		    ledger->signs[at].instruction == instruction)
			return &ledger->signs[at];
	return NULL;
}

static uint64_t instruction_of(const struct watchpoint_write *write)
{
	return write->nr_frames ? write->frames[0] : 1;
}

static int64_t usual_delta(struct ledger *ledger, const struct watchpoint_write *write)
{
	const struct sign *sign = sign_of(ledger, instruction_of(write));

	return sign ? sign->delta : 0;
}

/*
 * What the run's instructions usually do adds up to what the counter did: then they did that.
 */
static bool run_is_solved(struct ledger *ledger)
{
	int64_t usual = 0, seen = 0;

	for (uint32_t i = 0; i < ledger->nr_run; i++) {
		int64_t delta = usual_delta(ledger, &ledger->run[i].write);

		if (!delta)
			return false;
		usual += delta;
		seen += ledger->run[i].delta;
	}
	return usual == seen;
}

static void run_commit(struct ledger *ledger)
{
	bool solved = run_is_solved(ledger);

	for (uint32_t i = 0; i < ledger->nr_run; i++) {
		const struct pending *pending = &ledger->run[i];

		ledger->sum.unsure += !solved;
		commit(ledger, &pending->write,
		       solved ? usual_delta(ledger, &pending->write) : pending->delta);
	}
	ledger->nr_run = 0;
}

/*
 * Two CPUs that write a single counter at once both read what both have written: one sees a
 * change of two, or none, and the other the rest. Held back until the sum fits what their
 * instructions do.
 */
static void add_single(struct ledger *ledger, const struct watchpoint_write *write,
		       int64_t delta)
{
	struct sign *sign;

	if (!ledger->nr_run && (delta == 1 || delta == -1)) {
		sign = sign_of(ledger, instruction_of(write));
		if (sign)
			*sign = (struct sign){ instruction_of(write), delta };
		commit(ledger, write, delta);
		return;
	}
	ledger->run[ledger->nr_run++] = (struct pending){ *write, delta };
	if (ledger->nr_run == RUN_MAX || run_is_solved(ledger))
		run_commit(ledger);
}

/* Its place, or the one where it belongs; NULL: there is no room for it. */
static struct life *life_of(struct ledger *ledger, uint64_t identity)
{
	uint64_t at = identity / sizeof(uint64_t) % LIVES_MAX;

	for (uint32_t tries = 0; tries < LIVES_MAX; tries++, at = (at + 1) % LIVES_MAX)
		if (!ledger->lives[at].identity || ledger->lives[at].identity == identity)
			return &ledger->lives[at];
	return NULL;
}

/*
 * A death is a put of the path by which the object was born: what is left of a path is what
 * still lives.
 */
static void add_life(struct ledger *ledger, const struct watchpoint_write *write)
{
	bool is_born = write->mark.type == WATCHPOINT_BIRTH;
	struct life *life = life_of(ledger, write->identity);
	struct ledger_path *path =
		!is_born && life && life->path ? life->path : path_of(ledger, write);

	if (life)
		*life = (struct life){ write->identity, is_born ? path : NULL };
	commit_to(ledger, path, write, write->mark.value);
	ledger->parts[0].value += write->mark.value;
	ledger->parts[0].open = false;
}

/* include/linux/rcuref.h: 0 is one reference, -1 none, from 0xc0000000 on the object is dead */
static int64_t count_of(enum watchpoint_counter counter, int32_t value)
{
	if (counter != WATCHPOINT_RCUREF)
		return value;
	if (value >= -1)
		return (int64_t)value + 1;
	return (uint32_t)value >= 0xc0000000U ? 0 : INT32_MAX;
}

static bool is_end(enum watchpoint_counter counter, int32_t value)
{
	return counter == WATCHPOINT_ATOMIC ? !value :
					      counter == WATCHPOINT_RCUREF && value < -1 &&
						      (uint32_t)value >= 0xc0000000U;
}

static void add_mark(struct ledger *ledger, struct part *part, int64_t value)
{
	run_commit(ledger);
	if (!part->known) {
		part->known = true;
		part->value = part->marked = value;
		ledger->sum.baseline += value;
		ledger->sum.marked += value;
		ledger->sum.count += value;
		return;
	}
	ledger->sum.marked += value - part->marked;
	part->marked = value;
	part->open = value != part->value; /* its write is about to report, or was missed */
}

void ledger_add(struct ledger *ledger, const struct watchpoint_mark *record)
{
	uint32_t index = ledger->counter == WATCHPOINT_PER_CPU ? record->cpu : 0;
	int64_t value = count_of(ledger->counter, record->value);
	struct part *part;
	int64_t delta;

	if (index >= ledger->nr_parts || ledger->sum.ended)
		return;
	part = &ledger->parts[index];
	if (record->type == WATCHPOINT_MARK) {
		add_mark(ledger, part, value);
		return;
	}
	if (!part->known)
		return; /* its write is in the first mark */
	if (record->type == WATCHPOINT_BIRTH || record->type == WATCHPOINT_DEATH) {
		add_life(ledger, (const struct watchpoint_write *)record);
		return;
	}
	delta = value - part->value;
	part->value = value;
	part->open = false;
	if (ledger->counter != WATCHPOINT_PER_CPU)
		add_single(ledger, (const struct watchpoint_write *)record, delta);
	else if (delta) /* none: its write was in the first mark already */
		commit(ledger, (const struct watchpoint_write *)record, delta);
	if (is_end(ledger->counter, record->value)) {
		run_commit(ledger);
		ledger->sum.ended = true;
	}
}

struct ledger_sum ledger_sum(const struct ledger *ledger)
{
	return ledger->sum;
}

enum ledger_hole ledger_check(const struct ledger *ledger,
			      const struct watchpoint_health *health)
{
	if (health->lost)
		return LEDGER_LOST;
	if (health->counted != health->hits)
		return LEDGER_MISSED;
	if (health->cpus_changed)
		return LEDGER_CPUS;
	if (health->idle)
		return LEDGER_STOPPED;
	for (uint32_t i = 0; i < ledger->nr_parts; i++)
		if (!ledger->sum.ended && ledger->parts[i].open)
			return LEDGER_SUM;
	return LEDGER_WHOLE;
}

uint32_t ledger_nr_paths(const struct ledger *ledger)
{
	return ledger->nr_paths;
}

const struct ledger_path *ledger_path(const struct ledger *ledger, uint32_t index)
{
	return ledger->paths[index];
}

int64_t ledger_path_balance(const struct ledger_path *path)
{
	return (int64_t)path->holds - (int64_t)path->puts;
}
