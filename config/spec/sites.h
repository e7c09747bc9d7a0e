/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SITES_H
#define DADRACE_SITES_H

#include "spec/spec.h"

/*
 * Places in the kernel where an order may hold a thread, by name. A name stays when kernels
 * rename the function behind it; which one the running kernel has is found at start.
 *
 * Pure data: a new site is a row in sites.c.
 */
enum { SITE_FUNCTIONS_MAX = 3, SITE_FUNCTION_NAME = 96 };

/* What a driver gives the kernel to call: include/linux/netdevice.h. */
enum driver_function {
	DRIVER_NONE,
	DRIVER_OPEN, /* ndo_open */
	DRIVER_STOP, /* ndo_stop */
	DRIVER_POLL, /* of NAPI: packets are received */
	DRIVER_FUNCTIONS,
};

/* These functions of the dut's driver by name, "" where it has none. */
struct driver {
	char functions[DRIVER_FUNCTIONS][SITE_FUNCTION_NAME];
};

struct hold_site {
	const char *name; /* words with dashes, which no function's name has */
	const char *doc;
	const char *functions[SITE_FUNCTIONS_MAX]; /* the first one that the kernel has */
	enum driver_function by_driver; /* instead of all: where the driver is known */
	const char *caller; /* to be hooked where calls do not pass the function; or NULL */
};

extern const struct hold_site hold_sites[]; /* ends with a row whose name is NULL */

/* The row, or NULL. */
const struct hold_site *site_find(const char *name);

/* The function of this kind's driver that stands for the site, or NULL. */
const char *site_of_device(const struct hold_site *site, enum device_kind kind);

/* The row that has this function, or NULL. */
const struct hold_site *site_of_function(const char *function);

/*
 * The functions to look for, first choice first, ended by NULL; `kind` is the device under
 * test's, and `driver` is NULL as long as it is not known.
 */
void site_functions(const struct hold_site *site, enum device_kind kind,
		    const struct driver *driver, const char *functions[SITE_FUNCTIONS_MAX + 1]);

#endif
