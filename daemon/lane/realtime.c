// SPDX-License-Identifier: GPL-2.0-or-later
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include "io/loop.h"
#include "lane/realtime.h"

enum { TURN_US = 50000 };

bool realtime_suits(const struct campaign *campaign)
{
	return !campaign->nr_order && campaign->explore.mode == EXPLORE_OFF;
}

static int schedule(int policy, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param);
}

static volatile sig_atomic_t lost;

/* It has run for too long without a wait. */
static void give_back(int signal)
{
	(void)signal;
	lost = 1;
	schedule(SCHED_OTHER, 0);
}

static void limit_turn(rlim_t us)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_RTTIME, &limit))
		return;
	limit.rlim_cur = us < limit.rlim_max ? us : limit.rlim_max;
	setrlimit(RLIMIT_RTTIME, &limit);
}

bool realtime_begin(void)
{
	if (schedule(SCHED_RR, 1))
		return false;
	lost = 0;
	signal(SIGXCPU, give_back);
	limit_turn(TURN_US);
	return true;
}

/* What is started later by a command has the limit of the machine. */
bool realtime_end(void)
{
	schedule(SCHED_OTHER, 0);
	limit_turn(RLIM_INFINITY);
	return !lost;
}

void realtime_wait(uint64_t until_ns)
{
	while (loop_now() < until_ns)
		;
}
