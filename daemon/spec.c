// SPDX-License-Identifier: GPL-2.0-or-later
#include "spec.h"

/* clang-format off */
const char *const arm_names[] = { "control", "hold", "echo", "race" };
const char *const site_names[] = { "flags", "off" };
const char *const method_names[] = { "stop" };
const char *const tier_names[] = { "auto", "kprobe", "fentry", "tracepoint" };
const char *const device_kind_names[] = { "veth", "macvlan", "bridge", "dummy", "existing" };
const char *const bringup_kind_names[] = { "do_dad", "command" };
const char *const direction_names[] = { "inbound", "outbound", "outbound-raw" };
const char *const target_names[] = { "all-nodes", "solicited-node", "tentative", "peer", "nobody" };
const char *const source_names[] = { "peer", "spoofed" };
const char *const dad_answer_names[] = { "none", "ns", "na", "loopback" };
const char *const dad_at_names[] = { "probe", "open" };
const char *const object_names[] = { "net_device", "inet6_dev", "dst" };
/* clang-format on */

#define NAMED(names, count)                                                               \
	_Static_assert(sizeof(names) / sizeof((names)[0]) == (count), #names ": one per " \
									     "value")
NAMED(arm_names, ARMS);
NAMED(site_names, SITES);
NAMED(method_names, METHODS);
NAMED(tier_names, TIERS);
NAMED(device_kind_names, DEVICE_KINDS);
NAMED(bringup_kind_names, BRINGUP_KINDS);
NAMED(direction_names, DIRECTIONS);
NAMED(target_names, TARGETS);
NAMED(source_names, SOURCES);
NAMED(dad_answer_names, DAD_ANSWERS);
NAMED(dad_at_names, DAD_ATS);
NAMED(object_names, OBJECTS);

bool target_fits(enum direction direction, enum target target)
{
	switch (target) {
	case TARGET_ALL_NODES: return true;
	case TARGET_SOLICITED_NODE:
	case TARGET_TENTATIVE: return direction == DIRECTION_INBOUND;
	case TARGET_PEER:
	case TARGET_NOBODY: return direction != DIRECTION_INBOUND;
	case TARGETS: break;
	}
	return false;
}
