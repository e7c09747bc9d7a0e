// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe settle_probe = {
	.name = "settle",
	.doc = "the moment at which the counts are back, at the end of softirqs and work items",
	.without = "settling is seen at the next look only: slower trials, the same verdicts",
	.rungs = {
		{ TIER_TRACEPOINT, { "settle_softirq", "settle_work" }, { NULL } },
	},
};
