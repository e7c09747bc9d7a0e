// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_probes.h"

#include <bpf/btf.h>
#include <sys/mman.h>

#include "base/write_all.h"

enum { WORD = 8, WORD_BITS = 64 };

/* A structure whose members are a word each; returns its number. */
static int add_struct(struct btf *btf, const char *name, const char *const *members, int type)
{
	int number, nr = 0;

	while (members[nr])
		nr++;
	number = btf__add_struct(btf, name, (__u32)nr * WORD);
	for (int i = 0; i < nr; i++)
		btf__add_field(btf, members[i], type, (__u32)i * WORD_BITS, 0);
	return number;
}

static void add_all(struct btf *btf)
{
	int word = btf__add_int(btf, "u64", WORD, 0), node, probe;

	add_struct(btf, "rethook", (const char *const[]){ "data", "handler", NULL }, word);
	node = add_struct(btf, "rethook_node",
			  (const char *const[]){ "llist", "rethook", NULL }, word);
	probe = add_struct(btf, "kprobe", (const char *const[]){ "addr", "pre_handler", NULL },
			   word);
	btf__add_struct(btf, "kretprobe", 4 * WORD);
	btf__add_field(btf, "kp", probe, 0, 0);
	btf__add_field(btf, "rh", word, 2 * WORD_BITS, 0);
	btf__add_field(btf, "data_size", word, 3 * WORD_BITS, 0);
	btf__add_struct(btf, "kretprobe_instance", 3 * WORD);
	btf__add_field(btf, "node", node, 0, 0);
	btf__add_field(btf, "rp", word, 2 * WORD_BITS, 0);
}

int fake_probes_types(const char *kernel)
{
	struct btf *base = btf__parse_raw(kernel);
	struct btf *btf = base ? btf__new_empty_split(base) : NULL;
	int fd = btf ? memfd_create("types", MFD_CLOEXEC) : -1;

	if (fd >= 0) {
		const void *raw;
		__u32 size;

		add_all(btf);
		raw = btf__raw_data(btf, &size);
		file_write_all(fd, raw, size);
	}
	btf__free(btf);
	btf__free(base);
	return fd;
}
