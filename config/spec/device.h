/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_DEVICE_H
#define DADRACE_DEVICE_H

#include "spec/spec.h"

enum { DEVICE_MODULES_MAX = 3 };

/*
 * What is known of a kind of device without making one: a new kind is a value of the enum with
 * its name, a row in device.c, and a row that makes it (testbed/own.c).
 */
struct device_row {
	const char *option;			 /* of the kernel's configuration, or NULL */
	const char *modules[DEVICE_MODULES_MAX]; /* all of them, where they are modules */
	const char *open, *stop; /* the driver's functions for ndo_open, ndo_stop */
	bool has_no_peer;
	bool drops_own_mac; /* frames that carry its own address as their source */
};

extern const struct device_row device_kinds[DEVICE_KINDS];

/* The kind of device that a change of thread I makes; DEVICE_KINDS: it makes none. */
enum device_kind device_of_change(enum change_kind change);

#endif
