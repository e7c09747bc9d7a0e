// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "watchpoint/cpus.h"
#include "watchpoint/watchpoint.h"

/* inet6_rtm_getaddr() holds the device, finds no address "::", and puts it. */
static int poke(int netlink, uint32_t ifindex)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg message;
		struct rtattr attribute;
		uint8_t address[16];
	} request = {
		.head = { .nlmsg_len = sizeof(request),
			  .nlmsg_type = RTM_GETADDR,
			  .nlmsg_flags = NLM_F_REQUEST },
		.message = { .ifa_family = AF_INET6, .ifa_index = ifindex },
		.attribute = { .rta_len = sizeof(request.attribute) + sizeof(request.address),
			       .rta_type = IFA_ADDRESS },
	};
	char answer[512];

	if (send(netlink, &request, sizeof(request), 0) != sizeof(request))
		return -errno;
	while (recv(netlink, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
	return 0;
}

struct proof {
	uint32_t writes[CPUS_MAX];
};

static void count_write(const struct watchpoint_mark *record, void *arg)
{
	struct proof *proof = arg;

	if (record->type == WATCHPOINT_WRITE && record->cpu < CPUS_MAX)
		proof->writes[record->cpu]++;
}

static int prove_on(struct watchpoints *watch, int netlink, uint32_t ifindex,
		    struct proof *proof, struct why *why)
{
	char online[CPUS_LIST];

	cpus_read_online(online);
	for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++) {
		cpu_set_t set;
		int err;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (!cpus_has(online, cpu) || sched_setaffinity(0, sizeof(set), &set))
			continue;
		err = poke(netlink, ifindex);
		if (err)
			return why_set(why, -err, "netlink socket: cannot be written: %s",
				       strerror(-err));
		watchpoints_read(watch, count_write, proof);
		if (proof->writes[cpu] < 2)
			return why_set(
				why, ENOTSUP,
				"CPU %u: did not report a known hold and put; this machine, or its hypervisor, does not deliver hardware watchpoints",
				cpu);
	}
	return 0;
}

int watchpoints_prove(struct probes *probes, uint32_t slot, uint32_t ifindex, struct why *why)
{
	const struct watchpoint_object device = { .kind = WATCHPOINT_NET_DEVICE };
	struct proof proof = { 0 };
	struct watchpoints *watch = NULL;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	cpu_set_t before;
	int err;

	if (netlink < 0)
		return why_set(why, errno, "netlink socket: cannot be opened: %s",
			       strerror(errno));
	err = watchpoints_arm(probes, slot, ifindex, &device, 1, 0, &watch, why);
	if (watch && sched_getaffinity(0, sizeof(before), &before)) {
		err = why_set(why, errno, "CPUs of this process: cannot be read: %s",
			      strerror(errno));
	} else if (watch) {
		err = prove_on(watch, netlink, ifindex, &proof, why);
		sched_setaffinity(0, sizeof(before), &before);
	}
	watchpoints_disarm(watch);
	close(netlink);
	return err;
}
