/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CPU_OFFSET_BPF_H
#define DADRACE_CPU_OFFSET_BPF_H

/*
 * Per-CPU data lie at pointer + offset of the CPU. An element of a per-CPU array map has a
 * known address on each CPU and a known per-CPU pointer: their difference is the offset.
 * Kernels that do not tell the address list __per_cpu_offset[cpu] in kallsyms.
 */
#include "table/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

const volatile __u64 cpu_offsets_at = 0; /* of __per_cpu_offset; 0: it is not known */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} known_element SEC(".maps");

/* The verifier forbids arithmetic on map pointers: through memory they become plain numbers. */
static __always_inline __u64 number_of(void *pointer)
{
	void *volatile slot = pointer;
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), (const void *)&slot);
	return number;
}

/* False when this kernel has no such CPU; an offset that it hides stays 0. */
static __always_inline bool offset_of_cpu(__u32 cpu, __u64 *offset)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_map_lookup_percpu_elem)) {
		struct bpf_array *array = (void *)number_of(&known_element);
		__u32 zero = 0;
		void *element = bpf_map_lookup_percpu_elem(&known_element, &zero, cpu);

		if (!element)
			return false;
		*offset = number_of(element) - (__u64)BPF_CORE_READ(array, pptrs[0]);
	} else if (cpu_offsets_at) {
		bpf_probe_read_kernel(offset, sizeof(*offset),
				      (void *)cpu_offsets_at + cpu * sizeof(*offset));
	}
	return true;
}

#endif
