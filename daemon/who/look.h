/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_LOOK_H
#define DADRACE_WHO_LOOK_H

#include "who/chain.h"

/*
 * One look at a kernel: the devices that are asked for, their accounts and their chains. An
 * answer that blames something needs two, some seconds apart.
 */
struct look_ask {
	const char *name;	 /* NULL: any */
	uint32_t ifindex;	 /* 0: any */
	uint32_t netns;		 /* inode number; 0: any */
	uint32_t home;		 /* that of who asks: preferred when a name is found twice */
	struct wanted wanted;	 /* objects of the device, instead of it */
	bool all_waiting;	 /* every device that waits for its references */
	uint32_t check_netns[2]; /* of the devices that the reader made for its self-check */
};

struct look_case {
	struct account account;
	struct chain chain;
};

struct look {
	struct kernel kernel;
	struct look_case cases[ACCOUNTS_MAX]; /* as asked for */
	uint32_t nr_cases;
	bool is_checked;	   /* the account of the self-check's devices was made */
	int64_t check_unexplained; /* of that of the worst of them; 0: it adds up */
};

/*
 * Errors: -ENODEV no such device, -ENOTUNIQ several, with a sentence that lists them; those of
 * kernel_open().
 */
int look_make(const struct image *image, const struct look_ask *ask, struct look *look,
	      struct why *why);
void look_clear(struct look *look);

/*
 * The accounts alone, of the devices of a network namespace, ACCOUNTS_MAX at most. The caller
 * clears them; there are none after an error.
 */
int look_accounts(const struct image *image, uint32_t netns,
		  struct account accounts[ACCOUNTS_MAX], uint32_t *nr, struct why *why);

/* Whether the first look has to be confirmed: something is lost, or does not add up. */
bool look_needs_another(const struct look *look);

/* Whether a count changed while it was read, or from the look before to this one. */
bool look_has_moved(const struct look *look);

/* Leaves lost in the second look only what was lost in the first one, too. */
void look_confirm(const struct look *first, struct look *second);

#endif
