/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_WHO_DEVICES_H
#define DADRACE_WHO_DEVICES_H

#include "who/kernel.h"

/* enum netreg_state, include/linux/netdevice.h */
enum registration {
	DEVICE_REGISTERED = 1,
	DEVICE_UNREGISTERING,
	DEVICE_UNREGISTERED,
	DEVICE_REGISTRATIONS,
};

struct device {
	uint64_t address;
	char name[16];
	uint32_t ifindex;
	enum registration registration;
	uint64_t net;	 /* struct net */
	uint32_t netns;	 /* its inode number */
	int64_t count;	 /* references */
	int32_t waiting; /* process on whose stack it is while it is unregistered; 0: none */
	char waiting_comm[16];
};

struct devices {
	struct device *list; /* the caller frees */
	uint32_t nr;
};

/*
 * All that are registered in a network namespace, and those that are being unregistered and are
 * in no list any more: they are found on the stack of the task that waits for their references,
 * and in the list that it works through.
 */
int devices_find(struct kernel *kernel, struct devices *devices, struct why *why);

/*
 * Those of this name wherever they are, also those that no stack leads to: every object is
 * looked through. For a device that devices_find() does not know.
 */
int devices_search(struct kernel *kernel, const char *name, struct devices *devices,
		   struct why *why);

/* The usage count, as the kernel prints it; false when it cannot be read. */
bool device_count(const struct kernel *kernel, uint64_t device, int64_t *count);

/* Whether a device seems to be at this address; it then is described. */
bool device_at(struct kernel *kernel, uint64_t address, struct device *device);

#endif
