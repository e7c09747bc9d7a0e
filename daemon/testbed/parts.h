/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_TESTBED_PARTS_H
#define DADRACE_TESTBED_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>

#include <linux/if.h>

#include "base/fd.h"
#include "testbed/journal.h"
#include "testbed/testbed.h"

/*
 * The parts of the testbed, for its own files. They are one door: no other file includes libnl,
 * and none but these includes this header. Each uses those below it.
 *
 *   testbed.c        open, close, what is asked of an open testbed
 *     known.c        what a positive control takes of it
 *     events.c       notifications
 *     own.c          a lane of our own making
 *     nic.c          its devices, where they are network cards
 *     team.c         what only generic netlink can set of a team
 *     tun.c          a pair of tap devices, and what moves their frames
 *     undo.c         the journal, taken back
 *     real.c         a lane of real devices: are they free, borrowed by way of the journal
 *       ready.c      what both have in common: how namespace, dut and peer are set up
 *     ways.c         where the dut's frames enter the receive path
 *   bond.c           its module, and which of its ports is in use
 *   value.c          what a journal keeps of a device: read, written back
 *     address.c      an address as text
 *   sysctl.c         settings, changed by way of the journal
 *   journal.c        what must be put back, written and read
 *   namespace.c      network namespaces
 *   link.c           requests to the kernel: asked, acknowledged, and why not
 *
 * As everywhere: 0 or -errno with a sentence in `why`.
 */

enum {
	/* What SIOCSIFFLAGS and RTM_SETLINK can set (__dev_change_flags, net/core/dev.c). */
	FLAGS_SETTABLE = IFF_UP | IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC |
			 IFF_MULTICAST | IFF_PORTSEL | IFF_AUTOMEDIA | IFF_PROMISC |
			 IFF_ALLMULTI,
};

enum { CAMPAIGN_SYSCTLS = 7, CHANGED_SYSCTLS = 5 };

enum role { ROLE_DUT = 1, ROLE_PEER, ROLE_LOWER, ROLE_PEER_LOWER, ROLE_VRF, ROLES };

struct testbed {
	pid_t owner;
	enum device_kind kind;
	uint32_t lane;
	uint32_t slot;
	struct testbed_device dut;
	struct testbed_device peer;
	bool have_peer;
	uint16_t dut_id; /* its dev_id, which shapes the link-local address; or 0 */
	int home_netns;	 /* where the caller came from; -1 when it never left */
	int lane_netns;
	int peer_netns;
	struct nl_sock *lane_sock;
	struct nl_sock *peer_sock;
	struct nl_sock *events;
	const struct campaign *campaign;
	unsigned int dut_flags;		     /* of a dut at rest */
	char settings[CAMPAIGN_SYSCTLS][16]; /* of the campaign, at rest */
	char changed[CHANGED_SYSCTLS][16];   /* of changes, at rest; empty: not looked at */
	uint32_t mtu;
	uint32_t mtu_left;    /* that a bring-up has left; 0: the same */
	bool may_be_disabled; /* IPv6 of the dut may be off after a trial */
	bool up;	      /* as last reported */
	bool running;
	int taps[2]; /* of dut and peer (DEVICE_TUN), or -1 */
	pid_t mover; /* of frames between them, or 0 */
	struct journal *journal;
	bool named[ROLES]; /* the role's namespace has a name, by this open */
};

static inline void put_link(struct rtnl_link **link)
{
	rtnl_link_put(*link);
}

static inline void put_msg(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

static inline void put_sock(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

static inline void put_cache(struct nl_cache **cache)
{
	nl_cache_free(*cache);
}

#define AUTO_CACHE __attribute__((cleanup(put_cache)))
#define AUTO_LINK  __attribute__((cleanup(put_link)))
#define AUTO_MSG   __attribute__((cleanup(put_msg)))
#define AUTO_SOCK  __attribute__((cleanup(put_sock)))

/* --- link.c --- */

/* "dut3: cannot be created as a veth: ...": `what` is "created as a veth". err is positive. */
int testbed_cannot(struct why *why, int err, const char *what, const char *name);
int testbed_no_memory(struct why *why);

/* Of a list that libnl has not got: err is libnl's. */
int testbed_unlisted(struct why *why, const char *what, int err);

int sock_open(struct nl_sock **out, struct why *why);

/* Sends a message and waits for the kernel's answer. */
int sock_request(struct nl_sock *sock, struct nl_msg *msg, const char *what, const char *name,
		 struct why *why);

/*
 * A request about one link that needs no attributes: no allocation, for the hot path. Of the
 * flags those in `change` are set (RTM_NEWLINK).
 */
int link_request(struct nl_sock *sock, uint16_t type, const struct testbed_device *device,
		 unsigned int flags, unsigned int change, const char *what, struct why *why);

/* The beginning of a change; the caller adds attributes and frees. NULL: out of memory. */
struct nl_msg *link_message(const struct testbed_device *device);

/* Changes one 32-bit attribute of a link: its master, its namespace. */
int link_change(struct nl_sock *sock, const struct testbed_device *device, int attribute,
		uint32_t value, const char *what, struct why *why);

/* The MTU that the dut has now. */
int dut_mtu(const struct testbed *testbed, uint32_t *mtu, struct why *why);

/* A new reference. -ENODEV when there is none of that name. */
int link_find(struct nl_sock *sock, const char *name, struct rtnl_link **out, struct why *why);

/* --- team.c --- */

/* Of a team without ports, in the calling process's namespace. */
int team_mode_set(const struct testbed_device *team, const char *mode, struct why *why);

/* --- bond.c --- */

/* Loads the module without a bond of its own; 0 when it is there, or not for us to load. */
int bond_module_load(struct why *why);

/* What the port of an active-backup bond receives is thrown away while another is active. */
bool bond_port_is_spare(const char *bond, const char *port);

/* --- ways.c --- */

/* Whether a device takes over what its ports receive: a bond or team. */
bool ways_takes_ports(struct rtnl_link *link);

/* --- tun.c --- */

/* The pair, and the process between them, which dies with the calling one. */
int tun_create(struct testbed *testbed, struct why *why);

/* Starts that process again when it was killed; 0 while it runs. */
int tun_wire(struct testbed *testbed, struct why *why);

/* Ends it. False: it is stuck in the kernel. */
bool tun_unwire(struct testbed *testbed, uint64_t within_ns);
void tun_close(struct testbed *testbed);

/* --- namespace.c --- */

int netns_own(int *out, struct why *why);
int netns_enter(int fd, struct why *why);

/* Makes a network namespace, moves into it; `fd` then keeps it. */
int netns_new(int *fd, struct why *why);
uint32_t netns_inum(int fd);
bool netns_is_own(int fd);

/* Moves into the namespace with this inode number, wherever it has a name or a process. */
int netns_find(uint32_t inum, struct why *why);

/* Names the namespace that the caller is in after lane and role; takes all such names back. */
int netns_name(struct testbed *testbed, enum role role, struct why *why);
void netns_unname(struct testbed *testbed);

/* --- value.c: what a journal keeps, of the caller's namespace --- */

/* -ENODEV: no such device. */
int value_read(enum journal_kind kind, const char *subject, char value[JOURNAL_FIELD],
	       struct why *why);
int value_write(enum journal_kind kind, const char *subject, const char *value,
		struct why *why);

/* Whether it is now as it was; lifetimes of addresses differ by what it takes to read them. */
bool value_is_same(enum journal_kind kind, const char *now, const char *value);

/* --- sysctl.c --- */

#define SYSCTLS "/proc/sys/net/"

struct setting {
	const char *key; /* below SYSCTLS; %s is the device */
	const char *value;
};
#define SETTINGS(table) (table), sizeof(table) / sizeof(*(table))

/* The value goes without its newline. No sentence: -errno. */
int sysctl_read(const char *path, char *value, size_t size);

/* The same by its key. */
int sysctl_get(const char *key, const char *device, char *value, size_t size);

/* -ENOENT: there is no such setting, or no such device any more. */
int sysctl_write(const char *path, const char *value, struct why *why);

/* Written only when it is something else: some start work even when nothing changes. */
int sysctl_change(const struct setting *setting, const char *device, struct why *why);
int sysctls_change(const struct setting *settings, size_t nr, const char *device,
		   struct why *why);

/* --- ready.c --- */

/* A socket and lo in the namespace that the caller is in, which we made. */
int netns_ready(struct nl_sock **sock, struct why *why);

/* Sets what the campaign asks for; of a dut that is down. */
int dut_ready(struct testbed *testbed, const struct campaign *campaign, struct why *why);

/* Whether the dut hears routers, of a lane of our own making. */
struct setting routers_setting(const struct campaign *campaign);

/* What testbed_put_right() does. */
int dut_put_right(struct testbed *testbed, const struct campaign *campaign, char *said,
		  size_t size, struct why *why);

/* Gives a dut that is down its name and its MTU again: below 1280 there is no IPv6. */
int dut_mtu_put_right(struct testbed *testbed, struct why *why);

/* Lets the dut have IPv6 again, after its DAD has failed. */
int dut_enable(struct testbed *testbed, struct why *why);

/* Brings the peer up, with an address. The caller is in the lane's namespace, and stays. */
int peer_ready(struct testbed *testbed, struct why *why);

/* --- the two kinds of lane, and what is heard of them --- */

/* What they have done when they fail is testbed_close()'s to take back. */
int own_make(struct testbed *testbed, const struct testbed_ask *ask, struct why *why);
/* Takes the slot's network cards into the two namespaces; the caller stays in the lane's. */
int nic_take(struct testbed *testbed, struct why *why);
int real_borrow(struct testbed *testbed, const struct testbed_ask *ask, struct why *why);

int events_open(struct testbed *testbed, struct why *why);

#endif
