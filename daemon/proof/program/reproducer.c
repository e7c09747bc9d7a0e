#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

enum { INBOUND, OUTBOUND, OUTBOUND_RAW };
enum { FOUND = 1, NOT_FOUND = 0, NOT_TRIED = 3, CANNOT = 77 };
enum {
	DUT_INDEX = 1000,
	PEER_INDEX = 1001, /* another one: equal ones make linkwatch lazy */
	ROUNDS = 10,	   /* until the leak shows */
	DAD_MS = 2500,
	MOST_MS = 2000,	 /* that a thread waits for the other, or is held */
	SLOW_MS = 10000, /* what a busy machine needs beside that */
	/* The kernel complains after ten seconds; thread I can be held while it deletes. */
	HANGS_MS = 12000 + !RESTORES_FLAGS * STEPS * MOST_MS,
};

static int control, events, sender; /* sockets: for ioctls, of DAD, for packets */
static int round_nr;		    /* of this run, from 1 */
static int mark;		    /* what the module knows the round by */
static struct {
	_Atomic int64_t opened_us;   /* the window of this round; 0: not yet */
	_Atomic int64_t deleting_us; /* the device is being deleted since; 0: it is not */
	_Atomic int sent;
} * shared;

static void change(void);
static void undo(void); /* what stays of it, when the flags have been restored */

/* --- small things --- */

__attribute__((format(printf, 1, 2), noreturn)) static void give_up(const char *format, ...)
{
	va_list list;

	fputs("cannot run: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(CANNOT);
}

static void cannot(const char *what)
{
	give_up("%s: %s", what, strerror(errno));
}

static void must(const char *what, int result)
{
	if (result)
		cannot(what);
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[512];
	va_list list;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	must(command, system(command));
}

/* 0, or -1 with errno. */
static int write_number(const char *path, int value)
{
	char text[16];
	int fd = open(path, O_WRONLY | O_CLOEXEC), length, failed;

	if (fd < 0)
		return -1;
	length = snprintf(text, sizeof(text), "%d", value);
	failed = write(fd, text, (size_t)length) != length;
	close(fd);
	return -failed;
}

static void set_sysctl(const char *name, int value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/%s", name);
	/* Old kernels lack some of them. */
	if (write_number(path, value) && errno != ENOENT)
		cannot(path);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void wait_until(int64_t at_us)
{
	const struct timespec at = { .tv_sec = at_us / 1000000,
				     .tv_nsec = at_us % 1000000 * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* --- what the module is told, and tells --- */

static void parameter(const char *name, char path[128])
{
	snprintf(path, 128, "/sys/module/reproducer/parameters/%s", name);
}

static void tell(const char *name, int value)
{
	char path[128];

	parameter(name, path);
	if (ORDERED && write_number(path, value))
		cannot("the module reproducer.ko (insmod it first)");
}

static int told(const char *name)
{
	char path[128], text[16] = "";
	int fd;

	parameter(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		cannot(path);
	close(fd);
	return atoi(text);
}

/* Whether the event has come in this round. */
static bool came(const char *name)
{
	return told(name) == mark;
}

/* By a number that no round of an earlier run had. */
static void begin_round(void)
{
	round_nr++;
	if (!ORDERED)
		return;
	mark = told("rounds") + 1;
	tell("rounds", mark);
}

static void wait_for(const char *name)
{
	int64_t deadline = now_us() + MOST_MS * 1000LL;

	while (!came(name) && now_us() < deadline)
		;
}

/* Whether the round has kept the order; else its silence shows nothing. */
static bool is_in_order(void)
{
	bool whole = true;

	for (int i = 0; holds[i]; i++)
		if (!came(holds[i])) {
			printf("round %d: %s did not come\n", round_nr, holds[i]);
			whole = false;
		}
	if (ORDERED && came("broken")) {
		printf("round %d: a thread was held until the deadline of %d ms\n", round_nr,
		       MOST_MS);
		whole = false;
	}
	return whole;
}

/* --- the two namespaces --- */

static int new_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		cannot("a network namespace of its own (is root missing?)");
	fd = open("/proc/self/ns/net", O_RDONLY);
	if (fd < 0)
		cannot("/proc/self/ns/net");
	set_sysctl("conf/all/accept_dad", 0);
	set_sysctl("conf/all/enhanced_dad", 0);
	set_sysctl("icmp/echo_ignore_multicast", 0);
	run("ip link set lo up");
	return fd;
}

static void make_pair(int peer_ns)
{
	run("ip link add name dut index %d address " DUT_MAC
	    " type veth peer name peer index %d address " PEER_MAC " netns /proc/self/fd/%d",
	    DUT_INDEX, PEER_INDEX, peer_ns);
	set_sysctl("conf/dut/accept_ra", 0);
	set_sysctl("conf/dut/disable_ipv6", 0);
	set_sysctl("conf/dut/dad_transmits", DAD_TRANSMITS);
	set_sysctl("conf/dut/router_solicitation_delay", ROUTER_SOLICITATION_DELAY);
	set_sysctl("neigh/dut/retrans_time_ms", RETRANS_TIME_MS);
	set_sysctl("conf/dut/accept_dad", ACCEPT_DAD);
	set_sysctl("conf/dut/keep_addr_on_down", KEEP_ADDR_ON_DOWN);
	set_sysctl("conf/dut/enhanced_dad", ENHANCED_DAD);
}

/* In the peer's namespace. */
static void prepare_peer(void)
{
	set_sysctl("conf/peer/disable_ipv6", 0);
	set_sysctl("conf/peer/accept_ra", 0);
	set_sysctl("conf/peer/accept_dad", 0);
	set_sysctl("conf/peer/dad_transmits", 0);
	set_sysctl("conf/peer/addr_gen_mode", 1);
	run("ip link set peer up && ip address add " PEER_ADDRESS "/64 dev peer nodad");
}

/* --- CPUs: a thread that is held inside the kernel keeps its CPU --- */

enum {
	CPU_I,
	CPU_II,
	CPU_DAD,
	CPUS = HAS_DAD ? CPU_DAD + 1 : CPU_II + 1,
	/* DAD's work runs where it was armed, by the first flag set. */
	CPU_OPENS = HAS_DAD ? CPU_DAD : CPU_I,
};
static int cpus[CPUS];

static void find_cpus(void)
{
	cpu_set_t usable;
	int nr = 0;

	must("sched_getaffinity", sched_getaffinity(0, sizeof(usable), &usable));
	for (int cpu = 0; cpu < CPU_SETSIZE && nr < CPUS; cpu++)
		if (CPU_ISSET(cpu, &usable))
			cpus[nr++] = cpu;
	if (nr < CPUS)
		give_up("each thread of the order needs a CPU of its own: %d are needed, and there are %d",
			CPUS, nr);
}

static void on_cpu(int which)
{
	cpu_set_t set;

	if (!ORDERED)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpus[which], &set);
	must("sched_setaffinity", sched_setaffinity(0, sizeof(set), &set));
}

/* --- a thread: a process of its own --- */

/* The module knows a thread by its process group; NULL: it is none of the order. */
static void start(void (*thread)(void), const char *group, int cpu)
{
	pid_t pid = fork();

	if (pid < 0)
		cannot("fork");
	/* By both: neither goes on before it is so. */
	setpgid(pid, pid);
	if (group)
		tell(group, pid ? pid : getpid());
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	on_cpu(cpu);
	thread();
	exit(0);
}

static void check_end(int status)
{
	if (WIFSIGNALED(status))
		give_up("a thread was ended by signal %d", WTERMSIG(status));
	/* The thread has said why. */
	if (status)
		exit(CANNOT);
}

static bool deletion_hangs(void)
{
	int64_t deleting_us = shared->deleting_us;

	return deleting_us && now_us() - deleting_us > HANGS_MS * 1000LL;
}

/*
 * False: the deletion of the device does not return. A thread that cannot run or does not end
 * ends the program: it shows nothing. `waits_ms`: how long they wait on purpose.
 */
static bool all_end(int threads, int64_t waits_ms)
{
	int64_t most_ms = waits_ms + HANGS_MS + SLOW_MS, deadline = now_us() + most_ms * 1000;
	int status;

	while (threads) {
		if (waitpid(-1, &status, WNOHANG) > 0) {
			check_end(status);
			threads--;
		} else if (deletion_hangs()) {
			return false;
		} else if (!shared->deleting_us && now_us() > deadline) {
			tell("opened", 0);
			give_up("a thread has not ended within %lld s, and does not delete the device; try again on a machine that is less busy",
				(long long)most_ms / 1000);
		} else if (HAS_DAD) {
			/* A CPU that sleeps lets another one run its timers, and DAD's work. */
			sched_yield();
		} else {
			usleep(1000);
		}
	}
	return true;
}

/* --- thread II: the packets --- */

/* In the peer's namespace for INBOUND, else in the device's. */
static int open_sender(void)
{
	struct sockaddr_ll peer = { .sll_family = AF_PACKET, .sll_ifindex = PEER_INDEX };
	int protocol = DIRECTION == OUTBOUND ? IPPROTO_ICMPV6 : IPPROTO_RAW;
	int fd, hops = HOP_LIMIT, one = 1;

	if (DIRECTION == INBOUND)
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	else
		fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		cannot("a raw socket");
	if (DIRECTION == INBOUND &&
	    (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) ||
	     bind(fd, (struct sockaddr *)&peer, sizeof(peer))))
		cannot("a packet socket on the peer");
	if (DIRECTION == OUTBOUND) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	}
	return fd;
}

/* That the kernel refuses a packet may be the very thing. */
static void send_packet(int nr)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = DUT_INDEX };
	ssize_t sent;

	inet_pton(AF_INET6, TARGET, &to.sin6_addr);
	if (DIRECTION == INBOUND)
		sent = send(sender, packets[nr].data, packets[nr].bytes, 0);
	else
		sent = sendto(sender, packets[nr].data, packets[nr].bytes, 0,
			      (const struct sockaddr *)&to, sizeof(to));
	if (sent < 0)
		printf("the kernel refused a packet: %s\n", strerror(errno));
}

static void thread_ii(void)
{
	int64_t start_us;

	while (!(start_us = shared->opened_us))
		usleep(20);
	if (*II_STARTS_WHEN) {
		wait_for(II_STARTS_WHEN);
		start_us = now_us();
	}
	for (int i = 0; i < PACKETS; i++) {
		wait_until(start_us + OFFSET_US + (int64_t)packets[i].echo * SPACING_US);
		send_packet(i);
		shared->sent++;
	}
	tell("done_II", mark);
}

/* --- thread I: flags up, DAD, flags restored --- */

static int open_events(void)
{
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof(groups)))
		cannot("a netlink socket");
	return fd;
}

static bool dad_is_over(const struct nlmsghdr *header, size_t size)
{
	for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
		const struct ifaddrmsg *address = NLMSG_DATA(header);

		if (header->nlmsg_type == RTM_NEWADDR && address->ifa_index == DUT_INDEX &&
		    (!(address->ifa_flags & IFA_F_TENTATIVE) ||
		     address->ifa_flags & IFA_F_DADFAILED))
			return true;
	}
	return false;
}

static void wait_for_dad(void)
{
	int64_t left, deadline = now_us() + DAD_MS * 1000LL;
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));

	while ((left = deadline - now_us()) > 0) {
		struct pollfd wait = { .fd = events, .events = POLLIN };
		ssize_t size;

		if (poll(&wait, 1, (int)(left / 1000) + 1) <= 0)
			return;
		size = recv(events, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (size > 0 && dad_is_over((const struct nlmsghdr *)buffer, (size_t)size))
			return;
	}
}

/* Until the device has its link-local address, and the route of that prefix. */
static void wait_for_address(void)
{
	int64_t deadline = now_us() + DAD_MS * 1000LL;
	bool found = false;
	char line[128];

	while (!found && now_us() < deadline) {
		FILE *list = fopen("/proc/net/if_inet6", "re");

		while (list && !found && fgets(line, sizeof(line), list))
			found = !strncmp(line, "fe80", 4) && strstr(line, " dut\n");
		if (list)
			fclose(list);
	}
}

static struct sockaddr_in6 end_of_link(const char *address, uint16_t port)
{
	struct sockaddr_in6 end = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_scope_id = DUT_INDEX };

	inet_pton(AF_INET6, address, &end.sin6_addr);
	return end;
}

/* Of the address that may be tentative; open until thread I ends. */
__attribute__((unused)) static int socket_of_dut(int type, int protocol, uint16_t port)
{
	struct sockaddr_in6 end = end_of_link(DUT_ADDRESS, port);
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol), one = 1;

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)&end, sizeof(end)))
		cannot("a socket of the tentative address");
	return fd;
}

static void set_flags(short flags)
{
	struct ifreq request = { .ifr_name = "dut", .ifr_flags = flags };

	must("SIOCSIFFLAGS", ioctl(control, SIOCSIFFLAGS, &request));
}

static void thread_i(void)
{
	struct ifreq request = { .ifr_name = "dut" };

	must("SIOCGIFFLAGS", ioctl(control, SIOCGIFFLAGS, &request));
	set_flags(request.ifr_flags | IFF_UP);
	tell("opened", mark);
	on_cpu(CPU_I);
	if (DIRECTION == INBOUND && !ORDERED)
		wait_for_address();
	shared->opened_us = now_us();
	wait_until(shared->opened_us + HOLD_US);
	if (*CHANGE_WHEN)
		wait_for(CHANGE_WHEN);
	if (CHANGE_WAITS)
		wait_for_address();
	change();
	tell("changed", mark);
	/* A thread II that cannot send ends the program. */
	while (!ORDERED && shared->sent < PACKETS)
		usleep(20);
	if (WAITS_FOR_DAD)
		wait_for_dad();
	if (RESTORES_FLAGS) {
		set_flags(request.ifr_flags);
		undo();
	}
	tell("done_I", mark);
}

/* --- the verdict: does the unregister return? --- */

static void quote_kernel_log(int log)
{
	char line[1024];
	ssize_t size;

	while (log >= 0 && ((size = read(log, line, sizeof(line) - 1)) > 0 || errno == EPIPE)) {
		line[size > 0 ? size : 0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (strstr(line, "waiting for dut "))
			printf("kernel: %s\n", strchr(line, ';') + 1);
	}
}

static void delete_device(void)
{
	if (!if_nametoindex("dut"))
		return;
	shared->deleting_us = now_us();
	run("ip link delete dut");
	shared->deleting_us = 0;
}

/* All waits of threads I and II, one after the other. */
static int64_t waits_ms(void)
{
	int64_t sends_us = OFFSET_US + (int64_t)PACKETS * SPACING_US;

	return (HOLD_US + sends_us) / 1000 + (STEPS + 2) * MOST_MS + 3 * DAD_MS;
}

static bool threads_end(void)
{
	bool end;

	start(thread_ii, "group_II", CPU_II);
	start(thread_i, "group_I", CPU_OPENS);
	close(sender);
	close(events);
	end = all_end(2, waits_ms());
	/* The deletion is not part of the order. */
	tell("opened", 0);
	return end;
}

static bool device_goes(void)
{
	start(delete_device, NULL, CPU_I);
	return all_end(1, 0);
}

/* Whether the unregister hangs. */
static bool try_once(void)
{
	int peer_ns = new_namespace(), dut_ns = new_namespace();
	bool hangs;

	control = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	events = open_events();
	make_pair(peer_ns);
	must("entering the peer's namespace", setns(peer_ns, CLONE_NEWNET));
	prepare_peer();
	if (DIRECTION != INBOUND)
		must("returning from it", setns(dut_ns, CLONE_NEWNET));
	sender = open_sender();
	must("returning from the peer's namespace", setns(dut_ns, CLONE_NEWNET));

	shared->opened_us = shared->sent = 0;
	hangs = !threads_end() || !device_goes();
	/* Not before: without its namespace the peer goes, and the device with it. */
	close(control);
	close(peer_ns);
	close(dut_ns);
	return hangs;
}

static void tell_verdict(int verdict)
{
	switch (verdict) {
	case FOUND:
		fprintf(stderr,
			"leak shown: the unregister of dut has not returned for %d s; only a reboot frees the device (round %d)\n",
			HANGS_MS / 1000, round_nr);
		break;
	case NOT_TRIED:
		fprintf(stderr, "nothing was tried: none of %d rounds kept the order\n",
			ROUNDS);
		break;
	default:
		fprintf(stderr,
			"no leak shown: the unregister of dut returned in all %d rounds\n",
			ROUNDS);
	}
}

int main(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), verdict = NOT_TRIED;

	/* Each line once: a thread would write again what is in the buffer. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (log >= 0)
		lseek(log, 0, SEEK_END);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		cannot("shared memory");
	if (ORDERED)
		find_cpus();
	if (HAS_DAD)
		on_cpu(CPU_DAD);
	/* A run that was interrupted has left it. */
	tell("opened", 0);
	while (verdict != FOUND && round_nr < ROUNDS) {
		bool hangs, in_order;

		begin_round();
		hangs = try_once();
		in_order = is_in_order();
		if (hangs)
			verdict = FOUND;
		else if (in_order)
			verdict = NOT_FOUND;
	}
	tell_verdict(verdict);
	quote_kernel_log(log);
	return verdict;
}
