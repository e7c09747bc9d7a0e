// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/cache.h>
#include <netlink/route/addr.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "testbed/frame.h"
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

static void flags_read(const struct value_of *of, char *value, size_t size)
{
	snprintf(value, size, "%x", rtnl_link_get_flags(of->link) & FLAGS_SETTABLE);
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

static int flags_write(const struct value_of *of, const char *value, struct why *why)
{
	return link_request(of->sock, RTM_NEWLINK, &of->device,
			    (unsigned int)strtoul(value, NULL, 16), FLAGS_SETTABLE,
			    "given its flags", why);
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

/* Those that the kernel makes by itself as soon as the device is up, and only then. */
static bool comes_by_itself(const struct value_of *of, struct rtnl_addr *address)
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
	if (mode != IN6_ADDR_GEN_MODE_EUI64 || nl_addr_get_len(mac) != ETH_ALEN)
		return true;
	own = frame_link_local(nl_addr_get_binary_addr(mac));
	return IN6_ARE_ADDR_EQUAL(bytes, &own);
}

static int addresses_walk(const struct value_of *of,
			  int (*seen)(const struct value_of *of, struct rtnl_addr *address,
				      void *arg, struct why *why),
			  void *arg, struct why *why)
{
	struct nl_cache *cache = NULL;
	int err = rtnl_addr_alloc_cache(of->sock, &cache);

	if (err < 0)
		return why_set(why, EIO, "%s: its addresses cannot be listed: %s",
			       of->device.name, nl_geterror(err));
	for (struct nl_object *at = nl_cache_get_first(cache); at && !err;
	     at = nl_cache_get_next(at)) {
		struct rtnl_addr *address = (struct rtnl_addr *)at;

		if (rtnl_addr_get_ifindex(address) == (int)of->device.ifindex &&
		    rtnl_addr_get_local(address) && !comes_by_itself(of, address))
			err = seen(of, address, arg, why);
	}
	nl_cache_free(cache);
	return err;
}

enum {
	ADDRESSES_MAX = 64,
	ADDRESS_TEXT = 80,
	FLAGS_GIVEN = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
		      IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN,
};

struct addresses {
	char texts[ADDRESSES_MAX][ADDRESS_TEXT];
	size_t nr;
};

static void bytes_text(struct nl_addr *address, char text[INET6_ADDRSTRLEN])
{
	text[0] = '\0';
	inet_ntop(nl_addr_get_family(address), nl_addr_get_binary_addr(address), text,
		  INET6_ADDRSTRLEN);
}

/*
 * "fe80::1/64,2" or "192.0.2.1/24,0,192.0.2.255": with the flags that it was given, not those
 * that it got, and with its broadcast address.
 */
static void address_text(struct rtnl_addr *address, char text[ADDRESS_TEXT])
{
	struct nl_addr *local = rtnl_addr_get_local(address);
	struct nl_addr *broadcast = rtnl_addr_get_broadcast(address);
	char bytes[INET6_ADDRSTRLEN];

	bytes_text(local, bytes);
	snprintf(text, ADDRESS_TEXT, "%s/%u,%x", bytes, nl_addr_get_prefixlen(local),
		 rtnl_addr_get_flags(address) & FLAGS_GIVEN);
	if (!broadcast)
		return;
	bytes_text(broadcast, bytes);
	text_add(text, ADDRESS_TEXT, ",%s", bytes);
}

static int too_many_addresses(const struct value_of *of, size_t most, struct why *why)
{
	return why_exit(
		why, EXIT_CONFIG, EOVERFLOW,
		"%s: has more addresses than an undo journal keeps (%zu); remove some of them",
		of->device.name, most);
}

static int address_list(const struct value_of *of, struct rtnl_addr *address, void *arg,
			struct why *why)
{
	struct addresses *list = arg;

	if (list->nr == ADDRESSES_MAX)
		return too_many_addresses(of, list->nr, why);
	address_text(address, list->texts[list->nr++]);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A word of a list of words with single spaces between. */
static bool is_listed(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at++)
		if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

static int address_remove(const struct value_of *of, struct rtnl_addr *address, void *arg,
			  struct why *why)
{
	AUTO_MSG struct nl_msg *msg = NULL;
	char text[ADDRESS_TEXT];

	address_text(address, text);
	if (is_listed(arg, text))
		return 0;
	if (rtnl_addr_build_delete_request(address, 0, &msg) < 0)
		return testbed_no_memory(why);
	return sock_request(of->sock, msg, "rid of an address", of->device.name, why);
}

static int address_add(const struct value_of *of, const char *text, struct why *why)
{
	struct ifaddrmsg header = { .ifa_index = of->device.ifindex };
	AUTO_MSG struct nl_msg *msg =
		nlmsg_alloc_simple(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	unsigned int prefix = 0, flags = 0;
	struct in6_addr bytes, to_all;
	char address[64], broadcast[64];
	int nr = sscanf(text, "%63[^/]/%u,%x,%63s", address, &prefix, &flags, broadcast);

	header.ifa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	header.ifa_prefixlen = (unsigned char)prefix;
	if (nr < 3 || inet_pton(header.ifa_family, address, &bytes) != 1 ||
	    (nr == 4 && inet_pton(header.ifa_family, broadcast, &to_all) != 1))
		return why_set(why, EBADMSG, "%s: not an address", text);
	if (!msg || nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
	    nla_put(msg, IFA_LOCAL, header.ifa_family == AF_INET6 ? 16 : 4, &bytes) < 0 ||
	    (nr == 4 && nla_put(msg, IFA_BROADCAST, 4, &to_all) < 0) ||
	    nla_put_u32(msg, IFA_FLAGS, flags) < 0)
		return testbed_no_memory(why);
	return sock_request(of->sock, msg, "given an address", of->device.name, why);
}

/* Sorted: the kernel's order is that in which they were added. */
static int addresses_read(const struct value_of *of, char value[JOURNAL_FIELD], struct why *why)
{
	struct addresses list = { .nr = 0 };
	int err = addresses_walk(of, address_list, &list, why);

	qsort(list.texts, list.nr, ADDRESS_TEXT, by_text);
	value[0] = '\0';
	for (size_t i = 0; i < list.nr && !err; i++) {
		if (strlen(value) + 1 + strlen(list.texts[i]) >= JOURNAL_FIELD)
			err = too_many_addresses(of, i, why);
		text_add(value, JOURNAL_FIELD, "%s%s", i ? " " : "", list.texts[i]);
	}
	return err;
}

static int addresses_write(const struct value_of *of, const char *value, struct why *why)
{
	char now[JOURNAL_FIELD], wanted[JOURNAL_FIELD], *rest, *word;
	int err;

	snprintf(wanted, sizeof(wanted), "%s", value);
	err = addresses_walk(of, address_remove, wanted, why);
	if (!err)
		err = addresses_read(of, now, why);
	for (word = strtok_r(wanted, " ", &rest); word && !err;
	     word = strtok_r(NULL, " ", &rest))
		if (!is_listed(now, word))
			err = address_add(of, word, why);
	return err;
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
