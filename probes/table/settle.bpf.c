// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settling, event-driven: late references are dropped by RCU callbacks, timers and received
 * packets (softirqs) and by work items (linkwatch, garbage collection). At the end of each of
 * these, and only while a lane is settling, its counts are compared with what it waits for.
 */
#include "table/counts.bpf.h"

/* Bit n: the lane in slot n waits. Set and cleared by user space. */
volatile __u64 settling = 0;

/* More than that many wait their turn: this runs at the end of a softirq. */
#define LOOKS_AT_ONCE 8

/*
 * The references to inet6_dev that are still to be dropped: without those of MLD's records of
 * groups that were left.
 */
static __always_inline __s64 inet6_dev_count(struct inet6_dev *idev)
{
	return (__s64)BPF_CORE_READ(idev, refcnt.refs.counter) -
	       groups_in(BPF_CORE_READ(idev, mc_tomb));
}

static __always_inline bool is_settled(struct lane_state *lane, struct net_device *dev)
{
	if (lane->watched & WATCH_NET_DEVICE &&
	    device_count(dev) - linkwatch_pending(dev) != lane->settle_net_device)
		return false;
	if (lane->watched & WATCH_INET6_DEV &&
	    inet6_dev_count(BPF_CORE_READ(dev, ip6_ptr)) != lane->settle_inet6_dev)
		return false;
	return !(lane->watched & WATCH_DST) ||
	       dst_count(BPF_CORE_READ(dev, nd_net.net)) == lane->settle_dst;
}

VERIFIED_ONCE int look_at(__u32 slot)
{
	struct lane_state *lane = bpf_map_lookup_elem(&lanes, &slot);
	struct net_device *dev;
	__u32 trial;

	if (!lane)
		return 0;
	trial = *(volatile __u32 *)&lane->trial; /* it may be another one at the end of this */
	if (!trial || lane->settled == trial)
		return 0;
	dev = (void *)lane->device;
	if ((__u32)BPF_CORE_READ(dev, ifindex) != lane->ifindex)
		return 0;
	if (is_settled(lane, dev)) {
		lane->settled = trial;
		report(lane, slot, RECORD_SETTLED, 0, 0, 0);
	}
	lane->looked = trial; /* read before settled */
	return 0;
}

/* The number of the lowest bit, by de Bruijn's sequence: BPF has no instruction for it. */
static const __u8 lowest_bit[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

static __always_inline void look(void)
{
	__u64 waiting = settling;

	for (int i = 0; i < LOOKS_AT_ONCE && waiting; i++) {
		look_at(lowest_bit[(waiting & -waiting) * 0x022fdd63cc95386dULL >> 58]);
		waiting &= waiting - 1;
	}
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(settle_softirq, unsigned int vector)
{
	if (settling)
		look();
	return 0;
}

SEC("tp_btf/workqueue_execute_end")
int BPF_PROG(settle_work, struct work_struct *work)
{
	if (settling)
		look();
	return 0;
}
