// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe echo_in_probe = {
	.name = "echo-in",
	.doc = "inbound echoes and DAD answers as they reach the device's receive path",
	.without = "inbound echoes and DAD answers cannot be shown to be inside the window",
	.needed = true,
	.rungs = {
		{ TIER_TRACEPOINT, { "echo_in" }, { NULL } },
	},
};

const struct probe echo_out_probe = {
	.name = "echo-out",
	.doc = "outbound echoes as they enter the kernel, and its answer",
	.without = "outbound echoes cannot be shown to be inside the window",
	.needed = true,
	.rungs = {
		{ TIER_TRACEPOINT, { "echo_sys_enter", "echo_sys_exit" }, { NULL } },
	},
};
