/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KLOG_REPORT_H
#define DADRACE_KLOG_REPORT_H

#include "trial/klog_line.h"

/*
 * A report of the kernel, which is seldom one line, and what ties it to a lane. Pure: lines and
 * their times go in, reports come out.
 *
 *   ---[ cut here ]---                 begun; so it is by a head alone
 *   WARNING: CPU: 1 PID: 77 at ...     the head: its kind, its words
 *   CPU: 1 PID: 77 Comm: ip ...        whose task it was
 *   RIP: ... Call Trace: ...           through which code
 *   ---[ end trace ]---                closed; so it is by KLOG_REPORT_US or KLOG_REPORT_LINES
 *
 * Two CPUs may report at once. Their lines are told apart by the caller that printk() adds with
 * CONFIG_PRINTK_CALLER; without it, a line belongs to every report that is open. Nothing that
 * is missing is waited for: a torn report is judged by the lines that came. What others print
 * meanwhile as mere information ("dut1: link becomes ready") is no part of it.
 */
enum {
	KLOG_REPORT_TEXT = 12288,
	KLOG_REPORT_LINES = 256,
	KLOG_REPORT_US = 100000, /* one CPU prints a report in far less */
	KLOG_REPORTS_OPEN = 4,	 /* at one time; one more closes the oldest */
	KLOG_OWNERS = 32,
	KLOG_WAITERS = 8,
	KLOG_WAITER_US = 1000000, /* between a device that waits and its block, by stamps */
};

struct klog_report {
	struct klog_line head;
	uint64_t began_us; /* the caller's clock */
	uint32_t lines;
	bool has_stack;	 /* its head is complete: another head begins another report */
	char owner[64];	 /* of KLOG_TRACKER: the device that waits; "" the log does not tell */
	char waiter[16]; /* caller of the line that says so, or of KLOG_WAITING */
	size_t used;
	char text[KLOG_REPORT_TEXT]; /* its lines, a newline after each; cut */
};

/*
 * Reports in the making. A block of ref_tracker has the name that its object was made with, and
 * the address of it. Whose address that is, is learned from the line "waiting for DEVICE" right
 * before the first block.
 */
struct klog_reports {
	void (*done)(const struct klog_report *report, void *arg);
	void *arg;
	uint32_t nr_open;
	struct klog_report open[KLOG_REPORTS_OPEN]; /* the oldest first */
	struct klog_report alone;
	uint32_t next_waiter, next_owner;
	struct klog_waiter {
		char caller[16];
		char device[64]; /* "" two of them at once: nobody knows which */
		uint64_t stamp_us;
		bool is_served; /* its block has come */
		bool is_known;
	} waiters[KLOG_WAITERS];
	struct klog_owner {
		char object[64]; /* "eth%d@ffff888103d1c550" */
		char device[64];
		char waiter[16];
	} owners[KLOG_OWNERS];
};

void klog_reports_add(struct klog_reports *reports, const struct klog_line *line,
		      uint64_t now_us);

/* Closes the reports that began at this time or before it. */
void klog_reports_close(struct klog_reports *reports, uint64_t began_us);

/* What ties a report to a lane, from nothing to the strongest. */
enum klog_tie {
	KLOG_TIE_UNKNOWN, /* results of a version that did not ask */
	/*
	 * It is certainly not of this lane, and not even told: another device waits, or a task
	 * of another has waited for minutes.
	 */
	KLOG_TIE_ELSEWHERE,
	KLOG_TIE_NONE,	 /* nothing: told, but no evidence against the lane's trial */
	KLOG_TIE_NET,	 /* the code of net/ reports, or is in a stack of the report */
	KLOG_TIE_HOOK,	 /* a function that the campaign hooks is */
	KLOG_TIE_GUEST,	 /* the kernel has no load but ours */
	KLOG_TIE_TASK,	 /* a task of the lane */
	KLOG_TIE_DEVICE, /* the lane's device, by its name or by the address of a block */
	KLOG_TIES,
};
extern const char *const klog_tie_names[];

enum klog_task {
	KLOG_TASK_UNKNOWN, /* it has ended, or is the kernel's */
	KLOG_TASK_OURS,
	KLOG_TASK_STRANGER, /* a process that is none of the lane's */
};

/* What a report is compared with. */
struct klog_lane {
	/* NULL: every device is a lane's, as on the console of a guest. */
	const char *device;
	bool device_stays; /* it is never unregistered: one of its name that waits is another */
	bool in_guest;
	const char *const
		*functions; /* that the campaign hooks, NULL after the last; or NULL */
	/* Whose task this is; `comm` is "" where the report has none. NULL: nobody knows. */
	enum klog_task (*task)(uint32_t pid, const char *comm, void *arg);
	void *arg;
};

enum klog_tie klog_report_tie(const struct klog_report *report, const struct klog_lane *lane);

/* Whether a tie is to this lane alone, and not to every trial in progress. */
bool klog_tie_is_own(enum klog_tie tie);

/* Whether one of its lines has one of these texts in it. */
bool klog_report_has(const struct klog_report *report, const char *const *texts, uint32_t nr);

#endif
