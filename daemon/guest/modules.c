// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/modules.h"
#include "io/archives.h"

/* Files use '-' and '_' as they like, and so do people; module names only '_'. */
static char letter_of(char c)
{
	return c == '-' ? '_' : c;
}

bool module_is_file_of(const char *file, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (letter_of(file[i]) != letter_of(name[i]))
			return false;
	return !strncmp(file + n, ".ko", 3);
}

static bool find_file(const char *folder, const char *name, char *path, size_t size)
{
	char *const roots[] = { (char *)folder, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	bool found = false;
	FTSENT *entry;

	while (tree && !found && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F && module_is_file_of(entry->fts_name, name))
			found = snprintf(path, size, "%s", entry->fts_path) < (int)size;
	if (tree)
		fts_close(tree);
	return found;
}

int module_read(const char *path, struct module *module, struct why *why)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	*module = (struct module){ 0 };
	snprintf(module->name, sizeof(module->name), "%.*s",
		 (int)(strstr(name, ".ko") ? strstr(name, ".ko") - name : (long)strlen(name)),
		 name);
	return archive_read_file(path, &module->data, &module->size, why);
}

static void module_clear(struct module *module)
{
	free(module->data);
	free(module->parameters);
}

static bool section_at(const struct module *module, const Elf64_Ehdr *header, uint32_t index,
		       Elf64_Shdr *section)
{
	const char *bytes = module->data;

	memcpy(section, bytes + header->e_shoff + index * sizeof(*section), sizeof(*section));
	return section->sh_offset <= module->size &&
	       section->sh_size <= module->size - section->sh_offset;
}

/* Whether a table of names, whatever is in it, has this one at `at`. */
static bool has_name(const struct module *module, const Elf64_Shdr *table, uint32_t at,
		     const char *name)
{
	const char *names = (const char *)module->data + table->sh_offset;
	size_t size = strlen(name) + 1;

	return at < table->sh_size && size <= table->sh_size - at &&
	       !memcmp(names + at, name, size);
}

/* The .modinfo section: its end, and in `from` its beginning; NULL when there is none. */
static const char *info_section(const struct module *module, const char **from)
{
	const char *bytes = module->data;
	Elf64_Shdr names, section;
	Elf64_Ehdr header;

	if (module->size < sizeof(header))
		return NULL;
	memcpy(&header, bytes, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shoff > module->size ||
	    header.e_shnum > (module->size - header.e_shoff) / sizeof(section) ||
	    header.e_shstrndx >= header.e_shnum ||
	    !section_at(module, &header, header.e_shstrndx, &names))
		return NULL;
	for (uint32_t i = 0; i < header.e_shnum; i++) {
		if (!section_at(module, &header, i, &section) || !section.sh_size ||
		    !has_name(module, &names, section.sh_name, ".modinfo") ||
		    bytes[section.sh_offset + section.sh_size - 1]) /* its texts have ends */
			continue;
		*from = bytes + section.sh_offset;
		return *from + section.sh_size;
	}
	return NULL;
}

const char *module_info(const struct module *module, const char *key, const char *after)
{
	const char *at, *end = info_section(module, &at);
	size_t n = strlen(key);

	if (!end)
		return NULL;
	if (after)
		at = after + strnlen(after, (size_t)(end - after)) + 1;
	for (; at < end; at += strnlen(at, (size_t)(end - at)) + 1)
		if (!strncmp(at, key, n) && at[n] == '=')
			return at + n + 1;
	return NULL;
}

static bool is_listed(const struct modules *modules, const char *name)
{
	for (size_t i = 0; i < modules->nr; i++)
		if (!strcmp(modules->list[i].name, name))
			return true;
	return false;
}

static int add_needed(struct modules *modules, const char *folder, const struct module *module,
		      struct why *why)
{
	const char *depends = module_info(module, "depends", NULL);
	int err = 0;

	while (!err && depends && *depends) {
		size_t n = strcspn(depends, ",");
		char name[sizeof(module->name)];
		bool found;

		snprintf(name, sizeof(name), "%.*s", (int)n, depends);
		err = modules_add(modules, folder, name, &found, why);
		if (!err && !found)
			err = why_set(why, ENOENT, "module %s: needs %s, which is not in %s",
				      module->name, name, folder);
		depends += n + (depends[n] == ',');
	}
	return err;
}

/* Its data are the list's from now on, also on failure. */
static int append(struct modules *modules, struct module *module, struct why *why)
{
	struct module *more = realloc(modules->list, (modules->nr + 1) * sizeof(*more));

	if (!more) {
		module_clear(module);
		return why_memory(why);
	}
	more[modules->nr++] = *module;
	modules->list = more;
	return 0;
}

int modules_add(struct modules *modules, const char *folder, const char *name, bool *found,
		struct why *why)
{
	struct module module = { 0 };
	char path[1024];
	int err;

	*found = is_listed(modules, name);
	if (*found || !find_file(folder, name, path, sizeof(path)))
		return 0;
	err = module_read(path, &module, why);
	snprintf(module.name, sizeof(module.name), "%s", name);
	if (!err)
		err = add_needed(modules, folder, &module, why);
	if (err) {
		module_clear(&module);
		return err;
	}
	*found = true;
	return append(modules, &module, why);
}

/* "vermagic=6.12.118+deb13-amd64 SMP preempt mod_unload": what the kernel will compare. */
static int check_release(const struct module *module, const char *file, const char *release,
			 struct why *why)
{
	const char *magic = module_info(module, "vermagic", NULL);
	size_t length = strlen(release);

	if (!magic)
		return why_set(why, EINVAL, "%s: not a kernel module (no vermagic)", file);
	if (strncmp(magic, release, length) != 0 || (magic[length] && magic[length] != ' '))
		return why_set(
			why, EINVAL,
			"%s: built for Linux %.*s, and the guest's is %s; build it with the headers of that kernel (`dadrace headers`)",
			file, (int)strcspn(magic, " "), magic, release);
	return 0;
}

int modules_add_own(struct modules *modules, const char *folder, const char *file,
		    const char *release, const char *parameters, struct why *why)
{
	struct module module = { 0 };
	int err = module_read(file, &module, why);
	const char *name;

	if (!err)
		err = check_release(&module, file, release, why);
	if (!err && folder)
		err = add_needed(modules, folder, &module, why);
	if (!err && !(module.parameters = strdup(parameters)))
		err = why_memory(why);
	if (err) {
		module_clear(&module);
		return err;
	}
	name = module_info(&module, "name", NULL);
	if (name)
		snprintf(module.name, sizeof(module.name), "%s", name);
	return append(modules, &module, why);
}

bool modules_builtin(const char *folder, const char *name)
{
	char path[1024], line[512];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/modules.builtin", folder);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *slash = strrchr(line, '/');

		found = module_is_file_of(slash ? slash + 1 : line, name);
	}
	if (file)
		fclose(file);
	return found;
}

void modules_clear(struct modules *modules)
{
	for (size_t i = 0; i < modules->nr; i++)
		module_clear(&modules->list[i]);
	free(modules->list);
	*modules = (struct modules){ 0 };
}
