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
const char *const message_names[] = {
	"echo", "ns", "na", "ra", "redirect", "unreachable", "packet-too-big", "time-exceeded",
	"parameter-problem", "mld-query", "mld-report", "rs", "ns-elsewhere", "ra-withdraw",
	"ra-managed", "ra-mtu", "unreachable-udp", "packet-too-big-udp", "packet-too-big-68",
};
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
NAMED(message_names, MESSAGES);
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

bool message_fits(enum direction direction, enum message_kind message)
{
	return direction == DIRECTION_INBOUND || message == MESSAGE_ECHO;
}

bool message_names_device(enum message_kind message)
{
	switch (message) {
	case MESSAGE_NS:
	case MESSAGE_REDIRECT:
	case MESSAGE_UNREACHABLE:
	case MESSAGE_PACKET_TOO_BIG:
	case MESSAGE_TIME_EXCEEDED:
	case MESSAGE_PARAMETER_PROBLEM:
	case MESSAGE_MLD_REPORT:
	case MESSAGE_UNREACHABLE_UDP:
	case MESSAGE_PACKET_TOO_BIG_UDP:
	case MESSAGE_PACKET_TOO_BIG_68: return true;
	case MESSAGE_ECHO:
	case MESSAGE_NA:
	case MESSAGE_RA:
	case MESSAGE_MLD_QUERY:
	case MESSAGE_RS:
	case MESSAGE_NS_ELSEWHERE:
	case MESSAGE_RA_WITHDRAW:
	case MESSAGE_RA_MANAGED:
	case MESSAGE_RA_MTU:
	case MESSAGES: break;
	}
	return false;
}

bool message_is_ra(enum message_kind message)
{
	return message == MESSAGE_RA || message == MESSAGE_RA_WITHDRAW ||
	       message == MESSAGE_RA_MANAGED || message == MESSAGE_RA_MTU;
}

const char *message_words(enum message_kind message, uint32_t number)
{
	/* clang-format off */
	static const struct {
		const char *one, *more;
	} words[] = {
		[MESSAGE_ECHO]              = { "echo", "echoes" },
		[MESSAGE_NS]                = { "Neighbor Solicitation", "Neighbor Solicitations" },
		[MESSAGE_NA]                = { "Neighbor Advertisement", "Neighbor Advertisements" },
		[MESSAGE_RA]                = { "Router Advertisement", "Router Advertisements" },
		[MESSAGE_REDIRECT]          = { "Redirect", "Redirects" },
		[MESSAGE_UNREACHABLE]       = { "Destination Unreachable", "Destination Unreachables" },
		[MESSAGE_PACKET_TOO_BIG]    = { "Packet Too Big", "Packets Too Big" },
		[MESSAGE_TIME_EXCEEDED]     = { "Time Exceeded", "Times Exceeded" },
		[MESSAGE_PARAMETER_PROBLEM] = { "Parameter Problem", "Parameter Problems" },
		[MESSAGE_MLD_QUERY]         = { "Multicast Listener Query", "Multicast Listener Queries" },
		[MESSAGE_MLD_REPORT]        = { "Multicast Listener Report", "Multicast Listener Reports" },
		[MESSAGE_RS]                = { "Router Solicitation", "Router Solicitations" },
		[MESSAGE_NS_ELSEWHERE]      = { "Neighbor Solicitation for an address elsewhere", "Neighbor Solicitations for an address elsewhere" },
		[MESSAGE_RA_WITHDRAW]       = { "Router Advertisement with lifetimes of 0", "Router Advertisements with lifetimes of 0" },
		[MESSAGE_RA_MANAGED]        = { "Router Advertisement with the managed flag", "Router Advertisements with the managed flag" },
		[MESSAGE_RA_MTU]            = { "Router Advertisement with an MTU", "Router Advertisements with an MTU" },
		[MESSAGE_UNREACHABLE_UDP]   = { "Destination Unreachable about UDP", "Destination Unreachables about UDP" },
		[MESSAGE_PACKET_TOO_BIG_UDP] = { "Packet Too Big about UDP", "Packets Too Big about UDP" },
		[MESSAGE_PACKET_TOO_BIG_68] = { "Packet Too Big with MTU 68", "Packets Too Big with MTU 68" },
	};
	/* clang-format on */
	_Static_assert(sizeof(words) / sizeof(words[0]) == MESSAGES, "words for each");

	return number == 1 ? words[message].one : words[message].more;
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
