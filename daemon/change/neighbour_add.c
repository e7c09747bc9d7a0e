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

const struct change change_neighbour_add = { NULL, add, is_there, NULL };
