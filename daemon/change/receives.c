// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "change/change.h"
#include "change/shown.h"

/*
 * What a device receives, changed by the membership of a packet socket: a flag set of thread I
 * would close the window. SIOCGIFFLAGS does not tell of it, sysfs does.
 */
static int member(const struct change_about *about, int fd, int option)
{
	const struct packet_mreq request = { .mr_ifindex = (int)about->ifindex,
					     .mr_type = (unsigned short)about->change->number };

	return shown_error(setsockopt(fd, SOL_PACKET, option, &request, sizeof(request)));
}

static int receive(struct change_about *about)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = member(about, fd, PACKET_ADD_MEMBERSHIP);
	if (err)
		close(fd);
	else
		about->kept = fd;
	return err;
}

static bool receives(const struct change_about *about)
{
	unsigned int flags = 0, wanted = about->change->number == PACKET_MR_PROMISC ?
						 IFF_PROMISC :
						 IFF_ALLMULTI;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/flags", about->dut);
	file = fopen(path, "re");
	if (file && fscanf(file, "%x", &flags) != 1)
		flags = 0;
	if (file)
		fclose(file);
	return flags & wanted;
}

/*
 * The socket stays open until thread I exits: its close waits for RCU, and so for every thread
 * that an order holds until the change is undone (packet_release(), net/packet/af_packet.c).
 */
static int receive_less(const struct change_about *about)
{
	return member(about, about->kept, PACKET_DROP_MEMBERSHIP);
}

/* clang-format off */
#define RECEIVES(row, type)                                                              \
	const struct change change_##row = {                                             \
		.make = receive,                                                         \
		.in_force = receives,                                                    \
		.put_back = receive_less,                                                \
		.number = type,                                                          \
		.written = "const struct packet_mreq request = { .mr_ifindex = DUT_INDEX, .mr_type = " #type " };\n" \
			   "int packets = socket(AF_PACKET, SOCK_RAW, 0);\n"             \
			   "\n"                                                          \
			   "must(\"" #type "\", setsockopt(packets, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)));\n" \
			   "close(packets);\n",                                          \
	};
/* clang-format on */

RECEIVES(promisc, PACKET_MR_PROMISC)
RECEIVES(allmulti, PACKET_MR_ALLMULTI)
