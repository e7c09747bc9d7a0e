/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SPEC_SHARD_H
#define DADRACE_SPEC_SHARD_H

#include <stdint.h>

enum { SHARDS_MAX = 10000 };

/* One of several runs that share the trials of a plan. */
struct shard {
	uint32_t index; /* from 1 */
	uint32_t of;	/* 0 or 1: it has the whole plan */
};

#endif
