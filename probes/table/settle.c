// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe settle_probe = {
	.name = "settle",
	.doc = "the moment at which the counts are back at the baseline, looked for at the end of softirqs and work items",
	.without = "settling is seen only at the next look: trials are slower, verdicts are the same",
	.rungs = {
		{ TIER_TRACEPOINT, { "settle_softirq", "settle_work" }, { NULL } },
	},
};
