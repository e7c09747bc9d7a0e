// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/parts.h"
#include "probes.skel.h"

static size_t shared_size(size_t element)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (element * SLOTS + page - 1) / page * page;
}

int probes_lanes_map(struct probes *probes, struct why *why)
{
	void *lanes = mmap(NULL, shared_size(sizeof(struct lane_state)), PROT_READ | PROT_WRITE,
			   MAP_SHARED, bpf_map__fd(probes->skel->maps.lanes), 0);
	void *counts = mmap(NULL, shared_size(sizeof(struct counts)), PROT_READ, MAP_SHARED,
			    bpf_map__fd(probes->skel->maps.count_slots), 0);

	probes->lanes = lanes == MAP_FAILED ? NULL : lanes;
	probes->counts = counts == MAP_FAILED ? NULL : counts;
	if (!probes->lanes || !probes->counts)
		return why_set(why, errno, "shared memory of the probes: cannot be mapped: %s",
			       strerror(errno));
	return 0;
}

void probes_lanes_unmap(struct probes *probes)
{
	if (probes->lanes)
		munmap(probes->lanes, shared_size(sizeof(struct lane_state)));
	if (probes->counts)
		munmap(probes->counts, shared_size(sizeof(struct counts)));
	for (int i = 0; i < SLOTS; i++)
		if (probes->rings[i] >= 0)
			close(probes->rings[i]);
}

struct lane_state *probes_lane(struct probes *probes, uint32_t slot)
{
	return &probes->lanes[slot];
}

int probes_lane_open(struct probes *probes, uint32_t slot, struct why *why)
{
	int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, RING_BYTES, NULL);

	if (ring < 0)
		return probes_refused(errno, "a ring buffer", why);
	if (bpf_map_update_elem(bpf_map__fd(probes->skel->maps.rings), &slot, &ring, BPF_ANY)) {
		int err = errno;

		close(ring);
		return probes_refused(err, "a ring buffer", why);
	}
	if (probes->rings[slot] >= 0)
		close(probes->rings[slot]);
	probes->rings[slot] = ring;
	probes->lanes[slot] = (struct lane_state){ 0 };
	return 0;
}

static int ways_bind(struct probes *probes, uint32_t slot, const struct ways *ways,
		     struct why *why)
{
	const int map = bpf_map__fd(probes->skel->maps.ways);

	for (uint32_t i = 0; i < ways->nr; i++) {
		struct way_end end = ways->at[i].end;

		end.slot = slot;
		if (bpf_map_update_elem(map, &ways->at[i].way, &end, BPF_ANY))
			return probes_refused(errno, "a way to the lane's device", why);
	}
	return 0;
}

static uint64_t device_key(const struct lane_identity *identity)
{
	return (uint64_t)identity->netns_inum << 32 | identity->ifindex;
}

int probes_lane_bind(struct probes *probes, uint32_t slot, const struct lane_identity *identity,
		     struct why *why)
{
	struct lane_state *lane = &probes->lanes[slot];
	const uint64_t device = device_key(identity);

	lane->pidns_inum = identity->pidns_inum;
	lane->netns_inum = identity->netns_inum;
	lane->ifindex = identity->ifindex;
	snprintf(lane->name, sizeof(lane->name), "%s", identity->device);
	probes->bound[slot] = *identity;
	if (bpf_map_update_elem(bpf_map__fd(probes->skel->maps.lane_of_pidns),
				&identity->pidns_inum, &slot, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(probes->skel->maps.lane_of_device), &device, &slot,
				BPF_ANY))
		return probes_refused(errno, "the lane's entry", why);
	return ways_bind(probes, slot, &identity->ways, why);
}

static void unbind(struct probes *probes, const struct lane_identity *identity)
{
	const uint64_t device = device_key(identity);

	bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.lane_of_pidns),
			    &identity->pidns_inum);
	bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.lane_of_device), &device);
	for (uint32_t i = 0; i < identity->ways.nr; i++)
		bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.ways),
				    &identity->ways.at[i].way);
}

void probes_lane_close(struct probes *probes, uint32_t slot)
{
	struct lane_state *lane = &probes->lanes[slot];

	probes_settling(probes, slot, false);
	if (lane->pidns_inum)
		unbind(probes, &probes->bound[slot]);
	bpf_map_delete_elem(bpf_map__fd(probes->skel->maps.rings), &slot);
	if (probes->rings[slot] >= 0)
		close(probes->rings[slot]);
	probes->rings[slot] = -1;
	*lane = (struct lane_state){ 0 };
}

void probes_settling(struct probes *probes, uint32_t slot, bool wanted)
{
	__u64 *settling = (__u64 *)&probes->skel->bss->settling;

	if (wanted)
		__atomic_fetch_or(settling, 1ULL << slot, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(settling, ~(1ULL << slot), __ATOMIC_SEQ_CST);
}

void probes_lane_fds(const struct probes *probes, uint32_t slot, int fds[PROBES_LANE_FDS])
{
	struct bpf_program *births[WATCHPOINT_BIRTH_PROGRAMS];

	fds[0] = probes->rings[slot];
	fds[1] = bpf_program__fd(probes->skel->progs.counts_read);
	fds[2] = bpf_program__fd(probes->skel->progs.watchpoint_find);
	fds[3] = bpf_program__fd(probes->skel->progs.watchpoint_mark);
	fds[4] = bpf_program__fd(probes->skel->progs.watchpoint_hit);
	fds[5] = bpf_map__fd(probes->skel->maps.watchpoint_rings);
	fds[6] = bpf_map__fd(probes->skel->maps.watchpoint_states);
	fds[7] = bpf_map__fd(probes->skel->maps.watchpoint_finds);
	fds[8] = bpf_map__fd(probes->skel->maps.cpu_offsets);
	watchpoint_birth_programs(probes->skel, births);
	for (int i = 0; i < WATCHPOINT_BIRTH_PROGRAMS; i++)
		fds[9 + i] = bpf_program__fd(births[i]);
}
