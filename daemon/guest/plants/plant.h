/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_PLANT_H
#define DADRACE_PLANT_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/addrconf.h>

/*
 * A planted bug, for a kernel that is thrown away afterwards: what goes wrong at which moment.
 * It acts on every device but lo, in every network namespace but the first.
 *
 * "In the window" means: the device has addresses, and all of them are tentative.
 *
 *   moment          context     how it is seen
 *   no_source       any         kretprobe: ipv6_dev_get_saddr() gives -EADDRNOTAVAIL in the
 *                               window
 *   echo            softirq     netfilter, local in: an echo request comes in, in the window
 *   dad_overlap     any         kprobes: addrconf_dad_failure() and addrconf_dad_work() of one
 *                               address overlap in two tasks; its reference is the caller's
 *   packet_overlap  any         kprobe and address notifier: a device that stays up loses an
 *                               address while icmpv6_rcv() handles a packet of it in another
 *                               task
 *   second_overlap  any         the same, and the packet is in its second pass of
 *                               rt6_get_dflt_router()
 *   work_overlap    may sleep   a work of our own, queued when the device goes down, runs
 *                               250 ms later, before NETDEV_DOWN is over
 *   down_overlap    may sleep   netdevice notifier: the device goes down (RTNL is held) while a
 *                               addrconf_dad_work() of it waits for RTNL
 *   going_down      may sleep   netdevice notifier, before the driver's ndo_stop; RTNL is held
 *   unregister      may sleep   netdevice notifier; RTNL is held
 */
struct bug {
	const char *name;
	void (*no_source)(struct net_device *dev);
	void (*echo)(struct sk_buff *skb, struct net_device *dev);
	void (*dad_overlap)(struct inet6_ifaddr *ifp);
	void (*packet_overlap)(struct net_device *dev);
	void (*second_overlap)(struct net_device *dev);
	void (*work_overlap)(struct net_device *dev);
	void (*down_overlap)(struct net_device *dev);
	void (*going_down)(struct net_device *dev);
	void (*unregister)(struct net_device *dev);
};

/* By name, or NULL. */
const struct bug *bug_find(const char *name);

/* Waits for what the innocent ones have not given back yet. */
void bugs_wait(void);

/* Watches the moments that the bug has. */
int moments_watch(const struct bug *bug);
void moments_forget(void);

#endif
