// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/neighbour.h>

#include "change/neighbour.h"

static int answer_for(struct change_about *about)
{
	return neighbour_add(about, NTF_PROXY);
}

static bool is_there(const struct change_about *about)
{
	return neighbour_shown(about, NTF_PROXY);
}

const struct change change_proxy_add = {
	.make = answer_for,
	.in_force = is_there,
	/* clang-format off */
	.written =
		"run(\"ip -6 neighbour add proxy \" ELSEWHERE \"1 dev dut\");\n",
	/* clang-format on */
};
