// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

#include <linux/genetlink.h>
#include <linux/if_team.h>

#include "testbed/parts.h"

static struct nl_msg *message(int family, uint8_t command)
{
	const struct genlmsghdr header = { .cmd = command, .version = 1 };
	struct nl_msg *msg = nlmsg_alloc_simple(family, 0);

	if (msg && nlmsg_append(msg, (void *)&header, sizeof(header), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int hear_family(struct nl_msg *msg, void *arg)
{
	struct nlattr *id = nlmsg_find_attr(nlmsg_hdr(msg), GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);

	if (id)
		*(int *)arg = nla_get_u16(id);
	return NL_OK;
}

/* The number that the kernel has given to the family of messages about teams; or 0. */
static int family_find(struct nl_sock *sock)
{
	AUTO_MSG struct nl_msg *msg = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	int family = 0;

	if (!msg || nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, TEAM_GENL_NAME) < 0 ||
	    nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, hear_family, &family) < 0 ||
	    nl_send_auto(sock, msg) < 0 || nl_recvmsgs_default(sock) < 0)
		return 0;
	return family;
}

static int put_mode(struct nl_msg *msg, const struct testbed_device *team, const char *mode)
{
	struct nlattr *list, *option;

	if (nla_put_u32(msg, TEAM_ATTR_TEAM_IFINDEX, team->ifindex) < 0)
		return -ENOMEM;
	list = nla_nest_start(msg, TEAM_ATTR_LIST_OPTION);
	option = list ? nla_nest_start(msg, TEAM_ATTR_ITEM_OPTION) : NULL;
	if (!option || nla_put_string(msg, TEAM_ATTR_OPTION_NAME, "mode") < 0 ||
	    nla_put_u8(msg, TEAM_ATTR_OPTION_TYPE, NLA_STRING) < 0 ||
	    nla_put_string(msg, TEAM_ATTR_OPTION_DATA, mode) < 0)
		return -ENOMEM;
	nla_nest_end(msg, option);
	nla_nest_end(msg, list);
	return 0;
}

/*
 * -ESRCH: it was done, and no program listens for the news of it (nlmsg_multicast()). -EINVAL:
 * no module has the mode (team_mode_get(), drivers/net/team).
 */
static int mode_request(struct nl_sock *sock, struct nl_msg *msg,
			const struct testbed_device *team, const char *mode, struct why *why)
{
	int err = sock_request(sock, msg, "given a mode", team->name, why);

	if (err == -EINVAL)
		return why_exit(
			why, EXIT_CANNOT, EINVAL,
			"device.kind team: this kernel has no mode %s (the module team_mode_%s); load it, or use another kind, such as bond",
			mode, mode);
	return err == -ESRCH ? 0 : err;
}

int team_mode_set(const struct testbed_device *team, const char *mode, struct why *why)
{
	AUTO_SOCK struct nl_sock *sock = nl_socket_alloc();
	AUTO_MSG struct nl_msg *msg = NULL;
	int family;

	if (!sock || nl_connect(sock, NETLINK_GENERIC) < 0)
		return testbed_cannot(why, EIO, "given a mode", team->name);
	nl_socket_disable_seq_check(sock);
	family = family_find(sock);
	if (!family)
		return testbed_cannot(why, ENOENT, "given a mode", team->name);
	msg = message(family, TEAM_CMD_OPTIONS_SET);
	if (!msg || put_mode(msg, team, mode))
		return testbed_no_memory(why);
	return mode_request(sock, msg, team, mode, why);
}
