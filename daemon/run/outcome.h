/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RUN_OUTCOME_H
#define DADRACE_RUN_OUTCOME_H

#include "run/on_host_parts.h"

/*
 * The outcome of a trial on the host: its evidence with what only the campaign's process knows
 * (the kernel's log, the runs of probes that the kernel skipped), judged, and added up with its
 * ledger.
 */
/* A trial begins in this seat: what is counted until it is over. */
void outcome_begin(struct seat *seat);

/* Before the first trial. */
void outcome_klog_begin(struct runner *runner);

/* The functions of the places that are hooked now, which tie a report to us. */
void outcome_klog_functions(struct runner *runner);

/* Lines of the kernel's log wait; `runner`. Their reports are of the trials in progress. */
void outcome_klog(void *runner);

/* References are missing in the trial of this seat: said at once, and judged at its end. */
void outcome_suspected(const struct seat *seat, const struct evidence *evidence);

/* Completes, judges and adds up. False: the campaign has failed. */
bool outcome_add(struct seat *seat, struct evidence *evidence, struct judgement *judgement);

/*
 * A lane whose process is lost or stuck in mid-trial: what the campaign knows is the evidence.
 */
void outcome_lost(struct seat *seat, enum hang hang);

/* A lane that a fault has touched is not used again. */
bool outcome_is_spent(const struct evidence *e, const struct judgement *judgement);

#endif
