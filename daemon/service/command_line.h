/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SERVICE_COMMAND_LINE_H
#define DADRACE_SERVICE_COMMAND_LINE_H

#include "base/options.h"

/* The options of dadraced. */
extern const struct syntax service_syntax;

/* dadraced from its command line on; returns its exit code. */
int service_start(int argc, char **argv);

#endif
