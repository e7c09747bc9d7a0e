// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_addr.h>

#include "change/address.h"
#include "change/shown.h"
#include "change/sysctl.h"

/* The sysctl allows it; the address has it until its DAD is over (RFC 4429). */
static int address_optimistic(struct change_about *about)
{
	return address_add_switched(about, IFA_F_OPTIMISTIC);
}

static bool is_optimistic(const struct change_about *about)
{
	return shown_address_flag(about, IFA_F_OPTIMISTIC);
}

const struct change change_address_optimistic = {
	.make = address_optimistic,
	.in_force = is_optimistic,
	.put_back = sysctl_switch_back,
	.sysctl = "optimistic_dad",
	.number = 1,
	/* clang-format off */
	.written =
		"set_sysctl(\"conf/dut/optimistic_dad\", 1);\n"
		"run(\"ip -6 address add \" ADDED_ADDRESS \"/64 dev dut optimistic\");\n"
		"set_sysctl(\"conf/dut/optimistic_dad\", 0);\n",
	/* clang-format on */
};
