// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The holds of an order: a busy delay inside any kernel function, at its entry or its return,
 * for a thread of a lane, until the other thread is where it should be.
 *
 * fentry and fexit blind nothing while they delay; a kprobe program that delays blinds the
 * other kprobe and perf programs of that CPU, so it is the second choice. Preemption and
 * interrupts are as the hook leaves them: nothing is switched off here.
 */
#include "table/step.bpf.h"

#define TURNS  (1 << 23) /* the most that bpf_loop takes; about half a second */
#define ROUNDS 16

__u64 step_passes[STEPS_MAX];
const volatile __u32 step_polls = 0;

/* 1: no further turn. */
static long turn(__u32 index, struct wait *wait)
{
	return *wait->event == wait->armed || bpf_ktime_get_ns() >= wait->until_ns ||
	       *wait->trial != wait->armed;
}

static __always_inline void spin(struct wait *wait)
{
	for (int i = 0; i < ROUNDS && bpf_loop(TURNS, turn, wait, 0) == TURNS; i++)
		;
}

STEP(step, 0)
STEP(step, 1)
STEP(step, 2)
STEP(step, 3)
STEP(step, 4)
STEP(step, 5)
STEP(step, 6)
STEP(step, 7)
STEP(step, 8)
STEP(step, 9)
STEP(step, 10)
STEP(step, 11)
