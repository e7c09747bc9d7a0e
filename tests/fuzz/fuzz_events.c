// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "input.h"
#include "testbed/parts.h"

static const uint8_t *waiting;
static size_t nr_waiting;

ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags);

/* One datagram of the kernel's, then nothing. */
ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags)
{
	size_t size = nr_waiting;

	(void)fd;
	(void)flags;
	if (!waiting) {
		errno = EAGAIN;
		return -1;
	}
	if (size > header->msg_iov->iov_len) {
		size = header->msg_iov->iov_len;
		header->msg_flags |= MSG_TRUNC;
	}
	memcpy(header->msg_iov->iov_base, waiting, size);
	waiting = NULL;
	return (ssize_t)size;
}

static void seen(const struct testbed_event *event, void *arg)
{
	(void)arg;
	if (event->kind >= TESTBED_EVENTS || !testbed_event_names[event->kind])
		abort();
}

/* Any bytes as a netlink notification. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct testbed testbed = { .dut = { .ifindex = 2 } };

	if (!testbed.events && !(testbed.events = nl_socket_alloc()))
		abort();
	waiting = data;
	nr_waiting = size;
	testbed_events_read(&testbed, seen, NULL);
	return 0;
}
