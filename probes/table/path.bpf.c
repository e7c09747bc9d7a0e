// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Evidence of what the packet's path did: the route look-up, the source address selection and
 * its failure, the echo reply path. No verdict rests on these.
 *
 * A softirq runs on whatever task is current, so these ask for the device, not for the task.
 */
#include "table/common.bpf.h"

/*
 * fib6_table_lookup gives the namespace, not the device: the lane is found by flow's interface.
 */
SEC("tp_btf/fib6_table_lookup")
int BPF_PROG(path_route, const struct net *net, const struct fib6_result *res,
	     struct fib6_table *table, const struct flowi6 *flow)
{
	__u64 key = (__u64)BPF_CORE_READ(net, ns.inum) << 32 |
		    (__u32)BPF_CORE_READ(flow, __fl_common.flowic_oif);
	__u32 *slot = bpf_map_lookup_elem(&lane_of_device, &key);
	struct lane_state *lane = slot ? bpf_map_lookup_elem(&lanes, slot) : 0;

	if (lane && lane->trial && lane->opened == lane->trial)
		report(lane, *slot, RECORD_ROUTE, BPF_CORE_READ(table, tb6_id), 0, 0);
	return 0;
}

/* ipv6_dev_get_saddr(net, dst_dev, ...): which lane's device it is known at entry only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} selections SEC(".maps");

static __always_inline __u64 selection_key(void)
{
	return bpf_get_current_pid_tgid() << 32 | bpf_get_smp_processor_id();
}

static __always_inline void source_enter(struct net_device *dev)
{
	struct lane_state *lane;
	__u64 key = selection_key();
	__u32 slot;

	if (!dev)
		return;
	lane = lane_of_dev(dev, &slot);
	if (lane && lane->trial && lane->opened == lane->trial)
		bpf_map_update_elem(&selections, &key, &slot, BPF_ANY);
}

static __always_inline void source_return(int ret)
{
	__u64 key = selection_key();
	__u32 *slot = bpf_map_lookup_elem(&selections, &key);
	struct lane_state *lane = slot ? bpf_map_lookup_elem(&lanes, slot) : 0;

	if (!lane)
		return;
	if (lane->trial)
		report(lane, *slot, RECORD_SOURCE, ret, 0, 0);
	bpf_map_delete_elem(&selections, &key);
}

SEC("kprobe")
int BPF_KPROBE(source_kprobe, struct net *net, struct net_device *dev)
{
	source_enter(dev);
	return 0;
}

SEC("kretprobe")
int BPF_KRETPROBE(source_kretprobe, int ret)
{
	source_return(ret);
	return 0;
}

SEC("fentry/ipv6_dev_get_saddr")
int BPF_PROG(source_fentry, struct net *net, struct net_device *dev)
{
	source_enter(dev);
	return 0;
}

SEC("fexit/ipv6_dev_get_saddr")
int BPF_PROG(source_fexit, struct net *net, struct net_device *dev, void *daddr,
	     unsigned int prefs, void *saddr, int ret)
{
	source_return(ret);
	return 0;
}

static __always_inline void reply_enter(struct sk_buff *skb)
{
	struct lane_state *lane;
	__u32 slot;

	lane = lane_of_dev(BPF_CORE_READ(skb, dev), &slot);
	if (lane && lane->trial)
		report(lane, slot, RECORD_REPLY, 0, 0, 0);
}

SEC("kprobe")
int BPF_KPROBE(reply_kprobe, struct sk_buff *skb)
{
	reply_enter(skb);
	return 0;
}

SEC("fentry/icmpv6_echo_reply")
int BPF_PROG(reply_fentry, struct sk_buff *skb)
{
	reply_enter(skb);
	return 0;
}
