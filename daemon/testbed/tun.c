// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/if_arp.h>
#include <linux/if_tun.h>

#include "base/end_child.h"
#include "base/keep_fds.h"
#include "testbed/parts.h"

#define TUN_DEVICE "/dev/net/tun"

enum { TUN_FRAME_MAX = 65536, CLOSE_NS = 2000000000 };

static int cannot_open(int err, struct why *why)
{
	return why_exit(
		why, EXIT_CANNOT, err,
		"device.kind tun: %s cannot be opened: %s; load the module tun (CONFIG_TUN), make the device visible in the container, or use another kind, such as veth",
		TUN_DEVICE, strerror(err));
}

/* In the calling thread's network namespace. Whole Ethernet frames, and nothing before them. */
static int tap_open(const struct testbed_device *device, int *out, struct why *why)
{
	const unsigned int index = device->ifindex;
	struct ifreq tap = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct ifreq mac = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };

	*out = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*out < 0)
		return cannot_open(errno, why);
	snprintf(tap.ifr_name, sizeof(tap.ifr_name), "%s", device->name);
	memcpy(mac.ifr_hwaddr.sa_data, device->mac, ETH_ALEN);
	if (ioctl(*out, TUNSETIFINDEX, &index) || ioctl(*out, TUNSETIFF, &tap) ||
	    ioctl(*out, SIOCSIFHWADDR, &mac))
		return testbed_cannot(why, errno, "created as a tap device", device->name);
	return 0;
}

/* --- the process that moves the frames --- */

/* Frames to a device that is down are lost, as on any wire. False: a device is gone. */
static bool move_one(int from, int to)
{
	static char frame[TUN_FRAME_MAX];
	const ssize_t length = read(from, frame, sizeof(frame));

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	return write(to, frame, (size_t)length) >= 0 || errno != EBADFD;
}

/* One frame each way in turn: a flood from one end leaves the other its turn. */
__attribute__((noreturn)) static void move_frames(int dut, int peer)
{
	struct pollfd ends[] = { { .fd = dut, .events = POLLIN },
				 { .fd = peer, .events = POLLIN } };
	bool both_there = true;

	while (both_there && (poll(ends, 2, -1) >= 0 || errno == EINTR)) {
		if (ends[0].revents)
			both_there = move_one(dut, peer);
		if (ends[1].revents)
			both_there = move_one(peer, dut) && both_there;
	}
	_exit(0);
}

/*
 * In a pid namespace of its own, which no probe watches: what it does is not taken for thread
 * I's. A window of milliseconds is over before a busy machine gives an ordinary process a turn.
 */
__attribute__((noreturn)) static void work(const struct testbed *testbed)
{
	int keep[] = { testbed->taps[0], testbed->taps[1] };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "dadrace-wire");
	setpriority(PRIO_PROCESS, 0, -20);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	keep_fds(keep, 2);
	move_frames(testbed->taps[0], testbed->taps[1]);
}

/* --- seen from the lane's process --- */

int tun_create(struct testbed *testbed, struct why *why)
{
	int err = tap_open(&testbed->dut, &testbed->taps[0], why), back;

	if (!err)
		err = netns_enter(testbed->peer_netns, why);
	if (err)
		return err;
	err = tap_open(&testbed->peer, &testbed->taps[1], why);
	back = netns_enter(testbed->lane_netns, err ? NULL : why);
	if (!err)
		err = back;
	return err ? err : tun_wire(testbed, why);
}

int tun_wire(struct testbed *testbed, struct why *why)
{
	if (testbed->mover && waitpid(testbed->mover, NULL, WNOHANG | __WALL) == 0)
		return 0; /* it runs */
	/* No signal when it ends: waiting for any child means waiting for the bring-up's. */
	testbed->mover = (pid_t)syscall(SYS_clone, CLONE_NEWPID, 0, 0, 0, 0);
	if (testbed->mover == 0)
		work(testbed);
	if (testbed->mover > 0)
		return 0;
	testbed->mover = 0;
	return why_set(why, errno, "%s: the process that moves its frames cannot be forked: %s",
		       testbed->dut.name, strerror(errno));
}

bool tun_unwire(struct testbed *testbed, uint64_t within_ns)
{
	return end_child(&testbed->mover, within_ns);
}

/*
 * The taps stay open here until the process is gone: if it closed them last, its exit would
 * need the RTNL.
 */
void tun_close(struct testbed *testbed)
{
	tun_unwire(testbed, CLOSE_NS);
	close_fd(&testbed->taps[0]);
	close_fd(&testbed->taps[1]);
}
