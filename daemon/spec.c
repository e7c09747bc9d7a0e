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
const char *const explore_mode_names[] = { "off", "sweep", "random", "sample", "pct", "guided" };
const char *const explore_mutation_names[] = {
	"fresh", "measure", "add-hold", "drop-hold", "place", "end", "start", "echo", "count", "offset",
	"window", "answer", "splice",
};
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
NAMED(explore_mode_names, EXPLORE_MODES);
NAMED(explore_mutation_names, EXPLORE_MUTATIONS);
NAMED(object_names, OBJECTS);

void spec_say(struct trial_spec *spec, struct spec_words *words)
{
	uint32_t nr = 0;

	for (; nr < spec->steps && nr < ORDER_HOLDS_MAX && spec->holds[nr].thread; nr++)
		order_write_hold(&spec->holds[nr], words->texts[nr]);
	if (spec->starts_when)
		order_write_start(spec->starts_when, words->texts[nr++]);
	for (uint32_t i = 0; i < nr; i++)
		words->list[i] = words->texts[i];
	spec->order = words->list;
	spec->nr_order = nr;
}

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
