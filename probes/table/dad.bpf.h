/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DAD_BPF_H
#define DADRACE_DAD_BPF_H

#include "table/common.bpf.h"

enum { THREAD_I = 1, THREAD_II, THREAD_DAD }; /* enum order_thread */

/* The kernel's workers that are in addrconf_dad_work for a lane's device: task -> slot. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} dad_workers __weak SEC(".maps");

static __always_inline struct lane_state *lane_of_worker(__u64 task, __u32 *slot)
{
	__u32 *found = bpf_map_lookup_elem(&dad_workers, &task);

	if (!found)
		return 0;
	*slot = *found;
	return bpf_map_lookup_elem(&lanes, slot);
}

#endif
