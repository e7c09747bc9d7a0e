// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "testbed/testbed.h"
#include "testbed/undo.h"

#define OWN_NETNS     "/proc/thread-self/ns/net"
#define SYSCTL_FOLDER "/proc/sys/net/"

enum {
	OWNER_MS = 5000, /* for a process that was killed to be taken apart */
	NAME_BYTES = 64,
	PATH_BYTES = sizeof(UNDO_FOLDER) + NAME_MAX + 1,
	FIELD_BYTES = 512, /* a subject or a value, unescaped */
};

struct undo {
	int fd;
	char name[NAME_BYTES]; /* of the journal, in UNDO_FOLDER */
};

struct step {
	enum undo_kind kind;
	char subject[FIELD_BYTES];
	char value[FIELD_BYTES];
	off_t offset; /* of its line in the journal */
};

static const char *const undo_kind_names[] = {
	[UNDO_SYSCTL] = "sysctl",
	[UNDO_LINK_FLAGS] = "link-flags",
	[UNDO_NETNS_MOVE] = "netns-move",
	[UNDO_NETNS_MOUNT] = "netns-mount",
};
_Static_assert(sizeof(undo_kind_names) / sizeof(*undo_kind_names) == UNDO_KINDS,
	       "every kind of step has a name");

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#define AUTO_FD __attribute__((cleanup(close_fd)))

/* ---- whose journal ----------------------------------------------------------------------- */

struct owner {
	int pid;
	unsigned long long start; /* clock ticks after boot: field 22 of /proc/PID/stat */
};

/* -ESRCH when there is no such process, or only its zombie. */
static int owner_read(int pid, struct owner *owner)
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
	*owner = (struct owner){ pid ? pid : (int)strtol(text, NULL, 10), start };
	return 0;
}

static bool owner_is_alive(const struct owner *owner)
{
	struct owner now;
	int err = owner_read(owner->pid, &now);

	/* What cannot be read is not touched. */
	return err == -EIO || (!err && now.start == owner->start);
}

static bool owner_of_journal(const char *name, struct owner *owner)
{
	int end = 0;

	/* %d and %llu: what is too large for them was never written by us. */
	return sscanf(name, "undo-%d-%llu.journal%n", &owner->pid, &owner->start, &end) == 2 &&
	       end > 0 && name[end] == '\0';
}

/*
 * The owner's own namespace, bound to a file: undone is in it, whichever namespace the one who
 * undoes was started in.
 */
static void home_path(const struct owner *owner, char *path, size_t size)
{
	snprintf(path, size, UNDO_FOLDER "/home-%d-%llu", owner->pid, owner->start);
}

/* ---- lines ------------------------------------------------------------------------------- */

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

static bool step_parse(char *line, struct step *step)
{
	char *subject = strchr(line, '\t'), *value = subject ? strchr(subject + 1, '\t') : NULL;

	if (!value)
		return false;
	*subject++ = '\0';
	*value++ = '\0';
	for (unsigned int kind = 0; kind < UNDO_KINDS; kind++) {
		if (strcmp(line, undo_kind_names[kind]) != 0)
			continue;
		step->kind = (enum undo_kind)kind;
		return unescape(subject, step->subject, sizeof(step->subject)) &&
		       unescape(value, step->value, sizeof(step->value));
	}
	return false;
}

/* The whole journal as a string, which the caller frees; NULL with a sentence. */
static char *journal_read(int fd, const char *name, struct why *why)
{
	struct stat st;
	ssize_t got = -1;
	char *text = NULL;

	if (fstat(fd, &st) == 0 && (text = malloc((size_t)st.st_size + 1)))
		got = pread(fd, text, (size_t)st.st_size, 0);
	if (!text || got < 0) {
		why_set(why, errno, "undo: cannot read %s/%s: %s", UNDO_FOLDER, name,
			strerror(errno));
		free(text);
		return NULL;
	}
	text[got] = '\0';
	return text;
}

/*
 * Parses the lines of `text` in place; -EBADMSG, with `nr` the good ones, when one is not ours.
 */
static int steps_parse(char *text, struct step *steps, size_t *nr)
{
	char *line = text, *end;

	/* A last line that was cut short while it was written: its change was never made. */
	for (*nr = 0; (end = strchr(line, '\n')); line = end + 1, (*nr)++) {
		*end = '\0';
		steps[*nr].offset = line - text;
		if (!step_parse(line, &steps[*nr]))
			return -EBADMSG;
	}
	return 0;
}

static int steps_read(int fd, const char *name, struct step **out, size_t *nr, struct why *why)
{
	char *text = journal_read(fd, name, why);
	struct step *steps;
	size_t room = 1;
	int err;

	if (!text)
		return -EIO;
	for (const char *at = text; *at; at++)
		room += *at == '\n';
	steps = calloc(room, sizeof(*steps));
	err = steps ? steps_parse(text, steps, nr) :
		      why_set(why, ENOMEM, "undo: out of memory");
	free(text);
	if (err == -EBADMSG)
		why_set(why, EBADMSG,
			"undo: %s/%s, step %zu is not one of ours; put that device back by "
			"hand "
			"and remove the file",
			UNDO_FOLDER, name, *nr + 1);
	if (err) {
		free(steps);
		return err;
	}
	*out = steps;
	return 0;
}

/* ---- steps ------------------------------------------------------------------------------- */

/*
 * What became of a step: undone, it was so already, it has nothing left to act on; or -errno.
 */
enum { STEP_UNDONE, STEP_ALREADY, STEP_GONE };

static int sysctl_undo(const struct step *step, struct why *why)
{
	char now[FIELD_BYTES];
	AUTO_FD int fd = -1;
	ssize_t got;

	if (strncmp(step->subject, SYSCTL_FOLDER, strlen(SYSCTL_FOLDER)) != 0)
		return why_set(why, EBADMSG, "undo: %s is no sysctl of a network",
			       step->subject);
	fd = open(step->subject, O_RDWR | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENODEV))
		return STEP_GONE;
	if (fd < 0)
		return why_set(why, errno, "undo: cannot open %s: %s", step->subject,
			       strerror(errno));
	/* Some start work when they are written, even with what they hold. */
	got = read(fd, now, sizeof(now) - 1);
	while (got > 0 && now[got - 1] == '\n')
		got--;
	if (got >= 0) {
		now[got] = '\0';
		if (strcmp(now, step->value) == 0)
			return STEP_ALREADY;
	}
	if (pwrite(fd, step->value, strlen(step->value), 0) < 0)
		return why_set(why, errno, "undo: cannot write %s to %s: %s", step->value,
			       step->subject, strerror(errno));
	return STEP_UNDONE;
}

static int mount_undo(const struct step *step, struct why *why)
{
	bool gone;

	if (strncmp(step->subject, UNDO_FOLDER "/", strlen(UNDO_FOLDER "/")) != 0)
		return why_set(why, EBADMSG, "undo: %s is not in %s", step->subject,
			       UNDO_FOLDER);
	/* EINVAL: nothing is mounted there. */
	if (umount2(step->subject, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
		return why_set(why, errno, "undo: cannot unmount %s: %s", step->subject,
			       strerror(errno));
	gone = unlink(step->subject) < 0;
	if (gone && errno != ENOENT)
		return why_set(why, errno, "undo: cannot remove %s: %s", step->subject,
			       strerror(errno));
	return gone ? STEP_GONE : STEP_UNDONE;
}

static int gone_or(int err)
{
	return err == -ENOENT || err == -ENODEV ? STEP_GONE : err;
}

static int step_undo(const struct step *step, struct why *why)
{
	struct why sentence = { "" };
	int err = -EBADMSG;

	switch (step->kind) {
	case UNDO_SYSCTL: err = sysctl_undo(step, &sentence); break;
	case UNDO_LINK_FLAGS:
		err = gone_or(testbed_link_flags_set(
			step->subject, (unsigned int)strtoul(step->value, NULL, 16),
			&sentence));
		break;
	case UNDO_NETNS_MOVE:
		err = gone_or(testbed_bring_home(step->value, step->subject, &sentence));
		break;
	case UNDO_NETNS_MOUNT: err = mount_undo(step, &sentence); break;
	case UNDO_KINDS: break;
	}
	if (err < 0 && why)
		*why = sentence;
	return err;
}

static void step_say(FILE *out, const struct step *step, int became)
{
	static const char *const what[] = {
		[UNDO_SYSCTL] = "write back",
		[UNDO_LINK_FLAGS] = "set the flags of",
		[UNDO_NETNS_MOVE] = "bring home",
		[UNDO_NETNS_MOUNT] = "remove",
	};
	const char *value = step->kind == UNDO_NETNS_MOVE ? "" : step->value;

	/* All settings of a device are in its journal; few of them were ever changed. */
	if (!out || (step->kind == UNDO_SYSCTL && became > STEP_UNDONE))
		return;
	fprintf(out, "undo: %s %s%s%s: %s\n", what[step->kind], step->subject,
		*value ? " to " : "", value,
		became < 0	      ? strerror(-became) :
		became == STEP_UNDONE ? "done" :
					"gone, nothing to do");
}

struct tally {
	unsigned int undone;
	unsigned int left;
	int err;	 /* the first failure */
	struct why *why; /* and its sentence */
};

static void tally_failure(struct tally *tally, int err, const struct why *sentence)
{
	tally->left++;
	if (tally->err)
		return;
	tally->err = err;
	if (tally->why)
		*tally->why = *sentence;
}

/*
 * In the namespace of the owner. The journal keeps the newest failed step and all older ones.
 */
static void steps_undo(int fd, const struct step *steps, size_t nr, FILE *out,
		       struct tally *tally)
{
	const unsigned int left = tally->left;
	bool stranded = false;

	for (size_t i = nr; i-- > 0;) {
		const struct step *step = &steps[i];
		struct why sentence = { "" };
		int became;

		/*
		 * Removing its namespace would destroy a device that could not be brought home.
		 */
		if (stranded && step->kind == UNDO_NETNS_MOUNT) {
			tally->left++;
			continue;
		}
		became = step_undo(step, &sentence);
		step_say(out, step, became);
		if (became < 0) {
			stranded |= step->kind == UNDO_NETNS_MOVE;
			tally_failure(tally, became, &sentence);
			continue;
		}
		tally->undone++;
		if (tally->left == left && ftruncate(fd, step->offset) < 0)
			continue; /* the step is only undone again */
	}
}

/* ---- journals ---------------------------------------------------------------------------- */

/* 1 when moved into the namespace bound to `path`, 0 when there is none or it is ours. */
static int home_enter(const char *path, struct why *why)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat home, own;
	struct statfs fs;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstatfs(fd, &fs) < 0 || fstat(fd, &home) < 0 || stat(OWN_NETNS, &own) < 0)
		return why_set(why, errno, "undo: cannot look at %s: %s", path,
			       strerror(errno));
	if (fs.f_type != NSFS_MAGIC || home.st_ino == own.st_ino)
		return 0;
	if (setns(fd, CLONE_NEWNET) < 0)
		return why_set(why, errno, "undo: cannot enter the network namespace of %s: %s",
			       path, strerror(errno));
	return 1;
}

static int home_remove(const char *path, struct why *why)
{
	struct step step = { .kind = UNDO_NETNS_MOUNT };
	int err;

	snprintf(step.subject, sizeof(step.subject), "%s", path);
	err = mount_undo(&step, why);
	return err < 0 ? err : 0;
}

/*
 * Undoes what the journal holds; removes it when nothing is left. Errors beside those of steps.
 */
static int journal_undo(int fd, const char *name, const struct owner *owner, FILE *out,
			struct tally *tally, struct why *why)
{
	struct step *steps = NULL;
	AUTO_FD int own = open(OWN_NETNS, O_RDONLY | O_CLOEXEC);
	char home[PATH_BYTES], path[PATH_BYTES];
	const unsigned int left = tally->left;
	size_t nr = 0;
	int err, moved;

	if (own < 0)
		return why_set(why, errno, "undo: cannot open %s: %s", OWN_NETNS,
			       strerror(errno));
	err = steps_read(fd, name, &steps, &nr, why);
	if (err)
		return err;
	home_path(owner, home, sizeof(home));
	moved = home_enter(home, why);
	if (moved >= 0)
		steps_undo(fd, steps, nr, out, tally);
	free(steps);
	if (moved < 0)
		return moved;
	if (moved && setns(own, CLONE_NEWNET) < 0)
		return why_set(why, errno, "undo: cannot come back to my network namespace: %s",
			       strerror(errno));
	if (tally->left != left)
		return 0;
	err = home_remove(home, why);
	snprintf(path, sizeof(path), UNDO_FOLDER "/%s", name);
	if (!err && unlink(path) < 0 && errno != ENOENT)
		err = why_set(why, errno, "undo: cannot remove %s: %s", path, strerror(errno));
	return err;
}

/*
 * A lock of the process, not of the descriptor: its children, who may be stuck in the kernel,
 * do not keep it. It goes with the first descriptor of the file that is closed: open no second
 * one.
 */
static int journal_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock);
}

static int home_bind(const struct owner *owner, struct why *why)
{
	char path[PATH_BYTES];
	int fd;

	home_path(owner, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return why_set(why, errno, "undo: cannot create %s: %s", path, strerror(errno));
	close(fd);
	if (mount(OWN_NETNS, path, "none", MS_BIND, NULL) < 0) {
		int err = errno;

		unlink(path);
		return why_set(why, err, "undo: cannot mount %s: %s%s", path, strerror(err),
			       err == EPERM ? "; is CAP_SYS_ADMIN missing?" : "");
	}
	return 0;
}

int undo_open(struct undo **out, struct why *why)
{
	struct undo *undo;
	struct owner owner;
	char path[PATH_BYTES];
	int err;

	if (owner_read(0, &owner))
		return why_set(why, ESRCH, "undo: cannot read /proc/self/stat");
	if (mkdir(UNDO_FOLDER, 0755) < 0 && errno != EEXIST)
		return why_set(why, errno,
			       "undo: cannot create %s: %s; real devices are changed "
			       "only with a journal",
			       UNDO_FOLDER, strerror(errno));
	undo = malloc(sizeof(*undo));
	if (!undo)
		return why_set(why, ENOMEM, "undo: out of memory");
	snprintf(undo->name, sizeof(undo->name), "undo-%d-%llu.journal", owner.pid,
		 owner.start);
	snprintf(path, sizeof(path), UNDO_FOLDER "/%s", undo->name);
	undo->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (undo->fd < 0) {
		err = why_set(why, errno, "undo: cannot create %s: %s", path, strerror(errno));
		free(undo);
		return err;
	}
	err = journal_lock(undo->fd) < 0 ?
		      why_set(why, errno, "undo: cannot lock %s: %s", path, strerror(errno)) :
		      home_bind(&owner, why);
	if (err) {
		unlink(path);
		close(undo->fd);
		free(undo);
		return err;
	}
	*out = undo;
	return 0;
}

int undo_push(struct undo *undo, enum undo_kind kind, const char *subject, const char *value,
	      struct why *why)
{
	char line[32 + 6 * FIELD_BYTES];
	size_t used;
	ssize_t put;
	off_t end;

	if (strlen(subject) >= FIELD_BYTES || strlen(value) >= FIELD_BYTES)
		return why_set(why, ENAMETOOLONG, "undo: %s: too long for the journal",
			       subject);
	used = (size_t)sprintf(line, "%s\t", undo_kind_names[kind]);
	used += escape(subject, line + used);
	line[used++] = '\t';
	used += escape(value, line + used);
	line[used++] = '\n';
	end = lseek(undo->fd, 0, SEEK_END);
	put = write(undo->fd, line, used);
	if (put >= 0 && (size_t)put != used)
		errno = ENOSPC;
	if (put < 0 || (size_t)put != used || fdatasync(undo->fd) < 0) {
		int err = errno;

		/* What follows must not run into the rest of this line. */
		if (ftruncate(undo->fd, end) < 0)
			err = errno;
		return why_set(why, err, "undo: cannot write %s/%s: %s; nothing was changed",
			       UNDO_FOLDER, undo->name, strerror(err));
	}
	return 0;
}

int undo_close(struct undo *undo, struct why *why)
{
	struct tally tally = { .why = why };
	struct why sentence = { "" };
	struct owner owner;
	int err = 0;

	if (!undo)
		return 0;
	if (owner_of_journal(undo->name, &owner))
		err = journal_undo(undo->fd, undo->name, &owner, NULL, &tally, &sentence);
	if (err)
		tally_failure(&tally, err, &sentence);
	close(undo->fd);
	free(undo);
	return tally.err;
}

static void await_end(int pid)
{
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (end.fd < 0)
		return;
	poll(&end, 1, OWNER_MS);
	close(end.fd);
}

/* Waits for the end of whoever holds the lock, but not for ever. */
static int journal_lock_wait(int fd)
{
	struct flock held = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!journal_lock(fd))
		return 0;
	if (!fcntl(fd, F_GETLK, &held) && held.l_type != F_UNLCK && held.l_pid > 0)
		await_end(held.l_pid);
	return journal_lock(fd);
}

static int say_in_use(const char *name, struct why *why)
{
	return why_set(why, EBUSY,
		       "undo: %s/%s: its owner lives and has not put the devices back; end it, "
		       "then `dadrace clean`",
		       UNDO_FOLDER, name);
}

static int journal_replay(const char *name, const struct owner *owner, FILE *out,
			  struct tally *tally, struct why *why)
{
	char path[PATH_BYTES];
	AUTO_FD int fd = -1;

	snprintf(path, sizeof(path), UNDO_FOLDER "/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return why_set(why, errno, "undo: cannot open %s: %s", path, strerror(errno));
	/*
	 * Its owner lives in another pid namespace, or is dying at this moment: a process that was
	 * killed keeps its locks until the kernel has taken it apart.
	 */
	if (journal_lock_wait(fd) < 0)
		return say_in_use(name, why);
	if (out)
		fprintf(out, "undo: %s, whose owner (pid %d) is dead\n", path, owner->pid);
	return journal_undo(fd, name, owner, out, tally, why);
}

int undo_replay(FILE *out, unsigned int *left, struct why *why)
{
	struct tally tally = { .why = why };
	struct dirent *entry;
	DIR *folder = opendir(UNDO_FOLDER);

	if (left)
		*left = 0;
	if (!folder && errno == ENOENT)
		return 0;
	if (!folder)
		return why_set(why, errno, "undo: cannot list %s: %s", UNDO_FOLDER,
			       strerror(errno));
	while ((entry = readdir(folder))) {
		struct why sentence = { "" };
		struct owner owner;
		int err;

		if (!owner_of_journal(entry->d_name, &owner))
			continue;
		if (owner_is_alive(&owner)) /* an orphan, which undoes its journal itself */
			await_end(owner.pid);
		if (owner_is_alive(&owner))
			err = say_in_use(entry->d_name, &sentence);
		else
			err = journal_replay(entry->d_name, &owner, out, &tally, &sentence);
		if (err)
			tally_failure(&tally, err, &sentence);
	}
	closedir(folder);
	if (left)
		*left = tally.left;
	return tally.err ? tally.err : (int)tally.undone;
}
