/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SPEC_H
#define DADRACE_SPEC_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "spec/change.h"
#include "spec/message.h"
#include "spec/order.h"

/*
 * The words of a trial's specification, shared by the campaign file, the plan and the results.
 * Every enum has its names beside it, in the same order, in spec.c.
 */

/* What a trial is for. */
enum arm {
	ARM_CONTROL, /* nothing injected */
	ARM_HOLD,    /* window held, no echo and no DAD answer */
	ARM_ECHO,    /* echoes and DAD answers, no hold */
	ARM_RACE,    /* both */
	ARMS,
};
extern const char *const arm_names[];

/* Where a window opens: a place in the life of the bring-up. */
enum site {
	SITE_FLAGS, /* between the first flag set's return and the second's entry */
	SITE_OFF,   /* nowhere: the probe is not attached; such a campaign can prove nothing */
	SITES,
};
extern const char *const site_names[];

/* From where the hold and the echoes of a window count. */
enum window_opens {
	OPENS_AUTO,	 /* FLAGS, but the others for a device that exists: campaign_opens() */
	OPENS_FLAGS,	 /* the return of the flag set that opens it */
	OPENS_CARRIER,	 /* the device runs: real ones need seconds to get there */
	OPENS_TENTATIVE, /* it has an address; DAD begins */
	WINDOW_OPENS,
};
extern const char *const window_opens_names[];

/* What ends the window. */
enum window_closes {
	CLOSES_AUTO,	 /* FLAGS, or TEARDOWN where the bring-up makes no second flag set */
	CLOSES_FLAGS,	 /* the bring-up's next flag set */
	CLOSES_DAD,	 /* the end of DAD */
	CLOSES_EXIT,	 /* the end of the bring-up's first process */
	CLOSES_TEARDOWN, /* our own setting down of the device */
	WINDOW_CLOSES,
};
extern const char *const window_closes_names[];

/* How time is injected. */
enum method {
	/* the task is stopped on its way out of the system call, continued later */
	METHOD_STOP,
	METHODS,
};
extern const char *const method_names[];

/* How a site is hooked on this kernel. AUTO takes the best rung that works. */
enum tier {
	TIER_AUTO,
	TIER_KPROBE,
	TIER_FENTRY,
	TIER_TRACEPOINT,
	TIERS,
};
extern const char *const tier_names[];

/* Which kind of device a lane has. */
enum device_kind {
	DEVICE_VETH,
	DEVICE_MACVLAN,	 /* dut is a macvlan over a veth end */
	DEVICE_BRIDGE,	 /* dut is a bridge with a veth end as port */
	DEVICE_DUMMY,	 /* no peer: outbound echoes only */
	DEVICE_EXISTING, /* two named devices of the caller's namespace */
	DEVICE_NIC,	 /* two emulated network cards of a guest, on a hub */
	DEVICE_IPVLAN,	 /* dut is an ipvlan (L2) over a veth end */
	DEVICE_VRF,	 /* dut is a veth end that is a port of a VRF */
	DEVICE_VXLAN,	 /* dut is a VXLAN tunnel over a veth, and so is the peer */
	DEVICE_VLAN,	 /* dut is a VLAN on a veth end, and so is the peer */
	DEVICE_BOND,	 /* dut is a bond with a veth end as its port */
	DEVICE_TEAM,	 /* dut is a team with a veth end as its port */
	DEVICE_TUN,	 /* dut and peer are tap devices, and a process moves the frames */
	DEVICE_KINDS,
};
extern const char *const device_kind_names[];

/* Whether the dut has hardware, or may have: such a device is never deleted. */
bool device_is_real(enum device_kind kind);

enum bringup_kind {
	BRINGUP_DO_DAD, /* our own process, doing what the seed's ifconfig does */
	BRINGUP_COMMAND,
	BRINGUP_KINDS,
};
extern const char *const bringup_kind_names[];

/*
 * What bringup.status allows: an exit code, or any end but that by a deadline. -EINVAL: neither
 * a status nor "any".
 */
enum { BRINGUP_STATUS_ANY = -1 };
int bringup_status_read(const char *text, int32_t *status);

/* The load beside a trial: a process of the lane. */
enum load_kind {
	LOAD_NONE,
	LOAD_CPU,     /* spins */
	LOAD_PACKETS, /* sends packets from the peer that the device's IPv6 drops */
	LOAD_RTNL,    /* dumps links and changes the length of lo's queue */
	LOADS,
};
extern const char *const load_names[];

/* How an echo reaches the device under test. */
enum direction {
	DIRECTION_INBOUND,	/* whole frames from the peer, packet socket */
	DIRECTION_OUTBOUND,	/* from the lane through IPPROTO_ICMPV6 */
	DIRECTION_OUTBOUND_RAW, /* from the lane through IPPROTO_RAW, own header */
	DIRECTIONS,
};
extern const char *const direction_names[];

/* Whom an echo is addressed to. */
enum target {
	TARGET_ALL_NODES,      /* ff02::1 */
	TARGET_SOLICITED_NODE, /* the device's own ff02::1:ffXX:XXXX */
	TARGET_TENTATIVE,      /* the device's own tentative link-local address */
	TARGET_PEER,	       /* the peer's link-local address: exists */
	TARGET_NOBODY,	       /* a link-local address that is not assigned */
	TARGETS,
};
extern const char *const target_names[];

/* Whom an inbound echo claims to be from. */
enum source {
	SOURCE_PEER, /* the peer's own link-local address */
	/* a link-local address without neighbour entry, another for each echo */
	SOURCE_SPOOFED,
	SOURCES,
};
extern const char *const source_names[];

/* What the peer says to the device's DAD probe, a Neighbour Solicitation from ::. */
enum dad_answer {
	DAD_ANSWER_NONE,
	DAD_ANSWER_NS,	     /* a probe of its own: both want the address (RFC 4862 5.4.3) */
	DAD_ANSWER_NA,	     /* it has the address already (RFC 4862 5.4.4) */
	DAD_ANSWER_LOOPBACK, /* the device's own probe, sent back (RFC 7527) */
	DAD_ANSWERS,
};
extern const char *const dad_answer_names[];

/* What the time of a DAD answer counts from. */
enum dad_at {
	DAD_AT_PROBE, /* each probe that is seen */
	DAD_AT_OPEN,  /* the window's opening: one answer */
	DAD_ATS,
};
extern const char *const dad_at_names[];

/* What is compared between baseline and settle. */
enum object {
	OBJECT_NET_DEVICE,
	OBJECT_INET6_DEV,
	/* the network namespace's IPv6 dst entries: a lost one need not pin a device */
	OBJECT_DST,
	OBJECTS,
};
extern const char *const object_names[];

/* How an explorer chooses trials (explore.h). */
enum explore_mode {
	EXPLORE_OFF,
	EXPLORE_SWEEP,	/* the grid, in a fixed order */
	EXPLORE_RANDOM, /* evenly from the whole space */
	EXPLORE_SAMPLE, /* natural durations are measured first, delays are drawn from them */
	EXPLORE_PCT,	/* each hold a place of its own, drawn evenly: a bound for the chance */
	EXPLORE_GUIDED, /* trials that showed new behaviour are mutated */
	EXPLORE_MODES,
};
extern const char *const explore_mode_names[];

/* How a point of the space was made from another. */
enum explore_mutation {
	EXPLORE_FRESH,	 /* none: it was drawn, or is next in the grid */
	EXPLORE_MEASURE, /* nothing is injected */
	EXPLORE_ADD_HOLD,
	EXPLORE_DROP_HOLD,
	EXPLORE_PLACE,
	EXPLORE_END,
	EXPLORE_START,
	EXPLORE_ECHO,
	EXPLORE_COUNT,
	EXPLORE_OFFSET,
	EXPLORE_WINDOW,
	EXPLORE_ANSWER,
	EXPLORE_SPLICE, /* holds of two parents */
	EXPLORE_MESSAGE,
	EXPLORE_CHANGE,
	EXPLORE_LOAD,
	EXPLORE_MUTATIONS,
};
extern const char *const explore_mutation_names[];

enum { EXPLORE_PLACES_MAX = 240 };

/* Why a trial is what it is; all 0 where nothing explores. */
struct explore_choice {
	enum explore_mode mode;
	uint32_t generation; /* from 1 */
	uint32_t set;	     /* of places that are hooked (plan_set()) */
	uint32_t parent;     /* trial that was mutated; 0: none */
	enum explore_mutation mutation;
	/* a leak's order that leaves less to chance: its holds last as long as a replay's */
	bool followed;
};

/* The whole specification of one trial: what the plan says and replay repeats. */
struct trial_spec {
	uint32_t trial; /* 1, 2, 3, ... in plan order */
	enum arm arm;
	enum site site;
	enum method method;
	uint64_t hold_us; /* 0: not held */
	enum change_kind change;
	enum order_thread change_when; /* it is made when this thread is held; NONE: at once */
	enum load_kind load;
	enum direction direction;
	enum target target;
	enum source source;
	enum message_kind message;
	uint32_t steps; /* holds in force; 0: none */
	struct order_hold holds[ORDER_HOLDS_MAX];
	enum order_thread starts_when; /* as in struct order */
	const char **order; /* these in words, where they are printed (results.h); else NULL */
	uint32_t nr_order;
	uint32_t echoes; /* 0: none */
	uint64_t offset_us;
	uint64_t spacing_us;
	uint32_t payload_bytes;
	uint32_t hop_limit;
	enum dad_answer dad_answer;
	enum dad_at dad_at;
	uint64_t dad_offset_us;
	uint32_t dad_times; /* probes that are answered; 0: each */
	uint64_t seed; /* for what the trial draws itself: spoofed addresses, identifiers */
	struct explore_choice choice;
};

/* The order of a spec in words. */
struct spec_words {
	char texts[ORDER_HOLDS_MAX + 2][ORDER_WORDS];
	const char *list[ORDER_HOLDS_MAX + 2];
};

/* Makes spec->order, which points into `words`. */
void spec_say(struct trial_spec *spec, struct spec_words *words);

/* Whether an echo of this direction can be addressed to this target. */
bool target_fits(enum direction direction, enum target target);

/* Whether a message can go in this direction to such a target. */
bool message_fits(enum direction direction, enum target target, enum message_kind message);

/* What a load does: "spins". */
const char *load_words(enum load_kind load);

#endif
