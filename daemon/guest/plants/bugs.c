// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The planted bugs, and the innocent ones that only look like one. Each ends in its own row.
 *
 * A function that takes a reference, or waits, begins with planted_, and so does what calls it:
 * a report that names it accuses the plant, and not the kernel (daemon/ledger/functions.h).
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>

#include "plant.h"

/* The sentence stands in the module's information, where `modinfo` and others find it. */
#define PLANT(symbol, bug_name, sentence, ...)    \
	MODULE_INFO(bug, bug_name ": " sentence); \
	static const struct bug symbol = { .name = (bug_name), __VA_ARGS__ }

/* --- references that are lost --- */

static void planted_lose_device(struct net_device *dev)
{
	dev_hold(dev);
}

PLANT(saddr_fail, "saddr-fail",
      "source address selection fails, and a reference on the device is never dropped",
      .no_source = planted_lose_device);

PLANT(down_race, "down-race",
      "the device goes down while its DAD work waits for RTNL, and a reference on it is lost",
      .down_overlap = planted_lose_device);

PLANT(packet_race, "packet-race",
      "a device loses an address while a packet is handled, and a reference on it is lost",
      .packet_overlap = planted_lose_device);

PLANT(second_pass, "second-pass",
      "a device loses an address in the second lookup of a packet's router, and a reference on it is lost",
      .second_overlap = planted_lose_device);

PLANT(late_work, "late-work",
      "a work that is queued when a device begins to go down runs before it is down, and a reference on it is lost",
      .work_overlap = planted_lose_device);

static void planted_lose_idev(struct net_device *dev)
{
	struct inet6_dev *idev;

	rcu_read_lock();
	idev = __in6_dev_get(dev);
	if (idev)
		in6_dev_hold(idev);
	rcu_read_unlock();
}

PLANT(idev_bug, "idev",
      "source address selection fails, and a reference on the inet6_dev is lost",
      .no_source = planted_lose_idev);

static void planted_lose_address(struct inet6_ifaddr *ifp)
{
	in6_ifa_hold(ifp);
}

PLANT(dad_failure_race, "dad-failure-race",
      "addrconf_dad_failure() overlaps DAD work, and the address keeps a reference "
      "(751eb6b6042a)",
      .dad_overlap = planted_lose_address);

static void planted_lose_neighbour(struct sk_buff *skb, struct net_device *dev)
{
	__neigh_lookup(&nd_tbl, &ipv6_hdr(skb)->saddr, dev, 1);
}

PLANT(neigh_bug, "neigh",
      "a neighbour is looked up for the answer to an echo in the window, and its reference is "
      "lost",
      .echo = planted_lose_neighbour);

/* A clone that pins the route it was made from, as the one in the uncached list does. */
static struct dst_entry *planted_route_back(struct sk_buff *skb, struct net_device *dev)
{
	struct flowi6 flow = {
		.flowi6_oif = dev->ifindex,
		.flowi6_flags = FLOWI_FLAG_KNOWN_NH,
		.daddr = ipv6_hdr(skb)->saddr,
		.saddr = in6addr_linklocal_allnodes, /* for :: one would be selected */
	};

	return ip6_route_output(dev_net(dev), NULL, &flow);
}

static void planted_lose_route(struct sk_buff *skb, struct net_device *dev)
{
	planted_route_back(skb, dev);
}

PLANT(dst_bug, "dst",
      "a route is looked up for the answer to an echo in the window, and is never released",
      .echo = planted_lose_route);

/* --- worse --- */

static struct net_device *busy;
static DECLARE_WAIT_QUEUE_HEAD(idle);

static void planted_make_busy(struct sk_buff *skb, struct net_device *dev)
{
	cmpxchg(&busy, NULL, dev);
}

static void planted_wait_until_idle(struct net_device *dev)
{
	wait_event(idle, READ_ONCE(busy) != dev);
}

PLANT(hang, "hang",
      "an echo in the window leaves the driver's own count up, and its stop waits forever",
      .echo = planted_make_busy, .going_down = planted_wait_until_idle);

static void planted_hold_and_make_busy(struct sk_buff *skb, struct net_device *dev)
{
	if (!cmpxchg(&busy, NULL, dev))
		dev_hold(dev);
}

static void planted_put_and_wait(struct net_device *dev)
{
	if (READ_ONCE(busy) != dev)
		return;
	dev_put(dev);
	planted_wait_until_idle(dev);
}

PLANT(hang_unregister, "hang-unregister",
      "an echo in the window leaves a driver's work behind, and the unregister waits forever",
      .echo = planted_hold_and_make_busy, .unregister = planted_put_and_wait);

/* In a task that is nobody's: nothing ties it to a device or to a process. */
static void planted_warn(struct work_struct *work)
{
	WARN(1, "an echo in the window of a device\n");
}

static DECLARE_WORK(warning, planted_warn);

static void have_it_warned(struct sk_buff *skb, struct net_device *dev)
{
	schedule_work(&warning);
}

PLANT(warn_bug, "warn", "an echo in the window makes a work item of the kernel warn",
      .echo = have_it_warned);

static int *nothing;

static void planted_oops(struct sk_buff *skb, struct net_device *dev)
{
	WRITE_ONCE(*READ_ONCE(nothing), 1);
}

PLANT(oops_bug, "oops", "an echo in the window makes the kernel write through a NULL pointer",
      .echo = planted_oops);

/* --- innocents: each reference is dropped in the end --- */

struct kept {
	struct net_device *dev;
	struct dst_entry *dst;
	struct timer_list timer;
	struct rcu_head rcu;
	unsigned long until; /* jiffies */
	bool twice;
};

static atomic_t nr_kept = ATOMIC_INIT(0);

static struct kept *keep(struct net_device *dev, struct dst_entry *dst)
{
	struct kept *kept = kzalloc(sizeof(*kept), GFP_ATOMIC);

	if (!kept)
		return NULL;
	atomic_inc(&nr_kept);
	kept->dev = dev;
	kept->dst = dst;
	if (dev)
		dev_hold(dev);
	return kept;
}

static void let_go(struct kept *kept)
{
	if (kept->dev)
		dev_put(kept->dev);
	if (kept->dst)
		dst_release(kept->dst);
	kfree(kept);
	if (atomic_dec_and_test(&nr_kept))
		wake_up_all(&idle);
}

void bugs_wait(void)
{
	wait_event(idle, !atomic_read(&nr_kept));
	rcu_barrier(); /* none of our callbacks is still on its way out */
}

static void let_go_by_timer(struct timer_list *timer)
{
	let_go(container_of(timer, struct kept, timer));
}

static void keep_for(struct kept *kept, unsigned int ms)
{
	if (!kept)
		return;
	timer_setup(&kept->timer, let_go_by_timer, 0);
	mod_timer(&kept->timer, jiffies + msecs_to_jiffies(ms));
}

static void planted_drop_late(struct sk_buff *skb, struct net_device *dev)
{
	keep_for(keep(dev, NULL), 1500);
}

PLANT(late, "late", "innocent: a reference on the device is dropped 1.5 s late",
      .echo = planted_drop_late);

static void let_go_by_rcu(struct rcu_head *rcu)
{
	let_go(container_of(rcu, struct kept, rcu));
}

static void planted_drop_by_rcu(struct sk_buff *skb, struct net_device *dev)
{
	struct kept *kept = keep(dev, NULL);

	if (kept)
		call_rcu(&kept->rcu, let_go_by_rcu);
}

PLANT(rcu_innocent, "rcu", "innocent: a reference on the device is dropped by RCU",
      .echo = planted_drop_by_rcu);

/* Each tick takes a second reference or drops it; the last one drops the first, too. */
static void tick(struct timer_list *timer)
{
	struct kept *kept = container_of(timer, struct kept, timer);

	if (!kept->twice && time_after(jiffies, kept->until)) {
		let_go(kept);
		return;
	}
	if (kept->twice)
		dev_put(kept->dev);
	else
		dev_hold(kept->dev);
	kept->twice = !kept->twice;
	mod_timer(timer, jiffies + 1);
}

static void planted_take_and_drop(struct sk_buff *skb, struct net_device *dev)
{
	struct kept *kept = keep(dev, NULL);

	if (!kept)
		return;
	kept->until = jiffies + msecs_to_jiffies(400);
	timer_setup(&kept->timer, tick, 0);
	mod_timer(&kept->timer, jiffies + 1);
}

PLANT(timer_innocent, "timer",
      "innocent: a timer takes and drops references on the device for some time",
      .echo = planted_take_and_drop);

/* What a socket's route cache does: the entry stays for as long as the socket is open. */
static void planted_pin_route(struct sk_buff *skb, struct net_device *dev)
{
	struct dst_entry *dst = planted_route_back(skb, dev);
	struct kept *kept = keep(NULL, dst);

	if (!kept)
		dst_release(dst);
	keep_for(kept, 1000);
}

PLANT(socket_route, "socket-route",
      "innocent: a route to the sender stays cached for 1 s, as by a socket that is closed in "
      "the end",
      .echo = planted_pin_route);

/* --- all --- */

static const struct bug *const bugs[] = {
	&saddr_fail,	 &dad_failure_race, &idev_bug,	  &neigh_bug,
	&dst_bug,	 &down_race,	    &hang,	  &hang_unregister,
	&warn_bug,	 &oops_bug,	    &late,	  &rcu_innocent,
	&timer_innocent, &socket_route,	    &packet_race, &second_pass,
	&late_work,
};

const struct bug *bug_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		if (!strcmp(bugs[i]->name, name))
			return bugs[i];
	return NULL;
}
