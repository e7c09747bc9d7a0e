/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_LIST_BPF_H
#define DADRACE_LIST_BPF_H

/* The kernel's singly linked lists. */
#include "table/common.bpf.h"

#define LIST_STRIDE  32
#define LIST_STRIDES 64
#define LIST_LONGEST (LIST_STRIDES * LIST_STRIDE + LIST_STRIDE)

/* LIST_STRIDE further than `from`, or 0 behind the end; `next` is the offset of the pointer. */
VERIFIED_ONCE __u64 list_ahead(__u64 from, __u32 next)
{
	__u64 at = from;

	for (int i = 0; i < LIST_STRIDE && at; i++)
		bpf_probe_read_kernel(&at, sizeof(at), (void *)at + next);
	return at;
}

/* Of a list that ends with NULL; LIST_LONGEST: or longer. */
VERIFIED_ONCE __u32 list_length(__u64 first, __u32 next)
{
	__u64 ahead, at = first;
	__u32 nr = 0;

	for (int i = 0; i < LIST_STRIDES && (ahead = list_ahead(at, next)); i++) {
		nr += LIST_STRIDE;
		at = ahead;
	}
	for (int i = 0; i < LIST_STRIDE && at; i++, nr++)
		bpf_probe_read_kernel(&at, sizeof(at), (void *)at + next);
	return nr;
}

#endif
