// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "trial/klog_trial.h"

bool klog_report_accuses(const struct klog_report *report, enum klog_tie tie)
{
	return report->head.kind != KLOG_OTHER && report->head.kind != KLOG_WAITING &&
	       tie > KLOG_TIE_NONE;
}

/* Whether a report is rather of `a` than of `b`. */
static bool is_likelier(const struct klog_trial *a, const struct klog_trial *b)
{
	if (a->counts != b->counts)
		return a->counts;
	return a->arm != b->arm ? a->arm > b->arm : a->started_ns > b->started_ns;
}

uint32_t klog_put_down(struct klog_trial *trials, uint32_t nr)
{
	struct klog_trial *likeliest = NULL;
	uint32_t owners = 0, tied = 0;

	for (uint32_t i = 0; i < nr; i++) {
		owners += klog_tie_is_own(trials[i].tie);
		if (trials[i].tie <= KLOG_TIE_NONE)
			continue;
		tied++;
		if (!likeliest || is_likelier(&trials[i], likeliest))
			likeliest = &trials[i];
	}
	for (uint32_t i = 0; i < nr; i++) {
		if (owners && !klog_tie_is_own(trials[i].tie))
			trials[i].tie = KLOG_TIE_ELSEWHERE;
		else if (!owners && trials[i].tie > KLOG_TIE_NONE && &trials[i] != likeliest)
			trials[i].tie = KLOG_TIE_NONE;
	}
	return owners ? owners : tied;
}
