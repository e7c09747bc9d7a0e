// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/ioctl.h>

#include "change/address.h"
#include "change/shown.h"

static int address_delete(struct change_about *about)
{
	struct address_request request = { .prefix_bits = 64, .ifindex = (int)about->ifindex };

	if (!shown_link_local(about, &request.address))
		return -ENODATA;
	return shown_error(ioctl(about->socket, SIOCDIFADDR, &request));
}

static bool has_no_link_local(const struct change_about *about)
{
	struct in6_addr address;

	return !shown_link_local(about, &address);
}

const struct change change_address_delete = {
	shown_link_local_wait,
	address_delete,
	has_no_link_local,
	NULL,
};
