/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COMMON_BPF_H
#define DADRACE_COMMON_BPF_H

#include "table/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "record/record.h"

/*
 * What all programs share: the lanes, their rings, and the two questions "which lane does this
 * task belong to" and "which lane's device is this". A task or device of no lane passes
 * untouched: these questions are the whole of our reach.
 *
 * Each .bpf.c is compiled alone and then linked into one object; the maps are weak, so that
 * the linker keeps one of each.
 */
struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__array(values, struct ring);
} rings __weak SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct lane_state);
} lanes __weak SEC(".maps");

/* pid namespace inode -> slot */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} lane_of_pidns __weak SEC(".maps");

/* (network namespace inode, ifindex) -> slot */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS);
	__type(key, __u64);
	__type(value, __u32);
} lane_of_device __weak SEC(".maps");

/* include/uapi/asm-generic/errno-base.h */
#define E2BIG  7
#define EINVAL 22

/*
 * The verifier walks the turns of such a function once, and not on each way that leads to it.
 * It takes and returns numbers only: an address, too, is one.
 */
#define VERIFIED_ONCE __weak __noinline

struct who {
	__u32 pidns;
	__u32 pid; /* thread group, as its namespace numbers it */
};

/* The task's thread group in its own pid namespace: include/linux/pid.h, PIDTYPE_TGID is 1. */
static __always_inline struct who who_is(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, signal, pids[1]);
	unsigned int level = BPF_CORE_READ(pid, level);
	struct upid *number;

	number = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		 level * bpf_core_type_size(struct upid);
	return (struct who){
		.pidns = BPF_CORE_READ(number, ns, ns.inum),
		.pid = BPF_CORE_READ(number, nr),
	};
}

static __always_inline struct lane_state *lane_of_task(struct who who, __u32 *slot)
{
	__u32 *found = bpf_map_lookup_elem(&lane_of_pidns, &who.pidns);

	if (!found)
		return 0;
	*slot = *found;
	return bpf_map_lookup_elem(&lanes, slot);
}

static __always_inline struct lane_state *lane_of_dev(struct net_device *dev, __u32 *slot)
{
	__u64 key = (__u64)BPF_CORE_READ(dev, nd_net.net, ns.inum) << 32 |
		    (__u32)BPF_CORE_READ(dev, ifindex);
	__u32 *found = bpf_map_lookup_elem(&lane_of_device, &key);

	if (!found)
		return 0;
	*slot = *found;
	return bpf_map_lookup_elem(&lanes, slot);
}

/* Writes a record into the lane's ring; a full ring is counted, and makes the trial invalid. */
static __always_inline void report_at(struct lane_state *lane, __u32 slot, __u32 type,
				      __s64 value, __u32 pid, __u32 sequence, __u64 at_ns)
{
	struct record record = {
		.type = type,
		.trial = lane->trial,
		.at_ns = at_ns,
		.value = value,
		.pid = pid,
		.cpu = bpf_get_smp_processor_id(),
		.sequence = sequence,
	};
	void *ring = bpf_map_lookup_elem(&rings, &slot);

	if (!ring || bpf_ringbuf_output(ring, &record, sizeof(record), 0))
		__sync_fetch_and_add(&lane->lost, 1);
}

static __always_inline void report(struct lane_state *lane, __u32 slot, __u32 type, __s64 value,
				   __u32 pid, __u32 sequence)
{
	report_at(lane, slot, type, value, pid, sequence, bpf_ktime_get_ns());
}

#endif
