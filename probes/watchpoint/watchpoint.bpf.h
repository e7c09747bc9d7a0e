/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WATCHPOINT_BPF_H
#define DADRACE_WATCHPOINT_BPF_H

#include "table/common.bpf.h"

#include "record/watchpoint_record.h" /* after the kernel's types */

/*
 * What the watchpoints and the births and deaths share: where records go, and who is written
 * into them.
 */

struct watchpoint_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WATCHPOINT_RING_BYTES);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__array(values, struct watchpoint_ring);
} watchpoint_rings __weak SEC(".maps");

/* watchpoint_found.at -> what is watched there */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SLOTS *WATCHPOINT_OBJECTS_MAX);
	__type(key, __u64);
	__type(value, struct watchpoint_state);
} watchpoint_states __weak SEC(".maps");

/* The number of the current thread group in a pid namespace; 0 when it has none there. */
static __always_inline __u32 pid_in(__u32 pidns_inum, __u32 level)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(task, signal, pids[1]);
	struct upid *number = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			      (__u64)level * bpf_core_type_size(struct upid);

	if (level > BPF_CORE_READ(pid, level) ||
	    BPF_CORE_READ(number, ns, ns.inum) != pidns_inum)
		return 0;
	return BPF_CORE_READ(number, nr);
}

/* No counter lies in the first bytes of a net_device. */
static __always_inline __u64 alive_key(const struct net_device *dev, __u32 kind)
{
	return (__u64)dev + kind;
}

/*
 * A debug exception counts as NMI: bpf_ringbuf_reserve() only tries its lock there. Nobody
 * keeps that lock for long, so it is tried again, and what is lost all the same is counted.
 * NULL: lost.
 */
static __always_inline struct watchpoint_write *reserve_write(struct watchpoint_state *state)
{
	enum { TRIES = 64 };
	void *ring = bpf_map_lookup_elem(&watchpoint_rings, &state->slot);

	for (int i = 0; ring && i < TRIES; i++) {
		struct watchpoint_write *write = bpf_ringbuf_reserve(ring, sizeof(*write), 0);

		if (write)
			return write;
	}
	__sync_fetch_and_add(&state->lost, 1);
	return 0;
}

/* All of a record that does not depend on what was written. */
static __always_inline void say_who(struct watchpoint_write *write, void *ctx,
				    const struct watchpoint_state *state)
{
	long bytes;

	write->mark.object = state->object;
	write->mark.at_ns = bpf_ktime_get_ns();
	write->pid = pid_in(state->pidns_inum, state->pidns_level);
	bpf_get_current_comm(write->comm, sizeof(write->comm));
	bytes = bpf_get_stack(ctx, write->frames, sizeof(write->frames), 0);
	write->nr_frames = bytes > 0 ? bytes / sizeof(write->frames[0]) : 0;
}

#endif
