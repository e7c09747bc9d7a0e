// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The holds of an order on kernels before 5.17, which have no bpf_loop. The verifier walks
 * through each turn of a bounded loop and takes some thousands with one branch each, so a turn
 * must last: it copies memory to no purpose. A short hold ends by small turns, a long one
 * by large ones.
 */
#include "table/step.bpf.h"

#define FINE_BYTES   (64 << 10)
#define MEDIUM_BYTES (1 << 20)
#define COARSE_BYTES (4 << 20) /* the largest value that a map can have */

struct ballast {
	__u8 bytes[COARSE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ballast);
} ballasts SEC(".maps");

/* Without a branch: 1 when the hold is over. */
static __always_inline __u64 is_over(const struct wait *wait)
{
	__u64 to_event = *wait->event ^ wait->armed;
	__u64 to_end = wait->until_ns - bpf_ktime_get_ns();
	__u64 ended = *wait->trial ^ wait->armed;

	return (to_event - 1) >> 63 | (to_end - 1) >> 63 | ended;
}

static __always_inline void spin(struct wait *wait)
{
	__u32 zero = 0;
	struct ballast *ballast = bpf_map_lookup_elem(&ballasts, &zero);

	if (!ballast)
		return;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < STEP_OLD_TURNS; i++) {
		__u32 size = i < STEP_OLD_FINE_TURNS			     ? FINE_BYTES :
			     i < STEP_OLD_FINE_TURNS + STEP_OLD_MEDIUM_TURNS ? MEDIUM_BYTES :
									       COARSE_BYTES;

		if (is_over(wait))
			break;
		bpf_probe_read_kernel(ballast, size, ballast);
	}
}

/* Run on demand: what a turn of each size costs here, in nanoseconds. */
SEC("raw_tp")
int step_old_cost(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 zero = 0;
	struct ballast *ballast = bpf_map_lookup_elem(&ballasts, &zero);
	__u32 size = !ctx->args[0]     ? FINE_BYTES :
		     ctx->args[0] == 1 ? MEDIUM_BYTES :
					 COARSE_BYTES;
	__u64 from_ns = bpf_ktime_get_ns();

	if (ballast)
		bpf_probe_read_kernel(ballast, size, ballast);
	return (int)(bpf_ktime_get_ns() - from_ns);
}

STEP(step_old, 0)
STEP(step_old, 1)
STEP(step_old, 2)
STEP(step_old, 3)
STEP(step_old, 4)
STEP(step_old, 5)
STEP(step_old, 6)
STEP(step_old, 7)
STEP(step_old, 8)
STEP(step_old, 9)
STEP(step_old, 10)
STEP(step_old, 11)
