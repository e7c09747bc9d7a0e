// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stddef.h>
#include <string.h>

#include "loader/parts.h"
#include "probes.skel.h"

struct bpf_program *probes_program(const struct probes_bpf *skel, const char *name)
{
	return bpf_object__find_program_by_name(skel->obj, name);
}

uint64_t probes_program_misses(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return 0;
	return info.recursion_misses;
}

/*
 * struct bpf_link_info of a kprobe, as of Linux 6.7 (include/uapi/linux/bpf.h): a header may be
 * older than the kernel that runs.
 */
struct kprobe_link_info {
	uint32_t type, id, program, pad;
	uint32_t event, pad_event;
	uint64_t function;
	uint32_t length, offset;
	uint64_t address, missed;
};
_Static_assert(offsetof(struct kprobe_link_info, missed) == 48, "as the kernel writes it");

uint64_t probes_kprobe_misses(const struct bpf_link *link)
{
	struct kprobe_link_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size))
		return 0;
	return info.missed;
}

void watchpoint_birth_programs(const struct probes_bpf *skel,
			       struct bpf_program *programs[WATCHPOINT_BIRTH_PROGRAMS])
{
	struct bpf_program *const all[WATCHPOINT_BIRTH_PROGRAMS] = {
		skel->progs.object_died,
		skel->progs.dst_born,
		skel->progs.neighbour_born,
		skel->progs.ifaddr_born,
	};

	memcpy(programs, all, sizeof(all));
}

/* --- run on demand --- */

int probes_run(const struct bpf_program *program, const uint64_t *args, uint32_t nr_args,
	       int32_t *returned)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = nr_args * (uint32_t)sizeof(*args));
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	if (!err)
		*returned = (int32_t)opts.retval;
	return err;
}

int probes_walk(const struct bpf_program *program, uint64_t *args, uint32_t nr_args,
		const char *what, struct why *why)
{
	enum { RUNS_MAX = 8192 }; /* some 100 ms; 16 buckets each */
	int32_t next = 0;

	for (int i = 0; i < RUNS_MAX; i++) {
		int err = probes_run(program, args, nr_args, &next);

		if (err || (next < 0 && next != -E2BIG))
			return probes_refused(err ? -err : -next, what, why);
		if (next <= 0)
			break;
		args[nr_args - 1] = (uint32_t)next;
	}
	if (next)
		return why_set(
			why, E2BIG,
			"this machine has too many IPv6 neighbours for %s (`ip -6 neigh show nud all` lists them); remove some with `ip -6 neigh flush`",
			what);
	return 0;
}
