// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

/* Run on demand, hooked to nothing: the tracepoint rung stands for "loads". */
const struct probe counts_probe = {
	.name = "counts",
	.doc = "reference counts, addresses, neighbours and groups of a device, from kernel memory",
	.without = "no trial can be judged",
	.needed = true,
	.rungs = {
		{ TIER_TRACEPOINT, { "counts_read", "counts_offsets" }, { NULL } },
	},
};
