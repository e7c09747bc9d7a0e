// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trial/verdict.h"

/*
 * Each case takes a clean trial of the race arm, changes some of its evidence and says what
 * must come of it.
 */
struct setting {
	size_t offset;
	size_t size;
	int64_t value;
};

struct verdict_case {
	const char *name;
	struct setting changes[18]; /* ends with size 0 */
	const char *klog;	    /* text of the worst line */
	const char *said;	    /* by the bring-up */
	const char *put_right;
	enum object watched[2];
	uint32_t nr_watched; /* 0: both */
	enum verdict verdict;
	const char *object;
	int64_t delta;
	bool pinned;
	const char *signature; /* NULL: none */
	const char *reason;    /* a part of it */
};

/* clang-format off */
#define SET(member, number) \
	{ offsetof(struct evidence, member), sizeof(((struct evidence *)NULL)->member), (number) }

#define NO_ECHOES SET(spec.echoes, 0), SET(echoes_sent, 0), SET(echoes_inside, 0)
#define ANSWERS(probes, sent, delivered, inside)                          \
	SET(spec.dad_answer, DAD_ANSWER_NA), SET(dad_probes, probes),         \
	SET(dad_answers_sent, sent), SET(dad_answers_delivered, delivered), \
	SET(dad_answers_accepted, delivered),                                    \
	SET(dad_answers_inside, inside)

#define DELETED(returned)                                                                 \
	SET(spec.change, CHANGE_LINK_DELETE), SET(changed, returned), SET(deleted, true),     \
	SET(unregister_tried, true), SET(unregister_returned, returned), SET(device_gone, true), \
	SET(after.found, false), SET(after.net_device, 0), SET(after.inet6_dev, 0)

static const struct verdict_case cases[] = {
	{ "nothing is wrong", .verdict = VERDICT_CLEAN, .reason = "came back 12 us after teardown" },

	/* the kernel complained */
	{ "a line of the log that is not to us",
	  { SET(klog.kind, KLOG_OTHER) }, .klog = "eth0: link up", .verdict = VERDICT_CLEAN },
	{ "a single \"waiting for\" is benign",
	  { SET(klog.kind, KLOG_WAITING), SET(klog.usage_count, 2) },
	  .klog = "unregister_netdevice: waiting for dut to become free. Usage count = 2",
	  .verdict = VERDICT_CLEAN },
	{ "a warning that nothing ties to the lane is told, and changes no verdict",
	  { SET(klog.kind, KLOG_WARN), SET(klog_tie, KLOG_TIE_NONE) },
	  .klog = "WARNING: CPU: 1 PID: 903 at drivers/gpu/drm/drm_vblank.c:728",
	  .verdict = VERDICT_CLEAN,
	  .reason = "after teardown; the kernel warned meanwhile: WARNING: CPU: 1 PID: 903" },
	{ "nor does it of a trial with another fault",
	  { SET(klog.kind, KLOG_OOPS), SET(klog_tie, KLOG_TIE_NONE), SET(hang, HANG_FLAGS) },
	  .klog = "Oops: 0000 [#1] SMP", .verdict = VERDICT_HANG, .signature = "hang/flags",
	  .reason = "; the kernel warned meanwhile: Oops: 0000" },
	{ "a task of the lane",
	  { SET(klog.kind, KLOG_WARN), SET(klog_tie, KLOG_TIE_TASK) }, .klog = "WARNING: x",
	  .verdict = VERDICT_KERNEL_BUG, .signature = "kernel-bug/WARNING:_x" },
	{ "refcount_t",
	  { SET(klog.kind, KLOG_REFCOUNT) }, .klog = "refcount_t: underflow; use-after-free.",
	  .verdict = VERDICT_KERNEL_BUG,
	  .signature = "kernel-bug/refcount_t:_underflow;_use-after-free.",
	  .reason = "the kernel logged: refcount_t: underflow" },
	{ "a warning: no CPU, task, line or offset in the signature",
	  { SET(klog.kind, KLOG_WARN) },
	  .klog = "WARNING: CPU: 3 PID: 4711 at lib/refcount.c:28 refcount_warn+0xbe/0x110",
	  .verdict = VERDICT_KERNEL_BUG,
	  .signature = "kernel-bug/WARNING:_CPU:_PID:_at_lib/refcount.c:_refcount_warn+/" },
	{ "an oops: no address in the signature",
	  { SET(klog.kind, KLOG_OOPS) },
	  .klog = "BUG: unable to handle page fault for address: ffffa1b2c3d4e5f6",
	  .verdict = VERDICT_KERNEL_BUG,
	  .signature = "kernel-bug/BUG:_unable_to_handle_page_fault_for_address:_" },
	{ "an oops: a number in front goes with its blanks",
	  { SET(klog.kind, KLOG_OOPS) }, .klog = "12 0xdead bad dead beef1 e",
	  .verdict = VERDICT_KERNEL_BUG, .signature = "kernel-bug/_bad_dead_e" },
	{ "a very long line is cut to a signature",
	  { SET(klog.kind, KLOG_BUG) },
	  .klog = "kernel BUG at x/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
	  .verdict = VERDICT_KERNEL_BUG,
	  .signature = "kernel-bug/kernel_BUG_at_x/yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" },
	{ "a complaint outranks hang, leak, holes and miss",
	  { SET(klog.kind, KLOG_KASAN), SET(hang, HANG_FLAGS), SET(settled, false),
	    SET(after.net_device, 7), SET(lost_records, 1), SET(opened, false) },
	  .klog = "BUG: KASAN: slab-use-after-free in dst_release+0x1f/0x80",
	  .verdict = VERDICT_KERNEL_BUG,
	  .signature = "kernel-bug/BUG:_KASAN:_slab-use-after-free_in_dst_release+/" },

	/* thread I's change */
	{ "it was made", { SET(spec.change, CHANGE_MTU), SET(changed, true) },
	  .verdict = VERDICT_CLEAN },
	{ "it did nothing",
	  { SET(spec.change, CHANGE_MTU), SET(change_error, -CHANGE_DID_NOTHING) },
	  .verdict = VERDICT_MISSED, .reason = "thread I's change did nothing: mtu; the kernel shows the device as it was before" },
	{ "it failed, and so proves nothing",
	  { SET(spec.change, CHANGE_ADDRESS_DELETE), SET(change_error, ENODATA) },
	  .verdict = VERDICT_MISSED,
	  .reason = "thread I's change failed: address-delete, No data available" },
	{ "it did not come",
	  { SET(spec.change, CHANGE_MTU) }, .verdict = VERDICT_MISSED,
	  .reason = "thread I did not reach its change: mtu" },
	{ "a leak outranks that it failed",
	  { SET(spec.change, CHANGE_MTU), SET(change_error, EPERM), SET(settled, false),
	    SET(after.net_device, 7) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 4, .signature = "leak/net_device" },

	/* the device is deleted in the window */
	{ "the deletion returned, and the device has no counts any more",
	  { DELETED(true), SET(unregister_ns, 17000000) },
	  .verdict = VERDICT_CLEAN,
	  .reason = "the deletion of dut in the window returned after 17000 us, so nothing held it" },
	{ "it returned, and no echo was inside",
	  { DELETED(true), SET(echoes_inside, 0) },
	  .verdict = VERDICT_MISSED, .reason = "no echo landed inside the window" },
	{ "it returned, and the namespace has an entry more",
	  { DELETED(true), SET(settled, false), SET(after.dst, 1), SET(settle_ns, 2100000000) },
	  .watched = { OBJECT_NET_DEVICE, OBJECT_DST }, .nr_watched = 2,
	  .verdict = VERDICT_LEAK, .object = "dst", .delta = 1, .signature = "leak/dst",
	  .reason = "+1 dst entry on dut 2100 ms after its deletion in the window; the device itself could" },
	{ "it returned, and the entries, which are fewer, came to rest late",
	  { DELETED(true), SET(settled, false), SET(baseline.dst, 1) },
	  .verdict = VERDICT_CLEAN },
	{ "it does not return, and what is left is counted",
	  { DELETED(false), SET(hang, HANG_UNREGISTER), SET(settled, false), SET(settle_ns, 5100000000),
	    SET(after.found, true), SET(baseline.net_device, 1), SET(baseline.inet6_dev, 0), SET(after.net_device, 5) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 4, .pinned = true,
	  .signature = "leak/net_device",
	  .reason = "+4 net_device references on dut 5100 ms after its deletion in the window; the unregister hangs" },
	{ "it does not return, for the inet6_dev's sake",
	  { DELETED(false), SET(hang, HANG_UNREGISTER), SET(settled, false), SET(after.found, true),
	    SET(baseline.net_device, 1), SET(baseline.inet6_dev, 0), SET(after.net_device, 1), SET(after.inet6_dev, 2) },
	  .verdict = VERDICT_LEAK, .object = "inet6_dev", .delta = 2, .pinned = true,
	  .signature = "leak/inet6_dev" },
	{ "it does not return, and what it waits for is not this device",
	  { DELETED(false), SET(hang, HANG_UNREGISTER), SET(hang_pid, 42), SET(settled, false) },
	  .verdict = VERDICT_HANG, .pinned = true, .signature = "hang/unregister",
	  .reason = "the unregister of dut did not return (task 42" },
	{ "the lane died in it", { DELETED(false), SET(settled, false), SET(bringup_end, BRINGUP_KILLED) },
	  .verdict = VERDICT_INVALID, .reason = "the bring-up was killed" },
	{ "it was refused",
	  { SET(spec.change, CHANGE_LINK_DELETE), SET(change_error, EPERM) },
	  .verdict = VERDICT_MISSED, .reason = "thread I's change failed: link-delete" },
	{ "the device vanished before",
	  { SET(spec.change, CHANGE_LINK_DELETE), SET(device_gone, true), SET(settled, false),
	    SET(after.found, false) },
	  .verdict = VERDICT_INVALID, .reason = "vanished" },

	/* a load */
	{ "it was there", { SET(spec.load, LOAD_RTNL), SET(load_turns, 1) },
	  .verdict = VERDICT_CLEAN },
	{ "it did nothing, and so proves nothing",
	  { SET(spec.load, LOAD_RTNL) }, .verdict = VERDICT_MISSED,
	  .reason = "the load did no work: rtnl" },

	/* something hung */
	{ "a flag set", { SET(hang, HANG_FLAGS), SET(hang_pid, 42) },
	  .verdict = VERDICT_HANG, .signature = "hang/flags",
	  .reason = "a flag set of dut did not return (task 42, waiting in ?)" },
	{ "a flag set of a slow lane", { SET(hang, HANG_FLAGS), SET(slow, 423), SET(hang_pid, 42) },
	  .verdict = VERDICT_HANG, .signature = "hang/flags",
	  .reason = "the lane takes 4.2 times the usual" },
	{ "a send", { SET(hang, HANG_SEND), SET(hang_pid, 42) },
	  .verdict = VERDICT_HANG, .signature = "hang/send",
	  .reason = "thread II's send to dut did not return (task 42, waiting in ?)" },
	{ "setting down", { SET(hang, HANG_DOWN) },
	  .verdict = VERDICT_HANG, .signature = "hang/down", .reason = "setting down of dut did not" },
	{ "the unregister, although the counts came back",
	  { SET(hang, HANG_UNREGISTER), SET(unregister_tried, true) },
	  .verdict = VERDICT_HANG, .pinned = true, .signature = "hang/unregister" },
	{ "a hung flag set outranks leak, holes and miss",
	  { SET(hang, HANG_FLAGS), SET(settled, false), SET(after.net_device, 7),
	    SET(undead, true), SET(closed, false) },
	  .verdict = VERDICT_HANG, .signature = "hang/flags" },
	{ "a hung unregister outranks holes and miss",
	  { SET(hang, HANG_UNREGISTER), SET(unregister_tried, true), SET(lost_records, 1),
	    SET(opened, false) },
	  .verdict = VERDICT_HANG, .pinned = true, .signature = "hang/unregister" },

	/* references are missing */
	{ "four references to the device, not ours to unregister",
	  { SET(settled, false), SET(after.net_device, 7), SET(settle_ns, 412000000) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 4, .signature = "leak/net_device",
	  .reason = "+4 net_device references on dut 412 ms after teardown; the device is not ours" },
	{ "one reference, and the unregister hangs",
	  { SET(settled, false), SET(after.net_device, 4), SET(unregister_tried, true),
	    SET(hang, HANG_UNREGISTER) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 1, .pinned = true,
	  .signature = "leak/net_device", .reason = "+1 net_device reference on dut" },
	{ "the count that the kernel logs is explained",
	  { SET(settled, false), SET(after.net_device, 6), SET(unregister_tried, true),
	    SET(hang, HANG_UNREGISTER), SET(klog.kind, KLOG_WAITING), SET(klog.usage_count, 4) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 3, .pinned = true,
	  .signature = "leak/net_device", .reason = "hangs: usage count 4 = 1 initial + 3 leaked" },
	{ "before Linux 5.17 there is no initial one",
	  { SET(settled, false), SET(after.net_device, 4), SET(unregister_tried, true),
	    SET(hang, HANG_UNREGISTER), SET(klog.kind, KLOG_WAITING), SET(klog.usage_count, 1) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 1, .pinned = true,
	  .signature = "leak/net_device", .reason = "hangs: usage count 1 = 1 leaked" },
	{ "one reference, and the unregister lets go",
	  { SET(settled, false), SET(after.net_device, 4), SET(unregister_tried, true),
	    SET(unregister_returned, true) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 1, .signature = "leak/net_device",
	  .reason = "the unregister released it" },
	{ "an address that is still there holds it",
	  { SET(settled, false), SET(after.net_device, 4), SET(after.addresses, 2), SET(unregister_tried, true),
	    SET(unregister_returned, true) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 1, .signature = "leak/net_device/address-left",
	  .reason = "the unregister released it; the device is down, but the number of its addresses has grown by 2" },
	{ "of the inet6_dev only",
	  { SET(settled, false), SET(after.inet6_dev, 7) },
	  .verdict = VERDICT_LEAK, .object = "inet6_dev", .delta = 5, .signature = "leak/inet6_dev" },
	{ "of both: the device is named",
	  { SET(settled, false), SET(after.net_device, 5), SET(after.inet6_dev, 7) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 2, .signature = "leak/net_device" },
	{ "of both, watched in the other order",
	  { SET(settled, false), SET(after.net_device, 5), SET(after.inet6_dev, 7) },
	  .watched = { OBJECT_INET6_DEV, OBJECT_NET_DEVICE }, .nr_watched = 2,
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 2, .signature = "leak/net_device" },
	{ "of the inet6_dev, which is not watched",
	  { SET(settled, false), SET(after.inet6_dev, 7) },
	  .watched = { OBJECT_NET_DEVICE }, .nr_watched = 1, .verdict = VERDICT_CLEAN },
	{ "below the baseline, and the unregister returned",
	  { SET(settled, false), SET(after.net_device, 1), SET(unregister_tried, true),
	    SET(unregister_returned, true) },
	  .verdict = VERDICT_INVALID, .reason = "2 net_device references fewer" },
	{ "one below, one above, and the unregister returned",
	  { SET(settled, false), SET(after.net_device, 7), SET(after.inet6_dev, 1),
	    SET(unregister_tried, true), SET(unregister_returned, true) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 4,
	  .signature = "leak/net_device", .reason = "+4 net_device references" },
	{ "below the baseline",
	  { SET(settled, false), SET(unregister_tried, true), SET(after.net_device, 1) },
	  .verdict = VERDICT_KERNEL_BUG, .pinned = true, .object = "net_device", .delta = -2,
	  .signature = "kernel-bug/net_device",
	  .reason = "net_device of dut is 2 references below its baseline" },
	{ "below the baseline is worse than above it",
	  { SET(settled, false), SET(unregister_tried, true), SET(after.net_device, 7), SET(after.inet6_dev, 1) },
	  .verdict = VERDICT_KERNEL_BUG, .pinned = true, .object = "inet6_dev", .delta = -1,
	  .signature = "kernel-bug/inet6_dev" },
	{ "also when it is watched first",
	  { SET(settled, false), SET(unregister_tried, true), SET(after.net_device, 7), SET(after.inet6_dev, 1) },
	  .watched = { OBJECT_INET6_DEV, OBJECT_NET_DEVICE }, .nr_watched = 2,
	  .verdict = VERDICT_KERNEL_BUG, .pinned = true, .object = "inet6_dev", .delta = -1,
	  .signature = "kernel-bug/inet6_dev" },
	{ "both below: the device is named",
	  { SET(settled, false), SET(unregister_tried, true), SET(after.net_device, 2), SET(after.inet6_dev, 0) },
	  .verdict = VERDICT_KERNEL_BUG, .pinned = true, .object = "net_device", .delta = -1,
	  .signature = "kernel-bug/net_device" },
	{ "a leak outranks holes and miss",
	  { SET(settled, false), SET(after.net_device, 7), SET(lost_records, 9), SET(opened, false),
	    SET(bringup_end, BRINGUP_OVERTIME) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 4, .signature = "leak/net_device" },
	{ "settled is settled, whatever was read at last",
	  { SET(after.net_device, 7) }, .verdict = VERDICT_CLEAN },
	{ "late, but back at the last look", { SET(settled, false) }, .verdict = VERDICT_CLEAN },

	/* our own evidence has holes */
	{ "a hang without a stack", { SET(hang, HANG_FLAGS), SET(hang_pid, 42), SET(hang_stack, 0) },
	  .verdict = VERDICT_INVALID, .reason = "a call did not return by its deadline, and nothing shows that its task is inside it: the stack of task 42" },
	{ "counts that never came to rest",
	  { SET(settled, false), SET(restless, true), SET(after.net_device, 4), SET(settle_ns, 20000000000) },
	  .verdict = VERDICT_INVALID, .reason = "the counts still changed at the last look: 20.0 s after teardown" },
	{ "a silent guest", { SET(hang, HANG_GUEST), SET(lane_lost, true) },
	  .verdict = VERDICT_INVALID, .reason = "the guest stopped answering during the trial" },
	{ "lost records", { SET(lost_records, 3) },
	  .verdict = VERDICT_INVALID, .reason = "records of the probes were lost: 3" },
	{ "missed probes", { SET(missed_probes, 1) },
	  .verdict = VERDICT_INVALID, .reason = "skipped runs of our programs: 1" },
	{ "other tasks came by where a thread was held",
	  { SET(spec.steps, 1), SET(order_kept, true), SET(steps[0].outcome, STEP_KEPT),
	    SET(steps[0].tier, TIER_FENTRY), SET(steps[0].missed, 3), SET(missed_probes, 3) },
	  .verdict = VERDICT_CLEAN },
	{ "other programs were skipped as well",
	  { SET(spec.steps, 1), SET(order_kept, true), SET(steps[0].outcome, STEP_KEPT),
	    SET(steps[0].tier, TIER_FENTRY), SET(steps[0].missed, 3), SET(missed_probes, 4) },
	  .verdict = VERDICT_INVALID, .reason = "skipped runs of our programs: 1" },
	{ "a kprobe that holds blinds other programs, too",
	  { SET(spec.steps, 1), SET(order_kept, true), SET(steps[0].outcome, STEP_KEPT),
	    SET(steps[0].tier, TIER_KPROBE), SET(steps[0].missed, 1), SET(missed_probes, 1) },
	  .verdict = VERDICT_INVALID, .reason = "skipped runs of our programs: 1" },
	{ "lost netlink notifications are no hole", { SET(lost_events, 5) }, .verdict = VERDICT_CLEAN },
	{ "the device vanished: its counts prove no leak",
	  { SET(device_gone, true), SET(settled, false), SET(after.net_device, 7), SET(after.found, false) },
	  .verdict = VERDICT_INVALID, .reason = "vanished" },
	{ "it has been elsewhere, where nothing is counted", { SET(device_gone, true) },
	  .verdict = VERDICT_INVALID, .reason = "moved the device to another network namespace and back" },
	{ "a process that cannot be killed", { SET(undead, true) },
	  .verdict = VERDICT_INVALID, .reason = "could not be killed" },
	{ "another baseline than the trial's before", { SET(baseline_moved, true) },
	  .verdict = VERDICT_INVALID, .reason = "the baseline changed between two trials" },
	{ "the device cannot be set down: what it holds then is no leak",
	  { SET(down_error, 16), SET(settled, false), SET(after.net_device, 7) },
	  .verdict = VERDICT_INVALID, .reason = "could not be set down" },
	{ "the device cannot be set down", { SET(down_error, 16) },
	  .verdict = VERDICT_INVALID, .reason = "could not be set down: Device or resource busy" },
	{ "no counts afterwards",
	  { SET(after.found, false), SET(settled, false), SET(after.net_device, 0) },
	  .verdict = VERDICT_INVALID, .reason = "vanished" },
	{ "no baseline: what is there is no leak",
	  { SET(baseline.found, false), SET(baseline.net_device, 0), SET(settled, false) },
	  .verdict = VERDICT_INVALID, .reason = "not there for the baseline" },
	{ "overtime", { SET(bringup_end, BRINGUP_OVERTIME) },
	  .verdict = VERDICT_INVALID, .reason = "did not exit by its deadline" },
	{ "killed", { SET(bringup_end, BRINGUP_KILLED), SET(bringup_status, 11) },
	  .verdict = VERDICT_INVALID, .reason = "was killed: signal 11" },
	{ "not started", { SET(bringup_end, BRINGUP_NOT_STARTED) },
	  .verdict = VERDICT_INVALID, .reason = "did not start" },
	{ "another exit code than the campaign allows", { SET(bringup_status, 7) },
	  .said = "ifup: interface dut1 not configured",
	  .verdict = VERDICT_INVALID,
	  .reason = "exited with another status than it should: 7, and bringup.status is 0; the bring-up wrote: ifup: interface dut1 not configured" },
	{ "the exit code that it allows", { SET(bringup_status, 7), SET(bringup_wanted, 7) },
	  .verdict = VERDICT_CLEAN },
	{ "0, where it wants another", { SET(bringup_wanted, 7) },
	  .verdict = VERDICT_INVALID, .reason = "0, and bringup.status is 7" },
	{ "any exit code", { SET(bringup_status, 7), SET(bringup_wanted, BRINGUP_STATUS_ANY) },
	  .said = "sh: insmod: not found", .verdict = VERDICT_CLEAN, .reason = "came back" },
	{ "any signal",
	  { SET(bringup_end, BRINGUP_KILLED), SET(bringup_status, 11), SET(bringup_wanted, BRINGUP_STATUS_ANY) },
	  .verdict = VERDICT_CLEAN },
	{ "exit code 0, but a program is missing", { SET(bringup_status, 0) },
	  .said = "sh: insmod: not found\nlast",
	  .verdict = VERDICT_INVALID, .reason = "shell did not find a program: sh: insmod: not found; the bring-up wrote: last" },
	{ "the reason names the settings that an earlier bring-up has left", .put_right = "dad_transmits 1 instead of 3",
	  .verdict = VERDICT_CLEAN, .reason = "after teardown; put right before the trial: dad_transmits 1 instead of 3" },
	{ "the reason of a trial that shows nothing ends with what the bring-up wrote", { SET(closed, false) },
	  .said = "first\nlast", .verdict = VERDICT_MISSED, .reason = "; the bring-up wrote: last" },
	{ "not held at all", { SET(held_ns, 0) },
	  .verdict = VERDICT_INVALID, .reason = "was not held in the window although the plan asks" },
	{ "held for 94.9%", { SET(held_ns, 4745000) },
	  .verdict = VERDICT_INVALID, .reason = "shorter than planned: 4745 us of 5000 us" },
	{ "held for a nanosecond less than 95%", { SET(held_ns, 4749999) }, .verdict = VERDICT_INVALID },
	{ "held for 95%", { SET(held_ns, 4750000) }, .verdict = VERDICT_CLEAN },
	{ "held for longer", { SET(held_ns, 9000000) }, .verdict = VERDICT_CLEAN },
	{ "95% of a microsecond", { SET(spec.hold_us, 1), SET(held_ns, 950) }, .verdict = VERDICT_CLEAN },
	{ "94.9% of a microsecond", { SET(spec.hold_us, 1), SET(held_ns, 949) },
	  .verdict = VERDICT_INVALID },
	{ "no hold asked: none needed", { SET(spec.hold_us, 0), SET(held_ns, 0) },
	  .verdict = VERDICT_CLEAN },
	{ "fewer echoes than planned", { SET(echoes_sent, 3) },
	  .verdict = VERDICT_INVALID, .reason = "fewer echoes were sent than planned: 3 of 4" },
	{ "fewer echoes than planned, and nothing held the window for them",
	  { SET(spec.hold_us, 0), SET(held_ns, 0), SET(echoes_sent, 3) }, .verdict = VERDICT_CLEAN },
	{ "the window was held, but not until the last echo was due",
	  { SET(echoes_sent, 3), SET(spec.offset_us, 4000), SET(spec.spacing_us, 400) },
	  .verdict = VERDICT_CLEAN },
	{ "and a moment longer than that",
	  { SET(echoes_sent, 3), SET(spec.offset_us, 4000), SET(spec.spacing_us, 300) },
	  .verdict = VERDICT_INVALID, .reason = "fewer echoes were sent than planned: 3 of 4" },
	{ "without a hold the bring-up may be quicker than the echoes",
	  { SET(echoes_sent, 1), SET(spec.hold_us, 0), SET(held_ns, 0) }, .verdict = VERDICT_CLEAN },
	{ "thread II waits for a hold that is not reached",
	  { SET(spec.steps, 2), SET(spec.starts_when, ORDER_THREAD_DAD), SET(order_kept, false),
	    SET(echoes_sent, 0) },
	  .verdict = VERDICT_MISSED, .reason = "the order was not kept" },
	{ "or for one that is",
	  { SET(spec.steps, 2), SET(spec.starts_when, ORDER_THREAD_I), SET(order_kept, false),
	    SET(echoes_sent, 0) },
	  .verdict = VERDICT_INVALID, .reason = "fewer echoes were sent than planned: 0 of 4" },
	{ "the lane is lost", { SET(lane_lost, true), SET(baseline.found, false), SET(after.found, false) },
	  .verdict = VERDICT_INVALID, .reason = "the lane's process died" },
	{ "the lane is lost in a hang", { SET(lane_lost, true), SET(hang, HANG_DOWN) },
	  .verdict = VERDICT_HANG, .signature = "hang/down" },
	{ "the order came about, after the window",
	  { SET(spec.steps, 2), SET(steps_held, 2), SET(order_kept, true), SET(echoes_inside, 0) },
	  .verdict = VERDICT_CLEAN },
	{ "a hold of the order is in a function that is inlined",
	  { SET(spec.steps, 2), SET(steps[0].outcome, STEP_DEADLINE), SET(steps[1].outcome, STEP_NOT_REACHED),
	    SET(steps[1].passes, 0) },
	  .verdict = VERDICT_MISSED,
	  .reason = "hold 2 (II at return of uncached-route): no call has reached rt6_uncached_list_add since it was "
		    "hooked: it is inlined on this kernel, or nothing calls it; hook its caller (ip6_pol_route)" },
	{ "calls pass by, but not the thread's",
	  { SET(spec.steps, 2), SET(steps[0].outcome, STEP_DEADLINE), SET(steps[1].outcome, STEP_NOT_REACHED) },
	  .verdict = VERDICT_MISSED,
	  .reason = "hold 2 (II at return of uncached-route): 7 calls have reached rt6_uncached_list_add since it "
		    "was hooked, but none by thread II after the window opened" },
	{ "a hold of the order ended by its deadline",
	  { SET(spec.steps, 2), SET(steps[1].outcome, STEP_DEADLINE), SET(steps[1].held_ns, 2000000001) },
	  .verdict = VERDICT_MISSED,
	  .reason = "hold 2 (II at return of uncached-route): its deadline ended it after 2000 ms, I was not done" },
	{ "DAD has the RTNL that thread I needs",
	  { SET(spec.steps, 2), SET(steps[1].outcome, STEP_DEADLINE), SET(steps[1].thread, ORDER_THREAD_DAD) },
	  .verdict = VERDICT_MISSED, .reason = "I was not done; DAD's worker has the RTNL there" },
	{ "a hold of the order that the trial's end cut",
	  { SET(spec.steps, 2), SET(steps[0].outcome, STEP_CUT) },
	  .verdict = VERDICT_MISSED, .reason = "hold 1 (I at stop): the trial ended first" },
	{ "a hold of the order that was too short",
	  { SET(spec.steps, 2), SET(order_kept, true), SET(steps[0].asked_us, 300), SET(steps[0].held_ns, 284999) },
	  .verdict = VERDICT_INVALID, .reason = "a hold of the order was shorter than planned: hold 1, 284 us of 300 us" },
	{ "one that was long enough",
	  { SET(spec.steps, 2), SET(order_kept, true), SET(steps[0].asked_us, 300), SET(steps[0].held_ns, 285000) },
	  .verdict = VERDICT_CLEAN },
	{ "a hole outranks a miss", { SET(lost_records, 1), SET(closed, false) },
	  .verdict = VERDICT_INVALID },

	/* nothing was tried */
	{ "the site is off", { SET(spec.site, SITE_OFF), SET(opened, false), SET(closed, false),
			       SET(held_ns, 0) },
	  .verdict = VERDICT_MISSED, .reason = "site is off" },
	{ "a flag set failed",
	  { SET(opened, false), SET(closed, false), SET(held_ns, 0), SET(flags_error, EPERM),
	    SET(bringup_status, 255) },
	  .verdict = VERDICT_INVALID,
	  .reason = "255, and bringup.status is 0; a flag set failed: Operation not permitted" },
	{ "a flag set failed, and any status is allowed",
	  { SET(opened, false), SET(closed, false), SET(held_ns, 0), SET(flags_error, EPERM),
	    SET(bringup_status, 255), SET(bringup_wanted, BRINGUP_STATUS_ANY) },
	  .verdict = VERDICT_MISSED,
	  .reason = "a flag set failed: Operation not permitted (the bring-up ended with status 255)" },
	{ "no flag set", { SET(opened, false), SET(closed, false), SET(held_ns, 0), SET(flag_sets, 0) },
	  .verdict = VERDICT_MISSED, .reason = "the bring-up never set flags: it ended with status" },
	{ "no flag set that a tracepoint sees",
	  { SET(opened, false), SET(closed, false), SET(held_ns, 0), SET(flag_sets, 0),
	    SET(tier, TIER_TRACEPOINT) },
	  .verdict = VERDICT_MISSED,
	  .reason = "it ended with status 0; at the tracepoint tier only flag sets by ioctl() and netlink are seen" },
	{ "no flag set with IFF_UP", { SET(opened, false), SET(closed, false), SET(held_ns, 0) },
	  .verdict = VERDICT_MISSED, .reason = "no flag set asked for IFF_UP" },
	{ "a capture that somebody began on the device",
	  { SET(settled, false), SET(after.net_device, 4), SET(strangers, 1) },
	  .verdict = VERDICT_INVALID,
	  .reason = "a program of this machine took a reference of the existing device meanwhile: 1 packet socket" },
	{ "a capture, and more than it holds",
	  { SET(settled, false), SET(after.net_device, 5), SET(strangers, 1) },
	  .verdict = VERDICT_LEAK, .object = "net_device", .delta = 1, .signature = "leak/net_device", .reason = "+1 net_device reference" },
	{ "a port without a cable", { SET(opens, OPENS_CARRIER), SET(opens_came, false) },
	  .verdict = VERDICT_MISSED,
	  .reason = "the moment of window.opens did not come in time: the device got no carrier" },
	{ "an address that never was tentative", { SET(opens, OPENS_TENTATIVE), SET(opens_came, false) },
	  .verdict = VERDICT_MISSED,
	  .reason = "the moment of window.opens did not come in time: no address became tentative" },
	{ "echoes that were due after a late carrier",
	  { SET(opens, OPENS_CARRIER), SET(opens_came, true), SET(opens_ns, 4000000000), SET(echoes_sent, 3) },
	  .verdict = VERDICT_CLEAN },
	{ "one flag set", { SET(closed, false) },
	  .verdict = VERDICT_MISSED, .reason = "the window never closed" },
	{ "one flag set, and so not every echo", { SET(closed, false), SET(echoes_sent, 1) },
	  .verdict = VERDICT_MISSED, .reason = "the window never closed" },
	{ "no echo inside", { SET(echoes_inside, 0) },
	  .verdict = VERDICT_MISSED, .reason = "no echo landed inside the window: 4 delivered" },
	{ "one echo inside is enough", { SET(echoes_inside, 1) }, .verdict = VERDICT_CLEAN },
	{ "no echo planned: none needed",
	  { SET(spec.echoes, 0), SET(echoes_sent, 0), SET(echoes_delivered, 0), SET(echoes_inside, 0) },
	  .verdict = VERDICT_CLEAN },

	/* DAD answers, beside echoes and instead of them */
	{ "an answer inside, and no echo planned",
	  { NO_ECHOES, ANSWERS(1, 1, 1, 1) }, .verdict = VERDICT_CLEAN },
	{ "an answer after the window, and no echo planned",
	  { NO_ECHOES, ANSWERS(2, 1, 1, 0) }, .verdict = VERDICT_MISSED,
	  .reason = "no DAD answer landed inside the window: 2 probes seen, 1 answers sent, 1 delivered" },
	{ "echoes inside, and no probe to be answered", { ANSWERS(0, 0, 0, 0) },
	  .verdict = VERDICT_MISSED, .reason = "the device sent no DAD probe to answer" },
	{ "an answer inside, and no echo", { SET(echoes_inside, 0), ANSWERS(1, 1, 1, 1) },
	  .verdict = VERDICT_MISSED, .reason = "no echo landed inside the window" },
	{ "an answer at the opening needs no probe",
	  { NO_ECHOES, ANSWERS(0, 1, 1, 1), SET(spec.dad_at, DAD_AT_OPEN) }, .verdict = VERDICT_CLEAN },
	{ "in an order the answer need not be inside",
	  { ANSWERS(1, 1, 1, 0), SET(spec.steps, 2), SET(steps_held, 2), SET(order_kept, true) },
	  .verdict = VERDICT_CLEAN },
	{ "IPv6 refused every echo",
	  { SET(echoes_accepted, 0), SET(echoes_inside, 0), SET(acceptance.moved[IPV6_IN_ADDR_ERRORS], 4) },
	  .verdict = VERDICT_MISSED, .reason = "IPv6 did not accept the echoes: 0 of 4; Ip6InAddrErrors +4" },
	{ "and no counter says why", { SET(echoes_accepted, 0), SET(echoes_inside, 0) },
	  .verdict = VERDICT_MISSED, .reason = "0 of 4; no counter says why: a MAC address that is not the device's" },
	{ "a send that was refused for its arguments",
	  { SET(echoes_accepted, 0), SET(echoes_inside, 0), SET(refused_errno, EINVAL) },
	  .verdict = VERDICT_MISSED, .reason = "0 of 4; Invalid argument" },
	{ "IPv6 refused one echo: another was accepted inside", { SET(echoes_accepted, 3), SET(echoes_inside, 3) },
	  .verdict = VERDICT_CLEAN },
	{ "but for a bad checksum, which is our fault",
	  { SET(echoes_accepted, 3), SET(echoes_inside, 3), SET(acceptance.moved[IPV6_IN_CHECKSUM_ERRORS], 1) },
	  .verdict = VERDICT_MISSED, .reason = "IPv6 did not accept the echoes: 3 of 4; Icmp6InCsumErrors +1" },
	{ "in an order, too",
	  { SET(spec.steps, 2), SET(steps_held, 2), SET(order_kept, true), SET(echoes_accepted, 0) },
	  .verdict = VERDICT_MISSED, .reason = "IPv6 did not accept the echoes: 0 of 4" },
	{ "IPv6 refused the answer",
	  { NO_ECHOES, ANSWERS(1, 1, 1, 0), SET(dad_answers_accepted, 0) },
	  .verdict = VERDICT_MISSED, .reason = "IPv6 did not accept the DAD answers: 0 of 1" },
	{ "the counters of IPv6 could not be read", { SET(acceptance.known, false) },
	  .verdict = VERDICT_INVALID, .reason = "the kernel's counters of IPv6 could not be read" },
	{ "and are not needed where nothing is sent", { NO_ECHOES, SET(acceptance.known, false) },
	  .verdict = VERDICT_CLEAN },
	{ "in an order the echo must come",
	  { SET(spec.steps, 2), SET(steps_held, 2), SET(order_kept, true), SET(echoes_delivered, 0) },
	  .verdict = VERDICT_MISSED, .reason = "no echo reached the kernel" },
	{ "in an order the answer must come",
	  { ANSWERS(1, 1, 0, 0), SET(spec.steps, 2), SET(steps_held, 2), SET(order_kept, true) },
	  .verdict = VERDICT_MISSED, .reason = "no DAD answer reached the kernel" },
	{ "DAD failed, which is what an answer is for",
	  { NO_ECHOES, ANSWERS(1, 1, 1, 1), SET(dad_end, DAD_FAILED) },
	  .verdict = VERDICT_CLEAN, .reason = "came back 12 us after teardown" },
	{ "DAD failed by its own probe, which is no leak", { SET(dad_fooled, true) },
	  .verdict = VERDICT_CLEAN, .reason = "DAD failed although only the device's own probe came back" },
};
/* clang-format on */

static struct evidence clean_race(void)
{
	return (struct evidence){
		.spec = { .trial = 1, .arm = ARM_RACE, .hold_us = 5000, .echoes = 4 },
		.device = "dut",
		.flag_sets = 2,
		.opened = true,
		.closed = true,
		.held_ns = 5000100,
		.echoes_sent = 4,
		.echoes_delivered = 4,
		.echoes_accepted = 4,
		.acceptance.known = true,
		.echoes_inside = 4,
		.bringup_end = BRINGUP_EXITED,
		.baseline = { .found = true, .net_device = 3, .inet6_dev = 2 },
		.after = { .found = true, .net_device = 3, .inet6_dev = 2 },
		.settled = true,
		.settle_ns = 12345,
		/* of what hangs */
		.hang_stack =
			"[<0>] netdev_run_todo+0x1/0x2\n[<0>] dev_ioctl+0x1/0x2\n[<0>] __sys_sendto+0x1/0x2\n",
		/* in force where spec.steps says so */
		.steps = { { .thread = ORDER_THREAD_I,
			     .place = "stop",
			     .function = "veth_close",
			     .outcome = STEP_KEPT,
			     .passes = 9,
			     .until = ORDER_UNTIL_HELD,
			     .other = ORDER_THREAD_II },
			   { .thread = ORDER_THREAD_II,
			     .at_return = true,
			     .place = "uncached-route",
			     .function = "rt6_uncached_list_add",
			     .outcome = STEP_KEPT,
			     .passes = 7,
			     .until = ORDER_UNTIL_DONE,
			     .other = ORDER_THREAD_I } },
	};
}

static void apply(struct evidence *e, const struct setting *change)
{
	char *at = (char *)e + change->offset;

	switch (change->size) {
	case 1: *(bool *)at = change->value; break;
	case 4: *(int32_t *)(void *)at = (int32_t)change->value; break;
	case 8: *(int64_t *)(void *)at = change->value; break;
	case sizeof(e->hang_stack): *at = (char)change->value; break;
	default: fail_msg("a member of %zu bytes", change->size);
	}
}

static void judge(const struct verdict_case *c, struct judgement *judgement)
{
	enum object watched[] = { OBJECT_NET_DEVICE, OBJECT_INET6_DEV };
	const struct campaign campaign = {
		.watch = { .objects = watched, .nr_objects = c->nr_watched ? c->nr_watched : 2 }
	};
	struct evidence e = clean_race();

	e.klog_tie = KLOG_TIE_NET;
	for (const struct setting *change = c->changes; change->size; change++)
		apply(&e, change);
	if (c->klog)
		snprintf(e.klog.text, sizeof(e.klog.text), "%s", c->klog);
	if (c->put_right)
		snprintf(e.put_right, sizeof(e.put_right), "%s", c->put_right);
	if (c->said)
		snprintf(e.bringup_said, sizeof(e.bringup_said), "%s", c->said);
	memset(judgement, 0xff, sizeof(*judgement));
	if (c->nr_watched)
		memcpy(watched, c->watched, sizeof(watched));
	verdict_judge(&e, &campaign, judgement);
}

static void test_judge(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct verdict_case *c = &cases[i];
		struct judgement j;

		judge(c, &j);
		if (j.verdict != c->verdict ||
		    strcmp(j.object, c->object ? c->object : "") != 0 || j.delta != c->delta ||
		    j.pinned != c->pinned ||
		    strcmp(j.signature, c->signature ? c->signature : "") != 0 ||
		    !strstr(j.reason, c->reason ? c->reason : ""))
			fail_msg("%s: %s, object \"%s\", delta %lld, %spinned, \"%s\": %s",
				 c->name, verdict_names[j.verdict], j.object,
				 (long long)j.delta, j.pinned ? "" : "not ", j.signature,
				 j.reason);
		assert_true(j.reason[0]);
		assert_int_equal(verdict_fault(j.verdict), j.signature[0] != '\0');
	}
}

static bool is_a_reason(const char *sentence)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct judgement j;

		judge(&cases[i], &j);
		if (!strncmp(j.reason, sentence, strlen(sentence)))
			return true;
	}
	return false;
}

/* Each row of the tables is why some trial here is invalid or missed. */
static void test_each_doubt_has_a_case(void **state)
{
	const char *sentence;

	(void)state;
	for (uint32_t i = 0; (sentence = verdict_invalid_sentence(i)); i++)
		if (!is_a_reason(sentence))
			fail_msg("no trial of this test is invalid because %s", sentence);
	for (uint32_t i = 0; (sentence = verdict_missed_sentence(i)); i++)
		if (!is_a_reason(sentence))
			fail_msg("no trial of this test is missed because %s", sentence);
}

static void test_signature_is_the_same_in_each_trial(void **state)
{
	static const char *const lines[] = {
		"WARNING: CPU: 0 PID: 12 at net/core/dst.c:173 dst_release+0x6d/0x80 on "
		"ffff888004a7",
		"WARNING: CPU: 11 PID: 99999 at net/core/dst.c:9 dst_release+0x6/0x8 on "
		"ffff8881bcde",
	};
	struct judgement j[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		judge(&(struct verdict_case){ .changes = { SET(klog.kind, KLOG_WARN) },
					      .klog = lines[i] },
		      &j[i]);
	assert_string_equal(j[0].signature, j[1].signature);
}

static void test_words(void **state)
{
	(void)state;
	for (int v = 0; v < VERDICTS; v++) {
		assert_int_equal(verdict_fault(v), v == VERDICT_LEAK || v == VERDICT_HANG ||
							   v == VERDICT_KERNEL_BUG);
		assert_int_equal(verdict_valid(v), v == VERDICT_CLEAN || verdict_fault(v));
	}
}

/* --- the campaign --- */

/* clang-format off */
struct campaign_case {
	const char *name;
	uint32_t verdicts[ARMS][VERDICTS]; /* clean, leak, hang, kernel-bug, missed, invalid, skipped */
	enum campaign_verdict verdict;
	const char *reason;
	bool explored;
};

static const struct campaign_case campaigns[] = {
	{ "nothing ran", .verdict = CAMPAIGN_INCONCLUSIVE, .reason = "no trial was run" },
	{ "all clean", { { 60 }, { 60 }, { 60 }, { 60 } },
	  CAMPAIGN_CLEAN, "no fault in 60 valid trials of the race arm" },
	{ "one leak among many", { { 60 }, { 60 }, { 60 }, { 59, 1 } },
	  CAMPAIGN_FAULT, "1 of 240 trials shows a fault" },
	{ "a fault in the control arm is a fault", { { 59, 0, 1 }, { 60 }, { 60 }, { 60 } },
	  CAMPAIGN_FAULT, "1 of 240" },
	{ "a kernel bug is a fault", { [ARM_RACE] = { 0, 0, 0, 1 } }, CAMPAIGN_FAULT, "1 of 1" },
	{ "a fault outranks misses", { [ARM_RACE] = { 0, 1, 0, 0, 99 } }, CAMPAIGN_FAULT, "1 of 100" },
	{ "a fault outranks skips", { [ARM_RACE] = { 0, 1, 0, 0, 0, 0, 99 } }, CAMPAIGN_FAULT, "1 of 100" },
	{ "all skipped", { [ARM_HOLD] = { [VERDICT_SKIPPED] = 5 }, [ARM_RACE] = { [VERDICT_SKIPPED] = 5 } },
	  CAMPAIGN_SKIPPED, "every trial was skipped" },
	{ "the race skipped, the rest clean", { { 9 }, { 9 }, { 9 }, { [VERDICT_SKIPPED] = 9 } },
	  CAMPAIGN_INCONCLUSIVE, "no valid trial in the race arm" },
	{ "no valid race", { { 60 }, { 60 }, { 60 }, { [VERDICT_MISSED] = 60 } },
	  CAMPAIGN_INCONCLUSIVE, "no valid trial in the race arm" },
	{ "nine in ten races", { [ARM_RACE] = { 9, 0, 0, 0, 1 } }, CAMPAIGN_CLEAN, "no fault in 9 valid" },
	{ "less than nine in ten races", { [ARM_RACE] = { 899, 0, 0, 0, 101 } },
	  CAMPAIGN_INCONCLUSIVE, "only 899 of 1000 trials of the race arm are valid" },
	{ "orders that do not come about, of an explorer", { [ARM_RACE] = { 9, 0, 0, 0, 91 } },
	  CAMPAIGN_CLEAN, "no fault in 9 valid", .explored = true },
	{ "but no valid one", { [ARM_RACE] = { 0, 0, 0, 0, 91 } },
	  CAMPAIGN_INCONCLUSIVE, "no valid trial", .explored = true },
	{ "and holes in our evidence count", { [ARM_RACE] = { 8, 0, 0, 0, 90, 2 } },
	  CAMPAIGN_INCONCLUSIVE, "only 8 of 10 trials of the race arm", .explored = true },
	{ "less than nine in ten holds", { { 10 }, { 8, 0, 0, 0, 0, 2 }, { 10 }, { 10 } },
	  CAMPAIGN_INCONCLUSIVE, "only 8 of 10 trials of the hold arm" },
	{ "echoes may miss, without a hold", { { 10 }, { 10 }, { [VERDICT_MISSED] = 10 }, { 10 } },
	  CAMPAIGN_CLEAN, "of the race arm" },
	{ "but not when no other arm injects as much", { { 10 }, { 10 }, { [VERDICT_MISSED] = 10 } },
	  CAMPAIGN_INCONCLUSIVE, "no valid trial in the echo arm" },
	{ "one echo in time is then enough", { [ARM_ECHO] = { 1, 0, 0, 0, 9 } },
	  CAMPAIGN_CLEAN, "no fault in 1 valid trial of the echo arm" },
	{ "the control arm alone", { { 10 } }, CAMPAIGN_CLEAN, "of the control arm" },
};
/* clang-format on */

static void test_campaign(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(campaigns) / sizeof(campaigns[0]); i++) {
		const struct campaign_case *c = &campaigns[i];
		struct arm_tally arms[ARMS] = { 0 };
		enum campaign_verdict verdict;
		char reason[256] = "";

		for (int arm = 0; arm < ARMS; arm++) {
			memcpy(arms[arm].verdicts, c->verdicts[arm], sizeof(c->verdicts[arm]));
			for (int v = 0; v < VERDICTS; v++)
				arms[arm].trials += c->verdicts[arm][v];
		}
		arms[ARM_RACE].explored = c->explored;
		verdict = verdict_campaign(arms, reason, sizeof(reason));
		if (verdict != c->verdict || !strstr(reason, c->reason))
			fail_msg("%s: %s: %s", c->name, campaign_verdict_names[verdict],
				 reason);
	}
}

static void test_exit(void **state)
{
	(void)state;
	assert_int_equal(verdict_exit(CAMPAIGN_CLEAN), 0);
	assert_int_equal(verdict_exit(CAMPAIGN_FAULT), 1);
	assert_int_equal(verdict_exit(CAMPAIGN_INCONCLUSIVE), 3);
	assert_int_equal(verdict_exit(CAMPAIGN_SKIPPED), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_each_doubt_has_a_case),
		cmocka_unit_test(test_signature_is_the_same_in_each_trial),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_campaign),
		cmocka_unit_test(test_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
