// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lane/worker_parts.h"

enum { SPINS = 1000, END_MS = 2000 };

static void spin(const struct worker *worker)
{
	(void)worker;
	for (volatile int i = 0; i < SPINS; i++)
		;
	++*worker->load.turns;
}

/* What the peer sends carries no mark of ours, and is thrown away where it would leave IPv6. */
static void send_noise(const struct worker *worker)
{
	const struct testbed_device *peer = testbed_peer(worker->testbed);
	uint8_t frame[FRAME_NOISE];

	frame_noise(peer->mac, &peer->link_local, frame);
	for (int i = 0; i < SPINS; i++)
		*worker->load.turns += !echoes_answer(worker->echoes, frame, sizeof(frame));
}

static bool is_last(const char *buffer, size_t size)
{
	for (const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
	     NLMSG_OK(header, size); header = NLMSG_NEXT(header, size))
		if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
			return true;
	return false;
}

static bool dump_links(int fd)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = { .header = { .nlmsg_len = sizeof(request),
				  .nlmsg_type = RTM_GETLINK,
				  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	char buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t size;

	if (send(fd, &request, sizeof(request), 0) < 0)
		return false;
	do {
		size = recv(fd, buffer, sizeof(buffer), 0);
	} while (size > 0 && !is_last(buffer, (size_t)size));
	return size > 0;
}

/* The length of lo's queue, which nothing uses. */
static bool toggle_queue(int fd)
{
	struct ifreq request = { .ifr_name = "lo" };

	if (ioctl(fd, SIOCGIFTXQLEN, &request))
		return false;
	request.ifr_qlen ^= 1;
	return !ioctl(fd, SIOCSIFTXQLEN, &request);
}

static void take_rtnl(const struct worker *worker)
{
	int links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int any = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	while (links >= 0 && any >= 0 && dump_links(links) && toggle_queue(any))
		++*worker->load.turns;
	_exit(1);
}

static void (*const turns[])(const struct worker *worker) = {
	[LOAD_NONE] = NULL,
	[LOAD_CPU] = spin,
	[LOAD_PACKETS] = send_noise,
	[LOAD_RTNL] = take_rtnl,
};
_Static_assert(sizeof(turns) / sizeof(turns[0]) == LOADS, "a row per load");

/*
 * In a pid namespace of its own, which no probe watches: its work is not taken for thread I's.
 */
__attribute__((noreturn)) static void work(const struct worker *worker, enum load_kind load)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "dadrace-load");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;)
		turns[load](worker);
}

int worker_load_start(struct worker *worker, enum load_kind load)
{
	struct worker_load *mine = &worker->load;
	void *shared;

	if (load == LOAD_NONE)
		return 0;
	shared = mmap(NULL, sizeof(*mine->turns), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return why_set(&worker->message.why, errno,
			       "load %s: cannot be given shared memory: %s", load_names[load],
			       strerror(errno));
	mine->turns = shared;
	/* No signal when it ends: waiting for any child means waiting for the bring-up's. */
	mine->pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID, 0, 0, 0, 0);
	if (mine->pid == 0)
		work(worker, load);
	if (mine->pid < 0) {
		int err = errno;

		mine->pid = 0;
		munmap(shared, sizeof(*mine->turns));
		return why_set(&worker->message.why, err, "load %s: cannot be forked: %s",
			       load_names[load], strerror(err));
	}
	return 0;
}

void worker_load_end(struct worker *worker)
{
	struct evidence *e = &worker->message.evidence;
	struct worker_load *mine = &worker->load;
	struct pollfd ended = { .events = POLLIN };
	struct rusage usage = { 0 };

	if (!mine->pid)
		return;
	ended.fd = (int)syscall(SYS_pidfd_open, mine->pid, 0);
	kill(mine->pid, SIGKILL);
	/* Stuck in the kernel, it is left to the lane's end. */
	if (ended.fd < 0 || poll(&ended, 1, END_MS) != 1 ||
	    wait4(mine->pid, NULL, __WALL, &usage) != mine->pid)
		e->undead = true;
	if (ended.fd >= 0)
		close(ended.fd);
	e->load_turns = *mine->turns;
	e->load_cpu_ns =
		(uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
		(uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
	munmap((void *)mine->turns, sizeof(*mine->turns));
	*mine = (struct worker_load){ 0 };
}
