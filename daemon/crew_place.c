// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crew_parts.h"

enum {
	WARM_UPS_MAX = 5,
	REST_LOOKS = 3,
	REST_LOOKS_MAX = 100,
};

/* /proc and /sys as a program in the lane expects them: of its own pid and network namespaces. */
static int mount_own_views(struct why *why)
{
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) ||
	    mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return why_set(
			why, errno,
			"lane: mounting /proc and /sys for the lane: %s; is CAP_SYS_ADMIN "
			"missing, or are they masked by a container?",
			strerror(errno));
	return 0;
}

static uint32_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Waits until the counts have not moved over a few RCU grace periods: membarrier waits for one. */
static struct counts wait_for_rest(struct crew *crew)
{
	struct counts last = crew_counts(crew);
	int same = 0;

	for (int i = 0; i < REST_LOOKS_MAX && same < REST_LOOKS; i++) {
		struct counts now;

		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		now = crew_counts(crew);
		same = crew_net_device_refs(&now) == crew_net_device_refs(&last) &&
				       now.inet6_dev == last.inet6_dev
			       ? same + 1
			       : 0;
		last = now;
	}
	return last;
}

/*
 * The first cycles of a device take references that stay for good (10 instead of 8, in the
 * 6.18 kernel): cycles are run until two of them end with the same counts. When a kernel leaks in every
 * cycle they never do, and the trials will tell.
 */
static int warm_up(struct crew *crew)
{
	const struct campaign *campaign = crew->ask->campaign;
	const struct testbed_device *dut = testbed_dut(crew->testbed);
	const struct testbed_device *peer = testbed_peer(crew->testbed);
	struct why *why = &crew->message.why;
	struct counts before = {0}, after = {0};
	sigset_t child;
	int err = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (int i = 0; !err && i < WARM_UPS_MAX; i++) {
		uint64_t deadline = loop_now() + campaign->bringup.deadline_ms * 1000000ULL;

		err = bringup_start(campaign, dut->name, peer ? peer->name : NULL,
				    &crew->bringup, why);
		if (err)
			break;
		bringup_go(&crew->bringup);
		while (loop_now() < deadline &&
		       waitpid(crew->bringup.pid, NULL, WNOHANG) == 0) {
			struct timespec left = {.tv_nsec = 100000000};

			sigtimedwait(&child, NULL, &left);
		}
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, 0) > 0)
			;
		bringup_forget(&crew->bringup);
		err = testbed_dut_down(crew->testbed, why);
		after = wait_for_rest(crew);
		if (!err && i &&
		    crew_net_device_refs(&after) == crew_net_device_refs(&before) &&
		    after.inet6_dev == before.inet6_dev)
			break;
		before = after;
	}
	return err;
}

int crew_open_place(struct crew *crew)
{
	const struct lane_ask *ask = crew->ask;
	struct testbed_ask testbed = {
		.campaign = ask->campaign, .lane = ask->number, .keep = ask->keep};
	struct why *why = &crew->message.why;
	int err;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return why_set(
			why, errno,
			"lane: a mount namespace of its own: %s; is CAP_SYS_ADMIN missing?",
			strerror(errno));
	crew->message.pidns_inum = inode_of("/proc/self/ns/pid");
	err = testbed_open(&testbed, &crew->testbed, why);
	if (!err)
		err = mount_own_views(why);
	if (!err)
		err = echoes_open(crew->testbed, ask->number, &crew->echoes, why);
	if (!err)
		err = warm_up(crew);
	return err;
}
