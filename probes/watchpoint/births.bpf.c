// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Objects that hold references to the device, from birth to death. Each is identified by its
 * address, so that an object that never dies is certain, and with it the path that made it.
 */
#include "watchpoint/watchpoint.bpf.h"
#include <bpf/bpf_tracing.h>

#define AF_INET6  10
#define MAX_ERRNO 4095

/* Those alive, by address; without those born before the watch began. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64); /* watchpoint_found.at of the count that it belongs to */
} births SEC(".maps");

static __always_inline void record(void *ctx, struct watchpoint_state *state,
				   enum watchpoint_type type, __u64 object)
{
	struct watchpoint_write *write;

	__sync_fetch_and_add(&state->hits, 1);
	write = reserve_write(state);
	if (!write)
		return;
	write->mark.type = type;
	write->mark.value = type == WATCHPOINT_BIRTH ? 1 : -1;
	write->mark.cpu = bpf_get_smp_processor_id();
	write->identity = object;
	say_who(write, ctx, state);
	__sync_fetch_and_add(&state->alive, type == WATCHPOINT_BIRTH ? 1 : -1);
	bpf_ringbuf_submit(write, 0);
}

static __always_inline int born(void *ctx, const void *pointer, const struct net_device *dev,
				enum watchpoint_kind kind)
{
	__u64 object = (__u64)pointer, key = alive_key(dev, kind);
	struct watchpoint_state *state = bpf_map_lookup_elem(&watchpoint_states, &key);

	if (!state)
		return 0;
	if (!bpf_map_update_elem(&births, &object, &key, BPF_NOEXIST))
		record(ctx, state, WATCHPOINT_BIRTH, object);
	else if (!bpf_map_lookup_elem(&births, &object)) /* else it was there already */
		__sync_fetch_and_add(&state->lost, 1);
	return 0;
}

/* Whatever it is: it is known by where it lies. */
SEC("kprobe")
int BPF_KPROBE(object_died, const void *pointer)
{
	__u64 object = (__u64)pointer;
	__u64 *key = bpf_map_lookup_elem(&births, &object);
	struct watchpoint_state *state = key ? bpf_map_lookup_elem(&watchpoint_states, key) : 0;

	if (state)
		record(ctx, state, WATCHPOINT_DEATH, object);
	if (key)
		bpf_map_delete_elem(&births, &object);
	return 0;
}

static __always_inline bool is_object(const void *pointer)
{
	return pointer && (__u64)pointer < (__u64)-MAX_ERRNO;
}

SEC("kretprobe")
int BPF_KRETPROBE(dst_born, struct dst_entry *dst)
{
	if (!is_object(dst) || BPF_CORE_READ(dst, ops, family) != AF_INET6)
		return 0;
	return born(ctx, dst, BPF_CORE_READ(dst, dev), WATCHPOINT_DSTS);
}

SEC("kretprobe")
int BPF_KRETPROBE(neighbour_born, struct neighbour *neighbour)
{
	if (!is_object(neighbour))
		return 0;
	return born(ctx, neighbour, BPF_CORE_READ(neighbour, dev), WATCHPOINT_NEIGHBOURS);
}

SEC("kretprobe")
int BPF_KRETPROBE(ifaddr_born, struct inet6_ifaddr *ifa)
{
	if (!is_object(ifa))
		return 0;
	return born(ctx, ifa, BPF_CORE_READ(ifa, idev, dev), WATCHPOINT_IFADDRS);
}
