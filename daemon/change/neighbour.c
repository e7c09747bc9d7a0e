// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/neighbour.h"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include "change/request.h"
#include "frame/frame.h"

static void request_about(struct request *request, uint16_t type, uint16_t nl_flags,
			  const struct change_about *about, uint8_t flags)
{
	struct ndmsg start = { .ndm_family = AF_INET6,
			       .ndm_ifindex = (int)about->ifindex,
			       .ndm_state = type == RTM_NEWNEIGH ? NUD_PERMANENT : 0,
			       .ndm_flags = flags };

	request_begin(request, type, nl_flags, &start, sizeof(start));
	request_put(request, NDA_DST, &frame_elsewhere, sizeof(frame_elsewhere));
}

int neighbour_add(const struct change_about *about, uint8_t flags)
{
	static const uint8_t mac[] = { 0x02, 0, 0, 0, 0, 0xda };
	struct request request;

	request_about(&request, RTM_NEWNEIGH, NLM_F_CREATE, about, flags);
	if (!(flags & NTF_PROXY))
		request_put(&request, NDA_LLADDR, mac, sizeof(mac));
	return request_send(&request);
}

bool neighbour_shown(const struct change_about *about, uint8_t flags)
{
	struct request request;

	request_about(&request, RTM_GETNEIGH, 0, about, flags);
	return !request_send(&request);
}
