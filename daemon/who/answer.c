// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/shown.h"
#include "base/text.h"
#include "who/lost.h"
#include "who/words.h"

enum { LINES_MAX = 64, SENTENCES_MAX = 64, OWNERS_MAX = 16, LINE = 400, LIVES_TOLD = 3 };

const char *const answer_names[] = { "explained", "lost", "bare", "unclear" };
_Static_assert(sizeof(answer_names) / sizeof(answer_names[0]) == ANSWERS, "each has a name");

static const char *const state_names[] = { "unknown", "registered", "unregistering",
					   "unregistered" };

/* --- fields --- */

/* clang-format off */
#define ROW_AT(type, member) .offset = offsetof(type, member)
#define LIST_AT(type, first, nr) \
	.list = true, .offset = offsetof(type, first), .count_offset = offsetof(type, nr)

static const struct field owner_rows[] = {
	{ "pid", FIELD_U32, ROW_AT(struct answer_owner, pid), .doc = "The process" },
	{ "comm", FIELD_TEXT, ROW_AT(struct answer_owner, comm), .doc = "Its command" },
	{ "fd", FIELD_U32, ROW_AT(struct answer_owner, fd), .doc = "Its descriptor" },
	{ .name = NULL },
};
static const struct fields owner_fields = {
	"owner", "A process that keeps a holder alive", owner_rows, sizeof(struct answer_owner),
};

static const struct field holder_rows[] = {
	{ "type", FIELD_TEXT, ROW_AT(struct answer_holder, type), .nullable = true,
	  .doc = "The kernel structure; null where none fits" },
	{ "words", FIELD_TEXT, ROW_AT(struct answer_holder, words), .nullable = true,
	  .doc = "Its meaning; null where the structure's name says all" },
	{ "member", FIELD_TEXT, ROW_AT(struct answer_holder, member), .doc = "The member that points to the device" },
	{ "part", FIELD_TEXT, ROW_AT(struct answer_holder, part), .nullable = true,
	  .doc = "The device of whose private part it is; null for other objects" },
	{ "address", FIELD_U64, ROW_AT(struct answer_holder, address), .hex = true, .doc = "Its address" },
	{ "references", FIELD_U32, ROW_AT(struct answer_holder, references),
	  .doc = "References to the device that it holds" },
	{ "refcount", FIELD_I64, ROW_AT(struct answer_holder, refcount), .nullable = true,
	  .doc = "References to the holder itself; null where it does not count them" },
	{ "lost", FIELD_BOOL, ROW_AT(struct answer_holder, is_lost),
	  .doc = "Whether only lost objects, or none, lead to it" },
	{ "why_not", FIELD_TEXT, ROW_AT(struct answer_holder, why_not), .nullable = true,
	  .doc = "Why it holds no reference; null where it does" },
	{ "owners", FIELD_OBJECT, LIST_AT(struct answer_holder, owners, nr_owners), .sub = &owner_fields,
	  .doc = "The processes that keep it alive" },
	{ "chain", FIELD_TEXT, LIST_AT(struct answer_holder, chain, nr_chain),
	  .doc = "The objects that point to it, a line each, indented by level" },
	{ .name = NULL },
};
static const struct fields holder_fields = {
	"holder", "An object that points to the device", holder_rows, sizeof(struct answer_holder),
};

static const struct field answer_rows[] = {
	{ "device", FIELD_TEXT, ROW_AT(struct answer, device), .doc = "Name of the device" },
	{ "ifindex", FIELD_U32, ROW_AT(struct answer, ifindex), .doc = "Its index" },
	{ "netns", FIELD_U32, ROW_AT(struct answer, netns), .doc = "Inode number of its network namespace" },
	{ "state", FIELD_TEXT, ROW_AT(struct answer, state), .doc = "registered, unregistering or unregistered" },
	{ "waiting_pid", FIELD_U32, ROW_AT(struct answer, waiting_pid), .nullable = true,
	  .doc = "The task that waits for the references; null: none" },
	{ "waiting_comm", FIELD_TEXT, ROW_AT(struct answer, waiting_comm), .nullable = true, .doc = "Its command" },
	{ "object", FIELD_TEXT, ROW_AT(struct answer, object), .nullable = true,
	  .doc = "The object of the device that was asked for; null: the device itself" },
	{ "answer", FIELD_ENUM, ROW_AT(struct answer, kind), .names = answer_names, .nr_names = ANSWERS,
	  .doc = "explained: every reference belongs to an object that something alive points to; lost: an object that nothing leads to holds some; bare: some belong to no object; unclear: the account does not add up" },
	{ "sentences", FIELD_TEXT, LIST_AT(struct answer, sentences, nr_sentences),
	  .doc = "The answer in sentences, the most important one first" },
	{ "usage_count", FIELD_I64, ROW_AT(struct answer, usage_count),
	  .doc = "References to the device, as the kernel prints them, or to the object: the sum of the next four" },
	{ "initial", FIELD_I64, ROW_AT(struct answer, initial), .doc = "The one that every device has; 0 of an object" },
	{ "registered", FIELD_I64, ROW_AT(struct answer, registered), .doc = "The one of a registered device; 0 of an object" },
	{ "explained", FIELD_I64, ROW_AT(struct answer, explained), .doc = "Those of holders, and of the device itself" },
	{ "unexplained", FIELD_I64, ROW_AT(struct answer, unexplained), .doc = "The others" },
	{ "has_moved", FIELD_BOOL, ROW_AT(struct answer, has_moved),
	  .doc = "Whether the count changed while it was read" },
	{ "is_checked", FIELD_BOOL, ROW_AT(struct answer, is_checked),
	  .doc = "Whether the account of devices made for the purpose was compared with their counts" },
	{ "check_unexplained", FIELD_I64, ROW_AT(struct answer, check_unexplained),
	  .doc = "Unexplained references of those devices: other than 0 on a kernel with holds that are not known" },
	{ "of_itself", FIELD_TEXT, LIST_AT(struct answer, of_itself, nr_of_itself),
	  .doc = "Why the device holds references to itself" },
	{ "holders", FIELD_OBJECT, LIST_AT(struct answer, holders, nr_holders), .sub = &holder_fields,
	  .doc = "The objects that point to the device" },
	{ .name = NULL },
};
const struct fields answer_fields = {
	"who", "Who holds a network device", answer_rows, sizeof(struct answer),
};
/* clang-format on */

/* --- memory --- */

static void *keep(struct answer *answer, void *memory)
{
	if (answer->nr_kept == answer->kept_room) {
		uint32_t room = answer->kept_room ? 2 * answer->kept_room : 1024;
		void **kept = realloc(answer->kept, room * sizeof(*kept));

		if (!kept) {
			free(memory);
			return NULL;
		}
		answer->kept = kept;
		answer->kept_room = room;
	}
	return memory ? answer->kept[answer->nr_kept++] = memory : NULL;
}

static const char *keep_text(struct answer *answer, const char *text)
{
	return keep(answer, shown_text(text, ""));
}

static void say(struct answer *answer, const char *sentence)
{
	for (uint32_t i = 0; i < answer->nr_sentences; i++)
		if (!strcmp(answer->sentences[i], sentence))
			return;
	if (answer->nr_sentences < SENTENCES_MAX &&
	    (answer->sentences[answer->nr_sentences] = keep_text(answer, sentence)))
		answer->nr_sentences++;
}

/* --- chains in words --- */

/* "rt6_info (IPv6 route)" */
static void name_type(struct type type, char *name, size_t size)
{
	const char *words = words_for(type_name(type));

	snprintf(name, size, words ? "%s (%s)" : "%s", type_name(type), words);
}

static void describe_node(const struct node *node, char *line, size_t size)
{
	char name[160];

	if (node->device[0]) {
		text_add(line, size, "net_device %s", node->device);
		return;
	}
	if (node->pointed_as) {
		text_add(line, size, "%s", node->pointed_as);
		return;
	}
	if (!node->type.btf) {
		text_add(line, size, "an object of %s whose type is not known",
			 node->object.cache);
		return;
	}
	name_type(node->type, name, sizeof(name));
	text_add(line, size, "%s", name);
	if (node->has_count)
		text_add(line, size, ", refcount %lld", (long long)node->count);
	if (node->nr_opened)
		text_add(line, size, ", %s (pid %d, fd %u)", node->opened->task->comm,
			 node->opened->task->tgid, node->opened->fd);
}

static void describe_link(const struct chain *chain, const struct link *link, char *line,
			  size_t size)
{
	switch (link->kind) {
	case LINK_MEMBER:
		text_add(line, size, "%s of ", link->path);
		describe_node(&chain->nodes[link->from], line, size);
		break;
	case LINK_INSIDE:
		text_add(line, size, "a list in ");
		if (link->from >= 0)
			describe_node(&chain->nodes[link->from], line, size);
		break;
	case LINK_UNNAMED:
		if (link->from >= 0)
			describe_node(&chain->nodes[link->from], line, size);
		break;
	case LINK_CACHED:
		text_add(line, size, "the per-CPU cache of ");
		describe_node(&chain->nodes[link->from], line, size);
		break;
	case LINK_STATIC:
		if (link->path[0])
			text_add(line, size, "per-CPU data %s", link->path);
		else
			text_add(line, size, "data of the kernel (static, per-CPU or vmalloc)");
		break;
	case LINK_STACK:
		text_add(line, size,
			 "the stack of %s (%d): perhaps on its way, perhaps an old word",
			 link->task->comm, link->task->pid);
		break;
	}
}

struct telling {
	const struct chain *chain;
	struct answer *answer;
	struct answer_holder *holder;
};

static void add_line(struct telling *telling, uint32_t depth, const char *words)
{
	struct answer_holder *holder = telling->holder;
	char line[LINE];

	snprintf(line, sizeof(line), "%*s<- %s", (int)(3 * depth), "", words);
	if (holder->nr_chain < LINES_MAX &&
	    (holder->chain[holder->nr_chain] = keep_text(telling->answer, line)))
		holder->nr_chain++;
}

static void add_owners(struct telling *telling, const struct node *node)
{
	struct answer_holder *holder = telling->holder;

	for (uint32_t i = 0; i < node->nr_opened && holder->nr_owners < OWNERS_MAX; i++)
		holder->owners[holder->nr_owners++] =
			(struct answer_owner){ (uint32_t)node->opened[i].task->tgid,
					       node->opened[i].fd, node->opened[i].task->comm };
}

static bool owns(const struct link *link)
{
	return link->kind != LINK_STACK;
}

/* From one before it in a list, as routes of one prefix are: that owns nothing. */
static bool is_list(const struct link *link)
{
	static const char next[] = "next";
	size_t length = strlen(link->path);

	return link->kind == LINK_MEMBER && length >= strlen(next) &&
	       !strcmp(link->path + length - strlen(next), next);
}

/* Upwards, a node only from the level below it: chains have no circles then. */
static void tell_node(struct telling *telling, const struct node *node, uint32_t depth)
{
	const struct chain *chain = telling->chain;
	uint32_t owners = 0;

	add_owners(telling, node);
	for (uint32_t i = 0; i < node_links(node); i++) {
		const struct link *link = &node->links[i];
		char words[LINE] = "";

		describe_link(chain, link, words, sizeof(words));
		add_line(telling, depth, words);
		owners += owns(link);
		if (link->from >= 0 && !is_list(link) &&
		    chain->nodes[link->from].level > node->level)
			tell_node(telling, &chain->nodes[link->from], depth + 1);
	}
	if (node->fate == NODE_LOST && !owners)
		add_line(telling, depth, "nothing points to it, and it is alive: LOST");
}

static const struct node *node_of(const struct chain *chain, uint64_t base)
{
	for (uint32_t i = 0; i < chain->nr; i++)
		if (chain->nodes[i].object.base == base)
			return &chain->nodes[i];
	return NULL;
}

/* --- holders --- */

static int make_holder(struct answer *answer, const struct chain *chain,
		       const struct holder *from, struct answer_holder *to)
{
	const struct node *node = from->references ? node_of(chain, from->object.base) : NULL;
	struct telling telling = { chain, answer, to };

	*to = (struct answer_holder){
		.type = from->type.btf ? type_name(from->type) : NULL,
		.words = from->type.btf ? words_for(type_name(from->type)) : NULL,
		.member = from->path,
		.part = from->part[0] ? from->part : NULL,
		.address = from->object.base,
		.references = from->references,
		.refcount = from->has_count ? from->count : INT64_MIN,
		.is_lost = node && node->fate == NODE_LOST,
		.why_not = from->references  ? NULL :
			   from->not_counted ? from->not_counted :
			   from->type.btf ? "no reference is known to belong to this member" :
					    "its type is not known",
		.owners = keep(answer, calloc(OWNERS_MAX, sizeof(struct answer_owner))),
		.chain = keep(answer, calloc(LINES_MAX, sizeof(const char *))),
	};
	if (!to->owners || !to->chain)
		return -ENOMEM;
	if (node)
		tell_node(&telling, node, 0);
	return 0;
}

/* --- the answer --- */

/* "rt6_info (IPv6 route) holds fib6_info (...), which holds dut1" */
static void path_down(const struct chain *chain, uint32_t top, const char *device, char *words,
		      size_t size)
{
	const struct node *node = &chain->nodes[top];
	uint32_t at = top;

	while (node->level) {
		uint32_t below = at;

		for (uint32_t i = 0; below == at && i < chain->nr; i++)
			for (uint32_t j = 0; j < node_links(&chain->nodes[i]); j++)
				if (chain->nodes[i].links[j].from == (int32_t)at &&
				    chain->nodes[i].level < node->level)
					below = i;
		if (below == at)
			return;
		at = below;
		node = &chain->nodes[at];
		text_add(words, size, " holds ");
		describe_node(node, words, size);
		text_add(words, size, ", which");
	}
	text_add(words, size, " holds %s.", device);
}

/* "fib6_info (...), holds rt6_exception, which holds rt6_info (...), which holds the first" */
static void path_around(const struct chain *chain, const struct lost *lost, const char *device,
			char *words, size_t size)
{
	for (uint32_t i = 0; i < lost->nr_circle; i++) {
		text_add(words, size, ", %sholds ", i ? "which " : "");
		describe_node(&chain->nodes[lost->circle[i]], words, size);
	}
	text_add(
		words, size,
		", which holds the first: a circle that nothing else points to, and that holds %s.",
		device);
}

static void say_lost(struct answer *answer, const struct chain *chain)
{
	struct lost list[LOST_MAX];
	uint32_t nr = lost_find(chain, list);

	for (uint32_t i = 0; i < nr; i++) {
		char words[LINE] = "LOST: ";

		describe_node(&chain->nodes[list[i].top], words, sizeof(words));
		if (list[i].nr_circle) {
			path_around(chain, &list[i], answer->device, words, sizeof(words));
		} else {
			text_add(words, sizeof(words), ", which nothing points to,");
			path_down(chain, list[i].top, answer->device, words, sizeof(words));
		}
		say(answer, words);
		answer->kind = ANSWER_LOST;
	}
}

static void say_unexplained(struct answer *answer)
{
	char words[LINE];

	if (!answer->unexplained)
		return;
	if (answer->unexplained < 0 || answer->has_moved || answer->check_unexplained) {
		snprintf(words, sizeof(words),
			 "The account does not add up: %lld references are %s%s.",
			 llabs(answer->unexplained),
			 answer->unexplained > 0 ? "unexplained" : "explained too many",
			 answer->has_moved ? ", and the count changed while it was read" : "");
		if (answer->kind == ANSWER_EXPLAINED)
			answer->kind = ANSWER_UNCLEAR;
	} else {
		snprintf(
			words, sizeof(words),
			"%lld reference%s of %s belong%s to no object: taken by code that keeps no pointer, and not released. Which code it was cannot be seen afterwards; `dadrace watch` names it the next time.",
			(long long)answer->unexplained, answer->unexplained == 1 ? "" : "s",
			answer->device, answer->unexplained == 1 ? "s" : "");
		if (answer->kind == ANSWER_EXPLAINED)
			answer->kind = ANSWER_BARE;
	}
	say(answer, words);
}

/* A packet, say, whose pointer to its route is a number for the types. */
static bool has_unknown_user(const struct node *node)
{
	for (uint32_t i = 0; i < node_links(node); i++)
		if (node->links[i].kind == LINK_UNNAMED)
			return true;
	return false;
}

/* Of an object that is not lost and has more references than are explained. */
static void say_bare(struct answer *answer, const struct node *node)
{
	const struct balance *balance = &node->balance;
	char name[160], words[LINE];

	if (!balance->is_made || balance->has_moved || balance->unexplained <= 0 ||
	    node->fate == NODE_LOST || has_unknown_user(node))
		return;
	name_type(node->type, name, sizeof(name));
	snprintf(
		words, sizeof(words),
		"%lld of the %lld references to %s of %s belong to no object: taken by code that keeps no pointer, and not released.",
		(long long)balance->unexplained, (long long)balance->count, name,
		answer->device);
	say(answer, words);
	if (answer->kind == ANSWER_EXPLAINED)
		answer->kind = ANSWER_BARE;
}

static void say_parts(struct answer *answer, const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->nr; i++)
		if (!chain->nodes[i].is_wanted)
			say_bare(answer, &chain->nodes[i]);
}

static void say_owners(struct answer *answer)
{
	for (uint32_t i = 0; i < answer->nr_holders; i++) {
		const struct answer_holder *holder = &answer->holders[i];

		for (uint32_t j = 0; j < holder->nr_owners; j++) {
			const struct answer_owner *owner = &holder->owners[j];
			char words[LINE];

			snprintf(words, sizeof(words), "Held by %s (pid %u, fd %u): %s%s%s%s.",
				 owner->comm, owner->pid, owner->fd,
				 holder->words ? holder->words : holder->type,
				 holder->words ? " (" : "", holder->words ? holder->type : "",
				 holder->words ? ")" : "");
			say(answer, words);
		}
	}
}

/* Another device that is tied to this one, or has a pointer to it in its private part. */
static void say_devices(struct answer *answer, const struct chain *chain)
{
	for (uint32_t i = 0; i < chain->nr; i++) {
		const struct node *node = &chain->nodes[i];
		char words[LINE];

		if (node->level)
			continue;
		for (uint32_t j = 0; j < node_links(node); j++) {
			const struct link *link = &node->links[j];
			const char *other =
				link->from >= 0 ? chain->nodes[link->from].device : "";

			if (!*other || !strcmp(other, answer->device) ||
			    strcmp(type_name(node->type), "netdev_adjacent") != 0)
				continue;
			snprintf(words, sizeof(words),
				 "Held by the device %s, which is tied to it.", other);
			say(answer, words);
		}
	}
}

/* Why one is held: it lives of itself, or the kernel's own data point to it. */
static bool describe_life(const struct chain *chain, const struct node *node, char *words,
			  size_t size)
{
	words[0] = '\0';
	if (node->is_anchor)
		describe_node(node, words, size);
	for (uint32_t i = 0; !*words && i < node_links(node); i++)
		if (node->links[i].kind == LINK_STATIC)
			describe_link(chain, &node->links[i], words, size);
	return *words;
}

/* "fib6_node, net_device dut1 and others": where the chains end. */
static void name_lives(const struct chain *chain, char *words, size_t size)
{
	uint32_t named = 0;

	for (uint32_t i = 0; i < chain->nr; i++) {
		char life[LINE];

		if (!chain->nodes[i].is_needed ||
		    !describe_life(chain, &chain->nodes[i], life, sizeof(life)) ||
		    strstr(words, life))
			continue;
		if (named == LIVES_TOLD) {
			text_add(words, size, " and others");
			return;
		}
		text_add(words, size, "%s%s", named++ ? ", " : "", life);
	}
}

static void say_rest(struct answer *answer, const struct chain *chain)
{
	char words[2 * LINE] = "", lives[LINE] = "";
	uint32_t objects = 0, dying = 0;

	if (answer->has_moved && !answer->unexplained)
		say(answer,
		    "The count moved while it was read; it was read again until it added up.");

	for (uint32_t i = 0; i < answer->nr_holders; i++)
		objects += answer->holders[i].references > 0;
	if (answer->kind != ANSWER_EXPLAINED)
		return;
	for (uint32_t i = 0; i < chain->nr; i++)
		dying += !chain->nodes[i].level && node_is_dying(&chain->nodes[i]);
	text_add(words, sizeof(words), "Nothing is seen to be lost: ");
	if (objects == 1)
		text_add(words, sizeof(words), "the object that holds %s", answer->device);
	else
		text_add(words, sizeof(words), "each of the %u objects that hold %s", objects,
			 answer->device);
	if (dying && dying == objects) {
		text_add(words, sizeof(words),
			 " has no user left, and waits for RCU to free it.");
		say(answer, words);
		return;
	}
	name_lives(chain, lives, sizeof(lives));
	text_add(words, sizeof(words), " is pointed to by another that is alive%s%s%s",
		 *lives ? " (" : "", lives, *lives ? ")" : "");
	if (dying)
		text_add(words, sizeof(words), ", or waits for RCU to free it (%u)", dying);
	text_add(words, sizeof(words), ".");
	say(answer, words);
}

static void say_check(struct answer *answer)
{
	char words[LINE];

	if (!answer->check_unexplained)
		return;
	snprintf(
		words, sizeof(words),
		"This kernel has holds that dadrace does not know: on a device of its own %lld references are unexplained.",
		(long long)answer->check_unexplained);
	say(answer, words);
}

/* Those that tell something first, then by type. */
static int compare_holders(const void *a, const void *b)
{
	const struct answer_holder *one = a, *other = b;
	int by_type;

	if (one->is_lost != other->is_lost)
		return one->is_lost ? -1 : 1;
	if (!one->nr_owners != !other->nr_owners)
		return one->nr_owners ? -1 : 1;
	by_type = strcmp(one->type ? one->type : "~", other->type ? other->type : "~");
	if (by_type)
		return by_type;
	return one->address < other->address ? -1 : one->address > other->address;
}

static int make_holders(struct answer *answer, const struct look_case *from)
{
	const struct account *account = &from->account;
	int err = 0;

	answer->holders =
		keep(answer, calloc(account->nr_holders + 1, sizeof(*answer->holders)));
	answer->sentences = keep(answer, calloc(SENTENCES_MAX, sizeof(*answer->sentences)));
	if (!answer->holders || !answer->sentences)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < account->nr_holders; i++)
		err = make_holder(answer, &from->chain, &account->holders[i],
				  &answer->holders[answer->nr_holders++]);
	qsort(answer->holders, answer->nr_holders, sizeof(*answer->holders), compare_holders);
	return err;
}

static void begin(const struct look *look, const struct device *device, struct answer *answer)
{
	*answer = (struct answer){
		.device = device->name,
		.ifindex = device->ifindex,
		.netns = device->netns,
		.state = state_names[device->registration],
		.waiting_pid = (uint32_t)device->waiting,
		.waiting_comm = device->waiting ? device->waiting_comm : NULL,
		.is_checked = look->is_checked,
		.check_unexplained = look->check_unexplained,
	};
}

int answer_make(const struct look *look, uint32_t which, struct answer *answer)
{
	const struct look_case *from = &look->cases[which];
	const struct account *account = &from->account;

	begin(look, &account->device, answer);
	answer->usage_count = account->device.count;
	answer->initial = account->initial;
	answer->registered = account->registered;
	answer->explained = account->explained;
	answer->unexplained = account->unexplained;
	answer->has_moved = account->has_moved;
	answer->of_itself = (const char **)account->reasons;
	answer->nr_of_itself = account->nr_reasons;
	if (make_holders(answer, from)) {
		answer_clear(answer);
		return -ENOMEM;
	}
	say_check(answer);
	say_lost(answer, &from->chain);
	say_unexplained(answer);
	say_parts(answer, &from->chain);
	say_owners(answer);
	say_devices(answer, &from->chain);
	say_rest(answer, &from->chain);
	return 0;
}

/* --- the answer about an object --- */

/* One that points to it, as a holder of it. */
static int make_user(struct answer *answer, const struct chain *chain, const struct link *link,
		     struct answer_holder *to)
{
	const struct node *from = &chain->nodes[link->from];
	struct telling telling = { chain, answer, to };
	bool is_typed = from->type.btf;

	*to = (struct answer_holder){
		.type = is_typed ? type_name(from->type) : NULL,
		.words = is_typed ? words_for(type_name(from->type)) : NULL,
		.member = link->path,
		.address = from->object.base,
		.references = link->counts,
		.refcount = from->has_count ? from->count : INT64_MIN,
		.is_lost = from->fate == NODE_LOST,
		.why_not =
			link->counts ? NULL : "no reference is known to belong to this pointer",
		.owners = keep(answer, calloc(OWNERS_MAX, sizeof(struct answer_owner))),
		.chain = keep(answer, calloc(LINES_MAX, sizeof(const char *))),
	};
	if (!to->owners || !to->chain)
		return -ENOMEM;
	tell_node(&telling, from, 0);
	return 0;
}

static int make_users(struct answer *answer, const struct chain *chain, const struct node *node)
{
	int err = 0;

	answer->holders = keep(answer, calloc(CHAIN_LINKS, sizeof(*answer->holders)));
	answer->sentences = keep(answer, calloc(SENTENCES_MAX, sizeof(*answer->sentences)));
	if (!answer->holders || !answer->sentences)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < node_links(node); i++)
		if (node->links[i].from >= 0)
			err = make_user(answer, chain, &node->links[i],
					&answer->holders[answer->nr_holders++]);
	return err;
}

static void say_sum(struct answer *answer, const struct node *node)
{
	char words[LINE];

	if (answer->kind != ANSWER_EXPLAINED)
		return;
	if (!answer->unexplained) {
		snprintf(words, sizeof(words),
			 "Each of the %lld references to it is explained.",
			 (long long)answer->usage_count);
	} else {
		answer->kind = ANSWER_UNCLEAR;
		snprintf(words, sizeof(words),
			 "The account does not add up: %lld references are %s%s%s.",
			 llabs(answer->unexplained),
			 answer->unexplained > 0 ? "unexplained" : "explained too many",
			 answer->has_moved ? ", and the count changed while it was read" : "",
			 has_unknown_user(node) ?
				 ", and an object of no known type points to it" :
				 "");
	}
	say(answer, words);
}

int answer_make_object(const struct look *look, uint32_t which, uint32_t index,
		       struct answer *answer)
{
	const struct look_case *from = &look->cases[which];
	const struct node *node = &from->chain.nodes[index];
	char name[160];

	begin(look, &from->account.device, answer);
	answer->usage_count = node->balance.count;
	answer->explained = node->balance.explained;
	answer->unexplained = node->balance.unexplained;
	answer->has_moved = node->balance.has_moved;
	answer->of_itself = (const char **)node->balance.reasons;
	answer->nr_of_itself = node->balance.nr_reasons;
	name_type(node->type, name, sizeof(name));
	answer->object = keep_text(answer, name);
	if (!answer->object || make_users(answer, &from->chain, node)) {
		answer_clear(answer);
		return -ENOMEM;
	}
	say_check(answer);
	if (node->fate == NODE_LOST)
		say_lost(answer, &from->chain);
	say_bare(answer, node);
	say_sum(answer, node);
	return 0;
}

void answer_clear(struct answer *answer)
{
	while (answer->nr_kept)
		free(answer->kept[--answer->nr_kept]);
	free(answer->kept);
	*answer = (struct answer){ 0 };
}

/* --- text --- */

static void print_holder(const struct answer_holder *holder, uint32_t alike, bool all,
			 FILE *out)
{
	char member[TYPE_PATH]; /* of a capture: a stranger's words */

	shown_copy(holder->member, "", member, sizeof(member));
	fprintf(out, "%4u  %s%s%s", alike * holder->references,
		holder->type ? show(holder->type).text : "an object of no known type",
		*member ? "." : "", member);
	if (holder->part)
		fprintf(out, " in the %s", show(holder->part).text);
	if (holder->words)
		fprintf(out, "  %s", holder->words);
	if (alike == 1 && holder->refcount != INT64_MIN)
		fprintf(out, ", refcount %lld", (long long)holder->refcount);
	if (alike > 1)
		fprintf(out, ", %u of them", alike);
	if (all)
		fprintf(out, "  %#llx", (unsigned long long)holder->address);
	if (holder->why_not)
		fprintf(out, "  (%s)", holder->why_not);
	fputc('\n', out);
	for (uint32_t i = 0;
	     (all || holder->is_lost || holder->nr_owners) && i < holder->nr_chain; i++)
		fprintf(out, "         %s\n", holder->chain[i]);
}

/* Plain holders of one kind are one line; those that tell a story have one each. */
static bool is_plain(const struct answer_holder *holder)
{
	return holder->type && holder->references && !holder->is_lost && !holder->nr_owners;
}

static bool is_alike(const struct answer_holder *a, const struct answer_holder *b)
{
	return is_plain(a) && is_plain(b) && !strcmp(a->type, b->type) &&
	       !strcmp(a->member, b->member) && a->references == b->references && !a->part &&
	       !b->part;
}

static void print_holders(const struct answer *answer, bool all, FILE *out)
{
	for (uint32_t i = 0; i < answer->nr_holders; i++) {
		const struct answer_holder *holder = &answer->holders[i];
		uint32_t alike = 1;
		bool told = false;

		if (!holder->references && !all)
			continue;
		for (uint32_t j = 0; !all && j < answer->nr_holders; j++) {
			bool same = j != i && is_alike(holder, &answer->holders[j]);

			told |= same && j < i;
			alike += same;
		}
		if (!told)
			print_holder(holder, alike, all, out);
	}
}

void answer_print_sum(const struct answer *answer, FILE *out)
{
	if (answer->object)
		fprintf(out, "references to %s: %lld = %lld explained + %lld unexplained\n",
			answer->object, (long long)answer->usage_count,
			(long long)answer->explained, (long long)answer->unexplained);
	else
		fprintf(out,
			"usage count %lld = %lld initial + %lld registered + %lld explained + %lld unexplained\n",
			(long long)answer->usage_count, (long long)answer->initial,
			(long long)answer->registered, (long long)answer->explained,
			(long long)answer->unexplained);
}

void answer_print(const struct answer *answer, bool all, FILE *out)
{
	fprintf(out, "%s (index %u, network namespace %u) is %s", answer->device,
		answer->ifindex, answer->netns, answer->state);
	if (answer->waiting_pid)
		fprintf(out, ": %s (%u) waits for its references",
			show(answer->waiting_comm).text, answer->waiting_pid);
	fputs(".\n", out);
	for (uint32_t i = 0; i < answer->nr_sentences; i++)
		fprintf(out, "%s\n", answer->sentences[i]);
	fputc('\n', out);
	answer_print_sum(answer, out);
	for (uint32_t i = 0; i < answer->nr_of_itself; i++)
		fprintf(out, "%4u  itself: %s\n", 1, answer->of_itself[i]);
	print_holders(answer, all, out);
}
