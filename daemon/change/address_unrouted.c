// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_addr.h>

#include "change/address.h"

/* As network managers add addresses, which make the routes themselves. */
static int address_unrouted(struct change_about *about)
{
	return address_ask(about, RTM_NEWADDR, IFA_F_NOPREFIXROUTE);
}

const struct change change_address_unrouted = {
	.make = address_unrouted,
	.in_force = address_is_there,
	.written = "run(\"ip -6 address add \" ADDED_ADDRESS \"/64 dev dut noprefixroute\");\n",
};
