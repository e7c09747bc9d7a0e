/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KLOG_LINE_H
#define DADRACE_KLOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One line of the kernel's log, classified. Pure. The question is only whether the kernel
 * itself reports that something is wrong, and with which device. To whom a line belongs is
 * asked of the report that it is part of (klog_report.h).
 */
enum klog_kind {
	KLOG_OTHER, /* nothing to us */
	/* unregister_netdevice: waiting for DEV to become free. Usage count = N */
	KLOG_WAITING,
	KLOG_REFCOUNT, /* refcount_t: underflow, saturated, addition on 0, ... */
	KLOG_WARN,     /* WARNING: ... at ... */
	KLOG_BUG,      /* BUG: ..., kernel BUG at ..., BUG CACHE (Not tainted): ... */
	KLOG_OOPS,     /* Oops: ..., general protection fault, unable to handle ... */
	KLOG_KASAN,    /* BUG: KASAN, KFENCE, UBSAN, KCSAN, KMSAN: ... */
	KLOG_LOCKUP,   /* soft lockup, hard LOCKUP, hung task, RCU stall */
	KLOG_LOCKDEP,  /* possible circular locking dependency, suspicious RCU usage, ... */
	KLOG_KINDS,
};
extern const char *const klog_kind_names[];

/* What else is known of a line by its words. */
enum klog_trait {
	KLOG_ALONE = 1,	    /* it is a whole report: no stack follows */
	KLOG_OF_NET = 2,    /* the code that says so is in net/ */
	KLOG_TRACKER = 4,   /* about an object that a line before it, or an address, names */
	KLOG_SLOW = 8,	    /* said of what has lasted longer than any trial */
	KLOG_USERS = 16,    /* not the kernel's word: a process has written it to /dev/kmsg */
	KLOG_EMULATED = 32, /* said by a sound kernel, too, where QEMU emulates the processor */
};

struct klog_line {
	enum klog_kind kind;
	uint32_t traits;
	const char *says;  /* what the kernel means by it; NULL of KLOG_OTHER */
	uint64_t stamp_us; /* since boot, the kernel's printk clock */
	uint64_t sequence;
	uint8_t level;	 /* 0 emergency ... 7 debug */
	char caller[16]; /* "T123", a task, or "C1", a CPU; "" without CONFIG_PRINTK_CALLER */
	char device[64]; /* KLOG_WAITING: the device's name as printed, else "" */
	int32_t usage_count; /* KLOG_WAITING; may be negative */
	char text[256];	     /* the message without prefix, cut, without control characters */
};

/*
 * The words that lines are known by, number 0 and on, in the order of the questions: what a
 * line begins with and what it has to contain, "..." between them, and what it means. NULL after
 * the last.
 */
const char *klog_words(uint32_t number, char *words, size_t size);

/*
 * Reads one record as /dev/kmsg gives it ("6,1234,5678901,-;text\n KEY=value\n"). Continuation
 * and dictionary lines are left out of the text. False when it is not such a record.
 */
bool klog_line_parse(const char *record, struct klog_line *line);

/* Classifies bare text (a console line without the /dev/kmsg prefix, "[  12.34] " allowed). */
void klog_line_classify(const char *text, struct klog_line *line);

#endif
