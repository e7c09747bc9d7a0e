// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <netlink/cache.h>
#include <netlink/route/addr.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "frame/frame.h"
#include "testbed/address.h"
#include "testbed/parts.h"

/* What a journal keeps of a device, as text: read, and written back. */

/* --- numbers of the link --- */

struct value_of {
	struct nl_sock *sock;
	struct rtnl_link *link;
	struct testbed_device device;
};

static void value_of_close(struct value_of *of)
{
	rtnl_link_put(of->link);
	nl_socket_free(of->sock);
}

#define AUTO_OF __attribute__((cleanup(value_of_close)))

static int value_of_open(const char *name, struct value_of *of, struct why *why)
{
	int err = sock_open(&of->sock, why);

	if (!err)
		err = link_find(of->sock, name, &of->link, why);
	if (err)
		return err;
	of->device.ifindex = (uint32_t)rtnl_link_get_ifindex(of->link);
	snprintf(of->device.name, sizeof(of->device.name), "%s", rtnl_link_get_name(of->link));
	return 0;
}

static void index_read(const struct value_of *of, char *value, size_t size)
{
	snprintf(value, size, "%u", of->device.ifindex);
}

static void mtu_read(const struct value_of *of, char *value, size_t size)
{
	snprintf(value, size, "%u", rtnl_link_get_mtu(of->link));
}

static void queue_read(const struct value_of *of, char *value, size_t size)
{
	snprintf(value, size, "%u", rtnl_link_get_txqlen(of->link));
}

static void mac_read(const struct value_of *of, char *value, size_t size)
{
	nl_addr2str(rtnl_link_get_addr(of->link), value, size);
}

static int mtu_write(const struct value_of *of, const char *value, struct why *why)
{
	return link_change(of->sock, &of->device, IFLA_MTU, (uint32_t)strtoul(value, NULL, 10),
			   "given its MTU", why);
}

static int queue_write(const struct value_of *of, const char *value, struct why *why)
{
	return link_change(of->sock, &of->device, IFLA_TXQLEN,
			   (uint32_t)strtoul(value, NULL, 10), "given its queue length", why);
}

static int mac_write(const struct value_of *of, const char *value, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = link_message(&of->device);
	struct nl_addr *mac = NULL;
	int err = nl_addr_parse(value, AF_LLC, &mac);

	if (err < 0)
		return why_set(why, EBADMSG, "%s: not the address of a device", value);
	if (!msg || nla_put(msg, IFLA_ADDRESS, (int)nl_addr_get_len(mac),
			    nl_addr_get_binary_addr(mac)) < 0)
		err = testbed_no_memory(why);
	else
		err = sock_request(of->sock, msg, "given its address", of->device.name, why);
	nl_addr_put(mac);
	return err;
}

/* --- addresses --- */

/* Whether it is the link-local address that the kernel makes by itself. */
static bool is_own(const struct value_of *of, struct rtnl_addr *address)
{
	struct nl_addr *mac = rtnl_link_get_addr(of->link);
	struct nl_addr *local = rtnl_addr_get_local(address);
	const struct in6_addr *bytes = nl_addr_get_binary_addr(local);
	struct in6_addr own;
	char text[16];
	int mode;

	if (nl_addr_get_family(local) != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(bytes) ||
	    sysctl_get("ipv6/conf/%s/addr_gen_mode", of->device.name, text, sizeof(text)))
		return false;
	mode = atoi(text);
	if (mode == IN6_ADDR_GEN_MODE_NONE)
		return false;
	if (mode != IN6_ADDR_GEN_MODE_EUI64)
		return rtnl_addr_get_flags(address) & IFA_F_STABLE_PRIVACY;
	if (nl_addr_get_len(mac) != ETH_ALEN)
		return true;
	own = frame_link_local(nl_addr_get_binary_addr(mac));
	return IN6_ARE_ADDR_EQUAL(bytes, &own);
}

static enum address_origin origin_of(const struct value_of *of, struct rtnl_addr *address)
{
	const unsigned int with_carrier = IFF_UP | IFF_RUNNING;

	if (!is_own(of, address))
		return ADDRESS_GIVEN;
	return (rtnl_link_get_flags(of->link) & with_carrier) == with_carrier ?
		       ADDRESS_OF_LINK :
		       ADDRESS_OWN;
}

/* The addresses first, then the link again: the carrier that brought one of them is seen. */
static int list_of(struct value_of *of, struct nl_cache **cache, struct why *why)
{
	struct rtnl_link *link;
	int err = rtnl_addr_alloc_cache(of->sock, cache);

	if (err < 0)
		return why_set(why, EIO, "%s: its addresses cannot be listed: %s",
			       of->device.name, nl_geterror(err));
	err = link_find(of->sock, of->device.name, &link, why);
	if (err) {
		nl_cache_free(*cache);
		return err;
	}
	rtnl_link_put(of->link);
	of->link = link;
	return 0;
}

static int addresses_walk(struct value_of *of,
			  int (*seen)(const struct value_of *of, struct rtnl_addr *address,
				      void *arg, struct why *why),
			  void *arg, struct why *why)
{
	struct nl_cache *cache = NULL;
	int err = list_of(of, &cache, why);

	if (err)
		return err;
	for (struct nl_object *at = nl_cache_get_first(cache); at && !err;
	     at = nl_cache_get_next(at)) {
		struct rtnl_addr *address = (struct rtnl_addr *)at;

		if (rtnl_addr_get_ifindex(address) == (int)of->device.ifindex &&
		    rtnl_addr_get_local(address))
			err = seen(of, address, arg, why);
	}
	nl_cache_free(cache);
	return err;
}

enum {
	KEPT_MAX = 64,
	FLAGS_GIVEN = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
		      IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN,
};

struct addresses {
	char texts[KEPT_MAX][ADDRESS_TEXT];
	size_t nr;
};

/* As the kernel counts the lifetimes of addresses. */
static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

static bool bytes_take(struct nl_addr *from, struct in6_addr *bytes)
{
	if (from)
		memcpy(bytes, nl_addr_get_binary_addr(from), nl_addr_get_len(from));
	return from;
}

static uint64_t end_of(uint32_t left_s)
{
	return left_s == UINT32_MAX ? ADDRESS_FOREVER : left_s ? now_s() + left_s : 0;
}

/* In IPv4 the flag says which address of a network came first; in IPv6 it is the kernel's. */
static unsigned int flags_given(struct rtnl_addr *from, int family)
{
	return rtnl_addr_get_flags(from) &
	       (FLAGS_GIVEN | (family == AF_INET ? IFA_F_SECONDARY : 0));
}

static void address_take(const struct value_of *of, struct rtnl_addr *from,
			 struct address *address)
{
	const char *label = rtnl_addr_get_label(from);

	*address = (struct address){
		.family = nl_addr_get_family(rtnl_addr_get_local(from)),
		.prefix = (unsigned int)rtnl_addr_get_prefixlen(from),
		.origin = origin_of(of, from),
		.valid_until = end_of(rtnl_addr_get_valid_lifetime(from)),
		.preferred_until = end_of(rtnl_addr_get_preferred_lifetime(from)),
	};
	address->flags = flags_given(from, address->family);
	bytes_take(rtnl_addr_get_local(from), &address->local);
	address->have_peer = bytes_take(rtnl_addr_get_peer(from), &address->peer);
	address->have_broadcast =
		bytes_take(rtnl_addr_get_broadcast(from), &address->broadcast);
	if (address->family == AF_INET) /* in IPv6 it follows from the address */
		address->scope = (unsigned int)rtnl_addr_get_scope(from);
	if (label && strcmp(label, of->device.name) != 0)
		snprintf(address->label, sizeof(address->label), "%s", label);
}

static int too_many_addresses(const struct value_of *of, size_t most, struct why *why)
{
	return why_exit(
		why, EXIT_CONFIG, EOVERFLOW,
		"%s: has more addresses than an undo journal keeps (%zu); remove some of them",
		of->device.name, most);
}

static int address_list(const struct value_of *of, struct rtnl_addr *from, void *arg,
			struct why *why)
{
	struct addresses *list = arg;
	struct address address;

	if (list->nr == KEPT_MAX)
		return too_many_addresses(of, list->nr, why);
	address_take(of, from, &address);
	if (!address_write(&address, list->texts[list->nr++]))
		return why_exit(
			why, EXIT_CONFIG, EINVAL,
			"%s: the label of an address has spaces or commas (%s), which an undo journal cannot keep; remove that address",
			of->device.name, address.label);
	return 0;
}

static int address_delete(const struct value_of *of, struct rtnl_addr *from, struct why *why)
{
	AUTO_MSG struct nl_msg *msg = NULL;
	int err;

	if (rtnl_addr_build_delete_request(from, 0, &msg) < 0)
		return testbed_no_memory(why);
	err = sock_request(of->sock, msg, "rid of an address", of->device.name, why);
	/* The secondary ones of a network go with its first. */
	return err == -EADDRNOTAVAIL ? 0 : err;
}

static int address_remove(const struct value_of *of, struct rtnl_addr *from, void *arg,
			  struct why *why)
{
	struct address address;

	address_take(of, from, &address);
	return address_is_listed(arg, &address, now_s()) ? 0 : address_delete(of, from, why);
}

static int attributes_put(struct nl_msg *msg, const struct address *address)
{
	const int size = address->family == AF_INET6 ? 16 : 4;
	const struct ifa_cacheinfo lives = {
		.ifa_valid = address_left(address->valid_until, now_s()),
		.ifa_prefered = address_left(address->preferred_until, now_s()),
	};
	int err = nla_put(msg, IFA_LOCAL, size, &address->local);

	if (!err && address->have_peer)
		err = nla_put(msg, IFA_ADDRESS, size, &address->peer);
	if (!err && address->have_broadcast)
		err = nla_put(msg, IFA_BROADCAST, size, &address->broadcast);
	if (!err && address->label[0])
		err = nla_put_string(msg, IFA_LABEL, address->label);
	if (!err && address->origin != ADDRESS_GIVEN)
		err = nla_put_u8(msg, IFA_PROTO, IFAPROT_KERNEL_LL);
	if (!err)
		err = nla_put(msg, IFA_CACHEINFO, sizeof(lives), &lives);
	return err ? err : nla_put_u32(msg, IFA_FLAGS, address->flags);
}

static int address_add(const struct value_of *of, const struct address *address,
		       struct why *why)
{
	const struct ifaddrmsg header = {
		.ifa_family = (unsigned char)address->family,
		.ifa_prefixlen = (unsigned char)address->prefix,
		.ifa_scope = (unsigned char)address->scope,
		.ifa_index = of->device.ifindex,
	};
	AUTO_MSG struct nl_msg *msg =
		nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);

	if (!msg || nlmsg_append(msg, (void *)&header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
	    attributes_put(msg, address) < 0)
		return testbed_no_memory(why);
	return sock_request(of->sock, msg, "given an address", of->device.name, why);
}

/* In the order in which they can be added: the first of a network before its secondary ones. */
static int by_rank(const void *a, const void *b)
{
	struct address one, other;

	address_read(a, &one);
	address_read(b, &other);
	if ((one.flags ^ other.flags) & IFA_F_SECONDARY)
		return one.flags & IFA_F_SECONDARY ? 1 : -1;
	return strcmp(a, b);
}

static int addresses_read(struct value_of *of, char value[JOURNAL_FIELD], struct why *why)
{
	struct addresses list = { .nr = 0 };
	int err = addresses_walk(of, address_list, &list, why);

	qsort(list.texts, list.nr, ADDRESS_TEXT, by_rank);
	value[0] = '\0';
	for (size_t i = 0; i < list.nr && !err; i++) {
		if (strlen(value) + 1 + strlen(list.texts[i]) >= JOURNAL_FIELD)
			err = too_many_addresses(of, i, why);
		text_add(value, JOURNAL_FIELD, "%s%s", i ? " " : "", list.texts[i]);
	}
	return err;
}

static int addresses_check(const char *list, struct why *why)
{
	struct address address;

	while (address_next(&list, &address, 0))
		;
	return *list ? why_set(why, EBADMSG, "%s: not an address", list) : 0;
}

static int addresses_write(struct value_of *of, const char *value, struct why *why)
{
	char now[JOURNAL_FIELD], wanted[JOURNAL_FIELD];
	const char *at = wanted;
	struct address address;
	int err = addresses_check(value, why);

	snprintf(wanted, sizeof(wanted), "%s", value);
	if (!err)
		err = addresses_walk(of, address_remove, wanted, why);
	if (!err)
		err = addresses_read(of, now, why);
	while (!err && address_next(&at, &address, now_s()))
		if (address.origin != ADDRESS_OF_LINK &&
		    !address_is_listed(now, &address, now_s()))
			err = address_add(of, &address, why);
	return err;
}

/* --- flags --- */

static void flags_read(const struct value_of *of, char *value, size_t size)
{
	snprintf(value, size, "%x", rtnl_link_get_flags(of->link) & FLAGS_SETTABLE);
}

static int flags_write(const struct value_of *of, const char *value, struct why *why)
{
	return link_request(of->sock, RTM_NEWLINK, &of->device,
			    (unsigned int)strtoul(value, NULL, 16), FLAGS_SETTABLE,
			    "given its flags", why);
}

/* --- all of them --- */

static const struct {
	void (*read)(const struct value_of *of, char *value, size_t size);
	int (*write)(const struct value_of *of, const char *value, struct why *why);
} numbers[JOURNAL_KINDS] = {
	[JOURNAL_DEVICE] = { index_read, NULL },
	[JOURNAL_FLAGS] = { flags_read, flags_write },
	[JOURNAL_QUEUE] = { queue_read, queue_write },
	[JOURNAL_MTU] = { mtu_read, mtu_write },
	[JOURNAL_MAC] = { mac_read, mac_write },
};

int value_read(enum journal_kind kind, const char *subject, char value[JOURNAL_FIELD],
	       struct why *why)
{
	AUTO_OF struct value_of of = { 0 };
	int err;

	if (kind == JOURNAL_SYSCTL) {
		err = sysctl_read(subject, value, JOURNAL_FIELD);
		return err ? testbed_cannot(why, -err, "read", subject) : 0;
	}
	err = value_of_open(subject, &of, why);
	if (err)
		return err;
	if (kind == JOURNAL_ADDRESSES)
		return addresses_read(&of, value, why);
	numbers[kind].read(&of, value, JOURNAL_FIELD);
	return 0;
}

int value_write(enum journal_kind kind, const char *subject, const char *value, struct why *why)
{
	AUTO_OF struct value_of of = { 0 };
	int err;

	if (kind == JOURNAL_SYSCTL)
		return sysctl_write(subject, value, why);
	err = value_of_open(subject, &of, why);
	if (err)
		return err;
	return kind == JOURNAL_ADDRESSES ? addresses_write(&of, value, why) :
					   numbers[kind].write(&of, value, why);
}

bool value_is_same(enum journal_kind kind, const char *now, const char *value)
{
	return kind == JOURNAL_ADDRESSES ? addresses_are_same(now, value, now_s()) :
					   !strcmp(now, value);
}
