/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_GUEST_COMMAND_H
#define DADRACE_GUEST_COMMAND_H

#include <stdio.h>

#include "base/exits.h"
#include "base/why.h"
#include "guest/kernel_image.h"

/*
 * One dadrace command in a throw-away machine: what it prints comes out, and its exit code. The
 * guest has the modules of every kind of device, and nothing else of a campaign.
 */
enum exits guest_command(const struct kernel_image *image, const char *arguments, FILE *out,
			 struct why *why);

#endif
