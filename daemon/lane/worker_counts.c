// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/membarrier.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lane/worker_parts.h"

enum {
	LOOKS_TO_AGREE = 50,
	REST_LOOKS = 3,
	REST_LOOKS_MAX = 100,
};

int64_t worker_net_device_refs(const struct counts *counts)
{
	return counts->net_device - counts->linkwatch_pending - counts->nr_neighbours;
}

int64_t worker_inet6_dev_refs(const struct counts *counts)
{
	return counts->inet6_dev - counts->nr_tombs;
}

struct evidence_counts worker_facts(const struct counts *counts)
{
	return (struct evidence_counts){
		.found = counts->found,
		.net_device = worker_net_device_refs(counts),
		.inet6_dev = worker_inet6_dev_refs(counts),
		.dst = counts->dst,
		.addresses = counts->nr_addresses,
		.neighbours = counts->nr_neighbours,
		.groups = counts->nr_groups,
		.tombs = counts->nr_tombs,
	};
}

/* net/packet/af_packet.c, packet_seq_show(): sk RefCnt Type Proto Iface ... */
uint32_t worker_strangers(const struct worker *worker)
{
	uint32_t ifindex = testbed_dut(worker->testbed)->ifindex, nr = 0;
	char line[256];
	int of;
	FILE *file;

	if (worker->ask->campaign->device.kind != DEVICE_EXISTING)
		return 0;
	file = fopen("/proc/net/packet", "re");
	while (file && fgets(line, sizeof(line), file))
		nr += sscanf(line, "%*s %*s %*s %*s %d", &of) == 1 && (uint32_t)of == ifindex;
	if (file)
		fclose(file);
	return nr;
}

static struct counts read_counts(struct worker *worker)
{
	struct counts counts = { 0 };
	struct why why;

	if (probes_counts(worker->probes, worker->ask->slot,
			  testbed_dut(worker->testbed)->ifindex, &counts, &why))
		worker->message.evidence.lost_records++;
	return counts;
}

bool worker_same_counts(const struct worker *worker, const struct counts *a,
			const struct counts *b)
{
	uint32_t watched = worker->state->watched;

	return a->found == b->found &&
	       (!(watched & WATCH_NET_DEVICE) ||
		worker_net_device_refs(a) == worker_net_device_refs(b)) &&
	       (!(watched & WATCH_INET6_DEV) ||
		worker_inet6_dev_refs(a) == worker_inet6_dev_refs(b)) &&
	       (!(watched & WATCH_DST) || a->dst == b->dst);
}

bool worker_at_baseline(const struct worker *worker, const struct counts *counts)
{
	return counts->found && worker_same_counts(worker, counts, &worker->baseline);
}

/*
 * A look takes some microseconds, and what moves in the meantime is seen in one count and not
 * in another (linkwatch's mark gone, its reference still there): two looks in a row have to
 * agree.
 */
struct counts worker_counts(struct worker *worker)
{
	struct counts last = read_counts(worker);

	for (int i = 0; i < LOOKS_TO_AGREE; i++) {
		struct counts now = read_counts(worker);
		bool agree = worker_same_counts(worker, &now, &last) &&
			     now.linkwatch_pending == last.linkwatch_pending &&
			     now.nr_neighbours == last.nr_neighbours &&
			     now.nr_tombs == last.nr_tombs;

		last = now;
		if (agree)
			break;
	}
	return last;
}

struct counts worker_rest(struct worker *worker)
{
	struct counts last = worker_counts(worker);
	int same = 0;

	for (int i = 0; i < REST_LOOKS_MAX && same < REST_LOOKS; i++) {
		struct counts now;

		if (worker_at_baseline(worker, &last))
			break;

		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); /* a grace period */
		now = worker_counts(worker);
		same = worker_same_counts(worker, &now, &last) ? same + 1 : 0;
		last = now;
	}
	return last;
}
