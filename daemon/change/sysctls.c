// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

/* Each is switched to a value and back to what it was; the device has `from` by default. */
#define SWITCHED(row, sysctl_name, from, to)                                         \
	const struct change change_##row = {                                         \
		.make = sysctl_switch,                                               \
		.in_force = sysctl_is_switched,                                      \
		.put_back = sysctl_switch_back,                                      \
		.sysctl = sysctl_name,                                               \
		.number = to,                                                        \
		.written = "set_sysctl(\"conf/dut/" sysctl_name "\", " #to ");\n"    \
			   "set_sysctl(\"conf/dut/" sysctl_name "\", " #from ");\n", \
	};

SWITCHED(disable_ipv6, "disable_ipv6", 0, 1)
SWITCHED(forwarding, "forwarding", 0, 1)
SWITCHED(accept_ra, "accept_ra", 0, 2)
SWITCHED(addr_gen_mode, "addr_gen_mode", 0, 1)
SWITCHED(keep_addr_on_down, "keep_addr_on_down", 0, 1)
SWITCHED(proxy_ndp, "proxy_ndp", 0, 1)
SWITCHED(use_tempaddr, "use_tempaddr", 0, 2)
