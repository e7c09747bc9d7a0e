
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { INBOUND, OUTBOUND, OUTBOUND_RAW };
enum { ALL_NODES, SOLICITED_NODE, TENTATIVE, PEER, NOBODY };
enum { FOUND = 1, NOT_FOUND = 0, CANNOT = 77 };
enum {
	DUT_INDEX = 1000,
	PEER_INDEX = 1001, /* another one: equal ones make linkwatch lazy */
	ROUNDS = 10,	   /* until the leak shows */
	HANGS_S = 12,	   /* the kernel complains after ten */
	DAD_MS = 2500,
	IPV6_BYTES = 40,
	ICMPV6_BYTES = 8,
	FRAME_MAX = ETH_HLEN + 1500,
};

static const uint8_t dut_mac[ETH_ALEN] = { 0x02, 0xda, 0xd0, 0, 1, 0 };
static const uint8_t peer_mac[ETH_ALEN] = { 0x02, 0xda, 0xd0, 0, 1, 1 };

static void cannot(const char *what)
{
	fprintf(stderr, "cannot run: %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

/* --- addresses --- */

static struct in6_addr link_local(const uint8_t *mac)
{
	struct in6_addr address = { { { 0xfe, 0x80 } } };
	uint8_t *at = &address.s6_addr[8];

	memcpy(at, mac, 3);
	memcpy(at + 5, mac + 3, 3);
	at[0] ^= 2;
	at[3] = 0xff;
	at[4] = 0xfe;
	return address;
}

/* One that nobody has, another for each number. */
static struct in6_addr stranger(int number)
{
	struct in6_addr address = { { { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xda, 0xd0, 0xda,
					0xd0 } } };

	address.s6_addr[14] = (uint8_t)(number >> 8);
	address.s6_addr[15] = (uint8_t)number;
	return address;
}

static struct in6_addr target_address(void)
{
	struct in6_addr group = { { { 0xff, 0x02 } } }, dut = link_local(dut_mac);

	switch (TARGET) {
	case ALL_NODES: group.s6_addr[15] = 1; return group;
	case SOLICITED_NODE:
		group.s6_addr[11] = 1;
		group.s6_addr[12] = 0xff;
		memcpy(&group.s6_addr[13], &dut.s6_addr[13], 3);
		return group;
	case TENTATIVE: return dut;
	case PEER: return link_local(peer_mac);
	default: return stranger(0);
	}
}

/* --- rtnetlink --- */

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} about;
	char room[512];
};

static struct rtattr *put(struct request *request, int type, const void *data, size_t length)
{
	struct rtattr *attribute =
		(struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	attribute->rta_type = (unsigned short)type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	if (length)
		memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len =
		NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
	return attribute;
}

static void end_nest(struct request *request, struct rtattr *nest)
{
	nest->rta_len =
		(unsigned short)((char *)request + request->header.nlmsg_len - (char *)nest);
}

static struct request make_request(int type, int flags, size_t about)
{
	return (struct request){ .header = { .nlmsg_type = (unsigned short)type,
					     .nlmsg_flags = (unsigned short)(NLM_F_REQUEST |
									     NLM_F_ACK | flags),
					     .nlmsg_len = (unsigned int)NLMSG_LENGTH(about) } };
}

/* 0 or an errno. */
static int talk(const struct request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[1024];
	} answer;
	int err;

	if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(int)))
		err = errno;
	else
		err = -answer.error.error;
	if (fd >= 0)
		close(fd);
	return err;
}

static void must(const char *what, const struct request *request)
{
	errno = talk(request);
	if (errno)
		cannot(what);
}

static void make_pair(int peer_ns)
{
	struct request request =
		make_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	const struct ifinfomsg peer = { .ifi_index = PEER_INDEX };
	struct rtattr *info, *data, *end;

	request.about.link.ifi_index = DUT_INDEX;
	put(&request, IFLA_IFNAME, "dut", sizeof("dut"));
	put(&request, IFLA_ADDRESS, dut_mac, sizeof(dut_mac));
	info = put(&request, IFLA_LINKINFO, NULL, 0);
	put(&request, IFLA_INFO_KIND, "veth", sizeof("veth"));
	data = put(&request, IFLA_INFO_DATA, NULL, 0);
	end = put(&request, VETH_INFO_PEER, &peer, sizeof(peer));
	put(&request, IFLA_IFNAME, "peer", sizeof("peer"));
	put(&request, IFLA_ADDRESS, peer_mac, sizeof(peer_mac));
	put(&request, IFLA_NET_NS_FD, &peer_ns, sizeof(peer_ns));
	end_nest(&request, end);
	end_nest(&request, data);
	end_nest(&request, info);
	must("making a veth pair", &request);
}

static void bring_up(int index)
{
	struct request request = make_request(RTM_NEWLINK, 0, sizeof(struct ifinfomsg));

	request.about.link = (struct ifinfomsg){ .ifi_index = index,
						 .ifi_flags = IFF_UP,
						 .ifi_change = IFF_UP };
	must("bringing a link up", &request);
}

static void give_peer_its_address(void)
{
	struct request request = make_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
					      sizeof(struct ifaddrmsg));
	const struct in6_addr address = link_local(peer_mac);

	request.about.address = (struct ifaddrmsg){ .ifa_family = AF_INET6,
						    .ifa_prefixlen = 64,
						    .ifa_flags = IFA_F_NODAD,
						    .ifa_scope = RT_SCOPE_LINK,
						    .ifa_index = PEER_INDEX };
	put(&request, IFA_LOCAL, &address, sizeof(address));
	must("giving the peer an address", &request);
}

/* --- the two namespaces --- */

static void set_sysctl(const char *name, int value)
{
	char path[128], text[16];
	int fd, length = snprintf(text, sizeof(text), "%d", value);

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* Old kernels lack some of them. */
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		cannot(path);
	close(fd);
}

static int new_namespace(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		cannot("a network namespace of its own (is root missing?)");
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		cannot("/proc/self/ns/net");
	set_sysctl("conf/all/accept_dad", 0);
	set_sysctl("conf/all/enhanced_dad", 0);
	set_sysctl("icmp/echo_ignore_multicast", 0);
	bring_up(1);
	return fd;
}

static void prepare_dut(void)
{
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
	bring_up(PEER_INDEX);
	give_peer_its_address();
}

/* --- echoes --- */

struct echo {
	uint8_t bytes[FRAME_MAX];
	size_t length;
};

static uint32_t sum(uint32_t sum, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	return sum;
}

static uint8_t *put_icmpv6(uint8_t *at, const uint8_t *addresses, int sequence)
{
	size_t length = ICMPV6_BYTES + PAYLOAD_BYTES;
	uint32_t check = (uint32_t)length + IPPROTO_ICMPV6;

	memset(at, 0, length);
	at[0] = 128; /* echo request */
	at[5] = 1;
	at[6] = (uint8_t)(sequence >> 8);
	at[7] = (uint8_t)sequence;
	check = sum(sum(check, addresses, 32), at, length);
	while (check >> 16)
		check = (check & 0xffff) + (check >> 16);
	at[2] = (uint8_t)(~check >> 8);
	at[3] = (uint8_t)~check;
	return at + length;
}

static void make_echo(struct echo *echo, int sequence)
{
	const struct in6_addr target = target_address();
	const struct in6_addr source = DIRECTION != INBOUND ? link_local(dut_mac) :
				       SPOOFED		    ? stranger(sequence) :
							      link_local(peer_mac);
	uint8_t *at = echo->bytes, header[IPV6_BYTES] = { 0x60 };

	header[4] = (ICMPV6_BYTES + PAYLOAD_BYTES) >> 8;
	header[5] = (ICMPV6_BYTES + PAYLOAD_BYTES) & 0xff;
	header[6] = IPPROTO_ICMPV6;
	header[7] = HOP_LIMIT;
	memcpy(header + 8, &source, sizeof(source));
	memcpy(header + 24, &target, sizeof(target));
	if (DIRECTION == INBOUND) {
		memcpy(at, dut_mac, ETH_ALEN);
		if (IN6_IS_ADDR_MULTICAST(&target)) {
			at[0] = at[1] = 0x33;
			memcpy(at + 2, &target.s6_addr[12], 4);
		}
		memcpy(at + ETH_ALEN, peer_mac, ETH_ALEN);
		at[12] = 0x86;
		at[13] = 0xdd;
		at += ETH_HLEN;
	}
	if (DIRECTION != OUTBOUND) {
		memcpy(at, header, sizeof(header));
		at += sizeof(header);
	}
	at = put_icmpv6(at, header + 8, sequence);
	echo->length = (size_t)(at - echo->bytes);
}

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

/* That the kernel refuses an echo may be the very thing. */
static void send_echo(int fd, const struct echo *echo)
{
	const struct sockaddr_in6 to = { .sin6_family = AF_INET6,
					 .sin6_addr = target_address(),
					 .sin6_scope_id = DUT_INDEX };
	ssize_t sent;

	if (DIRECTION == INBOUND)
		sent = send(fd, echo->bytes, echo->length, 0);
	else
		sent = sendto(fd, echo->bytes, echo->length, 0, (const struct sockaddr *)&to,
			      sizeof(to));
	if (sent < 0)
		printf("the kernel refused an echo: %s\n", strerror(errno));
}

/* --- thread I: flags up, DAD, flags restored --- */

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

static int open_events(void)
{
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof(groups)))
		cannot("a netlink socket");
	return fd;
}

static int dad_is_over(const struct nlmsghdr *header, size_t size)
{
	for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
		const struct ifaddrmsg *address = NLMSG_DATA(header);

		if (header->nlmsg_type == RTM_NEWADDR && address->ifa_index == DUT_INDEX &&
		    (!(address->ifa_flags & IFA_F_TENTATIVE) ||
		     address->ifa_flags & IFA_F_DADFAILED))
			return 1;
	}
	return 0;
}

static void wait_for_dad(int events)
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

static void set_flags(int fd, struct ifreq *request, short flags)
{
	request->ifr_flags = flags;
	if (ioctl(fd, SIOCSIFFLAGS, request))
		cannot("SIOCSIFFLAGS");
}

static void race(int sender, const struct echo *echoes)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), events = open_events();
	struct ifreq request = { .ifr_name = "dut" };
	int64_t opened_us;
	short before;

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		cannot("SIOCGIFFLAGS");
	before = request.ifr_flags;

	set_flags(fd, &request, before | IFF_UP);
	opened_us = now_us();
	for (int i = 0; i < ECHOES; i++) {
		wait_until(opened_us + OFFSET_US + (int64_t)i * SPACING_US);
		send_echo(sender, &echoes[i]);
	}
	wait_until(opened_us + HOLD_US);
	wait_for_dad(events);
	set_flags(fd, &request, before);
	close(events);
	close(fd);
}

/* --- the verdict: does the unregister return? --- */

static int open_kernel_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

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
	struct request request = make_request(RTM_DELLINK, 0, sizeof(struct ifinfomsg));

	request.about.link.ifi_index = DUT_INDEX;
	must("deleting the device", &request);
}

static int judge(int log)
{
	const struct timespec deadline = { .tv_sec = HANGS_S };
	int status = 0;
	sigset_t child;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	pid = fork();
	if (pid < 0)
		cannot("fork");
	if (!pid) {
		delete_device();
		_exit(0);
	}
	if (sigtimedwait(&child, NULL, &deadline) < 0) {
		fprintf(stderr,
			"leak shown: the unregister of dut has not returned for %d s; only a reboot frees the device\n",
			HANGS_S);
		quote_kernel_log(log);
		return FOUND;
	}
	return waitpid(pid, &status, 0) == pid && !status ? NOT_FOUND : CANNOT;
}

static int try_once(int log)
{
	static struct echo echoes[ECHOES + 1];
	int peer_ns = new_namespace(), dut_ns = new_namespace(), sender = -1, verdict;

	make_pair(peer_ns);
	prepare_dut();
	for (int i = 0; i < ECHOES; i++)
		make_echo(&echoes[i], i + 1);
	if (setns(peer_ns, CLONE_NEWNET))
		cannot("entering the peer's namespace");
	prepare_peer();
	if (DIRECTION == INBOUND)
		sender = open_sender();
	if (setns(dut_ns, CLONE_NEWNET))
		cannot("returning from the peer's namespace");
	if (DIRECTION != INBOUND)
		sender = open_sender();

	race(sender, echoes);
	close(sender);
	verdict = judge(log);
	/* Not before: without its namespace the peer goes, and the device with it. */
	close(peer_ns);
	close(dut_ns);
	return verdict;
}

int main(void)
{
	int log = open_kernel_log(), verdict = NOT_FOUND;

	for (int round = 1; verdict == NOT_FOUND && round <= ROUNDS; round++)
		verdict = try_once(log);
	if (verdict == NOT_FOUND)
		fprintf(stderr,
			"no leak shown: the unregister of dut returned in all %d rounds\n",
			ROUNDS);
	return verdict;
}
