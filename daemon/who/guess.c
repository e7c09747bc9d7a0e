// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/guess.h"

#include <string.h>

#include "who/fit.h"

enum {
	CANDIDATES_MAX = 256,
	ALIASES_MAX = 32,
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
};

/* A candidate below it fits nothing in particular: the object stays without a name. */
#define SCORE_MIN   5.0
#define SCORE_CLOSE 2.0

struct candidate {
	struct type type;
	uint32_t size;
	double score;
	bool at_first; /* explains a pointer in the first element */
	bool is_array; /* explains pointers in others as well */
	bool is_owner; /* one of its members counts, or is known not to */
};

/* --- which pointers a structure explains --- */

/* Whether the member explains the pointer, in which element of an array of the structure. */
static bool explains(const struct member *member, const struct subject *subject,
		     const struct pointer *pointer, uint32_t *element)
{
	uint32_t beyond;

	if (!(pointer->targets >> member->target & 1) || member->offset > pointer->offset ||
	    member->size > subject->size)
		return false;
	beyond = pointer->offset - member->offset;
	*element = beyond / member->size;
	return !(beyond % member->size) && pointer->offset + 8 <= subject->size &&
	       (!*element || subject->nr > 1) &&
	       (*element + 1) * (uint64_t)member->size <= subject->size;
}

static bool same_type(struct type a, struct type b)
{
	return a.btf == b.btf && a.id == b.id;
}

static struct candidate *candidate_of(struct candidate *list, uint32_t *nr,
				      const struct member *member)
{
	for (uint32_t i = 0; i < *nr; i++)
		if (same_type(list[i].type, member->type))
			return &list[i];
	if (*nr == CANDIDATES_MAX)
		return NULL;
	list[*nr] = (struct candidate){ .type = member->type, .size = member->size };
	return &list[(*nr)++];
}

static uint32_t find_candidates(const struct kernel *kernel, const struct members *members,
				const struct subject *subject, struct candidate *list)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < members->nr; i++) {
		const struct member *member = &members->list[i];

		for (uint32_t j = 0; j < subject->nr; j++) {
			struct candidate *candidate;
			uint32_t element;

			if (!explains(member, subject, &subject->pointers[j], &element))
				continue;
			candidate = candidate_of(list, &nr, member);
			if (!candidate)
				return nr;
			candidate->at_first |= !element;
			candidate->is_array |= element > 0;
			candidate->is_owner |=
				rules_count(kernel->rules, member->owner, member->member) ||
				rules_why_not(member->owner, member->member);
		}
	}
	return nr;
}

/* "nhc_dev" before "nhc_dev_rcu" and before what does not count. */
static bool is_better(const struct kernel *kernel, const struct member *member,
		      const struct member *than)
{
	bool counts = rules_count(kernel->rules, member->owner, member->member);

	if (!than)
		return true;
	if (counts != rules_count(kernel->rules, than->owner, than->member))
		return counts;
	return strlen(member->member) < strlen(than->member);
}

/* The members of one structure that the pointers are; how many pointers it explains. */
static uint32_t assign(const struct kernel *kernel, const struct members *members,
		       struct subject *subject, struct type type)
{
	uint32_t explained = 0;

	for (uint32_t j = 0; j < subject->nr; j++) {
		struct pointer *pointer = &subject->pointers[j];

		pointer->member = NULL;
		for (uint32_t i = 0; i < members->nr; i++) {
			const struct member *member = &members->list[i];
			uint32_t element;

			if (!same_type(member->type, type) ||
			    !explains(member, subject, pointer, &element) ||
			    !is_better(kernel, member, pointer->member))
				continue;
			pointer->member = member;
			pointer->element = element;
		}
		explained += pointer->member != NULL;
	}
	return explained;
}

/* --- points --- */

static const uint32_t buckets[] = { 8,	 16,  32,   64,	  96,	128, 192,
				    256, 512, 1024, 2048, 4096, 8192 };

/* The largest bucket of kmalloc() below this one: what fits there is not allocated here. */
static uint32_t bucket_below(uint32_t size)
{
	uint32_t below = 0;

	for (size_t i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++)
		if (buckets[i] < size)
			below = buckets[i];
	return below;
}

static bool has_alias(const struct kernel *kernel, const char *cache, const char *name)
{
	const char *names[ALIASES_MAX];
	uint32_t nr = pages_aliases(kernel->pages, cache, names, ALIASES_MAX);

	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static double points_of_size(const struct kernel *kernel, const struct subject *subject,
			     const struct candidate *candidate)
{
	double points = 0;

	if (subject->kind)
		return (candidate->size == subject->private_size ? 15 : 0) +
		       (strncmp(type_name(candidate->type), subject->kind,
				strlen(subject->kind)) ?
				0 :
				10);
	if (!subject->is_dedicated)
		return candidate->size > bucket_below(subject->size) ? 3 :
		       candidate->is_array			     ? 0 :
								       -3;
	if (has_alias(kernel, subject->cache, type_name(candidate->type)))
		points += 8;
	if (candidate->size == subject->size)
		points += 10;
	else if (subject->size - candidate->size > 64)
		points -= 3;
	return points;
}

/* Which of the kinds of route it is: the operations of a dst_entry name their family. */
static double points_of_route(const struct kernel *kernel, const struct subject *subject,
			      const struct candidate *candidate)
{
	static const struct {
		const char *name;
		uint16_t family;
	} routes[] = { { "dst_entry", 0 },
		       { "rtable", FAMILY_INET },
		       { "rt6_info", FAMILY_INET6 },
		       { "xfrm_dst", 0 } };

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		uint64_t ops;
		uint16_t family = 0;

		if (strcmp(type_name(candidate->type), routes[i].name) != 0)
			continue;
		ops = kernel_u64(kernel, subject->base, AT_DST_OPS);
		image_read(kernel->image, kernel_at(kernel, ops, AT_DST_FAMILY), &family,
			   sizeof(family));
		return image_is_pointer(kernel->image, ops) && family == routes[i].family ? 9 :
											    -9;
	}
	return 0;
}

/* Which of the kinds of socket it is: its protocol has a name. */
static double points_of_socket(const struct kernel *kernel, const struct subject *subject,
			       const struct candidate *candidate)
{
	static const struct {
		const char *type, *protocol;
	} sockets[] = {
		{ "packet_sock", "PACKET" }, { "raw6_sock", "RAWv6" }, { "raw_sock", "RAW" },
		{ "tcp6_sock", "TCPv6" },    { "tcp_sock", "TCP" },    { "udp6_sock", "UDPv6" },
		{ "udp_sock", "UDP" },	     { "unix_sock", "UNIX" },  { "xdp_sock", "XDP" },
	};
	char protocol[16];

	if (!type_begins_with(candidate->type, "sock"))
		return 0;
	image_text(kernel->image,
		   kernel_at(kernel, kernel_u64(kernel, subject->base, AT_SOCK_PROTOCOL),
			     AT_PROTOCOL_NAME),
		   protocol, sizeof(protocol));
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++)
		if (!strcmp(type_name(candidate->type), sockets[i].type))
			return strcmp(protocol, sockets[i].protocol) ? -9 : 9;
	return 0;
}

bool guess_type(struct kernel *kernel, const struct members *members, struct subject *subject,
		struct guess *guess)
{
	struct candidate list[CANDIDATES_MAX];
	uint32_t nr = find_candidates(kernel, members, subject, list);
	const struct candidate *best = NULL, *second = NULL;

	*guess = (struct guess){ 0 };
	for (uint32_t i = 0; i < nr; i++) {
		struct candidate *candidate = &list[i];
		uint32_t explained;

		if (!candidate->at_first)
			continue;
		explained = assign(kernel, members, subject, candidate->type);
		candidate->score = fit(kernel, candidate->type, subject->base, subject->size) +
				   4.0 * explained - 2.0 * (subject->nr - explained) +
				   (candidate->is_owner ? 3 : 0) +
				   points_of_size(kernel, subject, candidate) +
				   points_of_route(kernel, subject, candidate) +
				   points_of_socket(kernel, subject, candidate);
		if (!best || candidate->score > best->score) {
			second = best;
			best = candidate;
		} else if (!second || candidate->score > second->score) {
			second = candidate;
		}
	}
	if (!best || best->score < SCORE_MIN) {
		assign(kernel, members, subject, (struct type){ 0 });
		return false;
	}
	assign(kernel, members, subject, best->type);
	guess->type = best->type;
	guess->score = best->score;
	if (second && best->score - second->score < SCORE_CLOSE)
		guess->other = second->type;
	return true;
}

/* --- an object's own count --- */

struct count_finder {
	enum leaf_kind kind;
	uint32_t offset;
};

static bool see_count(const struct leaf *leaf, void *context)
{
	struct count_finder *finder = context;

	if (leaf->kind != LEAF_COUNT && leaf->kind != LEAF_RCUREF)
		return false;
	*finder = (struct count_finder){ leaf->kind, leaf->offset };
	return true;
}

bool guess_count(const struct kernel *kernel, struct type type, uint64_t base, int64_t *count)
{
	struct count_finder finder = { 0 };

	if (!type_walk(type, see_count, &finder)) {
		if (!layout_has(&kernel->layout, AT_DST_OLD_COUNT) ||
		    !type_begins_with(type, "dst_entry"))
			return false;
		finder.offset = kernel->layout.at[AT_DST_OLD_COUNT];
	}
	*count = (int32_t)image_u32(kernel->image, base + finder.offset) +
		 (finder.kind == LEAF_RCUREF ? 1 : 0);
	return true;
}
