// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "testbed/testbed.h"
#include "testbed/undo.h"

/*
 * Each test runs in a child: testbed_open() moves the calling process between namespaces. The
 * child starts in namespaces of its own, with an empty /run, so nothing here meets the
 * machine's own devices, journals and names.
 */
enum { SKIPPED = 77, DEADLINE_MS = 10000 };

static struct {
	char reason[512];
	int fd;
	uint32_t netns_inum;
} * shared; /* between a test and its children */

#define CHECK(fact)                                                                        \
	do {                                                                               \
		if (!(fact)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #fact); \
			exit(EXIT_FAILURE);                                                \
		}                                                                          \
	} while (0)

#define CHECK_DONE(call, why)                                                             \
	do {                                                                              \
		int became = (call);                                                      \
		if (became < 0) {                                                         \
			fprintf(stderr, "%s:%d: %s: %d: %s\n", __FILE__, __LINE__, #call, \
				became, (why)->text);                                     \
			exit(EXIT_FAILURE);                                               \
		}                                                                         \
	} while (0)

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void world_own(void)
{
	CHECK(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0);
	CHECK(mount("", "/", "none", MS_PRIVATE | MS_REC, NULL) == 0);
	CHECK(mount("tmpfs", "/run", "tmpfs", 0, "mode=755") == 0);
}

static void in_child(void (*play)(const void *arg), const void *arg)
{
	int status;
	pid_t pid;

	if (geteuid() != 0) {
		print_message("SKIP: network namespaces need root\n");
		skip();
	}
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		world_own();
		play(arg);
		exit(EXIT_SUCCESS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		print_message("SKIP: %s\n", shared->reason);
		skip();
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SUCCESS);
}

/* ---- the kernel, without libnl ----------------------------------------------------------- */

static uint32_t netns_now(void)
{
	struct stat st;

	CHECK(stat("/proc/thread-self/ns/net", &st) == 0);
	return (uint32_t)st.st_ino;
}

static int socket_in6(int type, int protocol)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol);

	CHECK(fd >= 0);
	return fd;
}

static unsigned int flags_get(const char *name)
{
	int fd = socket_in6(SOCK_DGRAM, 0);
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	CHECK(ioctl(fd, SIOCGIFFLAGS, &request) == 0);
	close(fd);
	return (unsigned short)request.ifr_flags;
}

static void flags_put(const char *name, unsigned int flags)
{
	int fd = socket_in6(SOCK_DGRAM, 0);
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_flags = (short)flags;
	CHECK(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
	close(fd);
}

static void address_add(const char *name, const char *address)
{
	struct {
		struct in6_addr address;
		uint32_t prefix;
		int ifindex;
	} request = { .prefix = 64, .ifindex = (int)if_nametoindex(name) };
	int fd = socket_in6(SOCK_DGRAM, 0);

	CHECK(inet_pton(AF_INET6, address, &request.address) == 1);
	CHECK(ioctl(fd, SIOCSIFADDR, &request) == 0);
	close(fd);
}

static void default_route_add(const char *name)
{
	struct in6_rtmsg route = { .rtmsg_metric = 1,
				   .rtmsg_flags = RTF_UP,
				   .rtmsg_ifindex = (int)if_nametoindex(name) };
	int fd = socket_in6(SOCK_DGRAM, 0);

	CHECK(ioctl(fd, SIOCADDRT, &route) == 0);
	close(fd);
}

struct message {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[256];
};

static struct rtattr *attribute(struct message *message, unsigned short type, const void *data,
				size_t size)
{
	struct rtattr *at =
		(struct rtattr *)((char *)message + NLMSG_ALIGN(message->header.nlmsg_len));

	at->rta_type = type;
	at->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(at), data, size);
	message->header.nlmsg_len =
		NLMSG_ALIGN(message->header.nlmsg_len) + (uint32_t)RTA_ALIGN(at->rta_len);
	return at;
}

static void nest_end(struct message *message, struct rtattr *at)
{
	at->rta_len =
		(unsigned short)((char *)message + message->header.nlmsg_len - (char *)at);
}

static struct message link_message(uint16_t flags)
{
	return (struct message){
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			    .nlmsg_type = RTM_NEWLINK,
			    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags) }
	};
}

static int message_send(struct message *message)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char answer[4096];

	CHECK(fd >= 0);
	CHECK(send(fd, message, message->header.nlmsg_len, 0) ==
	      (ssize_t)message->header.nlmsg_len);
	CHECK(recv(fd, answer, sizeof(answer), 0) > (ssize_t)sizeof(struct nlmsgerr));
	close(fd);
	return ((struct nlmsgerr *)NLMSG_DATA(answer))->error;
}

/* A veth pair; its second end goes into the namespace `netns_fd` unless that is -1. */
static void veth_make(const char *one, const char *other, int netns_fd)
{
	struct message message = link_message(NLM_F_CREATE | NLM_F_EXCL);
	const struct ifinfomsg link = { 0 };
	struct rtattr *info, *data, *peer;
	int err;

	attribute(&message, IFLA_IFNAME, one, strlen(one) + 1);
	info = attribute(&message, IFLA_LINKINFO, NULL, 0);
	attribute(&message, IFLA_INFO_KIND, "veth", 4);
	data = attribute(&message, IFLA_INFO_DATA, NULL, 0);
	peer = attribute(&message, VETH_INFO_PEER, &link, sizeof(link));
	attribute(&message, IFLA_IFNAME, other, strlen(other) + 1);
	if (netns_fd >= 0)
		attribute(&message, IFLA_NET_NS_FD, &netns_fd, sizeof(netns_fd));
	nest_end(&message, peer);
	nest_end(&message, data);
	nest_end(&message, info);
	err = message_send(&message);
	if (err == -EOPNOTSUPP) {
		snprintf(shared->reason, sizeof(shared->reason),
			 "this kernel has no veth devices");
		exit(SKIPPED);
	}
	CHECK(err == 0);
}

/* All sysctls of a device, as text: taken before and after, they must be equal. */
static char *settings_of(const char *device)
{
	static const char *const folders[] = { "ipv4/conf", "ipv4/neigh", "ipv6/conf",
					       "ipv6/neigh" };
	char *text = NULL, path[512], value[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	for (size_t i = 0; i < 4; i++) {
		struct dirent **entries;
		int nr;

		snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", folders[i], device);
		nr = scandir(path, &entries, NULL, alphasort);
		CHECK(nr > 2);
		for (int entry = 0; entry < nr; entry++) {
			int fd;
			ssize_t got;

			snprintf(path, sizeof(path), "/proc/sys/net/%s/%s/%s", folders[i],
				 device, entries[entry]->d_name);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			got = fd < 0 ? -1 : read(fd, value, sizeof(value));
			if (got > 0)
				fprintf(out, "%s %.*s", path, (int)got, value);
			if (fd >= 0)
				close(fd);
			free(entries[entry]);
		}
		free(entries);
	}
	fclose(out);
	return text;
}

static void settings_are_equal(const char *before, const char *now)
{
	while (*before && *before == *now) {
		before++;
		now++;
	}
	if (*before != *now)
		fprintf(stderr, "was: %.80s\nis:  %.80s\n", before, now);
	CHECK(*before == *now);
}

static void setting_put(const char *kind, const char *device, const char *key,
			const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s/%s", kind, device, key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(write(fd, value, strlen(value)) == (ssize_t)strlen(value));
	close(fd);
}

static bool setting_is(const char *kind, const char *device, const char *key, const char *value)
{
	char path[128], now[64] = "";
	int fd;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s/%s", kind, device, key);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	got = read(fd, now, sizeof(now) - 1);
	close(fd);
	CHECK(got > 0 && now[got - 1] == '\n');
	now[got - 1] = '\0';
	if (strcmp(now, value) != 0)
		fprintf(stderr, "%s is %s, not %s\n", path, now, value);
	return strcmp(now, value) == 0;
}

static int entries_of(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int nr = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		nr += entry->d_name[0] != '.';
	closedir(dir);
	return nr;
}

/* ---- events ------------------------------------------------------------------------------ */

struct heard {
	struct testbed_event events[64];
	unsigned int nr;
};

static void hear(const struct testbed_event *event, void *arg)
{
	struct heard *heard = arg;

	CHECK(heard->nr < 64);
	heard->events[heard->nr++] = *event;
}

/* The place of the first such event, -1 when there is none yet. */
static int heard_at(const struct heard *heard, enum testbed_event_kind kind,
		    const struct in6_addr *address)
{
	for (unsigned int i = 0; i < heard->nr; i++) {
		if (heard->events[i].kind == kind &&
		    (!address || IN6_ARE_ADDR_EQUAL(&heard->events[i].address, address)))
			return (int)i;
	}
	return -1;
}

static int await(struct testbed *testbed, struct heard *heard, enum testbed_event_kind kind,
		 const struct in6_addr *address)
{
	const int64_t deadline = now_ms() + DEADLINE_MS;

	while (heard_at(heard, kind, address) < 0) {
		struct pollfd poller = { .fd = testbed_events_fd(testbed), .events = POLLIN };
		int64_t left = deadline - now_ms();

		if (left <= 0 || poll(&poller, 1, (int)left) == 0) {
			fprintf(stderr, "no event '%s'; there were:\n",
				testbed_event_names[kind]);
			for (unsigned int i = 0; i < heard->nr; i++)
				fprintf(stderr, "  %s\n",
					testbed_event_names[heard->events[i].kind]);
			exit(EXIT_FAILURE);
		}
		CHECK(testbed_events_read(testbed, hear, heard) == 0);
	}
	return heard_at(heard, kind, address);
}

/* An echo of the lane's own kernel to the peer's link-local address, and its reply. */
static void ping_peer(const struct testbed *testbed)
{
	const struct icmp6_hdr echo = { .icmp6_type = ICMP6_ECHO_REQUEST,
					.icmp6_data16 = { htons(0xdada), htons(1) } };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_addr = testbed_peer(testbed)->link_local,
				   .sin6_scope_id = testbed_dut(testbed)->ifindex };
	const int64_t deadline = now_ms() + DEADLINE_MS;
	int fd = socket_in6(SOCK_RAW, IPPROTO_ICMPV6);
	struct icmp6_hdr reply = { 0 };

	CHECK(sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)) ==
	      sizeof(echo));
	while (reply.icmp6_type != ICMP6_ECHO_REPLY) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - now_ms();

		CHECK(left > 0 && poll(&poller, 1, (int)left) == 1);
		CHECK(recv(fd, &reply, sizeof(reply), 0) >= (ssize_t)sizeof(reply));
	}
	close(fd);
}

static struct campaign campaign_of(enum device_kind kind)
{
	return (struct campaign){ .device = { .kind = kind, .dut = "rig-a.1", .peer = "rig-b" },
				  .sysctl = { .dad_transmits = 2,
					      .router_solicitation_delay = 0,
					      .retrans_time_ms = 120,
					      .accept_dad = 1,
					      .keep_addr_on_down = 1 } };
}

static struct testbed *opened(const struct campaign *campaign, uint32_t lane, bool keep)
{
	const struct testbed_ask ask = { .campaign = campaign, .lane = lane, .keep = keep };
	struct testbed *testbed = NULL;
	struct why why = { "" };
	int err = testbed_open(&ask, &testbed, &why);

	if (err == -EOPNOTSUPP) {
		CHECK(strstr(why.text, "CONFIG_") && strstr(why.text, "device.kind"));
		CHECK(!testbed);
		snprintf(shared->reason, sizeof(shared->reason), "%.500s", why.text);
		exit(SKIPPED);
	}
	CHECK_DONE(err, &why);
	return testbed;
}

static void refused(const struct campaign *campaign, int err, const char *word)
{
	const struct testbed_ask ask = { .campaign = campaign, .lane = 0, .keep = false };
	const uint32_t home = netns_now();
	struct testbed *testbed = NULL;
	struct why why = { "" };
	int became = testbed_open(&ask, &testbed, &why);

	if (became != -err || !strstr(why.text, word)) {
		fprintf(stderr, "not refused with %d and '%s', but %d: %s\n", -err, word,
			became, why.text);
		exit(EXIT_FAILURE);
	}
	CHECK(!testbed && netns_now() == home && entries_of(MACHINE_FOLDER) == 0);
}

/* ---- devices of our own making ----------------------------------------------------------- */

static void brings_up(struct testbed *testbed, enum device_kind kind)
{
	const struct testbed_device *dut = testbed_dut(testbed);
	const struct in6_addr *address = &dut->link_local;
	struct heard heard = { .nr = 0 };
	struct why why = { "" };
	int tentative, permanent;

	CHECK(!(flags_get(dut->name) & IFF_UP));
	flags_put(dut->name, flags_get(dut->name) | IFF_UP);
	flags_put(dut->name, flags_get(dut->name) | IFF_ALLMULTI);
	if (kind == DEVICE_BRIDGE)
		CHECK_DONE(testbed_carrier_sync(testbed, &why), &why);
	permanent = await(testbed, &heard, TESTBED_ADDRESS_PERMANENT, address);
	tentative = heard_at(&heard, TESTBED_ADDRESS_TENTATIVE, address);
	CHECK(tentative >= 0 && tentative < permanent);
	CHECK(heard_at(&heard, TESTBED_LINK_UP, NULL) >= 0);
	CHECK(heard_at(&heard, TESTBED_LOST, NULL) < 0);
	if (testbed_peer(testbed))
		ping_peer(testbed);

	heard.nr = 0;
	CHECK_DONE(testbed_dut_down(testbed, &why), &why);
	CHECK(!(flags_get(dut->name) & (IFF_UP | IFF_ALLMULTI)));
	await(testbed, &heard, TESTBED_LINK_DOWN, NULL);
	await(testbed, &heard, TESTBED_ADDRESS_GONE, address);
	CHECK(heard_at(&heard, TESTBED_LINK_GONE, NULL) < 0);
}

static void play_kind(const void *arg)
{
	const enum device_kind kind = *(const enum device_kind *)arg;
	const struct campaign campaign = campaign_of(kind);
	const uint32_t home = netns_now();
	struct testbed *testbed = opened(&campaign, 0x1234, false);
	const struct testbed_device *dut = testbed_dut(testbed), *peer = testbed_peer(testbed);
	const uint8_t dut_mac[] = { 2, 0xda, 0xd0, 0x12, 0x34, 1 };
	const uint8_t peer_mac[] = { 2, 0xda, 0xd0, 0x12, 0x34, 2 };
	struct heard heard = { .nr = 0 };
	struct why why = { "" };

	CHECK(netns_now() != home && dut->netns_inum == netns_now());
	CHECK(strcmp(dut->name, "dut4660") == 0 && if_nametoindex("dut4660") == dut->ifindex);
	CHECK(memcmp(dut->mac, dut_mac, ETH_ALEN) == 0);
	CHECK(flags_get("lo") & IFF_UP);
	CHECK(setting_is("ipv6/conf", dut->name, "dad_transmits", "2"));
	CHECK(setting_is("ipv6/conf", dut->name, "router_solicitation_delay", "0"));
	CHECK(setting_is("ipv6/neigh", dut->name, "retrans_time_ms", "120"));
	CHECK(setting_is("ipv6/conf", dut->name, "accept_dad", "1"));
	CHECK(setting_is("ipv6/conf", dut->name, "keep_addr_on_down", "1"));
	CHECK(setting_is("ipv6/conf", dut->name, "accept_ra", "0"));
	CHECK((kind == DEVICE_DUMMY) == !peer);
	CHECK((kind == DEVICE_DUMMY) == (testbed_peer_netns(testbed) < 0));
	if (peer) {
		struct stat st;

		CHECK(strcmp(peer->name, "peer4660") == 0 && if_nametoindex(peer->name) == 0);
		CHECK(memcmp(peer->mac, peer_mac, ETH_ALEN) == 0);
		CHECK(fstat(testbed_peer_netns(testbed), &st) == 0);
		CHECK(peer->netns_inum == st.st_ino && peer->netns_inum != dut->netns_inum);
		CHECK(peer->ifindex != dut->ifindex);
	}
	brings_up(testbed, kind);
	brings_up(testbed, kind); /* a second trial on the same lane */
	CHECK_DONE(testbed_dut_delete(testbed, &why), &why);
	await(testbed, &heard, TESTBED_LINK_GONE, NULL);
	CHECK(if_nametoindex("dut4660") == 0);
	CHECK_DONE(testbed_close(testbed, &why), &why);
	CHECK(netns_now() == home);
}

static void test_kind(void **state)
{
	in_child(play_kind, *state);
}

static void play_duplicate(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_VETH);
	struct testbed *testbed = opened(&campaign, 1, false);
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct heard heard = { .nr = 0 };
	char address[INET6_ADDRSTRLEN];
	struct why why = { "" };

	(void)arg;
	inet_ntop(AF_INET6, &testbed_dut(testbed)->link_local, address, sizeof(address));
	CHECK(setns(testbed_peer_netns(testbed), CLONE_NEWNET) == 0);
	address_add(testbed_peer(testbed)->name, address);
	CHECK(setns(home, CLONE_NEWNET) == 0);
	close(home);
	flags_put(testbed_dut(testbed)->name, IFF_UP);
	await(testbed, &heard, TESTBED_ADDRESS_DADFAILED, &testbed_dut(testbed)->link_local);
	CHECK(heard_at(&heard, TESTBED_ADDRESS_PERMANENT, NULL) < 0);
	CHECK_DONE(testbed_close(testbed, &why), &why);
}

static void test_duplicate_address_fails_dad(void **state)
{
	in_child(play_duplicate, *state);
}

static void play_stable_privacy(const void *arg)
{
	struct campaign campaign = campaign_of(DEVICE_VETH);
	struct heard heard = { .nr = 0 };
	struct testbed *testbed;
	struct why why = { "" };
	int permanent;

	(void)arg;
	campaign.sysctl.addr_gen_mode = 2;
	testbed = opened(&campaign, 1, false);
	CHECK(IN6_IS_ADDR_UNSPECIFIED(&testbed_dut(testbed)->link_local));
	CHECK(setting_is("ipv6/conf", "dut1", "addr_gen_mode", "2"));
	flags_put("dut1", IFF_UP);
	permanent = await(testbed, &heard, TESTBED_ADDRESS_PERMANENT, NULL);
	CHECK(IN6_IS_ADDR_LINKLOCAL(&heard.events[permanent].address));
	CHECK(heard_at(&heard, TESTBED_ADDRESS_TENTATIVE, &in6addr_any) >= 0);
	CHECK_DONE(testbed_close(testbed, &why), &why);
}

static void test_address_unknown_before_dad(void **state)
{
	in_child(play_stable_privacy, *state);
}

static void play_delete_in_child(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_VETH);
	struct testbed *testbed = opened(&campaign, 2, false);
	struct heard heard = { .nr = 0 };
	struct why why = { "" };
	int status;
	pid_t pid;

	(void)arg;
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(testbed_dut_delete(testbed, NULL) ? EXIT_FAILURE : EXIT_SUCCESS);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	await(testbed, &heard, TESTBED_LINK_GONE, NULL);
	CHECK(testbed_dut_down(testbed, &why) == -ENODEV && strstr(why.text, "dut2"));
	CHECK_DONE(testbed_close(testbed, &why), &why);
}

static void test_deleted_by_a_child(void **state)
{
	in_child(play_delete_in_child, *state);
}

static void play_overflow(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_VETH);
	struct testbed *testbed = opened(&campaign, 3, false);
	struct heard heard = { .nr = 0 };
	struct why why = { "" };
	const int least = 1;

	(void)arg;
	CHECK(setsockopt(testbed_events_fd(testbed), SOL_SOCKET, SO_RCVBUF, &least,
			 sizeof(least)) == 0);
	for (int i = 0; i < 10; i++) {
		flags_put("dut3", IFF_UP);
		CHECK_DONE(testbed_dut_down(testbed, &why), &why);
	}
	await(testbed, &heard, TESTBED_LOST, NULL);
	CHECK_DONE(testbed_close(testbed, &why), &why);
}

static void test_lost_events_are_said(void **state)
{
	in_child(play_overflow, *state);
}

static void play_kept(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_VETH);
	const struct testbed_ask again = { .campaign = &campaign, .lane = 5, .keep = true };
	const uint32_t home = netns_now();
	struct testbed *testbed = opened(&campaign, 5, true), *second = NULL;
	struct why why = { "" };
	struct stat st;
	int fd;

	(void)arg;
	CHECK_DONE(testbed_close(testbed, &why), &why);
	CHECK(netns_now() == home && entries_of("/run/netns") == 2);
	CHECK(testbed_open(&again, &second, &why) == -EEXIST && !second);
	CHECK(strstr(why.text, "/run/netns/dadrace-5"));
	CHECK(netns_now() == home && entries_of("/run/netns") == 2);
	CHECK(stat("/run/netns/dadrace-5-peer", &st) == 0);
	fd = open("/run/netns/dadrace-5", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && setns(fd, CLONE_NEWNET) == 0);
	close(fd);
	CHECK(if_nametoindex("dut5") != 0 && netns_now() != st.st_ino);
}

static void test_kept_names_collide(void **state)
{
	in_child(play_kept, *state);
}

static void play_cycles(const void *arg)
{
	static const enum device_kind kinds[] = { DEVICE_VETH, DEVICE_MACVLAN, DEVICE_BRIDGE };
	const uint32_t home = netns_now();
	int fds = -1;

	(void)arg;
	for (uint32_t i = 0; i < 100; i++) {
		const struct campaign campaign = campaign_of(kinds[i % 3]);
		struct testbed *testbed = opened(&campaign, i, false);
		struct why why = { "" };

		CHECK_DONE(testbed_close(testbed, &why), &why);
		if (fds < 0)
			fds = entries_of("/proc/self/fd");
	}
	CHECK(entries_of("/proc/self/fd") == fds && netns_now() == home);
	CHECK(entries_of("/run") == 0);
}

static void test_hundred_cycles_leave_nothing(void **state)
{
	in_child(play_cycles, *state);
}

/*
 * A process that is killed takes its namespaces with it. The witness is one end of a veth whose
 * other end sits there: it is deleted when, and only when, the namespace is.
 */
static void witness_await(int fd, const char *const names[], unsigned int nr)
{
	const int64_t deadline = now_ms() + DEADLINE_MS;
	char notification[8192];

	for (unsigned int i = 0; i < nr; i++) {
		while (if_nametoindex(names[i]) != 0) {
			struct pollfd poller = { .fd = fd, .events = POLLIN };
			int64_t left = deadline - now_ms();

			CHECK(left > 0 && poll(&poller, 1, (int)left) == 1);
			CHECK(recv(fd, notification, sizeof(notification), 0) > 0);
		}
	}
}

/* Starts a child that opens a testbed, says so, and waits to be killed. */
static pid_t victim_start(const struct campaign *campaign)
{
	int ready[2];
	pid_t pid;
	char byte;

	CHECK(pipe2(ready, O_CLOEXEC) == 0);
	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		struct testbed *testbed = opened(campaign, 6, false);

		flags_put(testbed_dut(testbed)->name,
			  flags_get(testbed_dut(testbed)->name) | IFF_UP | IFF_ALLMULTI);
		shared->fd = testbed_peer_netns(testbed);
		CHECK(write(ready[1], "", 1) == 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	return pid;
}

static void victim_kill(pid_t pid)
{
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static void play_killed(const void *arg)
{
	static const char *const witnesses[] = { "witness0", "witness1" };
	const struct campaign campaign = campaign_of(DEVICE_VETH);
	struct sockaddr_nl groups = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char path[64];
	pid_t pid;

	(void)arg;
	CHECK(events >= 0 && bind(events, (struct sockaddr *)&groups, sizeof(groups)) == 0);
	pid = victim_start(&campaign);
	for (int i = 0; i < 2; i++) {
		int fd;

		if (i == 0)
			snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
		else
			snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, shared->fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0);
		veth_make(witnesses[i], "inside", fd);
		close(fd);
	}
	CHECK(if_nametoindex("witness0") && if_nametoindex("witness1"));
	victim_kill(pid);
	witness_await(events, witnesses, 2);
	close(events);
}

static void test_killed_leaves_no_namespace(void **state)
{
	in_child(play_killed, *state);
}

/* ---- real devices ------------------------------------------------------------------------ */

static void rig_make(void)
{
	veth_make("rig-a.1", "rig-b", -1);
	setting_put("ipv6/conf", "rig-a.1", "dad_transmits", "7");
	setting_put("ipv6/conf", "rig-b", "hop_limit", "77");
	setting_put("ipv4/conf", "rig-b", "rp_filter", "2");
	setting_put("ipv6/neigh", "rig-b", "retrans_time_ms", "460");
	setting_put("ipv6/conf", "rig-b", "stable_secret", "2001:db8::1");
	setting_put("ipv6/conf", "rig-b", "addr_gen_mode", "3");
	flags_put("rig-a.1", IFF_UP | IFF_BROADCAST | IFF_MULTICAST);
	flags_put("rig-b", IFF_BROADCAST | IFF_MULTICAST | IFF_ALLMULTI | IFF_NOARP);
}

struct snapshot {
	unsigned int flags[2];
	char *settings[2];
	uint32_t netns_inum;
};

static struct snapshot snapshot_take(void)
{
	const unsigned int mask = (unsigned int)~IFF_RUNNING;

	return (struct snapshot){
		.flags = { flags_get("rig-a.1") & mask, flags_get("rig-b") & mask },
		.settings = { settings_of("rig-a.1"), settings_of("rig-b") },
		.netns_inum = netns_now(),
	};
}

static void snapshot_is_still_so(const struct snapshot *before)
{
	struct snapshot now = snapshot_take();

	for (int i = 0; i < 2; i++) {
		CHECK(now.flags[i] == before->flags[i]);
		settings_are_equal(before->settings[i], now.settings[i]);
		free(now.settings[i]);
	}
	CHECK(now.netns_inum == before->netns_inum);
	CHECK(entries_of(MACHINE_FOLDER) == 0);
}

static void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->settings[0]);
	free(snapshot->settings[1]);
}

static void play_existing(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_EXISTING);
	const uint32_t home = netns_now();
	struct snapshot before;
	struct testbed *testbed;
	struct why why = { "" };

	(void)arg;
	rig_make();
	before = snapshot_take();
	for (int i = 0; i < 3; i++) {
		testbed = opened(&campaign, 0, false);
		CHECK(netns_now() == home && testbed_dut(testbed)->netns_inum == home);
		CHECK(strcmp(testbed_dut(testbed)->name, "rig-a.1") == 0);
		CHECK(testbed_peer(testbed)->netns_inum == home);
		CHECK(setting_is("ipv6/conf", "rig-a.1", "dad_transmits", "2"));
		CHECK(testbed_dut_delete(testbed, &why) == -EPERM);
		brings_up(testbed, DEVICE_EXISTING);
		flags_put("rig-a.1", flags_get("rig-a.1") | IFF_UP | IFF_PROMISC);
		CHECK_DONE(testbed_close(testbed, &why), &why);
		snapshot_is_still_so(&before);
	}
	snapshot_free(&before);
}

static void test_existing_is_put_back(void **state)
{
	in_child(play_existing, *state);
}

/* A namespace without a name and without a process is gone. */
static bool fork_in_home(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid > 0;
}

static void play_existing_killed(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_EXISTING);
	const uint32_t home = netns_now();
	unsigned int left = 1;
	struct snapshot before;
	struct why why = { "" };
	pid_t pid;
	int steps;

	(void)arg;
	rig_make();
	before = snapshot_take();
	pid = victim_start(&campaign);
	CHECK(undo_replay(NULL, &left, &why) == -EBUSY && left == 1); /* its owner lives */
	CHECK(entries_of(MACHINE_FOLDER) == 1);

	/* Dead is also what nobody has waited for; and undone from whatever namespace. */
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitid(P_PID, (id_t)pid, NULL, WEXITED | WNOWAIT) == 0);
	if (arg) {
		int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

		CHECK(fd >= 0 && fork_in_home() && unshare(CLONE_NEWNET) == 0);
		steps = undo_replay(stdout, &left, &why);
		CHECK(netns_now() != home);
		CHECK(setns(fd, CLONE_NEWNET) == 0);
		close(fd);
	} else {
		steps = undo_replay(stdout, &left, &why);
	}
	CHECK_DONE(steps, &why);
	CHECK(steps > 5 && left == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
	snapshot_is_still_so(&before);
	CHECK(undo_replay(NULL, &left, &why) == 0 && left == 0);
	snapshot_free(&before);
}

static void test_existing_killed_is_undone(void **state)
{
	in_child(play_existing_killed, *state);
}

static void play_existing_gone(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_EXISTING);
	struct message message = link_message(0);
	unsigned int left = 1;
	struct why why = { "" };
	pid_t pid;

	(void)arg;
	rig_make();
	pid = victim_start(&campaign);
	victim_kill(pid);
	message.header.nlmsg_type = RTM_DELLINK;
	message.link.ifi_index = (int)if_nametoindex("rig-a.1");
	CHECK(message_send(&message) == 0);
	for (int i = 0; i < 2; i++) {
		CHECK(undo_replay(stdout, &left, &why) == -ENODEV && left == 2);
		CHECK(strstr(why.text, "lost") && entries_of(MACHINE_FOLDER) == 1);
		if (!i)
			rig_make(); /* of the same names, but others: they are left alone */
	}
	undo_forget(stdout);
	CHECK(entries_of(MACHINE_FOLDER) == 0);
}

static void test_devices_that_are_gone_are_lost(void **state)
{
	in_child(play_existing_gone, *state);
}

/* What a bring-up did to the device itself is put back, and so is the address that it lost. */
static void play_changed(const void *arg)
{
	static const char change[] =
		"ip link set rig-a.1 down && ip link set rig-a.1 mtu 1300 txqueuelen 5 && "
		"ip link set rig-a.1 address 02:00:00:00:00:99 && ip link set rig-a.1 up && "
		"ip addr add 192.0.2.1/24 dev rig-a.1 && ip addr add 2001:db8::1/64 dev rig-a.1";
	static const char tell[] =
		"{ ip -o link show rig-a.1; ip -o addr show rig-a.1; } | sed 's/state [A-Z]*//' >";
	const struct campaign campaign = campaign_of(DEVICE_EXISTING);
	struct testbed *testbed;
	struct why why = { "" };
	char command[256];

	(void)arg;
	rig_make();
	setting_put("ipv6/conf", "rig-a.1", "addr_gen_mode", "1"); /* as a network manager */
	flags_put("rig-a.1", 0);
	address_add("rig-a.1", "fe80::7");
	snprintf(command, sizeof(command), "%s/run/before", tell);
	CHECK(system(command) == 0);
	testbed = opened(&campaign, 0, false);
	CHECK(system(change) == 0);
	CHECK_DONE(testbed_close(testbed, &why), &why);
	snprintf(command, sizeof(command), "%s/run/after; diff /run/before /run/after", tell);
	CHECK(system(command) == 0);
}

static void test_what_a_bring_up_changed_is_put_back(void **state)
{
	in_child(play_changed, *state);
}

/* Killed at whatever moment of opening and closing, it is put back all the same. */
static void play_killed_any_time(const void *arg)
{
	const struct campaign campaign = campaign_of(DEVICE_EXISTING);
	struct snapshot before;

	(void)arg;
	rig_make();
	before = snapshot_take();
	for (int i = 0; i < 40; i++) {
		const struct timespec moment = { .tv_nsec = i * 700000L };
		struct why why = { "" };
		unsigned int left = 1;
		pid_t pid;

		fflush(NULL);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			for (;;)
				testbed_close(opened(&campaign, 0, false), NULL);
		}
		nanosleep(&moment, NULL); /* the moment is what varies: nothing is waited for */
		victim_kill(pid);
		CHECK_DONE(undo_replay(NULL, &left, &why), &why);
		CHECK(left == 0);
		snapshot_is_still_so(&before);
	}
	snapshot_free(&before);
}

static void test_existing_killed_at_any_moment(void **state)
{
	in_child(play_killed_any_time, *state);
}

static void play_refused(const void *arg)
{
	struct campaign campaign = campaign_of(DEVICE_EXISTING);

	(void)arg;
	refused(&campaign, ENODEV, "rig-a.1");
	rig_make();
	campaign.device.peer = "absent";
	refused(&campaign, ENODEV, "absent");
	campaign.device.peer = "rig-a.1";
	refused(&campaign, EINVAL, "rig-a.1");
	campaign.device.peer = "lo";
	refused(&campaign, EINVAL, "lo");
	campaign.device.peer = "rig-b";
	flags_put("rig-b", IFF_UP);
	default_route_add("rig-b");
	refused(&campaign, EINVAL, "default route");
	flags_put("rig-b", 0);
	address_add("rig-a.1", "2001:db8::1");
	refused(&campaign, EINVAL, "2001:db8::1");
}

static void test_in_use_is_refused(void **state)
{
	in_child(play_refused, *state);
}

int main(void)
{
	static enum device_kind veth = DEVICE_VETH, macvlan = DEVICE_MACVLAN,
				bridge = DEVICE_BRIDGE, dummy = DEVICE_DUMMY,
				ipvlan = DEVICE_IPVLAN, vrf = DEVICE_VRF, vxlan = DEVICE_VXLAN,
				vlan = DEVICE_VLAN, bond = DEVICE_BOND, team = DEVICE_TEAM,
				tun = DEVICE_TUN;
	static int elsewhere;
	const struct CMUnitTest tests[] = {
		{ "test_veth", test_kind, NULL, NULL, &veth },
		{ "test_macvlan", test_kind, NULL, NULL, &macvlan },
		{ "test_bridge", test_kind, NULL, NULL, &bridge },
		{ "test_dummy", test_kind, NULL, NULL, &dummy },
		{ "test_ipvlan", test_kind, NULL, NULL, &ipvlan },
		{ "test_vrf", test_kind, NULL, NULL, &vrf },
		{ "test_vxlan", test_kind, NULL, NULL, &vxlan },
		{ "test_vlan", test_kind, NULL, NULL, &vlan },
		{ "test_bond", test_kind, NULL, NULL, &bond },
		{ "test_team", test_kind, NULL, NULL, &team },
		{ "test_tun", test_kind, NULL, NULL, &tun },
		cmocka_unit_test(test_duplicate_address_fails_dad),
		cmocka_unit_test(test_address_unknown_before_dad),
		cmocka_unit_test(test_deleted_by_a_child),
		cmocka_unit_test(test_lost_events_are_said),
		cmocka_unit_test(test_kept_names_collide),
		cmocka_unit_test(test_hundred_cycles_leave_nothing),
		cmocka_unit_test(test_killed_leaves_no_namespace),
		cmocka_unit_test(test_existing_is_put_back),
		cmocka_unit_test(test_existing_killed_is_undone),
		{ "test_existing_killed_is_undone_from_elsewhere",
		  test_existing_killed_is_undone, NULL, NULL, &elsewhere },
		cmocka_unit_test(test_existing_killed_at_any_moment),
		cmocka_unit_test(test_devices_that_are_gone_are_lost),
		cmocka_unit_test(test_what_a_bring_up_changed_is_put_back),
		cmocka_unit_test(test_in_use_is_refused),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
