// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "machine/kallsyms.h"
#include "memory/parts.h"

#define BTF_FOLDER  "/sys/kernel/btf"
#define SLAB_FOLDER "/sys/kernel/slab"

enum { BLOBS_MAX = 512, RAM_MAX = 1024, ALIASES_MAX = 4096, CPU_SYMBOLS_MAX = 4096 };

/* --- types --- */

static int read_types(struct memory *memory, struct why *why)
{
	const char *paths[BLOBS_MAX + 1] = { BTF_FOLDER "/vmlinux" };
	DIR *folder = opendir(BTF_FOLDER);
	struct dirent *entry;
	uint32_t nr = 1;
	int err;

	while (folder && nr < BLOBS_MAX && (entry = readdir(folder))) {
		char *path;

		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0 &&
		    asprintf(&path, BTF_FOLDER "/%s", entry->d_name) > 0)
			paths[nr++] = path;
	}
	if (folder)
		closedir(folder);
	err = types_open(paths, &memory->image.types, why);
	while (nr > 1)
		free((char *)paths[--nr]);
	return err;
}

/* --- memory and caches --- */

/* "00100000-bfffffff : System RAM"; what is inside of it is indented. */
static int read_ram(struct memory *memory, struct why *why)
{
	FILE *file = fopen("/proc/iomem", "re");
	uint64_t from, to;
	char line[256];

	memory->ram = calloc(RAM_MAX, sizeof(*memory->ram));
	while (file && memory->ram && memory->image.nr_ram < RAM_MAX &&
	       fgets(line, sizeof(line), file))
		if (line[0] != ' ' && strstr(line, ": System RAM") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &from, &to) == 2 && to)
			memory->ram[memory->image.nr_ram++] =
				(struct span){ from / IMAGE_PAGE, (to + 1) / IMAGE_PAGE };
	if (file)
		fclose(file);
	memory->image.ram = memory->ram;
	return memory->image.nr_ram ?
		       0 :
		       why_exit(
			       why, EXIT_CANNOT, EPERM,
			       "/proc/iomem tells no addresses of memory; run as root, or with CAP_SYS_ADMIN");
}

/* Caches that share their slabs are links to one folder. */
static void read_aliases(struct memory *memory)
{
	DIR *folder = opendir(SLAB_FOLDER);
	struct dirent *entry;

	memory->aliases = calloc(ALIASES_MAX, sizeof(*memory->aliases));
	while (folder && memory->aliases && memory->image.nr_aliases < ALIASES_MAX &&
	       (entry = readdir(folder))) {
		struct image_alias *alias = &memory->aliases[memory->image.nr_aliases];
		char target[PATH_MAX];
		ssize_t n =
			readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		alias->name = strdup(entry->d_name);
		alias->group = strdup(target);
		memory->image.nr_aliases += alias->name && alias->group;
	}
	if (folder)
		closedir(folder);
	memory->image.aliases = memory->aliases;
}

/* --- per-CPU variables, where the types name none --- */

static void see_named(const char *name, uint32_t offset, uint32_t size, void *context)
{
	bool *is_named = context;

	(void)name;
	(void)offset;
	(void)size;
	*is_named = true;
}

static int compare_cpu_symbols(const void *a, const void *b)
{
	const struct image_cpu_symbol *one = a, *other = b;

	return one->offset < other->offset ? -1 : one->offset > other->offset;
}

/* They are the symbols at the lowest addresses, where nothing else is. */
static void read_cpu_symbols(struct memory *memory)
{
	enum { SECTION_MAX = 1 << 20 };
	struct image *image = &memory->image;
	bool is_named = false;
	uint64_t address;
	char line[512], name[256];
	FILE *file;

	types_each_cpu_variable(image->types, see_named, &is_named);
	file = is_named ? NULL : fopen("/proc/kallsyms", "re");
	memory->cpu_symbols =
		file ? calloc(CPU_SYMBOLS_MAX, sizeof(*memory->cpu_symbols)) : NULL;
	while (memory->cpu_symbols && image->nr_cpu_symbols < CPU_SYMBOLS_MAX &&
	       fgets(line, sizeof(line), file)) {
		struct image_cpu_symbol *symbol = &memory->cpu_symbols[image->nr_cpu_symbols];

		if (sscanf(line, "%" SCNx64 " %*c %255s", &address, name) != 2 ||
		    address >= SECTION_MAX || strchr(line, '['))
			continue;
		*symbol = (struct image_cpu_symbol){ strdup(name), (uint32_t)address, 0 };
		image->nr_cpu_symbols += symbol->name != NULL;
	}
	if (file)
		fclose(file);
	if (image->nr_cpu_symbols)
		qsort(memory->cpu_symbols, image->nr_cpu_symbols, sizeof(*memory->cpu_symbols),
		      compare_cpu_symbols);
	for (uint32_t i = 0; i + 1 < image->nr_cpu_symbols; i++)
		memory->cpu_symbols[i].size =
			memory->cpu_symbols[i + 1].offset - memory->cpu_symbols[i].offset;
	image->cpu_symbols = memory->cpu_symbols;
}

void facts_own_pages(const void *at, uint64_t *pages, uint32_t nr)
{
	const uint64_t present = 1ULL << 63, number = (1ULL << 55) - 1;
	AUTO_FD int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t entry = 0;
		off_t place = (off_t)(((uintptr_t)at / IMAGE_PAGE + i) * sizeof(entry));

		if (pread(fd, &entry, sizeof(entry), place) != sizeof(entry) ||
		    !(entry & present))
			entry = 0;
		pages[i] = entry & number;
	}
}

int facts_read(struct memory *memory, struct why *why)
{
	int err = read_types(memory, why);

	if (!err)
		err = kallsyms_load(&memory->functions, why);
	if (!err)
		err = read_ram(memory, why);
	if (!err)
		read_aliases(memory);
	if (!err)
		read_cpu_symbols(memory);
	memory->image.functions = memory->functions;
	return err;
}

void facts_free(struct memory *memory)
{
	types_close(memory->image.types);
	for (uint32_t i = 0; i < memory->image.nr_aliases; i++) {
		free((char *)memory->aliases[i].name);
		free((char *)memory->aliases[i].group);
	}
	free(memory->aliases);
	for (uint32_t i = 0; i < memory->image.nr_cpu_symbols; i++)
		free((char *)memory->cpu_symbols[i].name);
	free(memory->cpu_symbols);
	free(memory->ram);
	symbols_free(memory->functions);
}
