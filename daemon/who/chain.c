// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "who/paging.h"

enum { STACKS_MAX = 2, NODES_MAX = 4096, BEGINNINGS = 8, ENTRY_STACK = 0xf00 };

/* A word for each CPU in which an object keeps a pointer, where the direct map has it. */
struct cached {
	uint64_t at;
	int32_t node;
};

struct following {
	struct kernel *kernel;
	struct chain *chain;
	const struct wanted *wanted;
	uint32_t level;
	uint32_t *frontier; /* nodes whose referrers are looked for, by address */
	struct span *spans; /* the same, for the scan */
	uint32_t nr_frontier;
	const char *names[MEMBER_TARGETS]; /* of the types that a pointer to them may have */
	uint32_t nr_names;
	struct members members;
	struct cached *cached; /* ascending */
	uint32_t nr_cached, cached_room;
};

/* --- nodes --- */

/* Structures in which everything comes together: what they point to is in use. */
static bool is_hub(struct type type)
{
	static const char *const hubs[] = { "net",    "net_device",	"task_struct",
					    "file",   "inode",		"module",
					    "socket", "proc_dir_entry", "nsproxy" };

	for (size_t i = 0; i < sizeof(hubs) / sizeof(hubs[0]); i++)
		if (!strcmp(type_name(type), hubs[i]))
			return true;
	return false;
}

static bool is_route(const struct node *node)
{
	return type_begins_with(node->type, "dst_entry");
}

static int32_t node_at(const struct chain *chain, uint64_t base)
{
	for (uint32_t i = 0; i < chain->nr; i++)
		if (chain->nodes[i].object.base == base)
			return (int32_t)i;
	return -1;
}

static bool is_wanted(const struct following *following, const struct node *node)
{
	const struct wanted *wanted = following->wanted;
	uint8_t key[sizeof(wanted->key)];

	if (!wanted->type || !type_begins_with(node->type, wanted->type))
		return false;
	return !wanted->key_size ||
	       (!image_read(following->kernel->image,
			    kernel_at(following->kernel, node->object.base, wanted->place), key,
			    wanted->key_size) &&
		!memcmp(key, wanted->key, wanted->key_size));
}

/* -1: there are too many. */
static int32_t add_node(struct following *following, const struct object *object,
			struct type type)
{
	struct chain *chain = following->chain;
	struct kernel *kernel = following->kernel;
	struct device device;
	struct node *node;

	if (chain->nr == NODES_MAX)
		return -1;
	node = &chain->nodes[chain->nr];
	*node = (struct node){ .object = *object, .type = type, .level = following->level };
	if (type.btf)
		node->has_count = guess_count(kernel, type, object->base, &node->count);
	node->is_wanted = is_wanted(following, node);
	node->opened = tasks_opened(kernel->tasks, object->base, &node->nr_opened);
	if (object->size > kernel->layout.device_size &&
	    device_at(kernel, (object->base + 31) & ~31ULL, &device))
		memcpy(node->device, device.name, sizeof(node->device));
	node->is_anchor = node->nr_opened || node->device[0] || is_hub(type);
	return (int32_t)chain->nr++;
}

/* --- what an object keeps for each CPU --- */

/* Members that point to such words. */
static const char *const per_cpu_members[] = { "rt6i_pcpu", "nhc_pcpu_rth_output" };

static int compare_cached(const void *a, const void *b)
{
	const struct cached *one = a, *other = b;

	return one->at < other->at ? -1 : one->at > other->at;
}

static void add_cached(struct following *following, uint64_t at, uint32_t node)
{
	if (!at)
		return;
	if (following->nr_cached == following->cached_room) {
		uint32_t room = following->cached_room ? 2 * following->cached_room : 64;
		struct cached *list =
			realloc(following->cached, room * sizeof(*following->cached));

		if (!list)
			return;
		following->cached = list;
		following->cached_room = room;
	}
	following->cached[following->nr_cached++] = (struct cached){ at, (int32_t)node };
}

struct cpu_finder {
	struct following *following;
	uint64_t table; /* of pages */
	uint32_t node;
};

static bool see_cpu_member(const struct leaf *leaf, void *context)
{
	struct cpu_finder *finder = context;
	struct following *following = finder->following;
	const struct image *image = following->kernel->image;
	uint64_t base = following->chain->nodes[finder->node].object.base, pointer;
	bool is_per_cpu = false;

	for (size_t i = 0; i < sizeof(per_cpu_members) / sizeof(per_cpu_members[0]); i++)
		is_per_cpu |= !strcmp(leaf->member, per_cpu_members[i]);
	pointer = is_per_cpu ? image_u64(image, base + leaf->offset) : 0;
	for (uint32_t cpu = 0; pointer && cpu < image->nr_cpus; cpu++)
		add_cached(
			following,
			paging_direct(image, finder->table, pointer + image->cpu_offsets[cpu]),
			finder->node);
	return false;
}

static void find_cached_words(struct following *following)
{
	struct cpu_finder finder = {
		.following = following,
		.table = paging_table(following->kernel->image, &following->kernel->layout),
	};

	for (; finder.node < following->chain->nr; finder.node++)
		if (following->chain->nodes[finder.node].type.btf)
			type_walk(following->chain->nodes[finder.node].type, see_cpu_member,
				  &finder);
	if (following->nr_cached)
		qsort(following->cached, following->nr_cached, sizeof(*following->cached),
		      compare_cached);
}

static const struct cached *find_cached(const struct following *following, uint64_t at)
{
	const struct cached key = { .at = at };

	return following->nr_cached ? bsearch(&key, following->cached, following->nr_cached,
					      sizeof(key), compare_cached) :
				      NULL;
}

/* --- links --- */

static void add_link(struct node *node, const struct link *link)
{
	uint32_t kept = node_links(node);

	/* Words on stacks own nothing: they must not take the place of what does. */
	if (link->kind == LINK_STACK &&
	    (kept == CHAIN_LINKS || node->nr_stacks++ >= STACKS_MAX))
		return;
	for (uint32_t i = 0; i < kept; i++)
		if (node->links[i].kind == link->kind && node->links[i].from == link->from &&
		    node->links[i].task == link->task &&
		    !strcmp(node->links[i].path, link->path))
			return;
	if (kept < CHAIN_LINKS)
		node->links[kept] = *link;
	node->nr_links++;
}

uint32_t node_links(const struct node *node)
{
	return node->nr_links < CHAIN_LINKS ? node->nr_links : CHAIN_LINKS;
}

/*
 * The registers of our own system calls are kept at the end of a page that has nothing else in
 * it (struct entry_stack_page).
 */
static bool is_entry_stack(const struct image *image, uint64_t at)
{
	uint8_t page[IMAGE_PAGE] = { 0 };

	if (at % IMAGE_PAGE < ENTRY_STACK)
		return false;
	image_read_holes(image, at & ~(uint64_t)(IMAGE_PAGE - 1), page, sizeof(page));
	for (uint32_t i = 0; i < 0xe00; i++)
		if (page[i])
			return false;
	return true;
}

/* Stacks of interrupts, and the registers that hardware breakpoints are set by. */
static bool holds_nothing(const char *variable)
{
	return strstr(variable, "stack") || !strcmp(variable, "cpu_debugreg");
}

static void see_kernel_page(struct following *following, const struct word *word,
			    struct node *node, bool at_base)
{
	const struct image *image = following->kernel->image;
	struct link link = { .kind = LINK_STATIC, .from = -1 };

	link.task = tasks_stack_at(following->kernel->tasks, image_page_of(image, word->at));
	if (link.task) {
		link.kind = LINK_STACK;
		if (image->task_reads && link.task->address == image->task)
			return;
	} else {
		const struct cached *cached = find_cached(following, word->at);

		snprintf(link.path, sizeof(link.path), "%s",
			 cpu_variables_name(following->kernel->cpu_variables, word->at));
		/* Lists of routes own none of them. */
		if ((!at_base && is_route(node)) || holds_nothing(link.path) ||
		    is_entry_stack(image, word->at))
			return;
		if (cached)
			link = (struct link){ .kind = LINK_CACHED,
					      .from = cached->node,
					      .counts = is_route(node) };
		node->counted += link.counts;
	}
	add_link(node, &link);
}

static void add_targets(const struct following *following, struct type type, uint64_t *targets)
{
	const char *names[BEGINNINGS];
	uint32_t nr = type_beginnings(type, names, BEGINNINGS);

	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t j = 0; j < following->nr_names; j++)
			if (!strcmp(following->names[j], names[i]))
				*targets |= 1ULL << j;
}

static struct node *node_of(const struct following *following, uint64_t value)
{
	int32_t which = scan_which(following->spans, following->nr_frontier, value);

	return which < 0 ? NULL : &following->chain->nodes[following->frontier[which]];
}

/* A pointer to the base, tagged perhaps, is judged by type; one to the inside is of a list. */
static void note_pointer(const struct following *following, const struct object *object,
			 const struct word *word, struct subject *subject)
{
	const struct node *node = node_of(following, word->value);
	struct pointer pointer = { .offset = (uint32_t)(word->at - object->base),
				   .value = word->value };

	if (object->base == node->object.base ||
	    account_is_sysctl(following->kernel, object, word->at))
		return;
	if ((word->value & ~WORD_TAGS) == node->object.base) {
		pointer.value = node->object.base;
		add_targets(following, node->type, &pointer.targets);
	} else if (word->value & WORD_TAGS || is_route(node)) {
		return;
	}
	subject->pointers[subject->nr++] = pointer;
}

/* Registers of a task are saved in its task_struct: those of ours hold what was copied. */
static bool is_task(const struct object *object)
{
	return !strcmp(object->cache, "task_struct");
}

struct named_pointer {
	uint32_t offset;
	struct link *link;
	struct node *node;
};

static bool see_named_pointer(const struct leaf *leaf, void *context)
{
	const struct named_pointer *named = context;

	if (leaf->offset != named->offset || leaf->kind != LEAF_POINTER ||
	    !type_is_struct(leaf->target))
		return false;
	named->link->kind = LINK_MEMBER;
	leaf_path(leaf, named->link->path);
	named->node->pointed_as = type_name(leaf->target);
	return true;
}

/*
 * What a typed pointer leads to is called what the pointer is to: an array, say, whose own
 * contents fit many types.
 */
static void name_by_pointer(const struct node *from, const struct pointer *pointer,
			    struct node *node, struct link *link)
{
	struct named_pointer named = { .offset = pointer->offset, .link = link, .node = node };

	if (from->type.btf && node->level > from->level && pointer->value == node->object.base)
		type_walk(from->type, see_named_pointer, &named);
}

/* What one object has in it: its type is guessed from all pointers to bases together. */
static void see_object(struct following *following, const struct object *object,
		       const struct word *words, uint32_t nr)
{
	struct subject subject = { .base = object->base,
				   .size = object->size,
				   .is_dedicated = object->is_dedicated,
				   .cache = object->cache };
	int32_t from = node_at(following->chain, object->base);
	struct guess guess = { 0 };

	for (uint32_t i = 0; i < nr && subject.nr < POINTERS_MAX; i++)
		note_pointer(following, object, &words[i], &subject);
	if (!subject.nr)
		return;
	guess_type(following->kernel, &following->members, &subject, &guess);
	if (from < 0)
		from = add_node(following, object, guess.type);
	for (uint32_t i = 0; i < subject.nr; i++) {
		const struct pointer *pointer = &subject.pointers[i];
		struct node *node = node_of(following, pointer->value);
		struct link link = { .kind = pointer->member  ? LINK_MEMBER :
					     pointer->targets ? LINK_UNNAMED :
								LINK_INSIDE,
				     .from = from,
				     .word = { object->base + pointer->offset,
					       pointer->value } };

		if (link.kind != LINK_MEMBER &&
		    (is_task(object) ||
		     pages_is_sheaf(following->kernel->pages, object, pointer->value)))
			continue;
		if (pointer->member)
			member_path(pointer->member, link.path);
		else if (from >= 0)
			name_by_pointer(&following->chain->nodes[from], pointer, node, &link);
		link.counts =
			pointer->member && balance_counts(node->type, pointer->member->owner,
							  pointer->member->member);
		node->counted += link.counts;
		add_link(node, &link);
	}
}

static void see_words(struct following *following, const struct words *words)
{
	for (uint32_t i = 0; i < words->nr;) {
		const struct word *word = &words->list[i];
		struct node *node = node_of(following, word->value);
		struct object object;
		uint32_t nr = 1;

		if (tasks_is_note(following->kernel->tasks, word->at)) {
			i++;
			continue;
		}
		if (!pages_object(following->kernel->pages, word->at, &object)) {
			see_kernel_page(following, word, node,
					(word->value & ~WORD_TAGS) == node->object.base);
		} else {
			while (i + nr < words->nr &&
			       words->list[i + nr].at < object.base + object.size)
				nr++;
			if (!object.is_free)
				see_object(following, &object, word, nr);
		}
		i += nr;
	}
}

/* --- fates --- */

static bool holds_up(const struct chain *chain, const struct link *link)
{
	switch (link->kind) {
	case LINK_STATIC: return true;
	case LINK_STACK: return false;
	case LINK_MEMBER:
	case LINK_INSIDE:
	case LINK_UNNAMED:
	case LINK_CACHED: break;
	}
	return link->from < 0 || chain->nodes[link->from].fate == NODE_HELD ||
	       chain->nodes[link->from].is_anchor;
}

/* Whoever is led to by what is held is held: until nothing changes any more. */
static void decide(struct chain *chain)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < chain->nr; i++) {
			struct node *node = &chain->nodes[i];
			bool held = node->is_anchor;

			for (uint32_t j = 0; !held && j < node_links(node); j++)
				held = holds_up(chain, &node->links[j]);
			if (held && node->fate != NODE_HELD) {
				node->fate = NODE_HELD;
				changed = true;
			}
		}
	}
}

/* --- levels --- */

bool node_is_dying(const struct node *node)
{
	return node->has_count && !node->count;
}

static bool is_open(const struct node *node, uint32_t level)
{
	return node->level == level && !node_is_dying(node) &&
	       (node->is_wanted || (node->is_needed && node->fate != NODE_HELD));
}

/*
 * Only what decides on one that holds the device is followed; levels rise with the index.
 */
static void mark_needed(struct chain *chain)
{
	for (uint32_t i = 0; i < chain->nr; i++)
		chain->nodes[i].is_needed = !chain->nodes[i].level;
	for (uint32_t i = 0; i < chain->nr; i++) {
		const struct node *node = &chain->nodes[i];

		for (uint32_t j = 0; j < node_links(node); j++)
			if (node->is_needed && node->fate != NODE_HELD &&
			    node->links[j].from >= 0)
				chain->nodes[node->links[j].from].is_needed = true;
	}
}

static int make_frontier(struct following *following, uint32_t level)
{
	struct chain *chain = following->chain;
	uint32_t nr = 0;

	free(following->frontier);
	free(following->spans);
	following->nr_names = 0;
	following->frontier = calloc(chain->nr + 1, sizeof(*following->frontier));
	following->spans = calloc(chain->nr + 1, sizeof(*following->spans));
	if (!following->frontier || !following->spans)
		return -ENOMEM;
	mark_needed(chain);
	for (uint32_t i = 0; i < chain->nr; i++)
		if (is_open(&chain->nodes[i], level))
			following->spans[nr++] =
				(struct span){ chain->nodes[i].object.base,
					       chain->nodes[i].object.base +
						       chain->nodes[i].object.size };
	qsort(following->spans, nr, sizeof(*following->spans), span_compare);
	for (uint32_t i = 0; i < nr; i++)
		following->frontier[i] = (uint32_t)node_at(chain, following->spans[i].from);
	following->nr_frontier = nr;
	return 0;
}

static void add_name(struct following *following, const char *name)
{
	for (uint32_t i = 0; i < following->nr_names; i++)
		if (!strcmp(following->names[i], name))
			return;
	if (following->nr_names < MEMBER_TARGETS)
		following->names[following->nr_names++] = name;
}

static void name_targets(struct following *following)
{
	for (uint32_t i = 0; i < following->nr_frontier; i++) {
		const char *names[BEGINNINGS];
		uint32_t nr =
			type_beginnings(following->chain->nodes[following->frontier[i]].type,
					names, BEGINNINGS);

		for (uint32_t j = 0; j < nr; j++)
			add_name(following, names[j]);
	}
}

static int follow_level(struct following *following)
{
	struct kernel *kernel = following->kernel;
	struct words words = { 0 };
	int err;

	name_targets(following);
	err = members_find(kernel->image->types, following->names, following->nr_names,
			   &following->members);
	if (!err)
		err = scan(kernel->image, kernel->pages, following->spans,
			   following->nr_frontier, &words);
	if (!err)
		see_words(following, &words);
	free(words.list);
	members_clear(&following->members);
	return err;
}

static void begin(struct following *following, const struct account *account)
{
	for (uint32_t i = 0; i < account->nr_holders; i++) {
		const struct holder *holder = &account->holders[i];

		if (holder->references && node_at(following->chain, holder->object.base) < 0)
			add_node(following, &holder->object, holder->type);
	}
	find_cached_words(following);
	decide(following->chain);
}

static bool has_owner(const struct node *node)
{
	for (uint32_t i = 0; i < node_links(node); i++)
		if (node->links[i].kind != LINK_STACK)
			return true;
	return false;
}

/*
 * A chain that was not followed to its end, or ends at an object that does not count its users,
 * or is of no known type. Nothing of that is blamed. One with users that are seen goes on.
 */
static bool is_undecided(const struct node *node, uint32_t levels)
{
	bool is_counted = node->type.btf && (node->has_count || !node->level);

	return node->fate != NODE_HELD &&
	       (!node->is_needed || node->level >= levels || node->nr_links > CHAIN_LINKS ||
		(!is_counted && !has_owner(node)));
}

/* What only undecided ones hold is not lost, as far as is known. */
static void conclude(struct chain *chain, uint32_t levels)
{
	for (uint32_t i = 0; i < chain->nr; i++)
		if (is_undecided(&chain->nodes[i], levels))
			chain->nodes[i].is_anchor = true;
	decide(chain);
	for (uint32_t i = 0; i < chain->nr; i++)
		if (chain->nodes[i].fate != NODE_HELD)
			chain->nodes[i].fate =
				node_is_dying(&chain->nodes[i]) ? NODE_HELD : NODE_LOST;
}

/* A later look must find this very object, not another one at its place. */
static void remember_lost(const struct following *following)
{
	for (uint32_t i = 0; i < following->chain->nr; i++) {
		struct node *node = &following->chain->nodes[i];
		uint32_t size = node->object.size & ~7U;

		if (node->fate == NODE_LOST)
			image_read_holes(
				following->kernel->image, node->object.base, node->beginning,
				size < sizeof(node->beginning) ? size :
								 sizeof(node->beginning));
	}
}

static void balance(const struct following *following, uint64_t device)
{
	for (uint32_t i = 0; i < following->chain->nr; i++) {
		struct node *node = &following->chain->nodes[i];

		if (node->is_wanted ||
		    (!node->level && !strcmp(type_name(node->type), "inet6_dev")))
			balance_make(following->kernel, node->type, node->object.base, device,
				     node->count, node->counted, &node->balance);
	}
}

int chain_follow(struct kernel *kernel, const struct account *account,
		 const struct wanted *wanted, struct chain *chain, struct why *why)
{
	struct following following = { .kernel = kernel, .chain = chain, .wanted = wanted };
	uint32_t level = 0;
	int err = 0;

	*chain = (struct chain){ .nodes = calloc(NODES_MAX, sizeof(struct node)) };
	if (!chain->nodes)
		return why_memory(why);
	begin(&following, account);
	for (; !err && level < CHAIN_LEVELS; level++) {
		err = make_frontier(&following, level);
		if (err || !following.nr_frontier)
			break;
		following.level = level + 1;
		err = follow_level(&following);
		decide(chain);
	}
	balance(&following, account->device.address);
	conclude(chain, level);
	remember_lost(&following);
	free(following.frontier);
	free(following.spans);
	free(following.cached);
	return err ? why_set(why, -err, "out of memory") : 0;
}

void chain_clear(struct chain *chain)
{
	free(chain->nodes);
	*chain = (struct chain){ 0 };
}
