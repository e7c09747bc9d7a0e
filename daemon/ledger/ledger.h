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
 * Pure: no clock, no socket, no kernel.
 */
enum {
	LEDGER_PATHS_MAX = 1024,
	LEDGER_TASKS_MAX = 8,
};

/*
 * What holds a reference, by the functions that take and drop it (functions.c). Holds and puts
 * cancel out within a kind.
 */
enum holder_kind {
	HOLDER_OTHER, /* a function that no row has: a kind by itself */
	HOLDER_ROUTE,
	HOLDER_IPV4_ROUTE,
	HOLDER_IPV6_ROUTE,
	HOLDER_NEXTHOP_OBJECT,
	HOLDER_NEXTHOP,
	HOLDER_NEIGHBOUR,
	HOLDER_NEIGHBOUR_PARMS,
	HOLDER_PROXY_NEIGHBOUR,
	HOLDER_PROXY_QUEUE,
	HOLDER_LINKWATCH,
	HOLDER_QDISC,
	HOLDER_MIRRED,
	HOLDER_PACKET_SOCKET,
	HOLDER_XDP_SOCKET,
	HOLDER_BPF_MAP,
	HOLDER_TUN,
	HOLDER_TLS,
	HOLDER_RDMA,
	HOLDER_NETPOLL,
	HOLDER_QUEUED_PACKET,
	HOLDER_ETHTOOL,
	HOLDER_ADJACENT,
	HOLDER_BRIDGE_PORT,
	HOLDER_BOND,
	HOLDER_TEAM,
	HOLDER_VRF,
	HOLDER_VLAN,
	HOLDER_MACVLAN,
	HOLDER_IPVLAN,
	HOLDER_MACSEC,
	HOLDER_HSR,
	HOLDER_VXLAN,
	HOLDER_TUNNEL,
	HOLDER_PPPOE,
	HOLDER_MULTICAST_ROUTER,
	HOLDER_ADDRESS,
	HOLDER_ROUTER_SOLICITATION,
	HOLDER_DAD,
	HOLDER_MULTICAST,
	HOLDER_ANYCAST,
	HOLDER_INET6_DEV,
	HOLDER_IN_DEVICE,
	HOLDER_QUEUE,
	HOLDER_REGISTRATION,
	HOLDER_KINDS,
};

/* "route"; NULL of HOLDER_OTHER. */
const char *holder_kind_words(enum holder_kind kind);

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

/*
 * Whether a path does not reach what runs it: its stack was too long, or could not be unwound,
 * as by Linux 5.10 where a kretprobe waits for the return.
 */
bool ledger_path_is_cut(const char *path);

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
	const char *stack;	/* "packet_do_bind < packet_bind < __sys_bind < [syscall]" */
	const char *holder;	/* "packet_do_bind" */
	enum holder_kind kind;	/* within which it cancels out */
	const char *kind_words; /* as reports show it, "packet socket"; otherwise the holder */
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
 * `told`, which may be NULL, is called with each entry as soon as it is known. The symbols must
 * outlive the ledger. NULL: out of memory.
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

/* In the order in which they were first seen. */
uint32_t ledger_nr_paths(const struct ledger *ledger);
const struct ledger_path *ledger_path(const struct ledger *ledger, uint32_t index);

/* Holds less puts. */
int64_t ledger_path_balance(const struct ledger_path *path);

/* Adds to the task's balance; the first LEDGER_TASKS_MAX tasks are kept. */
void ledger_note_task(struct ledger_task *tasks, uint32_t *nr, uint32_t pid, const char *comm,
		      int64_t delta);

#endif
