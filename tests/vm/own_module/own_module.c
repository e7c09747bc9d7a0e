// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module that is none of the kernel's: it sees each device that goes down, in a function of
 * its own, which an order can name. With wanted=0 it refuses to load.
 */
#include <linux/module.h>
#include <linux/netdevice.h>

static int wanted;
module_param(wanted, int, 0444);

static noinline int own_seen(struct net_device *dev)
{
	return READ_ONCE(dev->ifindex);
}

static int own_notify(struct notifier_block *block, unsigned long event, void *info)
{
	if (event == NETDEV_GOING_DOWN && !own_seen(netdev_notifier_info_to_dev(info)))
		return NOTIFY_BAD;
	return NOTIFY_DONE;
}

static struct notifier_block own_block = { .notifier_call = own_notify };

static int __init own_init(void)
{
	return wanted ? register_netdevice_notifier(&own_block) : -EINVAL;
}

static void __exit own_exit(void)
{
	unregister_netdevice_notifier(&own_block);
}

module_init(own_init);
module_exit(own_exit);
MODULE_DESCRIPTION("A module of a user, for the tests of dadrace");
MODULE_LICENSE("GPL");
