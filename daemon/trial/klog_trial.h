/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KLOG_TRIAL_H
#define DADRACE_KLOG_TRIAL_H

#include "spec/spec.h"
#include "trial/klog_report.h"

/* Which trial a report of the kernel is put down to. Pure. */

/* Whether it is evidence against a trial by itself: not what waits, which may yet come free. */
bool klog_report_accuses(const struct klog_report *report, enum klog_tie tie);

/* A trial that was in progress when the kernel reported. */
struct klog_trial {
	enum klog_tie tie;
	enum arm arm;
	bool counts; /* it is one of the plan, and no repeat */
	uint64_t started_ns;
};

/*
 * A report counts once. What is tied to trials alone is theirs; of trials that cannot be told
 * apart it is put down to the one that injects most, and of those to the one that began last:
 * for the others it has only been meanwhile (KLOG_TIE_NONE). Changes their ties; returns how
 * many trials it may be of.
 */
uint32_t klog_put_down(struct klog_trial *trials, uint32_t nr);

#endif
