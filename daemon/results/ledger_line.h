/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_RESULTS_LEDGER_LINE_H
#define DADRACE_RESULTS_LEDGER_LINE_H

#include "ledger/digest.h"
#include "ledger/signature.h"
#include "results/lines.h"

/* The line of a ledger in results.ndjson, and the tables that declare it. */
struct ledger_path_told {
	const char *stack;
	const char *kind;
	uint64_t holds, puts;
	int64_t balance;
};

struct ledger_hold_told {
	int64_t at_ns;
	enum moment_kind after;
	uint32_t echo;
};

struct ledger_unmatched_told {
	const char *stack;
	const char *kind;
	const char *task;
	int64_t unmatched;
	bool exact;
	double usual;
	struct ledger_hold_told *holds;
	uint32_t nr_holds;
};

struct ledger_point_told {
	int64_t at_ns;
	int64_t delta;
	int64_t count;
	uint32_t path;
};

/* Where the lists of a ledger's line are. */
struct ledger_told {
	struct ledger_path_told paths[DIGEST_PATHS];
	struct ledger_unmatched_told unmatched[DIGEST_SUSPECTS];
	struct ledger_hold_told holds[DIGEST_SUSPECTS][DIGEST_HOLDS];
	struct ledger_point_told points[DIGEST_POINTS];
	struct moment_told moments[EVIDENCE_MOMENTS_MAX];
	struct spec_words words;
	char path_signature[SIGNATURE];
};

/* In the order of its table. */
struct ledger_line { /* NOLINT(clang-analyzer-optin.performance.Padding) */
	uint32_t trial;
	uint32_t attempt;
	bool final;
	const char *signature;
	const char *object;
	const char **order;
	uint32_t nr_order;
	enum arm arm;
	enum verdict verdict;
	bool leaked;
	enum ledger_hole state;
	const char *reason;
	uint64_t arm_ns;
	uint64_t counted;
	uint64_t unseen;
	int64_t baseline;
	int64_t count;
	uint64_t holds, puts;
	int64_t surplus;
	bool exact;
	uint32_t clean;
	const char *post_mortem;
	const char *path_signature;
	struct ledger_unmatched_told *unmatched;
	uint32_t nr_unmatched;
	struct ledger_path_told *paths;
	uint32_t nr_paths;
	uint32_t all_paths;
	struct ledger_point_told *timeline;
	uint32_t nr_timeline;
	struct moment_told *race;
	uint32_t nr_race;
};

/* What of a trial with a ledger is not in its digest. */
struct ledger_of {
	uint32_t trial;	       /* in the plan */
	uint32_t attempt;      /* from 1; 0: the trial itself */
	bool final;	       /* no attempt for this signature follows */
	bool followed;	       /* its order is not that of the trial (follow.h) */
	const char *signature; /* of the fault, or of the one that is sought; NULL: of none */
	const char *object;
	const char *post_mortem; /* what holds the device afterwards; NULL: nobody looked */
	const struct evidence *evidence;   /* of this very trial */
	const struct judgement *judgement; /* and what it comes to */
	const struct digest *digest;
};

/* The line points into `of`, and into `told`, which is filled in. */
struct ledger_line ledger_line(const struct ledger_of *of, struct ledger_told *told);

/* A line that fields_from_json() can fill in: it offers the lists of `told`. */
struct ledger_line ledger_line_empty(struct ledger_told *told);

extern const struct fields ledger_fields;
extern const struct fields ledger_unmatched_fields;

#endif
