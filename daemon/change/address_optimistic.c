// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_addr.h>

#include "change/address.h"
#include "change/shown.h"
#include "change/sysctl.h"

/* The sysctl allows it; the address has it until its DAD is over (RFC 4429). */
static int address_optimistic(struct change_about *about)
{
	int err = sysctl_replace(about, "optimistic_dad", 1, &about->kept);

	if (err)
		return err;
	err = address_ask(about, RTM_NEWADDR, IFA_F_OPTIMISTIC);
	if (err)
		sysctl_put(about, "optimistic_dad", about->kept);
	return err;
}

static bool is_optimistic(const struct change_about *about)
{
	return shown_address_flag(about, IFA_F_OPTIMISTIC);
}

static int address_pessimistic(const struct change_about *about)
{
	return sysctl_put(about, "optimistic_dad", about->kept);
}

const struct change change_address_optimistic = {
	.make = address_optimistic,
	.in_force = is_optimistic,
	.put_back = address_pessimistic,
	/* clang-format off */
	.written =
		"set_sysctl(\"conf/dut/optimistic_dad\", 1);\n"
		"run(\"ip -6 address add \" ADDED_ADDRESS \"/64 dev dut optimistic\");\n"
		"set_sysctl(\"conf/dut/optimistic_dad\", 0);\n",
	/* clang-format on */
};
