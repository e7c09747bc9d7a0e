/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TESTBED_H
#define DADRACE_TESTBED_H

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "campaign.h"
#include "why.h"

/*
 * The testbed of one lane: the device under test and its peer, made with libnl (the only module
 * that includes it).
 *
 *   lane namespace            peer namespace
 *   +-----------+             +------------+
 *   |  dut ─────┼──── veth ───┼───── peer  |
 *   +-----------+             +------------+
 *
 * Called in the lane's own process. Both namespaces are unnamed and held by descriptors only, so
 * they go with the process. With `keep` each gets a name under /run/netns (dadrace-N, dadrace-N-peer).
 * With DEVICE_EXISTING the dut stays where it is, in the caller's namespace, and only the peer is
 * moved; every change to the two real devices is first written to the undo journal (undo.h) and
 * taken back by testbed_close().
 *
 * The calls block for as long as the kernel does; whoever needs a deadline runs them in a process
 * of their own.
 */
struct testbed;

struct testbed_ask {
	const struct campaign *campaign;
	uint32_t lane; /* names the devices: dutN, peerN (dut and peer where they exist already) */
	bool keep;
};

struct testbed_device {
	char name[16];
	uint32_t ifindex;
	uint32_t netns_inum; /* inode number of its namespace */
	uint8_t mac[ETH_ALEN];
	struct in6_addr link_local; /* the address that it has or will make from its MAC */
};

/*
 * Makes the lane: moves the calling process into a new network namespace (not with
 * DEVICE_EXISTING), creates the devices, sets their sysctls before they ever come up, brings the peer up
 * (its own addresses usable at once: accept_dad=0) and leaves the dut down. Errors: -EEXIST for a name
 * that is taken, -EOPNOTSUPP for a kind that this kernel lacks, else what the kernel said.
 */
int testbed_open(const struct testbed_ask *ask, struct testbed **out, struct why *why);

/* Puts real devices back, closes everything. Errors are those of putting back. NULL is allowed. */
int testbed_close(struct testbed *testbed, struct why *why);

const struct testbed_device *testbed_dut(const struct testbed *testbed);
const struct testbed_device *testbed_peer(const struct testbed *testbed); /* NULL: has none */

/* The peer's namespace, an open descriptor owned by the testbed; -1 when there is no peer. */
int testbed_peer_netns(const struct testbed *testbed);

/* Sets the dut administratively down. Blocks while the kernel does. 0 or -errno. */
int testbed_dut_down(struct testbed *testbed, struct why *why);

/* Unregisters the dut (never an existing one: -EPERM). Blocks until the kernel has let go. */
int testbed_dut_delete(struct testbed *testbed, struct why *why);

/* What the kernel says about the dut's addresses and link, from netlink notifications. */
enum testbed_event_kind {
	TESTBED_ADDRESS_TENTATIVE,
	TESTBED_ADDRESS_DADFAILED,
	TESTBED_ADDRESS_PERMANENT, /* usable: DAD is done */
	TESTBED_ADDRESS_GONE,
	TESTBED_LINK_UP,   /* running */
	TESTBED_LINK_DOWN, /* administratively down */
	TESTBED_LINK_GONE,
	TESTBED_LOST,	   /* the socket overflowed: events are missing */
	TESTBED_EVENTS,
};
extern const char *const testbed_event_names[];

struct testbed_event {
	enum testbed_event_kind kind;
	struct in6_addr address; /* of the ADDRESS kinds */
};

/* Readable when notifications wait; owned by the testbed, for the event loop. */
int testbed_events_fd(const struct testbed *testbed);

/* Reads all waiting notifications that concern the dut. Never blocks. */
int testbed_events_read(struct testbed *testbed,
			void (*seen)(const struct testbed_event *event, void *arg), void *arg);

#endif
