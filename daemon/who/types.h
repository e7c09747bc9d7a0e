/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_TYPES_H
#define DADRACE_WHO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"

/*
 * The types of a kernel and its modules, from their BTF (Documentation/bpf/btf.rst).
 */
struct btf;
struct types;

struct type {
	const struct btf *btf; /* NULL: no type */
	uint32_t id;	       /* 0: void */
};

/*
 * Reads files such as /sys/kernel/btf/vmlinux; the list ends with NULL. The kernel's own types
 * are the first file. A module whose types cannot be read, or contradict each other, is left
 * out: its structures then have no names.
 */
int types_open(const char *const *paths, struct types **out, struct why *why);

/* The same from what types_raw() gave, the kernel's own first; `nr` is at least 1. */
struct types_raw {
	const void *data;
	uint32_t size;
};

int types_open_raw(const struct types_raw *raw, uint32_t nr, struct types **out,
		   struct why *why);

/* The files as they were read, by number; without data when there are no more. */
struct types_raw types_raw(const struct types *types, uint32_t which);

void types_close(struct types *types);

/* A structure by name; without `btf` when there is none. The kernel goes before modules. */
struct type types_struct(const struct types *types, const char *name);

/* Whether a typedef of this name exists. */
bool types_has_typedef(const struct types *types, const char *name);

/* Where a member lies, "a.b" is one of an embedded structure. False when there is none. */
bool types_member(const struct types *types, const char *structure, const char *path,
		  uint32_t *offset);

/* The value of an enumerator. */
bool types_enum(const struct types *types, const char *name, const char *value, int64_t *out);

uint32_t type_size(struct type type);
const char *type_name(struct type type); /* "" without one */
bool type_is_struct(struct type type);
bool type_is_function(struct type type);

/*
 * The names of a structure, of the one that it begins with, and so on: a pointer to its start
 * may be to any of them. Returns how many.
 */
uint32_t type_beginnings(struct type type, const char **names, uint32_t max);
bool type_begins_with(struct type type, const char *name);

/* What a structure consists of, embedded ones and arrays opened. */
enum leaf_kind {
	LEAF_POINTER = 1,
	LEAF_LIST,   /* list_head */
	LEAF_HLIST,  /* hlist_node */
	LEAF_COUNT,  /* refcount_t, kref: the number of references */
	LEAF_RCUREF, /* rcuref_t: the number of references less one */
	LEAF_BOOL,
	LEAF_RCU, /* callback_head: not set until the object dies */
};

enum { TYPE_DEPTH = 16, TYPE_PATH = 128 };

struct leaf_step {
	const char *member; /* "" for one without a name */
	int32_t index;	    /* in an array; -1: none */
};

struct leaf {
	enum leaf_kind kind;
	uint32_t offset; /* in the structure that is walked through */
	bool in_union;
	struct type target; /* of a pointer, without qualifiers */
	const char *owner;  /* innermost structure with a name; "" */
	const char *member; /* of that structure, or of one without a name in it */
	struct leaf_step steps[TYPE_DEPTH];
	uint32_t nr_steps;
};

/* Calls for each leaf until `see` returns true; whether it did. */
bool type_walk(struct type type, bool (*see)(const struct leaf *leaf, void *context),
	       void *context);

/* "fib6_nh[0].nh_common.nhc_dev" */
void leaf_path(const struct leaf *leaf, char path[TYPE_PATH]);

/* Calls for each structure that has a name. */
void types_each_struct(const struct types *types, void (*see)(struct type type, void *context),
		       void *context);

/* Calls for each member of the structure itself, with the name of its type as written. */
void type_each_member(struct type type,
		      void (*see)(const char *member, const char *written, void *context),
		      void *context);

/*
 * Calls for each static variable in the kernel's per-CPU section: where it lies from the
 * section's start.
 */
void types_each_cpu_variable(const struct types *types,
			     void (*see)(const char *name, uint32_t offset, uint32_t size,
					 void *context),
			     void *context);

#endif
