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

const struct change change_proxy_add = { NULL, answer_for, is_there, NULL };
