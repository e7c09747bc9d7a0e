// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "change/shown.h"
#include "change/socket.h"

static int bind_device(struct change_about *about)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return socket_keep(about, fd,
			   shown_error(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, about->dut,
						  (socklen_t)strlen(about->dut))));
}

static bool is_bound(const struct change_about *about)
{
	char name[IFNAMSIZ] = "";
	socklen_t size = sizeof(name);

	return about->kept &&
	       !getsockopt(about->kept, SOL_SOCKET, SO_BINDTODEVICE, name, &size) &&
	       !strcmp(name, about->dut);
}

const struct change change_bind_device = {
	.make = bind_device,
	.in_force = is_bound,
	.put_back = socket_close,
	.stays = true,
	/* clang-format off */
	.written =
		"int bound = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);\n"
		"\n"
		"must(\"SO_BINDTODEVICE\", setsockopt(bound, SOL_SOCKET, SO_BINDTODEVICE, \"dut\", 4));\n",
	/* clang-format on */
};
