// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/parts.h"

#define REJECTED "rejected"

/*
 * A file is taken when it is moved into the folder, or closed by its writer. A file whose name
 * begins with a dot, or that is open for writing, is left alone. A file that users other than
 * root can write is rejected, because a campaign runs programs as root.
 *
 * The id is made from inode and time of the file, so that a crash between accepting and
 * removing it does not accept it twice.
 */

static bool is_campaign_file(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && !strcmp(name + length - 5, ".yaml");
}

static void reject(int folder, const char *name, const char *because)
{
	char why_name[280], to[280];
	int rejected, fd;

	snprintf(why_name, sizeof(why_name), REJECTED "/%.250s.why", name);
	snprintf(to, sizeof(to), REJECTED "/%.250s", name);
	if (mkdirat(folder, REJECTED, 0755) && errno != EEXIST)
		log_say(LOG_LEVEL_ERROR, NULL, NULL,
			"spool: " REJECTED "/ cannot be created: %s", strerror(errno));
	fd = openat(folder, why_name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	rejected = renameat(folder, name, folder, to);
	if (fd < 0 || dprintf(fd, "%s\n", because) < 0 || rejected)
		log_say(LOG_LEVEL_ERROR, NULL, NULL,
			"spool: %s: cannot be moved to " REJECTED "/: %s", name,
			strerror(errno));
	if (rejected) /* or it would be read again and again */
		unlinkat(folder, name, 0);
	if (fd >= 0)
		close(fd);
	log_say(LOG_LEVEL_WARNING, NULL, "rejected", "spool: %s: rejected: %s", name, because);
}

/* Errors that say something of the file; others are of the machine, and pass. */
static bool is_of_file(int err)
{
	return err == ELOOP || err == EACCES || err == EPERM || err == ENXIO || err == ENODEV;
}

/* The descriptor, or -EINVAL: rejected; another error: a shortage. Both with the sentence. */
static int open_campaign(int folder, const char *name, struct stat *st, struct why *why)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int err = fd < 0 || fstat(fd, st) ? errno : 0;

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return why_set(why, is_of_file(err) ? EINVAL : err, "cannot be opened: %s",
		       err == ELOOP ? "it is a symbolic link" : strerror(err));
}

/* 0: its text; 1: not now; errors as above. */
static int read_campaign(int fd, const struct stat *st, char **text, struct why *why)
{
	ssize_t n;

	if (!S_ISREG(st->st_mode))
		return why_set(why, EINVAL, "not a regular file");
	if (st->st_uid != geteuid() || st->st_mode & (S_IWGRP | S_IWOTH))
		return why_set(
			why, EINVAL,
			"users other than root can write it, and a campaign runs programs as root; use chown root and chmod go-w");
	if (st->st_size > CAMPAIGN_TEXT_MAX)
		return why_set(why, EINVAL,
			       "longer than the %d bytes allowed for a campaign file",
			       CAMPAIGN_TEXT_MAX);
	/*
	 * A lease is refused while the file is open for writing; its close is an event of its
	 * own.
	 */
	if (fcntl(fd, F_SETLEASE, F_RDLCK) && errno == EAGAIN)
		return 1;
	*text = malloc((size_t)st->st_size + 1);
	n = *text ? pread(fd, *text, (size_t)st->st_size, 0) : -1;
	if (n < 0)
		n = -errno;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	if (n < 0)
		return why_set(why, (int)-n, "cannot be read: %s", strerror((int)-n));
	if (n != st->st_size) /* it has become shorter */
		return 1;
	if (memchr(*text, '\0', (size_t)n))
		return why_set(why, EINVAL,
			       "contains zero bytes; a campaign file is UTF-8 text");
	(*text)[n] = '\0';
	return 0;
}

static void make_id(const char *name, const struct stat *st, char *id, size_t size)
{
	size_t n;

	snprintf(id, size, "%.*s-%llx-%llx%08lx", (int)strcspn(name, "."), name,
		 (unsigned long long)st->st_ino, (unsigned long long)st->st_ctim.tv_sec,
		 (unsigned long)st->st_ctim.tv_nsec);
	n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	for (; id[n]; n += strspn(id + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789_-"))
		id[n] = '_';
}

/* The queue is full, or the machine is short of something; logged once, tried again later. */
static void wait_here(struct service *service, const char *name, const char *because)
{
	char said[sizeof(service->spool_said)];

	service->spool_waits = true;
	snprintf(said, sizeof(said), "spool: %s: waits: %s", name, because);
	if (!strcmp(said, service->spool_said))
		return;
	memcpy(service->spool_said, said, sizeof(said));
	log_say(LOG_LEVEL_WARNING, NULL, NULL, "%s", said);
}

static void take_one(struct service *service, int folder, const char *name)
{
	struct submission submission = { .by = "the spool",
					 .priority = INT64_MIN,
					 .not_before = INT64_MIN,
					 .every_s = INT64_MIN };
	struct why why;
	char *text = NULL, id[200];
	struct stat st;
	int fd = open_campaign(folder, name, &st, &why);
	int r = fd < 0 ? fd : read_campaign(fd, &st, &text, &why);

	if (!r) {
		make_id(name, &st, id, sizeof(id));
		submission.id = id;
		submission.text = text;
		r = keep_submit(service, &submission, NULL, &why);
	}
	if (!r || r == -EEXIST)
		unlinkat(folder, name, 0);
	else if (r == -EINVAL)
		reject(folder, name, why.text);
	else if (r < 0 && r != -ENOENT)
		wait_here(service, name, why.text);
	free(text);
	if (fd >= 0)
		close(fd);
}

void spool_take(struct service *service)
{
	DIR *folder = service->stopping ? NULL : opendir(service->config->spool_folder);
	struct dirent *item;

	service->spool_waits = false;
	while (folder && (item = readdir(folder)))
		if (is_campaign_file(item->d_name))
			take_one(service, dirfd(folder), item->d_name);
	if (folder)
		closedir(folder);
}

static void noticed(void *arg)
{
	spool_take(arg);
	changes_schedule(arg);
}

int spool_open(struct service *service, struct why *why)
{
	const char *folder = service->config->spool_folder;

	if (mkdir(folder, 0755) && errno != EEXIST)
		return why_set(why, errno, "spool_folder %s: cannot be created: %s", folder,
			       strerror(errno));
	service->spool = folder_watch_open(service->loop, folder, FOLDER_FILE_COMPLETE, noticed,
					   service);
	return service->spool ? 0 :
				why_set(why, errno, "spool_folder %s: cannot be watched: %s",
					folder, strerror(errno));
}

int spool_reload(struct service *service, const struct service_config *before, struct why *why)
{
	struct folder_watch *old = service->spool;
	int r;

	if (!strcmp(before->spool_folder, service->config->spool_folder))
		return 0;
	r = spool_open(service, why);
	if (r)
		service->spool = old;
	else
		folder_watch_close(old);
	return r;
}

void spool_close(struct service *service)
{
	folder_watch_close(service->spool);
}
