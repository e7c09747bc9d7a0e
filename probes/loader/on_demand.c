// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "loader/parts.h"
#include "probes.skel.h"

int probes_find_offsets(struct probes *probes, struct why *why)
{
	int32_t unknown;
	int err = probes_run(probes->skel->progs.counts_offsets, NULL, 0, &unknown);

	if (err)
		return probes_refused(-err, "a program on demand", why);
	if (unknown)
		return why_set(
			why, ENOTSUP,
			"this kernel hides its per-CPU counters: it has neither __per_cpu_offset in /proc/kallsyms nor bpf_map_lookup_percpu_elem (Linux 5.19)");
	return 0;
}

enum { COUNTS_ARGS = 5 }; /* see counts_read */

static int run_counts(struct probes *probes, uint32_t slot, uint64_t args[COUNTS_ARGS],
		      struct counts *counts, struct why *why)
{
	int err = probes_walk(probes->skel->progs.counts_read, args, COUNTS_ARGS,
			      "reading reference counts", why);

	if (err)
		return err;
	*counts = probes->counts[slot];
	return 0;
}

int probes_counts(struct probes *probes, uint32_t slot, uint32_t ifindex, struct counts *counts,
		  struct why *why)
{
	uint64_t args[COUNTS_ARGS] = { ifindex, slot };

	return run_counts(probes, slot, args, counts, why);
}

int probes_counts_left(struct probes *probes, uint32_t slot, const struct counts *before,
		       struct counts *counts, struct why *why)
{
	uint64_t args[COUNTS_ARGS] = { before->ifindex, slot, before->device,
				       before->inet6_dev_at };

	return run_counts(probes, slot, args, counts, why);
}

static int read_driver(struct probes_bpf *skel, uint32_t ifindex, struct driver_calls *calls,
		       struct why *why)
{
	const uint64_t args[] = { ifindex };
	int32_t missing = 0;
	__u32 zero = 0;
	int err = bpf_program__set_autoload(skel->progs.driver_read, true);

	if (!err)
		err = probes_bpf__load(skel);
	if (!err)
		err = probes_run(skel->progs.driver_read, args, 1, &missing);
	if (!err && !missing)
		err = bpf_map_lookup_elem(bpf_map__fd(skel->maps.driver_slot), &zero, calls);
	if (err)
		return probes_refused(-err, "reading the device's driver", why);
	return missing ? why_set(why, ENODEV, "device %u: not in this network namespace",
				 ifindex) :
			 0;
}

int probes_driver(uint32_t ifindex, struct driver_calls *calls, struct why *why)
{
	struct probes_bpf *skel = NULL;
	int err = rungs_open(&skel, why);

	if (err)
		return err;
	err = read_driver(skel, ifindex, calls, why);
	probes_bpf__destroy(skel);
	return err;
}

int probes_code(struct probes *probes, uint64_t address, uint8_t *code, uint32_t size,
		struct why *why)
{
	const uint64_t args[] = { address, size };
	uint8_t slot[CODE_BYTES];
	int32_t unreadable;
	__u32 zero = 0;
	int err = probes_run(probes->skel->progs.code_read, args, 2, &unreadable);

	if (err)
		return probes_refused(-err, "the kernel's code", why);
	if (unreadable)
		return why_set(why, EFAULT,
			       "kernel code at %#" PRIx64 ": not all of its %" PRIu32
			       " bytes can be read",
			       address, size);
	if (bpf_map_lookup_elem(bpf_map__fd(probes->skel->maps.code_slot), &zero, slot))
		return probes_refused(errno, "the kernel's code", why);
	memcpy(code, slot, size);
	return 0;
}
