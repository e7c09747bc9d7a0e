// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "testbed/parts.h"
#include "testbed/undo.h"

int testbed_open(const struct testbed_ask *ask, struct testbed **out, struct why *why)
{
	struct testbed *testbed = calloc(1, sizeof(*testbed));
	struct why after = { "" };
	int err;

	if (!testbed)
		return testbed_no_memory(why);
	testbed->owner = getpid();
	testbed->kind = ask->campaign->device.kind;
	testbed->lane = ask->lane;
	testbed->slot = ask->slot;
	testbed->campaign = ask->campaign;
	testbed->home_netns = testbed->lane_netns = testbed->peer_netns = -1;
	testbed->taps[0] = testbed->taps[1] = -1;
	err = testbed->kind == DEVICE_EXISTING ? real_borrow(testbed, ask, why) :
						 own_make(testbed, ask, why);
	if (!err)
		err = events_open(testbed, why);
	if (!err) {
		*out = testbed;
		return 0;
	}
	netns_unname(testbed);
	if (testbed_close(testbed, &after) && why) {
		size_t used = strlen(why->text);

		snprintf(why->text + used, sizeof(why->text) - used, "; then %s", after.text);
	}
	return err;
}

int testbed_close(struct testbed *testbed, struct why *why)
{
	int err, back = 0;

	if (!testbed)
		return 0;
	nl_socket_free(testbed->events);
	nl_socket_free(testbed->peer_sock);
	nl_socket_free(testbed->lane_sock);
	tun_close(testbed);
	err = undo_own(testbed->journal, why);
	/* Not when it never got away: without the right to leave there is none to come back. */
	if (testbed->home_netns >= 0 && !netns_is_own(testbed->home_netns))
		back = netns_enter(testbed->home_netns, err ? NULL : why);
	close_fd(&testbed->peer_netns);
	close_fd(&testbed->lane_netns);
	close_fd(&testbed->home_netns);
	free(testbed);
	return err ? err : back;
}

const struct testbed_device *testbed_dut(const struct testbed *testbed)
{
	return &testbed->dut;
}

const struct testbed_device *testbed_peer(const struct testbed *testbed)
{
	return testbed->have_peer ? &testbed->peer : NULL;
}

int testbed_peer_netns(const struct testbed *testbed)
{
	return testbed->peer_netns;
}

int testbed_wire(struct testbed *testbed, struct why *why)
{
	return testbed->kind == DEVICE_TUN ? tun_wire(testbed, why) : 0;
}

bool testbed_unwire(struct testbed *testbed, uint64_t within_ns)
{
	return !testbed || testbed->kind != DEVICE_TUN || tun_unwire(testbed, within_ns);
}

int testbed_put_right(struct testbed *testbed, char *said, size_t size, struct why *why)
{
	said[0] = '\0';
	return dut_put_right(testbed, testbed->campaign, said, size, why);
}

int testbed_carrier_sync(struct testbed *testbed, struct why *why)
{
	return link_request(testbed->lane_sock, RTM_GETLINK, &testbed->dut, 0, 0, "queried",
			    why);
}

int testbed_dut_up(struct testbed *testbed, struct why *why)
{
	return link_request(testbed->lane_sock, RTM_NEWLINK, &testbed->dut,
			    testbed->dut_flags | IFF_UP, FLAGS_SETTABLE, "brought up", why);
}

int testbed_dut_down(struct testbed *testbed, struct why *why)
{
	int err = link_request(testbed->lane_sock, RTM_NEWLINK, &testbed->dut,
			       testbed->dut_flags, FLAGS_SETTABLE, "taken down", why);

	if (!err)
		err = dut_mtu_put_right(testbed, why);
	if (!err && testbed->may_be_disabled)
		err = dut_enable(testbed, why);
	return err ? err : testbed_carrier_sync(testbed, why);
}

int testbed_dut_delete(const struct testbed *testbed, struct why *why)
{
	AUTO_SOCK struct nl_sock *own = NULL;

	if (device_is_real(testbed->kind))
		return why_set(why, EPERM, "%s: a real device, which is never deleted",
			       testbed->dut.name);
	/* Answers on a socket that a fork shares could go to the other process. */
	if (getpid() != testbed->owner) {
		int err = sock_open(&own, why);

		if (err)
			return err;
	}
	return link_request(own ? own : testbed->lane_sock, RTM_DELLINK, &testbed->dut, 0, 0,
			    "deleted", why);
}
