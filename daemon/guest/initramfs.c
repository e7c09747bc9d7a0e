// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own_path.h"
#include "guest/guest_modules.h"
#include "guest/initramfs.h"
#include "io/archives.h"
#include "io/child.h"
#include "parse/campaign.h"

enum { FILES_MAX = 512 };

struct making {
	struct initramfs *archive;
	char *put[FILES_MAX]; /* paths that are in it already */
	size_t nr_put;
	struct why *why;
};

static bool is_put(struct making *making, const char *path)
{
	for (size_t i = 0; i < making->nr_put; i++)
		if (!strcmp(making->put[i], path))
			return true;
	return false;
}

static int remember(struct making *making, const char *path)
{
	char *copy = making->nr_put < FILES_MAX ? strdup(path) : NULL;

	if (!copy)
		return why_set(making->why, ENOMEM, "the guest's initramfs: more than %d files",
			       FILES_MAX);
	making->put[making->nr_put++] = copy;
	return 0;
}

/* The folders above a path, outermost first. */
static int put_folders(struct making *making, const char *path)
{
	char part[PATH_MAX];
	int err = 0;

	for (const char *slash = strchr(path + 1, '/'); !err && slash;
	     slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (is_put(making, part))
			continue;
		err = initramfs_folder(making->archive, part + 1, making->why);
		if (!err)
			err = remember(making, part);
	}
	return err;
}

/* Puts a file of this machine at the path that it is known by, links followed. */
static int put_file(struct making *making, const char *path)
{
	int err;

	if (is_put(making, path))
		return 0;
	err = put_folders(making, path);
	if (!err)
		err = initramfs_file(making->archive, path + 1, path, 0755, making->why);
	return err ? err : remember(making, path);
}

/*
 * Puts a program at `path` and the libraries that the dynamic loader would give it; for a
 * script, its interpreter with its own.
 */
static int put_program(struct making *making, const char *from, const char *path)
{
	const char *const list[] = { "ldd", from, NULL };
	char head[256] = "", *text = NULL, *line, *save = NULL;
	struct why no_libraries;
	FILE *file = fopen(from, "re");
	int err;

	if (!file || !fgets(head, sizeof(head), file))
		head[0] = '\0';
	if (file)
		fclose(file);
	err = put_folders(making, path);
	if (!err && !is_put(making, path)) {
		err = initramfs_file(making->archive, path + 1, from, 0755, making->why);
		if (!err)
			err = remember(making, path);
	}
	if (!err && !strncmp(head, "#!", 2)) {
		char *interpreter = head + 2 + strspn(head + 2, " \t");

		interpreter[strcspn(interpreter, " \t\n")] = '\0';
		return put_program(making, interpreter, interpreter);
	}
	if (err || child_output(list, NULL, &text, &no_libraries))
		return err; /* a static program has none */
	for (line = strtok_r(text, "\n", &save); !err && line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *library = strchr(line, '/');

		if (!library)
			continue;
		library[strcspn(library, " ")] = '\0';
		err = put_file(making, library);
	}
	free(text);
	return err;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

/*
 * The bring-up's program, and every other word of its command that names a program or a file
 * here ("sh -c 'ip link ...'" needs ip too).
 */
static int put_bringup(struct making *making, const struct campaign *campaign)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < campaign->bringup.nr_command; i++) {
		char *words = strdup(campaign->bringup.command[i]), *save = NULL;
		char path[PATH_MAX];

		if (!words)
			return why_set(making->why, ENOMEM, "out of memory");
		for (char *word = strtok_r(words, " \t\n;&|()", &save); !err && word;
		     word = strtok_r(NULL, " \t\n;&|()", &save))
			if (word[0] != '{' && !child_find(word, path, sizeof(path)))
				err = put_program(making, path, path);
			else if (word[0] == '/' && is_regular(word))
				err = put_file(making, word);
		free(words);
	}
	return err;
}

static int put_text(struct making *making, const char *path, const char *text)
{
	return initramfs_data(making->archive, path + 1, 0644, text, strlen(text), making->why);
}

static int put_module(struct making *making, size_t number, const struct module *module)
{
	char path[128], beside[160];
	int err;

	snprintf(path, sizeof(path), GUEST_MODULES "/%02zu-%s", number, module->name);
	snprintf(beside, sizeof(beside), "%s.ko", path);
	err = initramfs_data(making->archive, beside + 1, 0644, module->data, module->size,
			     making->why);
	snprintf(beside, sizeof(beside), "%s" GUEST_PARAMETERS, path);
	return err || !module->parameters ? err : put_text(making, beside, module->parameters);
}

static int put_modules(struct making *making, const struct campaign *campaign,
		       const struct kernel_image *image, const char *plant)
{
	struct modules modules = { 0 };
	int err = guest_modules_choose(campaign, image, plant, &modules, making->why);

	if (!err)
		err = put_folders(making, GUEST_MODULES "/");
	for (size_t i = 0; !err && i < modules.nr; i++)
		err = put_module(making, i, &modules.list[i]);
	modules_clear(&modules);
	return err;
}

/* In the guest the kernel to be tested is the running one. */
static int put_campaign(struct making *making, const struct campaign *campaign)
{
	struct campaign inside = *campaign;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int err;

	inside.kernel = inside.modules = inside.vm.plant_module = NULL;
	inside.vm.nr_modules = 0;
	inside.stop.nr_decided = 0; /* the host decides: it has seen the guests before, too */
	err = file ? campaign_dump(&inside, file) : -ENOMEM;

	if ((file && fclose(file)) || err)
		err = why_set(making->why, ENOMEM, "out of memory");
	if (!err)
		err = initramfs_data(making->archive, "campaign.yaml", 0644, text, size,
				     making->why);
	free(text);
	return err;
}

int guest_initramfs_make(const char *path, const struct campaign *campaign,
			 const struct kernel_image *image, const char *plant,
			 const char *learned, struct why *why)
{
	static const char *const folders[] = { "/proc/", "/sys/", "/dev/",
					       "/tmp/",	 "/run/", "/etc/" };
	struct making making = { .why = why };
	struct why ignored;
	char self[PATH_MAX] = "";
	int err = initramfs_create(path, &making.archive, why);

	if (err)
		return err;
	err = own_path(NULL, self, sizeof(self));
	if (err)
		why_set(why, -err, "/proc/self/exe: %s", strerror(-err));
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(folders[0]); i++)
		err = put_folders(&making, folders[i]);
	if (!err)
		err = put_program(&making, self, "/bin/dadrace");
	if (!err && campaign)
		err = put_bringup(&making, campaign);
	if (!err)
		err = put_modules(&making, campaign, image, plant);
	if (!err && campaign)
		err = put_campaign(&making, campaign);
	if (!err && learned)
		err = initramfs_data(making.archive, "learned.ndjson", 0644, learned,
				     strlen(learned), why);
	for (size_t i = 0; i < making.nr_put; i++)
		free(making.put[i]);
	if (initramfs_close(making.archive, err ? &ignored : why) && !err)
		err = -EIO;
	return err;
}
