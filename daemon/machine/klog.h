/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KLOG_H
#define DADRACE_KLOG_H

#include <sys/types.h>

#include "base/why.h"
#include "trial/klog_report.h"

/* The kernel's log as it grows: the only door to it. What was there before is not read. */
struct klog;

/* What is in the log now, as dmesg(1) has it; malloc'd, NULL when we may not read it. */
char *klog_text(void);

/*
 * -EPERM, -ENOENT, ... with a sentence; a campaign can run without, and reports that it does.
 */
int klog_open(struct klog **out, struct why *why);
void klog_close(struct klog *klog);

int klog_fd(const struct klog *klog); /* readable when lines wait; owned by the klog */

/*
 * Calls `seen` for each waiting line; returns how many the kernel overwrote before we read
 * them.
 */
unsigned int klog_read(struct klog *klog, void (*seen)(const struct klog_line *line, void *arg),
		       void *arg);

/*
 * Whose task the log means by a number: one of the lane with this process, or a stranger.
 * Unknown: it has ended, it is a thread of the kernel or this process, or the log counts in
 * another pid namespace than ours.
 */
enum klog_task klog_task_of(uint32_t pid, pid_t lane);

/* Whether the kernel runs for a campaign only: its init is our own (command/guest.c). */
bool klog_in_guest(void);

#endif
