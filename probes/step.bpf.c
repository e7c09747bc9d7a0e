// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The holds of an order: a busy delay inside any kernel function, at its entry or its return, for
 * a thread of a lane, until the other thread is where it should be.
 *
 * fentry and fexit blind nothing while they delay; a kprobe program that delays blinds the other
 * kprobe and perf programs of that CPU, so it is the second choice. Preemption and interrupts are as the
 * hook leaves them: nothing is switched off here.
 */
#include "common.bpf.h"

#define ETIMEDOUT 110
#define TURNS	  (1 << 23) /* the most that bpf_loop takes; about half a second */
#define ROUNDS	  16

enum { UNTIL_TIME, UNTIL_HELD, UNTIL_DONE }; /* enum order_until */

struct wait {
	struct lane_state *lane;
	__u64 until_ns;
	__u32 until;
	__u32 other;
	__s32 outcome; /* 1: goes on */
	__u32 trial;
};

static long turn(__u32 index, struct wait *wait)
{
	volatile struct lane_state *lane = wait->lane;
	__u32 other = wait->other == 1 ? 1 : 2;

	if (lane->trial != wait->trial)
		wait->outcome = -ETIMEDOUT;
	else if (wait->until == UNTIL_HELD && lane->held[other] == wait->trial)
		wait->outcome = 0;
	else if (wait->until == UNTIL_DONE && lane->done[other] == wait->trial)
		wait->outcome = 0;
	else if (bpf_ktime_get_ns() >= wait->until_ns)
		wait->outcome = wait->until == UNTIL_TIME ? 0 : -ETIMEDOUT;
	return wait->outcome != 1;
}

static __always_inline void hold(__u32 index)
{
	struct who who = who_is((struct task_struct *)bpf_get_current_task());
	struct lane_state *lane;
	struct wait wait = {};
	__u32 slot, thread = who.pid == 1 ? 2 : 1;

	lane = lane_of_task(who, &slot);
	if (!lane || !lane->trial || lane->opened != lane->trial ||
	    lane->steps[index].thread != thread || lane->reached[index] == lane->trial)
		return;
	lane->reached[index] = lane->trial;
	report(lane, slot, RECORD_STEP_HELD, 0, who.pid, index + 1);
	lane->held[thread] = lane->trial;

	wait.lane = lane;
	wait.trial = lane->trial;
	wait.until = lane->steps[index].until;
	wait.until_ns = bpf_ktime_get_ns() + lane->steps[index].most_ns;
	wait.other = 3 - thread;
	wait.outcome = 1;
	for (int i = 0; i < ROUNDS && wait.outcome == 1; i++)
		bpf_loop(TURNS, turn, &wait, 0);
	report(lane, slot, RECORD_STEP_RELEASED, wait.outcome == 1 ? -ETIMEDOUT : wait.outcome,
	       who.pid, index + 1);
}

#define STEP(index)                           \
	SEC("fentry/dev_change_flags")        \
	int step_fentry_##index(void *ctx)    \
	{                                     \
		hold(index);                  \
		return 0;                     \
	}                                     \
	SEC("fexit/dev_change_flags")         \
	int step_fexit_##index(void *ctx)     \
	{                                     \
		hold(index);                  \
		return 0;                     \
	}                                     \
	SEC("kprobe")                         \
	int step_kprobe_##index(void *ctx)    \
	{                                     \
		hold(index);                  \
		return 0;                     \
	}                                     \
	SEC("kretprobe")                      \
	int step_kretprobe_##index(void *ctx) \
	{                                     \
		hold(index);                  \
		return 0;                     \
	}

STEP(0)
STEP(1)
STEP(2)
STEP(3)
