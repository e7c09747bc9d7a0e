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

const char *const lanes_names[] = { "auto" };

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
	{ "trials", FIELD_U32, IN(stop, uint32_t, trials), RANGE(0, 100000000), .fallback = "240",
	  .doc = "Stop after this many trials. 0: no limit, and then stop.seconds must be given" },
	{ "seconds", FIELD_U32, IN(stop, uint32_t, seconds), RANGE(0, 31536000), .fallback = "0",
	  .doc = "Start no further trial after this many seconds. 0: no limit" },
	{ "findings", FIELD_U32, IN(stop, uint32_t, findings), RANGE(0, 1000000), .fallback = "0",
	  .doc = "Stop after this many different findings. 0: no limit. This and the limits below count trials in the order in which they started: a trial counts when all trials before it have ended" },
	{ "valid", FIELD_U32, IN(stop, uint32_t, valid), RANGE(0, 100000000), .fallback = "0",
	  .doc = "Stop after this many valid trials of the arm that injects most. 0: no limit" },
	{ "hits", FIELD_U32, IN(stop, uint32_t, hits), RANGE(0, 100000000), .fallback = "0",
	  .doc = "Stop after this many faulty trials, or when that many can no longer be reached within stop.trials. 0: no limit" },
	{ "decided", FIELD_ENUM, IN_LIST(stop, enum question *, decided),
	  NAMES(question_names, QUESTIONS), .fallback = "[]",
	  .doc = "Stop as soon as one of these questions is answered. rate: does the arm that injects most show faults more often than stop.above_ppm, or less often than stop.below_ppm? arms: does it show more faults than every other arm? Each answer is wrong in at most 5% of campaigns, however often it is checked" },
	{ "above_ppm", FIELD_U32, IN(stop, uint32_t, above_ppm), RANGE(2, 999999), .fallback = "100000",
	  .doc = "For stop.decided: [rate]: a rate that is worth finding, in faults per million trials" },
	{ "below_ppm", FIELD_U32, IN(stop, uint32_t, below_ppm), RANGE(1, 999998), .fallback = "10000",
	  .doc = "For stop.decided: [rate]: a rate that is as good as none, in faults per million trials" },
	END
};
static const struct fields stop_fields = { "stop", NULL, stop_rows, GROUP_SIZE(stop) };

static const struct field device_rows[] = {
	{ "kind", FIELD_ENUM, IN(device, enum device_kind, kind),
	  NAMES(device_kind_names, DEVICE_KINDS), .fallback = "veth",
	  .doc = "The device under test: one end of a veth pair, a macvlan on such an end, a bridge, bond or team with such an end as its port, an ipvlan (L2) on such an end, a VLAN or VXLAN on such an end with a peer of the same kind, such an end as the port of a VRF, one of two tap devices between which a process moves the frames (tun), a dummy (which has no peer: outbound echoes only), an existing device of this machine, which is never deleted and is restored afterwards, or a network card of the guest (nic), with the driver of its hardware" },
	{ "dut", FIELD_TEXT, IN(device, const char *, dut), .nullable = true, .example = "enp3s0",
	  .doc = "Name of the existing device under test. Each trial takes it down and up, so nothing else may use it" },
	{ "peer", FIELD_TEXT, IN(device, const char *, peer), .nullable = true, .example = "enp4s0",
	  .doc = "Name of the existing device that is cabled to device.dut and sends the inbound echoes. Without it (one port, and anything at the other end of its cable), echoes are outbound only" },
	{ "addresses", FIELD_TEXT, IN_LIST(device, const char **, addresses), .fallback = "[]",
	  .doc = "Addresses that the existing devices may have: those of a test's network, which are lost during the campaign and put back after it. A device with any other address is refused, because it looks in use" },
	{ "model", FIELD_ENUM, IN(device, enum nic_model, model),
	  NAMES(nic_model_names, NIC_MODELS), .fallback = "e1000e",
	  .doc = "For device.kind: nic: the network card that QEMU emulates. Each lane has two of them, on a hub" },
	{ "driver", FIELD_TEXT, IN(device, const char *, driver), .nullable = true, .example = "e1000e",
	  .doc = "For device.kind: nic: the module that drives it, of the kernel's. Without it, that of the model" },
	END
};
static const struct fields device_fields = { "device", NULL, device_rows, GROUP_SIZE(device) };

static const struct field sysctl_rows[] = {
	{ "dad_transmits", FIELD_U32, IN(sysctl, uint32_t, dad_transmits), RANGE(0, 100), .fallback = "1",
	  .doc = "Neighbour solicitations that DAD sends (RFC 4862 5.1). 0: no DAD, and no address is ever tentative" },
	{ "router_solicitation_delay", FIELD_U32,
	  IN(sysctl, uint32_t, router_solicitation_delay), RANGE(0, 60), .fallback = "0",
	  .doc = "Seconds that the kernel waits after an interface has come up. DAD starts after a random part of them, so more than 0 makes the tentative time longer and less even" },
	{ "retrans_time_ms", FIELD_U32, IN(sysctl, uint32_t, retrans_time_ms), RANGE(1, 60000), .fallback = "10",
	  .doc = "Time between neighbour solicitations: an address stays tentative for about dad_transmits times this long. The kernel uses at least 10" },
	{ "accept_dad", FIELD_U32, IN(sysctl, uint32_t, accept_dad), RANGE(0, 2), .fallback = "1",
	  .doc = "0: no DAD. 1: DAD. 2: DAD, and IPv6 is disabled on the device if its link-local address is a duplicate" },
	{ "addr_gen_mode", FIELD_U32, IN(sysctl, uint32_t, addr_gen_mode), RANGE(0, 3), .fallback = "0",
	  .doc = "How the link-local address is made. 0: from the MAC address. 1: there is none, so nothing is tentative. 2: from a stable secret. 3: from a random secret" },
	{ "keep_addr_on_down", FIELD_U32, IN(sysctl, uint32_t, keep_addr_on_down), RANGE(0, 1), .fallback = "0",
	  .doc = "1: global addresses are kept while the device is down, which changes the path on which references are dropped" },
	{ "enhanced_dad", FIELD_U32, IN(sysctl, uint32_t, enhanced_dad), RANGE(0, 1), .fallback = "1",
	  .doc = "1: DAD probes carry a nonce (RFC 7527), by which the device recognises its own probes. 0: a probe of its own that returns is taken for another node's" },
	END
};
static const struct fields sysctl_fields = { "sysctl", NULL, sysctl_rows, GROUP_SIZE(sysctl) };

static const struct field bringup_rows[] = {
	{ "kind", FIELD_ENUM, IN(bringup, enum bringup_kind, kind),
	  NAMES(bringup_kind_names, BRINGUP_KINDS), .fallback = "do_dad",
	  .doc = "do_dad: a built-in process that sets the flags twice, with DAD in between. command: an unmodified program" },
	{ "command", FIELD_TEXT, IN_LIST(bringup, const char **, command), .shell = true, .fallback = "[]",
	  .doc = "Program and arguments for bringup.kind: command, executed without a shell; or one text, which sh -c gets. {dut} and {peer} stand for the names of the devices" },
	{ "status", FIELD_TEXT, IN(bringup, const char *, status), .fallback = "0",
	  .doc = "Exit status, from 0 to 255, that the bring-up must have; a trial whose bring-up ends otherwise is invalid. any: however it ends, also by a signal, or if its shell does not find a program" },
	{ "change", FIELD_ENUM, IN_LIST(bringup, enum change_kind *, change),
	  NAMES(change_names, CHANGES), .fallback = "[none]",
	  .doc = "A change that do_dad makes right after the first flag set, in every arm; one is drawn for each trial."
#define CHANGE(kind, row, name, words, traits) " " name ": " words "."
#include "spec/changes.def"
	  " address-delete, route-delete, anycast-join, udp-connect and raw-send first wait for the link-local address. link-delete ends the lane"
	},
	{ "daemon", FIELD_BOOL, IN(bringup, bool, daemon), .fallback = "false",
	  .doc = "true: the command stays alive, such as dhcpcd -B. It is killed when the window has closed" },
	{ "deadline_ms", FIELD_U32, IN(bringup, uint32_t, deadline_ms), RANGE(1, DEADLINE_MOST_MS), .fallback = "5000",
	  .doc = "Longest time from start to exit of the bring-up, without the hold. A bring-up that takes longer is considered hung. For device.kind: existing and nic, which wait for a carrier, the default is 20,000" },
	END
};
static const struct fields bringup_fields = { "bringup", NULL, bringup_rows,
					      GROUP_SIZE(bringup) };

static const struct field hold_range_rows[] = {
	{ "min_us", FIELD_U64, IN(window.hold_range, uint64_t, min_us), RANGE(1, CAP_US), .fallback = "1",
	  .doc = "Shortest hold" },
	{ "max_us", FIELD_U64, IN(window.hold_range, uint64_t, max_us), RANGE(0, CAP_US), .fallback = "0",
	  .doc = "Longest hold. 0: no range, and window.hold_us is used" },
	END
};
static const struct fields hold_range_fields = { "hold_range", NULL, hold_range_rows,
						 GROUP_SIZE(window.hold_range) };

static const struct field window_rows[] = {
	{ "site", FIELD_ENUM, IN(window, enum site, site), NAMES(site_names, SITES), .fallback = "flags",
	  .doc = "Where the window opens. flags: at the return of the first flag set that brings the device up. off: nowhere; such a campaign can prove nothing" },
	{ "opens", FIELD_ENUM, IN(window, enum window_opens, opens), NAMES(window_opens_names, WINDOW_OPENS), .fallback = "auto",
	  .doc = "From where the hold and the echoes in the window count. flags: the return of the first flag set. carrier: the link is up, which takes real devices seconds. tentative: an address is there, and DAD begins. auto: tentative for device.kind: existing and nic (carrier if the campaign switches DAD off), flags for all others. If the carrier or the address does not come within a third of bringup.deadline_ms, a hold ends and the trial is missed" },
	{ "closes", FIELD_ENUM, IN(window, enum window_closes, closes), NAMES(window_closes_names, WINDOW_CLOSES), .fallback = "auto",
	  .doc = "What ends the window. flags: the bring-up's next flag set. teardown: dadrace sets the device down itself, which is a flag set, too. auto: flags, or teardown if the bring-up exits, or stays alive until DAD is over, without a second flag set. dad: the end of DAD. exit: the end of the bring-up" },
	{ "method", FIELD_ENUM, IN(window, enum method, method), NAMES(method_names, METHODS), .fallback = "stop",
	  .doc = "How the bring-up is held. stop: the task is stopped on its way out of the system call, and continued later" },
	{ "hold_us", FIELD_U64, IN_LIST(window, uint64_t *, hold_us), RANGE(1, CAP_US), .fallback = "[5000]",
	  .doc = "How long the window is held; one of these is drawn for each trial. If inbound echoes that are due during the hold have not arrived by its end, as on a busy machine, the hold is extended until they arrive, by at most 250 ms. Holds of an order are not extended" },
	{ "hold_range", FIELD_OBJECT,
	  .offset = offsetof(struct campaign, window.hold_range) -
		    offsetof(struct campaign, window),
	  .sub = &hold_range_fields,
	  .doc = "Instead of window.hold_us: the hold is drawn evenly from a range" },
	END
};
static const struct fields window_fields = { "window", NULL, window_rows, GROUP_SIZE(window) };

static const struct field explore_range_rows[] = {
	{ "min_us", FIELD_U64, IN(explore.hold_range, uint64_t, min_us), RANGE(1, ORDER_MOST_MS * 1000), .fallback = "10",
	  .doc = "Shortest hold for a time" },
	{ "max_us", FIELD_U64, IN(explore.hold_range, uint64_t, max_us), RANGE(1, ORDER_MOST_MS * 1000), .fallback = "2000",
	  .doc = "Longest hold for a time" },
	END
};
static const struct fields explore_range_fields = { "hold_range", NULL, explore_range_rows,
						    GROUP_SIZE(explore.hold_range) };

static const struct field explore_rows[] = {
	{ "mode", FIELD_ENUM, IN(explore, enum explore_mode, mode), NAMES(explore_mode_names, EXPLORE_MODES), .fallback = "off",
	  .doc = "How the holds and echoes of each race trial are chosen. off: by order and echo alone. sweep: a grid in a fixed order. random: drawn evenly. sample: natural durations are measured first, and delays of up to 1.1 times as long are drawn. pct: explore.holds places are held, drawn evenly, which has a known bound. guided: schedules are tried in turn; those that never occur are left out, and those that show new behaviour are varied" },
	{ "holds", FIELD_U32, IN(explore, uint32_t, holds), RANGE(1, 3), .fallback = "2",
	  .doc = "Most holds in one trial" },
	{ "places", FIELD_TEXT, IN_LIST(explore, const char **, places), .fallback = "[]",
	  .doc = "Where holds are tried: steps of an order without their end, such as \"I held at stop\" or \"II held at return of source\"; at most 240, which are hooked twelve at a time. Without any, dadrace proposes places that the kernel can hook" },
	{ "reach", FIELD_TEXT, IN_LIST(explore, const char **, reach), .fallback = "[]",
	  .doc = "What was seen to reach which of the places, by their numbers: \"inbound packet-too-big tentative late: 1 4\", \"change route-delete: 2\". A place that is named here is tried only with what reaches it. Scouts write this where the kernel can trace functions" },
	{ "ends", FIELD_ENUM, IN_LIST(explore, enum order_until *, ends),
	  NAMES(order_until_names, ORDER_UNTILS), .fallback = "[time, held, done, changed]",
	  .doc = "What may end a hold. time: a time. held, done: another thread is held, or done. changed: thread I has made its change" },
	{ "hold_range", FIELD_OBJECT,
	  .offset = offsetof(struct campaign, explore.hold_range) - offsetof(struct campaign, explore),
	  .sub = &explore_range_fields,
	  .doc = "How long holds for a time may be" },
	{ "deadline_ms", FIELD_U32, IN(explore, uint32_t, deadline_ms), RANGE(1, ORDER_MOST_MS), .fallback = "200",
	  .doc = "When a hold ends whose event does not come. An order that was found is replayed with 2,000 ms" },
	{ "offset_us", FIELD_U64, IN(explore, uint64_t, offset_us), RANGE(0, CAP_US), .fallback = "0",
	  .doc = "Latest offset of the first echo. 0: always echo.offset_us" },
	{ "generation", FIELD_U32, IN(explore, uint32_t, generation), RANGE(0, 1000), .fallback = "0",
	  .doc = "Trials that are planned at once, from what all groups but the last have shown. At most twice as many are in progress. 0: as many as there are lanes" },
	{ "forget", FIELD_BOOL, IN(explore, bool, forget), .fallback = "false",
	  .doc = "Forget everything learned after each faulty trial: one campaign then measures many times how many trials a mode needs. Give stop.findings: 0 with it" },
	{ "scouts", FIELD_U32, IN(explore, uint32_t, scouts), RANGE(0, 500), .fallback = "100",
	  .doc = "Trials without injection that run first when explore.places is empty, and do not count as trials of the campaign. Each sends another packet or makes another change. In guests the functions that they call become places; elsewhere the functions on the paths of references are proposed, and what they call next to references. 0, or ledger: off: none" },
	END
};
static const struct fields explore_fields = { "explore", NULL, explore_rows, GROUP_SIZE(explore) };

static const struct field echo_rows[] = {
	{ "directions", FIELD_ENUM, IN_LIST(echo, enum direction *, directions),
	  NAMES(direction_names, DIRECTIONS), .fallback = "[inbound]",
	  .doc = "How echoes travel; one is drawn for each trial. inbound: as frames from the peer. outbound: through an ICMPv6 socket. outbound-raw: through a raw socket, with a header of their own" },
	{ "targets", FIELD_ENUM, IN_LIST(echo, enum target *, targets),
	  NAMES(target_names, TARGETS), .fallback = "[all-nodes]",
	  .doc = "Destination of the echoes; one is drawn for each trial from those that fit its direction. solicited-node, tentative: inbound only. peer, nobody: outbound only" },
	{ "source", FIELD_ENUM, IN(echo, enum source, source), NAMES(source_names, SOURCES), .fallback = "peer",
	  .doc = "Source address of inbound echoes. peer: that of the peer. spoofed: another one for each echo, without a neighbour entry" },
	{ "message", FIELD_ENUM, IN_LIST(echo, enum message_kind *, message),
	  NAMES(message_names, MESSAGES), .fallback = "[echo]",
	  .doc = "What is sent; one is drawn for each trial from those that fit its direction and target (outbound: echo only)."
#define MESSAGE(kind, name, one, more, class, counter, group, traits, doc) doc
#include "spec/messages.def"
		 " The others are errors that quote an echo of the device" },
	{ "count", FIELD_U32, IN(echo, uint32_t, count), RANGE(0, 1000), .fallback = "4",
	  .doc = "Echoes in each trial of the arms echo and race. A leak of one reference per echo shows as this number. 0: dad.answer has the window to itself" },
	{ "offset_us", FIELD_U64, IN(echo, uint64_t, offset_us), RANGE(0, CAP_US), .fallback = "0",
	  .doc = "Time from the opening of the window to the first echo. An inbound one waits for the device's first address, too, unless an order says when thread II starts: IPv6 has no route before. An echo that comes after the hold lands outside and proves nothing" },
	{ "spacing_us", FIELD_U64, IN(echo, uint64_t, spacing_us), RANGE(0, CAP_US), .fallback = "500",
	  .doc = "Time from one echo to the next" },
	{ "payload_bytes", FIELD_U32, IN(echo, uint32_t, payload_bytes), RANGE(16, 1452), .fallback = "56",
	  .doc = "Bytes after the ICMPv6 header. The first 16 identify trial and echo; 1452 fill an Ethernet frame" },
	{ "hop_limit", FIELD_U32, IN(echo, uint32_t, hop_limit), RANGE(1, 255), .fallback = "64",
	  .doc = "Hop limit of the echoes" },
	END
};
static const struct fields echo_fields = { "echo", NULL, echo_rows, GROUP_SIZE(echo) };

static const struct field dad_rows[] = {
	{ "answer", FIELD_ENUM, IN_LIST(dad, enum dad_answer *, answer),
	  NAMES(dad_answer_names, DAD_ANSWERS), .fallback = "[none]",
	  .doc = "How the peer answers DAD probes in the arms echo and race; one is drawn for each trial. ns: it wants the same address. na: it has the address already. Both make DAD fail. loopback: it sends the device's own probe back, which must not make DAD fail" },
	{ "at", FIELD_ENUM, IN(dad, enum dad_at, at), NAMES(dad_at_names, DAD_ATS), .fallback = "probe",
	  .doc = "What dad.offset_us counts from. probe: each probe that the peer receives. open: the opening of the window, at which one answer is sent, with or without a probe" },
	{ "offset_us", FIELD_U64, IN(dad, uint64_t, offset_us), RANGE(0, CAP_US), .fallback = "0",
	  .doc = "Time from there to the answer. DAD that has ended by then is not disturbed" },
	{ "times", FIELD_U32, IN(dad, uint32_t, times), RANGE(0, 100), .fallback = "0",
	  .doc = "How many probes of a trial are answered, from the first one on. 0: all" },
	END
};
static const struct fields dad_fields = { "dad", NULL, dad_rows, GROUP_SIZE(dad) };

static const struct field watch_rows[] = {
	{ "objects", FIELD_ENUM, IN_LIST(watch, enum object *, objects),
	  NAMES(object_names, OBJECTS), .fallback = "[net_device, inet6_dev, dst]",
	  .doc = "What is counted before and after. net_device, inet6_dev: references to the device and to its inet6_dev, whose leak hardly shows in net_device. dst: IPv6 dst entries of the lane's network namespace, whose leak need not pin a device; not counted with existing devices, which share their namespace with others" },
	{ "deadline_ms", FIELD_U32, IN(watch, uint32_t, deadline_ms), RANGE(1, DEADLINE_MOST_MS), .fallback = "4000",
	  .doc = "Time from the set-down of the device to the last looks at its counts, before it is unregistered. Missing references are reported as a suspected leak half a second after the set-down. A reference that comes back by itself before the last look is late, not lost. Clean trials do not wait for it" },
	{ "grace_ms", FIELD_U32, IN(watch, uint32_t, grace_ms), RANGE(0, 60000), .fallback = "50",
	  .doc = "Time between the two further counts before a leak is reported" },
	{ "unregister_ms", FIELD_U32, IN(watch, uint32_t, unregister_ms), RANGE(1, DEADLINE_MOST_MS), .fallback = "3000",
	  .doc = "Longest time to unregister a suspect device. A device that takes longer is considered to wait for a lost reference" },
	{ "late_is_leak", FIELD_BOOL, IN(watch, bool, late_is_leak), .fallback = "false",
	  .doc = "Whether a trial is a leak if its references came back by themselves, but only after a leak was suspected. Otherwise it is clean, with a note in its reason" },
	{ "ignore_log", FIELD_TEXT, IN_LIST(watch, const char **, ignore_log), .fallback = "[]",
	  .doc = "Reports in the kernel's log that are left out: those with one of these texts in one of their lines, letter by letter. For what is known of a kernel, such as \"at drivers/foo/bar.c:123\"" },
	END
};
static const struct fields watch_fields = { "watch", NULL, watch_rows, GROUP_SIZE(watch) };

static const struct field vm_rows[] = {
	{ "cpus", FIELD_U32, IN(vm, uint32_t, cpus), RANGE(1, 64), .fallback = "3",
	  .doc = "Processors of a guest. A race of two threads needs a third one beside them" },
	{ "memory_mb", FIELD_U32, IN(vm, uint32_t, memory_mb), RANGE(256, 65536), .fallback = "1024",
	  .doc = "Memory of a guest in MiB" },
	{ "deadline_ms", FIELD_U32, IN(vm, uint32_t, deadline_ms), RANGE(1000, VM_DEADLINE_MOST_MS), .fallback = "120000",
	  .doc = "Longest silence of a guest while it boots (three times as long if it scouts for places) or between two trials. A guest that is silent for longer is considered hung and is replaced" },
	{ "guests", FIELD_U32, IN(vm, uint32_t, guests), RANGE(1, 10000), .fallback = "20",
	  .doc = "Most guests that are booted for the campaign, including those that died or were wedged by a fault" },
	{ "fresh_after_fault", FIELD_BOOL, IN(vm, bool, fresh_after_fault), .fallback = "true",
	  .doc = "Replace a guest in which an unregister never returned: its kernel can no longer delete namespaces" },
	{ "plant", FIELD_TEXT, IN(vm, const char *, plant), .nullable = true, .example = "saddr-fail",
	  .doc = "Name of a bug that a module plants in the guest's kernel before the campaign, to show that it is found" },
	{ "plant_module", FIELD_TEXT, IN(vm, const char *, plant_module), .nullable = true, .example = "plant.ko",
	  .doc = "That module, built for the guest's kernel. Without it, it is built when needed, with kernel headers from apt. Its functions must have names that begin with planted_: a finding without one of them on its path ends with (not what was planted)" },
	{ "modules", FIELD_TEXT, IN_LIST(vm, const char **, modules), .fallback = "[]",
	  .doc = "Kernel modules of your own that the guest loads before the campaign, built for its kernel: the file of each, and after a space its parameters. Their functions can be named as places of an order; device.driver can name one" },
	{ "root", FIELD_TEXT, IN(vm, const char *, root), .nullable = true, .example = "/srv/arm64",
	  .doc = "Folder that the guest's programs come from instead of this machine, for a kernel of another architecture: the root of a system with dadrace in usr/bin, what the campaign runs, and their libraries" },
	{ "append", FIELD_TEXT, IN(vm, const char *, append), .nullable = true, .example = "slub_debug=FZPU",
	  .doc = "Words that are added to the command line of the guest's kernel" },
	END
};
static const struct fields vm_fields = { "vm", NULL, vm_rows, GROUP_SIZE(vm) };

static const struct field submit_rows[] = {
	{ "priority", FIELD_I64, IN(submit, int64_t, priority),
	  RANGE(-SUBMIT_PRIORITY_MOST, SUBMIT_PRIORITY_MOST), .fallback = "0",
	  .doc = "Of the queued campaigns, the one with the highest priority runs first" },
	{ "not_before", FIELD_TEXT, IN(submit, const char *, not_before), .nullable = true, .example = "22:00",
	  .doc = "Earliest start: " TIME_FORMS " (after acceptance)" },
	{ "every", FIELD_TEXT, IN(submit, const char *, every), .nullable = true, .example = "24h",
	  .doc = "Repeat the campaign at this interval, such as 24h or 7d; at least 60s. Without it, the campaign runs once" },
	END
};
static const struct fields submit_fields = { "submit", NULL, submit_rows, GROUP_SIZE(submit) };

static const struct field campaign_rows[] = {
	{ "spec", FIELD_U32, TOP(uint32_t, spec), RANGE(0, 1), .fallback = "0",
	  .doc = "1: a spec, which is a campaign of one trial, as printed by `dadrace plan --spec` and in reports. It needs trial_seed and lists of one element" },
	{ "name", FIELD_TEXT, TOP(const char *, name), .fallback = "campaign",
	  .doc = "Name of the campaign in its results" },
	{ "seed", FIELD_U64, TOP(uint64_t, seed), RANGE(0, INT64_MAX), .fallback = "1",
	  .doc = "Start of all random draws: the same campaign with the same seed gives the same trials on every machine" },
	{ "stop", FIELD_OBJECT, GROUP(stop),
	  .doc = "When the campaign ends: at the first limit that is reached" },
	{ "clean_below_ppm", FIELD_U32, TOP(uint32_t, clean_below_ppm), RANGE(1, 1000000), .fallback = "50000",
	  .doc = "A campaign without a fault is clean only when its valid trials of the race arm show, at 95%, that fewer than this many per million are faulty; otherwise it is inconclusive. 50000 (5%) takes 59 valid trials, 10000 takes 299. 1000000: one valid trial is enough" },
	{ "lanes", FIELD_U32, TOP(uint32_t, lanes), RANGE(1, 64), NAMES(lanes_names, 1), .fallback = "auto",
	  .doc = "Trials that run side by side, each in a network namespace of its own. auto: 16 per CPU, but at most 64, one per four trials (stop.trials) and one per 128 MB of memory; 1 with a spec, a kernel, an order, explore, an existing device, a NIC or ledger: always. An existing device and ledger: always allow only 1. After a report of the kernel that several trials may have caused, one trial runs at a time" },
	{ "tier", FIELD_ENUM, TOP(enum tier, tier), NAMES(tier_names, TIERS), .fallback = "auto",
	  .doc = "How probes hook the kernel. auto: each by the best tier that works. Any other: each probe that has this tier uses it, and a campaign is skipped where it does not work" },
	{ "device", FIELD_OBJECT, GROUP(device),
	  .doc = "The device under test and its peer" },
	{ "sysctl", FIELD_OBJECT, GROUP(sysctl),
	  .doc = "Settings in net.ipv6.conf and net.ipv6.neigh of the device under test" },
	{ "bringup", FIELD_OBJECT, GROUP(bringup),
	  .doc = "Thread I: the process that brings the device up" },
	{ "load", FIELD_ENUM, TOP_LIST(enum load_kind *, load), NAMES(load_names, LOADS), .fallback = "[none]",
	  .doc = "What keeps the machine busy from before the window until teardown, in every arm; one is drawn for each trial. cpu: a process that spins. packets: a process that sends from the peer what the device drops. rtnl: a process that dumps links and changes the queue length of lo" },
	{ "kernel", FIELD_TEXT, TOP(const char *, kernel), .nullable = true, .example = "trixie/linux-image-cloud-amd64",
	  .doc = "Kernel to run the campaign on, in a throw-away virtual machine: a vmlinuz, a .deb, a package, or SUITE/PACKAGE. Without it, the running kernel" },
	{ "modules", FIELD_TEXT, TOP(const char *, modules), .nullable = true, .example = "/lib/modules/6.12.38",
	  .doc = "Folder of that kernel's modules. Without it, those of the package, or /lib/modules/RELEASE" },
	{ "vm", FIELD_OBJECT, GROUP(vm),
	  .doc = "The virtual machine, if a kernel is given" },
	{ "trial_seed", FIELD_TEXT, TOP(const char *, trial_seed), .nullable = true, .example = "0x5eed",
	  .doc = "Start of the random draws of every trial, as 0x and 1 to 16 hexadecimal digits: repeats the spoofed addresses and identifiers of one trial. Without it, each trial has a seed of its own" },
	{ "arms", FIELD_ENUM, TOP_LIST(enum arm *, arms), NAMES(arm_names, ARMS), .fallback = "[control, hold, echo, race]",
	  .doc = "What trials are for, in balanced blocks. control: nothing is injected. hold: the window is held. echo: echoes and DAD answers are sent. race: both" },
	{ "window", FIELD_OBJECT, GROUP(window),
	  .doc = "The interval that is held open" },
	{ "order", FIELD_TEXT, TOP_LIST(const char **, order), .fallback = "[]",
	  .doc = "Steps of an order of events, for the race arm. \"I held at SITE until II held\" holds thread I, the bring-up, at a site that `dadrace doctor` lists, or inside any kernel function. \"at return of SITE\": at its end. \"until II done\": until thread II has sent everything. \"for 300 us\": for a time. The same goes for II, the sender, which \"starts when I held\", and for DAD, the kernel's worker" },
	{ "explore", FIELD_OBJECT, GROUP(explore),
	  .doc = "How race trials are chosen if no order is given. echo.count is then the most echoes of one trial" },
	{ "echo", FIELD_OBJECT, GROUP(echo),
	  .doc = "The packets that are sent into the window" },
	{ "dad", FIELD_OBJECT, GROUP(dad),
	  .doc = "The part of the peer in Duplicate Address Detection" },
	{ "watch", FIELD_OBJECT, GROUP(watch),
	  .doc = "What is compared before and after a trial, and how long that may take" },
	{ "ledger", FIELD_ENUM, TOP(enum ledger_use, ledger),
	  NAMES(ledger_use_names, LEDGER_USES), .fallback = "suspects",
	  .doc = "Whether the kernel stack of each hold and put of a leaked device or inet6_dev is recorded. suspects: a trial that leaks is repeated with watchpoints on the counters until one ledger is complete, at most five times, or else the next such trial, up to eight trials. always: every trial is watched, with one lane. off: never" },
	{ "submit", FIELD_OBJECT, GROUP(submit),
	  .doc = "How dadraced queues the campaign, unless `dadrace ctl submit` gives it. `dadrace run` ignores this section" },
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
