// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settling, event-driven: late references are dropped by RCU callbacks, timers and received packets
 * (softirqs) and by work items (linkwatch, garbage collection). At the end of each of these,
 * and only while a lane is settling, its two counts are compared with what it waits for.
 */
#include "counts.bpf.h"

/* Bit n: the lane in slot n waits. Set and cleared by user space. */
volatile __u64 settling = 0;

static __always_inline void look(void)
{
	__u64 waiting = settling;

	for (__u32 i = 0; i < LANES_MAX && waiting >> i; i++) {
		__u32 slot = i;
		struct lane_state *lane;
		struct net_device *dev;

		if (!(waiting >> i & 1))
			continue;
		lane = bpf_map_lookup_elem(&lanes, &slot);
		if (!lane || !lane->trial || lane->settled == lane->trial)
			continue;
		dev = (void *)lane->device;
		if ((__u32)BPF_CORE_READ(dev, ifindex) != lane->ifindex ||
		    device_count(dev) - linkwatch_pending(dev) != lane->settle_net_device ||
		    BPF_CORE_READ(dev, ip6_ptr, refcnt.refs.counter) != lane->settle_inet6_dev)
			continue;
		lane->settled = lane->trial;
		report(lane, slot, RECORD_SETTLED, 0, 0, 0);
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
