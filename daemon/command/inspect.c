// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fields.h"
#include "command/command.h"
#include "command/explained.h"
#include "command/rows.h"
#include "loader/probes.h"
#include "machine/netns.h"

/*
 * What the kernel counts for each interface, as `::walk ill | ::print ill_t ill_refcnt` does in
 * mdb.
 */

enum { FLAGS_MAX = 16, GROUPS_MAX = 64 };

struct bit {
	uint32_t mask;
	const char *name;
};

/* clang-format off */
static const struct bit link_bits[] = { /* IFF_*, linux/if.h */
	{ 0x1, "UP" }, { 0x2, "BROADCAST" }, { 0x4, "DEBUG" }, { 0x8, "LOOPBACK" },
	{ 0x10, "POINTOPOINT" }, { 0x40, "RUNNING" }, { 0x80, "NOARP" }, { 0x100, "PROMISC" },
	{ 0x200, "ALLMULTI" }, { 0x400, "MASTER" }, { 0x800, "SLAVE" }, { 0x1000, "MULTICAST" },
	{ 0, NULL }
};

static const struct bit address_bits[] = { /* IFA_F_*, linux/if_addr.h */
	{ 0x1, "temporary" }, { 0x2, "nodad" }, { 0x4, "optimistic" }, { 0x8, "dadfailed" },
	{ 0x10, "homeaddress" }, { 0x20, "deprecated" }, { 0x40, "tentative" }, { 0x80, "permanent" },
	{ 0x100, "managetempaddr" }, { 0x200, "noprefixroute" }, { 0x400, "mcautojoin" },
	{ 0x800, "stable-privacy" },
	{ 0, NULL }
};

/* INET6_IFADDR_STATE_*, net/if_inet6.h */
static const char *const state_names[] = { "predad", "dad", "postdad", "errdad", "dead" };
enum { STATES = sizeof(state_names) / sizeof(state_names[0]) };

/* enum netreg_state, linux/netdevice.h */
static const char *const registration_names[] = {
	"uninitialised", "registered", "unregistering", "unregistered", "released", "dummy",
};
enum { REGISTRATIONS = sizeof(registration_names) / sizeof(registration_names[0]), REGISTERED = 1 };
/* clang-format on */

struct address {
	const char *address;
	uint32_t prefix_len;
	uint32_t refcount;
	int state;
	const char *flags[FLAGS_MAX + 1];
	const char **first_flag;
	uint32_t nr_flags;
	char text[INET6_ADDRSTRLEN];
};

struct group {
	const char *address;
	uint32_t users;
	char text[INET6_ADDRSTRLEN];
};

struct interface {
	const char *name;
	uint32_t ifindex;
	int64_t net_device;
	int64_t inet6_dev; /* INT64_MIN: it has none */
	int64_t explained; /* INT64_MIN: not asked for, or not known */
	int registration;
	bool linkwatch_pending;
	const char *flags[FLAGS_MAX + 1];
	const char **first_flag;
	uint32_t nr_flags;
	uint32_t nr_neighbours;
	struct address addresses[ADDRESSES_MAX];
	struct address *first_address;
	uint32_t nr_addresses; /* of the list */
	uint32_t addresses_total;
	struct group groups[GROUPS_MAX];
	struct group *first_group;
	uint32_t nr_groups; /* of the list */
	uint32_t groups_total;
	uint32_t tombs_total;
	char text[16];
};

struct inspection {
	const char *netns;
	uint64_t netns_inum;
	struct interface *interfaces;
	uint32_t nr_interfaces;
};

/* clang-format off */
#define ROW_AT(type, member) .offset = offsetof(type, member)
#define LIST_AT(type, first, nr) \
	.list = true, .offset = offsetof(type, first), .count_offset = offsetof(type, nr)

static const struct field address_rows[] = {
	{ "address", FIELD_TEXT, ROW_AT(struct address, address), .doc = "The address" },
	{ "prefix_len", FIELD_U32, ROW_AT(struct address, prefix_len), .doc = "Length of its prefix" },
	{ "refcount", FIELD_U32, ROW_AT(struct address, refcount),
	  .doc = "References to the inet6_ifaddr" },
	{ "state", FIELD_ENUM, ROW_AT(struct address, state), .names = state_names, .nr_names = STATES,
	  .doc = "State of DAD: predad, dad, postdad, errdad or dead" },
	{ "flags", FIELD_TEXT, LIST_AT(struct address, first_flag, nr_flags), .doc = "Its flags" },
	{ .name = NULL },
};
static const struct fields address_fields = {
	"address", "One address of an interface", address_rows, sizeof(struct address),
};

static const struct field group_rows[] = {
	{ "address", FIELD_TEXT, ROW_AT(struct group, address), .doc = "The group's address" },
	{ "users", FIELD_U32, ROW_AT(struct group, users), .doc = "Number of joins on this interface" },
	{ .name = NULL },
};
static const struct fields group_fields = {
	"group", "One multicast membership of an interface", group_rows, sizeof(struct group),
};

static const struct field interface_rows[] = {
	{ "name", FIELD_TEXT, ROW_AT(struct interface, name), .doc = "Name of the interface" },
	{ "ifindex", FIELD_U32, ROW_AT(struct interface, ifindex), .doc = "Its index" },
	{ "net_device", FIELD_I64, ROW_AT(struct interface, net_device),
	  .doc = "References to the net_device, summed over CPUs" },
	{ "inet6_dev", FIELD_I64, ROW_AT(struct interface, inet6_dev), .nullable = true,
	  .doc = "References to the inet6_dev; null when it has none" },
	{ "explained", FIELD_I64, ROW_AT(struct interface, explained), .nullable = true,
	  .doc = "References to the net_device that dadrace who can explain, the initial one and the one of a registered device among them; null without --explained, or where it is not known" },
	{ "registration", FIELD_ENUM, ROW_AT(struct interface, registration),
	  .names = registration_names, .nr_names = REGISTRATIONS,
	  .doc = "Whether the device is registered" },
	{ "linkwatch_pending", FIELD_BOOL, ROW_AT(struct interface, linkwatch_pending),
	  .doc = "Whether linkwatch holds one of the references, for up to a second" },
	{ "flags", FIELD_TEXT, LIST_AT(struct interface, first_flag, nr_flags), .doc = "Its flags" },
	{ "addresses", FIELD_OBJECT, LIST_AT(struct interface, first_address, nr_addresses),
	  .sub = &address_fields, .doc = "Its IPv6 addresses, the first 16 of them" },
	{ "addresses_total", FIELD_U32, ROW_AT(struct interface, addresses_total),
	  .doc = "Number of its addresses" },
	{ "neighbours_total", FIELD_U32, ROW_AT(struct interface, nr_neighbours),
	  .doc = "Number of its IPv6 neighbour entries" },
	{ "groups", FIELD_OBJECT, LIST_AT(struct interface, first_group, nr_groups),
	  .sub = &group_fields, .doc = "Its multicast memberships, the first 64 of them" },
	{ "groups_total", FIELD_U32, ROW_AT(struct interface, groups_total),
	  .doc = "Number of its multicast memberships" },
	{ "tombs_total", FIELD_U32, ROW_AT(struct interface, tombs_total),
	  .doc = "Number of groups that were left and of which MLD keeps a record; each holds one reference to the inet6_dev" },
	{ .name = NULL },
};
static const struct fields interface_fields = {
	"interface", "One interface", interface_rows, sizeof(struct interface),
};

static const struct field inspection_rows[] = {
	{ "netns", FIELD_TEXT, ROW_AT(struct inspection, netns), .nullable = true,
	  .doc = "The network namespace as given with --netns; null for the caller's own" },
	{ "netns_inum", FIELD_U64, ROW_AT(struct inspection, netns_inum),
	  .doc = "Inode number of the network namespace" },
	{ "interfaces", FIELD_OBJECT, LIST_AT(struct inspection, interfaces, nr_interfaces),
	  .sub = &interface_fields, .doc = "Its interfaces" },
	{ .name = NULL },
};
static const struct fields inspection_fields = {
	"inspection", "The reference counts of a namespace's interfaces", inspection_rows,
	sizeof(struct inspection),
};
/* clang-format on */

/* --- what is there --- */

static uint32_t decode(uint32_t value, const struct bit *bits, const char **names)
{
	uint32_t nr = 0;

	for (; bits->name; bits++)
		if (value & bits->mask && nr < FLAGS_MAX)
			names[nr++] = bits->name;
	return nr;
}

/* IFF_RUNNING is not in dev->flags: dev_get_flags() computes it for each request. */
static uint32_t running_flag(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t flags = 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &request))
		flags = (uint32_t)request.ifr_flags & IFF_RUNNING;
	if (fd >= 0)
		close(fd);
	return flags;
}

/* net/ipv6/mcast.c, igmp6_mc_seq_show: ifindex, name, address, users, ... */
static void read_groups(struct interface *interface)
{
	FILE *file = fopen("/proc/thread-self/net/igmp6", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file) && interface->nr_groups < GROUPS_MAX) {
		struct group *group = &interface->groups[interface->nr_groups];
		unsigned char address[16];
		char hex[33];
		unsigned int ifindex, users;

		if (sscanf(line, "%u %*s %32s %u", &ifindex, hex, &users) != 3 ||
		    ifindex != interface->ifindex || strlen(hex) != 32)
			continue;
		for (int i = 0; i < 16; i++) {
			char byte[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

			address[i] = (unsigned char)strtoul(byte, NULL, 16);
		}
		group->address = inet_ntop(AF_INET6, address, group->text, sizeof(group->text));
		group->users = users;
		interface->nr_groups++;
	}
	if (file)
		fclose(file);
}

/* `interface` points into itself afterwards, and must not be moved. */
static void describe(struct interface *interface, const struct counts *counts)
{
	*interface = (struct interface){
		.ifindex = counts->ifindex,
		.net_device = counts->net_device,
		.explained = INT64_MIN,
		.inet6_dev = counts->have_inet6_dev ? counts->inet6_dev : INT64_MIN,
		.registration = (int)counts->reg_state,
		.linkwatch_pending = counts->linkwatch_pending,
		.nr_neighbours = counts->nr_neighbours,
		.addresses_total = counts->nr_addresses,
		.groups_total = counts->nr_groups,
		.tombs_total = counts->nr_tombs,
	};
	snprintf(interface->text, sizeof(interface->text), "%s", counts->name);
	interface->name = interface->text;
	interface->first_flag = interface->flags;
	interface->nr_flags = decode(counts->flags | running_flag(interface->name), link_bits,
				     interface->flags);
	interface->first_address = interface->addresses;
	for (uint32_t i = 0; i < counts->nr_addresses && i < ADDRESSES_MAX; i++) {
		const struct counts_address *from = &counts->addresses[i];
		struct address *to = &interface->addresses[interface->nr_addresses++];

		to->address = inet_ntop(AF_INET6, from->address, to->text, sizeof(to->text));
		to->prefix_len = from->prefix_len;
		to->refcount = from->refcount;
		to->state = (int)from->state;
		to->first_flag = to->flags;
		to->nr_flags = decode(from->flags, address_bits, to->flags);
	}
	interface->first_group = interface->groups;
	read_groups(interface);
}

/* The ifindexes to inspect, ended by 0; malloc'd. NULL after the sentence. */
static uint32_t *choose(const char *only, struct why *why)
{
	struct if_nameindex *names = if_nameindex();
	uint32_t *indexes = NULL;
	size_t nr = 0, used = 0;

	while (names && names[nr].if_index)
		nr++;
	if (names)
		indexes = calloc(nr + 1, sizeof(*indexes));
	if (!indexes)
		why_set(why, errno, "cannot list the interfaces: %s", strerror(errno));
	for (size_t i = 0; indexes && i < nr; i++)
		if (!only || !strcmp(names[i].if_name, only))
			indexes[used++] = names[i].if_index;
	if (names)
		if_freenameindex(names);
	if (indexes && only && !used) {
		free(indexes);
		why_set(why, ENODEV,
			"no interface %s in this network namespace; `dadrace inspect` lists all, and --netns looks into another",
			only);
		return NULL;
	}
	return indexes;
}

static int inspect(const uint32_t *indexes, struct inspection *inspection, struct why *why)
{
	const struct probes_ask ask = { .counts_only = true };
	struct interface *interfaces;
	struct probes *probes;
	uint32_t nr = 0, found = 0;
	int err;

	while (indexes[nr])
		nr++;
	interfaces = calloc(nr + 1, sizeof(*interfaces));
	if (!interfaces)
		return why_memory(why);
	inspection->interfaces = interfaces;
	err = probes_open(&ask, &probes, why);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < nr; i++) {
		struct counts counts;

		err = probes_counts(probes, SLOT_INSPECT, indexes[i], &counts, why);
		/* An interface that was removed after it was listed is no error. */
		if (!err && counts.found)
			describe(&interfaces[found++], &counts);
	}
	inspection->nr_interfaces = found;
	probes_close(probes);
	return err;
}

/* --- telling --- */

static void print_words(const char *const *words, uint32_t nr, const char *between)
{
	for (uint32_t i = 0; i < nr; i++)
		printf("%s%s", i ? between : "", words[i]);
}

/* A column that is there only where it was asked for. */
static void print_explained(const struct interface *interface)
{
	if (interface->explained == INT64_MIN)
		printf("  %9s", "-");
	else
		printf("  %9lld", (long long)interface->explained);
}

static void print_interface(const struct interface *interface, int width, bool explained)
{
	char inet6_dev[24] = "-";

	if (interface->inet6_dev != INT64_MIN)
		snprintf(inet6_dev, sizeof(inet6_dev), "%lld", (long long)interface->inet6_dev);
	printf("%7u  %-*s  %10lld", interface->ifindex, width, interface->name,
	       (long long)interface->net_device);
	if (explained)
		print_explained(interface);
	printf("  %9s  %10u  %6u  %-9s  ", inet6_dev, interface->nr_neighbours,
	       interface->groups_total, interface->linkwatch_pending ? "pending" : "idle");
	print_words(interface->flags, interface->nr_flags, ",");
	if (interface->registration != REGISTERED)
		printf(" (%s)", (unsigned int)interface->registration < REGISTRATIONS ?
					registration_names[interface->registration] :
					"?");
	putchar('\n');
	for (uint32_t i = 0; i < interface->nr_addresses; i++) {
		const struct address *address = &interface->addresses[i];
		char text[INET6_ADDRSTRLEN + 5];

		snprintf(text, sizeof(text), "%s/%u", address->text, address->prefix_len);
		printf("%9saddress  %-32s refcount %-3u %-8s ", "", text, address->refcount,
		       (unsigned int)address->state < STATES ? state_names[address->state] :
							       "?");
		print_words(address->flags, address->nr_flags, ",");
		putchar('\n');
	}
	if (interface->addresses_total > interface->nr_addresses)
		printf("%9s... and %u more\n", "",
		       interface->addresses_total - interface->nr_addresses);
	for (uint32_t i = 0; i < interface->nr_groups; i++)
		printf("%9sgroup    %-32s users %u\n", "", interface->groups[i].text,
		       interface->groups[i].users);
}

static void print_text(const struct inspection *inspection, bool explained)
{
	int width = 4;

	for (uint32_t i = 0; i < inspection->nr_interfaces; i++) {
		int length = (int)strlen(inspection->interfaces[i].name);

		width = length > width ? length : width;
	}
	printf("IFINDEX  %-*s  NET_DEVICE%s  INET6_DEV  NEIGHBOURS  GROUPS  LINKWATCH  FLAGS\n",
	       width, "NAME", explained ? "  EXPLAINED" : "");
	for (uint32_t i = 0; i < inspection->nr_interfaces; i++)
		print_interface(&inspection->interfaces[i], width, explained);
}

/* --- the command --- */

static int exit_of(int err, bool asked_wrongly)
{
	switch (-err) {
	case EPERM:
	case EACCES:
	case ENOTSUP: return EXIT_CANNOT;
	default: return asked_wrongly ? EXIT_USAGE : EXIT_INTERNAL;
	}
}

struct options {
	const char *interface; /* NULL: all */
	const char *netns;
	bool explained;
	bool json;
};

/* clang-format off */
#define AT(member) OPTION_AT(struct options, member)

static const struct option_row rows[] = {
	{ "netns", 0, OPTION_TEXT, AT(netns), "NAME|PATH|PID|PID:FD", .doc = DOC_NETNS },
	{ "explained", 0, OPTION_FLAG, AT(explained),
	  .doc = "Show how many references to each device dadrace who can explain, of at most 16 devices; takes some seconds" },
	{ "json", 0, OPTION_FLAG, AT(json), .doc = "Print one JSON object" },
	{ .name = NULL },
};
static const struct operand_row operands[] = {
	{ "IFACE", OPTION_TEXT, AT(interface), false, "One interface (default: all)" },
	{ .name = NULL },
};
/* clang-format on */

/* The count is the one that was read with what explains it: it may have changed since. */
static int explain(struct inspection *inspection, struct why *why)
{
	struct explained list[EXPLAINED_MAX];
	uint32_t nr;
	int err = explained_find((uint32_t)inspection->netns_inum, list, &nr, why);

	for (uint32_t i = 0; !err && i < inspection->nr_interfaces; i++)
		for (uint32_t j = 0; j < nr; j++)
			if (list[j].ifindex == inspection->interfaces[i].ifindex) {
				inspection->interfaces[i].net_device = list[j].count;
				inspection->interfaces[i].explained = list[j].references;
			}
	return err;
}

static int run(const void *options)
{
	const struct options *o = options;
	struct inspection inspection = { .netns = o->netns };
	uint32_t *indexes = NULL;
	struct why why = { "" };
	bool asked_wrongly;
	int err = o->netns ? visit_netns(o->netns, &why) : 0;

	inspection.netns_inum = visited_netns();
	if (!err) {
		indexes = choose(o->interface, &why);
		err = indexes ? 0 : -ENODEV;
	}
	asked_wrongly = err;
	if (!err)
		err = inspect(indexes, &inspection, &why);
	if (!err && o->explained)
		err = explain(&inspection, &why);
	if (err)
		command_complain(&why, err);
	else if (o->json)
		err = fields_print(&inspection_fields, &inspection, stdout);
	else
		print_text(&inspection, o->explained);
	free(indexes);
	free(inspection.interfaces);
	return err ? exit_of(err, asked_wrongly) : EXIT_CLEAN;
}

const struct command command_inspect = {
	.name = "inspect",
	.syntax = {
		.name = "dadrace inspect",
		.doc = "Show the kernel's reference counts of every interface, or of one",
		.about = "NET_DEVICE and INET6_DEV are reference counts, read from kernel memory. They are sums over CPUs, and stable only while no traffic flows.\n"
			 "A pending linkwatch event holds one NET_DEVICE reference for up to a second.\n"
			 "A device whose unregistration has begun is in no network namespace's list any more, and is not shown.",
		.options = rows,
		.operands = operands,
		.size = sizeof(struct options),
	},
	.run = run,
};
