// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/route.h"
#include "change/shown.h"
#include "frame/frame.h"

/* It is of lo, which stays: it does not go with the device. */
static int blackhole_add(struct change_about *about)
{
	struct request request;

	(void)about;
	route_request(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, RTN_BLACKHOLE);
	return request_send(&request);
}

static bool is_refused(const struct change_about *about)
{
	(void)about;
	return shown_refuses(&frame_elsewhere);
}

static int blackhole_delete(const struct change_about *about)
{
	struct request request;

	(void)about;
	route_request(&request, RTM_DELROUTE, 0, RTN_BLACKHOLE);
	return request_send(&request);
}

const struct change change_blackhole_add = {
	.make = blackhole_add,
	.in_force = is_refused,
	.put_back = blackhole_delete,
	.stays = true,
	/* clang-format off */
	.written =
		"run(\"ip -6 route add blackhole \" ELSEWHERE \"/64\");\n",
	.unwritten =
		"run(\"ip -6 route delete blackhole \" ELSEWHERE \"/64\");\n",
	/* clang-format on */
};
