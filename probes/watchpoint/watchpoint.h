/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WATCHPOINT_H
#define DADRACE_WATCHPOINT_H

#include "loader/probes.h"
#include "record/watchpoint_health.h"
#include "record/watchpoint_record.h"

/*
 * Hardware write watchpoints on reference counters: code that takes or drops a reference,
 * inlined or not, on any kernel, is seen with its stack. No kprobe and no symbol is needed; x86
 * has four debug registers on each CPU, and each counter takes one of them everywhere.
 *
 *   arm ──> mark ──> writes ... ──> mark ──> stop ──> read ──> health ──> disarm
 *            ^ └── in the order of the ring (watchpoint_record.h) ──┘ │
 *            └──────────────────────── start <────────────────────────┘
 *
 * A mark is the snapshot: every part of the counter, read in the ring's order. What changed
 * between two marks must be the sum of the writes between them (daemon/ledger/ledger.h).
 *
 * A per-CPU counter has a perf event on each CPU, at that CPU's own address; a single one has
 * an event on each CPU at the same address. Births and deaths of objects that hold the device
 * (dst, neighbour, inet6_ifaddr) are seen by kprobes. Events and links are descriptors: they go
 * with the process. No event costs anything outside arm and stop, no kprobe outside arm and
 * disarm.
 */
struct watchpoints;

struct watchpoint_object {
	enum watchpoint_kind kind;
	uint8_t address[16]; /* of an inet6_ifaddr, of a neighbour */
	uint64_t at;	     /* of a dst */
};

extern const char *const watchpoint_kind_names[WATCHPOINT_KINDS];

/* "net_device", "inet6_ifaddr 2001:db8::1" */
enum { WATCHPOINT_OBJECT_NAME = 80 };
void watchpoint_object_name(const struct watchpoint_object *object,
			    char name[WATCHPOINT_OBJECT_NAME]);

/*
 * Arms on objects of a device of the calling process's network namespace, and marks once. The
 * slot is the caller's own among those that use the same probes (asked for with `watchpoints`).
 * `ring_bytes` is a power of two of at least a page, or 0 for WATCHPOINT_RING_BYTES.
 *
 * Errors: -ENODEV no such device, -ENOENT no such object of it, -ENOSPC no debug register is
 * free,
 * -ENOTSUP no hardware watchpoints here, or no kprobe for births and deaths, -EPERM.
 */
int watchpoints_arm(struct probes *probes, uint32_t slot, uint32_t ifindex,
		    const struct watchpoint_object *objects, uint32_t nr_objects,
		    uint32_t ring_bytes, struct watchpoints **out, struct why *why);

/*
 * Arms an object of WATCHPOINT_BORN_IFADDR, which watchpoints_arm() has left out, on the one
 * that lies at `at` (struct watchpoint_write, identity), and marks it. Until the next
 * watchpoints_start(). What was written before is in its first mark. Errors as of
 * watchpoints_arm; -EALREADY.
 */
int watchpoints_arm_born(struct watchpoints *watch, uint32_t index, uint64_t at,
			 struct why *why);

/* Stops and frees. NULL is allowed. */
void watchpoints_disarm(struct watchpoints *watch);

/* What the value in memory means. */
enum watchpoint_counter watchpoints_counter(const struct watchpoints *watch, uint32_t object);

/*
 * Writes a mark for each part of each counter into the ring; none for a device that is gone,
 * which shows in its health. -ENOSPC: the ring is full.
 */
int watchpoints_mark(struct watchpoints *watch, struct why *why);

/* Readable when writes wait; owned by the watchpoints. */
int watchpoints_fd(const struct watchpoints *watch);

/* Calls `seen` for each waiting mark and write, in order. A mark is the head of a write. */
void watchpoints_read(struct watchpoints *watch,
		      void (*seen)(const struct watchpoint_mark *record, void *arg), void *arg);

/* No writes are seen after this; what waits in the ring can still be read. */
void watchpoints_stop(struct watchpoints *watch);

/*
 * Starts again after watchpoints_stop(), with a mark and a health counted from zero. Arming
 * again would cost some 20 ms. Errors as of watchpoints_mark; -EIO: an event cannot be enabled.
 */
int watchpoints_start(struct watchpoints *watch, struct why *why);

/*
 * For a child that was forked without exec and may get stuck in the kernel: closes its
 * copies of the events, which would keep the debug registers.
 */
void watchpoints_let_go(struct watchpoints *watch);

/* After watchpoints_stop: exact. */
struct watchpoint_health watchpoints_health(const struct watchpoints *watch, uint32_t object);

/*
 * Proves that this machine delivers watchpoints before an empty ledger is believed: takes and
 * drops a reference of the device on each CPU in turn (RTM_GETADDR with its ifindex:
 * inet6_rtm_getaddr(), net/ipv6/addrconf.c, changes nothing) and sees that both were seen
 * there. CPUs that this process may not run on are left out. -ENOTSUP names the CPU; else the
 * errors of watchpoints_arm.
 */
int watchpoints_prove(struct probes *probes, uint32_t slot, uint32_t ifindex, struct why *why);

#endif
