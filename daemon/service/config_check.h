/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_CONFIG_CHECK_H
#define DADRACE_CONFIG_CHECK_H

#include "base/why.h"
#include "parse/service_config.h"

/*
 * What this machine has to say about a configuration that was read: absolute paths, a loopback
 * address, groups that exist. -EINVAL with a sentence that names the key. The start of the
 * service and `dadraced --check-config` ask the same.
 */
int service_config_check(const struct service_config *config, struct why *why);

#endif
