/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_MATCH_H
#define DADRACE_MATCH_H

#include "ledger/ledger.h"

/*
 * Whose hold was not followed by a put.
 *
 * A counter knows how many, never whose: nothing in memory ties a put to its hold. What ties
 * them here, from the strongest on:
 *
 *   1. within one path, as many puts as holds cancel out (a function that holds and drops);
 *   2. paths belong to a kind of holder (route, neighbour, packet socket, ...), by a table of
 *      the kernel's function names; a function that is not in it is a kind by itself;
 *   3. kinds that balance each other in clean ledgers are one kind (ledger_learn()).
 *
 * The suspects of a surplus are the paths that hold more than they put, in kinds that hold more
 * than they put. It is *exact* when nothing is left to choose: the suspects' surpluses add up
 * to the ledger's, with no put left over that could belong to one of them. Otherwise it is
 * *inferred*: of several paths of a kind, the likeliest is the one that is most unusual
 * compared with clean ledgers, where there are any; of those, the one whose caller did not pass
 * the reference to a function that drops it (ndisc_recv_na() gets an address,
 * addrconf_dad_failure() puts it); and of those, the one that a system call ran.
 *
 * It cannot tell: holds older than the ledger (their puts make a kind negative, and are not
 * suspects); two leaks and one put too many in one kind (they cancel); a reference of another
 * object that keeps this one alive (watch that object).
 *
 * Pure.
 */
enum { LEDGER_SUSPECTS_MAX = 8 };

struct ledger_suspect {
	const struct ledger_path *path;
	int64_t unmatched; /* references that this path may have lost: at most */
	double usual;	   /* holds less puts of this path in a clean ledger, on average */
	bool answered; /* its caller has called what drops more than it holds: perhaps this */
	/* Those that ran this path and still hold, over all paths of its kind. */
	struct ledger_task tasks[LEDGER_TASKS_MAX];
	uint32_t nr_tasks;
};

struct ledger_match {
	int64_t surplus; /* holds less puts of the whole ledger */
	bool exact;
	uint32_t nr_clean; /* ledgers that were compared with */
	uint32_t nr_suspects;
	struct ledger_suspect suspects[LEDGER_SUSPECTS_MAX]; /* the likeliest first */
};

/* What clean ledgers look like. */
struct ledger_profile;

struct ledger_profile *ledger_profile_new(void);
void ledger_profile_free(struct ledger_profile *profile);

/* A whole ledger of a trial that was clean. -ENOMEM. */
int ledger_learn(struct ledger_profile *profile, const struct ledger *ledger);

/* `profile` may be NULL. */
struct ledger_match ledger_match(const struct ledger *ledger,
				 const struct ledger_profile *profile);

/*
 * The same where nothing but the count tells that something is missing: one that ended where it
 * began accuses nobody. One that ended below may have holders: a device that is unregistered
 * drops its own references, and waits for the others.
 */
struct ledger_match ledger_left(const struct ledger *ledger);

#endif
