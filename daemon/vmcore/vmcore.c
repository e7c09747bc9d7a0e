// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmcore/vmcore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vmcore/parts.h"

struct vmcore {
	struct file *file;
	struct space space;
	struct image image;
	char release[NOTE_MAX];
	struct types_raw raw[MODULES_MAX + 1]; /* the kernel's first */
	uint32_t nr_raw;
	uint32_t untyped; /* modules */
	struct symbols *functions;
	struct span ram[RAM_MAX];
	struct image_alias aliases[SLABS_MAX];
};

/* --- symbols --- */

/* clang-format off */
enum {
	DIRECT_MAP, PAGE_STRUCTS, CPU_OFFSETS, NR_CPUS, IDLE_TASK, RESOURCES, /* these are needed */
	TYPES_START, TYPES_END, NEEDED,
	MODULES = NEEDED, MODULES_TYPES, SLAB_SET, DATA,
};
/* clang-format on */

static const struct kernel_datum wanted[DATA] = {
	[DIRECT_MAP] = { .name = "page_offset_base" },
	[PAGE_STRUCTS] = { .name = "vmemmap_base" },
	[CPU_OFFSETS] = { .name = "__per_cpu_offset" },
	[NR_CPUS] = { .name = "nr_cpu_ids" },
	[IDLE_TASK] = { .name = "init_task" },
	[RESOURCES] = { .name = "iomem_resource" },
	[TYPES_START] = { .name = "__start_BTF" },
	[TYPES_END] = { .name = "__stop_BTF" },
	[MODULES] = { .name = "modules" },
	[MODULES_TYPES] = { .name = "btf_modules" },
	[SLAB_SET] = { .name = "slab_kset" },
};

/* The functions as text, from which they are read; the data are noted. */
static int list_symbols(struct vmcore *vmcore, struct kernel_datum *data, FILE *out)
{
	struct kallsyms tables;
	int err = kallsyms_find(&vmcore->image, file_notes(vmcore->file), &tables);

	return err ? err : kallsyms_list(&vmcore->image, &tables, out, data, DATA);
}

static int read_functions(struct vmcore *vmcore, const char *text, size_t size)
{
	FILE *in = fmemopen((void *)text, size, "r");
	int err = in ? symbols_read(in, &vmcore->functions) : -ENOMEM;

	if (in)
		fclose(in);
	vmcore->image.functions = vmcore->functions;
	return err;
}

static int say_symbols(int err, struct why *why)
{
	if (err == -ENOENT)
		return why_set(
			why, ENOENT,
			"its VMCOREINFO does not tell where the kernel's symbols (kallsyms) are, which kernels do since Linux 6.0");
	if (err == -ENOMEM)
		return why_memory(why);
	return err ? why_set(why, EINVAL,
			     "the kernel's symbol table (kallsyms) is damaged; dump the kernel again") :
		     0;
}

static bool is_kernel_address(uint64_t address)
{
	return address >> 56 == 0xff;
}

static int check_data(const struct kernel_datum *data, struct why *why)
{
	for (uint32_t i = 0; i < NEEDED; i++)
		if (!is_kernel_address(data[i].address))
			return why_set(
				why, ENOTSUP,
				"the kernel's table of symbols has no %s; the kernel needs CONFIG_KALLSYMS_ALL, CONFIG_DEBUG_INFO_BTF and CONFIG_RANDOMIZE_MEMORY",
				data[i].name);
	return 0;
}

/* --- types --- */

static bool take_kernel_types(struct vmcore *vmcore, const struct kernel_datum *data)
{
	uint64_t size = data[TYPES_END].address - data[TYPES_START].address;
	void *bytes = size && size <= TYPES_MAX ? malloc(size) : NULL;

	if (!bytes || image_read(&vmcore->image, data[TYPES_START].address, bytes, size)) {
		free(bytes);
		return false;
	}
	vmcore->raw[vmcore->nr_raw++] = (struct types_raw){ bytes, (uint32_t)size };
	return true;
}

/* Types that contradict each other are left out when they are opened. */
static uint32_t nr_typed(const struct types *types)
{
	uint32_t nr = 0;

	while (types_raw(types, nr).data)
		nr++;
	return nr;
}

/* Those of modules are found by the kernel's own. */
static int read_types(struct vmcore *vmcore, const struct kernel_datum *data, struct why *why)
{
	struct types *kernel = NULL;
	int err;

	if (!take_kernel_types(vmcore, data))
		return why_set(why, EINVAL,
			       "the kernel's types (BTF) are not in the file, or not whole");
	err = types_open_raw(vmcore->raw, 1, &kernel, why);
	if (err)
		return err;
	vmcore->image.types = kernel;
	vmcore->nr_raw += modules_types(&vmcore->image, data[MODULES_TYPES].address,
					vmcore->raw + 1, &vmcore->untyped);
	err = types_open_raw(vmcore->raw, vmcore->nr_raw, &vmcore->image.types, why);
	types_close(kernel);
	if (err)
		vmcore->image.types = NULL;
	else
		vmcore->untyped += vmcore->nr_raw - nr_typed(vmcore->image.types);
	return err;
}

/* --- the image --- */

static int find_places(struct vmcore *vmcore, const struct kernel_datum *data, struct why *why)
{
	struct image *image = &vmcore->image;

	image->direct_map = image_u64(image, data[DIRECT_MAP].address);
	image->page_structs = image_u64(image, data[PAGE_STRUCTS].address);
	image->nr_ram = facts_ram(image, data[RESOURCES].address, vmcore->ram);
	image->ram = vmcore->ram;
	image->nr_cpus = image_u32(image, data[NR_CPUS].address);
	if (!image->nr_cpus || image->nr_cpus > IMAGE_CPUS_MAX)
		return why_set(why, ENOTSUP, "the kernel has %u CPUs; 1 to %d are supported",
			       image->nr_cpus, IMAGE_CPUS_MAX);
	for (uint32_t i = 0; i < image->nr_cpus; i++)
		image->cpu_offsets[i] = image_u64(
			image, data[CPU_OFFSETS].address + i * sizeof(image->cpu_offsets[0]));
	image->task = facts_task(image, data[IDLE_TASK].address);
	if (!image->nr_ram || !is_kernel_address(image->direct_map) ||
	    !is_kernel_address(image->page_structs))
		return why_set(
			why, EINVAL,
			"the kernel's list of memory (iomem_resource), or where it is mapped (page_offset_base, vmemmap_base), is not in the file");
	space_set_direct(&vmcore->space, image->direct_map,
			 image->ram[image->nr_ram - 1].to * IMAGE_PAGE);
	image->aliases = vmcore->aliases;
	image->nr_aliases = facts_aliases(image, data[SLAB_SET].address, vmcore->aliases);
	return 0;
}

static int read_kernel(struct vmcore *vmcore, FILE *out, struct why *why)
{
	struct kernel_datum data[DATA];
	int err;

	memcpy(data, wanted, sizeof(data));
	err = say_symbols(list_symbols(vmcore, data, out), why);
	if (!err)
		err = check_data(data, why);
	if (!err)
		err = read_types(vmcore, data, why);
	if (!err)
		err = find_places(vmcore, data, why);
	if (!err)
		modules_list(&vmcore->image, data[MODULES].address, out);
	return err;
}

static int read_all(struct vmcore *vmcore, struct why *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int err = out ? read_kernel(vmcore, out, why) : why_memory(why);

	if (memstream_close(out, &text) && !err)
		err = why_memory(why);
	if (!err)
		err = say_symbols(read_functions(vmcore, text, size), why);
	free(text);
	return err;
}

/* Sentences of others become those of the file. */
static int open_kernel(const char *path, struct vmcore *vmcore, struct why *why)
{
	struct why of_kernel = { "" };
	int err =
		note_text(file_notes(vmcore->file), "OSRELEASE", vmcore->release) ?
			space_open(vmcore->file, &vmcore->space, &of_kernel) :
			why_set(&of_kernel, ENOENT,
				"it has no VMCOREINFO, which tells where the kernel is; dump it again by kdump, or from QEMU with -device vmcoreinfo and the guest's module qemu_fw_cfg");

	vmcore->image.read = space_read;
	vmcore->image.from = &vmcore->space;
	if (!err)
		err = read_all(vmcore, &of_kernel);
	if (!err)
		return 0;
	if (!vmcore_check(vmcore, why))
		why_exit(why, EXIT_CONFIG, -err, "%s: %s", path, of_kernel.text);
	return err;
}

int vmcore_open(const char *path, struct vmcore **out, struct why *why)
{
	struct vmcore *vmcore = calloc(1, sizeof(*vmcore));
	int err = vmcore ? file_open(path, &vmcore->file, why) : why_memory(why);

	if (!err)
		err = open_kernel(path, vmcore, why);
	if (err) {
		vmcore_close(vmcore);
		return err;
	}
	*out = vmcore;
	return 0;
}

void vmcore_close(struct vmcore *vmcore)
{
	if (!vmcore)
		return;
	for (uint32_t i = 0; i < vmcore->image.nr_aliases; i++) {
		free((char *)vmcore->aliases[i].name);
		free((char *)vmcore->aliases[i].group);
	}
	types_close(vmcore->image.types);
	symbols_free(vmcore->functions);
	while (vmcore->nr_raw)
		free((void *)vmcore->raw[--vmcore->nr_raw].data);
	file_close(vmcore->file);
	free(vmcore);
}

const struct image *vmcore_image(const struct vmcore *vmcore)
{
	return &vmcore->image;
}

const char *vmcore_release(const struct vmcore *vmcore)
{
	return vmcore->release;
}

uint32_t vmcore_home(const struct vmcore *vmcore)
{
	return facts_netns(&vmcore->image, vmcore->image.task);
}

uint32_t vmcore_untyped(const struct vmcore *vmcore)
{
	return vmcore->untyped;
}

int vmcore_check(const struct vmcore *vmcore, struct why *why)
{
	return file_check(vmcore->file, why);
}
