// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

const struct probe route_probe = {
	.name = "route",
	.doc = "route look-ups of the packet's path",
	.without = "the timeline lacks route look-ups; no verdict depends on them",
	.rungs = {
		{ TIER_TRACEPOINT, { "path_route" }, { NULL } },
	},
};

const struct probe source_probe = {
	.name = "source",
	.doc = "source address selection and its failure",
	.without = "the timeline lacks source address selection; no verdict depends on it",
	.rungs = {
		{ TIER_KPROBE, { "source_kprobe", "source_kretprobe" }, { "ipv6_dev_get_saddr" } },
		{ TIER_FENTRY, { "source_fentry", "source_fexit" }, { "ipv6_dev_get_saddr" } },
	},
};

const struct probe reply_probe = {
	.name = "reply",
	.doc = "entry into the echo reply path",
	.without = "the timeline lacks the echo reply path; no verdict depends on it",
	.rungs = {
		{ TIER_KPROBE, { "reply_kprobe" }, { "icmpv6_echo_reply" } },
		{ TIER_FENTRY, { "reply_fentry" }, { "icmpv6_echo_reply" } },
	},
};
