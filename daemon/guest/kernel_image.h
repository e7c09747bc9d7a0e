/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_IMAGE_H
#define DADRACE_KERNEL_IMAGE_H

#include <stdbool.h>

#include "base/why.h"
#include "guest/architecture.h"

/*
 * A kernel to boot: from what the operator names to two paths that a guest is made of.
 *
 *   vmlinuz or bzImage file ───────────────────────────┐
 *   .deb or .rpm file ──> unpacked (libarchive) ───────┼──> vmlinuz, modules, release
 *   package, or SUITE/package ──> apt (guest/apt.h) ──> .deb
 *
 * What was fetched and unpacked is kept in the cache folder (guest/cache.h) and used again. An
 * image is trusted as its source is: nothing here checks more than apt does. Beside an .rpm of
 * Fedora's kernel-core, those of its modules are taken from the same folder.
 */
struct kernel_image {
	char *vmlinuz;
	char *modules; /* the folder that holds kernel/, or NULL */
	char *config;  /* the options that it was built with (.config), or NULL */
	char *root;    /* where its guest's programs come from; NULL: this machine */
	char release[80];
	const struct architecture *architecture;
};

struct kernel_ask {
	const char *name;
	const char *modules; /* a folder; NULL: the package's own, or /lib/modules/RELEASE */
	const char *root;    /* a folder; NULL: this machine, if the kernel is for it */
	bool refresh;	     /* the suite's lists are fetched now, however young they are */
};

/*
 * `note` is a sentence about what is not as it should be and goes on all the same, or "".
 * Errors: -ENOENT for what is neither file nor package, and for a root without dadrace; -EINVAL
 * for a file that is no kernel, or one of another architecture without a root; -EHOSTUNREACH
 * when apt could not fetch it.
 */
int kernel_image_open(const struct kernel_ask *ask, struct kernel_image **out, struct why *note,
		      struct why *why);
void kernel_image_free(struct kernel_image *image);

/*
 * What modules for a kernel are built with: its headers, Kbuild's tools, and the libraries of
 * the suite that these tools need, unpacked as the packages have them
 * (usr/src/linux-headers-RELEASE). `name` is as kernel_image_open() takes it, or RELEASE, or
 * SUITE/RELEASE; for a file that is no package, the machine's own sources are asked. The
 * folder's path is malloc'd, the folder is kept in the cache. Errors as kernel_image_open().
 */
int kernel_image_headers(const char *name, char **folder, struct why *note, struct why *why);

#endif
