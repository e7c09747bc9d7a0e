/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CHANGE_H
#define DADRACE_CHANGE_H

#include <netinet/in.h>
#include <stdint.h>

#include "spec/change.h"
#include "testbed/testbed.h"

/*
 * What thread I does between its flag sets besides waiting: a file per change, which ends in
 * its struct change, and a row in spec/changes.def. Whatever a device that goes down would keep
 * is put back, so that the next trial finds what this one found: at once, or, if the change
 * stays, when the flags have been restored. So the window and DAD see what stays, and nothing
 * of it is left when the references are counted.
 */
struct change;

struct change_about {
	const struct change *change; /* the row that is made */
	const struct testbed *testbed;
	const char *dut;
	unsigned int ifindex;
	struct in6_addr link_local; /* as its MAC makes it */
	struct in6_addr router;	    /* all zeros: on the link */
	int socket;		    /* AF_INET6, for ioctls */
	uint64_t deadline_ns;	    /* for what has to be there first */
	int kept;		    /* of make, for put_back */
	bool made;		    /* for change_undo() */
};

struct change {
	int (*wait)(const struct change_about *about); /* for what has to be there first */
	int (*make)(struct change_about *about);
	/* What the kernel shows decides, not that it refused nothing. */
	bool (*in_force)(const struct change_about *about);
	/* NULL: it is gone when the device is down. */
	int (*put_back)(const struct change_about *about);
	bool stays;	    /* until the flags have been restored */
	const char *sysctl; /* its name, of sysctl.h */
	int number;	    /* what the row's functions take */
	/*
	 * The same in C, for a reproducer: lines of a function that may use what
	 * daemon/proof/program/reproducer.c has, and ELSEWHERE, ADDED_ADDRESS and what else
	 * daemon/proof/reproducer.c defines. A device's default values are put back.
	 */
	const char *written;
	const char
		*unwritten; /* what stays, put back in C; NULL: the end of a process does it */
};

const struct change *change_of(enum change_kind kind);

/*
 * Whether this kernel makes the change at all, by its devices, or as it renames one that is up.
 * In a network namespace of the caller's own, whose lo is up, and in which a device is made.
 */
bool change_is_known(enum change_kind kind);

/*
 * 0 or -errno. ENODATA: what has to be there first did not come. CHANGE_DID_NOTHING: the device
 * was already as it is afterwards, by what the kernel shows of it.
 */
int change_make(enum change_kind kind, struct change_about *about);

/* Puts back what change_make() has left because it stays. 0 or -errno. */
int change_undo(const struct change_about *about);

/* change_mtu, change_forwarding, ...: the end of each file. */
#define CHANGE(kind, row, name, words, traits) extern const struct change change_##row;
#include "spec/changes.def"

#endif
