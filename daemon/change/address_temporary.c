// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_addr.h>

#include "change/address.h"
#include "change/mld.h"
#include "change/shown.h"
#include "change/sysctl.h"

/* An address from whose prefix the kernel makes temporary ones (RFC 8981). */
static int address_temporary(struct change_about *about)
{
	return address_add_switched(about, IFA_F_MANAGETEMPADDR);
}

static bool is_temporary(const struct change_about *about)
{
	return shown_address_flag(about, IFA_F_TEMPORARY);
}

static int address_delete(const struct change_about *about)
{
	return address_ask(about, RTM_DELADDR, 0);
}

/* The temporary one, which goes with it, is of a group of its own. */
static int address_permanent(const struct change_about *about)
{
	int err = mld_quietly(about, address_delete);

	return sysctl_switch_back(about) ?: err;
}

const struct change change_address_temporary = {
	.make = address_temporary,
	.in_force = is_temporary,
	.put_back = address_permanent,
	.sysctl = "use_tempaddr",
	.number = 2,
	/* clang-format off */
	.written =
		"set_sysctl(\"conf/dut/use_tempaddr\", 2);\n"
		"run(\"ip -6 address add \" ADDED_ADDRESS \"/64 dev dut mngtmpaddr\");\n"
		"run(\"ip -6 address delete \" ADDED_ADDRESS \"/64 dev dut\");\n"
		"set_sysctl(\"conf/dut/use_tempaddr\", 0);\n",
	/* clang-format on */
};
