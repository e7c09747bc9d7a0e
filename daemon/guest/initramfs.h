/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUEST_INITRAMFS_H
#define DADRACE_GUEST_INITRAMFS_H

#include "base/why.h"
#include "guest/kernel_image.h"
#include "spec/campaign.h"

#define GUEST_MODULES	 "/modules"
#define GUEST_PARAMETERS ".parameters"

/*
 * The guest's initramfs, made on the fly:
 *
 *   /bin/dadrace        this very program, or that of the guest's root (guest_root.h), run as
 *                       init with the argument "guest"
 *   /campaign.yaml      the resolved campaign
 *   /modules/NN-x.ko    what the campaign's devices and our serial port need, uncompressed,
 *                       in the order in which they must be loaded; after them the campaign's
 *                       own, and the one that plants a bug (plant.h)
 *   /modules/NN-x.parameters   of one of these two: it has to load, or no trial proves anything
 *   libraries, and the bring-up's program with its own, each at the path that it has here; sh,
 *                       and of interpreters (python3, perl) the folders that they read
 *
 *   /learned.ndjson     what the explorer knows, when there is something
 *
 * No disk image, no shell, no root: files are only read here, and written into the archive.
 * Without a campaign (NULL) there is none in it, and the modules are those of every kind of
 * device.
 */
int guest_initramfs_make(const char *path, const struct campaign *campaign,
			 const struct kernel_image *image, const char *plant,
			 const char *learned, struct why *why);

#endif
