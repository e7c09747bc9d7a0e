// SPDX-License-Identifier: GPL-2.0-or-later
#include "spec/device.h"

/* A driver without these functions, or with some that are not known: those of its callers. */
#define ANY_DRIVER "__dev_open", "__dev_close_many"

/* clang-format off */
const struct device_row device_kinds[DEVICE_KINDS] = {
	[DEVICE_VETH]	  = { "CONFIG_VETH", { "veth" }, "veth_open", "veth_close" },
	[DEVICE_MACVLAN]  = { "CONFIG_MACVLAN", { "veth", "macvlan" }, "macvlan_open", "macvlan_stop",
			    .drops_own_mac = true },
	[DEVICE_BRIDGE]	  = { "CONFIG_BRIDGE", { "veth", "bridge" }, "br_dev_open", "br_dev_stop" },
	[DEVICE_DUMMY]	  = { "CONFIG_DUMMY", { "dummy" }, ANY_DRIVER, .has_no_peer = true },
	[DEVICE_EXISTING] = { NULL, { NULL }, ANY_DRIVER },
	[DEVICE_NIC]	  = { NULL, { NULL }, ANY_DRIVER },
	[DEVICE_IPVLAN]	  = { "CONFIG_IPVLAN", { "veth", "ipvlan" }, "ipvlan_open", "ipvlan_stop",
			    .drops_own_mac = true },
	[DEVICE_VRF]	  = { "CONFIG_NET_VRF", { "veth", "vrf" }, "veth_open", "veth_close" },
	[DEVICE_VXLAN]	  = { "CONFIG_VXLAN", { "veth", "vxlan" }, "vxlan_open", "vxlan_stop" },
	[DEVICE_VLAN]	  = { "CONFIG_VLAN_8021Q", { "veth", "8021q" }, "vlan_dev_open", "vlan_dev_stop" },
	[DEVICE_BOND]	  = { "CONFIG_BONDING", { "veth", "bonding" }, "bond_open", "bond_close" },
	[DEVICE_TEAM]	  = { "CONFIG_NET_TEAM", { "veth", "team", "team_mode_roundrobin" }, "team_open", "team_close" },
	[DEVICE_TUN]	  = { "CONFIG_TUN", { "tun" }, "tun_net_open", "tun_net_close" },
};
/* clang-format on */

enum device_kind device_of_change(enum change_kind change)
{
	static const struct {
		enum change_kind change;
		enum device_kind makes;
	} rows[] = {
		{ CHANGE_VLAN_ADD, DEVICE_VLAN },
		{ CHANGE_MACVLAN_ADD, DEVICE_MACVLAN },
		{ CHANGE_BRIDGE_PORT, DEVICE_BRIDGE },
		{ CHANGE_VRF_PORT, DEVICE_VRF },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].change == change)
			return rows[i].makes;
	return DEVICE_KINDS;
}
