// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "spec/device.h"
#include "spec/sites.h"

/* clang-format off */
const struct hold_site hold_sites[] = {
	{ "dad-start", "DAD of an address is queued",
	  { "addrconf_dad_start", "addrconf_mod_dad_work" } },
	{ "dad-work", "DAD's worker begins, before it takes the RTNL",
	  { "addrconf_dad_work" } },
	{ "dad-kick", "DAD's first probe is scheduled, under the RTNL",
	  { "addrconf_dad_kick" } },
	{ "dad-completed", "DAD has found no other owner, under the RTNL",
	  { "addrconf_dad_completed" } },
	{ "dad-failure", "a conflicting NS or NA was received, in its softirq",
	  { "addrconf_dad_failure" } },
	{ "dad-stop", "DAD is abandoned, under the RTNL",
	  { "addrconf_dad_stop" } },
	{ "echo-reply", "an echo request is to be answered, in its softirq",
	  { "icmpv6_echo_reply" } },
	{ "route", "a route is looked up for an outbound packet",
	  { "ip6_route_output_flags" } },
	{ "source", "a source address is chosen",
	  { "ipv6_dev_get_saddr" } },
	{ "uncached-route", "a route that is not cached is put on its device's list",
	  { "rt6_uncached_list_add" }, .caller = "ip6_pol_route" },
	{ "neigh-create", "a neighbour entry is made",
	  { "___neigh_create", "__neigh_create" } },
	{ "address-add", "an address is added to a device",
	  { "ipv6_add_addr" } },
	{ "address-delete", "an address is deleted from a device",
	  { "ipv6_del_addr" } },
	{ "address-destroy", "the last reference to an address is gone",
	  { "inet6_ifa_finish_destroy" } },
	{ "inet6-dev-destroy", "the last reference to an inet6_dev is gone",
	  { "in6_dev_finish_destroy" } },
	{ "flag-change", "flags of a device are set, by any system call",
	  { "__dev_change_flags" } },
	{ "ipv6-down", "IPv6 of a device is taken down",
	  { "addrconf_ifdown" }, .caller = "addrconf_notify" },
	{ "open", "the driver starts the device",
	  .by_driver = DRIVER_OPEN },
	{ "poll", "received packets are taken from the driver, in their softirq",
	  { "process_backlog" }, .by_driver = DRIVER_POLL },
	{ "stop", "the driver stops the device, after packets in flight have drained",
	  .by_driver = DRIVER_STOP },
	{ NULL },
};
/* clang-format on */

const struct hold_site *site_find(const char *name)
{
	for (const struct hold_site *site = hold_sites; site->name; site++)
		if (!strcmp(site->name, name))
			return site;
	return NULL;
}

const char *site_of_device(const struct hold_site *site, enum device_kind kind)
{
	switch (site->by_driver) {
	case DRIVER_OPEN: return device_kinds[kind].open;
	case DRIVER_STOP: return device_kinds[kind].stop;
	case DRIVER_POLL:
	case DRIVER_NONE:
	case DRIVER_FUNCTIONS: break;
	}
	return NULL;
}

static bool is_name(const char *name, const char *function)
{
	return name && !strcmp(name, function);
}

static bool has_function(const struct hold_site *site, const char *function)
{
	for (int i = 0; i < SITE_FUNCTIONS_MAX && site->functions[i]; i++)
		if (is_name(site->functions[i], function))
			return true;
	for (int kind = 0; kind < DEVICE_KINDS; kind++)
		if (is_name(site_of_device(site, kind), function))
			return true;
	return false;
}

const struct hold_site *site_of_function(const char *function)
{
	for (const struct hold_site *site = hold_sites; site->name; site++)
		if (has_function(site, function))
			return site;
	return NULL;
}

void site_functions(const struct hold_site *site, enum device_kind kind,
		    const struct driver *driver, const char *functions[SITE_FUNCTIONS_MAX + 1])
{
	const char *of_device = site_of_device(site, kind);

	memset(functions, 0, (SITE_FUNCTIONS_MAX + 1) * sizeof(*functions));
	if (driver && driver->functions[site->by_driver][0])
		functions[0] = driver->functions[site->by_driver];
	else if (of_device)
		functions[0] = of_device;
	else
		memcpy(functions, site->functions, sizeof(site->functions));
}
