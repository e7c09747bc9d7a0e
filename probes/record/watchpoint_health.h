/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WATCHPOINT_HEALTH_H
#define DADRACE_WATCHPOINT_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

/* What became of one armed object. All that is not in the writes makes them untrustworthy. */
struct watchpoint_health {
	uint64_t counted;  /* writes, by the kernel's own count of each event */
	uint64_t hits;	   /* writes that our program saw */
	uint64_t lost;	   /* seen, but the ring was full */
	uint64_t late;	   /* seen after the object was gone: not its writes */
	uint32_t idle;	   /* events that the kernel had stopped (throttled, CPU gone) */
	bool ended;	   /* the object is gone */
	bool cpus_changed; /* CPUs came or went meanwhile */
};

#endif
