// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/sysctl.h"

/* Each is switched to a value and back to what it was; the device has `from` by default. */
#define SWITCHED(row, sysctl_name, from, to)                                         \
	const struct change change_##row = {                                         \
		.make = sysctl_switch,                                               \
		.in_force = sysctl_is_switched,                                      \
		.put_back = sysctl_switch_back,                                      \
		.sysctl = { sysctl_name, to },                                       \
		.written = "set_sysctl(\"conf/dut/" sysctl_name "\", " #to ");\n"    \
			   "set_sysctl(\"conf/dut/" sysctl_name "\", " #from ");\n", \
	};

SWITCHED(disable_ipv6, "disable_ipv6", 0, 1)
SWITCHED(forwarding, "forwarding", 0, 1)
