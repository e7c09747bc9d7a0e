/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LEDGER_H
#define DADRACE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/symbols.h"
#include "record/watchpoint_record.h"

struct watchpoint_health; /* watchpoint.h */

/*
 * The ledger of one reference counter: every hold and put, by call path, and whose hold was not
 * followed by a put.
 *
 *   records (value, stack; marks) ──> entries: delta, count ──> paths ──> kinds of holder
 *                                      │                                   │
 *                                      └── sum == change of the marks?     └── ledger_match()
 *
 * A call path is a stack from the function that holds or puts (not the helper that it calls for
 * that, as netdev_hold) up to the system call, softirq, timer, RCU callback or work item in
 * which it runs, without offsets and without the compiler's suffixes: the same path on another
 * kernel build has the same text.
 *
 * A counter knows how many, never whose: nothing in memory ties a put to its hold. What ties
 * them here, from the strongest on:
 *
 *   1. within one path, as many puts as holds cancel out (a function that holds and drops);
 *   2. paths belong to a kind of holder (route, neighbour, packet socket, ...), by a table of
 *      the kernel's function names; a function that is not in it is a kind by itself;
 *   3. kinds that balance each other in clean ledgers are one kind (ledger_learn()).
 *
 * The suspects of a surplus are the paths that hold more than they put, in kinds that hold more
 * than they put. It is *exact* when nothing is left to choose: the suspects' surpluses add up
 * to the ledger's, with no put left over that could belong to one of them. Otherwise it is
 * *inferred*: which of several paths of a kind lost its reference is then told by what is
 * unusual, compared with clean ledgers, where there are any; and of those, by what the same
 * caller did not hand on to a function that drops it (ndisc_recv_na() gets an address,
 * addrconf_dad_failure() puts it).
 *
 * It cannot tell: holds older than the ledger (their puts make a kind negative, and are not
 * suspects); two leaks and one put too many in one kind (they cancel); a reference of another
 * object that keeps this one alive (watch that object).
 *
 * Pure: no clock, no socket, no kernel.
 */
enum {
	LEDGER_PATHS_MAX = 1024,
	LEDGER_TASKS_MAX = 8,
	LEDGER_SUSPECTS_MAX = 8,
};

/* What runs the path: the current task counts only in a system call. */
enum ledger_context {
	LEDGER_SYSCALL,
	LEDGER_SOFTIRQ,
	LEDGER_TIMER,
	LEDGER_RCU,
	LEDGER_WORKQUEUE,
	LEDGER_KTHREAD,
	LEDGER_INTERRUPT,
	LEDGER_UNKNOWN, /* the stack was longer than what is kept, or could not be unwound */
	LEDGER_CONTEXTS,
};
extern const char *const ledger_context_names[LEDGER_CONTEXTS];

/* Why a ledger is incomplete. */
enum ledger_hole {
	LEDGER_WHOLE,
	LEDGER_LOST, /* the ring was full */
	/*
	 * The kernel counted more writes than our program saw: no perf_event program runs on a
	 * CPU while a process there is inside bpf(2) with a map, or a kprobe's program runs.
	 */
	LEDGER_MISSED,
	LEDGER_STOPPED, /* the kernel stopped an event */
	LEDGER_CPUS,	/* CPUs came or went */
	LEDGER_SUM,	/* the entries do not add up to what the counter shows */
	LEDGER_UNARMED, /* nothing was watched */
	LEDGER_HOLES,
};
extern const char *const ledger_hole_names[LEDGER_HOLES];
extern const char *const ledger_hole_sentences[LEDGER_HOLES];

struct ledger_task {
	uint32_t pid;
	char comm[16];
	int64_t balance;
};

struct ledger_path {
	const char *stack;  /* "packet_do_bind < packet_bind < __sys_bind < [syscall]" */
	const char *holder; /* "packet_do_bind" */
	const char *kind;   /* "packet socket" */
	enum ledger_context context;
	uint64_t holds; /* references taken */
	uint64_t puts;	/* and dropped */
	uint64_t last_ns;
	struct ledger_task tasks[LEDGER_TASKS_MAX]; /* those seen first; system calls only */
	uint32_t nr_tasks;
};

struct ledger_entry {
	uint64_t at_ns;
	uint32_t cpu;
	uint32_t pid; /* 0: not in a system call */
	const char *comm;
	int64_t delta;
	int64_t count; /* of the whole counter, after it */
	const struct ledger_path *path;
};

struct ledger;

/*
 * `told`, which may be NULL, gets every entry, once it is known. The symbols must outlive the
 * ledger. NULL: out of memory.
 */
struct ledger *ledger_new(const struct symbols *symbols, enum watchpoint_counter counter,
			  void (*told)(const struct ledger_entry *entry, void *arg), void *arg);
void ledger_free(struct ledger *ledger);

/* The next record of this counter, in the ring's order. */
void ledger_add(struct ledger *ledger, const struct watchpoint_mark *record);

struct ledger_sum {
	int64_t baseline; /* the counter at the first mark */
	int64_t marked;	  /* and at the last one */
	int64_t count;	  /* as the entries have it */
	uint64_t holds;
	uint64_t puts;
	uint64_t entries;
	uint64_t unsure; /* entries whose share of simultaneous writes is unknown; sums hold */
	bool ended;	 /* it went to zero: the object is gone */
};
struct ledger_sum ledger_sum(const struct ledger *ledger);

/* After a last mark. */
enum ledger_hole ledger_check(const struct ledger *ledger,
			      const struct watchpoint_health *health);

/* Whether a function holds and puts only for its caller, as netdev_hold() does. */
bool ledger_is_helper(const char *function);

/* In the order in which they were first seen. */
uint32_t ledger_nr_paths(const struct ledger *ledger);
const struct ledger_path *ledger_path(const struct ledger *ledger, uint32_t index);

/* --- matching --- */

struct ledger_suspect {
	const struct ledger_path *path;
	int64_t unmatched; /* references that this path may have lost: at most */
	double usual;	   /* holds less puts of this path in a clean ledger, on average */
	bool answered; /* its caller has called what drops more than it holds: perhaps this */
	struct ledger_task
		tasks[LEDGER_TASKS_MAX]; /* that still hold, by all paths of its kind */
	uint32_t nr_tasks;
};

struct ledger_match {
	int64_t surplus; /* holds less puts of the whole ledger */
	bool exact;
	uint32_t nr_clean; /* ledgers that were compared with */
	uint32_t nr_suspects;
	struct ledger_suspect suspects[LEDGER_SUSPECTS_MAX]; /* the likeliest first */
};

/* What clean ledgers look like. */
struct ledger_profile;

struct ledger_profile *ledger_profile_new(void);
void ledger_profile_free(struct ledger_profile *profile);

/* A whole ledger of a trial that was clean. -ENOMEM. */
int ledger_learn(struct ledger_profile *profile, const struct ledger *ledger);

/* `profile` may be NULL. Without a surplus there are no suspects. */
struct ledger_match ledger_match(const struct ledger *ledger,
				 const struct ledger_profile *profile);

#endif
