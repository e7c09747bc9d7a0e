// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "loader/types.h"

/* What follows a struct btf_type: so many bytes, and so many for each of what it lists. */
/* clang-format off */
static const struct { uint8_t fixed, each; } sizes[] = {
	[BTF_KIND_INT]	      = { sizeof(uint32_t), 0 },
	[BTF_KIND_PTR]	      = { 0, 0 },
	[BTF_KIND_ARRAY]      = { sizeof(struct btf_array), 0 },
	[BTF_KIND_STRUCT]     = { 0, sizeof(struct btf_member) },
	[BTF_KIND_UNION]      = { 0, sizeof(struct btf_member) },
	[BTF_KIND_ENUM]	      = { 0, sizeof(struct btf_enum) },
	[BTF_KIND_FWD]	      = { 0, 0 },
	[BTF_KIND_TYPEDEF]    = { 0, 0 },
	[BTF_KIND_VOLATILE]   = { 0, 0 },
	[BTF_KIND_CONST]      = { 0, 0 },
	[BTF_KIND_RESTRICT]   = { 0, 0 },
	[BTF_KIND_FUNC]	      = { 0, 0 },
	[BTF_KIND_FUNC_PROTO] = { 0, sizeof(struct btf_param) },
	[BTF_KIND_VAR]	      = { sizeof(struct btf_var), 0 },
	[BTF_KIND_DATASEC]    = { 0, sizeof(struct btf_var_secinfo) },
	[BTF_KIND_FLOAT]      = { 0, 0 },
	[BTF_KIND_DECL_TAG]   = { sizeof(struct btf_decl_tag), 0 },
	[BTF_KIND_TYPE_TAG]   = { 0, 0 },
	[BTF_KIND_ENUM64]     = { 0, sizeof(struct btf_enum64) },
};
/* clang-format on */
enum { KINDS = sizeof(sizes) / sizeof(sizes[0]) };

struct strings {
	const char *first;
	uint32_t size;
	uint32_t before; /* bytes of vmlinux's */
};

static const char *name_at(const struct strings *strings, uint32_t offset)
{
	return offset >= strings->before && offset - strings->before < strings->size ?
		       strings->first + (offset - strings->before) :
		       "";
}

/* The next type of the list, or NULL. */
static const struct btf_type *next_type(const struct btf_type *type, const uint8_t *end)
{
	uint32_t kind = BTF_INFO_KIND(type->info);
	const uint8_t *next = (const uint8_t *)(type + 1);

	if (!kind || kind >= KINDS)
		return NULL;
	next += sizes[kind].fixed + (size_t)BTF_INFO_VLEN(type->info) * sizes[kind].each;
	return next <= end ? (const struct btf_type *)next : NULL;
}

static bool is_within(uint32_t offset, uint32_t length, size_t size)
{
	return offset <= size && length <= size - offset;
}

int types_read(const uint8_t *bytes, size_t size, const struct types_end *vmlinux,
	       types_visit *visit, void *arg, struct types_end *end)
{
	const struct btf_header *header = (const struct btf_header *)bytes;
	const struct btf_type *type;
	struct strings strings;
	const uint8_t *last;
	uint32_t id = vmlinux->types;

	if (size < sizeof(*header) || header->magic != BTF_MAGIC || header->hdr_len > size ||
	    !is_within(header->type_off, header->type_len, size - header->hdr_len) ||
	    !is_within(header->str_off, header->str_len, size - header->hdr_len))
		return -EPROTO;
	bytes += header->hdr_len;
	strings = (struct strings){ (const char *)bytes + header->str_off, header->str_len,
				    vmlinux->strings };
	if (!strings.size || strings.first[strings.size - 1])
		return -EPROTO;
	type = (const struct btf_type *)(bytes + header->type_off);
	last = bytes + header->type_off + header->type_len;
	for (; last - (const uint8_t *)type >= (ptrdiff_t)sizeof(*type); id++) {
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC)
			visit(name_at(&strings, type->name_off), id, arg);
		type = next_type(type, last);
		if (!type)
			return -EPROTO;
	}
	*end = (struct types_end){ id, strings.size };
	return 0;
}

/* Files of sysfs are read by the page, and tell their size. */
static int read_file(const char *path, uint8_t **bytes, size_t *size)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	*bytes = malloc((size_t)st.st_size);
	if (!*bytes)
		return -ENOMEM;
	*size = 0;
	while ((got = read(fd, *bytes + *size, (size_t)st.st_size - *size)) > 0)
		*size += (size_t)got;
	return got < 0 ? -errno : 0;
}

static int read_types(const char *of, const struct types_end *vmlinux, types_visit *visit,
		      void *arg, struct types_end *end)
{
	uint8_t *bytes = NULL;
	char path[128];
	size_t size = 0;
	int err;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", of);
	err = read_file(path, &bytes, &size);
	if (!err)
		err = types_read(bytes, size, vmlinux, visit, arg, end);
	free(bytes);
	return err;
}

int types_of_vmlinux(types_visit *visit, void *arg, struct types_end *end)
{
	const struct types_end nothing = { 1, 0 }; /* 0 is void */

	return read_types("vmlinux", &nothing, visit, arg, end);
}

int types_of_module(const char *module, const struct types_end *vmlinux, types_visit *visit,
		    void *arg)
{
	struct types_end end;

	return read_types(module, vmlinux, visit, arg, &end);
}
