// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "change/change.h"
#include "change/request.h"
#include "spec/device.h"

/*
 * A device on top of the device, which is up and takes references of the device as long as it
 * is there: until the flags have been restored. A row's number is its kind.
 */
static const struct upper {
	uint16_t data;	/* the attribute that it must have; 0: none */
	uint32_t value; /* of that; a VLAN has two bytes */
	size_t bytes;
	bool is_master; /* the device becomes its port */
} uppers[DEVICE_KINDS] = {
	[DEVICE_VLAN] = { IFLA_VLAN_ID, 0xdad, sizeof(uint16_t) },
	[DEVICE_MACVLAN] = { IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE, sizeof(uint32_t) },
	[DEVICE_BRIDGE] = { .is_master = true },
	[DEVICE_VRF] = { IFLA_VRF_TABLE, 0xdad, sizeof(uint32_t), .is_master = true },
};

static void upper_name(const struct change_about *about, char name[IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, "%.12s-up", about->dut);
}

/* On the device `below`; 0: on none. */
static int upper_create(enum device_kind of_kind, unsigned int below, const char *name)
{
	const char *kind = device_kind_names[of_kind];
	const struct upper *upper = &uppers[of_kind];
	const struct ifinfomsg start = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct rtattr *info, *data;
	struct request request;

	request_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &start, sizeof(start));
	request_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	if (below)
		request_put(&request, IFLA_LINK, &below, sizeof(below));
	info = request_put(&request, IFLA_LINKINFO, NULL, 0);
	request_put(&request, IFLA_INFO_KIND, kind, strlen(kind));
	if (upper->data) {
		data = request_put(&request, IFLA_INFO_DATA, NULL, 0);
		request_put(&request, upper->data, &upper->value, upper->bytes);
		request_end(&request, data);
	}
	request_end(&request, info);
	return request_send(&request);
}

static int port_add(const struct change_about *about, const char *name)
{
	const struct ifinfomsg start = { .ifi_index = (int)about->ifindex };
	const uint32_t master = if_nametoindex(name);
	struct request request;

	request_begin(&request, RTM_NEWLINK, 0, &start, sizeof(start));
	request_put(&request, IFLA_MASTER, &master, sizeof(master));
	return request_send(&request);
}

static int delete_named(const char *name)
{
	const struct ifinfomsg start = { 0 };
	struct request request;

	request_begin(&request, RTM_DELLINK, 0, &start, sizeof(start));
	request_put(&request, IFLA_IFNAME, name, strlen(name) + 1);
	return request_send(&request);
}

static int upper_delete(const struct change_about *about)
{
	char name[IFNAMSIZ];

	upper_name(about, name);
	return delete_named(name);
}

static int upper_add(struct change_about *about)
{
	enum device_kind kind = about->change->number;
	bool is_master = uppers[kind].is_master;
	char name[IFNAMSIZ];
	int err;

	upper_name(about, name);
	err = upper_create(kind, is_master ? 0 : about->ifindex, name);
	if (err || !is_master)
		return err;
	err = port_add(about, name);
	if (err)
		delete_named(name);
	return err;
}

/* Before 6.2 this is refused even if the name stays (dev_change_name(), net/core/dev.c). */
static bool renames_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_newname = "lo" };
	AUTO_FD int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || !ioctl(fd, SIOCSIFNAME, &request) || errno != EBUSY;
}

bool change_is_known(enum change_kind change)
{
	static const char name[] = "dadrace-asks";
	enum device_kind kind = device_of_change(change);
	int err;

	if (kind == DEVICE_KINDS)
		return change != CHANGE_RENAME || renames_up();
	err = upper_create(kind, 0, name);
	/* A kind that is known refuses to be on no device. */
	if (!err)
		delete_named(name);
	return err != -EOPNOTSUPP;
}

static bool has_upper(const struct change_about *about)
{
	char name[IFNAMSIZ], path[80];

	upper_name(about, name);
	snprintf(path, sizeof(path), "/sys/class/net/%s/upper_%s", about->dut, name);
	return !access(path, F_OK);
}

/* clang-format off */
#define UPPER(row, kind, in_c)                                   \
	const struct change change_##row = {                     \
		.make = upper_add,                               \
		.in_force = has_upper,                           \
		.put_back = upper_delete,                        \
		.stays = true,                                   \
		.number = kind,                                  \
		.written = in_c,                                 \
		.unwritten = "run(\"ip link delete upper\");\n", \
	};

UPPER(vlan_add, DEVICE_VLAN,
      "run(\"ip link add upper up link dut type vlan id 3501\");\n")
UPPER(macvlan_add, DEVICE_MACVLAN,
      "run(\"ip link add upper up link dut type macvlan mode bridge\");\n")
UPPER(bridge_port, DEVICE_BRIDGE,
      "run(\"ip link add upper up type bridge\");\n"
      "run(\"ip link set dut master upper\");\n")
UPPER(vrf_port, DEVICE_VRF,
      "run(\"ip link add upper up type vrf table 3501\");\n"
      "run(\"ip link set dut master upper\");\n")
/* clang-format on */
