// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec/spec.h"

/* clang-format off */
const char *const arm_names[] = { "control", "hold", "echo", "race" };
const char *const site_names[] = { "flags", "off" };
const char *const window_opens_names[] = { "auto", "flags", "carrier", "tentative" };
const char *const window_closes_names[] = { "auto", "flags", "dad", "exit", "teardown" };
const char *const method_names[] = { "stop" };
const char *const tier_names[] = { "auto", "kprobe", "fentry", "tracepoint" };
const char *const device_kind_names[] = {
	"veth", "macvlan", "bridge", "dummy", "existing", "nic", "ipvlan", "vrf", "vxlan",
	"vlan", "bond", "team", "tun",
};
const char *const bringup_kind_names[] = { "do_dad", "command" };
const char *const load_names[] = { "none", "cpu", "packets", "rtnl" };
const char *const direction_names[] = { "inbound", "outbound", "outbound-raw" };
const char *const target_names[] = { "all-nodes", "solicited-node", "tentative", "peer", "nobody" };
const char *const source_names[] = { "peer", "spoofed" };
const char *const dad_answer_names[] = { "none", "ns", "na", "loopback" };
const char *const dad_at_names[] = { "probe", "open" };
const char *const explore_mode_names[] = { "off", "sweep", "random", "sample", "pct", "guided" };
const char *const explore_mutation_names[] = {
	"fresh", "measure", "add-hold", "drop-hold", "place", "end", "start", "echo", "count", "offset",
	"window", "answer", "splice", "message", "change", "load",
};
const char *const object_names[] = { "net_device", "inet6_dev", "dst" };
/* clang-format on */

#define NAMED(names, count)                                                               \
	_Static_assert(sizeof(names) / sizeof((names)[0]) == (count), #names ": one per " \
									     "value")
NAMED(arm_names, ARMS);
NAMED(site_names, SITES);
NAMED(window_opens_names, WINDOW_OPENS);
NAMED(window_closes_names, WINDOW_CLOSES);
NAMED(method_names, METHODS);
NAMED(tier_names, TIERS);
NAMED(device_kind_names, DEVICE_KINDS);
NAMED(bringup_kind_names, BRINGUP_KINDS);
NAMED(load_names, LOADS);
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
		order_write_hold(&spec->holds[nr], spec->change, words->texts[nr]);
	if (spec->starts_when)
		order_write_start(spec->starts_when, words->texts[nr++]);
	if (spec->change_when)
		order_write_change(spec->change, spec->change_when, words->texts[nr++]);
	for (uint32_t i = 0; i < nr; i++)
		words->list[i] = words->texts[i];
	spec->order = words->list;
	spec->nr_order = nr;
}

bool device_is_real(enum device_kind kind)
{
	return kind == DEVICE_EXISTING || kind == DEVICE_NIC;
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

bool message_fits(enum direction direction, enum target target, enum message_kind message)
{
	bool to_group = target == TARGET_ALL_NODES || target == TARGET_SOLICITED_NODE;

	return (direction == DIRECTION_INBOUND || message == MESSAGE_ECHO) &&
	       !(to_group && message_has(message, MESSAGE_TO_UNICAST));
}

int bringup_status_read(const char *text, int32_t *status)
{
	char *end;
	long number;

	if (!strcmp(text, "any")) {
		*status = BRINGUP_STATUS_ANY;
		return 0;
	}
	number = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || number > 255)
		return -EINVAL;
	*status = (int32_t)number;
	return 0;
}

const char *load_words(enum load_kind load)
{
	static const char *const words[] = {
		[LOAD_NONE] = "does nothing",
		[LOAD_CPU] = "spins",
		[LOAD_PACKETS] = "floods the device with packets",
		[LOAD_RTNL] = "takes the RTNL again and again",
	};
	_Static_assert(sizeof(words) / sizeof(words[0]) == LOADS, "words for each");

	return words[load];
}
