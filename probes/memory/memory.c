// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/abilities.h"
#include "memory/parts.h"

static int open_by_bpf(struct memory *memory, struct why *why)
{
	int err = bpf_reader_open(memory, why);

	if (!err)
		err = bpf_reader_find(memory, why);
	if (!err)
		err = bases_find(memory, why);
	if (err)
		bpf_reader_close(memory);
	return err;
}

static int open_by_kcore(struct memory *memory, struct why *why)
{
	int err = kcore_reader_open(memory, why);

	if (!err)
		err = kcore_reader_find(memory, why);
	if (err)
		kcore_reader_close(memory);
	return err;
}

/* That BPF was refused is what the user must know, not that there is no /proc/kcore either. */
int memory_open(struct memory **out, struct why *why)
{
	struct why of_kcore = { "" };
	struct memory *memory;
	int err;

	if (!abilities()->reads_memory)
		return why_exit(
			why, EXIT_CANNOT, ENOTSUP,
			"kernel memory cannot be read on %s, because its layout is not known there; use x86_64",
			abilities()->architecture);
	memory = calloc(1, sizeof(*memory));
	if (!memory)
		return why_memory(why);
	memory->kcore = -1;
	err = facts_read(memory, why);
	if (!err && open_by_bpf(memory, why))
		err = open_by_kcore(memory, &of_kcore);
	if (err) {
		memory_close(memory);
		why->code = EXIT_CANNOT;
		return err;
	}
	*out = memory;
	return 0;
}

void memory_close(struct memory *memory)
{
	if (!memory)
		return;
	bpf_reader_close(memory);
	kcore_reader_close(memory);
	facts_free(memory);
	free(memory);
}

const struct image *memory_image(const struct memory *memory)
{
	return &memory->image;
}
