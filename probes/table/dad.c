// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe dad_probe = {
	.name = "dad",
	.doc = "the kernel's worker that does DAD for the device",
	.without = "orders cannot hold DAD or wait for it",
	.rungs = {
		{ TIER_FENTRY, { "dad_fentry", "dad_fexit" }, { "addrconf_dad_work" } },
		{ TIER_KPROBE, { "dad_kprobe", "dad_kretprobe" }, { "addrconf_dad_work" } },
	},
};
