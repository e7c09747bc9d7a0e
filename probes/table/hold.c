// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe hold_probe = {
	.name = "hold",
	.doc = "when the held task stopped, and when it was continued",
	.without = "holds cannot be verified",
	.needed = true,
	.rungs = {
		{ TIER_TRACEPOINT, { "hold_deliver", "hold_generate" }, { NULL } },
	},
};
