// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "lane/worker_parts.h"

/* A device's has 3 KiB, a namespace's 6. */
enum { TEXT = 16384 };

/* From its beginning, which makes the kernel write it anew. */
static bool read_text(int fd, char text[TEXT])
{
	size_t used = 0;
	ssize_t got = 1;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return false;
	while (got > 0 && used < TEXT - 1) {
		got = read(fd, text + used, TEXT - 1 - used);
		used += got > 0 ? (size_t)got : 0;
	}
	text[used] = '\0';
	return got >= 0;
}

static bool read_counters(int fd, uint64_t counters[IPV6_COUNTERS])
{
	char text[TEXT];

	if (!read_text(fd, text))
		return false;
	ipv6_counters_read(text, counters);
	return true;
}

static bool read_tcp(uint64_t counters[IPV6_COUNTERS])
{
	AUTO_FD int fd = open("/proc/net/snmp", O_RDONLY | O_CLOEXEC);
	char text[TEXT];

	if (!read_text(fd, text))
		return false;
	tcp_counters_read(text, counters);
	return true;
}

static bool read_namespace(const struct trial_spec *spec, uint64_t counters[IPV6_COUNTERS])
{
	AUTO_FD int fd = open("/proc/net/snmp6", O_RDONLY | O_CLOEXEC);

	return read_counters(fd, counters) &&
	       (!message_has(spec->message, MESSAGE_OF_NAMESPACE) || read_tcp(counters));
}

static bool sends(const struct trial_spec *spec)
{
	return spec->echoes || spec->dad_answer;
}

/*
 * The device's file stays open: its counters begin anew with another inet6_dev, and a file that
 * is gone cannot be read.
 */
void worker_accepts_begin(struct worker *worker)
{
	struct worker_accepts *before = &worker->accepts;
	char path[64];

	memset(worker->state->others, 0, sizeof(worker->state->others));
	if (!sends(&worker->message.evidence.spec))
		return;
	snprintf(path, sizeof(path), "/proc/net/dev_snmp6/%s",
		 testbed_dut(worker->testbed)->name);
	before->fd = open(path, O_RDONLY | O_CLOEXEC);
	before->have_device = read_counters(before->fd, before->device);
	before->have_namespace =
		read_namespace(&worker->message.evidence.spec, before->namespace);
}

void worker_accepts_end(struct worker *worker)
{
	struct worker_accepts *before = &worker->accepts;
	struct evidence *e = &worker->message.evidence;
	struct acceptance *a = &e->acceptance;
	uint64_t device[IPV6_COUNTERS], namespace[IPV6_COUNTERS];
	bool have_device;

	if (!sends(&e->spec))
		return;
	have_device = before->have_device && read_counters(before->fd, device);
	close_fd(&before->fd);
	a->known = before->have_namespace && read_namespace(&e->spec, namespace);
	/*
	 * The device's own are of nobody else's packets. Those of what is sent go to the device
	 * of the route, which a race may have made another one.
	 */
	for (int i = 0; i < IPV6_COUNTERS; i++)
		a->moved[i] = (int64_t)(!have_device || i >= IPV6_OF_NAMESPACE ?
						namespace[i] - before->namespace[i] :
						device[i] - before->device[i]);
	a->others_like_message =
		worker->state->others[acceptance_message_type(e->spec.message)];
	a->others_like_answer =
		worker->state->others[acceptance_answer_type(e->spec.dad_answer)];
}

void worker_accepts_address(struct worker *worker, const struct in6_addr *address)
{
	if (IN6_IS_ADDR_LINKLOCAL(address))
		worker->link_local_end = unicast_end(address->s6_addr);
}

void worker_accepts_echo(struct worker *worker, int64_t destination_end)
{
	if (destination_end && destination_end != worker->link_local_end)
		worker->message.evidence.acceptance.astray++;
}
