// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "lane/thread_i.h"

static void say(const char *who, const char *what, const char *name)
{
	const char *const words[] = { who, what, name, ": ", strerror(errno), "\n" };
	enum { WORDS = sizeof(words) / sizeof(words[0]) };
	struct iovec sentence[WORDS];

	for (int i = 0; i < WORDS; i++)
		sentence[i] = (struct iovec){ .iov_base = (char *)words[i],
					      .iov_len = strlen(words[i]) };
	/* A lane that has gone hears nothing. */
	if (writev(THREAD_I_SAYS, sentence, WORDS) < 0)
		return;
}

/* --- do_dad: an ifconfig of our own, with nothing in it that knows of probes --- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

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
	uint64_t deadline = now_ns() + (uint64_t)deadline_ms * 1000000;
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		uint64_t now = now_ns();
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
	say("do_dad: ", what, dut);
	return EXIT_FAILURE;
}

static int do_dad(const struct thread_i *ask)
{
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	enum thread_i_left left = LEFT_ALL;
	struct ifreq request = { 0 };
	unsigned int ifindex;
	bool failed;
	short before;

	memcpy(request.ifr_name, ask->dut, strnlen(ask->dut, IFNAMSIZ - 1));
	if (fd < 0 || events < 0 || bind(events, (struct sockaddr *)&groups, sizeof(groups)))
		return do_dad_failed("sockets for ", ask->dut);
	if (ioctl(fd, SIOCGIFINDEX, &request))
		return do_dad_failed("SIOCGIFINDEX ", ask->dut);
	ifindex = (unsigned int)request.ifr_ifindex;
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return do_dad_failed("SIOCGIFFLAGS ", ask->dut);
	before = request.ifr_flags;

	request.ifr_flags = (short)(before | IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		return do_dad_failed("SIOCSIFFLAGS (up) ", ask->dut);
	if (ask->change)
		left = ask->change(ask->arg, fd, ifindex);
	if (left == LEFT_NOTHING)
		return EXIT_SUCCESS;
	if (left == LEFT_ALL)
		wait_for_dad(events, ifindex, ask->deadline_ms);
	request.ifr_flags = before;
	failed = ioctl(fd, SIOCSIFFLAGS, &request) &&
		 do_dad_failed("SIOCSIFFLAGS (restore) ", ask->dut);
	if (ask->undo)
		ask->undo(ask->arg);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- a command --- */

__attribute__((noreturn)) static void run_command(char *const *command)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	execvp(command[0], command);
	say("", command[0], "");
	_exit(errno == ENOENT ? 127 : 126);
}

/* --- the process --- */

/* What a program started by a shell finds: default signals. */
static void default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void thread_i_run(const struct thread_i *ask)
{
	char byte;

	prctl(PR_SET_NAME, "dadrace-up");
	default_signals();
	if (read(THREAD_I_GO, &byte, 1) != 1)
		_exit(THREAD_I_GIVES_UP);
	if (ask->command)
		run_command(ask->command);
	/* A deletion that does not return would keep them open as long as the machine runs. */
	close_range(THREAD_I_SAYS + 1, ~0U, 0);
	_exit(do_dad(ask));
}
