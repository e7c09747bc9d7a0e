// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
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
	[LEDGER_MISSED] = "the counter was written more often than our program ran (another process may be inside bpf(2)); run it again, on another CPU",
	[LEDGER_STOPPED] = "the kernel stopped a watchpoint: it was throttled, or its CPU went offline",
	[LEDGER_CPUS] = "CPUs came online or went offline",
	[LEDGER_SUM] = "the writes do not add up to the counter's change",
	[LEDGER_UNARMED] = "no watchpoint could be armed",
};
/* clang-format on */
_Static_assert(sizeof(ledger_hole_sentences) / sizeof(char *) == LEDGER_HOLES,
	       "ledger_hole_sentences: one per hole");

/* --- tables of the kernel's function names, 5.10 to 7.2 --- */

struct name_row {
	const char *start; /* of a function's name */
	const char *kind;
};

/* clang-format off */
static const struct name_row holder_kinds[] = {
	{ "dst_",		   "route" },
	{ "ip6_dst_",		   "route" },
	{ "ip6_rt_",		   "route" },
	{ "ip6_pol_route",	   "route" },
	{ "icmp6_dst_",		   "route" },
	{ "rt6_",		   "route" },
	{ "rt_",		   "route" },
	{ "ipv4_dst_",		   "route" },
	{ "fib6_nh_",		   "nexthop" },
	{ "fib_nh_",		   "nexthop" },
	{ "fib_check_nh",	   "nexthop" },
	{ "nexthop_",		   "nexthop" },
	{ "ip6_validate_gw",	   "nexthop" },
	{ "neigh_",		   "neighbour" },
	{ "__neigh_",		   "neighbour" },
	{ "___neigh_",		   "neighbour" },
	{ "pneigh_",		   "neighbour" },
	{ "linkwatch_",		   "linkwatch" },
	{ "__linkwatch_",	   "linkwatch" },
	{ "qdisc_",		   "queueing discipline" },
	{ "__qdisc_",		   "queueing discipline" },
	{ "packet_",		   "packet socket" },
	{ "__packet_",		   "packet socket" },
	{ "ipv6_add_addr",	   "address" },
	{ "ipv6_del_addr",	   "address" },
	{ "inet6_ifa_",		   "address" },
	/* It starts the timer, and addrconf_ifdown stops it: both inlined. */
	{ "addrconf_dad_completed", "router solicitation" },
	{ "addrconf_mod_rs_timer", "router solicitation" },
	{ "addrconf_rs_timer",	   "router solicitation" },
	{ "addrconf_ifdown",	   "router solicitation" },
	{ "addrconf_mod_dad_work", "DAD" },
	{ "addrconf_dad_",	   "DAD" },
	{ "mld_",		   "multicast" },
	{ "igmp6_",		   "multicast" },
	{ "ma_put",		   "multicast" },
	{ "ipv6_mc_",		   "multicast" },
	{ "ip6_mc_",		   "multicast" },
	{ "__ipv6_dev_mc_",	   "multicast" },
	{ "__ipv6_sock_mc_",	   "multicast" },
	{ "ipv6_dev_ac_",	   "anycast" },
	{ "__ipv6_dev_ac_",	   "anycast" },
	{ "aca_",		   "anycast" },
	{ "ipv6_add_dev",	   "inet6_dev" },
	{ "in6_dev_",		   "inet6_dev" },
	{ "inetdev_",		   "in_device" },
	{ "in_dev_",		   "in_device" },
	{ "rx_queue_",		   "device queue" },
	{ "net_rx_queue_",	   "device queue" },
	{ "netdev_queue_",	   "device queue" },
	{ "__netdev_adjacent_",	   "upper or lower device" },
};

/* What only does it for its caller. */
static const char *const helpers[] = {
	"dev_get_by_", "netdev_get_by_", "netdev_hold", "netdev_put", "dev_hold", "dev_put",
	"in6_dev_get", "in6_dev_put", "in6_ifa_hold", "in6_ifa_put", "neigh_release", "dst_release",
	"rcuref_", "refcount_",
};

/* What stands in a stack because somebody watches. */
static const char *const watchers[] = {
	"bpf_prog_", "bpf_trampoline_", "__bpf_prog_", "ftrace_", "arch_ftrace_", "fprobe_",
	"kprobe_", "kretprobe_", "__kretprobe_", "optprobe_", "opt_pre_handler", "rethook_",
	"arch_rethook_", "trampoline_probe_handler", "return_to_handler",
};

/* Where a path ends. */
static const struct {
	const char *start;
	enum ledger_context context;
} boundaries[] = {
	{ "do_syscall_64",	  LEDGER_SYSCALL },
	{ "x64_sys_call",	  LEDGER_SYSCALL },
	{ "__x64_sys_",		  LEDGER_SYSCALL },
	{ "__ia32_",		  LEDGER_SYSCALL },
	{ "__do_fast_syscall_32", LEDGER_SYSCALL },
	{ "do_int80_syscall_32",  LEDGER_SYSCALL },
	{ "entry_SYSCALL",	  LEDGER_SYSCALL },
	{ "rcu_do_batch",	  LEDGER_RCU },
	{ "rcu_core",		  LEDGER_RCU }, /* 5.10 inlines the other */
	{ "call_timer_fn",	  LEDGER_TIMER },
	{ "handle_softirqs",	  LEDGER_SOFTIRQ },
	{ "__do_softirq",	  LEDGER_SOFTIRQ },
	{ "__softirqentry_text_start", LEDGER_SOFTIRQ }, /* its other name */
	{ "process_one_work",	  LEDGER_WORKQUEUE },
	{ "kthread",		  LEDGER_KTHREAD },
	{ "ret_from_fork",	  LEDGER_KTHREAD },
	{ "sysvec_",		  LEDGER_INTERRUPT },
	{ "common_interrupt",	  LEDGER_INTERRUPT },
	{ "asm_",		  LEDGER_INTERRUPT },
};
/* clang-format on */

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool starts_any(const char *text, const char *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (starts(text, list[i]))
			return true;
	return false;
}

#define STARTS_ANY(text, list) starts_any(text, list, sizeof(list) / sizeof((list)[0]))

bool ledger_is_helper(const char *function)
{
	return STARTS_ANY(function, helpers);
}

static const char *known_kind(const char *holder)
{
	for (size_t i = 0; i < sizeof(holder_kinds) / sizeof(holder_kinds[0]); i++)
		if (starts(holder, holder_kinds[i].start))
			return holder_kinds[i].kind;
	return NULL;
}

static enum ledger_context boundary(const char *function)
{
	for (size_t i = 0; i < sizeof(boundaries) / sizeof(boundaries[0]); i++)
		if (starts(function, boundaries[i].start))
			return boundaries[i].context;
	return LEDGER_UNKNOWN;
}

/* --- the ledger --- */

/* One place in memory: a CPU's part, or the whole. */
struct part {
	bool known;
	bool open;	/* the last mark showed more than the entries, and none came since */
	int64_t value;	/* by the entries */
	int64_t marked; /* by the last mark */
};

/* Writes whose deltas cannot be told apart yet: several CPUs wrote a single counter at once. */
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

	if (symbol && !offset && STARTS_ANY(symbol->name, watchers))
		return symbol;
	return symbols_find(symbols, frame - 1, &offset);
}

static void fold(const struct symbols *symbols, const struct watchpoint_write *write,
		 struct folded *folded)
{
	size_t used = 0;

	folded->context = LEDGER_UNKNOWN;
	folded->holder[0] = '\0';
	for (uint32_t i = 0; i < write->nr_frames && i < WATCHPOINT_FRAMES_MAX; i++) {
		const struct symbol *symbol = function_of(symbols, write->frames[i]);
		char name[128];

		if (!symbol || STARTS_ANY(symbol->name, watchers))
			continue;
		symbols_plain_name(symbol->name, name, sizeof(name));
		folded->context = boundary(name);
		if (folded->context != LEDGER_UNKNOWN)
			break;
		if (!folded->holder[0]) {
			if (ledger_is_helper(name))
				continue;
			snprintf(folded->holder, sizeof(folded->holder), "%s", name);
		}
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
	path->kind = known_kind(path->holder);
	if (!path->kind)
		path->kind = path->holder;
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

/* The first LEDGER_TASKS_MAX are kept. */
static void note_task(struct ledger_task *tasks, uint32_t *nr, uint32_t pid, const char *comm,
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
		note_task(path->tasks, &path->nr_tasks, write->pid, write->comm, delta);
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

static int64_t balance_of(const struct ledger_path *path)
{
	return (int64_t)path->holds - (int64_t)path->puts;
}

/* --- kinds --- */

struct kind {
	const char *name;
	bool in_table;
	int64_t balance;
	int64_t put_left;    /* of its paths that put more than they hold */
	uint32_t nr_holding; /* its paths that hold more than they put */
};

struct kinds {
	struct kind list[LEDGER_PATHS_MAX];
	uint32_t nr;
};

static struct kind *kind_of(struct kinds *kinds, const char *name)
{
	for (uint32_t i = 0; i < kinds->nr; i++)
		if (!strcmp(kinds->list[i].name, name))
			return &kinds->list[i];
	return NULL;
}

/* --- learning --- */

struct usual_path {
	char *stack;
	int64_t balance; /* the sum over all clean ledgers */
};

/* Two kinds, of which one held as much as the other put. */
struct pair {
	char *holds, *puts;
	uint32_t together;
};

struct ledger_profile {
	uint32_t nr_clean;
	struct usual_path *paths;
	uint32_t nr_paths;
	struct pair *pairs;
	uint32_t nr_pairs;
};

struct ledger_profile *ledger_profile_new(void)
{
	return calloc(1, sizeof(struct ledger_profile));
}

void ledger_profile_free(struct ledger_profile *profile)
{
	if (!profile)
		return;
	for (uint32_t i = 0; i < profile->nr_paths; i++)
		free(profile->paths[i].stack);
	for (uint32_t i = 0; i < profile->nr_pairs; i++) {
		free(profile->pairs[i].holds);
		free(profile->pairs[i].puts);
	}
	free(profile->paths);
	free(profile->pairs);
	free(profile);
}

static struct usual_path *usual_of(const struct ledger_profile *profile, const char *stack)
{
	for (uint32_t i = 0; i < profile->nr_paths; i++)
		if (!strcmp(profile->paths[i].stack, stack))
			return &profile->paths[i];
	return NULL;
}

static int learn_path(struct ledger_profile *profile, const struct ledger_path *path)
{
	struct usual_path *usual = usual_of(profile, path->stack);

	if (!usual) {
		struct usual_path *paths =
			reallocarray(profile->paths, profile->nr_paths + 1, sizeof(*paths));

		if (!paths)
			return -ENOMEM;
		profile->paths = paths;
		usual = &paths[profile->nr_paths];
		*usual = (struct usual_path){ .stack = strdup(path->stack) };
		if (!usual->stack)
			return -ENOMEM;
		profile->nr_paths++;
	}
	usual->balance += balance_of(path);
	return 0;
}

static struct pair *pair_of(const struct ledger_profile *profile, const char *holds,
			    const char *puts)
{
	for (uint32_t i = 0; i < profile->nr_pairs; i++)
		if (!strcmp(profile->pairs[i].holds, holds) &&
		    !strcmp(profile->pairs[i].puts, puts))
			return &profile->pairs[i];
	return NULL;
}

static int learn_pair(struct ledger_profile *profile, const char *holds, const char *puts)
{
	struct pair *pair = pair_of(profile, holds, puts);

	if (!pair) {
		struct pair *pairs =
			reallocarray(profile->pairs, profile->nr_pairs + 1, sizeof(*pairs));

		if (!pairs)
			return -ENOMEM;
		profile->pairs = pairs;
		pair = &pairs[profile->nr_pairs];
		*pair = (struct pair){ .holds = strdup(holds), .puts = strdup(puts) };
		if (!pair->holds || !pair->puts) {
			free(pair->holds);
			free(pair->puts);
			return -ENOMEM;
		}
		profile->nr_pairs++;
	}
	pair->together++;
	return 0;
}

/* Whether clean ledgers show, more often than not, that the one puts what the other holds. */
static bool are_partners(const struct ledger_profile *profile, const char *holds,
			 const char *puts)
{
	const struct pair *pair = profile ? pair_of(profile, holds, puts) : NULL;

	return pair && 2 * pair->together > profile->nr_clean;
}

/* The kinds of a ledger, those that learning has found to belong together under one name. */
static int find_kinds(const struct ledger *ledger, const struct ledger_profile *profile,
		      struct kinds **out)
{
	struct kinds *kinds = calloc(1, sizeof(*kinds));

	if (!kinds)
		return -ENOMEM;
	for (uint32_t i = 0; i < ledger->nr_paths; i++) {
		const struct ledger_path *path = ledger->paths[i];
		struct kind *kind = kind_of(kinds, path->kind);

		if (!kind) {
			kind = &kinds->list[kinds->nr++];
			kind->name = path->kind;
			kind->in_table = path->kind != path->holder;
		}
		kind->balance += balance_of(path);
		if (balance_of(path) > 0)
			kind->nr_holding++;
		else
			kind->put_left -= balance_of(path);
	}
	for (uint32_t i = 0; i < kinds->nr; i++)
		for (uint32_t j = 0; j < kinds->nr; j++) {
			struct kind *holds = &kinds->list[i], *puts = &kinds->list[j];

			if (holds->balance <= 0 || puts->balance >= 0 ||
			    !are_partners(profile, holds->name, puts->name))
				continue;
			holds->balance += puts->balance;
			holds->put_left -= puts->balance;
			puts->balance = 0;
		}
	*out = kinds;
	return 0;
}

int ledger_learn(struct ledger_profile *profile, const struct ledger *ledger)
{
	struct kinds *kinds;
	int err = find_kinds(ledger, NULL, &kinds);

	if (err)
		return err;
	for (uint32_t i = 0; !err && i < ledger->nr_paths; i++)
		err = learn_path(profile, ledger->paths[i]);
	for (uint32_t i = 0; !err && i < kinds->nr; i++)
		for (uint32_t j = 0; !err && j < kinds->nr; j++)
			if (kinds->list[i].balance > 0 &&
			    kinds->list[i].balance == -kinds->list[j].balance)
				err = learn_pair(profile, kinds->list[i].name,
						 kinds->list[j].name);
	profile->nr_clean++;
	free(kinds);
	return err;
}

/* --- matching --- */

/*
 * A put that is left over may belong to a kind unless the table knows both and says otherwise.
 */
static bool has_stray_put(const struct kinds *kinds, const struct kind *kind)
{
	for (uint32_t i = 0; i < kinds->nr; i++)
		if (kinds->list[i].balance < 0 && !(kind->in_table && kinds->list[i].in_table))
			return true;
	return false;
}

static double surprise(const struct ledger_suspect *suspect)
{
	return (double)balance_of(suspect->path) - suspect->usual;
}

/* A path that clean ledgers do not have says more than one that they have less often. */
static bool is_new(const struct ledger_suspect *suspect)
{
	return suspect->usual <= 0.0;
}

static int likeliest_first(const void *a, const void *b)
{
	const struct ledger_suspect *first = a, *second = b;
	double difference = surprise(second) - surprise(first);

	if (is_new(first) != is_new(second))
		return is_new(first) ? -1 : 1;
	if (first->answered != second->answered)
		return first->answered ? 1 : -1;
	if (difference != 0.0)
		return difference > 0 ? 1 : -1;
	return (second->unmatched > first->unmatched) - (second->unmatched < first->unmatched);
}

static void add_suspect(struct ledger_match *match, const struct ledger_suspect *suspect)
{
	uint32_t at = match->nr_suspects;

	if (at == LEDGER_SUSPECTS_MAX) {
		at--;
		if (likeliest_first(suspect, &match->suspects[at]) > 0)
			return;
	} else {
		match->nr_suspects++;
	}
	match->suspects[at] = *suspect;
	qsort(match->suspects, match->nr_suspects, sizeof(match->suspects[0]), likeliest_first);
}

/* "caller < its caller < [context]" */
static const char *caller_of(const struct ledger_path *path)
{
	const char *caller = strstr(path->stack, " < ");

	return caller ? caller + strlen(" < ") : path->stack;
}

static bool is_answered(const struct ledger *ledger, const struct ledger_path *path)
{
	for (uint32_t i = 0; i < ledger->nr_paths; i++)
		if (balance_of(ledger->paths[i]) < 0 && caller_of(path)[0] != '[' &&
		    !strcmp(caller_of(ledger->paths[i]), caller_of(path)))
			return true;
	return false;
}

/* Who still holds: a socket is bound by one path and closed by another of the same kind. */
static void find_tasks(const struct ledger *ledger, struct ledger_suspect *suspect)
{
	struct ledger_task all[LEDGER_TASKS_MAX];
	uint32_t nr = 0;

	for (uint32_t i = 0; i < ledger->nr_paths; i++) {
		const struct ledger_path *path = ledger->paths[i];

		for (uint32_t j = 0; j < path->nr_tasks; j++)
			if (!strcmp(path->kind, suspect->path->kind))
				note_task(all, &nr, path->tasks[j].pid, path->tasks[j].comm,
					  path->tasks[j].balance);
	}
	for (uint32_t i = 0; i < nr; i++)
		if (all[i].balance > 0)
			suspect->tasks[suspect->nr_tasks++] = all[i];
}

struct ledger_match ledger_match(const struct ledger *ledger,
				 const struct ledger_profile *profile)
{
	struct ledger_match match = {
		.surplus = ledger->sum.count - ledger->sum.baseline,
		.exact = true,
		.nr_clean = profile ? profile->nr_clean : 0,
	};
	struct kinds *kinds;

	if (find_kinds(ledger, profile, &kinds)) {
		match.exact = false;
		return match;
	}
	for (uint32_t i = 0; i < ledger->nr_paths; i++) {
		const struct ledger_path *path = ledger->paths[i];
		const struct kind *kind = kind_of(kinds, path->kind);
		const struct usual_path *usual =
			profile ? usual_of(profile, path->stack) : NULL;
		int64_t balance = balance_of(path);

		if (balance <= 0 || kind->balance <= 0)
			continue;
		if ((kind->nr_holding > 1 && kind->put_left) || has_stray_put(kinds, kind))
			match.exact = false;
		add_suspect(
			&match,
			&(struct ledger_suspect){
				.path = path,
				.unmatched = balance < kind->balance ? balance : kind->balance,
				.usual = usual ? (double)usual->balance / profile->nr_clean : 0,
				.answered = is_answered(ledger, path),
			});
	}
	for (uint32_t i = 0; i < match.nr_suspects; i++)
		find_tasks(ledger, &match.suspects[i]);
	free(kinds);
	return match;
}
