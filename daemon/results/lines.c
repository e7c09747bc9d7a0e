// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "parse/campaign.h"
#include "results/lines.h"
#include "results/rows.h"

static const char *const unregister_names[] = { "not-tried", "returned", "stuck" };
_Static_assert(sizeof(unregister_names) / sizeof(unregister_names[0]) == UNREGISTERS,
	       "a name per outcome");

/* tier_names, but a probe that is not hooked has no tier. */
static const char *const hooked_names[TIERS] = {
	[TIER_KPROBE] = "kprobe",
	[TIER_FENTRY] = "fentry",
	[TIER_TRACEPOINT] = "tracepoint",
};
_Static_assert(TIERS == 4, "hooked_names: one per tier");

/* --- the tables --- */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members */
#define CAMPAIGN(ctype, member) .offset = PLACE(struct results_campaign, ctype, member)
#define SHARD(ctype, member)    .offset = PLACE(struct shard, ctype, member)
#define HOOK(ctype, member)     .offset = PLACE(struct results_hook, ctype, member)
#define SPEC(ctype, member)     .offset = PLACE(struct trial_spec, ctype, member)
#define EXPLORE(ctype, member)  .offset = PLACE(struct explore_told, ctype, member)
#define COUNT(ctype, member)    .offset = PLACE(struct evidence_counts, ctype, member)
#define KLOG(ctype, member)     .offset = PLACE(struct klog_told, ctype, member)
#define MOMENT(ctype, member)   .offset = PLACE(struct moment_told, ctype, member)
#define STEP(ctype, member)     .offset = PLACE(struct step_told, ctype, member)
#define TRIAL(ctype, member)    .offset = PLACE(struct trial_line, ctype, member)
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct field hook_rows[] = {
	{ "probe", FIELD_TEXT, HOOK(const char *, probe),
	  .doc = "The probe or the held step; proposal: a place proposed to the explorer; scouts: the trials that found such places" },
	{ "tier", FIELD_ENUM, HOOK(enum tier, tier), NAMES(hooked_names, TIERS), OR_NULL,
	  .doc = "How it is hooked on this kernel; null when it is not hooked" },
	{ "function", FIELD_TEXT, HOOK(const char *, function), OR_NULL,
	  .doc = "The hooked kernel function; null for a tracepoint" },
	{ "note", FIELD_TEXT, HOOK(const char *, note), OR_NULL,
	  .doc = "Of a step: the hold of the order, and what is special about it on this kernel; of a proposal: whether it was taken, and why it was proposed; of scouts: what they saw" },
	END
};
const struct fields hook_fields = {
	"hook", "How one probe is hooked", hook_rows, sizeof(struct results_hook),
};

static const struct field shard_rows[] = {
	{ "index", FIELD_U32, SHARD(uint32_t, index), .doc = "Number of the shard, from 1" },
	{ "of", FIELD_U32, SHARD(uint32_t, of), .doc = "How many shards share the plan; 1: the run has the whole plan" },
	END
};
const struct fields shard_fields = {
	"shard", "Which trials of the plan the run has", shard_rows, sizeof(struct shard),
};

static const struct field campaign_line_rows[] = {
	{ "schema_version", FIELD_U32, CAMPAIGN(uint32_t, schema_version),
	  .doc = "Version of the schema; increases when a field is removed or changes its meaning" },
	{ "id", FIELD_TEXT, CAMPAIGN(const char *, id), .doc = "Identifies this run: campaign, start time, random number" },
	{ "dadrace_version", FIELD_TEXT, CAMPAIGN(const char *, dadrace_version), .doc = "Version of dadrace" },
	{ "seed", FIELD_U64, CAMPAIGN(uint64_t, seed),
	  .doc = "Seed of all random draws: the same campaign and seed give the same trials" },
	{ "shard", FIELD_OBJECT, CAMPAIGN(struct shard, shard), .sub = &shard_fields,
	  .doc = "Which trials of the plan the run has" },
	{ "started_unix_ms", FIELD_U64, CAMPAIGN(uint64_t, started_unix_ms),
	  .doc = "Start of the run, wall clock" },
	{ "machine", FIELD_OBJECT, CAMPAIGN(struct machine, machine), .sub = &machine_fields,
	  .doc = "The machine the campaign ran on" },
	{ "hooks", FIELD_OBJECT, CAMPAIGN(const struct results_hook *, hooks),
	  LIST(struct results_campaign, hooks), .sub = &hook_fields, .doc = "How each probe was hooked" },
	{ "campaign", FIELD_OBJECT, CAMPAIGN(struct campaign, campaign), .sub = &campaign_fields,
	  .doc = "The resolved campaign: defaults, file and overrides" },
	END
};
const struct fields campaign_line_fields = {
	"campaign", "The first line: what was run, and where", campaign_line_rows,
	sizeof(struct results_campaign),
};

static const struct field spec_rows[] = {
	{ "trial", FIELD_U32, SPEC(uint32_t, trial), .doc = "Number of the trial in the plan, from 1" },
	{ "arm", FIELD_ENUM, SPEC(enum arm, arm), NAMES(arm_names, ARMS), .doc = "Arm of the trial" },
	{ "site", FIELD_ENUM, SPEC(enum site, site), NAMES(site_names, SITES), .doc = "Where the window opens" },
	{ "method", FIELD_ENUM, SPEC(enum method, method), NAMES(method_names, METHODS),
	  .doc = "How the bring-up is held" },
	{ "hold_us", FIELD_U64, SPEC(uint64_t, hold_us), .doc = "Planned hold in the window; 0: none" },
	{ "change", FIELD_ENUM, SPEC(enum change_kind, change), NAMES(change_names, CHANGES),
	  .doc = "Change that thread I makes after its first flag set" },
	{ "load", FIELD_ENUM, SPEC(enum load_kind, load), NAMES(load_names, LOADS),
	  .doc = "Load that runs beside the trial" },
	{ "direction", FIELD_ENUM, SPEC(enum direction, direction), NAMES(direction_names, DIRECTIONS),
	  .doc = "Direction of the packets" },
	{ "target", FIELD_ENUM, SPEC(enum target, target), NAMES(target_names, TARGETS),
	  .doc = "Destination of the packets" },
	{ "source", FIELD_ENUM, SPEC(enum source, source), NAMES(source_names, SOURCES),
	  .doc = "Source address of inbound packets" },
	{ "message", FIELD_ENUM, SPEC(enum message_kind, message), NAMES(message_names, MESSAGES),
	  .doc = "Kind of packet; all fields named after echoes count packets of this kind" },
	{ "steps", FIELD_U32, SPEC(uint32_t, steps),
	  .doc = "Number of holds of the order in force; 0: none" },
	{ "order", FIELD_TEXT, SPEC(const char **, order), LIST(struct trial_spec, order),
	  .doc = "The holds in force and the start of thread II, as steps of an order" },
	{ "echoes", FIELD_U32, SPEC(uint32_t, echoes), .doc = "Number of packets; 0: none" },
	{ "offset_us", FIELD_U64, SPEC(uint64_t, offset_us), .doc = "Delay from the opening of the window to the first packet" },
	{ "spacing_us", FIELD_U64, SPEC(uint64_t, spacing_us), .doc = "Delay from one packet to the next" },
	{ "payload_bytes", FIELD_U32, SPEC(uint32_t, payload_bytes), .doc = "Bytes after the ICMPv6 header" },
	{ "hop_limit", FIELD_U32, SPEC(uint32_t, hop_limit), .doc = "Hop limit of the packets" },
	{ "dad_answer", FIELD_ENUM, SPEC(enum dad_answer, dad_answer), NAMES(dad_answer_names, DAD_ANSWERS),
	  .doc = "The peer's answer to DAD probes" },
	{ "dad_at", FIELD_ENUM, SPEC(enum dad_at, dad_at), NAMES(dad_at_names, DAD_ATS),
	  .doc = "What dad_offset_us counts from" },
	{ "dad_offset_us", FIELD_U64, SPEC(uint64_t, dad_offset_us), .doc = "Delay of the answer" },
	{ "dad_times", FIELD_U32, SPEC(uint32_t, dad_times), .doc = "Number of answered probes; 0: all" },
	{ "seed", FIELD_U64, SPEC(uint64_t, seed), .hex = true, .doc = "Seed of the trial's own random draws" },
	END
};
const struct fields spec_fields = {
	"spec", "The specification of one trial", spec_rows, sizeof(struct trial_spec),
};

static const struct field explore_rows[] = {
	{ "mode", FIELD_ENUM, EXPLORE(enum explore_mode, mode), NAMES(explore_mode_names, EXPLORE_MODES),
	  .doc = "How the trial was chosen; off: by the plan alone, and the other fields mean nothing" },
	{ "generation", FIELD_U32, EXPLORE(uint32_t, generation), OR_NULL,
	  .doc = "Number of the group of trials planned together, from 1" },
	{ "parent", FIELD_U32, EXPLORE(uint32_t, parent), OR_NULL,
	  .doc = "Trial that was mutated into this one; null: none" },
	{ "mutation", FIELD_ENUM, EXPLORE(enum explore_mutation, mutation),
	  NAMES(explore_mutation_names, EXPLORE_MUTATIONS), .doc = "The last mutation made" },
	{ "new_features", FIELD_U32, EXPLORE(uint32_t, new_features),
	  .doc = "Features that none of the trials known at planning time had shown" },
	{ "features", FIELD_U64, EXPLORE(uint64_t *, features), LIST(struct explore_told, features), .hex = true,
	  .doc = "Features of the trial: hashes of facts, comparable across runs" },
	{ "thread_i_ns", FIELD_U64, EXPLORE(uint64_t, thread_i_ns), OR_NULL,
	  .doc = "Duration of thread I's path: the flag set that closed the window" },
	{ "thread_ii_ns", FIELD_U64, EXPLORE(uint64_t, thread_ii_ns), OR_NULL,
	  .doc = "Duration of thread II's path: its longest send" },
	END
};
static const struct fields explore_fields = {
	"explore", "Why an explorer chose a trial, and what it learned", explore_rows, sizeof(struct explore_told),
};

static const struct field counts_rows[] = {
	{ "found", FIELD_BOOL, COUNT(bool, found), .doc = "The device existed; if not, the other fields mean nothing" },
	{ "net_device", FIELD_I64, COUNT(int64_t, net_device),
	  .doc = "References to the device, except those of linkwatch (held for up to a second) and of neighbour entries" },
	{ "inet6_dev", FIELD_I64, COUNT(int64_t, inet6_dev),
	  .doc = "References to the device's inet6_dev, except those of MLD records of left groups" },
	{ "dst", FIELD_I64, COUNT(int64_t, dst), .doc = "IPv6 dst entries of the device's network namespace" },
	{ "addresses", FIELD_U32, COUNT(uint32_t, addresses), .doc = "IPv6 addresses" },
	{ "neighbours", FIELD_U32, COUNT(uint32_t, neighbours), .doc = "Neighbour entries" },
	{ "groups", FIELD_U32, COUNT(uint32_t, groups), .doc = "Multicast memberships" },
	{ "tombs", FIELD_U32, COUNT(uint32_t, tombs),
	  .doc = "MLD records of left multicast groups (mc_tomb)" },
	END
};
static const struct fields counts_fields = {
	"counts", "Counts of one device", counts_rows, sizeof(struct evidence_counts),
};

static const struct field klog_rows[] = {
	{ "kind", FIELD_ENUM, KLOG(enum klog_kind, kind), NAMES(klog_kind_names, KLOG_KINDS), OR_NULL,
	  .doc = "Kind of the worst report in the kernel's log; null: the kernel logged nothing relevant" },
	{ "tie", FIELD_ENUM, KLOG(enum klog_tie, tie), NAMES(klog_tie_names, KLOG_TIES), OR_NULL,
	  .doc = "What ties it to the trial's lane. none: nothing, so it changes no verdict. net: code of net/. hook: a function that the campaign hooks. guest: the kernel runs the campaign only. task: a task of the lane. device: the lane's device" },
	{ "text", FIELD_TEXT, KLOG(const char *, text), OR_NULL, .doc = "The line that the report begins with" },
	{ "device", FIELD_TEXT, KLOG(const char *, device), OR_NULL, .doc = "The device named in that line" },
	{ "usage_count", FIELD_I64, KLOG(int64_t, usage_count), OR_NULL,
	  .doc = "Usage count printed in that line; null: none" },
	{ "lines", FIELD_U32, KLOG(uint32_t, lines), .doc = "Number of such reports" },
	{ "shared", FIELD_U32, KLOG(uint32_t, shared),
	  .doc = "Number of trials that the report may belong to. If more than 1 and the tie is neither task nor device, it is counted for one of them, and the others have the tie none" },
	END
};
static const struct fields klog_fields = {
	"klog", "What the kernel's log said", klog_rows, sizeof(struct klog_told),
};

static const struct field moment_rows[] = {
	{ "at_ns", FIELD_I64, MOMENT(int64_t, at_ns), .doc = "Time since the start of the trial" },
	{ "event", FIELD_ENUM, MOMENT(enum moment_kind, event), NAMES(moment_names, MOMENTS),
	  .doc = "What happened" },
	{ "sequence", FIELD_U32, MOMENT(uint32_t, sequence), OR_NULL,
	  .doc = "Number of the packet, DAD probe, DAD answer or hold concerned, from 1; null: none" },
	{ "value", FIELD_I64, MOMENT(int64_t, value),
	  .doc = "Result, count or flags; a result is 0 or a negative errno" },
	END
};
const struct fields moment_fields = {
	"moment", "Something that happened", moment_rows, sizeof(struct moment_told),
};

static const struct field step_rows[] = {
	{ "thread", FIELD_ENUM, STEP(enum order_thread, thread), NAMES(order_thread_names, ORDER_THREADS),
	  .doc = "The held thread: I sets flags, II sends, DAD is the kernel's worker" },
	{ "place", FIELD_TEXT, STEP(const char *, place), .doc = "The site or function named in the order" },
	{ "at_return", FIELD_BOOL, STEP(bool, at_return), .doc = "Held at the function's return instead of its entry" },
	{ "function", FIELD_TEXT, STEP(const char *, function), .doc = "The hooked function of this kernel" },
	{ "tier", FIELD_ENUM, STEP(enum tier, tier), NAMES(hooked_names, TIERS), OR_NULL, .doc = "How it was hooked; null: not hooked" },
	{ "until", FIELD_ENUM, STEP(enum order_until, until), NAMES(order_until_names, ORDER_UNTILS),
	  .doc = "What ends the hold: a time, or another thread being held or done" },
	{ "other", FIELD_ENUM, STEP(enum order_thread, other), NAMES(order_thread_names, ORDER_THREADS), OR_NULL,
	  .doc = "The other thread; null: the hold ends after a time" },
	{ "asked_us", FIELD_U64, STEP(uint64_t, asked_us), OR_NULL, .doc = "Planned duration; null: the hold ends by an event" },
	{ "outcome", FIELD_ENUM, STEP(enum step_outcome, outcome), NAMES(step_outcome_names, STEP_OUTCOMES),
	  .doc = "Whether the hold was reached, and how it ended" },
	{ "held_ns", FIELD_U64, STEP(uint64_t, held_ns), OR_NULL, .doc = "Measured duration" },
	{ "cpu", FIELD_U32, STEP(uint32_t, cpu), .doc = "CPU of the held task; meaningless when the hold was not reached" },
	{ "passes", FIELD_U64, STEP(uint64_t, passes),
	  .doc = "Calls of the function by any task since it was hooked; 0: it is inlined or never called" },
	{ "missed", FIELD_U64, STEP(uint64_t, missed),
	  .doc = "Runs of the hold's program that the kernel skipped during the trial, as far as it counts them" },
	END
};
static const struct fields step_fields = {
	"step", "A hold of the order", step_rows, sizeof(struct step_told),
};

static const struct field trial_rows[] = {
	{ "verdict", FIELD_ENUM, TRIAL(enum verdict, verdict), NAMES(verdict_names, VERDICTS),
	  .doc = "Verdict of the trial" },
	{ "object", FIELD_TEXT, TRIAL(const char *, object), OR_NULL,
	  .doc = "Object whose references are wrong; null: the verdict is not about references" },
	{ "delta", FIELD_I64, TRIAL(int64_t, delta), .doc = "References of that object above (or below) its baseline" },
	{ "pinned", FIELD_BOOL, TRIAL(bool, pinned),
	  .doc = "The unregister never returned: only a reboot frees the device" },
	{ "reason", FIELD_TEXT, TRIAL(const char *, reason), .doc = "The verdict as a sentence" },
	{ "signature", FIELD_TEXT, TRIAL(const char *, signature), OR_NULL,
	  .doc = "Signature of the fault, equal for equal bugs; null: no fault" },
	{ "spec", FIELD_OBJECT, TRIAL(struct trial_spec, spec), .sub = &spec_fields,
	  .doc = "The plan of the trial, which replay repeats" },
	{ "explore", FIELD_OBJECT, TRIAL(struct explore_told, explore), .sub = &explore_fields,
	  .doc = "Why the explorer chose this trial, and what it learned" },
	{ "lane", FIELD_U32, TRIAL(uint32_t, lane), .doc = "Number of the lane" },
	{ "device", FIELD_TEXT, TRIAL(const char *, device), .doc = "Name of the device under test" },
	{ "device_mac", FIELD_TEXT, TRIAL(const char *, device_mac), OR_NULL, .doc = "MAC address of the device" },
	{ "device_address", FIELD_TEXT, TRIAL(const char *, device_address), OR_NULL,
	  .doc = "Link-local address of the device; null: not known before DAD is over, because sysctl.addr_gen_mode is not 0" },
	{ "peer_mac", FIELD_TEXT, TRIAL(const char *, peer_mac), OR_NULL, .doc = "MAC address of the peer; null: there is none" },
	{ "peer_address", FIELD_TEXT, TRIAL(const char *, peer_address), OR_NULL,
	  .doc = "Link-local address of the peer; null: there is none" },
	{ "tier", FIELD_ENUM, TRIAL(enum tier, tier), NAMES(hooked_names, TIERS), OR_NULL,
	  .doc = "How the window was hooked; null: not hooked" },
	{ "started_unix_ms", FIELD_U64, TRIAL(uint64_t, started_unix_ms),
	  .doc = "Start of the trial, wall clock" },
	{ "elapsed_ns", FIELD_U64, TRIAL(uint64_t, elapsed_ns), OR_NULL, .doc = "Duration of the trial" },
	{ "opened", FIELD_BOOL, TRIAL(bool, opened), .doc = "The window opened" },
	{ "closed", FIELD_BOOL, TRIAL(bool, closed), .doc = "The window closed" },
	{ "closed_by", FIELD_ENUM, TRIAL(enum closed_by, closed_by), NAMES(closed_by_names, CLOSED_BYS),
	  .doc = "What closed the window: the bring-up's next flag set, the end of DAD, the exit of the bring-up, dadrace's own setting down of the device (teardown), or the deletion of the device" },
	{ "window_ns", FIELD_U64, TRIAL(uint64_t, window_ns), OR_NULL,
	  .doc = "Time the window was open; null: it did not open and close" },
	{ "opens_ns", FIELD_U64, TRIAL(uint64_t, opens_ns), OR_NULL,
	  .doc = "From the return of the flag set that opened the window to the carrier or the tentative address, from which the hold and the echoes count (window.opens); null: they count from the flag set" },
	{ "slow_percent", FIELD_U32, TRIAL(uint32_t, slow), OR_NULL,
	  .doc = "How long the lane takes for a plain cycle of its device, in percent of the usual time, from 200 to 2000; bringup.deadline_ms, watch.deadline_ms and watch.unregister_ms were as much longer. 100: usual; null: not measured" },
	{ "realtime", FIELD_BOOL, TRIAL(bool, realtime),
	  .doc = "The lane began the trial with real-time scheduling (SCHED_RR), so that on a busy machine a hold ends when it is due and packets are sent in time. False if the kernel refuses it, and in campaigns with order or explore" },
	{ "held_ns", FIELD_U64, TRIAL(uint64_t, held_ns), OR_NULL,
	  .doc = "Measured hold of the bring-up in the window; null: not held" },
	{ "tentative_inside", FIELD_BOOL, TRIAL(bool, tentative_inside),
	  .doc = "An echo or DAD answer landed inside the window while an address was tentative" },
	{ "steps_held", FIELD_U32, TRIAL(uint32_t, steps_held),
	  .doc = "Holds of the order that were reached" },
	{ "order_kept", FIELD_BOOL, TRIAL(bool, order_kept),
	  .doc = "All holds of the order were reached and ended as planned" },
	{ "steps", FIELD_OBJECT, TRIAL(struct step_told *, steps), LIST(struct trial_line, steps),
	  .sub = &step_fields, .doc = "The holds of the order: plan and outcome" },
	{ "flag_sets", FIELD_U32, TRIAL(uint32_t, flag_sets), .doc = "Flag sets that returned" },
	{ "flags_errno", FIELD_TEXT, TRIAL(const char *, flags_errno), OR_NULL,
	  .doc = "Error name of the first failed flag set; null: none failed" },
	{ "changed", FIELD_BOOL, TRIAL(bool, changed),
	  .doc = "Thread I made its change" },
	{ "change_errno", FIELD_TEXT, TRIAL(const char *, change_errno), OR_NULL,
	  .doc = "Error name of the failed change; null: it did not fail" },
	{ "load_turns", FIELD_U64, TRIAL(uint64_t, load_turns),
	  .doc = "Work done by the load, in units of a thousand spins, one packet, or one dump and change" },
	{ "load_cpu_ns", FIELD_U64, TRIAL(uint64_t, load_cpu_ns), .doc = "CPU time used by the load" },
	{ "first_flags_ns", FIELD_U64, TRIAL(uint64_t, first_flags_ns), OR_NULL,
	  .doc = "Duration of the flag set that opened the window" },
	{ "second_flags_ns", FIELD_U64, TRIAL(uint64_t, second_flags_ns), OR_NULL,
	  .doc = "Duration of the flag set that closed the window" },
	{ "echoes_sent", FIELD_U32, TRIAL(uint32_t, echoes_sent), .doc = "Echoes handed to the kernel" },
	{ "echoes_refused", FIELD_U32, TRIAL(uint32_t, echoes_refused),
	  .doc = "Sent echoes that the kernel answered with an error: evidence, not a failure of the trial" },
	{ "refused_errno", FIELD_TEXT, TRIAL(const char *, refused_errno), OR_NULL,
	  .doc = "Error name of the first refused echo; null: none was refused" },
	{ "echoes_delivered", FIELD_U32, TRIAL(uint32_t, echoes_delivered),
	  .doc = "Echoes seen inside the kernel, matched one by one" },
	{ "echoes_accepted", FIELD_U32, TRIAL(uint32_t, echoes_accepted),
	  .doc = "Delivered echoes that the kernel's IPv6 has accepted, by its own counters" },
	{ "echoes_inside", FIELD_U32, TRIAL(uint32_t, echoes_inside),
	  .doc = "Accepted echoes that landed inside the window; every one that was not accepted is taken for one of these" },
	{ "refused_by", FIELD_TEXT, TRIAL(const char *, refused_by), OR_NULL,
	  .doc = "Counters of IPv6 that say why delivered packets were not accepted; null: all were, or none says why" },
	{ "first_echo_ns", FIELD_U64, TRIAL(uint64_t, first_echo_ns), OR_NULL,
	  .doc = "Time from the opening of the window to the first delivered echo" },
	{ "dad_probes", FIELD_U32, TRIAL(uint32_t, dad_probes),
	  .doc = "DAD probes of the device seen by the peer; 0 in a campaign without DAD answers" },
	{ "dad_answers_sent", FIELD_U32, TRIAL(uint32_t, dad_answers_sent),
	  .doc = "DAD answers sent by the peer" },
	{ "dad_answers_delivered", FIELD_U32, TRIAL(uint32_t, dad_answers_delivered),
	  .doc = "DAD answers seen on the device's receive path" },
	{ "dad_answers_accepted", FIELD_U32, TRIAL(uint32_t, dad_answers_accepted),
	  .doc = "Delivered DAD answers that the kernel's IPv6 has accepted" },
	{ "dad_answers_inside", FIELD_U32, TRIAL(uint32_t, dad_answers_inside),
	  .doc = "Accepted DAD answers that landed inside the window" },
	{ "dad_end", FIELD_ENUM, TRIAL(enum dad_end, dad_end), NAMES(dad_end_names, DAD_ENDS),
	  .doc = "Result of DAD: failed (for any address), completed (an address became usable), or unfinished" },
	{ "dad_fooled", FIELD_BOOL, TRIAL(bool, dad_fooled),
	  .doc = "DAD failed although only the device's own probe came back, which RFC 7527 requires to be ignored" },
	{ "bringup_end", FIELD_ENUM, TRIAL(enum bringup_end, bringup_end), NAMES(bringup_end_names, BRINGUP_ENDS),
	  .doc = "How the bring-up's first process ended; overtime: dadrace killed it at its deadline; stopped: dadrace killed it after its window, as it stays alive" },
	{ "bringup_status", FIELD_I64, TRIAL(int64_t, bringup_status), .doc = "Exit code of the bring-up, or the number of the signal that killed it" },
	{ "bringup_said", FIELD_TEXT, TRIAL(const char *, bringup_said), OR_NULL,
	  .doc = "Last lines of the bring-up on standard error, 512 bytes at most" },
	{ "put_right", FIELD_TEXT, TRIAL(const char *, put_right), OR_NULL,
	  .doc = "MTU and settings of the device that an earlier trial's bring-up had left changed, and that were put right before this trial; null: none" },
	{ "descendants", FIELD_U32, TRIAL(uint32_t, descendants),
	  .doc = "Processes of the bring-up still alive at the end of the trial, which were killed" },
	{ "baseline", FIELD_OBJECT, TRIAL(struct evidence_counts, baseline), .sub = &counts_fields,
	  .doc = "Counts before the trial; of a device whose deletion hangs: the counts that the deletion waits for" },
	{ "after", FIELD_OBJECT, TRIAL(struct evidence_counts, after), .sub = &counts_fields,
	  .doc = "Counts after the trial, in the same quiescent state; of a deleted device: dst only, which belongs to the namespace, or what is left while the deletion hangs" },
	{ "settled", FIELD_BOOL, TRIAL(bool, settled), .doc = "The counts returned to the baseline" },
	{ "settle_ns", FIELD_U64, TRIAL(uint64_t, settle_ns), OR_NULL,
	  .doc = "Time from teardown to settling, or to the last look" },
	{ "suspected_ns", FIELD_U64, TRIAL(uint64_t, suspected_ns), OR_NULL,
	  .doc = "Time from teardown to the suspicion of a leak; null: the counts came back before" },
	{ "late_ns", FIELD_U64, TRIAL(uint64_t, late_ns), OR_NULL,
	  .doc = "Time from teardown until what was suspected had come back by itself; null: it did not" },
	{ "looks", FIELD_U32, TRIAL(uint32_t, looks), .doc = "Last looks, after watch.deadline_ms" },
	{ "device_gone", FIELD_BOOL, TRIAL(bool, device_gone), .doc = "The device vanished during the trial, or was deleted by it" },
	{ "lane_lost", FIELD_BOOL, TRIAL(bool, lane_lost),
	  .doc = "The lane's process died or is stuck: most other fields are unknown" },
	{ "unregister", FIELD_ENUM, TRIAL(enum unregister, unregister), NAMES(unregister_names, UNREGISTERS),
	  .doc = "Outcome of the unregister that confirms a leak, or that is thread I's change" },
	{ "unregister_ns", FIELD_U64, TRIAL(uint64_t, unregister_ns), OR_NULL, .doc = "Duration of the unregister" },
	{ "hang", FIELD_ENUM, TRIAL(enum hang, hang), NAMES(hang_names, HANGS), .doc = "What did not return by its deadline" },
	{ "hang_pid", FIELD_U32, TRIAL(uint32_t, hang_pid), OR_NULL, .doc = "Process ID of its task" },
	{ "hang_wchan", FIELD_TEXT, TRIAL(const char *, hang_wchan), OR_NULL,
	  .doc = "Kernel function that task waits in" },
	{ "hang_stack", FIELD_TEXT, TRIAL(const char *, hang_stack), OR_NULL,
	  .doc = "Kernel stack of that task, one function a line. A hang is only what is inside the call by its stack" },
	{ "lost_records", FIELD_U64, TRIAL(uint64_t, lost_records), .doc = "Probe records that were lost" },
	{ "missed_probes", FIELD_U64, TRIAL(uint64_t, missed_probes),
	  .doc = "Runs of dadrace's BPF programs that the kernel skipped" },
	{ "lost_events", FIELD_U32, TRIAL(uint32_t, lost_events), .doc = "Netlink notifications that were lost" },
	{ "klog", FIELD_OBJECT, TRIAL(struct klog_told, klog), .sub = &klog_fields,
	  .doc = "Kernel log during the trial" },
	{ "timeline", FIELD_OBJECT, TRIAL(struct moment_told *, timeline), LIST(struct trial_line, timeline),
	  .sub = &moment_fields, .doc = "What happened, ordered by time stamp" },
	END
};
const struct fields trial_fields = {
	"trial", "One trial: verdict, plan and evidence", trial_rows, sizeof(struct trial_line),
};
/* clang-format on */

/* --- from evidence to a line --- */

static const char *text_or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static const char *errno_or_null(int err)
{
	const char *name = strerrorname_np(err);

	return !err ? NULL : name ? name : "unknown";
}

static struct klog_told tell_klog(const struct evidence *e)
{
	bool spoke = e->klog.kind != KLOG_OTHER;

	return (struct klog_told){
		.kind = spoke ? e->klog.kind : KLOG_KINDS,
		.tie = spoke ? e->klog_tie : KLOG_TIES,
		.text = spoke ? e->klog.text : NULL,
		.device = spoke ? text_or_null(e->klog.device) : NULL,
		.usage_count = e->klog.kind == KLOG_WAITING ? e->klog.usage_count : INT64_MIN,
		.lines = e->klog_lines,
		.shared = e->klog_shared,
	};
}

/* Sorts by stamp, stably; the moments are almost sorted already. */
uint32_t tell_moments(const struct evidence *e, struct moment_told *told)
{
	for (uint32_t i = 0; i < e->nr_moments; i++) {
		const struct moment *moment = &e->moments[i];
		struct moment_told next = {
			.at_ns = (int64_t)(moment->at_ns - e->started_ns),
			.event = moment->kind,
			.sequence = moment->sequence,
			.value = moment->value,
		};
		uint32_t at = i;

		for (; at && told[at - 1].at_ns > next.at_ns; at--)
			told[at] = told[at - 1];
		told[at] = next;
	}
	return e->nr_moments;
}

static uint32_t tell_steps(const struct evidence *e, struct step_told *told)
{
	uint32_t nr = 0;

	/* Nothing is known of a trial whose lane was lost. */
	while (nr < e->spec.steps && nr < ORDER_HOLDS_MAX && e->steps[nr].thread) {
		const struct step_audit *step = &e->steps[nr];

		told[nr++] = (struct step_told){
			.thread = step->thread,
			.place = step->place,
			.at_return = step->at_return,
			.function = step->function,
			.tier = step->tier,
			.until = step->until,
			.other = step->other,
			.asked_us = step->asked_us,
			.outcome = step->outcome,
			.held_ns = step->held_ns,
			.cpu = step->cpu,
			.passes = step->passes,
			.missed = step->missed,
		};
	}
	return nr;
}

static struct explore_told tell_explore(const struct evidence *e, struct told *told)
{
	const struct behaviour *behaviour = &e->behaviour;

	memcpy(told->features, behaviour->features,
	       behaviour->nr_features * sizeof(told->features[0]));
	return (struct explore_told){
		.mode = e->spec.choice.mode,
		.generation = e->spec.choice.generation,
		.parent = e->spec.choice.parent,
		.mutation = e->spec.choice.mutation,
		.new_features = behaviour->new_features,
		.features = told->features,
		.nr_features = behaviour->nr_features,
		.thread_i_ns = behaviour->thread_i_ns,
		.thread_ii_ns = behaviour->thread_ii_ns,
	};
}

static const char *tell_refused(const struct evidence *e, struct told *told)
{
	acceptance_say(e, told->refused_by, sizeof(told->refused_by));
	return text_or_null(told->refused_by);
}

static struct trial_line line_of(const struct evidence *e, const struct judgement *j,
				 uint64_t started_unix_ms, struct told *told)
{
	return (struct trial_line){
		.verdict = j->verdict,
		.object = text_or_null(j->object),
		.delta = j->delta,
		.pinned = j->pinned,
		.reason = j->reason,
		.signature = text_or_null(j->signature),
		.spec = e->spec,
		.explore = tell_explore(e, told),
		.lane = e->lane,
		.device = e->device,
		.device_mac = text_or_null(told->device.mac),
		.device_address = text_or_null(told->device.address),
		.peer_mac = text_or_null(told->peer.mac),
		.peer_address = text_or_null(told->peer.address),
		.tier = e->tier,
		.started_unix_ms = started_unix_ms,
		.elapsed_ns = e->ended_ns > e->started_ns ? e->ended_ns - e->started_ns : 0,
		.opened = e->opened,
		.closed = e->closed,
		.closed_by = e->closed_by,
		.window_ns = e->opened && e->closed ? e->closed_ns - e->opened_ns : 0,
		.held_ns = e->held_ns,
		.tentative_inside = e->tentative_inside,
		.steps_held = e->steps_held,
		.order_kept = e->order_kept,
		.steps = told->steps,
		.nr_steps = tell_steps(e, told->steps),
		.flag_sets = e->flag_sets,
		.flags_errno = errno_or_null(e->flags_error),
		.changed = e->changed,
		.change_errno = errno_or_null(e->change_error),
		.load_turns = e->load_turns,
		.load_cpu_ns = e->load_cpu_ns,
		.opens_ns = e->opens_ns,
		.slow = e->slow,
		.realtime = e->realtime,
		.first_flags_ns = e->first_flags_ns,
		.second_flags_ns = e->second_flags_ns,
		.echoes_sent = e->echoes_sent,
		.echoes_refused = e->echoes_refused,
		.refused_errno = errno_or_null(e->refused_errno),
		.echoes_delivered = e->echoes_delivered,
		.echoes_accepted = e->echoes_accepted,
		.echoes_inside = e->echoes_inside,
		.refused_by = tell_refused(e, told),
		.first_echo_ns = e->first_echo_ns,
		.dad_probes = e->dad_probes,
		.dad_answers_sent = e->dad_answers_sent,
		.dad_answers_delivered = e->dad_answers_delivered,
		.dad_answers_accepted = e->dad_answers_accepted,
		.dad_answers_inside = e->dad_answers_inside,
		.dad_end = e->dad_end,
		.dad_fooled = e->dad_fooled,
		.bringup_end = e->bringup_end,
		.bringup_status = e->bringup_status,
		.bringup_said = text_or_null(e->bringup_said),
		.put_right = text_or_null(e->put_right),
		.descendants = e->descendants,
		.baseline = e->baseline,
		.after = e->after,
		.settled = e->settled,
		.settle_ns = e->settle_ns,
		.suspected_ns = e->suspected_ns,
		.late_ns = e->late_ns,
		.looks = e->looks,
		.device_gone = e->device_gone,
		.lane_lost = e->lane_lost,
		.unregister = !e->unregister_tried   ? UNREGISTER_NOT_TRIED :
			      e->unregister_returned ? UNREGISTER_RETURNED :
						       UNREGISTER_STUCK,
		.unregister_ns = e->unregister_ns,
		.hang = e->hang,
		.hang_pid = e->hang_pid,
		.hang_wchan = text_or_null(e->hang_wchan),
		.hang_stack = text_or_null(e->hang_stack),
		.lost_records = e->lost_records,
		.missed_probes = e->missed_probes,
		.lost_events = e->lost_events,
		.klog = tell_klog(e),
		.timeline = told->moments,
		.nr_timeline = tell_moments(e, told->moments),
	};
}

struct trial_line trial_line(const struct evidence *e, const struct judgement *j,
			     uint64_t started_unix_ms, struct told *told)
{
	struct trial_line line;

	end_say(&e->ends.device, &told->device);
	end_say(&e->ends.peer, &told->peer);
	line = line_of(e, j, started_unix_ms, told);
	spec_say(&line.spec, &told->words);
	return line;
}

static void put_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static void behaviour_back(const struct trial_line *line, struct evidence *e)
{
	struct behaviour *behaviour = &e->behaviour;

	e->spec.choice = (struct explore_choice){
		.mode = line->explore.mode,
		.generation = line->explore.generation,
		.parent = line->explore.parent,
		.mutation = line->explore.mutation,
	};
	behaviour->finding = verdict_fault(line->verdict);
	behaviour->window_ns = line->window_ns;
	behaviour->thread_i_ns = line->explore.thread_i_ns;
	behaviour->thread_ii_ns = line->explore.thread_ii_ns;
	for (uint32_t i = 0; i < line->explore.nr_features && line->explore.features; i++)
		behaviour->features[behaviour->nr_features++] = line->explore.features[i];
}

static void steps_back(const struct trial_line *line, struct evidence *e)
{
	for (uint32_t i = 0; i < line->nr_steps && i < ORDER_HOLDS_MAX; i++) {
		const struct step_told *told = &line->steps[i];
		struct step_audit *step = &e->steps[i];

		*step = (struct step_audit){
			.thread = told->thread,
			.at_return = told->at_return,
			.tier = told->tier,
			.until = told->until,
			.other = told->other,
			.asked_us = told->asked_us,
			.outcome = told->outcome,
			.held_ns = told->held_ns,
			.cpu = told->cpu,
			.passes = told->passes,
			.missed = told->missed,
		};
		put_text(step->place, sizeof(step->place), told->place);
		put_text(step->function, sizeof(step->function), told->function);
	}
}

void trial_line_back(const struct trial_line *line, struct evidence *e, struct judgement *j)
{
	*j = (struct judgement){ .verdict = line->verdict,
				 .delta = line->delta,
				 .pinned = line->pinned };
	put_text(j->object, sizeof(j->object), line->object);
	put_text(j->reason, sizeof(j->reason), line->reason);
	put_text(j->signature, sizeof(j->signature), line->signature);

	memset(e, 0, offsetof(struct evidence, moments));
	e->spec = line->spec;
	e->lane = line->lane;
	put_text(e->device, sizeof(e->device), line->device);
	e->ends.device = end_read(line->device_mac, line->device_address);
	e->ends.peer = end_read(line->peer_mac, line->peer_address);
	e->tier = line->tier;
	e->started_ns = line->started_unix_ms * 1000000;
	e->ended_ns = e->started_ns + line->elapsed_ns;
	e->opened = line->opened;
	e->closed = line->closed;
	e->closed_by = line->closed_by;
	e->opened_ns = e->started_ns;
	e->closed_ns = e->opened_ns + line->window_ns;
	e->held_ns = line->held_ns;
	e->tentative_inside = line->tentative_inside;
	e->steps_held = line->steps_held;
	e->order_kept = line->order_kept;
	steps_back(line, e);
	behaviour_back(line, e);
	e->changed = line->changed;
	e->load_turns = line->load_turns;
	e->load_cpu_ns = line->load_cpu_ns;
	e->opens_ns = line->opens_ns;
	e->slow = line->slow;
	e->realtime = line->realtime;
	e->first_flags_ns = line->first_flags_ns;
	e->second_flags_ns = line->second_flags_ns;
	e->echoes_sent = line->echoes_sent;
	e->echoes_refused = line->echoes_refused;
	e->echoes_delivered = line->echoes_delivered;
	e->echoes_accepted = line->echoes_accepted;
	e->echoes_inside = line->echoes_inside;
	e->first_echo_ns = line->first_echo_ns;
	e->dad_probes = line->dad_probes;
	e->dad_answers_sent = line->dad_answers_sent;
	e->dad_answers_delivered = line->dad_answers_delivered;
	e->dad_answers_accepted = line->dad_answers_accepted;
	e->dad_answers_inside = line->dad_answers_inside;
	e->dad_end = line->dad_end;
	e->dad_fooled = line->dad_fooled;
	e->baseline = line->baseline;
	e->after = line->after;
	e->settled = line->settled;
	e->settle_ns = line->settle_ns;
	e->suspected_ns = line->suspected_ns;
	e->late_ns = line->late_ns;
	e->hang = line->hang;
	e->lane_lost = line->lane_lost;
}

struct shard line_shard(const json_t *line)
{
	struct shard shard = { 1, 1 };

	fields_from_json_known(&shard_fields, json_object_get(line, "shard"), &shard);
	return shard.index && shard.index <= shard.of && shard.of <= SHARDS_MAX ?
		       shard :
		       (struct shard){ 1, 1 };
}
