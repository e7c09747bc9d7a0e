// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "testbed/parts.h"
#include "testbed/undo.h"

/* --- steps --- */

/*
 * What became of a step: taken back, it was so already, it has nothing left to act on; or
 * -errno.
 */
enum { STEP_UNDONE, STEP_ALREADY, STEP_GONE };

static int gone_or(int err)
{
	return err == -ENOENT || err == -ENODEV ? STEP_GONE : err;
}

static int sysctl_undo(const struct journal_step *step, struct why *why)
{
	char now[JOURNAL_FIELD];

	if (strncmp(step->subject, SYSCTLS, strlen(SYSCTLS)) != 0)
		return why_set(why, EBADMSG, "%s: not a sysctl of a network (" SYSCTLS ")",
			       step->subject);
	/* Some start work when they are written, even with what they hold. */
	if (!sysctl_read(step->subject, now, sizeof(now)) && !strcmp(now, step->value))
		return STEP_ALREADY;
	return gone_or(sysctl_write(step->subject, step->value, why));
}

static int flags_undo(const struct journal_step *step, struct why *why)
{
	return gone_or(device_set_flags(step->subject,
					(unsigned int)strtoul(step->value, NULL, 16), why));
}

static int move_undo(const struct journal_step *step, struct why *why)
{
	return gone_or(device_bring_home(step->subject, step->value, why));
}

static int mount_undo(const struct journal_step *step, struct why *why)
{
	bool gone;

	if (strncmp(step->subject, MACHINE_FOLDER "/", strlen(MACHINE_FOLDER "/")) != 0)
		return why_set(why, EBADMSG, "%s: not in " MACHINE_FOLDER, step->subject);
	/* EINVAL: nothing is mounted there. */
	if (umount2(step->subject, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
		return testbed_cannot(why, errno, "unmounted", step->subject);
	gone = unlink(step->subject) < 0;
	if (gone && errno != ENOENT)
		return testbed_cannot(why, errno, "removed", step->subject);
	return gone ? STEP_GONE : STEP_UNDONE;
}

static const struct {
	const char *verb;
	bool to_value; /* the value is worth telling */
	bool quiet;    /* a step that had nothing to do is not printed */
	int (*undo)(const struct journal_step *step, struct why *why);
} kinds[] = {
	/* All settings of a device are in its journal; few of them were ever changed. */
	[JOURNAL_SYSCTL] = { "write back", true, true, sysctl_undo },
	[JOURNAL_LINK_FLAGS] = { "set the flags of", true, false, flags_undo },
	[JOURNAL_NETNS_MOVE] = { "bring home", false, false, move_undo },
	[JOURNAL_NETNS_MOUNT] = { "remove", false, false, mount_undo },
};
_Static_assert(sizeof(kinds) / sizeof(*kinds) == JOURNAL_KINDS,
	       "every kind of step is taken back");

static void step_say(FILE *out, const struct journal_step *step, int became)
{
	if (!out || (kinds[step->kind].quiet && became > STEP_UNDONE))
		return;
	fprintf(out, "undo: %s %s%s%s: %s\n", kinds[step->kind].verb, step->subject,
		kinds[step->kind].to_value ? " to " : "",
		kinds[step->kind].to_value ? step->value : "",
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
static void steps_undo(const struct journal *journal, const struct journal_step *steps,
		       size_t nr, FILE *out, struct tally *tally)
{
	const unsigned int left = tally->left;
	bool stranded = false;

	for (size_t i = nr; i-- > 0;) {
		const struct journal_step *step = &steps[i];
		struct why sentence = { "" };
		int became;

		/*
		 * Removing its namespace would destroy a device that could not be brought home.
		 */
		if (stranded && step->kind == JOURNAL_NETNS_MOUNT) {
			tally->left++;
			continue;
		}
		became = kinds[step->kind].undo(step, &sentence);
		step_say(out, step, became);
		if (became < 0) {
			stranded |= step->kind == JOURNAL_NETNS_MOVE;
			tally_failure(tally, became, &sentence);
			continue;
		}
		tally->undone++;
		if (tally->left == left && ftruncate(journal->fd, step->offset) < 0)
			continue; /* the step is only undone again */
	}
}

/* --- journals --- */

/* 1 when moved into the namespace bound to `path`, 0 when there is none or it is ours. */
static int home_enter(const char *path, struct why *why)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct statfs fs;
	int err;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return testbed_cannot(why, errno, "opened", path);
	if (fs.f_type != NSFS_MAGIC || netns_is_own(fd))
		return 0;
	err = netns_enter(fd, why);
	return err ? err : 1;
}

static int files_remove(const struct journal *journal, struct why *why)
{
	struct journal_step home = { .kind = JOURNAL_NETNS_MOUNT };
	int err;

	snprintf(home.subject, sizeof(home.subject), "%s", journal->home);
	err = mount_undo(&home, why);
	if (err < 0)
		return err;
	if (unlink(journal->path) < 0 && errno != ENOENT)
		return testbed_cannot(why, errno, "removed", journal->path);
	return 0;
}

/*
 * Takes back what the journal holds; removes it when nothing is left. Errors beside those of
 * steps.
 */
static int journal_undo(const struct journal *journal, FILE *out, struct tally *tally,
			struct why *why)
{
	struct journal_step *steps = NULL;
	const unsigned int left = tally->left;
	AUTO_FD int own = -1;
	size_t nr = 0;
	int moved, err = netns_own(&own, why);

	if (!err)
		err = journal_read(journal, &steps, &nr, why);
	if (err)
		return err;
	moved = home_enter(journal->home, why);
	if (moved >= 0)
		steps_undo(journal, steps, nr, out, tally);
	free(steps);
	if (moved > 0)
		err = netns_enter(own, why);
	if (moved < 0 || err)
		return err ? err : moved;
	return tally->left == left ? files_remove(journal, why) : 0;
}

int undo_own(struct journal *journal, struct why *why)
{
	struct tally tally = { .why = why };
	struct why sentence = { "" };
	int err;

	if (!journal)
		return 0;
	err = journal_undo(journal, NULL, &tally, &sentence);
	if (err)
		tally_failure(&tally, err, &sentence);
	journal_close(journal);
	return tally.err;
}

static int replay_of(const struct journal_owner *owner, FILE *out, struct tally *tally,
		     struct why *why)
{
	struct journal *journal = NULL;
	int err = -EBUSY;

	if (journal_owner_lives(owner)) /* an orphan, which takes its journal back itself */
		journal_owner_await(owner);
	if (!journal_owner_lives(owner))
		err = journal_open(owner, &journal, why);
	if (err == -ENOENT)
		return 0;
	if (err == -EBUSY)
		return why_set(
			why, EBUSY,
			"process %d: still running, and has not put its devices back; end it, then run `dadrace clean`",
			owner->pid);
	if (err)
		return err;
	if (out)
		fprintf(out, "undo: %s, whose owner (pid %d) is dead\n", journal->path,
			owner->pid);
	err = journal_undo(journal, out, tally, why);
	journal_close(journal);
	return err;
}

int undo_replay(FILE *out, unsigned int *left, struct why *why)
{
	struct tally tally = { .why = why };
	struct dirent *entry;
	DIR *folder = opendir(MACHINE_FOLDER);

	if (left)
		*left = 0;
	if (!folder && errno == ENOENT)
		return 0;
	if (!folder)
		return testbed_cannot(why, errno, "listed", MACHINE_FOLDER);
	while ((entry = readdir(folder))) {
		struct why sentence = { "" };
		struct journal_owner owner;
		int err;

		if (!journal_owner_of(entry->d_name, &owner))
			continue;
		err = replay_of(&owner, out, &tally, &sentence);
		if (err)
			tally_failure(&tally, err, &sentence);
	}
	closedir(folder);
	if (left)
		*left = tally.left;
	return tally.err ? tally.err : (int)tally.undone;
}
