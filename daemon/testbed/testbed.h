/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TESTBED_H
#define DADRACE_TESTBED_H

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/why.h"
#include "record/record.h"
#include "spec/campaign.h"

/*
 * The testbed of one lane: the device under test and its peer, made with libnl, which is
 * included by the files of this room only (parts.h).
 *
 *   lane namespace            peer namespace
 *   +-----------+             +------------+
 *   |  dut ─────┼──── veth ───┼───── peer  |
 *   +-----------+             +------------+
 *
 * Called in the lane's own process. Both namespaces are unnamed and held by descriptors only,
 * so they go with the process. With `keep` each gets a name under /run/netns (dadrace-N and
 * dadrace-N-peer) as ip-netns(8) does it, which testbed_close() leaves there (not with
 * DEVICE_EXISTING).
 *
 * A macvlan, ipvlan, bridge, bond or team dut sits on a veth end luN in the lane's namespace; a
 * VLAN or VXLAN, too, and its peer on the other end plN; a VRF has the dut as its port; with
 * DEVICE_TUN both are tap devices, and a process moves the frames; a dummy has no peer.
 *
 * With DEVICE_EXISTING both stay where they are, in the caller's namespace; all that can be
 * changed of the two real devices is first written to the undo journal (journal.h) and put back
 * by testbed_close(), in every case of failure, too. Refused are real
 * devices that look in use: with addresses beyond the link-local one of their MAC, default
 * routes, ports (but those of a bond or team), a master or devices on top.
 *
 * With DEVICE_NIC both are network cards of this machine, which the kernel puts back into the
 * initial namespace when their own ends; they are never deleted either.
 *
 * The calls block for as long as the kernel does; a caller that needs a deadline runs them in
 * another process.
 */
struct testbed;

struct testbed_ask {
	const struct campaign *campaign;
	uint32_t lane; /* names the devices: dutN, peerN (not with DEVICE_EXISTING) */
	uint32_t slot; /* of the lane, whose network cards are taken (DEVICE_NIC) */
	bool keep;
};

struct testbed_device {
	char name[16];
	uint32_t ifindex;
	uint32_t netns_inum; /* inode number of its namespace */
	uint8_t mac[ETH_ALEN];
	/*
	 * The address that it has or will make from its MAC. All zeros for a dut with an
	 * addr_gen_mode other than 0: what it makes is not known before DAD is over;
	 * TESTBED_ADDRESS_PERMANENT tells.
	 */
	struct in6_addr link_local;
};

/* The dut of a slot's network cards, in the caller's namespace: false when there is none. */
bool testbed_find_nic(uint32_t slot, char name[16]);

/*
 * Makes the lane: moves the calling process into a new network namespace (not with
 * DEVICE_EXISTING), creates the devices, sets their sysctls before they ever come up, brings
 * the peer up (its own addresses usable at once: accept_dad=0) and leaves the dut down. Errors:
 * -EEXIST for a name that is taken, -EOPNOTSUPP for a kind that this kernel lacks, else what
 * the kernel said.
 */
int testbed_open(const struct testbed_ask *ask, struct testbed **out, struct why *why);

/*
 * Puts real devices back, returns the calling thread to the namespace that testbed_open() found
 * it in, closes everything. Errors are those of putting back; the journal then stays for
 * undo_replay(). Devices of our own making are left to the end of their namespace: deleting one
 * that leaks would block. NULL is allowed.
 */
int testbed_close(struct testbed *testbed, struct why *why);

const struct testbed_device *testbed_dut(const struct testbed *testbed);
const struct testbed_device *testbed_peer(const struct testbed *testbed); /* NULL: has none */

/*
 * Where the frames that the dut receives enter the receive path: at the dut, and at the devices
 * below whose frames it takes over.
 */
int testbed_ways(const struct testbed *testbed, struct ways *ways, struct why *why);

/* The peer's namespace, an open descriptor owned by the testbed; -1 when there is no peer. */
int testbed_peer_netns(const struct testbed *testbed);

/* Sets the dut administratively up, with the flags that it has when it is down. */
int testbed_dut_up(struct testbed *testbed, struct why *why);

/*
 * Sets the dut administratively down, and the other flags that a bring-up may have set
 * (ALLMULTI, PROMISC, ...), the name and the MTU back to what they were when the testbed was
 * opened, and IPv6 on,
 * which a failed DAD has switched off with accept_dad 2, or a bring-up that was ended in its
 * change; then testbed_carrier_sync(). Blocks while the kernel does. 0 or -errno.
 */
int testbed_dut_down(struct testbed *testbed, struct why *why);

/*
 * Lets frames pass between dut and peer: with DEVICE_TUN a process does that, which ends with
 * whatever ends all processes of the lane. Before each trial.
 */
int testbed_wire(struct testbed *testbed, struct why *why);

/* Ends that process, if there is one; also NULL. False: it is stuck in the kernel. */
bool testbed_unwire(struct testbed *testbed, uint64_t within_ns);

/*
 * Compares the settings of a dut that is down with what the campaign asks for, and puts right
 * what a bring-up has changed; `said` gets what that was, the MTU included, or "".
 */
int testbed_put_right(struct testbed *testbed, char *said, size_t size, struct why *why);

/*
 * Asks for the dut's link, which makes the kernel deal with a pending carrier event now
 * (linkwatch_sync_dev() in rtnl_getlink(), from 6.8; earlier kernels just answer). Such an
 * event holds the device for up to a second; and a bridge that came up has neither address nor
 * DAD before.
 */
int testbed_carrier_sync(struct testbed *testbed, struct why *why);

/*
 * For positive controls, and never with DEVICE_EXISTING: a neighbour of the dut, there or not;
 * the exception to the route to ::1 deleted, which -ESRCH says is not there.
 */
int testbed_neighbour(struct testbed *testbed, bool there, struct why *why);
int testbed_forget_exception(struct testbed *testbed, struct why *why);

/* The dut up or down, without testbed_carrier_sync() and whatever its other flags are. */
int testbed_dut_set(struct testbed *testbed, bool up, struct why *why);

/*
 * Unregisters the dut (never an existing one: -EPERM). Blocks until its last reference is
 * dropped.
 */
int testbed_dut_delete(const struct testbed *testbed, struct why *why);

/* What the kernel says about the dut's addresses and link, from netlink notifications. */
enum testbed_event_kind {
	TESTBED_ADDRESS_TENTATIVE,
	TESTBED_ADDRESS_DADFAILED,
	TESTBED_ADDRESS_PERMANENT, /* usable: DAD is done */
	TESTBED_ADDRESS_GONE,
	TESTBED_LINK_UP,   /* running */
	TESTBED_LINK_DOWN, /* administratively down */
	TESTBED_LINK_GONE,
	TESTBED_LOST, /* the socket overflowed: events are missing */
	TESTBED_EVENTS,
};
extern const char *const testbed_event_names[];

struct testbed_event {
	enum testbed_event_kind kind;
	struct in6_addr address; /* of the ADDRESS kinds */
};

/* Readable when notifications wait; owned by the testbed, for the event loop. */
int testbed_events_fd(const struct testbed *testbed);

/*
 * Reads all waiting notifications that concern the dut. Never blocks. 0 or -errno.
 *
 * The kernel does not announce a link-local address of its own making while it is tentative;
 * its fe80::/64 route, which comes just after it, stands for that. The address of such a
 * TESTBED_ADDRESS_TENTATIVE is the dut's link_local (all zeros when that is not known).
 */
int testbed_events_read(struct testbed *testbed,
			void (*seen)(const struct testbed_event *event, void *arg), void *arg);

#endif
