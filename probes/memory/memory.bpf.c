// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads kernel memory, and writes none. Run on demand (BPF_PROG_TEST_RUN), hooked to nothing.
 */
#include "table/cpu_offset.bpf.h"

#define PIECE_BYTES 65536

char LICENSE[] SEC("license") = "GPL";

struct piece {
	__u8 bytes[PIECE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct piece);
} piece SEC(".maps");

static __always_inline struct piece *the_piece(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&piece, &zero);
}

/* args: address, size. 0 when so many bytes are in the piece. */
SEC("raw_tp")
int memory_read(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 size = ctx->args[1];
	struct piece *to = the_piece();

	if (!to || size > PIECE_BYTES)
		return 1;
	return bpf_probe_read_kernel(to->bytes, size, (const void *)ctx->args[0]) ? 1 : 0;
}

/* The piece begins with the address of the task that asks. */
SEC("raw_tp")
int memory_task(struct bpf_raw_tracepoint_args *ctx)
{
	struct piece *to = the_piece();

	if (!to)
		return 1;
	*(__u64 *)to->bytes = bpf_get_current_task();
	return 0;
}

/* args: a CPU. The piece begins with the offset of its per-CPU data. */
SEC("raw_tp")
int memory_cpu_offset(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 cpu = ctx->args[0];
	struct piece *to = the_piece();
	__u64 offset = 0;

	if (!to || !offset_of_cpu(cpu, &offset) || (!offset && cpu))
		return 1;
	*(__u64 *)to->bytes = offset;
	return 0;
}
