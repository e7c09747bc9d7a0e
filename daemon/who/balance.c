// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/balance.h"

#include <string.h>

#include "who/guess.h"

/* --- pointers that count --- */

/* clang-format off */

/* "*": every member that points to it. */
static const struct {
	const char *type, *owner, *member;
} members[] = {
	{ "inet6_dev", "inet6_ifaddr", "idev" },
	{ "inet6_dev", "ifmcaddr6", "idev" },
	{ "inet6_dev", "ifacaddr6", "aca_idev" },
	{ "inet6_dev", "rt6_info", "rt6i_idev" },
	{ "inet6_ifaddr", "inet6_ifaddr", "ifpub" },
	{ "dst_entry", "*", "*" },
};

/* clang-format on */

static bool fits(const char *pattern, const char *name)
{
	return !strcmp(pattern, "*") || !strcmp(pattern, name);
}

bool balance_counts(struct type type, const char *owner, const char *member)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (type_begins_with(type, members[i].type) && fits(members[i].owner, owner) &&
		    fits(members[i].member, member))
			return true;
	return false;
}

/* --- what an object holds of itself --- */

typedef bool holds_fn(const struct kernel *kernel, uint64_t at, uint64_t device);

static bool is_queued(const struct kernel *kernel, uint64_t at, uint64_t device)
{
	(void)device;
	return image_u64(kernel->image, at) & 1; /* WORK_STRUCT_PENDING */
}

/* A timer or a hash list's node: what points to it is kept beside the next one. */
static bool is_hashed(const struct kernel *kernel, uint64_t at, uint64_t device)
{
	(void)device;
	return image_u64(kernel->image, at + 8);
}

static bool is_listed(const struct kernel *kernel, uint64_t at, uint64_t device)
{
	uint64_t next = image_u64(kernel->image, at);

	(void)device;
	return image_is_pointer(kernel->image, next) && next != at;
}

static bool is_not_set(const struct kernel *kernel, uint64_t at, uint64_t device)
{
	(void)device;
	return !image_u8(kernel->image, at);
}

/* Whether the device's pointer to its IPv6 part leads here. */
static bool is_of_device(const struct kernel *kernel, uint64_t at, uint64_t device)
{
	return kernel_u64(kernel, device, AT_DEVICE_INET6) == at;
}

/* clang-format off */
static const struct {
	const char *type;
	enum place place;
	holds_fn *holds;
	const char *reason;
} own[] = {
	{ "inet6_dev", AT_INET6_DEVICE, is_of_device, "the device points to it" },
	{ "inet6_dev", AT_INET6_ROUTER_TIMER, is_hashed, "its router solicitation timer is armed" },
	{ "inet6_dev", AT_INET6_MLD_CHANGE, is_queued, "its multicast work is queued (mc_ifc)" },
	{ "inet6_dev", AT_INET6_MLD_GENERAL, is_queued, "its multicast work is queued (mc_gq)" },
	{ "inet6_dev", AT_INET6_MLD_DAD, is_queued, "its multicast work is queued (mc_dad)" },
	{ "inet6_dev", AT_INET6_MLD_QUERY, is_queued, "its multicast work is queued (mc_query)" },
	{ "inet6_dev", AT_INET6_MLD_REPORT, is_queued, "its multicast work is queued (mc_report)" },
	{ "inet6_dev", AT_INET6_OLD_MLD_CHANGE, is_hashed, "its multicast timer is armed (mc_ifc)" },
	{ "inet6_dev", AT_INET6_OLD_MLD_GENERAL, is_hashed, "its multicast timer is armed (mc_gq)" },
	{ "inet6_dev", AT_INET6_OLD_MLD_DAD, is_hashed, "its multicast timer is armed (mc_dad)" },
	{ "inet6_ifaddr", AT_ADDRESS_LIST, is_hashed, "it is in the table of addresses" },
	{ "inet6_ifaddr", AT_ADDRESS_DAD, is_queued, "its DAD work is queued" },
	{ "inet6_ifaddr", AT_ADDRESS_TEMPORARY, is_listed, "it is in the list of temporary addresses" },
	{ "neighbour", AT_NEIGHBOUR_DEAD, is_not_set, "it is in the table of neighbours" },
	{ "neighbour", AT_NEIGHBOUR_TIMER, is_hashed, "its timer is armed" },
};
/* clang-format on */

static bool is_known(struct type type)
{
	static const char *const types[] = { "inet6_dev", "inet6_ifaddr", "neighbour",
					     "dst_entry" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (type_begins_with(type, types[i]))
			return true;
	return false;
}

void balance_make(const struct kernel *kernel, struct type type, uint64_t object,
		  uint64_t device, int64_t count, int64_t pointers, struct balance *balance)
{
	*balance = (struct balance){ .explained = pointers };
	if (!is_known(type) || !guess_count(kernel, type, object, &balance->count))
		return;
	balance->is_made = true;
	balance->has_moved = balance->count != count;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (strcmp(type_name(type), own[i].type) != 0 ||
		    !layout_has(&kernel->layout, own[i].place) ||
		    !own[i].holds(kernel, kernel_at(kernel, object, own[i].place), device) ||
		    balance->nr_reasons == BALANCE_REASONS)
			continue;
		balance->reasons[balance->nr_reasons++] = own[i].reason;
		balance->explained++;
	}
	balance->unexplained = balance->count - balance->explained;
}
