/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MOMENT_H
#define DADRACE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A moment: something that happened in a trial. All that is known of a kind stands in its row
 * of moments.def: which record reports it, its name, the words for people, what explorers and
 * pictures make of it. A kind is added there, and, when the kernel half sees it, to enum
 * record_type.
 */
enum moment_kind {
	MOMENT_NONE,
#define MOMENT(kind, ...) MOMENT_##kind,
#include "trial/moments.def"
	MOMENTS,
};
extern const char *const moment_names[MOMENTS]; /* [MOMENT_NONE] is NULL */

/* What a moment's value says. */
enum moment_value {
	VALUE_NONE = 1,
	VALUE_FLAGS,  /* IFF_... */
	VALUE_RESULT, /* 0, a number of bytes, or a negative errno */
	VALUE_OVER,   /* net_device references over the baseline */
	VALUE_TABLE,  /* a routing table */
	VALUE_STATUS, /* a wait status */
};

/* Whether it is a feature of a trial's behaviour (behaviour.h). */
enum moment_feature {
	FEATURE_NONE = 1,
	FEATURE_BY_KIND,
	FEATURE_BY_VALUE, /* each error is a kind of its own */
};

struct moment_row {
	const char *thread;
	const char *words;
	const char *brief;
	const char *counted;
	enum moment_value value;
	enum moment_feature feature;
	uint8_t rank;
};
extern const struct moment_row moment_table[MOMENTS];

/* What a file says may be of a later version, or nothing. */
static inline bool moment_is_known(enum moment_kind kind)
{
	return kind > MOMENT_NONE && kind < MOMENTS;
}

/* The moment that a record reports; MOMENT_NONE for a type that is none. */
enum moment_kind moment_of_record(uint32_t type);

#endif
