// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fts.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/memory.h"
#include "base/own_path.h"
#include "guest/guest_modules.h"
#include "guest/guest_root.h"
#include "guest/initramfs.h"
#include "io/archives.h"
#include "io/child.h"
#include "parse/campaign.h"

struct making {
	struct initramfs *archive;
	const struct kernel_image *image;
	char **put; /* paths that are in it already */
	size_t nr_put, room;
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
	size_t room = making->room ? 2 * making->room : 64;
	char **more = making->put, *copy = strdup(path);

	if (making->nr_put == making->room && (more = realloc(more, room * sizeof(*more)))) {
		making->put = more;
		making->room = room;
	}
	if (!copy || !more) {
		free(copy);
		return why_memory(making->why);
	}
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

/* Where the root has links ("/bin" to "usr/bin"), so has the guest. */
static int put_links(struct making *making)
{
	static const char *const names[] = { "/bin", "/sbin", "/lib", "/lib32", "/lib64" };
	const char *root = making->image->root;
	char path[PATH_MAX];
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(names) / sizeof(names[0]); i++) {
		char to[256], folder[300];
		ssize_t n;

		snprintf(path, sizeof(path), "%s%s", root ? root : "", names[i]);
		n = readlink(path, to, sizeof(to) - 1);
		if (n <= 0 || to[0] == '/')
			continue;
		to[n] = '\0';
		snprintf(folder, sizeof(folder), "/%s/", to);
		err = put_folders(making, folder);
		if (!err)
			err = initramfs_link(making->archive, names[i] + 1, to, making->why);
		if (!err)
			err = remember(making, names[i]);
	}
	return err;
}

/* Of the root: a descriptor to be closed. */
static int open_file(struct making *making, const char *path)
{
	int fd = root_open(making->image->root, path);

	return fd >= 0 ? fd :
			 why_exit(making->why, EXIT_CONFIG, -fd, "%s%s: %s",
				  making->image->root ? making->image->root : "", path,
				  root_error(fd));
}

/* Puts the file that is open in `fd`, which is `from` in the root, at `path`. */
static int put_copy(struct making *making, int fd, const char *from, const char *path)
{
	int err;

	if (is_put(making, path))
		return 0;
	err = put_folders(making, path);
	if (!err)
		err = initramfs_file(making->archive, path + 1, fd, from, 0755, making->why);
	return err ? err : remember(making, path);
}

/* Puts a file of the root at the path that it is known by. */
static int put_file(struct making *making, const char *path)
{
	AUTO_FD int fd = open_file(making, path);

	return fd < 0 ? fd : put_copy(making, fd, path, path);
}

static int put_program(struct making *making, const char *from, const char *path);
static int put_interpreter(struct making *making, const char *script, char *line);

static int put_libraries_of_root(void *arg, const char *path)
{
	struct making *making = arg;
	const struct kernel_image *image = making->image;
	int err;

	if (is_put(making, path))
		return 0;
	err = put_file(making, path);
	return err ? err :
		     root_libraries(image->root, image->architecture, path,
				    put_libraries_of_root, making, making->why);
}

/* What the dynamic loader would give a program or a library. */
static int put_libraries(struct making *making, const char *from)
{
	const char *const list[] = { "ldd", from, NULL };
	char *text = NULL, *line, *save = NULL;
	struct why no_libraries;
	int err = 0;

	if (making->image->root)
		return root_libraries(making->image->root, making->image->architecture, from,
				      put_libraries_of_root, making, making->why);
	if (child_output(list, NULL, &text, &no_libraries))
		return 0; /* it is static */
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

static bool is_left_out(const char *folder)
{
	static const char *const names[] = { "__pycache__", "test", "tests", "idlelib" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(folder, names[i]))
			return true;
	return false;
}

/* A folder with all that is in it; libraries with those that they need. */
static int put_tree(struct making *making, const char *folder)
{
	char *const roots[] = { (char *)folder, NULL };
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int err = 0;

	while (tree && !err && (entry = fts_read(tree))) {
		if (entry->fts_info == FTS_D && is_left_out(entry->fts_name))
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info == FTS_F)
			err = put_file(making, entry->fts_path);
		if (!err && entry->fts_info == FTS_F && strstr(entry->fts_name, ".so"))
			err = put_libraries(making, entry->fts_path);
	}
	if (tree)
		fts_close(tree);
	return err;
}

/* Programs that read more than their libraries, and how each tells its folders. */
static const struct {
	const char *name, *option, *text;
} interpreters[] = {
	{ "python3", "-c", "import sys; print('\\n'.join(sys.path[1:]))" },
	{ "perl", "-e", "print join qq{\\n}, @INC" },
};

static int put_library_of_interpreter(struct making *making, const char *program)
{
	const char *name = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
	char *text = NULL, *line, *save = NULL;
	int err = 0;

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]) && !text; i++) {
		const char *const list[] = { program, interpreters[i].option,
					     interpreters[i].text, NULL };

		if (strncmp(name, interpreters[i].name, strlen(interpreters[i].name)) != 0)
			continue;
		if (making->image->root)
			return why_exit(
				making->why, EXIT_CONFIG, ENOTSUP,
				"bringup.command: %s is a %s script, and with vm.root the modules of that interpreter are not known; use a shell script or a binary",
				program, interpreters[i].name);
		err = child_output(list, NULL, &text, making->why);
		if (err)
			return err;
	}
	if (!text)
		return 0;
	for (line = strtok_r(text, "\n", &save); !err && line;
	     line = strtok_r(NULL, "\n", &save))
		if (line[0] == '/' && !access(line, R_OK))
			err = put_tree(making, line);
	free(text);
	return err;
}

/*
 * Puts the program `from` of the root at `path`, with what it reads; for a script, its
 * interpreter, too.
 */
static int put_program(struct making *making, const char *from, const char *path)
{
	AUTO_FD int fd = open_file(making, from);
	char head[256] = "";
	int err;

	if (fd < 0)
		return fd;
	if (pread(fd, head, sizeof(head) - 1, 0) < 0)
		return why_set(making->why, errno, "%s: %s", from, strerror(errno));
	head[strcspn(head, "\n")] = '\0';
	if (is_put(making, path))
		return 0;
	err = put_copy(making, fd, from, path);
	if (!err && !strncmp(head, "#!", 2))
		return put_interpreter(making, from, head + 2);
	if (!err)
		err = put_libraries(making, from);
	return err ? err : put_library_of_interpreter(making, from);
}

/*
 * Where the guest will look for a program, and only then where the caller does: a folder of
 * theirs may hold a wrapper that needs their environment. What is there only gets a link.
 */
static int put_command(struct making *making, const char *word)
{
	char path[PATH_MAX], link[PATH_MAX];
	int err;

	for (const char *folder = CHILD_PATH; !strchr(word, '/') && *folder;) {
		size_t length = strcspn(folder, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)length, folder, word);
		if (root_has_program(making->image->root, path))
			return put_program(making, path, path);
		folder += length + (folder[length] == ':');
	}
	err = root_find(making->image->root, word, path);
	if (!err)
		err = put_program(making, path, path);
	if (err || strchr(word, '/'))
		return err;
	snprintf(link, sizeof(link), "/usr/local/bin/%s", word);
	if (is_put(making, link))
		return 0;
	err = put_folders(making, link);
	if (!err)
		err = initramfs_link(making->archive, link + 1, path, making->why);
	return err ? err : remember(making, link);
}

/* "/usr/bin/python3 -u", or by way of env, which finds it behind its options and variables. */
static int put_interpreter(struct making *making, const char *script, char *line)
{
	char path[PATH_MAX], *save = NULL;
	int err = 0;

	for (char *word = strtok_r(line, " \t\n", &save); !err && word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		if (word[0] == '-' || strchr(word, '='))
			continue;
		if (root_find(making->image->root, word, path))
			return why_exit(making->why, EXIT_CONFIG, ENOENT,
					"%s: its interpreter %s is not %s; install it", script,
					word,
					making->image->root ? "in vm.root" : "on this machine");
		err = put_command(making, word);
		if (!strstr(word, "/env"))
			break;
	}
	return err;
}

/*
 * The bring-up's program, and every other word of its command that names a program or a file
 * here ("sh -c 'ip link ...'" needs ip too).
 */
static int put_bringup(struct making *making, const struct campaign *campaign)
{
	/* For system(), scripts, and commands that are a text. */
	int err = campaign->bringup.kind == BRINGUP_COMMAND ?
			  put_program(making, "/bin/sh", "/bin/sh") :
			  0;

	for (uint32_t i = 0; !err && i < campaign->bringup.nr_command; i++) {
		char *words = strdup(campaign->bringup.command[i]), *save = NULL;
		char path[PATH_MAX];

		if (!words)
			return why_memory(making->why);
		for (char *word = strtok_r(words, " \t\n;&|()", &save); !err && word;
		     word = strtok_r(NULL, " \t\n;&|()", &save))
			if (word[0] != '{' && !root_find(making->image->root, word, path))
				err = put_command(making, word);
			else if (word[0] == '/' && root_has(making->image->root, word))
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

	inside.kernel = inside.modules = inside.vm.plant_module = inside.vm.append = NULL;
	inside.vm.root = NULL;
	inside.vm.nr_modules = 0;
	inside.stop.nr_decided = 0; /* the host decides: it has seen the guests before, too */
	err = file ? campaign_dump(&inside, file) : -ENOMEM;

	if (memstream_close(file, &text) || err)
		err = why_memory(making->why);
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
	struct making making = { .image = image, .why = why };
	struct why ignored;
	char self[PATH_MAX] = "";
	int err = initramfs_create(path, &making.archive, why);

	if (err)
		return err;
	if (image->root)
		snprintf(self, sizeof(self), "%s", ROOT_DADRACE);
	else if ((err = own_path(NULL, self, sizeof(self))))
		why_set(why, -err, "/proc/self/exe: %s", strerror(-err));
	if (!err)
		err = put_links(&making);
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
	free(making.put);
	if (initramfs_close(making.archive, err ? &ignored : why) && !err)
		err = -EIO;
	return err;
}
