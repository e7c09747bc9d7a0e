/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_ARCHIVES_H
#define DADRACE_ARCHIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/why.h"

/* Archives, read and written: the only door to libarchive. */

/* By what the file begins with. */
enum package_kind { PACKAGE_NONE, PACKAGE_DEB, PACKAGE_RPM };
enum package_kind archive_package_kind(const char *path);

/*
 * Unpacks a binary package, Debian's (deb(5): an ar of control and data tars) or an RPM, below
 * `folder`: only the regular files and links whose path `wanted` accepts. The paths are
 * relative to the package's root; one that would leave the folder is refused.
 */
int archive_unpack_package(const char *package, const char *folder,
			   bool (*wanted)(const char *path), struct why *why);

/*
 * Reads a whole file, uncompressed when it ends in .xz, .gz or .zst. malloc'd, the caller
 * frees.
 */
int archive_read_file(const char *path, void **data, size_t *size, struct why *why);

/*
 * An initramfs in the making: cpio "newc" (Documentation/driver-api/early-userspace), not
 * compressed: an emulated CPU takes longer to unpack it than to read it.
 */
struct initramfs;

int initramfs_create(const char *path, struct initramfs **out, struct why *why);
int initramfs_folder(struct initramfs *initramfs, const char *path, struct why *why);
int initramfs_link(struct initramfs *initramfs, const char *path, const char *to,
		   struct why *why);
int initramfs_data(struct initramfs *initramfs, const char *path, mode_t mode, const void *data,
		   size_t size, struct why *why);

/* Copies the file that is open in `fd`; `from` is its name in sentences. */
int initramfs_file(struct initramfs *initramfs, const char *path, int fd, const char *from,
		   mode_t mode, struct why *why);

/* Ends the archive; the file is complete only when this returns 0. NULL is allowed. */
int initramfs_close(struct initramfs *initramfs, struct why *why);

#endif
