/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_COUNTS_BPF_H
#define DADRACE_COUNTS_BPF_H

#include "table/list.bpf.h"

/* enum netdev_state_t, include/linux/netdevice.h: in this place since 2.6 */
#define LINK_STATE_LINKWATCH_PENDING 3

/* Where each CPU's per-CPU data lie; filled once by counts_offsets. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CPUS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} cpu_offsets __weak SEC(".maps");

extern const volatile __u32 nr_cpus; /* possible ones */

/* The sum over CPUs of the per-CPU int at `base`; single ones may well be negative. */
VERIFIED_ONCE __s64 sum_of_cpus(__u64 base)
{
	__s64 sum = 0;

	for (__u32 i = 0; i < CPUS_MAX && i < nr_cpus; i++) {
		__u32 cpu = i; /* its address is taken: not the loop's counter */
		__u64 *offset;
		int one = 0;

		offset = bpf_map_lookup_elem(&cpu_offsets, &cpu);
		if (!offset)
			break;
		bpf_probe_read_kernel(&one, sizeof(one), (void *)(base + *offset));
		sum += one;
	}
	return sum;
}

/* The device's reference count. */
static __always_inline __s64 device_count(struct net_device *dev)
{
	if (bpf_core_field_exists(dev->pcpu_refcnt))
		return sum_of_cpus((__u64)BPF_CORE_READ(dev, pcpu_refcnt));
	return BPF_CORE_READ(dev, dev_refcnt.refs.counter);
}

/*
 * The IPv6 dst entries that exist in a network namespace (include/net/dst_ops.h,
 * dst_entries_get_slow); those of local addresses are not counted by the kernel (DST_NOCOUNT).
 */
static __always_inline __s64 dst_count(struct net *net)
{
	__s64 sum = BPF_CORE_READ(net, ipv6.ip6_dst_ops.pcpuc_entries.count);

	if (bpf_core_field_exists(net->ipv6.ip6_dst_ops.pcpuc_entries.counters))
		sum += sum_of_cpus(
			(__u64)BPF_CORE_READ(net, ipv6.ip6_dst_ops.pcpuc_entries.counters));
	return sum;
}

static __always_inline __u32 linkwatch_pending(struct net_device *dev)
{
	return BPF_CORE_READ(dev, state) >> LINK_STATE_LINKWATCH_PENDING & 1;
}

/* In a list of the device's multicast groups, which hold its inet6_dev. */
static __always_inline __u32 groups_in(struct ifmcaddr6 *first)
{
	return list_length((__u64)first, bpf_core_field_offset(struct ifmcaddr6, next));
}

static __always_inline __u32 reg_state(struct net_device *dev)
{
	struct net_device___byte *byte = (void *)dev;
	struct net_device___bits *bits = (void *)dev;

	if (bpf_core_field_exists(byte->reg_state))
		return BPF_CORE_READ(byte, reg_state);
	return BPF_CORE_READ_BITFIELD_PROBED(bits, reg_state);
}

#define INDEX_BUCKETS 256 /* NETDEV_HASHENTRIES, net/core/dev.h */

static __always_inline struct net *current_netns(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, nsproxy, net_ns);
}

/*
 * The address of the struct net_device, in the network namespace of the process that runs the
 * program; 0: there is none.
 */
VERIFIED_ONCE __u64 find_device(__u32 ifindex)
{
	struct hlist_head *heads = BPF_CORE_READ(current_netns(), dev_index_head);
	struct hlist_node *at = BPF_CORE_READ(&heads[ifindex & (INDEX_BUCKETS - 1)], first);

	for (int i = 0; i < 256 && at; i++) {
		struct net_device *dev =
			(void *)at - bpf_core_field_offset(struct net_device, index_hlist);

		if ((__u32)BPF_CORE_READ(dev, ifindex) == ifindex)
			return (__u64)dev;
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

#endif
