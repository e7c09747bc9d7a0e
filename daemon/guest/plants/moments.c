// SPDX-License-Identifier: GPL-2.0-or-later
/* The moments of plant.h: how each is seen, with the kernel's own means. */
#include <linux/icmpv6.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "plant.h"

static const struct bug *planted;

static bool ours(const struct net_device *dev)
{
	return dev && !(dev->flags & IFF_LOOPBACK) && !net_eq(dev_net(dev), &init_net);
}

static bool only_tentative(const struct net_device *dev)
{
	struct inet6_dev *idev;
	struct inet6_ifaddr *ifp;
	bool tentative = false;

	rcu_read_lock();
	idev = __in6_dev_get(dev);
	if (idev) {
		list_for_each_entry_rcu(ifp, &idev->addr_list, if_list)
		{
			tentative = ifp->flags & IFA_F_TENTATIVE;
			if (!tentative)
				break;
		}
	}
	rcu_read_unlock();
	return tentative;
}

/* --- no_source --- */

static int source_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	*(struct net_device **)ri->data = (void *)regs_get_kernel_argument(regs, 1);
	return 0;
}

static int source_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct net_device *dev = *(struct net_device **)ri->data;

	if ((int)regs_return_value(regs) == -EADDRNOTAVAIL && ours(dev) && only_tentative(dev))
		planted->no_source(dev);
	return 0;
}

static struct kretprobe source_probe = {
	.kp.symbol_name = "ipv6_dev_get_saddr",
	.entry_handler = source_enter,
	.handler = source_return,
	.data_size = sizeof(struct net_device *),
	.maxactive = 64,
};

static int source_watch(void)
{
	return register_kretprobe(&source_probe);
}

static void source_forget(void)
{
	unregister_kretprobe(&source_probe);
}

/* --- echo --- */

static unsigned int planted_echo_seen(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	struct icmp6hdr copy, *icmp;

	if (ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6 || !ours(state->in) ||
	    !only_tentative(state->in))
		return NF_ACCEPT;
	icmp = skb_header_pointer(skb, sizeof(struct ipv6hdr), sizeof(copy), &copy);
	if (icmp && icmp->icmp6_type == ICMPV6_ECHO_REQUEST)
		planted->echo(skb, state->in);
	return NF_ACCEPT;
}

static const struct nf_hook_ops echo_hook = {
	.hook = planted_echo_seen,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_LOCAL_IN,
	.priority = NF_IP6_PRI_LAST,
};

static int __net_init echo_net_init(struct net *net)
{
	return nf_register_net_hook(net, &echo_hook);
}

static void __net_exit echo_net_exit(struct net *net)
{
	nf_unregister_net_hook(net, &echo_hook);
}

static struct pernet_operations echo_net = {
	.init = echo_net_init,
	.exit = echo_net_exit,
};

static int echo_watch(void)
{
	return register_pernet_subsys(&echo_net);
}

static void echo_forget(void)
{
	unregister_pernet_subsys(&echo_net);
}

/* --- functions that run right now --- */

enum call_kind { DAD_WORK, DAD_FAILURE, PACKET };

/* Lives in the kretprobe's instance, from entry to return. */
struct call {
	struct list_head list;
	enum call_kind kind;
	struct inet6_ifaddr *ifp;
	const struct net_device *dev; /* of PACKET */
	struct task_struct *task;
	unsigned int lookups; /* of PACKET, that have begun */
	bool looks_up;
};

static LIST_HEAD(calls);
static DEFINE_RAW_SPINLOCK(calls_lock);

/* A softirq on top of a task is no overlap: neither of the two can go on before the other. */
static bool overlaps(const struct call *one, const struct call *other)
{
	return one->ifp && one->ifp == other->ifp && one->kind != other->kind &&
	       one->task != other->task;
}

static void call_enter(struct call *call, enum call_kind kind, struct inet6_ifaddr *ifp)
{
	bool overlap = false;
	struct call *other;
	unsigned long flags;

	*call = (struct call){ .kind = kind, .ifp = ifp, .task = current };
	raw_spin_lock_irqsave(&calls_lock, flags);
	list_for_each_entry(other, &calls, list) overlap |= overlaps(call, other);
	list_add(&call->list, &calls);
	raw_spin_unlock_irqrestore(&calls_lock, flags);
	if (overlap && planted->dad_overlap && ours(ifp->idev->dev))
		planted->dad_overlap(ifp);
}

static int call_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct call *call = (struct call *)ri->data;
	unsigned long flags;

	raw_spin_lock_irqsave(&calls_lock, flags);
	list_del(&call->list);
	raw_spin_unlock_irqrestore(&calls_lock, flags);
	return 0;
}

static int work_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct work_struct *work = (void *)regs_get_kernel_argument(regs, 0);

	call_enter((struct call *)ri->data, DAD_WORK,
		   container_of(to_delayed_work(work), struct inet6_ifaddr, dad_work));
	return 0;
}

static int failure_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	call_enter((struct call *)ri->data, DAD_FAILURE,
		   (void *)regs_get_kernel_argument(regs, 1));
	return 0;
}

static struct kretprobe work_probe = {
	.kp.symbol_name = "addrconf_dad_work",
	.entry_handler = work_enter,
	.handler = call_return,
	.data_size = sizeof(struct call),
	.maxactive = 256,
};

static struct kretprobe failure_probe = {
	.kp.symbol_name = "addrconf_dad_failure",
	.entry_handler = failure_enter,
	.handler = call_return,
	.data_size = sizeof(struct call),
	.maxactive = 64,
};

/* --- packets that are handled right now --- */

static int packet_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct sk_buff *skb = (void *)regs_get_kernel_argument(regs, 0);

	call_enter((struct call *)ri->data, PACKET, NULL);
	((struct call *)ri->data)->dev = skb->dev;
	return 0;
}

/* The packet that this task handles: its softirq is on top of it. */
static struct call *packet_here(void)
{
	struct call *call;

	list_for_each_entry(call, &calls, list) if (call->kind == PACKET &&
						    call->task == current) return call;
	return NULL;
}

static int lookup_moves(bool enters)
{
	struct call *packet;
	unsigned long flags;

	raw_spin_lock_irqsave(&calls_lock, flags);
	packet = packet_here();
	if (packet) {
		packet->lookups += enters;
		packet->looks_up = enters;
	}
	raw_spin_unlock_irqrestore(&calls_lock, flags);
	return 0;
}

static int lookup_enter(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return lookup_moves(true);
}

static int lookup_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return lookup_moves(false);
}

static struct kretprobe packet_probe = {
	.kp.symbol_name = "icmpv6_rcv",
	.entry_handler = packet_enter,
	.handler = call_return,
	.data_size = sizeof(struct call),
	.maxactive = 64,
};

static struct kretprobe lookup_probe = {
	.kp.symbol_name = "rt6_get_dflt_router",
	.entry_handler = lookup_enter,
	.handler = lookup_return,
	.maxactive = 64,
};

static int address_event(struct notifier_block *block, unsigned long event, void *address)
{
	struct net_device *dev = ((struct inet6_ifaddr *)address)->idev->dev;
	bool packet = false, second = false;
	struct call *call;
	unsigned long flags;

	if (event != NETDEV_DOWN || !ours(dev) || !(dev->flags & IFF_UP))
		return NOTIFY_DONE;
	raw_spin_lock_irqsave(&calls_lock, flags);
	list_for_each_entry(call, &calls, list)
	{
		if (call->kind != PACKET || call->dev != dev || call->task == current)
			continue;
		packet = true;
		second |= call->looks_up && call->lookups == 2;
	}
	raw_spin_unlock_irqrestore(&calls_lock, flags);
	if (packet && planted->packet_overlap)
		planted->packet_overlap(dev);
	if (second && planted->second_overlap)
		planted->second_overlap(dev);
	return NOTIFY_DONE;
}

static struct notifier_block address_block = { .notifier_call = address_event };

static int packet_watch(void)
{
	int err = register_kretprobe(&packet_probe);

	if (err)
		return err;
	err = register_kretprobe(&lookup_probe);
	if (err) {
		unregister_kretprobe(&packet_probe);
		return err;
	}
	return register_inet6addr_notifier(&address_block); /* which never fails */
}

static void packet_forget(void)
{
	unregister_inet6addr_notifier(&address_block);
	unregister_kretprobe(&lookup_probe);
	unregister_kretprobe(&packet_probe);
}

/* Of the device, by another task: it waits for RTNL, which we hold. */
static bool dad_work_waits(const struct net_device *dev)
{
	bool waits = false;
	struct call *call;
	unsigned long flags;

	raw_spin_lock_irqsave(&calls_lock, flags);
	list_for_each_entry(call, &calls, list) waits |=
		call->kind == DAD_WORK && call->ifp->idev->dev == dev;
	raw_spin_unlock_irqrestore(&calls_lock, flags);
	return waits;
}

static int dad_watch(void)
{
	int err = register_kretprobe(&work_probe);

	if (err)
		return err;
	err = register_kretprobe(&failure_probe);
	if (err)
		unregister_kretprobe(&work_probe);
	return err;
}

static void dad_forget(void)
{
	unregister_kretprobe(&failure_probe);
	unregister_kretprobe(&work_probe);
}

/* --- a work against a device that goes down --- */

enum { WORK_MS = 250 };

static struct net_device *falling; /* one at a time */
static void work_runs(struct work_struct *work);
static DECLARE_DELAYED_WORK(fall_work, work_runs);

static void work_runs(struct work_struct *work)
{
	struct net_device *dev = READ_ONCE(falling);

	if (dev)
		planted->work_overlap(dev);
}

static void begin_fall(struct net_device *dev)
{
	if (!cmpxchg(&falling, NULL, dev))
		schedule_delayed_work(&fall_work, msecs_to_jiffies(WORK_MS));
}

static void end_fall(struct net_device *dev)
{
	if (READ_ONCE(falling) != dev)
		return;
	cancel_delayed_work_sync(&fall_work);
	WRITE_ONCE(falling, NULL);
}

/* --- devices --- */

static int device_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (!ours(dev))
		return NOTIFY_DONE;
	if (event == NETDEV_GOING_DOWN && planted->down_overlap && dad_work_waits(dev))
		planted->down_overlap(dev);
	if (event == NETDEV_GOING_DOWN && planted->going_down)
		planted->going_down(dev);
	if (event == NETDEV_GOING_DOWN && planted->work_overlap)
		begin_fall(dev);
	if (event == NETDEV_DOWN && planted->work_overlap)
		end_fall(dev);
	if (event == NETDEV_UNREGISTER && planted->unregister)
		planted->unregister(dev);
	return NOTIFY_DONE;
}

static struct notifier_block device_block = { .notifier_call = device_event };

static int device_watch(void)
{
	return register_netdevice_notifier(&device_block);
}

static void device_forget(void)
{
	unregister_netdevice_notifier(&device_block);
	cancel_delayed_work_sync(&fall_work);
}

/* --- all --- */

static bool wants_source(void)
{
	return planted->no_source;
}

static bool wants_echo(void)
{
	return planted->echo;
}

static bool wants_dad(void)
{
	return planted->dad_overlap || planted->down_overlap;
}

static bool wants_device(void)
{
	return planted->down_overlap || planted->work_overlap || planted->going_down ||
	       planted->unregister;
}

static bool wants_packet(void)
{
	return planted->packet_overlap || planted->second_overlap;
}

static struct moment {
	bool (*wanted)(void);
	int (*watch)(void);
	void (*forget)(void);
	bool watched;
} moments[] = {
	{ wants_source, source_watch, source_forget },
	{ wants_echo, echo_watch, echo_forget },
	{ wants_dad, dad_watch, dad_forget },
	{ wants_packet, packet_watch, packet_forget },
	{ wants_device, device_watch, device_forget },
};

int moments_watch(const struct bug *bug)
{
	int err = 0;
	size_t i;

	planted = bug;
	for (i = 0; !err && i < ARRAY_SIZE(moments); i++) {
		if (!moments[i].wanted())
			continue;
		err = moments[i].watch();
		moments[i].watched = !err;
	}
	if (err)
		moments_forget();
	return err;
}

void moments_forget(void)
{
	size_t i;

	for (i = ARRAY_SIZE(moments); i--;) {
		if (moments[i].watched)
			moments[i].forget();
		moments[i].watched = false;
	}
}
