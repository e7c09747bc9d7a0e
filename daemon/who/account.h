/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_ACCOUNT_H
#define DADRACE_WHO_ACCOUNT_H

#include "who/devices.h"
#include "who/guess.h"
#include "who/scan.h"

/*
 * The account of a device:
 *
 *   usage count = initial + registered + explained + unexplained
 *
 * Explained are the references of the objects that point to it, each of which is known to hold
 * one, and those that the device holds of itself. What is left belongs to no object at all, or
 * to one that is not known.
 */
enum { HOLDER_PART = 80 };

struct holder {
	struct object object;
	struct type type;	 /* without btf: of no known type */
	struct type other;	 /* the second best, when it is close */
	const char *not_counted; /* why it holds none; NULL: it holds some, or is not known */
	char part[HOLDER_PART];	 /* "private part of mv0 (macvlan)", or "" */
	char path[TYPE_PATH];	 /* of the member that holds, "prot_hook.dev" */
	uint32_t references;
	struct word word; /* the first that is one */
	bool has_count;
	int64_t count; /* of the references to it */
};

struct account {
	struct device device; /* with its count */
	int64_t initial, registered, of_itself, explained, unexplained;
	const char *reasons[8]; /* for what it holds of itself */
	uint32_t nr_reasons;
	bool has_moved; /* the count changed while it was read */
	struct holder *holders;
	uint32_t nr_holders;
};

enum { ACCOUNTS_MAX = 16 };

/*
 * The accounts of some devices, by one look through memory. The accounts are cleared with
 * account_clear(), also after an error.
 */
int accounts_make(struct kernel *kernel, const struct device *devices, uint32_t nr,
		  struct account *accounts, struct why *why);
void account_clear(struct account *account);

/* Whether a pointer at this place is one of a table of sysctls, which hold nothing. */
bool account_is_sysctl(const struct kernel *kernel, const struct object *object, uint64_t at);

#endif
