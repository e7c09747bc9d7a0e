// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/data.h"
#include "loader/parts.h"
#include "memory.skel.h"
#include "memory/parts.h"

static int read_by_bpf(void *from, uint64_t address, void *to, size_t size)
{
	const uint64_t args[] = { address, size };
	struct memory *memory = from;
	int32_t unreadable;

	if (probes_run(memory->skel->progs.memory_read, args, 2, &unreadable) || unreadable)
		return -EFAULT;
	memcpy(to, memory->piece, size);
	return 0;
}

static int compare_pages(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/* The pages of the map hold copies of what was read: pointers in them are nobody's. */
static void note_copies(struct memory *memory)
{
	enum { PAGES = IMAGE_PIECE / IMAGE_PAGE };

	for (uint32_t i = 0; i < PAGES; i++)
		(void)*(const volatile uint8_t *)&memory->piece[i * IMAGE_PAGE];
	facts_own_pages(memory->piece, memory->copies, PAGES);
	qsort(memory->copies, PAGES, sizeof(memory->copies[0]), compare_pages);
	memory->image.copies = memory->copies;
	memory->image.nr_copies = PAGES;
}

static int first_word(const struct memory *memory, const struct bpf_program *program,
		      uint64_t arg, const char *what, uint64_t *word, struct why *why)
{
	const uint64_t args[] = { arg, 0 };
	int32_t unknown = 0;
	int err = probes_run(program, args, 2, &unknown);

	if (err)
		return probes_refused(-err, "reading kernel memory", why);
	if (unknown)
		return why_exit(
			why, EXIT_CANNOT, ENOTSUP,
			"this kernel hides %s: it has neither __per_cpu_offset in /proc/kallsyms nor bpf_map_lookup_percpu_elem (Linux 5.19)",
			what);
	memcpy(word, memory->piece, sizeof(*word));
	return 0;
}

int bpf_reader_find(struct memory *memory, struct why *why)
{
	struct image *image = &memory->image;
	int cpus = libbpf_num_possible_cpus();
	int err = first_word(memory, memory->skel->progs.memory_task, 0, "its tasks",
			     &image->task, why);

	image->task_reads = true;
	image->nr_cpus = cpus > 0 ? (uint32_t)cpus : 1;
	if (image->nr_cpus > IMAGE_CPUS_MAX)
		return why_exit(why, EXIT_CANNOT, ENOTSUP,
				"this machine has %u CPUs, and at most %d are supported here",
				image->nr_cpus, IMAGE_CPUS_MAX);
	for (uint32_t i = 0; !err && i < image->nr_cpus; i++)
		err = first_word(memory, memory->skel->progs.memory_cpu_offset, i,
				 "its per-CPU data", &image->cpu_offsets[i], why);
	return err;
}

int bpf_reader_open(struct memory *memory, struct why *why)
{
	void *piece;
	int err;

	probes_hear_libbpf();
	memory->skel = memory_bpf__open();
	if (!memory->skel)
		return probes_refused(errno, "reading kernel memory by BPF", why);
	memory->skel->rodata->cpu_offsets_at = data_cpu_offsets();
	err = memory_bpf__load(memory->skel);
	if (err)
		return probes_refused(-err, "reading kernel memory by BPF", why);
	piece = mmap(NULL, IMAGE_PIECE, PROT_READ, MAP_SHARED,
		     bpf_map__fd(memory->skel->maps.piece), 0);
	if (piece == MAP_FAILED)
		return probes_refused(errno, "reading kernel memory by BPF", why);
	memory->piece = piece;
	memory->image.read = read_by_bpf;
	memory->image.from = memory;
	note_copies(memory);
	return 0;
}

void bpf_reader_close(struct memory *memory)
{
	if (memory->piece)
		munmap((void *)memory->piece, IMAGE_PIECE);
	memory_bpf__destroy(memory->skel);
	memory->piece = NULL;
	memory->skel = NULL;
}
