// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "change/shown.h"

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78 /* linux/in6.h, from 4.15 */
#endif

static struct sockaddr_in6 end_of(const struct change_about *about,
				  const struct in6_addr *address, uint16_t port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6,
				      .sin6_addr = *address,
				      .sin6_port = htons(port),
				      .sin6_scope_id = about->ifindex };
}

struct sockaddr_in6 socket_peer(const struct change_about *about, uint16_t port)
{
	static const struct in6_addr nobody = { .s6_addr = { 0xfe, 0x80, [15] = 0xda } };
	bool has_peer = !IN6_IS_ADDR_UNSPECIFIED(&about->router);

	return end_of(about, has_peer ? &about->router : &nobody, port);
}

int socket_of_device(const struct change_about *about, int type, int protocol, uint16_t port)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol), one = 1, err;
	struct in6_addr address;
	struct sockaddr_in6 end;

	if (fd < 0)
		return -errno;
	if (!shown_link_local(about, &address)) {
		close(fd);
		return -ENODATA;
	}
	end = end_of(about, &address, port);
	err = shown_error(setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one)));
	if (!err)
		err = shown_error(bind(fd, (struct sockaddr *)&end, sizeof(end)));
	if (!err)
		return fd;
	close(fd);
	return err;
}

int socket_keep(struct change_about *about, int fd, int err)
{
	if (err)
		close(fd);
	else
		about->kept = fd;
	return err;
}

int socket_close(const struct change_about *about)
{
	return about->kept ? shown_error(close(about->kept)) : 0;
}
