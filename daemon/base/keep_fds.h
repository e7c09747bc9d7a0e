/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KEEP_FDS_H
#define DADRACE_KEEP_FDS_H

#include <stddef.h>

/*
 * Closes every descriptor but 0 to 2 and those named, which are sorted by that; negative ones
 * mean nothing.
 */
void keep_fds(int *keep, size_t nr);

#endif
