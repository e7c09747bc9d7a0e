/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_KSELFTEST_H
#define DADRACE_KSELFTEST_H

#include <stddef.h>

#include "spec/campaign.h"

/*
 * What the kernel's tests are told by their environment, as keys of a campaign
 * (tools/testing/selftests/drivers/net/README.rst):
 *
 *   NETIF                                     device.kind: existing, device.dut, lanes: 1
 *   REMOTE_V6, REMOTE_V4                      device.peer: the device here that has it
 *   LOCAL_V6, LOCAL_V4, and the two above     device.addresses
 *   REMOTE_TYPE                               netns, ssh: no device.peer, outbound echoes only
 *   KSFT_MACHINE_SLOW                         deadlines are longer
 *
 * Without NETIF nothing but the last is looked at: the campaign's own devices are used.
 */
enum { KSELFTEST_SETS = 6 };

struct kselftest {
	char sets[KSELFTEST_SETS][512]; /* KEY=VALUE; "" ends them */
};

void kselftest_read(struct kselftest *told);

/* On a machine that is told to be slow. */
void kselftest_slow(struct campaign *campaign);

#endif
