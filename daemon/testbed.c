// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "frame.h"
#include "testbed.h"
#include "undo.h"

#define OWN_NETNS     "/proc/thread-self/ns/net" /* setns() moves the thread, not the process */
#define NAMED_NETNS   "/run/netns"
#define EVENTS_BUFFER (4 << 20)

enum {
	/* What SIOCSIFFLAGS and RTM_SETLINK can set (__dev_change_flags, net/core/dev.c). */
	FLAGS_SETTABLE = IFF_UP | IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC |
			 IFF_MULTICAST | IFF_PORTSEL | IFF_AUTOMEDIA | IFF_PROMISC |
			 IFF_ALLMULTI,
	ADDR_GEN_EUI64 = 0, /* IN6_ADDR_GEN_MODE_* */
	ADDR_GEN_NONE = 1,
	ADDR_GEN_STABLE = 2,
	KEY_BYTES = 384, /* a sysctl's name below /proc/sys/net, with one NAME_MAX in it */
};

enum role { ROLE_DUT = 1, ROLE_PEER, ROLE_LOWER };

struct testbed {
	pid_t owner;
	enum device_kind kind;
	uint32_t lane;
	struct testbed_device dut;
	struct testbed_device peer;
	bool have_peer;
	int home_netns; /* where the caller came from; -1 when it never left */
	int lane_netns;
	int peer_netns;
	struct nl_sock *lane_sock;
	struct nl_sock *peer_sock;
	struct nl_sock *events;
	unsigned int dut_flags; /* of a dut at rest */
	bool up;		/* as last reported */
	bool running;
	struct undo *undo;
	bool lane_named; /* in NAMED_NETNS, by this open */
	bool peer_named;
};

const char *const testbed_event_names[] = {
	[TESTBED_ADDRESS_TENTATIVE] = "address tentative",
	[TESTBED_ADDRESS_DADFAILED] = "address dadfailed",
	[TESTBED_ADDRESS_PERMANENT] = "address permanent",
	[TESTBED_ADDRESS_GONE] = "address gone",
	[TESTBED_LINK_UP] = "link up",
	[TESTBED_LINK_DOWN] = "link down",
	[TESTBED_LINK_GONE] = "link gone",
	[TESTBED_LOST] = "events lost",
};
_Static_assert(sizeof(testbed_event_names) / sizeof(*testbed_event_names) == TESTBED_EVENTS,
	       "every event has a name");

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void put_link(struct rtnl_link **link)
{
	rtnl_link_put(*link);
}

static void put_msg(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

static void put_cache(struct nl_cache **cache)
{
	nl_cache_free(*cache);
}

static void put_sock(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

#define AUTO_FD	   __attribute__((cleanup(close_fd)))
#define AUTO_LINK  __attribute__((cleanup(put_link)))
#define AUTO_MSG   __attribute__((cleanup(put_msg)))
#define AUTO_CACHE __attribute__((cleanup(put_cache)))
#define AUTO_SOCK  __attribute__((cleanup(put_sock)))

/* What the kernel added to its errno (NLMSGERR_ATTR_MSG); empty when it said nothing. */
struct remark {
	char text[160];
};

static int no_memory(struct why *why)
{
	return why_set(why, ENOMEM, "testbed: out of memory");
}

/* `what` follows "cannot": "create veth dut3". err is positive. */
static int cannot(struct why *why, int err, const struct remark *remark, const char *what,
		  const char *name)
{
	const char *text = remark ? remark->text : "";
	const char *hint = "";

	if (err == EPERM || err == EACCES)
		hint = "; is CAP_NET_ADMIN or CAP_SYS_ADMIN missing?";
	return why_set(why, err, "testbed: cannot %s %s: %s%s%s%s%s", what, name, strerror(err),
		       *text ? " (" : "", text, *text ? ")" : "", hint);
}

/* ---- requests ---------------------------------------------------------------------------- */

static int sock_open(struct nl_sock **out, struct why *why)
{
	struct nl_sock *sock = nl_socket_alloc();
	const int on = 1;
	int fd;

	if (!sock)
		return no_memory(why);
	errno = 0;
	if (nl_connect(sock, NETLINK_ROUTE) < 0) {
		int err = errno ? errno : EIO;

		nl_socket_free(sock);
		return cannot(why, err, NULL, "open", "a netlink socket");
	}
	/* libnl counts the answers that it reads itself; acknowledged() reads most of them. */
	nl_socket_disable_seq_check(sock);
	/* Both only make errors more telling; a kernel without them still answers. */
	fd = nl_socket_get_fd(sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	*out = sock;
	return 0;
}

static void remark_read(struct nlmsghdr *answer, struct remark *remark)
{
	const struct nlmsgerr *error = nlmsg_data(answer);
	size_t skip = sizeof(*error);
	struct nlattr *text;

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	if ((size_t)nlmsg_datalen(answer) <= skip)
		return;
	text = nla_find((struct nlattr *)((char *)nlmsg_data(answer) + skip),
			nlmsg_datalen(answer) - (int)skip, NLMSGERR_ATTR_MSG);
	if (text)
		nla_strlcpy(remark->text, text, sizeof(remark->text));
}

/*
 * Waits for the acknowledgement of request `seq`. libnl's own wait_for_ack would turn the
 * kernel's errno into one of fewer, and allocates.
 */
static int acknowledged(struct nl_sock *sock, uint32_t seq, struct remark *remark)
{
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} buf;

	for (;;) {
		ssize_t got = recv(nl_socket_get_fd(sock), &buf, sizeof(buf), 0);
		struct nlmsghdr *answer = &buf.header;
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		for (; nlmsg_ok(answer, left); answer = nlmsg_next(answer, &left)) {
			if (answer->nlmsg_seq != seq || answer->nlmsg_type != NLMSG_ERROR ||
			    nlmsg_datalen(answer) < (int)sizeof(struct nlmsgerr))
				continue;
			remark_read(answer, remark);
			return ((struct nlmsgerr *)nlmsg_data(answer))->error;
		}
	}
}

static int request(struct nl_sock *sock, struct nl_msg *msg, struct remark *remark)
{
	remark->text[0] = '\0';
	errno = 0;
	if (nl_send_auto(sock, msg) < 0)
		return errno ? -errno : -EIO;
	return acknowledged(sock, nlmsg_hdr(msg)->nlmsg_seq, remark);
}

/* A request about one link that needs no attributes: no allocation, for the hot path. */
static int link_request(struct nl_sock *sock, uint16_t type, uint32_t ifindex,
			unsigned int flags, unsigned int change, struct remark *remark)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} msg = {
		.header =
			{
				.nlmsg_len = sizeof(msg),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
				.nlmsg_seq = nl_socket_use_seq(sock),
			},
		.link =
			{
				.ifi_family = AF_UNSPEC,
				.ifi_index = (int)ifindex,
				.ifi_flags = flags,
				.ifi_change = change,
			},
	};

	remark->text[0] = '\0';
	errno = 0;
	if (nl_sendto(sock, &msg, sizeof(msg)) < 0)
		return errno ? -errno : -EIO;
	return acknowledged(sock, msg.header.nlmsg_seq, remark);
}

/* Changes one 32-bit attribute of a link: its master, its namespace. */
static int link_change(struct nl_sock *sock, uint32_t ifindex, int attribute, uint32_t value,
		       struct remark *remark)
{
	const struct ifinfomsg link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex};
	AUTO_MSG struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);

	remark->text[0] = '\0';
	if (!msg || nlmsg_append(msg, (void *)&link, sizeof(link), NLMSG_ALIGNTO) < 0 ||
	    nla_put_u32(msg, attribute, value) < 0)
		return -ENOMEM;
	return request(sock, msg, remark);
}

static int flags_set(struct nl_sock *sock, uint32_t ifindex, unsigned int flags,
		     unsigned int change, struct remark *remark)
{
	return link_request(sock, RTM_NEWLINK, ifindex, flags, change, remark);
}

/* -ENODEV, without a sentence, when there is none. */
static int link_find(struct nl_sock *sock, const char *name, struct rtnl_link **out,
		     struct why *why)
{
	int err = rtnl_link_get_kernel(sock, 0, name, out);

	switch (err < 0 ? -err : 0) {
	case 0: return 0;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND: return -ENODEV;
	default:
		return why_set(why, EIO, "testbed: cannot look up device %s: %s", name,
			       nl_geterror(err));
	}
}

/* ---- namespaces -------------------------------------------------------------------------- */

static int netns_own(int *out, struct why *why)
{
	int fd = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return cannot(why, errno, NULL, "open", OWN_NETNS);
	*out = fd;
	return 0;
}

static int netns_enter(int fd, struct why *why)
{
	if (setns(fd, CLONE_NEWNET) < 0)
		return cannot(why, errno, NULL, "enter", "a network namespace");
	return 0;
}

/* Makes a network namespace, moves into it; `fd` then keeps it. */
static int netns_new(int *fd, struct why *why)
{
	if (unshare(CLONE_NEWNET) < 0)
		return cannot(why, errno, NULL, "make", "a network namespace");
	return netns_own(fd, why);
}

static uint32_t netns_inum(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : (uint32_t)st.st_ino;
}

static bool netns_is_own(int fd)
{
	struct stat own;

	return stat(OWN_NETNS, &own) == 0 && (uint32_t)own.st_ino == netns_inum(fd);
}

/* Binds the namespace that the caller is in to `path`, which must not exist. */
static int netns_bind(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

	if (fd < 0 && errno == EEXIST)
		return why_set(why, EEXIST,
			       "testbed: %s is taken: %s; an earlier testbed was kept there, "
			       "ip netns delete removes it",
			       path, strerror(EEXIST));
	if (fd < 0)
		return cannot(why, errno, NULL, "create", path);
	close(fd);
	if (mount(OWN_NETNS, path, "none", MS_BIND, NULL) < 0) {
		int err = errno;

		unlink(path);
		return cannot(why, err, NULL, "mount", path);
	}
	return 0;
}

/* As ip-netns(8) prepares it: an unmount there must reach those who copied our mounts. */
static int named_netns_ready(struct why *why)
{
	if (mkdir(NAMED_NETNS, 0755) < 0 && errno != EEXIST)
		return cannot(why, errno, NULL, "create", NAMED_NETNS);
	if (mount("", NAMED_NETNS, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	if (errno != EINVAL ||
	    mount(NAMED_NETNS, NAMED_NETNS, "none", MS_BIND | MS_REC, NULL) < 0 ||
	    mount("", NAMED_NETNS, "none", MS_SHARED | MS_REC, NULL) < 0)
		return cannot(why, errno, NULL, "share the mount", NAMED_NETNS);
	return 0;
}

static void named_path(const struct testbed *testbed, enum role role, char *path, size_t size)
{
	snprintf(path, size, NAMED_NETNS "/dadrace-%u%s", testbed->lane,
		 role == ROLE_PEER ? "-peer" : "");
}

static int netns_name(struct testbed *testbed, enum role role, bool *named, struct why *why)
{
	char path[64];
	int err = named_netns_ready(why);

	if (err)
		return err;
	named_path(testbed, role, path, sizeof(path));
	err = netns_bind(path, why);
	*named = !err;
	return err;
}

static void netns_unname(const struct testbed *testbed, enum role role)
{
	char path[64];

	named_path(testbed, role, path, sizeof(path));
	umount2(path, MNT_DETACH);
	unlink(path);
}

/* ---- sysctls ----------------------------------------------------------------------------- */

/* `key` is relative to /proc/sys/net. The value goes without its newline. */
static int sysctl_read(const char *key, char *value, size_t size)
{
	char path[PATH_MAX];
	AUTO_FD int fd = -1;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, value, size - 1);
	if (got < 0)
		return -errno;
	while (got > 0 && value[got - 1] == '\n')
		got--;
	value[got] = '\0';
	return 0;
}

static int sysctl_write(const char *key, const char *value, struct why *why)
{
	char path[PATH_MAX];
	AUTO_FD int fd = -1;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return why_set(why, ENOENT,
			       "testbed: there is no %s; does this kernel have IPv6?", path);
	if (fd < 0)
		return cannot(why, errno, NULL, "open", path);
	if (write(fd, value, strlen(value)) < 0)
		return why_set(why, errno, "testbed: cannot write %s to %s: %s", value, path,
			       strerror(errno));
	return 0;
}

/* Changes a sysctl of a real device, what it was being written to the journal first. */
static int sysctl_change(struct undo *undo, const char *key, const char *value, struct why *why)
{
	char path[PATH_MAX], was[256];
	int err = sysctl_read(key, was, sizeof(was));

	if (!err && strcmp(was, value) == 0)
		return 0;
	if (!err && undo) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
		err = undo_push(undo, UNDO_SYSCTL, path, was, why);
		if (err)
			return err;
	}
	return sysctl_write(key, value, why);
}

struct setting {
	const char *key; /* %s is the device */
	const char *value;
};

static int sysctls_change(struct undo *undo, const struct setting *settings, size_t nr,
			  const char *device, struct why *why)
{
	char key[KEY_BYTES];
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++) {
		const char *name = strstr(settings[i].key, "%s");

		if (name)
			snprintf(key, sizeof(key), "%.*s%s%s", (int)(name - settings[i].key),
				 settings[i].key, device, name + 2);
		else
			snprintf(key, sizeof(key), "%s", settings[i].key);
		err = sysctl_change(undo, key, settings[i].value, why);
	}
	return err;
}

#define SETTINGS(table) (table), sizeof(table) / sizeof(*(table))

/* Of a namespace that we made. */
static const struct setting lane_settings[] = {
	/* What is in force is the greater of all and device: addrconf_dad_begin. */
	{"ipv6/conf/all/accept_dad", "0"},
	{"ipv6/icmp/echo_ignore_multicast", "0"},
};

/* Of the dut on a lane of our own: no router is there, its timers would be noise. */
static const struct setting own_dut_settings[] = {
	{"ipv6/conf/%s/accept_ra", "0"},
};

/*
 * The peer has one address, given by us: its own DAD would need the carrier that comes only
 * with the dut, and then race with the first trial.
 */
static const struct setting peer_settings[] = {
	{"ipv6/conf/%s/disable_ipv6", "0"},  {"ipv6/conf/%s/accept_ra", "0"},
	{"ipv6/conf/%s/accept_dad", "0"},    {"ipv6/conf/%s/dad_transmits", "0"},
	{"ipv6/conf/%s/addr_gen_mode", "1"}, /* ADDR_GEN_NONE */
};

/* The veth end under a macvlan or a bridge is a wire only. */
static const struct setting lower_settings[] = {
	{"ipv6/conf/%s/disable_ipv6", "1"},
};

static const struct {
	const char *key;
	size_t offset;
} campaign_sysctls[] = {
	{"ipv6/conf/%s/dad_transmits", offsetof(struct campaign, sysctl.dad_transmits)},
	{"ipv6/conf/%s/router_solicitation_delay",
	 offsetof(struct campaign, sysctl.router_solicitation_delay)},
	{"ipv6/neigh/%s/retrans_time_ms", offsetof(struct campaign, sysctl.retrans_time_ms)},
	{"ipv6/conf/%s/accept_dad", offsetof(struct campaign, sysctl.accept_dad)},
	{"ipv6/conf/%s/addr_gen_mode", offsetof(struct campaign, sysctl.addr_gen_mode)},
	{"ipv6/conf/%s/keep_addr_on_down", offsetof(struct campaign, sysctl.keep_addr_on_down)},
};

static int campaign_apply(struct testbed *testbed, const struct campaign *campaign,
			  struct why *why)
{
	struct setting setting = {"ipv6/conf/%s/disable_ipv6", "0"};
	const char *name = testbed->dut.name;
	char value[16], secret[48];
	int err = sysctls_change(testbed->undo, &setting, 1, name, why);

	/* The kernel refuses this mode without a secret; a real device has its operator's. */
	if (!err && campaign->sysctl.addr_gen_mode == ADDR_GEN_STABLE && !testbed->undo) {
		snprintf(secret, sizeof(secret), "2001:db8::dad:%x:%x", testbed->lane >> 16,
			 testbed->lane & 0xffff);
		setting = (struct setting){"ipv6/conf/%s/stable_secret", secret};
		err = sysctls_change(NULL, &setting, 1, name, why);
	}
	for (size_t i = 0; i < sizeof(campaign_sysctls) / sizeof(*campaign_sysctls) && !err;
	     i++) {
		const char *at = (const char *)campaign + campaign_sysctls[i].offset;

		snprintf(value, sizeof(value), "%u", *(const uint32_t *)at);
		setting = (struct setting){campaign_sysctls[i].key, value};
		err = sysctls_change(testbed->undo, &setting, 1, name, why);
	}
	if (!err && campaign->sysctl.addr_gen_mode == ADDR_GEN_EUI64)
		testbed->dut.link_local = frame_link_local(testbed->dut.mac);
	return err;
}

/* ---- devices of our own making ----------------------------------------------------------- */

static void own_mac(uint32_t lane, enum role role, uint8_t mac[ETH_ALEN])
{
	const uint8_t bytes[ETH_ALEN] = {
		0x02, 0xda, 0xd0, (uint8_t)(lane >> 8), (uint8_t)lane, (uint8_t)role};

	memcpy(mac, bytes, ETH_ALEN);
}

/*
 * Chosen, not left to the kernel, which would give both ends of a veth the same index in their
 * two fresh namespaces. linkwatch_urgent_event() compares index and iflink: were they equal,
 * the carrier's changes would wait for up to a second, and DAD with them.
 */
static uint32_t own_ifindex(uint32_t lane, enum role role)
{
	return 1000 + lane % 100000 * 10 + role;
}

static void own_device(uint32_t lane, enum role role, struct testbed_device *device)
{
	static const char *const names[] = {
		[ROLE_DUT] = "dut", [ROLE_PEER] = "peer", [ROLE_LOWER] = "lu"};

	snprintf(device->name, sizeof(device->name), "%s%u", names[role], lane);
	own_mac(lane, role, device->mac);
	device->ifindex = own_ifindex(lane, role);
}

static int link_describe(struct rtnl_link *link, const struct testbed_device *device)
{
	struct nl_addr *addr = nl_addr_build(AF_LLC, device->mac, ETH_ALEN);

	if (!addr)
		return -ENOMEM;
	rtnl_link_set_name(link, device->name);
	rtnl_link_set_ifindex(link, (int)device->ifindex);
	rtnl_link_set_addr(link, addr);
	nl_addr_put(addr);
	return 0;
}

static int link_create(struct nl_sock *sock, struct rtnl_link *link, const char *kind,
		       const char *option, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = NULL;
	struct remark remark;
	char what[48];
	int err;

	if (rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg) < 0)
		return no_memory(why);
	err = request(sock, msg, &remark);
	if (err == -EOPNOTSUPP)
		return why_set(why, EOPNOTSUPP,
			       "testbed: this kernel has no %s devices (%s): %s; use another "
			       "device.kind, such as %s",
			       kind, option, strerror(EOPNOTSUPP),
			       strcmp(kind, "veth") == 0 ? "dummy or existing" : "veth");
	if (err == -EEXIST)
		return why_set(why, EEXIST,
			       "testbed: the name %s is taken in this namespace: %s",
			       rtnl_link_get_name(link), strerror(EEXIST));
	snprintf(what, sizeof(what), "create %s", kind);
	return err ? cannot(why, -err, &remark, what, rtnl_link_get_name(link)) : 0;
}

/* A veth from the lane's namespace to the peer's. */
static int veth_create(struct testbed *testbed, const struct testbed_device *end,
		       struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_veth_alloc();
	AUTO_LINK struct rtnl_link *peer = link ? rtnl_link_veth_get_peer(link) : NULL;

	if (!peer || link_describe(link, end) || link_describe(peer, &testbed->peer))
		return no_memory(why);
	rtnl_link_set_ns_fd(peer, testbed->peer_netns);
	return link_create(testbed->lane_sock, link, "veth", "CONFIG_VETH", why);
}

static int lower_create(struct testbed *testbed, struct testbed_device *lower, struct why *why)
{
	struct remark remark;
	int err;

	own_device(testbed->lane, ROLE_LOWER, lower);
	err = veth_create(testbed, lower, why);
	if (!err)
		err = sysctls_change(NULL, SETTINGS(lower_settings), lower->name, why);
	if (err)
		return err;
	err = flags_set(testbed->lane_sock, lower->ifindex, IFF_UP, IFF_UP, &remark);
	return err ? cannot(why, -err, &remark, "bring up", lower->name) : 0;
}

static int macvlan_create(struct testbed *testbed, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_macvlan_alloc();
	struct testbed_device lower = {0};
	int err;

	if (!link || link_describe(link, &testbed->dut))
		return no_memory(why);
	err = lower_create(testbed, &lower, why);
	if (err)
		return err;
	rtnl_link_set_link(link, (int)lower.ifindex);
	rtnl_link_macvlan_set_mode(link, rtnl_link_macvlan_str2mode("bridge"));
	return link_create(testbed->lane_sock, link, "macvlan", "CONFIG_MACVLAN", why);
}

static int plain_create(struct testbed *testbed, const char *kind, const char *option,
			struct why *why)
{
	AUTO_LINK struct rtnl_link *link = rtnl_link_alloc();

	if (!link || link_describe(link, &testbed->dut) || rtnl_link_set_type(link, kind) < 0)
		return no_memory(why);
	return link_create(testbed->lane_sock, link, kind, option, why);
}

/* Snooping would keep timers and group references on the dut that nobody asked for. */
static int snooping_off(struct testbed *testbed, struct remark *remark)
{
	const struct ifinfomsg link = {.ifi_family = AF_UNSPEC,
				       .ifi_index = (int)testbed->dut.ifindex};
	AUTO_MSG struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct nlattr *info, *data;

	remark->text[0] = '\0';
	if (!msg || nlmsg_append(msg, (void *)&link, sizeof(link), NLMSG_ALIGNTO) < 0)
		return -ENOMEM;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info || nla_put_string(msg, IFLA_INFO_KIND, "bridge") < 0)
		return -ENOMEM;
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data || nla_put_u8(msg, IFLA_BR_MCAST_SNOOPING, 0) < 0)
		return -ENOMEM;
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return request(testbed->lane_sock, msg, remark);
}

static int bridge_create(struct testbed *testbed, struct why *why)
{
	struct testbed_device lower = {0};
	struct remark remark;
	int err;

	err = lower_create(testbed, &lower, why);
	if (!err)
		err = plain_create(testbed, "bridge", "CONFIG_BRIDGE", why);
	if (err)
		return err;
	err = snooping_off(testbed, &remark);
	if (err)
		return cannot(why, -err, &remark, "set up bridge", testbed->dut.name);
	err = link_change(testbed->lane_sock, lower.ifindex, IFLA_MASTER, testbed->dut.ifindex,
			  &remark);
	return err ? cannot(why, -err, &remark, "make a bridge port of", lower.name) : 0;
}

static int dut_create(struct testbed *testbed, struct why *why)
{
	switch (testbed->kind) {
	case DEVICE_VETH: return veth_create(testbed, &testbed->dut, why);
	case DEVICE_MACVLAN: return macvlan_create(testbed, why);
	case DEVICE_BRIDGE: return bridge_create(testbed, why);
	case DEVICE_DUMMY: return plain_create(testbed, "dummy", "CONFIG_DUMMY", why);
	case DEVICE_EXISTING:
	case DEVICE_KINDS: break;
	}
	return why_set(why, EINVAL, "testbed: device kind %d is not made here", testbed->kind);
}

/* A socket and lo in the namespace that the caller is in, which we made. */
static int netns_furnish(struct nl_sock **sock, struct why *why)
{
	struct remark remark;
	int err = sock_open(sock, why);

	if (!err)
		err = sysctls_change(NULL, SETTINGS(lane_settings), "", why);
	if (err)
		return err;
	err = flags_set(*sock, 1, IFF_UP, IFF_UP, &remark); /* LOOPBACK_IFINDEX */
	return err ? cannot(why, -err, &remark, "bring up", "lo") : 0;
}

/* The peer's link-local address. IFA_F_NODAD: never tentative, carrier or not. */
static int peer_address(struct testbed *testbed, struct why *why)
{
	const struct ifaddrmsg address = {
		.ifa_family = AF_INET6,
		.ifa_prefixlen = 64,
		.ifa_flags = IFA_F_NODAD,
		.ifa_scope = RT_SCOPE_LINK,
		.ifa_index = testbed->peer.ifindex,
	};
	AUTO_MSG struct nl_msg *msg =
		nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct remark remark;
	int err;

	testbed->peer.link_local = frame_link_local(testbed->peer.mac);
	if (!msg || nlmsg_append(msg, (void *)&address, sizeof(address), NLMSG_ALIGNTO) < 0 ||
	    nla_put(msg, IFA_LOCAL, sizeof(struct in6_addr), &testbed->peer.link_local) < 0)
		return no_memory(why);
	err = request(testbed->peer_sock, msg, &remark);
	return err ? cannot(why, -err, &remark, "give an address to", testbed->peer.name) : 0;
}

/* In the peer's namespace. */
static int peer_up(struct testbed *testbed, struct why *why)
{
	struct remark remark;
	int err;

	err = sysctls_change(NULL, SETTINGS(peer_settings), testbed->peer.name, why);
	if (err)
		return err;
	/* With IFF_NOARP it would answer no neighbour solicitation. */
	err = flags_set(testbed->peer_sock, testbed->peer.ifindex, IFF_UP, IFF_UP | IFF_NOARP,
			&remark);
	if (err)
		return cannot(why, -err, &remark, "bring up", testbed->peer.name);
	return peer_address(testbed, why);
}

/* Comes back to namespace `home` from the peer's, whatever became of the work there. */
static int peer_ready(struct testbed *testbed, int home, struct why *why)
{
	int err = netns_enter(testbed->peer_netns, why);
	int back;

	if (err)
		return err;
	err = peer_up(testbed, why);
	back = netns_enter(home, err ? NULL : why);
	return err ? err : back;
}

static int lane_make(struct testbed *testbed, const struct testbed_ask *ask, struct why *why)
{
	bool peer = ask->campaign->device.kind != DEVICE_DUMMY;
	struct rtnl_link *link = NULL;
	int err;

	own_device(ask->lane, ROLE_DUT, &testbed->dut);
	own_device(ask->lane, ROLE_PEER, &testbed->peer);
	err = netns_own(&testbed->home_netns, why);
	if (!err && peer) {
		err = netns_new(&testbed->peer_netns, why);
		if (!err)
			err = netns_furnish(&testbed->peer_sock, why);
		if (!err && ask->keep)
			err = netns_name(testbed, ROLE_PEER, &testbed->peer_named, why);
	}
	if (!err)
		err = netns_new(&testbed->lane_netns, why);
	if (!err)
		err = netns_furnish(&testbed->lane_sock, why);
	if (!err && ask->keep)
		err = netns_name(testbed, ROLE_DUT, &testbed->lane_named, why);
	if (!err)
		err = dut_create(testbed, why);
	if (!err)
		err = link_find(testbed->lane_sock, testbed->dut.name, &link, why);
	if (err)
		return err;
	testbed->dut_flags = rtnl_link_get_flags(link) & FLAGS_SETTABLE & ~IFF_UP;
	rtnl_link_put(link);
	testbed->dut.netns_inum = netns_inum(testbed->lane_netns);
	testbed->have_peer = peer;
	if (peer)
		testbed->peer.netns_inum = netns_inum(testbed->peer_netns);
	err = sysctls_change(NULL, SETTINGS(own_dut_settings), testbed->dut.name, why);
	if (!err)
		err = campaign_apply(testbed, ask->campaign, why);
	if (!err && peer)
		err = peer_ready(testbed, testbed->lane_netns, why);
	return err;
}

/* ---- real devices ------------------------------------------------------------------------ */

/*
 * Refuses what is in use: nothing of a device that carries traffic can be put back unnoticed.
 */
static int in_use(struct why *why, const char *name, const char *format, const char *what)
{
	char reason[160];

	snprintf(reason, sizeof(reason), format, what);
	return why_set(why, EINVAL,
		       "testbed: %s %s; it looks in use, and dadrace takes a device down: name "
		       "one that is free",
		       name, reason);
}

static int no_cache(struct why *why, const char *what, int err)
{
	return why_set(why, EIO, "testbed: cannot list %s: %s", what, nl_geterror(err));
}

/*
 * Addresses go when a device changes its namespace or goes down; only a link-local one that the
 * kernel makes by itself comes back.
 */
static int address_is_free(struct nl_sock *sock, const struct testbed_device *device,
			   struct why *why)
{
	AUTO_CACHE struct nl_cache *cache = NULL;
	struct in6_addr own = frame_link_local(device->mac);
	char key[64], mode[16], text[96];
	bool eui64;
	int err = rtnl_addr_alloc_cache(sock, &cache);

	if (err < 0)
		return no_cache(why, "addresses", err);
	snprintf(key, sizeof(key), "ipv6/conf/%s/addr_gen_mode", device->name);
	eui64 = sysctl_read(key, mode, sizeof(mode)) == 0 && strcmp(mode, "0") == 0;
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_addr *addr = (struct rtnl_addr *)at;
		struct nl_addr *local = rtnl_addr_get_local(addr);
		const struct in6_addr *bytes;

		if (rtnl_addr_get_ifindex(addr) != (int)device->ifindex || !local)
			continue;
		bytes = nl_addr_get_binary_addr(local);
		if (nl_addr_get_family(local) == AF_INET6 &&
		    nl_addr_get_len(local) == sizeof(*bytes) && IN6_IS_ADDR_LINKLOCAL(bytes) &&
		    (!eui64 || IN6_ARE_ADDR_EQUAL(bytes, &own)))
			continue;
		return in_use(why, device->name, "has the address %s",
			      nl_addr2str(local, text, sizeof(text)));
	}
	return 0;
}

static bool route_is_default_over(struct rtnl_route *route, uint32_t ifindex)
{
	struct nl_addr *dst = rtnl_route_get_dst(route);

	if ((dst && nl_addr_get_prefixlen(dst) != 0) ||
	    rtnl_route_get_type(route) != RTN_UNICAST)
		return false;
	for (int i = 0; i < rtnl_route_get_nnexthops(route); i++) {
		if (rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, i)) == (int)ifindex)
			return true;
	}
	return false;
}

static int route_is_free(struct nl_sock *sock, const struct testbed_device *device,
			 struct why *why)
{
	AUTO_CACHE struct nl_cache *cache = NULL;
	int err = rtnl_route_alloc_cache(sock, AF_UNSPEC, 0, &cache);

	if (err < 0)
		return no_cache(why, "routes", err);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		if (route_is_default_over((struct rtnl_route *)at, device->ifindex))
			return in_use(why, device->name, "carries %s", "a default route");
	}
	return 0;
}

/* Devices stacked on one that leaves its namespace are deleted by the kernel. */
static int link_is_free(struct nl_sock *sock, struct rtnl_link *link, struct why *why)
{
	AUTO_CACHE struct nl_cache *cache = NULL;
	const char *name = rtnl_link_get_name(link);
	int err;

	if (rtnl_link_get_flags(link) & IFF_LOOPBACK)
		return in_use(why, name, "is %s", "the loopback device");
	if (rtnl_link_get_master(link))
		return in_use(why, name, "is %s", "a port of a bridge, bond, team or VRF");
	err = rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache);
	if (err < 0)
		return no_cache(why, "devices", err);
	for (struct nl_object *at = nl_cache_get_first(cache); at; at = nl_cache_get_next(at)) {
		struct rtnl_link *other = (struct rtnl_link *)at;
		const char *type = rtnl_link_get_type(other);

		/* The two ends of a veth name each other as their links. */
		if (rtnl_link_get_ifindex(other) == rtnl_link_get_ifindex(link) ||
		    (type && strcmp(type, "veth") == 0))
			continue;
		if (rtnl_link_get_link(other) == rtnl_link_get_ifindex(link))
			return in_use(why, name, "carries the device %s",
				      rtnl_link_get_name(other));
		if (rtnl_link_get_master(other) == rtnl_link_get_ifindex(link))
			return in_use(why, name, "has the port %s", rtnl_link_get_name(other));
	}
	return 0;
}

static int device_take(struct testbed *testbed, const char *name, struct testbed_device *device,
		       unsigned int *flags, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = NULL;
	struct nl_addr *mac;
	int err = link_find(testbed->lane_sock, name, &link, why);

	if (err == -ENODEV)
		return why_set(why, ENODEV, "testbed: there is no device %s in this namespace",
			       name);
	if (err)
		return err;
	mac = rtnl_link_get_addr(link);
	if (!mac || nl_addr_get_len(mac) != ETH_ALEN)
		return why_set(why, EINVAL, "testbed: %s has no Ethernet address", name);
	snprintf(device->name, sizeof(device->name), "%s", rtnl_link_get_name(link));
	device->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
	memcpy(device->mac, nl_addr_get_binary_addr(mac), ETH_ALEN);
	*flags = rtnl_link_get_flags(link) & FLAGS_SETTABLE;
	err = link_is_free(testbed->lane_sock, link, why);
	if (!err)
		err = route_is_free(testbed->lane_sock, device, why);
	if (!err)
		err = address_is_free(testbed->lane_sock, device, why);
	return err;
}

static int flags_journal(struct undo *undo, const char *name, unsigned int flags,
			 struct why *why)
{
	char value[16];

	snprintf(value, sizeof(value), "%x", flags);
	return undo_push(undo, UNDO_LINK_FLAGS, name, value, why);
}

/*
 * Journals what a device loses with its namespace. All of it: what a device that is new in a
 * namespace gets is not just the default (addrconf_dev_config of a device with IFF_NOARP, say).
 */
static int settings_journal(struct undo *undo, const char *folder, const char *device,
			    struct why *why)
{
	char path[PATH_MAX], key[KEY_BYTES], value[256];
	struct dirent *entry;
	DIR *dir;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", folder, device);
	dir = opendir(path);
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return cannot(why, errno, NULL, "list", path);
	while (!err && (entry = readdir(dir))) {
		/* Each of these has a twin in milliseconds, which is exact. */
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "retrans_time") == 0 ||
		    strcmp(entry->d_name, "base_reachable_time") == 0)
			continue;
		snprintf(key, sizeof(key), "%s/%s/%s", folder, device, entry->d_name);
		if (sysctl_read(key, value, sizeof(value)))
			continue;
		snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
		if (access(path, W_OK) == 0)
			err = undo_push(undo, UNDO_SYSCTL, path, value, why);
	}
	closedir(dir);
	return err;
}

static int peer_settings_journal(struct undo *undo, const char *device, struct why *why)
{
	static const char *const folders[] = {"ipv6/neigh", "ipv4/neigh", "ipv6/conf",
					      "ipv4/conf"};
	char path[PATH_MAX], key[64], mode[16];
	int err = 0;

	/* Undone last: writing stable_secret changes it. */
	snprintf(key, sizeof(key), "ipv6/conf/%s/addr_gen_mode", device);
	if (sysctl_read(key, mode, sizeof(mode)) == 0) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
		err = undo_push(undo, UNDO_SYSCTL, path, mode, why);
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !err; i++)
		err = settings_journal(undo, folders[i], device, why);
	return err;
}

/*
 * A namespace bound to a file, which outlives us if need be: a peer in it can be brought home.
 */
static int peer_namespace(struct testbed *testbed, struct why *why)
{
	char path[64];
	int err, back;

	snprintf(path, sizeof(path), UNDO_FOLDER "/peer-%d-%u", getpid(), testbed->lane);
	/* Journalled, it would be ours to remove: with the device that is stranded in it. */
	if (access(path, F_OK) == 0)
		return why_set(why, EEXIST,
			       "testbed: %s is taken: File exists; a device may be "
			       "stranded there, see what dadrace clean says",
			       path);
	err = undo_push(testbed->undo, UNDO_NETNS_MOUNT, path, "", why);
	if (err)
		return err;
	err = netns_new(&testbed->peer_netns, why);
	if (!err)
		err = netns_bind(path, why);
	if (!err)
		err = netns_furnish(&testbed->peer_sock, why);
	back = netns_enter(testbed->lane_netns, err ? NULL : why);
	return err ? err : back;
}

static int peer_move(struct testbed *testbed, unsigned int flags, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = NULL;
	struct testbed_device *peer = &testbed->peer;
	struct remark remark;
	char path[64];
	int err = flags_journal(testbed->undo, peer->name, flags, why);

	if (!err)
		err = peer_settings_journal(testbed->undo, peer->name, why);
	if (err)
		return err;
	snprintf(path, sizeof(path), UNDO_FOLDER "/peer-%d-%u", getpid(), testbed->lane);
	err = undo_push(testbed->undo, UNDO_NETNS_MOVE, peer->name, path, why);
	if (err)
		return err;
	err = link_change(testbed->lane_sock, peer->ifindex, IFLA_NET_NS_FD,
			  (uint32_t)testbed->peer_netns, &remark);
	if (err)
		return cannot(why, -err, &remark, "move to a namespace of its own", peer->name);
	err = link_find(testbed->peer_sock, peer->name, &link, why);
	if (err)
		return err == -ENODEV ? cannot(why, ENODEV, NULL, "find again", peer->name)
				      : err;
	peer->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
	peer->netns_inum = netns_inum(testbed->peer_netns);
	testbed->have_peer = true;
	return peer_ready(testbed, testbed->lane_netns, why);
}

/* The second flags step makes undoing take the dut down before its sysctls go back. */
static int dut_prepare(struct testbed *testbed, const struct campaign *campaign,
		       unsigned int flags, struct why *why)
{
	struct testbed_device *dut = &testbed->dut;
	struct remark remark;
	int err = flags_journal(testbed->undo, dut->name, flags, why);

	if (err)
		return err;
	err = flags_set(testbed->lane_sock, dut->ifindex, testbed->dut_flags, FLAGS_SETTABLE,
			&remark);
	if (err)
		return cannot(why, -err, &remark, "take down", dut->name);
	err = campaign_apply(testbed, campaign, why);
	return err ? err : flags_journal(testbed->undo, dut->name, testbed->dut_flags, why);
}

static int lane_borrow(struct testbed *testbed, const struct testbed_ask *ask, struct why *why)
{
	const char *dut = ask->campaign->device.dut, *peer = ask->campaign->device.peer;
	unsigned int dut_flags = 0, peer_flags = 0;
	int err;

	if (!dut || !*dut || !peer || !*peer)
		return why_set(why, EINVAL,
			       "testbed: device.kind existing needs the names of two "
			       "devices, device.dut and device.peer");
	if (strcmp(dut, peer) == 0)
		return why_set(why, EINVAL, "testbed: %s cannot be both dut and peer", dut);
	err = netns_own(&testbed->lane_netns, why);
	if (!err)
		err = sock_open(&testbed->lane_sock, why);
	if (!err)
		err = device_take(testbed, dut, &testbed->dut, &dut_flags, why);
	if (!err)
		err = device_take(testbed, peer, &testbed->peer, &peer_flags, why);
	if (err)
		return err;
	/* One device under two names (IFLA_ALT_IFNAME). */
	if (testbed->dut.ifindex == testbed->peer.ifindex)
		return why_set(why, EINVAL, "testbed: %s and %s are the same device", dut,
			       peer);
	testbed->dut.netns_inum = netns_inum(testbed->lane_netns);
	testbed->dut_flags = dut_flags & ~(unsigned int)(IFF_UP | IFF_NOARP);
	err = undo_open(&testbed->undo, why);
	if (!err)
		err = peer_namespace(testbed, why);
	if (!err)
		err = peer_move(testbed, peer_flags, why);
	if (!err)
		err = dut_prepare(testbed, ask->campaign, dut_flags, why);
	return err;
}

int testbed_bring_home(const char *netns_file, const char *device, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = NULL;
	AUTO_SOCK struct nl_sock *sock = NULL;
	AUTO_FD int home = -1, away = -1;
	struct remark remark;
	int err, back;

	away = open(netns_file, O_RDONLY | O_CLOEXEC);
	if (away < 0)
		return cannot(why, errno, NULL, "open", netns_file);
	err = netns_own(&home, why);
	if (err)
		return err;
	/* A plain file: nothing is bound to it, or no longer. */
	if (setns(away, CLONE_NEWNET) < 0)
		return errno == EINVAL ? why_set(why, ENOENT, "testbed: %s holds no namespace",
						 netns_file)
				       : cannot(why, errno, NULL, "enter", netns_file);
	err = sock_open(&sock, why);
	back = netns_enter(home, err ? NULL : why);
	if (err || back)
		return err ? err : back;
	err = link_find(sock, device, &link, why);
	if (err)
		return err == -ENODEV ? why_set(why, ENODEV, "testbed: %s has no device %s",
						netns_file, device)
				      : err;
	err = link_change(sock, (uint32_t)rtnl_link_get_ifindex(link), IFLA_NET_NS_FD,
			  (uint32_t)home, &remark);
	return err ? cannot(why, -err, &remark, "bring home", device) : 0;
}

int testbed_link_flags_set(const char *device, unsigned int flags, struct why *why)
{
	AUTO_LINK struct rtnl_link *link = NULL;
	AUTO_SOCK struct nl_sock *sock = NULL;
	struct remark remark;
	int err = sock_open(&sock, why);

	if (!err)
		err = link_find(sock, device, &link, why);
	if (err == -ENODEV)
		return why_set(why, ENODEV, "testbed: there is no device %s in this namespace",
			       device);
	if (err)
		return err;
	err = flags_set(sock, (uint32_t)rtnl_link_get_ifindex(link), flags, FLAGS_SETTABLE,
			&remark);
	return err ? cannot(why, -err, &remark, "set the flags of", device) : 0;
}

/* ---- events ------------------------------------------------------------------------------ */

static int events_open(struct testbed *testbed, struct why *why)
{
	const int bytes = EVENTS_BUFFER;
	struct nl_sock *sock;
	int err = sock_open(&testbed->events, why);

	if (err)
		return err;
	sock = testbed->events;
	if (setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)) < 0)
		setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
	err = nl_socket_add_memberships(sock, RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR,
					RTNLGRP_IPV6_ROUTE, RTNLGRP_NONE);
	if (err < 0 || (err = nl_socket_set_nonblocking(sock)) < 0)
		return why_set(why, EIO,
			       "testbed: cannot listen to the kernel's notifications: "
			       "%s",
			       nl_geterror(err));
	return 0;
}

struct seen {
	void (*call)(const struct testbed_event *event, void *arg);
	void *arg;
};

static void say(const struct seen *seen, enum testbed_event_kind kind,
		const struct in6_addr *address)
{
	struct testbed_event event = {.kind = kind};

	if (address)
		event.address = *address;
	seen->call(&event, seen->arg);
}

static void link_heard(struct testbed *testbed, struct nlmsghdr *msg, const struct seen *seen)
{
	const struct ifinfomsg *link = nlmsg_data(msg);
	bool up, running;

	/* Bridge ports are announced, and said good-bye to, in a family of their own. */
	if (!nlmsg_valid_hdr(msg, sizeof(*link)) || link->ifi_family != AF_UNSPEC ||
	    (uint32_t)link->ifi_index != testbed->dut.ifindex)
		return;
	if (msg->nlmsg_type == RTM_DELLINK) {
		testbed->up = testbed->running = false;
		say(seen, TESTBED_LINK_GONE, NULL);
		return;
	}
	up = link->ifi_flags & IFF_UP;
	running = up && (link->ifi_flags & IFF_RUNNING);
	if (testbed->up && !up)
		say(seen, TESTBED_LINK_DOWN, NULL);
	if (!testbed->running && running)
		say(seen, TESTBED_LINK_UP, NULL);
	testbed->up = up;
	testbed->running = running;
}

static void address_heard(const struct testbed *testbed, struct nlmsghdr *msg,
			  const struct seen *seen)
{
	const struct ifaddrmsg *header = nlmsg_data(msg);
	struct nlattr *attrs[IFA_MAX + 1], *address;
	struct in6_addr bytes;
	uint32_t flags;

	if (!nlmsg_valid_hdr(msg, sizeof(*header)) || header->ifa_family != AF_INET6 ||
	    header->ifa_index != testbed->dut.ifindex ||
	    nlmsg_parse(msg, sizeof(*header), attrs, IFA_MAX, NULL) < 0)
		return;
	/* IFA_LOCAL is the own end of a point-to-point address; others have none. */
	address = attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS];
	if (!address || nla_len(address) < (int)sizeof(bytes))
		return;
	memcpy(&bytes, nla_data(address), sizeof(bytes));
	flags = attrs[IFA_FLAGS] ? nla_get_u32(attrs[IFA_FLAGS]) : header->ifa_flags;
	if (msg->nlmsg_type == RTM_DELADDR)
		say(seen, TESTBED_ADDRESS_GONE, &bytes);
	else if (flags & IFA_F_DADFAILED)
		say(seen, TESTBED_ADDRESS_DADFAILED, &bytes);
	else if (flags & IFA_F_TENTATIVE)
		say(seen, TESTBED_ADDRESS_TENTATIVE, &bytes);
	else
		say(seen, TESTBED_ADDRESS_PERMANENT, &bytes);
}

/*
 * The kernel announces a link-local address of its own making only when DAD is over
 * (addrconf_dad_completed); but between adding it, tentative, and starting DAD it adds the
 * route to fe80::/64 (addrconf_add_linklocal, net/ipv6/addrconf.c), and announces that.
 */
static void route_heard(const struct testbed *testbed, struct nlmsghdr *msg,
			const struct seen *seen)
{
	static const uint8_t prefix[8] = {0xfe, 0x80};
	const struct rtmsg *route = nlmsg_data(msg);
	struct nlattr *attrs[RTA_MAX + 1];

	if (!nlmsg_valid_hdr(msg, sizeof(*route)) || route->rtm_family != AF_INET6 ||
	    route->rtm_dst_len != 64 || route->rtm_type != RTN_UNICAST ||
	    route->rtm_protocol != RTPROT_KERNEL ||
	    nlmsg_parse(msg, sizeof(*route), attrs, RTA_MAX, NULL) < 0)
		return;
	if (!attrs[RTA_OIF] || nla_get_u32(attrs[RTA_OIF]) != testbed->dut.ifindex ||
	    !attrs[RTA_DST] || nla_len(attrs[RTA_DST]) < (int)sizeof(prefix) ||
	    memcmp(nla_data(attrs[RTA_DST]), prefix, sizeof(prefix)) != 0)
		return;
	say(seen, TESTBED_ADDRESS_TENTATIVE, &testbed->dut.link_local);
}

static void heard(struct testbed *testbed, struct nlmsghdr *msg, const struct seen *seen)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK: link_heard(testbed, msg, seen); break;
	case RTM_NEWADDR:
	case RTM_DELADDR: address_heard(testbed, msg, seen); break;
	case RTM_NEWROUTE: route_heard(testbed, msg, seen); break;
	default: break;
	}
}

int testbed_events_fd(const struct testbed *testbed)
{
	return nl_socket_get_fd(testbed->events);
}

int testbed_events_read(struct testbed *testbed,
			void (*seen)(const struct testbed_event *event, void *arg), void *arg)
{
	const struct seen listener = {seen, arg};
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} buf;

	for (;;) {
		struct sockaddr_nl from = {0};
		struct iovec iov = {&buf, sizeof(buf)};
		struct msghdr header = {.msg_name = &from,
					.msg_namelen = sizeof(from),
					.msg_iov = &iov,
					.msg_iovlen = 1};
		ssize_t got = recvmsg(testbed_events_fd(testbed), &header, 0);
		int left = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (got < 0 && errno != ENOBUFS)
			return -errno;
		if (got < 0 || (header.msg_flags & MSG_TRUNC))
			say(&listener, TESTBED_LOST, NULL);
		if (from.nl_pid != 0)
			continue;
		for (struct nlmsghdr *msg = &buf.header; left > 0 && nlmsg_ok(msg, left);
		     msg = nlmsg_next(msg, &left))
			heard(testbed, msg, &listener);
	}
}

/* ---- life -------------------------------------------------------------------------------- */

int testbed_open(const struct testbed_ask *ask, struct testbed **out, struct why *why)
{
	struct testbed *testbed = calloc(1, sizeof(*testbed));
	struct why after = {""};
	int err;

	if (!testbed)
		return no_memory(why);
	testbed->owner = getpid();
	testbed->kind = ask->campaign->device.kind;
	testbed->lane = ask->lane;
	testbed->home_netns = testbed->lane_netns = testbed->peer_netns = -1;
	err = testbed->kind == DEVICE_EXISTING ? lane_borrow(testbed, ask, why)
					       : lane_make(testbed, ask, why);
	if (!err)
		err = events_open(testbed, why);
	if (!err) {
		*out = testbed;
		return 0;
	}
	if (testbed->lane_named)
		netns_unname(testbed, ROLE_DUT);
	if (testbed->peer_named)
		netns_unname(testbed, ROLE_PEER);
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
	err = undo_close(testbed->undo, why);
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

int testbed_carrier_sync(struct testbed *testbed, struct why *why)
{
	struct remark remark;
	int err = link_request(testbed->lane_sock, RTM_GETLINK, testbed->dut.ifindex, 0, 0,
			       &remark);

	return err ? cannot(why, -err, &remark, "look at", testbed->dut.name) : 0;
}

int testbed_dut_down(struct testbed *testbed, struct why *why)
{
	struct remark remark;
	int err = flags_set(testbed->lane_sock, testbed->dut.ifindex, testbed->dut_flags,
			    FLAGS_SETTABLE, &remark);

	if (err)
		return cannot(why, -err, &remark, "take down", testbed->dut.name);
	return testbed_carrier_sync(testbed, why);
}

int testbed_dut_delete(struct testbed *testbed, struct why *why)
{
	AUTO_SOCK struct nl_sock *own = NULL;
	struct nl_sock *sock = testbed->lane_sock;
	struct remark remark;
	int err;

	if (testbed->kind == DEVICE_EXISTING)
		return why_set(why, EPERM,
			       "testbed: %s is a real device, which is never deleted",
			       testbed->dut.name);
	/* Answers on a socket that a fork shares could go to the other process. */
	if (getpid() != testbed->owner) {
		err = sock_open(&own, why);
		if (err)
			return err;
		sock = own;
	}
	err = link_request(sock, RTM_DELLINK, testbed->dut.ifindex, 0, 0, &remark);
	return err ? cannot(why, -err, &remark, "delete", testbed->dut.name) : 0;
}
