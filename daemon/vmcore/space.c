// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "vmcore/parts.h"
#include "who/paging.h"

/*
 * The kernel's own page tables map all that is read, from its image to the descriptions of
 * pages. They are walked through a mapping of the file that exists here only, of the number of
 * levels that the kernel uses.
 */
#define WINDOW_OF_4_LEVELS 0xffff800000000000
#define WINDOW_OF_5_LEVELS 0xff00000000000000
#define KERNEL_IMAGE	   0xffffffff80000000 /* __START_KERNEL_map */

static int read_physical(void *from, uint64_t address, void *to, size_t size)
{
	const struct space *space = from;

	return file_read(space->file, (address - space->tables.direct_map) & ~space->mask, to,
			 size);
}

int space_open(struct file *file, struct space *space, struct why *why)
{
	const char *notes = file_notes(file);
	uint64_t table = note_symbol(notes, "swapper_pg_dir");

	*space = (struct space){ .file = file, .mask = note_number(notes, "sme_mask") };
	space->tables.read = read_physical;
	space->tables.from = space;
	space->tables.direct_map = note_number(notes, "pgtable_l5_enabled") ?
					   WINDOW_OF_5_LEVELS :
					   WINDOW_OF_4_LEVELS;
	space->table = space->tables.direct_map + (table - KERNEL_IMAGE) +
		       note_number(notes, "phys_base");
	if (table >= KERNEL_IMAGE && paging_behind(&space->tables, space->table, table).to)
		return 0;
	return why_set(
		why, EINVAL,
		"its VMCOREINFO (swapper_pg_dir, phys_base) does not lead to the kernel's page tables");
}

void space_set_direct(struct space *space, uint64_t direct_map, uint64_t size)
{
	space->direct_map = direct_map;
	space->direct_end = direct_map + size;
}

/* How much from the address on lies behind each other; 0: nothing is mapped there. */
static uint64_t look_up(struct space *space, uint64_t address)
{
	struct span behind;
	uint64_t size;

	if (address >= space->direct_map && address < space->direct_end) {
		space->from = space->direct_map;
		space->to = space->direct_end;
		space->behind = 0;
	} else if (address < space->from || address >= space->to) {
		behind = paging_behind(&space->tables, space->table, address);
		size = (behind.to - behind.from) * IMAGE_PAGE;
		if (!size)
			return 0;
		space->from = address & ~(size - 1);
		space->to = space->from + size;
		space->behind = behind.from * IMAGE_PAGE;
	}
	return space->to - address;
}

int space_read(void *from, uint64_t address, void *to, size_t size)
{
	struct space *space = from;
	char *at = to;

	while (size) {
		uint64_t left = look_up(space, address);
		size_t part = left < size ? left : size;

		if (!part || file_read(space->file,
				       (space->behind + (address - space->from)) & ~space->mask,
				       at, part))
			return -EFAULT;
		address += part;
		at += part;
		size -= part;
	}
	return 0;
}
