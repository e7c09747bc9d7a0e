// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "frame/frame.h"
#include "io/loop.h"
#include "lane/echo.h"
#include "trial/crafted.h"

enum { BATCH = 64 };

struct made {
	size_t ahead_length; /* 0: nothing is sent ahead */
	size_t length;
	uint8_t ahead[FRAME_AHEAD];
	uint8_t bytes[FRAME_MAX];
};

struct echoes {
	const struct testbed *testbed;
	uint32_t lane;
	int packet; /* -1: the lane has no peer */
	int dad;    /* -1: not listening for DAD probes */
	int icmpv6;
	int raw;
	enum direction direction;
	struct sockaddr_in6 to; /* outbound */
	struct made made[ECHOES_MAX];
};

static int bind_packet(int fd, const struct testbed_device *peer, uint16_t protocol)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)peer->ifindex,
	};

	return bind(fd, (struct sockaddr *)&at, sizeof(at));
}

/* Frames leave the peer's device past its queueing discipline, straight into the driver. */
static int prepare_sender(int fd, const struct testbed_device *peer)
{
	int one = 1;

	/* Protocol 0: this socket only sends. */
	return setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) ||
	       bind_packet(fd, peer, 0);
}

/*
 * Neighbour Solicitations from :: only, so that nothing else wakes the lane; and only what the
 * peer receives, not what it sends itself. Bound last: no frame comes before the filter is
 * there.
 */
static int prepare_listener(int fd, const struct testbed_device *peer)
{
	enum { SOURCE = ETH_HLEN + 8, ICMPV6 = ETH_HLEN + 40, ACCEPT = 0x40000 };
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 6), /* next header */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 11),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMPV6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 0, 9),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SOURCE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 7),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SOURCE + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SOURCE + 8),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SOURCE + 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ACCEPT),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = sizeof(filter) / sizeof(filter[0]),
				      .filter = filter };
	int one = 1;

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ||
	       setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) ||
	       setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	       bind_packet(fd, peer, ETHERTYPE_IPV6);
}

static int refused(const char *whose, const char *what, int err, struct why *why)
{
	bool may_not = err == EPERM;

	return why_exit(
		why, may_not ? EXIT_CANNOT : EXIT_INTERNAL, err, "%s: %s: %s%s", whose, what,
		strerror(err),
		may_not ?
			"; CAP_NET_RAW is missing: run as root, or grant it to the container or unit" :
			"");
}

/* A packet socket on the peer's device. */
static int open_packet(const struct testbed *testbed,
		       int (*prepare)(int fd, const struct testbed_device *peer),
		       struct why *why)
{
	const struct testbed_device *peer = testbed_peer(testbed);
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd = -1, err = 0;

	if (home < 0)
		return why_set(why, errno, "/proc/self/ns/net: cannot be opened: %s",
			       strerror(errno));
	if (setns(testbed_peer_netns(testbed), CLONE_NEWNET)) {
		err = why_set(why, errno, "%s: its network namespace cannot be entered: %s",
			      peer->name, strerror(errno));
	} else {
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0 || prepare(fd, peer))
			err = refused(peer->name, "cannot be given a packet socket", errno,
				      why);
	}
	if (setns(home, CLONE_NEWNET))
		err = why_set(why, errno,
			      "network namespace of the lane: cannot be entered again: %s",
			      strerror(errno));
	close(home);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static int open_raw(int protocol, struct why *why)
{
	struct icmp6_filter nothing;
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0)
		return refused("raw socket", "cannot be opened", errno, why);
	/* Packets queued on our own socket would keep references on the device. */
	ICMP6_FILTER_SETBLOCKALL(&nothing);
	if (protocol == IPPROTO_ICMPV6)
		setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &nothing, sizeof(nothing));
	return fd;
}

int echoes_open(const struct testbed *testbed, uint32_t lane, struct echoes **out,
		struct why *why)
{
	struct echoes *echoes = mmap(NULL, sizeof(*echoes), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err = 0;

	if (echoes == MAP_FAILED)
		return why_set(why, errno, "echoes: cannot be given shared memory: %s",
			       strerror(errno));
	echoes->testbed = testbed;
	echoes->lane = lane;
	echoes->packet = echoes->dad = echoes->icmpv6 = echoes->raw = -1;
	if (testbed_peer(testbed))
		err = echoes->packet = open_packet(testbed, prepare_sender, why);
	if (err >= 0)
		err = echoes->icmpv6 = open_raw(IPPROTO_ICMPV6, why);
	if (err >= 0)
		err = echoes->raw = open_raw(IPPROTO_RAW, why);
	if (err < 0) {
		echoes_close(echoes);
		return err;
	}
	*out = echoes;
	return 0;
}

void echoes_close(struct echoes *echoes)
{
	if (!echoes)
		return;
	if (echoes->packet >= 0)
		close(echoes->packet);
	if (echoes->dad >= 0)
		close(echoes->dad);
	if (echoes->icmpv6 >= 0)
		close(echoes->icmpv6);
	if (echoes->raw >= 0)
		close(echoes->raw);
	munmap(echoes, sizeof(*echoes));
}

void echoes_sockets(const struct echoes *echoes, int sockets[ECHOES_SOCKETS])
{
	sockets[0] = echoes->packet;
	sockets[1] = echoes->icmpv6;
	sockets[2] = echoes->raw;
}

static struct end end_of(const struct testbed_device *device)
{
	struct end end = { 0 };

	if (!device)
		return end;
	memcpy(end.mac, device->mac, sizeof(end.mac));
	end.address = device->link_local;
	return end;
}

static int set_hop_limit(int fd, int hops, struct why *why)
{
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops)) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)))
		return why_set(why, errno, "echo.hop_limit %d: refused by the kernel: %s", hops,
			       strerror(errno));
	return 0;
}

int echoes_make(struct echoes *echoes, const struct trial_spec *spec, struct ends *ends,
		struct why *why)
{
	struct crafting crafting;

	*ends = (struct ends){ .device = end_of(testbed_dut(echoes->testbed)),
			       .peer = end_of(testbed_peer(echoes->testbed)) };
	crafting_begin(&crafting, spec, ends, echoes->lane);
	echoes->direction = spec->direction;
	echoes->to = (struct sockaddr_in6){
		.sin6_family = AF_INET6,
		.sin6_addr = crafting.echo.target,
		.sin6_scope_id = testbed_dut(echoes->testbed)->ifindex,
	};
	for (uint32_t i = 0; i < spec->echoes; i++) {
		struct made *made = &echoes->made[i];

		crafting_next(&crafting);
		made->ahead_length = crafting_ahead(&crafting, made->ahead);
		made->length = crafting_bytes(&crafting, made->bytes);
	}
	return spec->direction == DIRECTION_OUTBOUND ?
		       set_hop_limit(echoes->icmpv6, (int)spec->hop_limit, why) :
		       0;
}

static int send_frames(struct echoes *echoes, uint32_t first, uint32_t count)
{
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	int sent;

	if (count > BATCH)
		count = BATCH;
	for (uint32_t i = 0; i < count; i++) {
		struct made *made = &echoes->made[first + i];

		parts[i] = (struct iovec){ made->bytes, made->length };
		messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i],
							     .msg_iovlen = 1 } };
	}
	sent = sendmmsg(echoes->packet, messages, count, 0);
	return sent < 0 ? -errno : sent;
}

/* With a frame ahead, an echo is sent when both are. */
static int send_both(struct echoes *echoes, const struct made *made)
{
	if (send(echoes->packet, made->ahead, made->ahead_length, 0) < 0 ||
	    send(echoes->packet, made->bytes, made->length, 0) < 0)
		return -errno;
	return 1;
}

int echoes_send(struct echoes *echoes, uint32_t first, uint32_t count)
{
	const struct made *made = &echoes->made[first];
	int fd = echoes->direction == DIRECTION_OUTBOUND ? echoes->icmpv6 : echoes->raw;

	if (echoes->direction == DIRECTION_INBOUND)
		return made->ahead_length ? send_both(echoes, made) :
					    send_frames(echoes, first, count);
	/* One by one: the kernel half matches each system call with its answer. */
	if (sendto(fd, made->bytes, made->length, 0, (const struct sockaddr *)&echoes->to,
		   sizeof(echoes->to)) < 0)
		return -errno;
	return 1;
}

/* --- DAD, as the peer sees it --- */

int echoes_listen_dad(struct echoes *echoes, struct why *why)
{
	int fd = open_packet(echoes->testbed, prepare_listener, why);

	if (fd < 0)
		return fd;
	echoes->dad = fd;
	return 0;
}

int echoes_dad_fd(const struct echoes *echoes)
{
	return echoes->dad;
}

/*
 * The kernel stamps packets with the wall clock: how old the stamp is, is the same on both
 * clocks, unless the wall clock was set in between.
 */
static uint64_t on_our_clock(const struct timespec *stamp)
{
	enum { OLDEST_S = 60 };
	uint64_t now_ns = loop_now();
	struct timespec wall;
	int64_t age_ns;

	clock_gettime(CLOCK_REALTIME, &wall);
	age_ns = (wall.tv_sec - stamp->tv_sec) * 1000000000LL + wall.tv_nsec - stamp->tv_nsec;
	return age_ns > 0 && age_ns < OLDEST_S * 1000000000LL ? now_ns - (uint64_t)age_ns :
								now_ns;
}

static uint64_t received_at(struct msghdr *message)
{
	struct timespec stamp = { 0 };

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
	return on_our_clock(&stamp);
}

bool echoes_dad_next(struct echoes *echoes, struct echoes_dad_probe *probe)
{
	while (echoes->dad >= 0) {
		char control[CMSG_SPACE(sizeof(struct timespec))]
			__attribute__((aligned(sizeof(size_t))));
		struct iovec part = { probe->bytes, sizeof(probe->bytes) };
		struct msghdr message = {
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t size = recvmsg(echoes->dad, &message, 0);

		if (size < 0)
			return false;
		if (!frame_dad_read(probe->bytes, (size_t)size, &probe->dad))
			continue;
		probe->at_ns = received_at(&message);
		probe->length = (size_t)size;
		return true;
	}
	return false;
}

int echoes_answer(struct echoes *echoes, const uint8_t *frame, size_t length)
{
	return send(echoes->packet, frame, length, 0) < 0 ? -errno : 0;
}
