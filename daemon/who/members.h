/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_MEMBERS_H
#define DADRACE_WHO_MEMBERS_H

#include "who/types.h"

/*
 * Where structures have pointers to structures of some types: what an object may be that has
 * such a pointer at such an offset.
 */
struct member {
	struct type type; /* the structure */
	uint32_t size, offset;
	uint32_t target;	    /* which of the types that were asked for */
	const char *owner, *member; /* innermost structure, and its member */
};

struct members {
	struct member *list; /* by target; free with members_clear() */
	uint32_t nr, room;
	bool out_of_memory;
};

enum { STRUCT_MIN = 16, STRUCT_MAX = 16384, MEMBER_TARGETS = 64 };

/* `names` are those of the types pointed to, MEMBER_TARGETS at most. 0, or -ENOMEM. */
int members_find(const struct types *types, const char *const *names, uint32_t nr_names,
		 struct members *members);
void members_clear(struct members *members);

/* "fib6_nh[0].nh_common.nhc_dev" of a member. */
void member_path(const struct member *member, char path[TYPE_PATH]);

#endif
