// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the kernel's own machine code. Run on demand (BPF_PROG_TEST_RUN), hooked to nothing.
 */
#include "table/common.bpf.h"

struct code {
	__u8 bytes[CODE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct code);
} code_slot SEC(".maps");

/* args: address, size. 0 when so many bytes are in the slot. */
SEC("raw_tp")
int code_read(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 size = ctx->args[1];
	__u32 zero = 0;
	struct code *code = bpf_map_lookup_elem(&code_slot, &zero);

	if (!code || size > CODE_BYTES)
		return 1;
	return bpf_probe_read_kernel(code->bytes, size, (const void *)ctx->args[0]) ? 1 : 0;
}
