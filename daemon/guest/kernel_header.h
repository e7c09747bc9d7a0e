/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUEST_KERNEL_HEADER_H
#define DADRACE_GUEST_KERNEL_HEADER_H

#include "base/why.h"
#include "guest/architecture.h"

/* What the file of a kernel says of itself. */
struct kernel_header {
	const struct architecture *architecture;
	char release[80];
};

/* -EINVAL with what the file is instead, when no guest can boot it. */
int kernel_header_read(const char *path, struct kernel_header *header, struct why *why);

#endif
