// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write_all.h"
#include "service/store.h"

#define CAMPAIGNS "campaigns"
#define NEW	  "new"
#define OLD	  "old"
#define TICKET	  "entry.json" /* as earlier versions called it */
#define TEXT	  "campaign.yaml"

enum {
	READ_MAX = 64 << 20,
	/* The state folder lets in whom its mode lets in; below it, its group may read. */
	STATE_MODE = 0700,
	FOLDER_MODE = 0750,
	FILE_MODE = 0640,
};

struct store {
	char *folder;
	int campaigns, new, old; /* folders */
	int root;
};

/* --- files --- */

static int write_synced(int folder, const char *file, const char *text)
{
	int fd = openat(folder, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	int r;

	if (fd < 0)
		return -errno;
	r = file_write_all(fd, text, strlen(text));
	if (!r && fsync(fd))
		r = -errno;
	close(fd);
	return r;
}

static int replace_synced(int folder, const char *file, const char *text)
{
	char temporary[280];
	int r;

	snprintf(temporary, sizeof(temporary), "%s.new", file);
	r = write_synced(folder, temporary, text);
	if (!r && renameat(folder, temporary, folder, file))
		r = -errno;
	if (!r && fsync(folder))
		r = -errno;
	return r;
}

static int rename_synced(int from, int to, const char *name)
{
	if (renameat(from, name, to, name))
		return -errno;
	return fsync(to) || fsync(from) ? -errno : 0;
}

static int open_folder(int parent, const char *name, mode_t mode)
{
	int fd;

	if (mkdirat(parent, name, mode) && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *item;

	while (folder && (item = readdir(folder))) {
		if (!strcmp(item->d_name, ".") || !strcmp(item->d_name, ".."))
			continue;
		if (unlinkat(fd, item->d_name, 0))
			remove_tree(fd, item->d_name);
	}
	if (folder)
		closedir(folder);
	else if (fd >= 0)
		close(fd);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* Calls with the name of each folder below one. */
static int each_folder(int parent, void (*found)(const char *name, void *arg), void *arg)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *item;

	if (!folder)
		return -errno;
	while ((item = readdir(folder)))
		if (item->d_name[0] != '.')
			found(item->d_name, arg);
	closedir(folder);
	return 0;
}

static char *read_file(int folder, const char *file)
{
	int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	ssize_t n = -1;

	if (fd >= 0 && !fstat(fd, &st) && st.st_size < READ_MAX)
		text = malloc((size_t)st.st_size + 1);
	if (text)
		n = pread(fd, text, (size_t)st.st_size, 0);
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* --- the store --- */

static bool is_name(const char *id)
{
	return id[0] && id[0] != '.' && !strchr(id, '/') && strlen(id) < 256;
}

static void remove_one(const char *name, void *arg)
{
	remove_tree(*(const int *)arg, name);
}

/*
 * A campaign that was not completely added was never accepted; one that was being removed is
 * removed.
 */
static int finish(struct store *store)
{
	int r = each_folder(store->new, remove_one, &store->new);

	return r ? r : each_folder(store->old, remove_one, &store->old);
}

int store_open(const char *folder, struct store **out, struct why *why)
{
	struct store *store = calloc(1, sizeof(*store));
	int r = -ENOMEM;

	if (store) {
		store->root = store->campaigns = store->new = store->old = -1;
		store->folder = strdup(folder);
	}
	if (store && store->folder) {
		r = store->root = open_folder(AT_FDCWD, folder, STATE_MODE);
		if (r >= 0 && flock(store->root, LOCK_EX | LOCK_NB))
			r = -errno;
		if (r >= 0)
			r = store->campaigns = open_folder(store->root, CAMPAIGNS, FOLDER_MODE);
		if (r >= 0)
			r = store->new = open_folder(store->root, NEW, FOLDER_MODE);
		if (r >= 0)
			r = store->old = open_folder(store->root, OLD, FOLDER_MODE);
		if (r >= 0)
			r = finish(store);
		if (!r && fsync(store->root))
			r = -errno;
	}
	if (r) {
		store_close(store);
		if (r == -EWOULDBLOCK)
			return why_exit(
				why, EXIT_BUSY, EBUSY,
				"state_folder %s: another dadraced uses it; end it, or name another folder",
				folder);
		return why_set(why, -r, "state_folder %s: cannot be used: %s%s", folder,
			       strerror(-r),
			       r == -EACCES ? "; run dadraced as root or as its owner" : "");
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < 4; i++) {
		int fd = (int[]){ store->root, store->campaigns, store->new, store->old }[i];

		if (fd >= 0)
			close(fd);
	}
	free(store->folder);
	free(store);
}

const char *store_folder(const struct store *store)
{
	return store->folder;
}

struct looking {
	struct store *store;
	void (*found)(const struct ticket *ticket, void *arg);
	void *arg;
	struct why *why;
	int r;
};

static void look_at(const char *name, void *arg)
{
	struct looking *looking = arg;
	char *text = store_read(looking->store, name, TICKET);
	json_auto_t *json = text ? fields_parse(text) : NULL;
	struct ticket ticket;

	free(text);
	if (!json || ticket_read(json, &ticket) || strcmp(ticket.id, name) != 0) {
		looking->r = why_set(looking->why, EINVAL,
				     "%s/" CAMPAIGNS "/%s/" TICKET
				     " is not a campaign of dadraced; move the folder away",
				     looking->store->folder, name);
		return;
	}
	looking->found(&ticket, looking->arg);
}

int store_each(struct store *store, void (*found)(const struct ticket *ticket, void *arg),
	       void *arg, struct why *why)
{
	struct looking looking = { store, found, arg, why, 0 };
	int r = each_folder(store->campaigns, look_at, &looking);

	return r ? why_set(why, -r, "state_folder %s: cannot be read: %s", store->folder,
			   strerror(-r)) :
		   looking.r;
}

static char *ticket_to_text(const struct ticket *ticket)
{
	json_auto_t *json = fields_to_json(&ticket_fields, ticket);

	return json ? json_dumps(json, JSON_INDENT(2)) : NULL;
}

static int cannot(const struct store *store, const char *id, int r, struct why *why)
{
	return why_set(why, -r, "state_folder %s: cannot write %s: %s", store->folder,
		       id ? id : "the metrics", strerror(-r));
}

int store_add(struct store *store, const struct ticket *ticket, const char *text,
	      struct why *why)
{
	char *json = ticket_to_text(ticket);
	int folder, r = json ? 0 : -ENOMEM;

	if (!r && (!is_name(ticket->id) || !faccessat(store->campaigns, ticket->id, F_OK, 0)))
		r = -EEXIST;
	if (!r)
		remove_tree(store->new, ticket->id);
	folder = r ? -1 : open_folder(store->new, ticket->id, FOLDER_MODE);
	if (!r && folder < 0)
		r = folder;
	if (!r)
		r = write_synced(folder, TEXT, text);
	if (!r)
		r = write_synced(folder, TICKET, json);
	if (!r && fsync(folder))
		r = -errno;
	if (!r)
		r = rename_synced(store->new, store->campaigns, ticket->id);
	if (folder >= 0)
		close(folder);
	free(json);
	return r ? cannot(store, ticket->id, r, why) : 0;
}

int store_write(struct store *store, const char *id, const char *file, const char *text,
		struct why *why)
{
	int folder = id ? openat(store->campaigns, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
			  dup(store->root);
	int r = folder < 0 ? -errno : replace_synced(folder, file, text);

	if (folder >= 0)
		close(folder);
	return r ? cannot(store, id, r, why) : 0;
}

int store_update(struct store *store, const struct ticket *ticket, struct why *why)
{
	char *json = ticket_to_text(ticket);
	int r = json ? store_write(store, ticket->id, TICKET, json, why) :
		       cannot(store, ticket->id, -ENOMEM, why);

	free(json);
	return r;
}

int store_remove(struct store *store, const char *id, struct why *why)
{
	int r = rename_synced(store->campaigns, store->old, id);

	if (r)
		return cannot(store, id, r, why);
	remove_tree(store->old, id);
	return 0;
}

struct store_path store_path(const struct store *store, const char *id, const char *file)
{
	struct store_path path = { "" };

	if (is_name(id))
		snprintf(path.text, sizeof(path.text), "%s/" CAMPAIGNS "/%s%s%s", store->folder,
			 id, file ? "/" : "", file ? file : "");
	return path;
}

char *store_read(const struct store *store, const char *id, const char *file)
{
	struct store_path path;

	if (!id)
		return read_file(store->root, file);
	path = store_path(store, id, file);
	return read_file(AT_FDCWD, path.text);
}

void store_sweep(struct store *store, const char *id)
{
	struct store_path path = store_path(store, id, NULL);
	DIR *folder = opendir(path.text);
	struct dirent *item;

	while (folder && (item = readdir(folder)))
		if (!fnmatch("report.*.??????", item->d_name, 0))
			unlinkat(dirfd(folder), item->d_name, 0);
	if (folder)
		closedir(folder);
}

uint64_t store_size(const struct store *store, const char *id)
{
	struct store_path path = store_path(store, id, NULL);
	DIR *folder = opendir(path.text);
	struct dirent *item;
	struct stat st;
	uint64_t size = 0;

	while (folder && (item = readdir(folder)))
		if (!fstatat(dirfd(folder), item->d_name, &st, AT_SYMLINK_NOFOLLOW))
			size += (uint64_t)st.st_blocks * 512;
	if (folder)
		closedir(folder);
	return size;
}
