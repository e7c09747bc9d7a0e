// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_probes.h"

#define DIRECT_MAP   0xffff888000000000
#define PAGE_STRUCTS 0xffffea0000000000
#define CPU_SECTION  0xffffffff84000000 /* as since Linux 6.15 */

enum {
	PAGES = 640,
	FILES = 64,
	BUCKETS = 16,
	SLAB_PAGES = 2,
	CPU_PAGES = 64,
	PER_CPU = 0x3c000
};

struct fake {
	struct image image;
	struct layout layout;
	struct symbols *functions;
	struct span ram;
	uint8_t *memory, *structs;
	uint64_t next_page, free_slot[BUCKETS], caches[BUCKETS];
	uint32_t nr_caches;
	uint64_t kernel_page; /* a page for what is of no cache, used from its start */
	uint32_t kernel_used;
	uint64_t net, task, files;
	uint64_t random;
	uint32_t cpu_used;
	uint64_t later_at, later; /* a word that changes */
};

static uint8_t *at(struct fake *fake, uint64_t address, size_t size)
{
	uint64_t structs = (uint64_t)PAGES * fake->layout.page_size;

	if (address >= DIRECT_MAP &&
	    address + size <= DIRECT_MAP + (uint64_t)PAGES * IMAGE_PAGE)
		return fake->memory + (address - DIRECT_MAP);
	if (address >= PAGE_STRUCTS && address + size <= PAGE_STRUCTS + structs)
		return fake->structs + (address - PAGE_STRUCTS);
	return NULL;
}

static int read_fake(void *from, uint64_t address, void *to, size_t size)
{
	const struct fake *fake = from;
	const uint8_t *bytes = at(from, address, size);

	if (!bytes)
		return -EFAULT;
	memcpy(to, bytes, size);
	if (fake->later_at == address && size == sizeof(fake->later))
		memcpy(to, &fake->later, size);
	return 0;
}

void fake_change_later(struct fake *fake, uint64_t address, uint64_t value)
{
	fake->later_at = address;
	fake->later = value;
}

static void put(struct fake *fake, uint64_t address, const void *from, size_t size)
{
	uint8_t *to = at(fake, address, size);

	if (!to)
		abort();
	memcpy(to, from, size);
}

void fake_set_word(struct fake *fake, uint64_t address, uint64_t value)
{
	put(fake, address, &value, sizeof(value));
}

uint32_t fake_offset(const struct fake *fake, const char *place)
{
	char structure[64];
	const char *dot = strchr(place, '.');
	uint32_t offset;

	snprintf(structure, sizeof(structure), "%.*s", (int)(dot - place), place);
	if (!types_member(fake->image.types, structure, dot + 1, &offset)) {
		fprintf(stderr, "this kernel has no %s\n", place);
		abort();
	}
	return offset;
}

uint32_t fake_size(const struct fake *fake, const char *structure)
{
	return type_size(types_struct(fake->image.types, structure));
}

/* Four bytes unless the value is a pointer: most members that are set are ints. */
void fake_set(struct fake *fake, uint64_t object, const char *place, uint64_t value)
{
	uint64_t address = object + fake_offset(fake, place);

	put(fake, address, &value, value >> 32 ? 8 : 4);
}

void fake_set_text(struct fake *fake, uint64_t object, const char *place, const char *text)
{
	put(fake, object + fake_offset(fake, place), text, strlen(text) + 1);
}

/* --- pages --- */

static uint64_t struct_of(const struct fake *fake, uint64_t page)
{
	return PAGE_STRUCTS + page * fake->layout.page_size;
}

static void describe(struct fake *fake, uint64_t page, enum place place, uint64_t value,
		     size_t size)
{
	put(fake, struct_of(fake, page) + fake->layout.at[place], &value, size);
}

static uint64_t take_pages(struct fake *fake, uint32_t nr)
{
	uint64_t page = fake->next_page;

	fake->next_page += nr;
	if (fake->next_page > PAGES - CPU_PAGES)
		abort();
	for (uint32_t i = 0; i < nr; i++) {
		describe(fake, page + i, AT_PAGE_COUNT, 1, 4);
		describe(fake, page + i, AT_PAGE_TYPE, 0xffffffff, 4); /* of none */
	}
	return page;
}

/* Pages that were allocated as one: all but the first lead to that. */
static uint64_t take_compound(struct fake *fake, uint32_t nr)
{
	uint64_t page = take_pages(fake, nr);

	for (uint32_t i = 1; i < nr; i++)
		describe(fake, page + i, AT_PAGE_HEAD, struct_of(fake, page) | 1, 8);
	return page;
}

static void mark_slab(struct fake *fake, uint64_t page, uint64_t cache)
{
	switch (fake->layout.slab_mark) {
	case SLAB_BY_FLAG:
		describe(fake, page, AT_PAGE_FLAGS, 1ULL << fake->layout.slab, 8);
		break;
	case SLAB_BY_BITS:
		describe(fake, page, AT_PAGE_TYPE, 0xffffffff & ~fake->layout.slab, 4);
		break;
	case SLAB_BY_BYTE:
		describe(fake, page, AT_PAGE_TYPE, fake->layout.slab << 24, 4);
		break;
	}
	describe(fake, page, AT_SLAB_CACHE, cache, 8);
	describe(fake, page, AT_SLAB_FREELIST, 0, 8);
}

/* Memory of the kernel's own, of no cache. */
static uint64_t take(struct fake *fake, uint32_t size)
{
	uint64_t address;

	size = (size + 63) & ~63U;
	if (!fake->kernel_page || fake->kernel_used + size > 4 * IMAGE_PAGE) {
		fake->kernel_page = take_pages(fake, 4);
		fake->kernel_used = 0;
	}
	address = DIRECT_MAP + fake->kernel_page * IMAGE_PAGE + fake->kernel_used;
	fake->kernel_used += size;
	return address;
}

/* --- objects --- */

uint64_t fake_cache(struct fake *fake, const char *name, uint32_t size)
{
	uint64_t cache = take(fake, fake_size(fake, "kmem_cache"));
	uint64_t text = take(fake, 64);

	put(fake, text, name, strlen(name) + 1);
	fake_set(fake, cache, "kmem_cache.name", text);
	fake_set(fake, cache, "kmem_cache.size", (size + 7) & ~7U);
	fake_set(fake, cache, "kmem_cache.object_size", size);
	fake_set(fake, cache, "kmem_cache.offset", size / 2 & ~7U);
	if (layout_has(&fake->layout, AT_CACHE_RANDOM))
		fake_set_word(fake, cache + fake->layout.at[AT_CACHE_RANDOM], fake->random);
	if (layout_has(&fake->layout, AT_CACHE_CPU))
		fake_set_word(fake, cache + fake->layout.at[AT_CACHE_CPU],
			      CPU_SECTION + PER_CPU + 64 * fake->nr_caches);
	else if (layout_has(&fake->layout, AT_CACHE_SHEAVES))
		fake_set_word(fake, cache + fake->layout.at[AT_CACHE_SHEAVES],
			      CPU_SECTION + PER_CPU + 64 * fake->nr_caches);
	fake->caches[fake->nr_caches] = cache;
	fake->free_slot[fake->nr_caches++] = 0;
	return cache;
}

static uint32_t index_of(const struct fake *fake, uint64_t cache)
{
	for (uint32_t i = 0; i < fake->nr_caches; i++)
		if (fake->caches[i] == cache)
			return i;
	abort();
}

uint64_t fake_object(struct fake *fake, uint64_t cache)
{
	uint64_t *slot = &fake->free_slot[index_of(fake, cache)], object;
	uint32_t size = image_u32(&fake->image, cache + fake->layout.at[AT_CACHE_SIZE]);

	if (!*slot || *slot % (SLAB_PAGES * IMAGE_PAGE) + size > SLAB_PAGES * IMAGE_PAGE) {
		uint64_t page;

		fake->next_page += fake->next_page % SLAB_PAGES;
		page = take_compound(fake, SLAB_PAGES);
		mark_slab(fake, page, cache);
		*slot = page * IMAGE_PAGE;
	}
	object = DIRECT_MAP + *slot;
	*slot += size;
	return object;
}

uint64_t fake_large(struct fake *fake)
{
	return DIRECT_MAP + take_compound(fake, SLAB_PAGES) * IMAGE_PAGE;
}

uint64_t fake_page(struct fake *fake)
{
	return DIRECT_MAP + take_pages(fake, 1) * IMAGE_PAGE;
}

struct variable {
	const char *name;
	uint32_t offset;
	bool is_there;
};

static void see_variable(const char *name, uint32_t offset, uint32_t size, void *context)
{
	struct variable *variable = context;

	if (strcmp(name, variable->name) != 0 || offset + size > CPU_PAGES * IMAGE_PAGE)
		return;
	variable->offset = offset;
	variable->is_there = true;
}

void fake_cpu_area(struct fake *fake)
{
	for (uint64_t page = PAGES - CPU_PAGES; page < PAGES; page++) {
		describe(fake, page, AT_PAGE_COUNT, 1, 4);
		describe(fake, page, AT_PAGE_TYPE, 0xffffffff, 4);
	}
}

uint64_t fake_cpu_variable(const struct fake *fake, const char *name)
{
	struct variable variable = { .name = name };

	types_each_cpu_variable(fake->image.types, see_variable, &variable);
	return variable.is_there ? CPU_SECTION + fake->image.cpu_offsets[0] + variable.offset :
				   0;
}

uint64_t fake_cpu_offset(const struct fake *fake, uint64_t address)
{
	return address - fake->image.cpu_offsets[0] - CPU_SECTION;
}

void fake_free(struct fake *fake, uint64_t cache, uint64_t object, bool to_cpu)
{
	uint64_t page = (object - DIRECT_MAP) / IMAGE_PAGE & ~(uint64_t)(SLAB_PAGES - 1);
	uint64_t place =
		object + image_u32(&fake->image, cache + fake->layout.at[AT_CACHE_OFFSET]);
	uint64_t list = struct_of(fake, page) + fake->layout.at[AT_SLAB_FREELIST];
	uint64_t next;

	if (to_cpu && layout_has(&fake->layout, AT_CACHE_CPU))
		list = image_u64(&fake->image, cache + fake->layout.at[AT_CACHE_CPU]) +
		       fake->image.cpu_offsets[0] + fake->layout.at[AT_CACHE_CPU_FREELIST];
	next = image_u64(&fake->image, list);
	if (layout_has(&fake->layout, AT_CACHE_RANDOM))
		next ^= fake->random ^ __builtin_bswap64(place);
	fake_set_word(fake, place, next);
	fake_set_word(fake, list, object);
}

/* --- devices, tasks --- */

static uint64_t fake_count(const struct fake *fake, uint64_t device)
{
	return layout_has(&fake->layout, AT_DEVICE_CPU_COUNT) ?
		       image_u64(&fake->image, device + fake->layout.at[AT_DEVICE_CPU_COUNT]) +
			       fake->image.cpu_offsets[0] :
		       device + fake->layout.at[AT_DEVICE_COUNT];
}

uint64_t fake_device(struct fake *fake, const char *name, bool registered, int32_t held)
{
	int32_t count =
		types_has_typedef(fake->image.types, "netdevice_tracker") + registered + held;
	uint64_t device = take(fake, fake_size(fake, "net_device"));
	uint64_t head = fake->net + fake->layout.at[AT_NET_DEVICES];
	uint64_t node = device + fake->layout.at[AT_DEVICE_LIST];
	uint64_t cpu_count = CPU_SECTION + (fake->cpu_used += 8);
	uint8_t state = registered ? 1 : 3;

	fake_set_text(fake, device, "net_device.name", name);
	fake_set(fake, device, "net_device.ifindex", 7);
	put(fake, device + fake->layout.at[AT_DEVICE_REGISTRATION], &state, 1);
	fake_set_word(fake, device + fake->layout.at[AT_DEVICE_NET], fake->net);
	fake_set_word(fake, device + fake->layout.at[AT_DEVICE_OPS], DIRECT_MAP);
	if (layout_has(&fake->layout, AT_DEVICE_CPU_COUNT))
		fake_set_word(fake, device + fake->layout.at[AT_DEVICE_CPU_COUNT], cpu_count);
	put(fake, fake_count(fake, device), &count, sizeof(count));
	if (registered) {
		uint64_t first = image_u64(&fake->image, head);

		fake_set_word(fake, node, first);
		fake_set_word(fake, node + 8, head);
		fake_set_word(fake, first + 8, node);
		fake_set_word(fake, head, node);
	}
	return device;
}

uint64_t fake_stack(const struct fake *fake)
{
	return image_u64(&fake->image, fake->task + fake->layout.at[AT_TASK_STACK]);
}

uint64_t fake_file(struct fake *fake, uint32_t fd, uint64_t object)
{
	uint64_t file = take(fake, fake_size(fake, "file"));

	fake_set_word(fake, file + fake->layout.at[AT_FILE_PRIVATE], object);
	fake_set_word(fake, fake->files + 8 * fd, file);
	return fake->files + 8 * fd;
}

/* Words become others that are somewhere in memory, or nonsense. */
void fake_damage(struct fake *fake, uint32_t seed)
{
	uint64_t used = fake->next_page * IMAGE_PAGE / 8,
		 draw = seed * 0x9e3779b97f4a7c15ULL + 1;
	uint64_t *words = (uint64_t *)fake->memory;

	for (int i = 0; i < 40; i++) {
		draw = draw * 6364136223846793005ULL + 1442695040888963407ULL;
		words[(draw >> 20) % used] = draw & 1 ? words[(draw >> 30) % used] :
					     draw & 2 ? DIRECT_MAP + (draw >> 40) :
							draw;
	}
	for (uint64_t i = seed % 61; i < fake->next_page; i += 61)
		fake->structs[i * fake->layout.page_size + seed % fake->layout.page_size] ^=
			(uint8_t)(1 << seed % 8);
}

static void make_task(struct fake *fake)
{
	uint64_t task = fake->task = take(fake, fake_size(fake, "task_struct"));
	uint64_t proxy = take(fake, fake_size(fake, "nsproxy"));
	uint64_t files = take(fake, fake_size(fake, "files_struct"));
	uint64_t table = take(fake, fake_size(fake, "fdtable"));
	uint64_t list = task + fake->layout.at[AT_TASK_TASKS];

	fake->files = take(fake, FILES * 8);
	fake_set_word(fake, list, list);
	fake_set_word(fake, list + 8, list);
	fake_set(fake, task, "task_struct.pid", 42);
	fake_set(fake, task, "task_struct.tgid", 42);
	fake_set_text(fake, task, "task_struct.comm", "holder");
	fake_set_word(fake, task + fake->layout.at[AT_TASK_STACK],
		      DIRECT_MAP + take_pages(fake, TASK_STACK / IMAGE_PAGE) * IMAGE_PAGE);
	fake_set_word(fake, task + fake->layout.at[AT_TASK_NSPROXY], proxy);
	fake_set_word(fake, task + fake->layout.at[AT_TASK_FILES], files);
	fake_set_word(fake, proxy + fake->layout.at[AT_NSPROXY_NET], fake->net);
	fake_set_word(fake, files + fake->layout.at[AT_FILES_TABLE], table);
	fake_set_word(fake, table + fake->layout.at[AT_TABLE_FILES], fake->files);
	fake_set(fake, table, "fdtable.max_fds", FILES);
	fake->image.task = task;
}

static void make_net(struct fake *fake)
{
	uint64_t net = fake->net = take(fake, fake_size(fake, "net"));
	uint64_t list = net + fake->layout.at[AT_NET_LIST];
	uint64_t devices = net + fake->layout.at[AT_NET_DEVICES];

	fake_set(fake, net, "net.ns.inum", 4026531840);
	fake_set_word(fake, list, list);
	fake_set_word(fake, devices, devices);
	fake_set_word(fake, devices + 8, devices);
}

static void make_functions(struct fake *fake)
{
	char text[] = "ffffffff81000000 T fake_function\n"
		      "ffffffff81001000 t pre_handler_kretprobe\n";
	FILE *file = fmemopen(text, strlen(text), "r");

	if (!file || symbols_read(file, &fake->functions))
		abort();
	fclose(file);
	fake->image.functions = fake->functions;
}

struct fake *fake_open(void)
{
	static const char kernel[] = "/sys/kernel/btf/vmlinux";
	char probes[32];
	const char *const paths[] = { kernel, probes, NULL };
	struct fake *fake = calloc(1, sizeof(*fake));
	static int fd = -1; /* made once: it takes long */
	struct why why;
	uint64_t own;

	if (fd < 0)
		fd = fake_probes_types(kernel);
	snprintf(probes, sizeof(probes), "/proc/self/fd/%d", fd);
	if (types_open(paths, &fake->image.types, &why) ||
	    layout_find(fake->image.types, &fake->layout, &why)) {
		printf("SKIP: %s\n", why.text);
		fake_close(fake);
		return NULL;
	}
	fake->memory = calloc(PAGES, IMAGE_PAGE);
	fake->structs = calloc(PAGES, fake->layout.page_size);
	fake->random = 0x5eed5eed5eed5eed;
	fake->ram = (struct span){ 0, PAGES };
	fake->image.read = read_fake;
	fake->image.from = fake;
	fake->image.direct_map = DIRECT_MAP;
	fake->image.page_structs = PAGE_STRUCTS;
	fake->image.ram = &fake->ram;
	fake->image.nr_ram = 1;
	fake->image.nr_cpus = 1;
	fake->next_page = SLAB_PAGES; /* page 0 is none */
	/* Behind all else: what follows a per-CPU section would be of its variables. */
	fake->image.cpu_offsets[0] =
		DIRECT_MAP + (PAGES - CPU_PAGES) * IMAGE_PAGE - CPU_SECTION;
	own = fake_cpu_variable(fake, "this_cpu_off");
	if (own)
		fake_set_word(fake, own, fake->image.cpu_offsets[0]);
	make_functions(fake);
	make_net(fake);
	make_task(fake);
	return fake;
}

void fake_close(struct fake *fake)
{
	types_close(fake->image.types);
	symbols_free(fake->functions);
	free(fake->memory);
	free(fake->structs);
	free(fake);
}

const struct image *fake_image(const struct fake *fake)
{
	return &fake->image;
}
