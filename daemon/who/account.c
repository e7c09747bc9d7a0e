// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUES_MAX = 1024, TO_QUEUE = 1 };

/* What is looked for at the first level; their order is that of struct member's target. */
static const char *const targets[] = { "net_device", "netdev_queue" };

/* An address that stands for the device: it, or one of its queues. */
struct needle {
	uint64_t address;
	uint32_t device; /* index into the devices */
	uint32_t target;
};

struct needles {
	struct needle *list; /* by address */
	struct span *spans;  /* the same, for the scan */
	uint32_t nr, room;
};

struct accounting {
	struct kernel *kernel;
	struct members members;
	struct needles needles;
	struct words words;
};

/* --- what is looked for --- */

static int add_needle(struct needles *needles, uint64_t address, uint32_t device,
		      uint32_t target)
{
	if (!address)
		return 0;
	if (needles->nr == needles->room) {
		uint32_t room = needles->room ? 2 * needles->room : 64;
		struct needle *list = realloc(needles->list, room * sizeof(*list));

		if (!list)
			return -ENOMEM;
		needles->list = list;
		needles->room = room;
	}
	needles->list[needles->nr++] = (struct needle){ address, device, target };
	return 0;
}

static int add_needles(const struct kernel *kernel, uint64_t device, uint32_t index,
		       struct needles *needles)
{
	uint64_t queues = kernel_u64(kernel, device, AT_DEVICE_TX);
	uint32_t nr = kernel_u32(kernel, device, AT_DEVICE_NR_TX);
	int err = add_needle(needles, device, index, 0);

	for (uint32_t i = 0; !err && queues && i < nr && i < QUEUES_MAX; i++)
		err = add_needle(needles, queues + i * kernel->layout.queue_size, index,
				 TO_QUEUE);
	if (!err && layout_has(&kernel->layout, AT_DEVICE_INGRESS))
		err = add_needle(needles, kernel_u64(kernel, device, AT_DEVICE_INGRESS), index,
				 TO_QUEUE);
	return err;
}

static int compare_needles(const void *a, const void *b)
{
	const struct needle *one = a, *other = b;

	return one->address < other->address ? -1 : one->address > other->address;
}

static int make_needles(const struct kernel *kernel, const struct device *devices, uint32_t nr,
			struct needles *needles)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++)
		err = add_needles(kernel, devices[i].address, i, needles);
	if (!err)
		needles->spans = calloc(needles->nr, sizeof(*needles->spans));
	if (err || !needles->spans)
		return -ENOMEM;
	qsort(needles->list, needles->nr, sizeof(*needles->list), compare_needles);
	for (uint32_t i = 0; i < needles->nr; i++)
		needles->spans[i] =
			(struct span){ needles->list[i].address, needles->list[i].address + 1 };
	return 0;
}

/* --- what is no holder --- */

/* Whether a row of a sysctl table is at this address: it begins with a name. */
static bool is_row(const struct kernel *kernel, const struct object *object, uint64_t row)
{
	uint64_t at;

	if (row < object->base ||
	    row + kernel->layout.ctl_table_size > object->base + object->size)
		return false;
	at = image_pointer(kernel->image, row);
	return image_is_pointer(kernel->image, at) && image_has_word(kernel->image, at);
}

/* A row has rows beside it. */
bool account_is_sysctl(const struct kernel *kernel, const struct object *object, uint64_t at)
{
	static const enum place of_row[] = { AT_TABLE_DATA, AT_TABLE_EXTRA1, AT_TABLE_EXTRA2 };

	for (size_t i = 0; i < sizeof(of_row) / sizeof(of_row[0]); i++) {
		uint64_t row = at - kernel->layout.at[of_row[i]];

		if (is_row(kernel, object, row) &&
		    (is_row(kernel, object, row + kernel->layout.ctl_table_size) ||
		     is_row(kernel, object, row - kernel->layout.ctl_table_size)))
			return true;
	}
	return false;
}

/* Routes of a namespace that exist once, point to its lo and hold nothing. */
static bool is_template(const struct kernel *kernel, const struct device *device, uint64_t base)
{
	static const enum place templates[] = { AT_NET_NO_ROUTE, AT_NET_NO_FIB, AT_NET_PROHIBIT,
						AT_NET_BLACKHOLE };

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (layout_has(&kernel->layout, templates[i]) &&
		    kernel_u64(kernel, device->net, templates[i]) == base)
			return true;
	return false;
}

/* --- one object --- */

/* A net_device itself holds none of its references by a pointer: those before `offset` go. */
static void keep_from(struct subject *subject, uint32_t offset)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < subject->nr; i++) {
		if (subject->pointers[i].offset < offset)
			continue;
		subject->pointers[nr] = subject->pointers[i];
		subject->pointers[nr++].offset -= offset;
	}
	subject->nr = nr;
}

/* The part behind another device's net_device is its driver's: which one, its kind tells. */
static void narrow_to_private(struct kernel *kernel, struct subject *subject,
			      struct holder *holder, char kind[KIND_NAME])
{
	uint32_t size = (kernel->layout.device_size + 31) & ~31U; /* NETDEV_ALIGN */
	struct device device;
	uint64_t ops;

	if (subject->size <= size || !device_at(kernel, (subject->base + 31) & ~31ULL, &device))
		return;
	ops = kernel_u64(kernel, device.address, AT_DEVICE_KIND);
	if (ops)
		image_text(kernel->image, kernel_u64(kernel, ops, AT_LINK_KIND), kind,
			   KIND_NAME);
	snprintf(holder->part, sizeof(holder->part), "private part of %s (%s)", device.name,
		 kind[0] ? kind : "of no link kind");
	size += (uint32_t)(device.address - subject->base);
	subject->kind = kind[0] ? kind : NULL;
	subject->private_size = ops ? kernel_u32(kernel, ops, AT_LINK_PRIVATE_SIZE) : 0;
	subject->base += size;
	subject->size -= size;
	keep_from(subject, size);
}

/* Queues beyond those in use hold nothing. */
static bool is_in_use(const struct kernel *kernel, const struct device *device,
		      const struct pointer *pointer)
{
	const char *owner = pointer->member->owner;

	if (!strcmp(owner, "netdev_queue"))
		return pointer->element <
		       kernel_u32(kernel, device->address, AT_DEVICE_REAL_NR_TX);
	if (!strcmp(owner, "netdev_rx_queue"))
		return pointer->element <
		       kernel_u32(kernel, device->address, AT_DEVICE_REAL_NR_RX);
	return true;
}

static void judge_pointer(const struct kernel *kernel, const struct device *device,
			  const struct subject *subject, const struct pointer *pointer,
			  struct holder *holder)
{
	const struct member *member = pointer->member;

	if (!member)
		return;
	if (!rules_count(kernel->rules, member->owner, member->member)) {
		if (!holder->not_counted)
			holder->not_counted = rules_why_not(member->owner, member->member);
	} else if (!is_in_use(kernel, device, pointer)) {
		holder->not_counted = "a queue that is not in use";
	} else if (!strcmp(member->owner, "neigh_parms") &&
		   kernel_u32(kernel, subject->base, AT_PARMS_DEAD)) {
		holder->not_counted = "dead: it has given its reference back";
	} else if (holder->has_count && !holder->count &&
		   !rules_holds_until_freed(holder->type)) {
		holder->not_counted = "nothing refers to it: it is about to be freed";
	} else if (is_template(kernel, device, subject->base)) {
		holder->not_counted = "a template of the namespace";
	} else {
		if (!holder->references++) {
			member_path(member, holder->path);
			holder->word = (struct word){ subject->base + pointer->offset,
						      pointer->value };
		}
		return;
	}
	if (!holder->path[0])
		member_path(member, holder->path);
}

static void judge(struct accounting *accounting, const struct device *device,
		  struct subject *subject, struct holder *holder)
{
	struct kernel *kernel = accounting->kernel;
	char kind[KIND_NAME] = "";
	struct guess guess;

	narrow_to_private(kernel, subject, holder, kind);
	if (!guess_type(kernel, &accounting->members, subject, &guess))
		return;
	holder->type = guess.type;
	holder->other = guess.other;
	holder->has_count = guess_count(kernel, guess.type, subject->base, &holder->count);
	for (uint32_t i = 0; i < subject->nr; i++)
		judge_pointer(kernel, device, subject, &subject->pointers[i], holder);
}

static int add_holder(struct account *account, const struct holder *holder)
{
	struct holder *list =
		realloc(account->holders, (account->nr_holders + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	account->holders = list;
	list[account->nr_holders++] = *holder;
	account->explained += holder->references;
	return 0;
}

/* The words of one object, from `from` on; returns how many words they were. */
static uint32_t gather(struct accounting *accounting, uint32_t device, uint32_t from,
		       const struct object *object, struct subject *subject)
{
	const struct words *words = &accounting->words;
	const struct needles *needles = &accounting->needles;
	uint32_t i = from;

	*subject = (struct subject){ .base = object->base,
				     .size = object->size,
				     .is_dedicated = object->is_dedicated,
				     .cache = object->cache };
	for (; i < words->nr && words->list[i].at < object->base + object->size; i++) {
		int32_t which = scan_which(needles->spans, needles->nr, words->list[i].value);

		if (which < 0 || needles->list[which].device != device ||
		    subject->nr == POINTERS_MAX ||
		    account_is_sysctl(accounting->kernel, object, words->list[i].at))
			continue;
		subject->pointers[subject->nr++] = (struct pointer){
			.offset = (uint32_t)(words->list[i].at - object->base),
			.targets = 1ULL << needles->list[which].target,
			.value = words->list[i].value,
		};
	}
	return i - from;
}

static int find_holders(struct accounting *accounting, uint32_t index, struct account *account)
{
	const struct words *words = &accounting->words;
	int err = 0;

	for (uint32_t i = 0; !err && i < words->nr;) {
		struct holder holder = { 0 };
		struct subject subject;
		uint32_t nr = 1;

		if (pages_object(accounting->kernel->pages, words->list[i].at,
				 &holder.object)) {
			nr = gather(accounting, index, i, &holder.object, &subject);
			if (subject.nr && !holder.object.is_free) {
				judge(accounting, &account->device, &subject, &holder);
				err = add_holder(account, &holder);
			}
		}
		i += nr;
	}
	return err;
}

/* --- what a device holds of itself --- */

static bool linkwatch_waits(const struct kernel *kernel, uint64_t device)
{
	return kernel->layout.linkwatch_bit >= 0 &&
	       kernel_u64(kernel, device, AT_DEVICE_STATE) >> kernel->layout.linkwatch_bit & 1;
}

static bool watchdog_is_armed(const struct kernel *kernel, uint64_t device)
{
	return image_u64(kernel->image, kernel_at(kernel, device, AT_DEVICE_WATCHDOG) + 8);
}

static bool work_is_queued(const struct kernel *kernel, uint64_t device)
{
	uint64_t node = kernel_at(kernel, device, AT_DEVICE_WORK), next;

	if (!layout_has(&kernel->layout, AT_DEVICE_WORK))
		return false;
	next = image_u64(kernel->image, node);
	return next && next != node;
}

static void count_own(const struct kernel *kernel, struct account *account)
{
	static const struct {
		bool (*holds)(const struct kernel *kernel, uint64_t device);
		const char *reason;
	} own[] = {
		{ linkwatch_waits, "a link event waits (linkwatch)" },
		{ watchdog_is_armed, "its watchdog timer is armed" },
		{ work_is_queued, "its work is queued" },
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i].holds(kernel, account->device.address)) {
			account->reasons[account->nr_reasons++] = own[i].reason;
			account->of_itself++;
		}
}

/* --- the sum --- */

static void add_up(const struct kernel *kernel, struct account *account)
{
	struct device *device = &account->device;
	int64_t before = device->count;

	if (device_count(kernel, device->address, &device->count))
		account->has_moved = device->count != before;
	account->initial = kernel->layout.has_trackers; /* since 5.17; before, it starts at 0 */
	account->registered = device->registration == DEVICE_REGISTERED;
	count_own(kernel, account);
	account->explained += account->of_itself;
	account->unexplained =
		device->count - account->initial - account->registered - account->explained;
}

static int look(struct accounting *accounting, const struct device *devices, uint32_t nr)
{
	struct kernel *kernel = accounting->kernel;
	int err = make_needles(kernel, devices, nr, &accounting->needles);

	if (!err)
		err = members_find(kernel->image->types, targets,
				   sizeof(targets) / sizeof(targets[0]), &accounting->members);
	if (!err)
		err = scan(kernel->image, kernel->pages, accounting->needles.spans,
			   accounting->needles.nr, &accounting->words);
	return err;
}

int accounts_make(struct kernel *kernel, const struct device *devices, uint32_t nr,
		  struct account *accounts, struct why *why)
{
	struct accounting accounting = { .kernel = kernel };
	int err = 0;

	for (uint32_t i = 0; i < nr; i++) {
		accounts[i] = (struct account){ .device = devices[i] };
		device_count(kernel, devices[i].address, &accounts[i].device.count);
	}
	err = look(&accounting, devices, nr);
	for (uint32_t i = 0; !err && i < nr; i++) {
		err = find_holders(&accounting, i, &accounts[i]);
		add_up(kernel, &accounts[i]);
	}
	members_clear(&accounting.members);
	free(accounting.needles.list);
	free(accounting.needles.spans);
	free(accounting.words.list);
	return err ? why_set(why, -err, "out of memory") : 0;
}

void account_clear(struct account *account)
{
	free(account->holders);
	*account = (struct account){ 0 };
}
