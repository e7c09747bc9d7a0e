/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SPEC_CHANGE_H
#define DADRACE_SPEC_CHANGE_H

#include <errno.h>
#include <stdbool.h>

/* What thread I does between its flag sets: the rows of changes.def. */
enum change_kind {
#define CHANGE(kind, row, name, words, traits) CHANGE_##kind,
#include "spec/changes.def"
	CHANGES,
};
extern const char *const change_names[];

enum { CHANGE_DID_NOTHING = -EALREADY }; /* beside what the kernel answers */

enum change_trait {
	CHANGE_ADDS_ADDRESS = 1,    /* a global one */
	CHANGE_DELETES_ADDRESS = 2, /* no address, so no DAD to wait for */
	CHANGE_DELETES_DEVICE = 4,  /* no device, so no second flag set */
	CHANGE_SWITCHES_IPV6 = 8,
	CHANGE_RENEWS_IPV6 = 16,  /* the device gets another inet6_dev */
	CHANGE_MOVES_DEVICE = 32, /* it leaves its namespace, and comes back */
};
bool change_has(enum change_kind change, enum change_trait trait);

/* What a change does: "changes the MTU and puts it back". */
const char *change_words(enum change_kind change);

/* Whether the word is the name of a change that does something. */
bool change_find(const char *name, enum change_kind *change);

#endif
