// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "change/change.h"
#include "lane/program.h"
#include "lane/realtime.h"
#include "lane/worker_parts.h"
#include "spec/deadlines.h"
#include "spec/device.h"

enum {
	CYCLES_TIMED = 2,
	WARM_UPS_MAX = 5,
	/*
	 * Warm-up: for a DAD that never ends, where there is none. A bridge's begins after up
	 * to 1 s.
	 */
	PLAIN_MS = 2500,
};

static uint32_t inode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Waits until the bring-up has ended; beyond its deadline it is ended. */
static void wait_for_end(const struct worker *worker)
{
	uint64_t deadline = loop_now() + worker->plain.bringup.deadline_ms * 1000000ULL;
	struct timespec look = { .tv_nsec = 100000000 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (loop_now() < deadline)
		if (waitpid(worker->bringup.pid, NULL, WNOHANG))
			return;
		else
			sigtimedwait(&child, NULL, &look);
	kill(worker->bringup.pid, SIGKILL);
	waitpid(worker->bringup.pid, NULL, 0);
}

int worker_cycle(struct worker *worker)
{
	struct why *why = &worker->message.why;
	const struct bringup_does nothing = { .change = CHANGE_NONE,
					      .program = worker->program };
	int err =
		bringup_start(&worker->plain, worker->testbed, &nothing, &worker->bringup, why);

	if (err)
		return err;
	bringup_go(&worker->bringup);
	wait_for_end(worker);
	bringup_forget(&worker->bringup);
	err = testbed_dut_down(worker->testbed, why);
	worker->baseline = worker_rest(worker);
	return err;
}

/*
 * The first cycles of a device take references that it keeps (10 instead of 8 in Linux 6.18).
 * So plain cycles of our own run until two of them end with the same counts. The campaign's
 * bring-up is not among them: what its first run leaves behind has to show in the first trial.
 * On a kernel that leaks in every cycle the counts never agree, which the trials will show.
 */
static int warm_up(struct worker *worker)
{
	struct campaign *plain = &worker->plain;
	sigset_t child;
	int err = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	*plain = *worker->ask->campaign;
	plain->bringup.kind = BRINGUP_DO_DAD;
	/* The carrier of a real device alone takes longer. */
	if (!device_is_real(plain->device.kind) && plain->bringup.deadline_ms > PLAIN_MS)
		plain->bringup.deadline_ms = PLAIN_MS;
	for (int i = 0; !err && i < WARM_UPS_MAX; i++) {
		struct counts before = worker->baseline;

		err = worker_cycle(worker);
		if (i && worker_same_counts(worker, &worker->baseline, &before))
			break;
	}
	return err;
}

static int time_cycle(struct worker *worker, uint64_t *ns)
{
	struct why *why = &worker->message.why;
	uint64_t began_ns = loop_now();
	int err = testbed_dut_set(worker->testbed, true, why);

	if (!err)
		err = testbed_dut_down(worker->testbed, why);
	*ns = loop_now() - began_ns;
	return err;
}

/* The fastest counts: the first one makes what later ones find, and others may be at work. */
static int measure(struct worker *worker)
{
	uint64_t fastest_ns = UINT64_MAX, ns;
	int err = 0;

	for (int i = 0; !err && i < CYCLES_TIMED; i++) {
		err = time_cycle(worker, &ns);
		if (ns < fastest_ns)
			fastest_ns = ns;
	}
	worker->slowed = *worker->ask;
	worker->slowed_campaign = *worker->ask->campaign;
	worker->slowed.campaign = &worker->slowed_campaign;
	worker->message.slow = slow_percent(worker->ask->campaign->device.kind, fastest_ns);
	deadlines_lengthen(&worker->slowed_campaign, worker->message.slow);
	worker->ask = &worker->slowed;
	return err;
}

static bool answers_dad(const struct campaign *campaign)
{
	for (uint32_t i = 0; i < campaign->dad.nr_answer; i++)
		if (campaign->dad.answer[i] != DAD_ANSWER_NONE)
			return true;
	return false;
}

static int identify(struct worker *worker)
{
	const struct testbed_device *dut = testbed_dut(worker->testbed);
	struct lane_identity *identity = &worker->message.identity;

	identity->pidns_inum = inode_of("/proc/self/ns/pid");
	identity->netns_inum = dut->netns_inum;
	identity->ifindex = dut->ifindex;
	snprintf(identity->device, sizeof(identity->device), "%s", dut->name);
	return testbed_ways(worker->testbed, &identity->ways, &worker->message.why);
}

/*
 * An explorer has others to draw, but a VRF is made for it, too: the first one of a namespace
 * leaves rules (vrf_add_fib_rules()), and trials after it would differ from those before.
 * Devices that exist are in a namespace of others.
 */
static int check_changes(const struct lane_ask *ask, struct why *why)
{
	const struct campaign *campaign = ask->campaign;

	if (campaign->device.kind == DEVICE_EXISTING)
		return 0;
	for (uint32_t i = 0; i < campaign->bringup.nr_change; i++) {
		enum change_kind change = campaign->bringup.change[i];

		if (change_is_known(change) || ask->draws)
			continue;
		if (change == CHANGE_RENAME)
			return why_exit(
				why, EXIT_CANNOT, EOPNOTSUPP,
				"bringup.change rename: this kernel renames no device that is up (Linux does since 6.2); remove it from the list");
		return why_exit(
			why, EXIT_CANNOT, EOPNOTSUPP,
			"bringup.change %s: this kernel has no such devices (%s); remove it from the list",
			change_names[change], device_kinds[device_of_change(change)].option);
	}
	return 0;
}

int worker_set_up(struct worker *worker)
{
	const struct lane_ask *ask = worker->ask;
	struct testbed_ask testbed = { .campaign = ask->campaign,
				       .lane = ask->number,
				       .slot = ask->slot,
				       .keep = ask->keep };
	struct why *why = &worker->message.why;
	int err;

	worker->program = program_open();
	/* Before the lane has mounts of its own: names and journals have to outlive it. */
	err = testbed_open(&testbed, &worker->testbed, why);
	if (!err)
		err = check_changes(ask, why);
	if (!err)
		err = identify(worker);
	if (!err)
		err = jail_open(&worker->jail, ask->number, why);
	if (!err)
		err = jail_close(ask->campaign->bringup.kind == BRINGUP_COMMAND,
				 &worker->without, why);
	if (!err)
		err = echoes_open(worker->testbed, ask->number, &worker->echoes, why);
	if (!err)
		err = sender_open(worker->echoes, realtime_suits(ask->campaign),
				  &worker->sender, why);
	/* In every arm, also those that do not answer: arms stay comparable. */
	if (!err && answers_dad(ask->campaign))
		err = echoes_listen_dad(worker->echoes, why);
	if (!err)
		err = measure(worker);
	if (!err)
		err = warm_up(worker);
	return err;
}

void worker_put_back(struct worker *worker)
{
	/* Where the journal is, and where /proc/sys can be written. */
	jail_leave(&worker->jail);
	/* What is left of a real device, the campaign's process tries again, and says. */
	testbed_close(worker->testbed, NULL);
}
