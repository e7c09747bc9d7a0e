/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KLOG_LINE_H
#define DADRACE_KLOG_LINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One line of the kernel's log, classified. Pure. The question is only whether the kernel
 * itself reports that something is wrong, and with which device.
 */
enum klog_kind {
	KLOG_OTHER, /* nothing to us */
	/* unregister_netdevice: waiting for DEV to become free. Usage count = N */
	KLOG_WAITING,
	KLOG_REFCOUNT, /* refcount_t: underflow, saturated, addition on 0, ... */
	KLOG_WARN,     /* WARNING: ... at ... */
	KLOG_BUG,      /* BUG: ..., kernel BUG at ... */
	KLOG_OOPS,     /* Oops: ..., general protection fault, unable to handle ... */
	KLOG_KASAN,    /* BUG: KASAN, KFENCE, UBSAN, KCSAN, KMSAN: ... */
	KLOG_LOCKUP,   /* soft lockup, hard LOCKUP, hung task, RCU stall */
	KLOG_LOCKDEP,  /* possible circular locking dependency, suspicious RCU usage, ... */
	KLOG_KINDS,
};
extern const char *const klog_kind_names[];

struct klog_line {
	enum klog_kind kind;
	uint64_t stamp_us; /* since boot, the kernel's printk clock */
	uint64_t sequence;
	uint8_t level;	     /* 0 emergency ... 7 debug */
	char device[64];     /* KLOG_WAITING: the device's name as printed, else "" */
	int32_t usage_count; /* KLOG_WAITING; may be negative */
	char text[256];	     /* the message without prefix, cut, without control characters */
};

/*
 * Reads one record as /dev/kmsg gives it ("6,1234,5678901,-;text\n KEY=value\n"). Continuation
 * and dictionary lines are left out of the text. False when it is not such a record.
 */
bool klog_line_parse(const char *record, struct klog_line *line);

/* Classifies bare text (a console line without the /dev/kmsg prefix, "[  12.34] " allowed). */
void klog_line_classify(const char *text, struct klog_line *line);

#endif
