/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KERNEL_IMAGE_H
#define DADRACE_KERNEL_IMAGE_H

#include "base/why.h"

/*
 * A kernel to boot: from what the operator names to two paths that a guest is made of.
 *
 *   vmlinuz or bzImage file ───────────────────────────┐
 *   .deb file ──> unpacked (libarchive) ───────────────┼──> vmlinuz, modules, release
 *   package, or SUITE/package ──> apt-get download ──> .deb
 *
 * Packages are fetched with the machine's own apt configuration, its mirror and its keys; a
 * suite that is not configured is looked for on the same mirror. What was fetched and unpacked
 * is kept under the cache folder (/var/cache/dadrace for root, else $XDG_CACHE_HOME/dadrace)
 * and used again. An image is trusted as its source is: nothing here checks more than apt does.
 */
struct kernel_image {
	char *vmlinuz;
	char *modules;	  /* the folder that holds kernel/, or NULL */
	char release[80]; /* kernel_version of the header: Documentation/x86/boot.rst */
};

/*
 * `modules` overrides the folder of modules; NULL takes the package's own, or
 * /lib/modules/RELEASE for a bare file. Errors: -ENOENT for what is neither file nor package,
 * -EINVAL for a file that is no kernel, -EHOSTUNREACH when apt could not fetch it.
 */
int kernel_image_open(const char *name, const char *modules, struct kernel_image **out,
		      struct why *why);
void kernel_image_free(struct kernel_image *image);

/*
 * What modules for a kernel are built with: its headers, Kbuild's tools, and the libraries of
 * the suite that these tools need, unpacked as the packages have them
 * (usr/src/linux-headers-RELEASE). `name` is as kernel_image_open() takes it, or RELEASE, or
 * SUITE/RELEASE; for a file that is no package, the machine's own sources are asked. The
 * folder's path is malloc'd, the folder is kept in the cache. Errors as kernel_image_open().
 */
int kernel_image_headers(const char *name, char **folder, struct why *why);

#endif
