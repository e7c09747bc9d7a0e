/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_ANSWER_H
#define DADRACE_WHO_ANSWER_H

#include <stdio.h>

#include "base/fields.h"
#include "who/look.h"

/*
 * What a look says about one device, for people and for machines. There are three answers, and
 * any of them can be given together: a live owner, an object that is alive and that nothing
 * points to (lost), and references without an object.
 */
struct answer_owner {
	uint32_t pid, fd;
	const char *comm;
};

struct answer_holder {
	const char *type, *words, *member, *part;
	uint64_t address;
	uint32_t references;
	int64_t refcount; /* INT64_MIN: it has none */
	bool is_lost;
	const char *why_not; /* holds nothing, and why */
	struct answer_owner *owners;
	uint32_t nr_owners;
	const char **chain; /* who points to it, indented by level */
	uint32_t nr_chain;
};

enum answer_kind {
	ANSWER_EXPLAINED,
	ANSWER_LOST,	/* an object is lost */
	ANSWER_BARE,	/* references belong to no object */
	ANSWER_UNCLEAR, /* the account does not add up, and nothing is blamed */
	ANSWERS,
};
extern const char *const answer_names[];

struct answer {
	const char *device, *state, *waiting_comm;
	const char *object; /* that the account is of; NULL: the device itself */
	uint32_t ifindex, netns, waiting_pid;
	enum answer_kind kind;
	int64_t usage_count, initial, registered, explained, unexplained;
	bool has_moved, is_checked;
	int64_t check_unexplained;
	const char **sentences; /* the answer, the most important one first */
	uint32_t nr_sentences;
	const char **of_itself;
	uint32_t nr_of_itself;
	struct answer_holder *holders;
	uint32_t nr_holders;
	void **kept; /* what is freed with it */
	uint32_t nr_kept, kept_room;
};

extern const struct fields answer_fields;

/* Points into the look, which must live as long. 0, or -ENOMEM. */
int answer_make(const struct look *look, uint32_t which, struct answer *answer);

/* Of an object that was asked for, by its index in the chain. */
int answer_make_object(const struct look *look, uint32_t which, uint32_t node,
		       struct answer *answer);
void answer_clear(struct answer *answer);

/* `all`: also those that hold nothing, with addresses and chains of each. */
void answer_print(const struct answer *answer, bool all, FILE *out);

/* "usage count 3 = 1 initial + 1 registered + 1 explained + 0 unexplained" */
void answer_print_sum(const struct answer *answer, FILE *out);

#endif
