/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_EXPLAINED_H
#define DADRACE_EXPLAINED_H

#include <stdint.h>

#include "base/why.h"

/* How many references to each device of a network namespace `dadrace who` can explain. */
enum { EXPLAINED_MAX = 16 };

struct explained {
	uint32_t ifindex;
	int64_t count;	    /* as it was read with them */
	int64_t references; /* the initial one and the one of a registered device among them */
};

/* At most EXPLAINED_MAX devices; `netns` is an inode number. */
int explained_find(uint32_t netns, struct explained list[EXPLAINED_MAX], uint32_t *nr,
		   struct why *why);

#endif
