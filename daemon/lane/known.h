/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KNOWN_H
#define DADRACE_KNOWN_H

#include "base/why.h"
#include "record/record.h"
#include "testbed/testbed.h"
#include "trial/evidence.h"

/*
 * Known references: what a positive control takes, so that the counts can be seen to be right.
 * Each is taken of a dut that is down, at once and by the calling process alone, and is dropped
 * when the process ends, whatever happens.
 */
struct known {
	const char *taken; /* in words, before the name of the dut */
	uint32_t watched;  /* counted by: WATCH_* */
	bool in_own_netns; /* not with DEVICE_EXISTING: it is of the network namespace */
	/* What it adds to the facts that are compared. */
	struct evidence_counts adds;
	int (*take)(struct testbed *testbed, int *fd, struct why *why);
	int (*drop)(struct testbed *testbed, int fd, struct why *why);
};

/* In the order of enum object; then what the counts have to leave out. */
enum { KNOWNS = 4 };
extern const struct known knowns[KNOWNS];

/* Joins groups of link scope on the dut, of which MLD keeps records once they are left. */
int known_groups_join(const struct testbed *testbed, int *fd, struct why *why);

#endif
