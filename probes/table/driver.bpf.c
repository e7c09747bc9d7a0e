// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a device's driver gives the kernel to call. Run on demand (BPF_PROG_TEST_RUN) in the
 * asking process, whose network namespace is looked in; hooked to nothing.
 */
#include "table/counts.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct driver_calls);
} driver_slot SEC(".maps");

/* Of the NAPI that was added first, which receives: drivers add those for sending after it. */
static __always_inline __u64 poll_of(struct net_device *dev)
{
	struct list_head *head =
		(void *)dev + bpf_core_field_offset(struct net_device, napi_list);
	struct list_head *last = BPF_CORE_READ(head, prev);
	struct napi_struct *napi =
		(void *)last - bpf_core_field_offset(struct napi_struct, dev_list);

	return last && last != head ? (__u64)BPF_CORE_READ(napi, poll) : 0;
}

/* args: ifindex. 0 when the slot is filled in. */
SEC("raw_tp")
int driver_read(struct bpf_raw_tracepoint_args *ctx)
{
	struct net_device *dev = (void *)find_device(ctx->args[0]);
	struct driver_calls calls = {};
	__u32 zero = 0;

	if (!dev)
		return 1;
	calls.open = (__u64)BPF_CORE_READ(dev, netdev_ops, ndo_open);
	calls.stop = (__u64)BPF_CORE_READ(dev, netdev_ops, ndo_stop);
	calls.poll = poll_of(dev);
	return bpf_map_update_elem(&driver_slot, &zero, &calls, BPF_ANY) ? 1 : 0;
}
