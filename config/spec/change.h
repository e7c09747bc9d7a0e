/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SPEC_CHANGE_H
#define DADRACE_SPEC_CHANGE_H

#include <errno.h>
#include <stdbool.h>

/* What thread I does between its flag sets: the rows of changes.def. */
enum change_kind {
#define CHANGE(kind, name, words) CHANGE_##kind,
#include "spec/changes.def"
	CHANGES,
};
extern const char *const change_names[];

enum { CHANGE_DID_NOTHING = -EALREADY }; /* beside what the kernel answers */

/* What a change does: "changes the MTU and puts it back". */
const char *change_words(enum change_kind change);

/* Whether the word is the name of a change that does something. */
bool change_find(const char *name, enum change_kind *change);

#endif
