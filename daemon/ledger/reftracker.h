/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_REFTRACKER_H
#define DADRACE_REFTRACKER_H

#include <stdint.h>
#include <stdio.h>

/*
 * The kernel's own tracker (CONFIG_NET_DEV_REFCNT_TRACKER), where a debug kernel has it: the
 * net_device references that are held now, by the stack that took them, also from before any
 * watch. Since 6.17 it is read from a file for each object in debugfs,
 * `ref_tracker/netdev@ADDRESS`. Since 6.5 it is also in the kernel's log, ten seconds after an
 * unregister that waits, and every ten seconds again (netdev_wait_allrefs_any() in
 * net/core/dev.c); the object's name is there what the device was called when it was made,
 * "eth%d@ADDRESS". From 5.17 to 6.4 the log has stacks without numbers or names, which are not
 * read.
 *
 * The format is that of __ref_tracker_dir_pr_ostream() in lib/ref_tracker.c:
 *
 *   netdev@ffff888005c2a5d0 has 2/5 users at
 *        sk_alloc+0x1f/0x2b0
 *        inet6_create+0x101/0x650
 *
 * The address is hashed unless the kernel was booted with no_hash_pointers, so a file does not
 * say which device it is about. References taken without a tracker (dev_hold()) are not in it.
 */
enum { REFTRACKER_SITES_MAX = 64, REFTRACKER_STACK = 512 };

struct reftracker_site {
	uint32_t users;		      /* references taken there */
	char stack[REFTRACKER_STACK]; /* "sk_alloc < inet6_create", as ledgers show stacks */
};

struct reftracker {
	char object[64];  /* "netdev@ffff888005c2a5d0" */
	uint32_t total;	  /* references of the object */
	uint32_t skipped; /* of these, those without a stack, left out here or by the kernel */
	uint32_t nr_sites;
	struct reftracker_site sites[REFTRACKER_SITES_MAX];
};

/* Reads the text of one object. -ENOENT: it has no references, or this is another format. */
int reftracker_read(FILE *file, struct reftracker *tracker);

/*
 * The same of the last report on an interface in the kernel's log, as dmesg(1) has it; the file
 * can be rewound. Devices of one name in several namespaces are told apart by the addresses of
 * their blocks, and the one that has `count` references is meant. -ENOTUNIQ: there is none
 * such, or there are several.
 */
int reftracker_read_log(FILE *log, const char *interface, int64_t count,
			struct reftracker *tracker);

#endif
