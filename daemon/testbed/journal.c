// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "testbed/journal.h"
#include "testbed/parts.h"

enum { OWNER_MS = 5000 }; /* for a process that was killed to be taken apart */

static const char *const kind_names[] = {
	[JOURNAL_NETNS] = "netns",   [JOURNAL_DEVICE] = "device",
	[JOURNAL_FLAGS] = "flags",   [JOURNAL_ADDRESSES] = "addresses",
	[JOURNAL_SYSCTL] = "sysctl", [JOURNAL_QUEUE] = "queue",
	[JOURNAL_MTU] = "mtu",	     [JOURNAL_MAC] = "mac",
};
_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == JOURNAL_KINDS,
	       "every kind of step has a name");

/* --- whose journal --- */

/* -ESRCH when there is no such process, or only its zombie. */
static int owner_read(int pid, struct journal_owner *owner)
{
	char path[32], text[1024];
	AUTO_FD int fd = -1;
	unsigned long long start;
	const char *rest;
	ssize_t got;
	char state;

	/* 0 is the caller, by the pid that it has in this /proc: getpid() is 1 in a lane. */
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	else
		snprintf(path, sizeof(path), "/proc/self/stat");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (got < 0)
		return -ESRCH;
	text[got] = '\0';
	/* The command's name may hold spaces and parentheses of its own. */
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest + 1,
			    " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
			    " %*s %*s %*s %llu",
			    &state, &start) != 2)
		return -EIO;
	if (state == 'Z' || state == 'X')
		return -ESRCH;
	*owner = (struct journal_owner){ pid ? pid : (int)strtol(text, NULL, 10), start };
	return 0;
}

bool journal_owner_lives(const struct journal_owner *owner)
{
	struct journal_owner now;
	int err = owner_read(owner->pid, &now);

	/* What cannot be read is not touched. */
	return err == -EIO || (!err && now.start == owner->start);
}

static void await_end(int pid)
{
	AUTO_FD int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd end = { .fd = fd, .events = POLLIN };

	if (fd >= 0)
		poll(&end, 1, OWNER_MS);
}

void journal_owner_await(const struct journal_owner *owner)
{
	await_end(owner->pid);
}

bool journal_owner_of(const char *name, struct journal_owner *owner)
{
	int end = 0;

	/* %d and %llu: what is too large for them was never written by us. */
	return sscanf(name, "undo-%d-%llu.journal%n", &owner->pid, &owner->start, &end) == 2 &&
	       end > 0 && name[end] == '\0';
}

void journal_orphans(void (*seen)(const char *path, void *arg), void *arg)
{
	DIR *folder = opendir(MACHINE_FOLDER);
	struct journal_owner owner;
	char path[JOURNAL_PATH];
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		if (!journal_owner_of(entry->d_name, &owner) || journal_owner_lives(&owner))
			continue;
		snprintf(path, sizeof(path), MACHINE_FOLDER "/%s", entry->d_name);
		seen(path, arg);
	}
	if (folder)
		closedir(folder);
}

static struct journal *journal_of(const struct journal_owner *owner)
{
	struct journal *journal = malloc(sizeof(*journal));

	if (!journal)
		return NULL;
	journal->fd = -1;
	snprintf(journal->path, sizeof(journal->path), MACHINE_FOLDER "/undo-%d-%llu.journal",
		 owner->pid, owner->start);
	return journal;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	close_fd(&journal->fd);
	free(journal);
}

/* --- the lock --- */

/*
 * A lock of the process, not of the descriptor, so that children stuck in the kernel do not
 * keep it. Closing any descriptor of the file drops it: never open a second one.
 */
static int lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock);
}

/* A process that was killed keeps its locks until the kernel has taken it apart. */
static int lock_patiently(int fd)
{
	struct flock held = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!lock(fd))
		return 0;
	if (!fcntl(fd, F_GETLK, &held) && held.l_type != F_UNLCK && held.l_pid > 0)
		await_end(held.l_pid);
	return lock(fd);
}

/* --- writing --- */

int journal_create(struct journal **out, struct why *why)
{
	struct journal_owner owner;
	struct journal *journal;
	int err = 0;

	if (owner_read(0, &owner))
		return why_set(why, ESRCH, "/proc/self/stat: cannot be read");
	if (mkdir(MACHINE_FOLDER, 0755) < 0 && errno != EEXIST)
		return why_set(
			why, errno,
			MACHINE_FOLDER
			": cannot be created: %s; real devices are changed only with an undo journal there",
			strerror(errno));
	journal = journal_of(&owner);
	if (!journal)
		return testbed_no_memory(why);
	journal->fd =
		open(journal->path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (journal->fd < 0) {
		err = why_set(why, errno, "%s: cannot be created: %s", journal->path,
			      strerror(errno));
		journal_close(journal);
		return err;
	}
	if (lock(journal->fd) < 0)
		err = why_set(why, errno, "%s: cannot be locked: %s", journal->path,
			      strerror(errno));
	if (err) {
		unlink(journal->path);
		journal_close(journal);
		return err;
	}
	*out = journal;
	return 0;
}

static size_t escape(const char *text, char *out)
{
	size_t used = 0;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte > ' ' && byte != '%' && byte != 0x7f)
			out[used++] = (char)byte;
		else
			used += (size_t)sprintf(out + used, "%%%02x", byte);
	}
	out[used] = '\0';
	return used;
}

int journal_push(struct journal *journal, enum journal_kind kind, const char *subject,
		 const char *value, struct why *why)
{
	char line[32 + 6 * JOURNAL_FIELD];
	size_t used;
	ssize_t put;
	off_t end;

	if (strlen(subject) >= JOURNAL_FIELD || strlen(value) >= JOURNAL_FIELD)
		return why_set(why, ENAMETOOLONG, "%s: too long for the undo journal", subject);
	used = (size_t)sprintf(line, "%s\t", kind_names[kind]);
	used += escape(subject, line + used);
	line[used++] = '\t';
	used += escape(value, line + used);
	line[used++] = '\n';
	end = lseek(journal->fd, 0, SEEK_END);
	put = write(journal->fd, line, used);
	if (put >= 0 && (size_t)put != used)
		errno = ENOSPC;
	if (put < 0 || (size_t)put != used || fdatasync(journal->fd) < 0) {
		int err = errno;

		/* What follows must not run into the rest of this line. */
		if (ftruncate(journal->fd, end) < 0)
			err = errno;
		return why_set(why, err, "%s: cannot be written: %s; %s is unchanged",
			       journal->path, strerror(err), subject);
	}
	return 0;
}

/* --- reading --- */

int journal_open(const struct journal_owner *owner, struct journal **out, struct why *why)
{
	struct journal *journal = journal_of(owner);
	int err = 0;

	if (!journal)
		return testbed_no_memory(why);
	journal->fd = open(journal->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (journal->fd < 0)
		err = why_set(why, errno, "%s: cannot be opened: %s", journal->path,
			      strerror(errno));
	else if (lock_patiently(journal->fd) < 0) /* its owner lives in another pid namespace */
		err = -EBUSY;
	if (err) {
		journal_close(journal);
		return err;
	}
	*out = journal;
	return 0;
}

static bool unescape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text; text++) {
		char hex[3] = "";

		if (used + 1 >= size)
			return false;
		if (*text != '%') {
			out[used++] = *text;
			continue;
		}
		if (!isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
			return false;
		memcpy(hex, text + 1, 2);
		out[used++] = (char)strtoul(hex, NULL, 16);
		text += 2;
	}
	out[used] = '\0';
	return true;
}

static bool step_parse(char *line, struct journal_step *step)
{
	char *subject = strchr(line, '\t'), *value = subject ? strchr(subject + 1, '\t') : NULL;

	if (!value)
		return false;
	*subject++ = '\0';
	*value++ = '\0';
	for (unsigned int kind = 0; kind < JOURNAL_KINDS; kind++) {
		if (strcmp(line, kind_names[kind]) != 0)
			continue;
		step->kind = (enum journal_kind)kind;
		return unescape(subject, step->subject, sizeof(step->subject)) &&
		       unescape(value, step->value, sizeof(step->value));
	}
	return false;
}

/* The whole journal as a string, which the caller frees; NULL with a sentence. */
static char *text_read(const struct journal *journal, struct why *why)
{
	struct stat st;
	ssize_t got = -1;
	char *text = NULL;

	if (fstat(journal->fd, &st) == 0 && (text = malloc((size_t)st.st_size + 1)))
		got = pread(journal->fd, text, (size_t)st.st_size, 0);
	if (!text || got < 0) {
		why_set(why, errno, "%s: cannot be read: %s", journal->path, strerror(errno));
		free(text);
		return NULL;
	}
	text[got] = '\0';
	return text;
}

/* A network namespace or none, then devices, each with the steps that follow it. */
static bool is_in_place(const struct journal_step *steps, size_t at)
{
	const enum journal_kind kind = steps[at].kind;

	if (kind == JOURNAL_NETNS)
		return at == 0;
	return kind == JOURNAL_DEVICE || (at > 0 && steps[at - 1].kind != JOURNAL_NETNS);
}

/*
 * Parses the lines of `text` in place; -EBADMSG, with `nr` the good ones, when one is not ours.
 */
static int steps_parse(char *text, struct journal_step *steps, size_t *nr)
{
	char *line = text, *end;

	/* A last line that was cut short while it was written: its change was never made. */
	for (*nr = 0; (end = strchr(line, '\n')); line = end + 1, (*nr)++) {
		*end = '\0';
		if (!step_parse(line, &steps[*nr]) || !is_in_place(steps, *nr))
			return -EBADMSG;
	}
	return 0;
}

int journal_read(const struct journal *journal, struct journal_step **out, size_t *nr,
		 struct why *why)
{
	char *text = text_read(journal, why);
	struct journal_step *steps;
	size_t room = 1;
	int err;

	if (!text)
		return -EIO;
	for (const char *at = text; *at; at++)
		room += *at == '\n';
	steps = calloc(room, sizeof(*steps));
	err = steps ? steps_parse(text, steps, nr) : testbed_no_memory(why);
	free(text);
	if (err == -EBADMSG)
		why_set(why, EBADMSG,
			"%s:%zu: not a step of this version; put the device back by hand, then remove the file",
			journal->path, *nr + 1);
	if (err) {
		free(steps);
		return err;
	}
	*out = steps;
	return 0;
}
