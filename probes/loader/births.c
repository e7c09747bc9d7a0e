// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <bpf/libbpf.h>

#include "loader/probes_parts.h"
#include "probes.skel.h"

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
