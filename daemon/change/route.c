// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/route.h"

#include "frame/frame.h"

void route_request(struct request *request, uint16_t type, uint16_t flags, uint8_t kind)
{
	struct rtmsg start = { .rtm_family = AF_INET6,
			       .rtm_dst_len = 64,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = RTPROT_STATIC,
			       .rtm_scope = RT_SCOPE_UNIVERSE,
			       .rtm_type = kind };
	struct in6_addr prefix = frame_elsewhere;

	prefix.s6_addr32[2] = prefix.s6_addr32[3] = 0;
	request_begin(request, type, flags, &start, sizeof(start));
	request_put(request, RTA_DST, &prefix, sizeof(prefix));
}

void route_begin(struct request *request, uint16_t flags)
{
	route_request(request, RTM_NEWROUTE, flags, RTN_UNICAST);
}
