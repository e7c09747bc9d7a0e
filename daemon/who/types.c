// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/hash.h"
#include "base/write_all.h"
#include "who/types_check.h"

enum { BLOBS_MAX = 512, ARRAY_MAX = 64, ARRAY_OF_STRUCTS_MAX = 8 };

struct named {
	const char *name; /* NULL: free */
	struct type type;
};

struct types {
	struct btf *blobs[BLOBS_MAX]; /* the kernel's own first */
	uint32_t nr_blobs;
	struct named *structs; /* by hash of the name */
	uint32_t nr_slots;     /* a power of two */
};

/* --- one type --- */

static const struct btf_type *at(struct type type)
{
	return btf__type_by_id(type.btf, type.id);
}

static const char *text_at(struct type type, uint32_t offset)
{
	const char *text = btf__name_by_offset(type.btf, offset);

	return text ? text : "";
}

static struct type plain(struct type type)
{
	const struct btf_type *t = at(type);

	while (type.id && (btf_is_mod(t) || btf_is_typedef(t))) {
		type.id = t->type;
		t = at(type);
	}
	return type;
}

static struct type of_id(struct type parent, uint32_t id)
{
	return (struct type){ parent.btf, id };
}

const char *type_name(struct type type)
{
	return type.btf && type.id ? text_at(type, at(type)->name_off) : "";
}

bool type_is_struct(struct type type)
{
	return type.id && (btf_is_struct(at(type)) || btf_is_fwd(at(type)));
}

bool type_is_function(struct type type)
{
	return type.id && btf_is_func_proto(at(type));
}

uint32_t type_size(struct type type)
{
	__s64 size = type.id && !btf_is_fwd(at(type)) && !btf_is_func_proto(at(type)) ?
			     btf__resolve_size(type.btf, type.id) :
			     0;

	return size > 0 ? (uint32_t)size : 0;
}

/* --- all of them --- */

static struct named *slot_of(const struct types *types, const char *name)
{
	uint32_t i = (uint32_t)hash_bytes(HASH_START, name, strlen(name));

	while (types->structs[i &= types->nr_slots - 1].name &&
	       strcmp(types->structs[i].name, name) != 0)
		i++;
	return &types->structs[i];
}

/* The first type of a blob that is its own: those below it are the kernel's. */
static uint32_t first_of(const struct types *types, uint32_t blob)
{
	return blob ? btf__type_cnt(types->blobs[0]) : 1;
}

void types_each_struct(const struct types *types, void (*see)(struct type type, void *context),
		       void *context)
{
	for (uint32_t blob = 0; blob < types->nr_blobs; blob++) {
		uint32_t nr = btf__type_cnt(types->blobs[blob]);

		for (uint32_t id = first_of(types, blob); id < nr; id++) {
			struct type type = { types->blobs[blob], id };

			if (btf_is_struct(at(type)) && at(type)->name_off)
				see(type, context);
		}
	}
}

static void count_struct(struct type type, void *context)
{
	uint32_t *nr = context;

	(void)type;
	(*nr)++;
}

static void note_struct(struct type type, void *context)
{
	struct types *types = context;
	struct named *slot = slot_of(types, type_name(type));

	if (!slot->name)
		*slot = (struct named){ type_name(type), type };
}

static int index_structs(struct types *types)
{
	uint32_t nr = 0;

	types_each_struct(types, count_struct, &nr);
	types->nr_slots = 64;
	while (types->nr_slots < 2 * nr)
		types->nr_slots *= 2;
	types->structs = calloc(types->nr_slots, sizeof(*types->structs));
	if (!types->structs)
		return -ENOMEM;
	types_each_struct(types, note_struct, types);
	return 0;
}

static void add_module(struct types *types, struct btf *module)
{
	if (module && types->nr_blobs < BLOBS_MAX &&
	    types_check(module, btf__type_cnt(types->blobs[0])))
		types->blobs[types->nr_blobs++] = module;
	else
		btf__free(module);
}

/* The kernel's own; the name is that of its file. */
static struct types *start(struct btf *kernel, const char *name, struct why *why)
{
	struct types *types = kernel ? calloc(1, sizeof(*types)) : NULL;

	if (!kernel) {
		why_exit(
			why, EXIT_CANNOT, errno,
			"%s: the kernel's types cannot be read: %s; the kernel needs CONFIG_DEBUG_INFO_BTF",
			name, strerror(errno));
	} else if (!types_check(kernel, 1)) {
		why_exit(
			why, EXIT_CANNOT, EINVAL,
			"%s: its types (BTF) contradict each other: a number that leads to no type, a structure in itself, or a member outside of its structure",
			name);
	} else if (!types) {
		why_memory(why);
	} else {
		types->blobs[types->nr_blobs++] = kernel;
		return types;
	}
	btf__free(kernel);
	free(types);
	return NULL;
}

static int finish(struct types *types, struct types **out, struct why *why)
{
	if (index_structs(types)) {
		types_close(types);
		return why_memory(why);
	}
	*out = types;
	return 0;
}

int types_open(const char *const *paths, struct types **out, struct why *why)
{
	struct types *types = start(btf__parse_raw(*paths), *paths, why);

	if (!types)
		return -ENOTSUP;
	while (*++paths)
		add_module(types, btf__parse_raw_split(*paths, types->blobs[0]));
	return finish(types, out, why);
}

/* libbpf has btf__new_split() since 1.5; before, a module's types are read from a file only. */
static struct btf *new_split(const struct types_raw *raw, struct btf *kernel)
{
	AUTO_FD int fd = memfd_create("types", MFD_CLOEXEC);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 || file_write_all(fd, raw->data, raw->size) ?
		       NULL :
		       btf__parse_raw_split(path, kernel);
}

/* What is wrong with them is not libbpf's to print. */
int types_open_raw(const struct types_raw *raw, uint32_t nr, struct types **out,
		   struct why *why)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	struct types *types = start(btf__new(raw->data, raw->size), "capture", why);

	for (uint32_t i = 1; types && i < nr; i++)
		add_module(types, new_split(&raw[i], types->blobs[0]));
	libbpf_set_print(print);
	return types ? finish(types, out, why) : -ENOTSUP;
}

struct types_raw types_raw(const struct types *types, uint32_t which)
{
	struct types_raw raw = { NULL };

	if (which < types->nr_blobs)
		raw.data = btf__raw_data(types->blobs[which], &raw.size);
	return raw;
}

void types_close(struct types *types)
{
	if (!types)
		return;
	while (types->nr_blobs)
		btf__free(types->blobs[--types->nr_blobs]);
	free(types->structs);
	free(types);
}

struct type types_struct(const struct types *types, const char *name)
{
	return slot_of(types, name)->type;
}

bool types_has_typedef(const struct types *types, const char *name)
{
	return btf__find_by_name_kind(types->blobs[0], name, BTF_KIND_TYPEDEF) > 0;
}

/* --- members --- */

static bool find_member(struct type type, const char *name, size_t length, uint32_t base_bits,
			struct type *member, uint32_t *bits, uint32_t *nr_bits)
{
	const struct btf_type *t = at(type);
	const struct btf_member *m;

	if (!btf_is_composite(t))
		return false;
	m = btf_members(t);
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		const char *here = text_at(type, m[i].name_off);

		*bits = base_bits + btf_member_bit_offset(t, i);
		*nr_bits = btf_member_bitfield_size(t, i);
		*member = of_id(type, m[i].type);
		if (strlen(here) == length && !strncmp(here, name, length))
			return true;
		if (!*here &&
		    find_member(plain(*member), name, length, *bits, member, bits, nr_bits))
			return true;
	}
	return false;
}

static bool find_path(const struct types *types, const char *structure, const char *path,
		      uint32_t *bits, uint32_t *nr_bits)
{
	struct type type = types_struct(types, structure);

	*bits = 0;
	while (type.btf) {
		size_t length = strcspn(path, ".");

		if (!find_member(plain(type), path, length, *bits, &type, bits, nr_bits))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
	return false;
}

bool types_member(const struct types *types, const char *structure, const char *path,
		  uint32_t *offset)
{
	uint32_t bits, nr_bits;

	if (!find_path(types, structure, path, &bits, &nr_bits) || bits % 8)
		return false;
	*offset = bits / 8;
	return true;
}

bool types_enum(const struct types *types, const char *name, const char *value, int64_t *out)
{
	struct type type = { types->blobs[0], 0 };
	const struct btf_type *t;
	int id = btf__find_by_name_kind(types->blobs[0], name, BTF_KIND_ENUM);

	if (id < 0)
		return false;
	type.id = (uint32_t)id;
	t = at(type);
	for (uint16_t i = 0; i < btf_vlen(t); i++)
		if (!strcmp(text_at(type, btf_enum(t)[i].name_off), value)) {
			*out = btf_enum(t)[i].val;
			return true;
		}
	return false;
}

void type_each_member(struct type type,
		      void (*see_member)(const char *member, const char *written,
					 void *context),
		      void *context)
{
	const struct btf_type *t = at(type);

	for (uint16_t i = 0; i < btf_vlen(t); i++)
		see_member(text_at(type, btf_members(t)[i].name_off),
			   type_name(of_id(type, btf_members(t)[i].type)), context);
}

enum { BEGINNINGS_MAX = 16 };

uint32_t type_beginnings(struct type type, const char **names, uint32_t max)
{
	uint32_t nr = 0;

	for (int i = 0; type.btf && i < BEGINNINGS_MAX && nr < max; i++) {
		type = plain(type);
		if (!type.id || !btf_is_composite(at(type)) || !btf_vlen(at(type)))
			break;
		if (*type_name(type))
			names[nr++] = type_name(type);
		if (btf_member_bit_offset(at(type), 0))
			break;
		type = of_id(type, btf_members(at(type))[0].type);
	}
	return nr;
}

bool type_begins_with(struct type type, const char *name)
{
	const char *names[BEGINNINGS_MAX];
	uint32_t nr = type_beginnings(type, names, BEGINNINGS_MAX);

	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* --- leaves --- */

struct walk {
	struct leaf leaf; /* the one that is seen, filled in on the way down */
	bool (*see)(const struct leaf *leaf, void *context);
	void *context;
};

/* Structures that are one thing. */
static const struct {
	const char *name;
	enum leaf_kind kind;
} wholes[] = {
	{ "list_head", LEAF_LIST },	   { "hlist_node", LEAF_HLIST },
	{ "refcount_struct", LEAF_COUNT }, { "kref", LEAF_COUNT },
	{ "rcuref_t", LEAF_RCUREF },	   { "callback_head", LEAF_RCU },
};

static enum leaf_kind whole_kind(struct type as_written, struct type type)
{
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
		if (!strcmp(type_name(type), wholes[i].name) ||
		    !strcmp(type_name(as_written), wholes[i].name))
			return wholes[i].kind;
	return 0;
}

static bool see(struct walk *walk, enum leaf_kind kind, uint32_t offset, struct type target)
{
	walk->leaf.kind = kind;
	walk->leaf.offset = offset;
	walk->leaf.target = target;
	return walk->see(&walk->leaf, walk->context);
}

static bool walk_struct(struct walk *walk, struct type type, uint32_t base);

static bool walk_value(struct walk *walk, struct type as_written, uint32_t offset)
{
	struct type type = plain(as_written);
	const struct btf_type *t = at(type);
	enum leaf_kind whole;

	if (!type.id)
		return false;
	if (btf_is_ptr(t))
		return see(walk, LEAF_POINTER, offset, plain(of_id(type, t->type)));
	if (btf_is_composite(t)) {
		whole = whole_kind(as_written, type);
		return whole ? see(walk, whole, offset, type) : walk_struct(walk, type, offset);
	}
	return btf_is_int(t) && btf_int_encoding(t) & BTF_INT_BOOL &&
	       see(walk, LEAF_BOOL, offset, type);
}

static bool walk_member(struct walk *walk, struct type as_written, uint32_t offset)
{
	struct leaf_step *step = &walk->leaf.steps[walk->leaf.nr_steps - 1];
	struct type type = plain(as_written), element;
	const struct btf_array *array;
	uint32_t size, nr;
	bool done = false;

	if (!type.id || !btf_is_array(at(type)))
		return walk_value(walk, as_written, offset);
	array = btf_array(at(type));
	element = of_id(type, array->type);
	size = type_size(element);
	nr = array->nelems;
	if (btf_is_composite(at(plain(element)))) /* a trailing array has at least one mostly */
		nr = !nr ? 1 : nr < ARRAY_OF_STRUCTS_MAX ? nr : ARRAY_OF_STRUCTS_MAX;
	for (uint32_t i = 0; !done && size && i < nr && i < ARRAY_MAX; i++) {
		step->index = (int32_t)i;
		done = walk_value(walk, element, offset + i * size);
	}
	return done;
}

static bool walk_struct(struct walk *walk, struct type type, uint32_t base)
{
	struct leaf *leaf = &walk->leaf;
	const struct btf_type *t = at(type);
	const char *owner = leaf->owner, *name = type_name(type);
	bool in_union = leaf->in_union, done = false;

	if (leaf->nr_steps == TYPE_DEPTH)
		return false;
	leaf->nr_steps++;
	leaf->in_union |= btf_is_union(t);
	for (uint16_t i = 0; !done && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];

		if (btf_member_bitfield_size(t, i))
			continue;
		leaf->owner = *name ? name : owner;
		leaf->member = text_at(type, m->name_off);
		leaf->steps[leaf->nr_steps - 1] = (struct leaf_step){ leaf->member, -1 };
		done = walk_member(walk, of_id(type, m->type),
				   base + btf_member_bit_offset(t, i) / 8);
	}
	leaf->nr_steps--;
	leaf->owner = owner;
	leaf->in_union = in_union;
	return done;
}

bool type_walk(struct type type, bool (*see_leaf)(const struct leaf *leaf, void *context),
	       void *context)
{
	struct walk walk = { .leaf = { .owner = "", .member = "" },
			     .see = see_leaf,
			     .context = context };

	return walk_struct(&walk, type, 0);
}

void leaf_path(const struct leaf *leaf, char path[TYPE_PATH])
{
	size_t used = 0;

	path[0] = '\0';
	for (uint32_t i = 0; i < leaf->nr_steps && used < TYPE_PATH; i++) {
		const struct leaf_step *step = &leaf->steps[i];

		if (*step->member)
			used += (size_t)snprintf(path + used, TYPE_PATH - used, "%s%s",
						 used ? "." : "", step->member);
		if (step->index >= 0 && used < TYPE_PATH)
			used += (size_t)snprintf(path + used, TYPE_PATH - used, "[%d]",
						 step->index);
	}
}

/* --- the per-CPU section --- */

void types_each_cpu_variable(const struct types *types,
			     void (*see_variable)(const char *name, uint32_t offset,
						  uint32_t size, void *context),
			     void *context)
{
	struct type section = { types->blobs[0], 0 };
	int id = btf__find_by_name_kind(types->blobs[0], ".data..percpu", BTF_KIND_DATASEC);

	section.id = id > 0 ? (uint32_t)id : 0;
	for (uint16_t i = 0; section.id && i < btf_vlen(at(section)); i++) {
		const struct btf_var_secinfo *variable = &btf_var_secinfos(at(section))[i];

		see_variable(type_name(of_id(section, variable->type)), variable->offset,
			     variable->size, context);
	}
}
