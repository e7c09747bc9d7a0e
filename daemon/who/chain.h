/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_CHAIN_H
#define DADRACE_WHO_CHAIN_H

#include "who/account.h"
#include "who/balance.h"

/*
 * Chains upwards: who points to those that hold, who points to these, and so on, until
 * something that lives without them: a descriptor of a process, static data, a registered
 * device. An object that is alive and that no such chain leads to is lost: it is the leak.
 */
enum link_kind {
	LINK_MEMBER = 1, /* a member of the right type points to it */
	LINK_INSIDE,	 /* a list that it is in, a timer, ... */
	LINK_UNNAMED,	 /* a pointer in an object of no known type */
	LINK_CACHED,	 /* what it keeps for each CPU */
	LINK_STATIC,	 /* the kernel's image, per-CPU data, vmalloc */
	LINK_STACK,	 /* a task has it at hand, or an old word is left there: owns nothing */
};

enum { CHAIN_LINKS = 12, CHAIN_LEVELS = 6, NODE_WORDS = 32 };

struct link {
	enum link_kind kind;
	int32_t from;	      /* the node that has the pointer; -1: none */
	char path[TYPE_PATH]; /* of LINK_MEMBER; of LINK_STATIC the per-CPU variable, or "" */
	struct word word;     /* the pointer; 0: it is not in an object */
	const struct task *task; /* of LINK_STACK */
	bool counts;		 /* for the node that it leads to */
};

enum fate {
	NODE_HELD = 1, /* something that lives leads to it, or something that is not known */
	NODE_LOST,     /* nothing does */
};

struct node {
	struct object object;
	struct type type;	/* without btf: unknown */
	const char *pointed_as; /* what a pointer to it is to, when that is another type */
	char device[16];	/* the name of a net_device */
	bool has_count;
	int64_t count;
	uint32_t counted;	/* pointers to it that count */
	struct balance balance; /* of the device's IPv6 part, and of what is asked for */
	uint32_t level;		/* 0: it holds the device itself */
	enum fate fate;
	uint64_t beginning[NODE_WORDS]; /* of what is lost: its words */
	bool was_lost;			/* in one look, and not in the one before it */
	bool is_anchor;			/* it lives of itself, or why it lives is not known */
	bool is_wanted;			/* it is asked for */
	bool is_needed;		     /* what points to it decides on a holder of the device */
	const struct opened *opened; /* descriptors that keep it */
	uint32_t nr_opened;
	struct link links[CHAIN_LINKS]; /* the first of them */
	uint32_t nr_links;		/* all, but of those on stacks some */
	uint32_t nr_stacks;
};

struct chain {
	struct node *nodes; /* those of level 0 first, in the order of the account's holders */
	uint32_t nr;
};

/* Objects whose users are looked for in any case. */
struct wanted {
	const char *type; /* or what they begin with; NULL: none */
	enum place place; /* of what tells them apart */
	uint8_t key[16];
	uint32_t key_size; /* 0: all of the type */
};

/*
 * Follows those holders of the account that hold something. The caller frees with
 * chain_clear().
 */
int chain_follow(struct kernel *kernel, const struct account *account,
		 const struct wanted *wanted, struct chain *chain, struct why *why);
void chain_clear(struct chain *chain);

/* The links of a node that are kept. */
uint32_t node_links(const struct node *node);

/* It has no reference any more, and is about to be freed. */
bool node_is_dying(const struct node *node);

#endif
