/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DIGEST_H
#define DADRACE_DIGEST_H

#include "ledger/match.h"
#include "trial/evidence.h"

/*
 * The digest of one ledger in one trial: what results and findings say of it. It has a fixed
 * size and no pointers, so that a lane can leave it in memory that it shares with the campaign.
 *
 *   ledger, match ──┐
 *   its entries ────┼──> digest ──> a line of the results ──> the finding
 *   evidence ───────┘
 *
 * The kernel does not record which of a path's holds was never dropped. When a path has fewer
 * puts than holds, the last holds are taken to be those that are left; for a path without any
 * put this is certain.
 *
 * Pure.
 */
enum {
	DIGEST_STACK = 1024,
	DIGEST_WORD = 64,
	DIGEST_PATHS = 24,
	DIGEST_SUSPECTS = 6,
	DIGEST_HOLDS = 8,
	DIGEST_POINTS = 128,
};

/* What a lane watches, and the index of its digest. */
enum digest_object {
	DIGEST_NET_DEVICE, /* as OBJECT_NET_DEVICE */
	DIGEST_INET6_DEV,  /* as OBJECT_INET6_DEV */
	DIGEST_COUNTERS,
	DIGEST_DST = DIGEST_COUNTERS, /* as OBJECT_DST; from here on births and deaths */
	DIGEST_NEIGHBOUR,
	DIGEST_IFADDR,
	DIGEST_ADDRESS, /* the counter of the first address that the trial has brought forth */
	DIGEST_OBJECTS,
};

struct digest_path {
	char stack[DIGEST_STACK];
	char kind[DIGEST_WORD];
	uint64_t holds, puts;
};

/* A hold that is left, and what the trial's timeline has right before it. */
struct digest_hold {
	int64_t at_ns;		/* from the trial's start */
	enum moment_kind after; /* MOMENT_NONE: nothing */
	uint32_t echo;		/* the last one that the kernel saw before; 0: none */
};

struct digest_suspect {
	char stack[DIGEST_STACK];
	char kind[DIGEST_WORD];
	char task[DIGEST_WORD]; /* "python3/17", of those that hold by it; "": none is known */
	int64_t unmatched;
	bool exact; /* it was seen to be born and never to die, or is the only explanation */
	enum holder_kind holder; /* what holds by it: the kind in words may be a survivor's */
	double usual;		 /* of clean ledgers, on average */
	struct digest_hold holds[DIGEST_HOLDS];
	uint32_t nr_holds;
};

struct digest_point {
	int64_t at_ns; /* from the trial's start */
	int64_t delta; /* since the point before */
	int64_t count;
	uint32_t path; /* one of the paths, from 1; 0: several, or one not kept */
};

struct digest {
	enum ledger_hole state;
	char reason[256]; /* of LEDGER_UNARMED */
	uint64_t arm_ns;  /* that arming took; 0: it was armed for an earlier trial */
	uint64_t counted; /* writes, by the kernel */
	uint64_t unseen;  /* of them, those that our program did not see */
	struct ledger_sum sum;
	int64_t surplus;
	int64_t over; /* of a counter: what the trial has left; older puts may hide it */
	bool exact;
	uint32_t nr_clean; /* ledgers of trials without the race that it was compared with */
	struct digest_path paths[DIGEST_PATHS]; /* the most unbalanced first */
	uint32_t nr_paths;
	uint32_t all_paths;
	struct digest_suspect suspects[DIGEST_SUSPECTS]; /* the likeliest first */
	uint32_t nr_suspects;
	struct digest_point points[DIGEST_POINTS];
	uint32_t nr_points;
};

/* What is kept of an entry until the trial is over. */
struct digest_entry {
	uint64_t at_ns;
	int64_t delta, count;
	const struct ledger_path *path;
};

/* Fills in all but state, reason, arm_ns, counted and unseen. The evidence is derived. */
void digest_write(const struct ledger *ledger, const struct ledger_match *match,
		  const struct digest_entry *entries, uint32_t nr_entries,
		  const struct evidence *evidence, struct digest *digest);

/*
 * Puts objects of the device that outlived the trial (a dst, a neighbour, an address) in front
 * of a counter's suspects, because each of them holds the device; and in front of these the
 * holders of the address, where its own counter names them. What explains the whole surplus for
 * certain leaves no other suspect: neither a survivor beside the counter's own suspects, where
 * these hold for no such object, nor inferred ones behind a survivor whose hold is left. `all`
 * has DIGEST_OBJECTS digests; those of counters are changed.
 */
void digest_accuse_survivors(struct digest *all);

/* "a < b < [syscall]" as flame graphs want it: "[syscall];b;a 4". */
void digest_fold(const char *stack, int64_t number, char *out, size_t size);

#endif
