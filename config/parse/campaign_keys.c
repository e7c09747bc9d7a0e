// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <threads.h>

#include "parse/campaign_parts.h"
#include "spec/times.h"

const char *const question_names[] = { "rate", "arms" };
_Static_assert(sizeof(question_names) / sizeof(question_names[0]) == QUESTIONS,
	       "question_names: one per value");

const char *const ledger_use_names[] = { "off", "suspects", "always" };
_Static_assert(sizeof(ledger_use_names) / sizeof(ledger_use_names[0]) == LEDGER_USES,
	       "ledger_use_names: one per value");

/*
 * The table. A row's storage is taken from the struct itself, and a row that names another type
 * than the member has does not compile.
 */
/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types, members and pieces of initialisers */
#define PLACE(ctype, member) \
	(offsetof(struct campaign, member) * \
	 _Generic(((struct campaign *)NULL)->member, ctype: (size_t)1))
#define TOP(ctype, member) .offset = PLACE(ctype, member)
#define IN(group, ctype, member) \
	.offset = PLACE(ctype, group.member) - offsetof(struct campaign, group)
#define TOP_LIST(ctype, member) \
	TOP(ctype, member), .list = true, .count_offset = PLACE(uint32_t, nr_##member)
#define IN_LIST(group, ctype, member) \
	IN(group, ctype, member), .list = true, \
	.count_offset = PLACE(uint32_t, group.nr_##member) - offsetof(struct campaign, group)
#define GROUP(group) .offset = offsetof(struct campaign, group), .sub = &group##_fields
#define GROUP_SIZE(group) sizeof(((struct campaign *)NULL)->group)
#define RANGE(low, high) .min = (low), .max = (high)
#define NAMES(words, count) .names = (words), .nr_names = (count)
#define END { .name = NULL }
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field stop_rows[] = {
	{ "trials", FIELD_U32, IN(stop, uint32_t, trials), RANGE(0, 100000000),
	  .fallback = "240",
	  .doc = "How many trials the campaign runs at most; 0 is no limit, and then "
		 "stop.seconds must be given" },
	{ "seconds", FIELD_U32, IN(stop, uint32_t, seconds), RANGE(0, 31536000),
	  .fallback = "0",
	  .doc = "After how many seconds no further trial is started; 0 is no limit" },
	{ "findings", FIELD_U32, IN(stop, uint32_t, findings), RANGE(0, 1000000),
	  .fallback = "0",
	  .doc = "After how many different findings no further trial is started; 0 is no "
		 "limit" },
	{ "valid", FIELD_U32, IN(stop, uint32_t, valid), RANGE(0, 100000000), .fallback = "0",
	  .doc = "After how many valid trials of the arm that injects most no further trial is "
		 "started; 0 is no limit" },
	{ "hits", FIELD_U32, IN(stop, uint32_t, hits), RANGE(0, 100000000), .fallback = "0",
	  .doc = "After how many trials that show a fault no further trial is started, nor when so many "
		 "cannot come any more within stop.trials; 0 is no limit" },
	{ "decided", FIELD_ENUM, IN_LIST(stop, enum question *, decided),
	  NAMES(question_names, QUESTIONS), .fallback = "[]",
	  .doc = "Answers that end the campaign as soon as one is known, each wrong with a "
		 "probability of 5% at most however often it is looked at: rate is whether the arm "
		 "that injects most shows faults more often than stop.above_ppm or less often "
		 "than stop.below_ppm, arms is that it shows more of them than every other arm" },
	{ "above_ppm", FIELD_U32, IN(stop, uint32_t, above_ppm), RANGE(2, 999999),
	  .fallback = "100000", .doc = "Of stop.decided rate: a rate that is worth finding, in "
		 "faults of a million trials" },
	{ "below_ppm", FIELD_U32, IN(stop, uint32_t, below_ppm), RANGE(1, 999998),
	  .fallback = "10000", .doc = "Of stop.decided rate: a rate that is as good as none" },
	END
};
static const struct fields stop_fields = { "stop", NULL, stop_rows, GROUP_SIZE(stop) };

static const struct field device_rows[] = {
	{ "kind", FIELD_ENUM, IN(device, enum device_kind, kind),
	  NAMES(device_kind_names, DEVICE_KINDS), .fallback = "veth",
	  .doc = "What the device under test is: a veth end, a macvlan over one, a bridge "
		 "with one as its port, a dummy (which has no peer: outbound echoes only), "
		 "or an existing device of this machine, which is never deleted and is put "
		 "back as it was found" },
	{ "dut", FIELD_TEXT, IN(device, const char *, dut), .nullable = true,
	  .doc = "Name of the existing device under test; it is taken down and up in each "
		 "trial, so nobody else may be using it" },
	{ "peer", FIELD_TEXT, IN(device, const char *, peer), .nullable = true,
	  .doc = "Name of the existing device that is cabled to device.dut and sends the "
		 "inbound echoes" },
	END
};
static const struct fields device_fields = { "device", NULL, device_rows, GROUP_SIZE(device) };

static const struct field sysctl_rows[] = {
	{ "dad_transmits", FIELD_U32, IN(sysctl, uint32_t, dad_transmits), RANGE(0, 100),
	  .fallback = "1",
	  .doc = "Neighbour solicitations that DAD sends (RFC 4862 5.1); with 0 there is no "
		 "DAD and no address is ever tentative" },
	{ "router_solicitation_delay", FIELD_U32,
	  IN(sysctl, uint32_t, router_solicitation_delay), RANGE(0, 60), .fallback = "0",
	  .doc = "Seconds the kernel waits after an interface came up; DAD itself starts "
		 "after a random part of them, so more than 0 makes the tentative time "
		 "longer and less even" },
	{ "retrans_time_ms", FIELD_U32, IN(sysctl, uint32_t, retrans_time_ms), RANGE(1, 60000),
	  .fallback = "10",
	  .doc = "Time between neighbour solicitations, so that an address stays tentative "
		 "for about dad_transmits times this long; the kernel takes 10 for anything "
		 "shorter" },
	{ "accept_dad", FIELD_U32, IN(sysctl, uint32_t, accept_dad), RANGE(0, 2),
	  .fallback = "1",
	  .doc = "0 does no DAD, 1 does it, 2 also disables IPv6 on the device when its "
		 "link-local address is a duplicate" },
	{ "addr_gen_mode", FIELD_U32, IN(sysctl, uint32_t, addr_gen_mode), RANGE(0, 3),
	  .fallback = "0",
	  .doc = "How the link-local address is made: 0 from the MAC address, 1 not at all "
		 "(nothing is tentative then), 2 from a stable secret, 3 from a random one" },
	{ "keep_addr_on_down", FIELD_U32, IN(sysctl, uint32_t, keep_addr_on_down), RANGE(0, 1),
	  .fallback = "0",
	  .doc = "1 keeps global addresses while the device is down, which changes the path "
		 "on which references are dropped" },
	{ "enhanced_dad", FIELD_U32, IN(sysctl, uint32_t, enhanced_dad), RANGE(0, 1),
	  .fallback = "1",
	  .doc = "1 puts a nonce into DAD's probes (RFC 7527), by which the device knows its "
		 "own when they come back; with 0 they are taken for another node's" },
	END
};
static const struct fields sysctl_fields = { "sysctl", NULL, sysctl_rows, GROUP_SIZE(sysctl) };

static const struct field bringup_rows[] = {
	{ "kind", FIELD_ENUM, IN(bringup, enum bringup_kind, kind),
	  NAMES(bringup_kind_names, BRINGUP_KINDS), .fallback = "do_dad",
	  .doc = "Who sets the flags: do_dad is a process of our own that does it twice with "
		 "DAD between, command is an unmodified program" },
	{ "command", FIELD_TEXT, IN_LIST(bringup, const char **, command), .fallback = "[]",
	  .doc = "Program and arguments for kind command, run without a shell; {dut} and "
		 "{peer} stand for the names of the devices" },
	{ "change", FIELD_ENUM, IN_LIST(bringup, enum change_kind *, change),
	  NAMES(change_names, CHANGES), .fallback = "[none]",
	  .doc = "What do_dad does right after the first flag set, one drawn for each trial, in every "
		 "arm: mtu changes it and puts it back, address-add and route-add add a global "
		 "one, address-delete and route-delete take the link-local one as soon as it is "
		 "there, disable-ipv6 switches IPv6 off and on, link-delete deletes the device, so "
		 "that each such trial is the last of its lane" },
	{ "deadline_ms", FIELD_U32, IN(bringup, uint32_t, deadline_ms), RANGE(1, 600000),
	  .fallback = "5000",
	  .doc = "How long the bring-up may take from start to exit, the hold not counted; "
		 "one that takes longer is taken to hang" },
	END
};
static const struct fields bringup_fields = { "bringup", NULL, bringup_rows,
					      GROUP_SIZE(bringup) };

static const struct field hold_range_rows[] = {
	{ "min_us", FIELD_U64, IN(window.hold_range, uint64_t, min_us), RANGE(1, CAP_US),
	  .fallback = "1",
	  .doc = "The shortest hold that may be drawn" },
	{ "max_us", FIELD_U64, IN(window.hold_range, uint64_t, max_us), RANGE(0, CAP_US),
	  .fallback = "0",
	  .doc = "The longest hold that may be drawn; 0 is no range, and window.hold_us "
		 "holds" },
	END
};
static const struct fields hold_range_fields = { "hold_range", NULL, hold_range_rows,
						 GROUP_SIZE(window.hold_range) };

static const struct field window_rows[] = {
	{ "site", FIELD_ENUM, IN(window, enum site, site), NAMES(site_names, SITES),
	  .fallback = "flags",
	  .doc = "Where the window opens: flags is between the first flag set's return and "
		 "the second's entry, off is nowhere (such a campaign can prove nothing)" },
	{ "method", FIELD_ENUM, IN(window, enum method, method), NAMES(method_names, METHODS),
	  .fallback = "stop",
	  .doc = "How the bring-up is held: stop stops the task on its way out of the system "
		 "call and continues it later" },
	{ "hold_us", FIELD_U64, IN_LIST(window, uint64_t *, hold_us), RANGE(1, CAP_US),
	  .fallback = "[5000]",
	  .doc = "How long the window is held; one of these is drawn for each trial" },
	{ "hold_range", FIELD_OBJECT,
	  .offset = offsetof(struct campaign, window.hold_range) -
		    offsetof(struct campaign, window),
	  .sub = &hold_range_fields,
	  .doc = "Instead of window.hold_us: the hold is drawn evenly between two ends" },
	END
};
static const struct fields window_fields = { "window", NULL, window_rows, GROUP_SIZE(window) };

static const struct field explore_range_rows[] = {
	{ "min_us", FIELD_U64, IN(explore.hold_range, uint64_t, min_us), RANGE(1, ORDER_MOST_MS * 1000),
	  .fallback = "10", .doc = "The shortest of them" },
	{ "max_us", FIELD_U64, IN(explore.hold_range, uint64_t, max_us), RANGE(1, ORDER_MOST_MS * 1000),
	  .fallback = "2000", .doc = "The longest of them" },
	END
};
static const struct fields explore_range_fields = { "hold_range", NULL, explore_range_rows,
						    GROUP_SIZE(explore.hold_range) };

static const struct field explore_rows[] = {
	{ "mode", FIELD_ENUM, IN(explore, enum explore_mode, mode), NAMES(explore_mode_names, EXPLORE_MODES),
	  .fallback = "off",
	  .doc = "How the holds and echoes of each race trial are chosen: off is by order and echo alone, "
		 "sweep takes the grid in a fixed order, random draws evenly, sample measures the natural "
		 "lengths first and draws delays over 1.1 times them, pct holds as many places as "
		 "explore.holds says, drawn evenly, which has a bound, and guided goes through schedules, leaves alone "
		 "what never comes about, and changes what has shown new behaviour" },
	{ "holds", FIELD_U32, IN(explore, uint32_t, holds), RANGE(1, 3), .fallback = "2",
	  .doc = "The most holds in one trial" },
	{ "places", FIELD_TEXT, IN_LIST(explore, const char **, places), .fallback = "[]",
	  .doc = "Where holds are tried, as steps of an order without their end: \"I held at stop\", \"II "
		 "held at return of source\"; at most 12; none are those that dadrace proposes and that the "
		 "kernel can hook" },
	{ "ends", FIELD_ENUM, IN_LIST(explore, enum order_until *, ends),
	  NAMES(order_until_names, ORDER_UNTILS), .fallback = "[time, held, done]",
	  .doc = "What may end a hold: a time, or that another thread is held or done" },
	{ "hold_range", FIELD_OBJECT,
	  .offset = offsetof(struct campaign, explore.hold_range) - offsetof(struct campaign, explore),
	  .sub = &explore_range_fields, .doc = "How long holds for a time may be" },
	{ "offset_us", FIELD_U64, IN(explore, uint64_t, offset_us), RANGE(0, CAP_US), .fallback = "0",
	  .doc = "The latest that the first echo may be put to; 0 leaves it at echo.offset_us" },
	{ "generation", FIELD_U32, IN(explore, uint32_t, generation), RANGE(0, 1000), .fallback = "0",
	  .doc = "Trials that are planned at once, from what all but the last such group have shown; no "
		 "more than twice as many can be in hand. 0: as many as there are lanes" },
	{ "forget", FIELD_BOOL, IN(explore, bool, forget), .fallback = "false",
	  .doc = "After a trial with a fault, start anew with nothing learned: how many trials a mode needs to "
		 "find something is measured again and again in one campaign, which wants stop.findings: 0" },
	{ "scouts", FIELD_U32, IN(explore, uint32_t, scouts), RANGE(0, 100), .fallback = "12",
	  .doc = "Where places are not given: trials without injection that are run first, and are no "
		 "trials of the campaign; the functions on the paths of references that their ledgers "
		 "show, and what these call next to references, are proposed, too. 0, or ledger off: none" },
	END
};
static const struct fields explore_fields = { "explore", NULL, explore_rows, GROUP_SIZE(explore) };

static const struct field echo_rows[] = {
	{ "directions", FIELD_ENUM, IN_LIST(echo, enum direction *, directions),
	  NAMES(direction_names, DIRECTIONS), .fallback = "[inbound]",
	  .doc = "How echoes travel, one drawn for each trial: inbound as whole frames from "
		 "the peer, outbound through an ICMPv6 socket, outbound-raw through a raw "
		 "socket with a header of our own" },
	{ "targets", FIELD_ENUM, IN_LIST(echo, enum target *, targets),
	  NAMES(target_names, TARGETS), .fallback = "[all-nodes]",
	  .doc = "Whom echoes are addressed to, one drawn for each trial among those that "
		 "fit its direction: solicited-node and tentative are inbound only, peer and "
		 "nobody outbound only" },
	{ "source", FIELD_ENUM, IN(echo, enum source, source), NAMES(source_names, SOURCES),
	  .fallback = "peer",
	  .doc = "Whom inbound echoes claim to be from: the peer, or another address without "
		 "neighbour entry for each echo" },
	{ "message", FIELD_ENUM, IN_LIST(echo, enum message_kind *, message),
	  NAMES(message_names, MESSAGES), .fallback = "[echo]",
	  .doc = "What is sent instead of echo requests, one drawn for each trial among those that "
		 "fit its direction (outbound ones are echoes): ns asks for the device's "
		 "address, na tells the sender's, ra makes a default route and an address, redirect "
		 "is about what bringup.change route-add leads to, errors quote an echo of "
		 "the device, mld-query is answered and mld-report spares the device its own" },
	{ "count", FIELD_U32, IN(echo, uint32_t, count), RANGE(0, 1000), .fallback = "4",
	  .doc = "Echoes in each trial of the arms echo and race; a leak of one reference "
		 "each then shows as this number; 0 leaves the window to dad.answer" },
	{ "offset_us", FIELD_U64, IN(echo, uint64_t, offset_us), RANGE(0, CAP_US),
	  .fallback = "0",
	  .doc = "Time from the window's opening to the first echo; beyond the hold it lands "
		 "outside and proves nothing" },
	{ "spacing_us", FIELD_U64, IN(echo, uint64_t, spacing_us), RANGE(0, CAP_US),
	  .fallback = "500",
	  .doc = "Time from one echo to the next" },
	{ "payload_bytes", FIELD_U32, IN(echo, uint32_t, payload_bytes), RANGE(16, 1452),
	  .fallback = "56",
	  .doc = "Bytes after the ICMPv6 header; the first 16 name trial and echo, and 1452 "
		 "fill an Ethernet frame" },
	{ "hop_limit", FIELD_U32, IN(echo, uint32_t, hop_limit), RANGE(1, 255),
	  .fallback = "64",
	  .doc = "Hop limit of the echoes" },
	END
};
static const struct fields echo_fields = { "echo", NULL, echo_rows, GROUP_SIZE(echo) };

static const struct field dad_rows[] = {
	{ "answer", FIELD_ENUM, IN_LIST(dad, enum dad_answer *, answer),
	  NAMES(dad_answer_names, DAD_ANSWERS), .fallback = "[none]",
	  .doc = "What the peer says to DAD's probes in the arms echo and race, one drawn for "
		 "each trial: ns wants the same address, na has it already (both make DAD "
		 "fail), loopback sends the device's own probe back (which must not)" },
	{ "at", FIELD_ENUM, IN(dad, enum dad_at, at), NAMES(dad_at_names, DAD_ATS),
	  .fallback = "probe",
	  .doc = "What dad.offset_us counts from: each probe that the peer sees, or the "
		 "window's opening, at which there is one answer, probe or not" },
	{ "offset_us", FIELD_U64, IN(dad, uint64_t, offset_us), RANGE(0, CAP_US),
	  .fallback = "0",
	  .doc = "Time from there to the answer; DAD that is over by then is not disturbed" },
	{ "times", FIELD_U32, IN(dad, uint32_t, times), RANGE(0, 100), .fallback = "0",
	  .doc = "How many probes of a trial are answered, the first ones; 0 is each" },
	END
};
static const struct fields dad_fields = { "dad", NULL, dad_rows, GROUP_SIZE(dad) };

static const struct field watch_rows[] = {
	{ "objects", FIELD_ENUM, IN_LIST(watch, enum object *, objects),
	  NAMES(object_names, OBJECTS), .fallback = "[net_device, inet6_dev, dst]",
	  .doc = "What is counted before and after: references to the device and to its "
		 "inet6_dev (a leaked one hardly shows in net_device), and the IPv6 dst "
		 "entries of the lane's network namespace (a leaked one need not pin a "
		 "device; not watched with existing devices, whose namespace others use)" },
	{ "deadline_ms", FIELD_U32, IN(watch, uint32_t, deadline_ms), RANGE(1, 600000),
	  .fallback = "2000",
	  .doc = "How long references may take to come back after the device went down; "
		 "clean trials do not wait for it" },
	{ "grace_ms", FIELD_U32, IN(watch, uint32_t, grace_ms), RANGE(0, 60000),
	  .fallback = "50",
	  .doc = "Time between the two further looks that are taken before a leak is said" },
	{ "unregister_ms", FIELD_U32, IN(watch, uint32_t, unregister_ms), RANGE(1, 600000),
	  .fallback = "3000",
	  .doc = "How long the unregistering of a suspect device may take before it is taken "
		 "to wait for a lost reference" },
	END
};
static const struct fields watch_fields = { "watch", NULL, watch_rows, GROUP_SIZE(watch) };

static const struct field vm_rows[] = {
	{ "cpus", FIELD_U32, IN(vm, uint32_t, cpus), RANGE(1, 64), .fallback = "3",
	  .doc = "Processors of a guest; a race of two threads wants a third one beside them" },
	{ "memory_mb", FIELD_U32, IN(vm, uint32_t, memory_mb), RANGE(256, 65536),
	  .fallback = "1024", .doc = "Memory of a guest" },
	{ "deadline_ms", FIELD_U32, IN(vm, uint32_t, deadline_ms), RANGE(1000, 3600000),
	  .fallback = "120000",
	  .doc = "How long a guest may be silent, booting (three times as long where it scouts for "
		 "places) or between two trials, before it is taken to hang and is replaced" },
	{ "guests", FIELD_U32, IN(vm, uint32_t, guests), RANGE(1, 10000), .fallback = "20",
	  .doc = "How many guests may be booted for the campaign, those that died or were "
		 "wedged by a fault included" },
	{ "fresh_after_fault", FIELD_BOOL, IN(vm, bool, fresh_after_fault), .fallback = "true",
	  .doc = "Whether a guest is replaced when an unregister in it never returned: its "
		 "kernel cannot delete namespaces any more" },
	{ "plant", FIELD_TEXT, IN(vm, const char *, plant), .nullable = true,
	  .doc = "Name of a bug that is planted in the guest's kernel before the campaign "
		 "begins, by a module (daemon/guest/plants); to show that it is found" },
	{ "plant_module", FIELD_TEXT, IN(vm, const char *, plant_module), .nullable = true,
	  .doc = "That module, built for the kernel; without it, it is built when it is "
		 "needed, with the kernel's headers from apt" },
	END
};
static const struct fields vm_fields = { "vm", NULL, vm_rows, GROUP_SIZE(vm) };

static const struct field submit_rows[] = {
	{ "priority", FIELD_I64, IN(submit, int64_t, priority),
	  RANGE(-SUBMIT_PRIORITY_MOST, SUBMIT_PRIORITY_MOST), .fallback = "0",
	  .doc = "Of the campaigns that wait, the one with the highest is run first" },
	{ "not_before", FIELD_TEXT, IN(submit, const char *, not_before), .nullable = true,
	  .doc = "When it may begin: " TIME_FORMS " (counted from its acceptance)" },
	{ "every", FIELD_TEXT, IN(submit, const char *, every), .nullable = true,
	  .doc = "How often it is repeated, as 24h or 7d; at least 60s; without it, once" },
	END
};
static const struct fields submit_fields = { "submit", NULL, submit_rows, GROUP_SIZE(submit) };

static const struct field campaign_rows[] = {
	{ "spec", FIELD_U32, TOP(uint32_t, spec), RANGE(0, 1), .fallback = "0",
	  .doc = "1 marks a spec, the campaign of one trial, as `dadrace plan --spec` and reports "
		 "give it; it needs trial_seed and lists of one element" },
	{ "name", FIELD_TEXT, TOP(const char *, name), .fallback = "campaign",
	  .doc = "What the campaign is called in results" },
	{ "seed", FIELD_U64, TOP(uint64_t, seed), RANGE(0, INT64_MAX), .fallback = "1",
	  .doc = "Where all draws start: the same campaign and seed give the same trials "
		 "everywhere" },
	{ "stop", FIELD_OBJECT, GROUP(stop),
	  .doc = "When the campaign ends: at the first limit reached" },
	{ "lanes", FIELD_U32, TOP(uint32_t, lanes), RANGE(1, 64), .fallback = "1",
	  .doc = "How many trials run side by side, each in its own network namespace; "
		 "exactly 1 with an existing device" },
	{ "tier", FIELD_ENUM, TOP(enum tier, tier), NAMES(tier_names, TIERS),
	  .fallback = "auto",
	  .doc = "How sites are hooked; auto takes the best way this kernel has, any other "
		 "way is skipped where the kernel lacks it" },
	{ "device", FIELD_OBJECT, GROUP(device),
	  .doc = "The device under test and its peer" },
	{ "sysctl", FIELD_OBJECT, GROUP(sysctl),
	  .doc = "What is set in net.ipv6.conf and net.ipv6.neigh of the device under test" },
	{ "bringup", FIELD_OBJECT, GROUP(bringup),
	  .doc = "The process that brings the device up, issuing the flag sets" },
	{ "load", FIELD_ENUM, TOP_LIST(enum load_kind *, load), NAMES(load_names, LOADS),
	  .fallback = "[none]",
	  .doc = "What keeps the machine busy from before the window to teardown, one drawn for each "
		 "trial, in every arm: a process of the lane that spins (cpu), that sends from the "
		 "peer what the device throws away (packets), or that dumps links and changes the "
		 "length of lo's queue (rtnl)" },
	{ "kernel", FIELD_TEXT, TOP(const char *, kernel), .nullable = true,
	  .doc = "Kernel to run the campaign on, in a throw-away virtual machine: a vmlinuz, "
		 "a .deb, a package, or SUITE/PACKAGE; without it, the running kernel" },
	{ "modules", FIELD_TEXT, TOP(const char *, modules), .nullable = true,
	  .doc = "Folder of that kernel's modules; without it, the package's own, or "
		 "/lib/modules/RELEASE" },
	{ "vm", FIELD_OBJECT, GROUP(vm),
	  .doc = "The virtual machine, when there is a kernel" },
	{ "trial_seed", FIELD_TEXT, TOP(const char *, trial_seed), .nullable = true,
	  .doc = "Where the draws of every trial start, as \"0x\" and hexadecimal digits: it "
		 "repeats the spoofed addresses and identifiers of one; without it each trial has "
		 "a seed of its own" },
	{ "arms", FIELD_ENUM, TOP_LIST(enum arm *, arms), NAMES(arm_names, ARMS),
	  .fallback = "[control, hold, echo, race]",
	  .doc = "What trials are for, in balanced blocks: control injects nothing, hold "
		 "holds the window, echo sends echoes and DAD answers, race does both" },
	{ "window", FIELD_OBJECT, GROUP(window),
	  .doc = "The interval that is held open" },
	{ "order", FIELD_TEXT, TOP_LIST(const char **, order), .fallback = "[]",
	  .doc = "Steps of an order of events, for the race arm: \"I held at SITE until II "
		 "held\" is a hold of thread I, the bring-up, at a site that dadrace doctor lists, or "
		 "inside any kernel function; \"at return of SITE\" is at its end, \"until II done\" "
		 "until it has sent all, \"for 300 us\" a time; the same for II, the sender, "
		 "which \"starts when I held\", and for DAD, the kernel's worker" },
	{ "explore", FIELD_OBJECT, GROUP(explore),
	  .doc = "How race trials are chosen where no order says what is to happen; with it echo.count is the "
		 "most echoes of a trial" },
	{ "echo", FIELD_OBJECT, GROUP(echo),
	  .doc = "The ICMPv6 echoes that are sent into the window" },
	{ "dad", FIELD_OBJECT, GROUP(dad),
	  .doc = "The part that the peer plays in Duplicate Address Detection" },
	{ "watch", FIELD_OBJECT, GROUP(watch),
	  .doc = "What is compared between baseline and settle, and how long it may take" },
	{ "ledger", FIELD_ENUM, TOP(enum ledger_use, ledger),
	  NAMES(ledger_use_names, LEDGER_USES), .fallback = "suspects",
	  .doc = "Whether each hold and put of a leaked device or inet6_dev is caught with its "
		 "kernel stack: suspects repeats a trial that leaks with watchpoints on the "
		 "counters, until one ledger is whole, five times at most, and that for the first "
		 "three findings; always watches every trial, with one lane; off never" },
	{ "submit", FIELD_OBJECT, GROUP(submit),
	  .doc = "How the service takes the campaign up, from its spool or where `dadrace ctl submit` says "
		 "nothing else; `dadrace run` does not look at it" },
	END
};

const struct pin campaign_pins[] = {
	{ "seed", "trial_seed" },
	{ "arm", "arms", .list = true },
	{ "hold_us", "window.hold_us", .list = true },
	{ "change", "bringup.change", .list = true },
	{ "load", "load", .list = true },
	{ "order", "order", .stays = true },
	{ "direction", "echo.directions", .list = true },
	{ "target", "echo.targets", .list = true },
	{ "message", "echo.message", .list = true },
	{ "echoes", "echo.count", .stays = true },
	{ "offset_us", "echo.offset_us" },
	{ "dad_answer", "dad.answer", .list = true },
	{ .drawn = NULL }
};
/* clang-format on */

const struct fields campaign_fields = {
	.name = "campaign",
	.doc = "A campaign, resolved: defaults, file and overrides",
	.rows = campaign_rows,
	.size = sizeof(struct campaign),
};

static struct keys keys;

static void keys_make(void)
{
	keys_lay(&keys, &campaign_fields);
}

const struct keys *campaign_keys(void)
{
	static once_flag made = ONCE_FLAG_INIT;

	call_once(&made, keys_make);
	return &keys;
}

int key_find(const char *path)
{
	int id = key_at(campaign_keys(), path);

	if (id < 0)
		abort();
	return id;
}
