/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_SIGNATURE_H
#define DADRACE_SIGNATURE_H

#include "ledger/digest.h"

/*
 * What names a leak by who holds:
 *
 *   leak/net_device/route/ip6_rt_cache_alloc<__ip6_rt_update_pmtu<ip6_update_pmtu<icmpv6_err
 *
 * It is the same for the same bug on other machines and kernel builds: functions stand without
 * offsets and without the compiler's suffixes. The path ends where a packet or a call enters
 * the network stack, because what is before that is the driver's and the scheduler's. It begins
 * with who wanted the object, not with who makes it for all: a survivor's path begins there.
 */
enum { SIGNATURE = DIGEST_STACK + 160 };

void signature_write(const char *fault, const struct digest_suspect *holder, char *out,
		     size_t size);

#endif
