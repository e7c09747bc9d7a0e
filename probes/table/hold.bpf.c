// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hold by method stop, audited by the kernel itself: when our SIGSTOP was taken by the
 * bring-up's task, and when a SIGCONT, from us or another process, was sent to it.
 * kernel/signal.c takes and traces SIGSTOP under the siglock that a SIGCONT needs, so a SIGCONT
 * after the HELD record cannot be lost.
 */
#include "table/common.bpf.h"

#define SIGCONT 18
#define SIGSTOP 19

static __always_inline void signalled(struct task_struct *task, __u32 type)
{
	struct who who = who_is(task);
	struct lane_state *lane;
	__u32 slot;

	lane = lane_of_task(who, &slot);
	if (lane && lane->trial && lane->hold && lane->opened == lane->trial)
		report(lane, slot, type, 0, who.pid, 0);
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(hold_deliver, int sig)
{
	if (sig == SIGSTOP)
		signalled((struct task_struct *)bpf_get_current_task(), RECORD_HELD);
	return 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(hold_generate, int sig, struct kernel_siginfo *info, struct task_struct *task)
{
	if (sig == SIGCONT)
		signalled(task, RECORD_RELEASED);
	return 0;
}
