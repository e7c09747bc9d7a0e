// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Thread DAD of an order: the kernel's worker that runs addrconf_dad_work() for an address of a
 * lane's device. It belongs to no lane's pid namespace, so it is known by its task, while it is
 * inside.
 */
#include "table/dad.bpf.h"

static __always_inline void dad_enter(struct work_struct *work)
{
	struct inet6_ifaddr *address =
		(void *)work - bpf_core_field_offset(struct inet6_ifaddr, dad_work.work);
	__u64 task = bpf_get_current_task();
	__u32 slot;

	if (lane_of_dev(BPF_CORE_READ(address, idev, dev), &slot))
		bpf_map_update_elem(&dad_workers, &task, &slot, BPF_ANY);
}

static __always_inline void dad_leave(void)
{
	__u64 task = bpf_get_current_task();
	__u32 slot;
	struct lane_state *lane = lane_of_worker(task, &slot);
	bool awaited = false;

	if (!lane)
		return;
	bpf_map_delete_elem(&dad_workers, &task);
	for (int i = 0; i < STEPS_MAX && !awaited; i++)
		awaited = lane->steps[i].thread == THREAD_DAD && lane->steps[i].most_ns;
	if (lane->trial && lane->opened == lane->trial &&
	    (!awaited || lane->held[THREAD_DAD] == lane->trial))
		lane->done[THREAD_DAD] = lane->trial;
}

SEC("kprobe")
int BPF_KPROBE(dad_kprobe, struct work_struct *work)
{
	dad_enter(work);
	return 0;
}

SEC("kretprobe")
int dad_kretprobe(void *ctx)
{
	dad_leave();
	return 0;
}

SEC("fentry/addrconf_dad_work")
int BPF_PROG(dad_fentry, struct work_struct *work)
{
	dad_enter(work);
	return 0;
}

SEC("fexit/addrconf_dad_work")
int dad_fexit(void *ctx)
{
	dad_leave();
	return 0;
}
