// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/loop.h"
#include "lane/bringup.h"
#include "lane/change.h"

/* --- do_dad: an ifconfig of our own, with nothing in it that knows of probes --- */

/* True when the message says that an address of the interface is no longer tentative. */
static bool dad_is_done(const char *buffer, size_t size, unsigned int ifindex)
{
	for (const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	     NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
		const struct ifaddrmsg *message = NLMSG_DATA(header);
		uint32_t flags = message->ifa_flags;
		unsigned int left = (unsigned int)IFA_PAYLOAD(header);

		if (header->nlmsg_type != RTM_NEWADDR || message->ifa_index != ifindex)
			continue;
		for (const struct rtattr *a = IFA_RTA(message); RTA_OK(a, left);
		     a = RTA_NEXT(a, left))
			if (a->rta_type == IFA_FLAGS)
				memcpy(&flags, RTA_DATA(a), sizeof(flags));
		if (!(flags & IFA_F_TENTATIVE) || flags & IFA_F_DADFAILED)
			return true;
	}
	return false;
}

static void wait_for_dad(int events, unsigned int ifindex, uint32_t deadline_ms)
{
	uint64_t deadline = loop_now() + (uint64_t)deadline_ms * 1000000;
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		uint64_t now = loop_now();
		struct pollfd wait = { .fd = events, .events = POLLIN };
		ssize_t size;

		if (now >= deadline ||
		    poll(&wait, 1, (int)((deadline - now) / 1000000) + 1) <= 0)
			return;
		size = recv(events, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (size > 0 && dad_is_done(buffer, (size_t)size, ifindex))
			return;
	}
}

static int do_dad_failed(const char *what, const char *dut)
{
	dprintf(STDERR_FILENO, "do_dad: %s %s: %s\n", what, dut, strerror(errno));
	return EXIT_FAILURE;
}

/*
 * A change that fails is recorded; the flags are restored all the same, if the device is left.
 */
static void make_change(const struct bringup_does *does, const struct change_about *about,
			volatile struct bringup_change *told)
{
	struct pollfd due = { .fd = STDIN_FILENO, .events = POLLIN };

	if (does->waits_ms)
		poll(&due, 1, (int)does->waits_ms);
	told->begun_ns = loop_now();
	told->error = change_make(does->change, about);
	told->ended_ns = loop_now();
	__atomic_store_n(does->changed, does->trial, __ATOMIC_SEQ_CST);
}

/* What ifconfig's do_dad() does: flags up, wait for DAD, flags restored. */
static int do_dad(const struct testbed *testbed, const struct bringup_does *does,
		  volatile struct bringup_change *told, uint32_t deadline_ms)
{
	const struct testbed_device *peer = testbed_peer(testbed);
	const char *dut = testbed_dut(testbed)->name;
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	unsigned int ifindex = if_nametoindex(dut);
	struct ifreq request = { 0 };
	short before;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", dut);
	if (fd < 0 || events < 0 || bind(events, (struct sockaddr *)&groups, sizeof(groups)))
		return do_dad_failed("sockets for", dut);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return do_dad_failed("SIOCGIFFLAGS", dut);
	before = request.ifr_flags;

	request.ifr_flags = (short)(before | IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		return do_dad_failed("SIOCSIFFLAGS (up)", dut);
	if (does->change)
		make_change(does,
			    &(struct change_about){
				    .testbed = testbed,
				    .dut = dut,
				    .ifindex = ifindex,
				    .link_local = testbed_dut(testbed)->link_local,
				    .router = peer ? peer->link_local : in6addr_any,
				    .socket = fd,
				    .deadline_ns = loop_now() + deadline_ms * 1000000ULL / 2,
			    },
			    told);
	if (told && !told->error && !change_leaves_device(does->change))
		return EXIT_SUCCESS;
	if (change_leaves_address(does->change))
		wait_for_dad(events, ifindex, deadline_ms);
	request.ifr_flags = before;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		return do_dad_failed("SIOCSIFFLAGS (restore)", dut);
	return EXIT_SUCCESS;
}

/* --- a command --- */

/* {dut} and {peer} replaced; cut at size. */
static void substitute(const char *text, const char *dut, const char *peer, char *out,
		       size_t size)
{
	size_t n = 0;

	while (*text && n + 1 < size) {
		const char *name = !strncmp(text, "{dut}", 5)  ? dut :
				   !strncmp(text, "{peer}", 6) ? peer :
								 NULL;

		if (name) {
			n += (size_t)snprintf(out + n, size - n, "%s", name);
			n = n < size ? n : size - 1;
			text += name == dut ? 5 : 6;
		} else {
			out[n++] = *text++;
		}
	}
	out[n] = '\0';
}

static void run_command(const struct campaign *campaign, const char *dut, const char *peer)
{
	enum { WORD = 1024 };
	uint32_t nr = campaign->bringup.nr_command;
	char **argv = calloc(nr + 1, sizeof(*argv));

	if (!argv)
		_exit(126);
	for (uint32_t i = 0; i < nr; i++) {
		size_t size = strlen(campaign->bringup.command[i]) + WORD;

		argv[i] = malloc(size);
		if (!argv[i])
			_exit(126);
		substitute(campaign->bringup.command[i], dut, peer ? peer : "", argv[i], size);
	}
	execvp(campaign->bringup.command[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", campaign->bringup.command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* --- the process --- */

/* What a program started by a shell finds: default signals, no descriptors but the three. */
static void become_ordinary(int said)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	dup2(said, STDERR_FILENO);
}

/* The process itself, in which `go` tells when it may begin. */
__attribute__((noreturn)) static void bring_up(const struct campaign *campaign,
					       const struct testbed *testbed,
					       const struct bringup_does *does,
					       volatile struct bringup_change *told, int go)
{
	const struct testbed_device *peer = testbed_peer(testbed);
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(125); /* the lane gave up */
	if (campaign->bringup.kind == BRINGUP_COMMAND)
		run_command(campaign, testbed_dut(testbed)->name, peer ? peer->name : NULL);
	prctl(PR_SET_NAME, "dadrace-up");
	dup2(go, STDIN_FILENO); /* where it waits for its change */
	/* A deletion that does not return would keep them open as long as the machine runs. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	_exit(do_dad(testbed, does, told, campaign->bringup.deadline_ms / 2));
}

int bringup_start(const struct campaign *campaign, const struct testbed *testbed,
		  const struct bringup_does *does, struct bringup *bringup, struct why *why)
{
	volatile struct bringup_change *told = NULL;
	int go[2] = { -1, -1 }, said[2] = { -1, -1 };
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) || pipe2(said, O_CLOEXEC)) {
		int err = errno;

		if (go[0] >= 0) {
			close(go[0]);
			close(go[1]);
		}
		return why_set(why, err, "bring-up: cannot be given pipes: %s", strerror(err));
	}
	fcntl(said[0], F_SETFL,
	      O_NONBLOCK); /* our end only: a program does not expect EAGAIN */
	if (does->change) {
		void *shared = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		told = shared == MAP_FAILED ? NULL : shared;
	}
	pid = does->change && !told ? -1 : fork();
	if (pid == 0) {
		close(go[1]);
		become_ordinary(said[1]);
		bring_up(campaign, testbed, does, told, go[0]);
	}
	close(go[0]);
	close(said[1]);
	if (pid < 0) {
		int err = errno;

		close(go[1]);
		close(said[0]);
		if (told)
			munmap((void *)told, sizeof(*told));
		return why_set(why, err, "bring-up: cannot be forked: %s", strerror(err));
	}
	*bringup = (struct bringup){ .pid = pid,
				     .change = told,
				     .go = go[1],
				     .waits = does->change && does->waits_ms,
				     .said = said[0] };
	return 0;
}

static void say(struct bringup *bringup, bool more)
{
	if (bringup->go < 0 || write(bringup->go, "", 1) != 1 || more)
		return;
	close(bringup->go);
	bringup->go = -1;
}

void bringup_go(struct bringup *bringup)
{
	say(bringup, bringup->waits);
}

void bringup_change(struct bringup *bringup)
{
	if (bringup->waits)
		say(bringup, false);
}

bool bringup_hear(struct bringup *bringup)
{
	char block[4096];
	ssize_t n = 0;

	while (bringup->said >= 0 && (n = read(bringup->said, block, sizeof(block))) > 0)
		last_words_add(bringup->words, block, (size_t)n);
	return n < 0 && errno == EAGAIN;
}

void bringup_forget(struct bringup *bringup)
{
	if (bringup->go >= 0)
		close(bringup->go);
	if (bringup->said >= 0)
		close(bringup->said);
	if (bringup->change)
		munmap((void *)bringup->change, sizeof(*bringup->change));
	*bringup = (struct bringup){ .go = -1, .said = -1 };
}
