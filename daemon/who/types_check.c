// SPDX-License-Identifier: GPL-2.0-or-later
#include "who/types_check.h"

#include <bpf/btf.h>
#include <stdlib.h>

/* A kernel's largest structures have some ten thousand parts, and some thirty levels. */
enum { HEIGHT_MAX = 128, PARTS_MAX = 1 << 20, STRUCT_SIZE_MAX = 1 << 26, ARRAY_OPENED = 64 };

/* What a walk through a type meets, and how deep it goes. */
struct extent {
	uint32_t parts; /* 0: not known yet */
	uint16_t height;
	bool is_open; /* it is being measured: who comes back to it is in a circle */
};

struct check {
	const struct btf *btf;
	uint32_t nr;
	struct extent *extents;
};

static bool measure(struct check *check, uint32_t id, uint32_t depth);

/* Adds `times` parts of a type to those of the type that consists of them. */
static bool add_part(struct check *check, struct extent *whole, uint32_t id, uint32_t times,
		     uint32_t depth)
{
	const struct extent *part = &check->extents[id];
	uint64_t parts;

	if (!measure(check, id, depth + 1))
		return false;
	parts = whole->parts + (uint64_t)part->parts * times;
	if (part->height >= whole->height)
		whole->height = (uint16_t)(part->height + 1);
	whole->parts = (uint32_t)parts;
	return parts <= PARTS_MAX && whole->height <= HEIGHT_MAX;
}

static bool add_members(struct check *check, struct extent *whole, const struct btf_type *t,
			uint32_t depth)
{
	const struct btf_member *members = btf_members(t);

	if (t->size > STRUCT_SIZE_MAX)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t id = members[i].type;
		int64_t size;

		if (id >= check->nr || !add_part(check, whole, id, 1, depth))
			return false;
		size = btf_member_bitfield_size(t, i) ? 0 : btf__resolve_size(check->btf, id);
		if (size < 0 || btf_member_bit_offset(t, i) / 8 + size > t->size)
			return false;
	}
	return true;
}

static bool add_parts(struct check *check, struct extent *whole, const struct btf_type *t,
		      uint32_t depth)
{
	if (btf_is_mod(t) || btf_is_typedef(t))
		return add_part(check, whole, t->type, 1, depth);
	if (btf_is_array(t))
		return add_part(check, whole, btf_array(t)->type,
				btf_array(t)->nelems < ARRAY_OPENED ? btf_array(t)->nelems + 1 :
								      ARRAY_OPENED,
				depth);
	return !btf_is_composite(t) || add_members(check, whole, t, depth);
}

static bool measure(struct check *check, uint32_t id, uint32_t depth)
{
	struct extent *extent = &check->extents[id], whole = { .parts = 1 };
	bool is_good;

	if (extent->parts)
		return true;
	if (extent->is_open || depth > HEIGHT_MAX)
		return false;
	extent->is_open = true;
	is_good = add_parts(check, &whole, btf__type_by_id(check->btf, id), depth);
	*extent = is_good ? whole : (struct extent){ .is_open = true };
	return is_good;
}

/* Of what is not walked into. */
static bool leads_to_types(const struct check *check, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG: return t->type < check->nr;
	case BTF_KIND_ARRAY: return btf_array(t)->type < check->nr;
	case BTF_KIND_FWD: return !btf_vlen(t);
	case BTF_KIND_DATASEC:
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			if (btf_var_secinfos(t)[i].type >= check->nr)
				return false;
		return true;
	default: return true;
	}
}

static bool is_whole(const struct btf *btf)
{
	const struct btf_header *header;
	uint32_t size;

	header = btf__raw_data(btf, &size);
	return header && header->hdr_len == sizeof(*header);
}

bool types_check(const struct btf *btf, uint32_t first)
{
	struct check check = { .btf = btf, .nr = btf__type_cnt(btf) };
	bool is_good = is_whole(btf);

	check.extents = calloc(check.nr, sizeof(*check.extents));
	is_good = is_good && check.extents;
	for (uint32_t id = first; is_good && id < check.nr; id++)
		is_good = leads_to_types(&check, btf__type_by_id(btf, id));
	for (uint32_t id = first; is_good && id < check.nr; id++)
		is_good = measure(&check, id, 0);
	free(check.extents);
	return is_good;
}
