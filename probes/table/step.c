// SPDX-License-Identifier: GPL-2.0-or-later
#include "table/rows.h"

/*
 * Its rungs are chosen for each function by itself: fentry first, then kprobe (see step.bpf.c).
 */
const struct probe step_probe = {
	.name = "step",
	.doc = "a hold of an order, inside a kernel function",
	.without = "the campaign's order cannot be kept",
	.needed = true,
};
