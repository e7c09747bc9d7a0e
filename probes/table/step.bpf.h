/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_STEP_BPF_H
#define DADRACE_STEP_BPF_H

#include "table/dad.bpf.h"

/*
 * What both kinds of holds share (step.bpf.c spins on bpf_loop, step_old.bpf.c without it):
 * which task to hold, what it waits for, and the records around it. Each defines spin().
 */
#define ETIMEDOUT 110
#define ECANCELED 125

enum { UNTIL_TIME, UNTIL_HELD, UNTIL_DONE, UNTIL_CHANGED }; /* enum order_until */

struct wait {
	volatile __u32 *trial; /* zeroed when the trial ends */
	volatile __u32 *event; /* becomes the trial's number when the event has occurred */
	__u64 until_ns;
	__u32 armed; /* the trial's number */
};

/* Busy until the event, the time, or the end of the trial. */
static __always_inline void spin(struct wait *wait);

/*
 * Calls, by any task, since the step was hooked: none where the function is inlined.
 */
extern __u64 step_passes[STEPS_MAX];

/*
 * Steps at a driver's poll, one bit each. What it receives is thread II's, in the softirq of
 * whichever task it has interrupted; its argument tells of which device.
 */
extern const volatile __u32 step_polls;

static __always_inline struct lane_state *lane_of_poll(__u64 napi, __u32 *slot)
{
	struct net_device *dev = BPF_CORE_READ((struct napi_struct *)napi, dev);

	return dev ? lane_of_dev(dev, slot) : 0;
}

static __always_inline void hold(__u32 index, __u64 napi)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct who who = who_is(task);
	__u32 slot, other, thread = THREAD_DAD;
	struct lane_state *lane;
	struct wait wait = {};
	__u64 from_ns, to_ns;
	__s64 outcome = 0;

	__sync_fetch_and_add(&step_passes[index], 1);
	lane = napi ? lane_of_poll(napi, &slot) : lane_of_task(who, &slot);
	if (napi)
		thread = THREAD_II;
	else if (lane)
		thread = who.pid == lane->sender ? THREAD_II : THREAD_I;
	else
		lane = lane_of_worker((__u64)task, &slot);
	if (lane && thread == THREAD_I && who.pid == 1)
		return; /* it must stay free to release the others */
	if (!lane || !lane->trial || lane->opened != lane->trial ||
	    lane->steps[index].thread != thread || lane->reached[index] == lane->trial)
		return;
	if (lane->steps[index].skips) {
		lane->steps[index].skips--;
		return;
	}
	lane->reached[index] = lane->trial;
	if (!lane->steps[index].most_ns)
		return;
	from_ns = bpf_ktime_get_ns();
	report_at(lane, slot, RECORD_STEP_HELD, 0, who.pid, index + 1, from_ns);
	lane->held[thread] = lane->trial;

	other = lane->steps[index].other % STEP_THREADS;
	wait.armed = lane->trial;
	wait.trial = &lane->trial;
	wait.event = lane->steps[index].until == UNTIL_DONE    ? &lane->done[other] :
		     lane->steps[index].until == UNTIL_CHANGED ? &lane->changed :
								 &lane->held[other];
	wait.until_ns = from_ns + lane->steps[index].most_ns;
	spin(&wait);
	to_ns = bpf_ktime_get_ns();
	if (*wait.trial != wait.armed)
		outcome = -ECANCELED;
	else if (lane->steps[index].until != UNTIL_TIME && *wait.event != wait.armed)
		outcome = -ETIMEDOUT;
	report_at(lane, slot, RECORD_STEP_RELEASED, outcome, who.pid, index + 1, to_ns);
}

/* Not every function has an argument: the verifier must not see the reading of one. */
#define NAPI(index, argument) (step_polls >> (index)&1 ? (__u64)(argument) : 0)

#define STEP(kind, index)                                                 \
	SEC("fentry/dev_change_flags")                                    \
	int kind##_fentry_##index(__u64 *ctx)                             \
	{                                                                 \
		hold(index, NAPI(index, ctx[0]));                         \
		return 0;                                                 \
	}                                                                 \
	SEC("fexit/dev_change_flags")                                     \
	int kind##_fexit_##index(__u64 *ctx)                              \
	{                                                                 \
		hold(index, NAPI(index, ctx[0]));                         \
		return 0;                                                 \
	}                                                                 \
	SEC("kprobe")                                                     \
	int kind##_kprobe_##index(struct pt_regs *ctx)                    \
	{                                                                 \
		hold(index, NAPI(index, PT_REGS_PARM1(ctx)));             \
		return 0;                                                 \
	}                                                                 \
	SEC("kretprobe")                                                  \
	int kind##_kretprobe_##index(void *ctx)                           \
	{                                                                 \
		hold(index, 0); /* where the argument was is not known */ \
		return 0;                                                 \
	}

#endif
