// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lane/worker_parts.h"

/* A device's has 3 KiB, a namespace's 6. */
enum { TEXT = 16384 };

static bool read_counters(const char *path, uint64_t counters[IPV6_COUNTERS])
{
	char text[TEXT];
	size_t used = 0;
	ssize_t got = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && got > 0 && used < sizeof(text) - 1) {
		got = read(fd, text + used, sizeof(text) - 1 - used);
		used += got > 0 ? (size_t)got : 0;
	}
	if (fd >= 0)
		close(fd);
	if (fd < 0 || got < 0)
		return false;
	text[used] = '\0';
	ipv6_counters_read(text, counters);
	return true;
}

static struct worker_accepts read_both(const struct worker *worker)
{
	struct worker_accepts read = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/net/dev_snmp6/%s",
		 testbed_dut(worker->testbed)->name);
	read.have_device = read_counters(path, read.device);
	read.have_namespace = read_counters("/proc/net/snmp6", read.namespace);
	return read;
}

static bool sends(const struct trial_spec *spec)
{
	return spec->echoes || spec->dad_answer;
}

void worker_accepts_begin(struct worker *worker)
{
	memset(worker->state->others, 0, sizeof(worker->state->others));
	if (sends(&worker->message.evidence.spec))
		worker->accepts = read_both(worker);
}

/* The counters of an inet6_dev begin anew with another one. */
static bool has_begun_anew(const struct worker_accepts *before,
			   const struct worker_accepts *after)
{
	bool anew = !before->have_device || !after->have_device;

	for (int i = 0; i < IPV6_COUNTERS; i++)
		anew |= after->device[i] < before->device[i];
	return anew;
}

void worker_accepts_end(struct worker *worker)
{
	const struct worker_accepts *before = &worker->accepts;
	struct evidence *e = &worker->message.evidence;
	struct acceptance *a = &e->acceptance;
	struct worker_accepts after;
	bool anew;

	if (!sends(&e->spec))
		return;
	after = read_both(worker);
	anew = has_begun_anew(before, &after);
	a->known = before->have_namespace && after.have_namespace;
	/*
	 * The device's own are of nobody else's packets. Those of what is sent go to the device
	 * of the route, which a race may have made another one.
	 */
	for (int i = 0; i < IPV6_COUNTERS; i++) {
		bool of_namespace = anew || i >= IPV6_OUT_REQUESTS;

		a->moved[i] =
			(int64_t)(of_namespace ? after.namespace[i] - before->namespace[i] :
						 after.device[i] - before->device[i]);
	}
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
