// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counts: our `::walk ill`. Run on demand (BPF_PROG_TEST_RUN) in the asking process, whose
 * network namespace is looked in; hooked to nothing.
 */
#include "table/counts.bpf.h"
#include "table/cpu_offset.bpf.h"
#include "table/neighbours.bpf.h"

const volatile __u32 nr_cpus = 1;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct counts);
} count_slots SEC(".maps");

/* 0 when every CPU's offset is known. */
SEC("raw_tp")
int counts_offsets(struct bpf_raw_tracepoint_args *ctx)
{
	for (__u32 i = 0; i < CPUS_MAX && i < nr_cpus; i++) {
		__u64 offset = 0;
		__u32 cpu = i; /* its address is taken: not the loop's counter */

		if (!offset_of_cpu(cpu, &offset))
			return 1;
		if (!offset && cpu)
			return 1;
		bpf_map_update_elem(&cpu_offsets, &cpu, &offset, BPF_ANY);
	}
	return 0;
}

/* Into the counts of the slot, of the inet6_dev at `idev`. */
VERIFIED_ONCE int read_addresses(__u64 idev, __u32 slot)
{
	struct counts *counts = bpf_map_lookup_elem(&count_slots, &slot);
	struct list_head *head =
		(void *)idev + bpf_core_field_offset(struct inet6_dev, addr_list);
	struct list_head *at = BPF_CORE_READ(head, next);

	if (!counts)
		return -EINVAL;
	counts->nr_addresses = 0;
	for (__u32 i = 0; i < 256; i++) {
		struct inet6_ifaddr *ifa;

		if (!at || at == head)
			break;
		ifa = (void *)at - bpf_core_field_offset(struct inet6_ifaddr, if_list);
		if (i < ADDRESSES_MAX) {
			struct counts_address *to = &counts->addresses[i & (ADDRESSES_MAX - 1)];

			BPF_CORE_READ_INTO(&to->address, ifa, addr);
			to->refcount = BPF_CORE_READ(ifa, refcnt.refs.counter);
			to->state = BPF_CORE_READ(ifa, state);
			to->flags = BPF_CORE_READ(ifa, flags);
			to->prefix_len = BPF_CORE_READ(ifa, prefix_len);
		}
		counts->nr_addresses++;
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

#define NETREG_UNREGISTERING 2
#define NETREG_UNREGISTERED  3

/*
 * The device that was at this address, if it is being unregistered there and not freed yet: it
 * is in no list any more.
 */
static __always_inline struct net_device *left_of(__u64 address, __u32 ifindex)
{
	struct net_device *dev = (void *)address;
	__u32 state;

	if (!dev || (__u32)BPF_CORE_READ(dev, ifindex) != ifindex)
		return 0;
	state = reg_state(dev);
	return state == NETREG_UNREGISTERING || state == NETREG_UNREGISTERED ? dev : 0;
}

/* Its inet6_dev has left it by then, and is there for as long as it is held. */
static __always_inline struct inet6_dev *inet6_left_of(__u64 address, struct net_device *dev)
{
	struct inet6_dev *idev = (void *)address;

	return idev && BPF_CORE_READ(idev, dev) == dev &&
			       BPF_CORE_READ(idev, refcnt.refs.counter) > 0 ?
		       idev :
		       0;
}

/*
 * args: ifindex, slot, then for what is left of a device its address and that of its inet6_dev,
 * and where the walk through the neighbours continues (probes_walk); what is left of a device
 * has no neighbours. At the end the slot is filled in; its `found` says whether the device
 * exists.
 */
SEC("raw_tp")
int counts_read(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 ifindex = ctx->args[0], slot = ctx->args[1], from = ctx->args[4];
	struct counts *counts = bpf_map_lookup_elem(&count_slots, &slot);
	struct net_device *dev = (void *)find_device(ifindex);
	struct inet6_dev *idev = 0;
	struct neighbour *none = 0;
	bool left = false;

	if (!counts)
		return -EINVAL;
	counts->at_ns = bpf_ktime_get_ns();
	counts->ifindex = ifindex;
	counts->dst = dst_count(current_netns());
	counts->net_device = counts->inet6_dev = counts->linkwatch_pending = 0;
	counts->nr_addresses = counts->nr_groups = counts->nr_tombs = 0;
	if (!from)
		counts->nr_neighbours = 0;
	if (!dev && (dev = left_of(ctx->args[2], ifindex))) {
		idev = inet6_left_of(ctx->args[3], dev);
		left = true;
	}
	counts->found = !!dev;
	if (!dev)
		return 0;

	counts->device = (__u64)dev;
	counts->flags = BPF_CORE_READ(dev, flags);
	counts->reg_state = reg_state(dev);
	counts->linkwatch_pending = linkwatch_pending(dev);
	counts->net_device = device_count(dev);
	BPF_CORE_READ_STR_INTO(&counts->name, dev, name);

	if (!idev)
		idev = BPF_CORE_READ(dev, ip6_ptr);
	counts->have_inet6_dev = !!idev;
	counts->inet6_dev_at = (__u64)idev;
	if (!idev)
		return 0;
	counts->inet6_dev = BPF_CORE_READ(idev, refcnt.refs.counter);
	counts->inet6_dev_dead = BPF_CORE_READ(idev, dead);
	read_addresses((__u64)idev, slot);
	counts->nr_groups = groups_in(BPF_CORE_READ(idev, mc_list));
	counts->nr_tombs = groups_in(BPF_CORE_READ(idev, mc_tomb));
	return left ? 0 : walk_neighbours(dev, idev, 0, from, &counts->nr_neighbours, &none);
}
