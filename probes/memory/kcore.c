// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "loader/data.h"
#include "memory/parts.h"

enum { PARTS_MAX = 4096 };

struct kcore_part {
	uint64_t from, to;
	off_t at; /* in the file */
};

static int read_by_kcore(void *from, uint64_t address, void *to, size_t size)
{
	struct memory *memory = from;

	for (uint32_t i = 0; i < memory->nr_parts; i++) {
		const struct kcore_part *part = &memory->parts[i];

		if (address < part->from || address + size > part->to)
			continue;
		if (pread(memory->kcore, to, size, part->at + (off_t)(address - part->from)) ==
		    (ssize_t)size)
			return 0;
		break;
	}
	return -EFAULT;
}

static int read_parts(struct memory *memory)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (pread(memory->kcore, &header, sizeof(header), 0) != sizeof(header) ||
	    header.e_phnum > PARTS_MAX)
		return -EIO;
	memory->parts = calloc(header.e_phnum + 1U, sizeof(*memory->parts));
	for (uint32_t i = 0; memory->parts && i < header.e_phnum; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(segment));

		if (pread(memory->kcore, &segment, sizeof(segment), at) != sizeof(segment))
			return -EIO;
		if (segment.p_type == PT_LOAD)
			memory->parts[memory->nr_parts++] =
				(struct kcore_part){ segment.p_vaddr,
						     segment.p_vaddr + segment.p_memsz,
						     (off_t)segment.p_offset };
	}
	return memory->nr_parts ? 0 : -EIO;
}

int kcore_reader_open(struct memory *memory, struct why *why)
{
	int err;

	memory->kcore = open("/proc/kcore", O_RDONLY | O_CLOEXEC);
	err = memory->kcore < 0 ? -errno : read_parts(memory);
	if (err)
		return why_exit(why, EXIT_CANNOT, -err, "/proc/kcore: cannot be read: %s",
				strerror(-err));
	memory->image.read = read_by_kcore;
	memory->image.from = memory;
	return 0;
}

void kcore_reader_close(struct memory *memory)
{
	close_fd(&memory->kcore);
	free(memory->parts);
	memory->parts = NULL;
}

int kcore_reader_find(struct memory *memory, struct why *why)
{
	enum { DIRECT_MAP, PAGE_STRUCTS, CPU_OFFSETS, TASK, DATA };
	struct datum data[DATA] = {
		[DIRECT_MAP] = { .name = "page_offset_base" },
		[PAGE_STRUCTS] = { .name = "vmemmap_base" },
		[CPU_OFFSETS] = { .name = "__per_cpu_offset" },
		[TASK] = { .name = "init_task" },
	};
	struct image *image = &memory->image;
	int cpus = libbpf_num_possible_cpus();

	if (!data_find(data, DATA))
		return why_exit(
			why, EXIT_CANNOT, ENOTSUP,
			"/proc/kallsyms lists no data (CONFIG_KALLSYMS_ALL), without which /proc/kcore cannot be used; allow bpf(2)");
	image->direct_map = image_u64(image, data[DIRECT_MAP].address);
	image->page_structs = image_u64(image, data[PAGE_STRUCTS].address);
	image->task = data[TASK].address;
	image->nr_cpus = cpus > 0 && cpus <= IMAGE_CPUS_MAX ? (uint32_t)cpus : 1;
	for (uint32_t i = 0; i < image->nr_cpus; i++)
		image->cpu_offsets[i] =
			image_u64(image, data[CPU_OFFSETS].address + i * sizeof(uint64_t));
	return 0;
}
