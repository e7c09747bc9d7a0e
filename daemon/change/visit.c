// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>

#include "base/fd.h"
#include "change/request.h"
#include "change/settings.h"
#include "change/shown.h"

/* In the namespace of the calling thread, where the device is. */
static int move_to(const struct change_about *about, int netns)
{
	const struct ifinfomsg start = { .ifi_index = (int)about->ifindex };
	struct request request;

	request_begin(&request, RTM_NEWLINK, 0, &start, sizeof(start));
	request_put(&request, IFLA_NET_NS_FD, &netns, sizeof(netns));
	return request_send(&request);
}

static int own_netns(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Moved there, seen there, and moved back. */
static int go_and_return(struct change_about *about, int home, int abroad)
{
	int err = move_to(about, abroad);

	if (err)
		return err;
	err = shown_error(setns(abroad, CLONE_NEWNET));
	if (err)
		return err;
	about->kept = if_nametoindex(about->dut) == about->ifindex;
	err = move_to(about, home);
	return shown_error(setns(home, CLONE_NEWNET)) ?: err;
}

static int set_up(const struct change_about *about)
{
	const struct ifinfomsg start = { .ifi_index = (int)about->ifindex,
					 .ifi_flags = IFF_UP,
					 .ifi_change = IFF_UP };
	struct request request;

	request_begin(&request, RTM_NEWLINK, 0, &start, sizeof(start));
	return request_send(&request);
}

/*
 * A device that leaves its namespace goes down, and has another inet6_dev when it returns: it
 * is set up again, so that this one is as each that was up.
 */
static int visit(struct change_about *about)
{
	AUTO_FD int home = own_netns(), abroad = -1;
	int err;

	if (home < 0 || unshare(CLONE_NEWNET))
		return -errno;
	abroad = own_netns();
	if (abroad < 0 || setns(home, CLONE_NEWNET))
		return -errno;
	settings_keep(about->dut);
	err = go_and_return(about, home, abroad);
	if (!err)
		err = settings_put_back(about->dut);
	return err ? err : set_up(about);
}

static bool has_visited(const struct change_about *about)
{
	return about->kept && if_nametoindex(about->dut) == about->ifindex;
}

const struct change change_visit = {
	.make = visit,
	.in_force = has_visited,
	/* clang-format off */
	.written =
		"run(\"ip netns add abroad && ip link set dut netns abroad && ip -n abroad link set dut netns %d; ip netns delete abroad\", getpid());\n"
		"run(\"ip link set dut up\");\n",
	/* clang-format on */
};
