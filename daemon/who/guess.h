/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_GUESS_H
#define DADRACE_WHO_GUESS_H

#include "who/kernel.h"
#include "who/members.h"

/*
 * Which structure an object is. The slab allocator tells only its size and mostly not even
 * that: the candidates are the structures that have a pointer of the right type at each place
 * where the object has one, and what is in the object is the judge. Pointers must lead to
 * objects that their type has room in, lists back to the object, counts must be sane.
 */
enum { POINTERS_MAX = 64, KIND_NAME = 32 };

/* A pointer that was found in an object: where, and which of the members' targets it may be. */
struct pointer {
	uint32_t offset;
	uint64_t targets; /* a bit for each */
	uint64_t value;
	const struct member
		*member;  /* which one it is, when the object is the best candidate */
	uint32_t element; /* of an array of such structures */
};

struct subject {
	uint64_t base;
	uint32_t size;
	bool is_dedicated; /* see struct object */
	const char *cache;
	const char *kind;      /* of the link whose private part it is; NULL */
	uint32_t private_size; /* of such a part */
	struct pointer pointers[POINTERS_MAX];
	uint32_t nr;
};

struct guess {
	struct type type; /* without btf: nothing fits */
	double score;
	struct type other; /* the second best, when it is close */
};

/* Fills in the pointers' members as well. False: it is of no known type. */
bool guess_type(struct kernel *kernel, const struct members *members, struct subject *subject,
		struct guess *guess);

/* The number of references that an object counts itself; false when it has no such count. */
bool guess_count(const struct kernel *kernel, struct type type, uint64_t base, int64_t *count);

#endif
