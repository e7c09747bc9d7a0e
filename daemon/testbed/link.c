// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "testbed/parts.h"

/* What the kernel added to its errno (NLMSGERR_ATTR_MSG); empty when it said nothing. */
struct remark {
	char text[160];
};

static int refused(struct why *why, int err, const struct remark *remark, const char *what,
		   const char *name)
{
	const char *text = remark->text;
	bool may_not = err == EPERM || err == EACCES;
	const char *hint = may_not ? "; is CAP_NET_ADMIN or CAP_SYS_ADMIN missing?" : "";

	return why_exit(why, may_not || err == EOPNOTSUPP ? EXIT_CANNOT : EXIT_INTERNAL, err,
			"%s: cannot be %s: %s%s%s%s%s", name, what, strerror(err),
			*text ? " (" : "", text, *text ? ")" : "", hint);
}

int testbed_cannot(struct why *why, int err, const char *what, const char *name)
{
	return refused(why, err, &(struct remark){ "" }, what, name);
}

int testbed_no_memory(struct why *why)
{
	return why_memory(why);
}

int testbed_unlisted(struct why *why, const char *what, int err)
{
	return why_set(why, EIO, "%s: cannot be listed: %s", what,
		       err == -NLE_AGAIN ? "the kernel does not answer" : nl_geterror(err));
}

int sock_open(struct nl_sock **out, struct why *why)
{
	/* The kernel has answered when a request was sent; libnl also waits if it was not. */
	static const struct timeval deadline = { .tv_sec = 5 };
	struct nl_sock *sock = nl_socket_alloc();
	const int on = 1;
	int fd;

	if (!sock)
		return testbed_no_memory(why);
	errno = 0;
	if (nl_connect(sock, NETLINK_ROUTE) < 0) {
		int err = errno ? errno : EIO;

		nl_socket_free(sock);
		return testbed_cannot(why, err, "opened", "netlink socket");
	}
	/* libnl counts the answers that it reads itself; acknowledged() reads most of them. */
	nl_socket_disable_seq_check(sock);
	fd = nl_socket_get_fd(sock);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	/* Both only make errors more telling; a kernel without them still answers. */
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

/* Of what was to be sent: `sent` is what libnl says about that. */
static int answered(struct nl_sock *sock, int sent, uint32_t seq, const char *what,
		    const char *name, struct why *why)
{
	struct remark remark = { "" };
	int err = sent < 0 ? (errno ? -errno : -EIO) : acknowledged(sock, seq, &remark);

	return err ? refused(why, -err, &remark, what, name) : 0;
}

int sock_request(struct nl_sock *sock, struct nl_msg *msg, const char *what, const char *name,
		 struct why *why)
{
	int sent;

	errno = 0;
	sent = nl_send_auto(sock, msg);
	return answered(sock, sent, nlmsg_hdr(msg)->nlmsg_seq, what, name, why);
}

int link_request(struct nl_sock *sock, uint16_t type, const struct testbed_device *device,
		 unsigned int flags, unsigned int change, const char *what, struct why *why)
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
				.ifi_index = (int)device->ifindex,
				.ifi_flags = flags,
				.ifi_change = change,
			},
	};
	int sent;

	errno = 0;
	sent = nl_sendto(sock, &msg, sizeof(msg));
	return answered(sock, sent, msg.header.nlmsg_seq, what, device->name, why);
}

struct nl_msg *link_message(const struct testbed_device *device)
{
	const struct ifinfomsg link = { .ifi_family = AF_UNSPEC,
					.ifi_index = (int)device->ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);

	if (msg && nlmsg_append(msg, (void *)&link, sizeof(link), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int dut_mtu(const struct testbed *testbed, uint32_t *mtu, struct why *why)
{
	AUTO_FD int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", testbed->dut.name);
	if (fd < 0 || ioctl(fd, SIOCGIFMTU, &request))
		return testbed_cannot(why, errno, "asked for its MTU", testbed->dut.name);
	*mtu = (uint32_t)request.ifr_mtu;
	return 0;
}

int link_change(struct nl_sock *sock, const struct testbed_device *device, int attribute,
		uint32_t value, const char *what, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = link_message(device);

	if (!msg || nla_put_u32(msg, attribute, value) < 0)
		return testbed_cannot(why, ENOMEM, what, device->name);
	return sock_request(sock, msg, what, device->name, why);
}

int link_find(struct nl_sock *sock, const char *name, struct rtnl_link **out, struct why *why)
{
	int err = rtnl_link_get_kernel(sock, 0, name, out);

	switch (err < 0 ? -err : 0) {
	case 0: return 0;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return why_exit(why, EXIT_CONFIG, ENODEV,
				"%s: no such device in this network namespace", name);
	default:
		return why_set(why, EIO, "%s: cannot be looked up: %s", name, nl_geterror(err));
	}
}
