// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/neighbour.h"

static int add(struct change_about *about)
{
	return neighbour_add(about, 0);
}

static bool is_there(const struct change_about *about)
{
	return neighbour_shown(about, 0);
}

const struct change change_neighbour_add = {
	.make = add,
	.in_force = is_there,
	/* clang-format off */
	.written =
		"run(\"ip -6 neighbour add \" ELSEWHERE \"1 lladdr 02:00:00:00:00:da nud permanent dev dut\");\n",
	/* clang-format on */
};
