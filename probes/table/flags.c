// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

/*
 * netif_change_flags came with the netdev instance lock (6.15): there it is the function that
 * both dev_change_flags and rtnetlink call; before, rtnetlink calls dev_change_flags.
 */
#define FLAG_SET_FUNCTIONS                               \
	{                                                \
		"netif_change_flags", "dev_change_flags" \
	}

const struct probe flags_probe = {
	.name = "flags",
	.doc = "the bring-up's flag sets, which open and close the window",
	.without = "the window cannot be seen or held",
	.needed = true,
	.rungs = {
		{ TIER_KPROBE, { "flags_kprobe", "flags_kretprobe" }, FLAG_SET_FUNCTIONS },
		{ TIER_FENTRY, { "flags_fentry", "flags_fexit" }, FLAG_SET_FUNCTIONS },
		{ TIER_TRACEPOINT, { "flags_sys_enter", "flags_sys_exit" }, { NULL } },
	},
};
