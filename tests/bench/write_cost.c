// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <linux/bpf.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "watchpoint/watchpoint.h"

/*
 * What one write of a reference counter costs that is watched, in nanoseconds.
 *
 * RTM_GETADDR with an ifindex takes and drops a reference of the device (inet6_rtm_getaddr() in
 * net/ipv6/addrconf.c), and that is measured: before anything of ours is loaded; loaded and not
 * armed; armed on another device's counter; armed on this one's. The kernel itself knows how
 * long our program ran (BPF_ENABLE_STATS, bpf(2)). What is left is the debug exception and
 * perf.
 *
 * Prints "ROW<tab>NANOSECONDS" for each. The median of many short rounds is taken, so that a
 * preempted one does not count.
 */
enum {
	SKIPPED = 77,
	SLOT = 0,
	ROUNDS = 101,
	REQUESTS = 200,
	WRITES = 2,
	PERF_EVENT_PROGRAM = 7
};

static int netlink;
static struct probes *probes;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void request(uint32_t ifindex)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg message;
		struct rtattr attribute;
		uint8_t address[16];
	} ask = {
		.head = { .nlmsg_len = sizeof(ask),
			  .nlmsg_type = RTM_GETADDR,
			  .nlmsg_flags = NLM_F_REQUEST },
		.message = { .ifa_family = AF_INET6, .ifa_index = ifindex },
		.attribute = { .rta_len = sizeof(ask.attribute) + sizeof(ask.address),
			       .rta_type = IFA_ADDRESS },
	};
	char answer[512];

	send(netlink, &ask, sizeof(ask), 0);
	recv(netlink, answer, sizeof(answer), 0);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void ignore(const struct watchpoint_mark *record, void *arg)
{
	(void)record;
	(void)arg;
}

/* The ring is emptied between rounds. */
static double request_ns(uint32_t ifindex, struct watchpoints *watch)
{
	double rounds[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = now_ns();

		for (int i = 0; i < REQUESTS; i++)
			request(ifindex);
		rounds[round] = (double)(now_ns() - begin) / REQUESTS;
		if (watch)
			watchpoints_read(watch, ignore, NULL);
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), by_value);
	return rounds[ROUNDS / 2];
}

/* --- what the kernel has counted of our one perf_event program --- */

struct runs {
	uint64_t ns, number;
};

static int read_runs(const char *path, struct runs *runs)
{
	FILE *file = fopen(path, "re");
	unsigned int type = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "prog_type: %u", &type);
		sscanf(line, "run_time_ns: %lu", &runs->ns);
		sscanf(line, "run_cnt: %lu", &runs->number);
	}
	if (file)
		fclose(file);
	return type == PERF_EVENT_PROGRAM;
}

static struct runs runs_now(void)
{
	DIR *folder = opendir("/proc/self/fdinfo");
	struct runs runs = { 0 };
	const struct dirent *entry;
	char path[300];

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		if (read_runs(path, &runs))
			break;
	}
	if (folder)
		closedir(folder);
	return runs;
}

static double program_ns(uint32_t ifindex, struct watchpoints *watch)
{
	union bpf_attr attr = { .enable_stats.type = BPF_STATS_RUN_TIME };
	int stats = (int)syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr));
	struct runs before = runs_now(), after;

	request_ns(ifindex, watch);
	after = runs_now();
	if (stats >= 0)
		close(stats);
	return after.number == before.number ?
		       0 :
		       (double)(after.ns - before.ns) / (double)(after.number - before.number);
}

/* --- */

static struct watchpoints *arm(uint32_t ifindex)
{
	const struct watchpoint_object device = { .kind = WATCHPOINT_NET_DEVICE };
	struct watchpoints *watch = NULL;
	struct why why = { "" };

	if (watchpoints_arm(probes, SLOT, ifindex, &device, 1, 0, &watch, &why)) {
		printf("SKIP: %s\n", why.text);
		exit(SKIPPED);
	}
	return watch;
}

static void say(const char *row, double ns)
{
	printf("%s\t%.1f\n", row, ns);
}

static void measure(uint32_t ifindex, uint32_t other)
{
	const struct probes_ask ask = { .counts_only = true, .watchpoints = true };
	double without = request_ns(ifindex, NULL), with;
	struct watchpoints *watch;
	struct why why = { "" };

	say("request, nothing of ours is loaded", without);
	if (probes_open(&ask, &probes, &why)) {
		printf("SKIP: %s\n", why.text);
		exit(SKIPPED);
	}
	say("request, loaded and not armed", request_ns(ifindex, NULL));
	watch = arm(other);
	say("request, armed on another device", request_ns(ifindex, watch));
	watchpoints_disarm(watch);
	watch = arm(ifindex);
	with = request_ns(ifindex, watch);
	say("request, armed", with);
	say("one recorded write", (with - without) / WRITES);
	say("of it our program", program_ns(ifindex, watch));
	watchpoints_disarm(watch);
	probes_close(probes);
}

int main(void)
{
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET((int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	sched_setaffinity(0, sizeof(last), &last); /* at best steadier: no error */
	if (unshare(CLONE_NEWNET) || system("ip link add w0 type veth peer name w1") ||
	    (netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) < 0) {
		puts("SKIP: no veth in a network namespace");
		return SKIPPED;
	}
	measure(if_nametoindex("w0"), if_nametoindex("w1"));
	close(netlink);
	return 0;
}
