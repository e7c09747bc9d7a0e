/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WATCHPOINT_RECORD_H
#define DADRACE_WATCHPOINT_RECORD_H

/*
 * What the watchpoints write into their ring: shared by the eBPF programs and the C that reads
 * them.
 *
 * The order of the ring is the order that counts: a value is read after its place in the ring
 * was taken, so it holds every write that stands before it there, and perhaps some that stand
 * after it. The last value is therefore always the counter's, and the sum of all changes is
 * right.
 */
#ifndef __bpf__
#include <linux/types.h>
#endif

enum {
	WATCHPOINT_OBJECTS_MAX = 8, /* x86 has four debug registers; the kernel enforces that */
	WATCHPOINT_FRAMES_MAX = 24,
	WATCHPOINT_RING_BYTES = 1024 * 1024, /* an up/down cycle with DAD writes 20 KiB */
};

enum watchpoint_type {
	WATCHPOINT_WRITE = 1, /* the counter was written */
	WATCHPOINT_MARK,  /* we read it: one mark for each CPU that has a counter of its own */
	WATCHPOINT_BIRTH, /* an object of the device came to be, for WATCHPOINT_ALIVE */
	WATCHPOINT_DEATH, /* and is about to be freed */
};

struct watchpoint_mark {
	__u32 type;
	__u32 object; /* which of those armed, from 0 */
	__u64 at_ns;  /* CLOCK_MONOTONIC */
	__s32 value;  /* as in memory: this CPU's part, or the whole of a single counter */
	__u32 cpu;    /* whose counter it is; of a single one: where it was written */
};
_Static_assert(sizeof(struct watchpoint_mark) == 24, "struct watchpoint_mark is a contract");

struct watchpoint_write {
	struct watchpoint_mark mark;
	/*
	 * Thread group, as numbered in the watcher's pid namespace, or 0; in an interrupt, the
	 * interrupted one.
	 */
	__u32 pid;
	__u32 nr_frames;
	char comm[16];
	__u64 identity; /* of a birth and of a death: where the object lies; else 0 */
	__u64 frames[WATCHPOINT_FRAMES_MAX]; /* kernel addresses; [0]: behind the write */
};
_Static_assert(sizeof(struct watchpoint_write) == 56 + 8 * WATCHPOINT_FRAMES_MAX,
	       "struct watchpoint_write is a contract");

/* The objects whose counters can be watched. */
enum watchpoint_kind {
	WATCHPOINT_NET_DEVICE = 1,
	WATCHPOINT_INET6_DEV,
	WATCHPOINT_INET6_IFADDR, /* by its address */
	WATCHPOINT_NEIGHBOUR,	 /* by its address */
	WATCHPOINT_DST,		 /* by where it lies in the kernel */
	WATCHPOINT_BORN_IFADDR,	 /* an inet6_ifaddr by where it lies, which is known later */
	WATCHPOINT_DSTS,	 /* from here on: how many of the device's are alive */
	WATCHPOINT_NEIGHBOURS,
	WATCHPOINT_IFADDRS,
	WATCHPOINT_KINDS,
};

/* What the value in memory means. */
enum watchpoint_counter {
	WATCHPOINT_PER_CPU, /* int __percpu: only the sum means something */
	WATCHPOINT_ATOMIC,  /* refcount_t, atomic_t: the count itself */
	WATCHPOINT_RCUREF,  /* rcuref_t: 0 means one reference (include/linux/rcuref.h) */
	WATCHPOINT_ALIVE,   /* our own count: births less deaths since arming */
	WATCHPOINT_COUNTERS,
};

/* Where an object's counter is. */
struct watchpoint_found {
	__u32 found;
	__u32 counter;	   /* enum watchpoint_counter */
	__u64 at;	   /* its address, or its per-CPU pointer; of WATCHPOINT_ALIVE: a key */
	__u64 device;	   /* of a net_device and of WATCHPOINT_ALIVE: the net_device; else 0 */
	__u32 pidns_inum;  /* the asking process' pid namespace, which numbers all others */
	__u32 pidns_level; /* and how deep it is nested */
};
_Static_assert(sizeof(struct watchpoint_found) == 32, "struct watchpoint_found is a contract");

/* What the kernel half knows of an armed counter, by watchpoint_found.at. */
struct watchpoint_state {
	__u32 slot;
	__u32 object;
	__u64 device;  /* to be asked whether it is still there, or 0 */
	__u32 ifindex; /* of that device */
	__u32 counter;
	__u32 ended; /* the object is gone, and its memory may belong to another one */
	__u32 pidns_inum;
	__u32 pidns_level;
	__u32 pad;
	__u64 hits;  /* writes that the program saw */
	__u64 lost;  /* and for which the ring had no room */
	__u64 late;  /* and that came after the object's end */
	__s64 alive; /* births less deaths */
};
_Static_assert(sizeof(struct watchpoint_state) == 72, "struct watchpoint_state is a contract");

#endif
