// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "testbed/parts.h"
#include "testbed/undo.h"

/* --- steps --- */

static const struct {
	const char *verb;
	bool quiet; /* a step that had nothing to do is not printed */
} kinds[] = {
	[JOURNAL_NETNS] = { "enter the network namespace", true },
	[JOURNAL_DEVICE] = { "look for", true },
	[JOURNAL_FLAGS] = { "set the flags of", false },
	[JOURNAL_ADDRESSES] = { "set the addresses of", true },
	/* All settings of a device are in its journal; few of them were ever changed. */
	[JOURNAL_SYSCTL] = { "write back", true },
	[JOURNAL_QUEUE] = { "set the queue length of", true },
	[JOURNAL_MTU] = { "set the MTU of", true },
	[JOURNAL_MAC] = { "set the MAC address of", true },
};
_Static_assert(sizeof(kinds) / sizeof(*kinds) == JOURNAL_KINDS,
	       "every kind of step is taken back");

static void step_say(FILE *out, const struct journal_step *step, int became, bool already)
{
	if (!out || (kinds[step->kind].quiet && already))
		return;
	fprintf(out, "undo: %s %s to %s: %s\n", kinds[step->kind].verb, step->subject,
		*step->value ? step->value : "none",
		became	? strerror(-became) :
		already ? "it is so" :
			  "done");
}

static bool is_setting(const struct journal_step *step, struct why *why)
{
	if (step->kind != JOURNAL_SYSCTL ||
	    (!strncmp(step->subject, SYSCTLS, strlen(SYSCTLS)) && !strstr(step->subject, "..")))
		return true;
	why_set(why, EBADMSG, "%s: not a sysctl of a network (" SYSCTLS ")", step->subject);
	return false;
}

static bool is_so(const struct journal_step *step, char now[JOURNAL_FIELD])
{
	return !value_read(step->kind, step->subject, now, NULL) &&
	       value_is_same(step->kind, now, step->value);
}

/* What was written is read again. Some settings start work even when nothing changes. */
static int step_undo(const struct journal_step *step, bool *already, struct why *why)
{
	char now[JOURNAL_FIELD] = "";
	int err;

	if (!is_setting(step, why))
		return -EBADMSG;
	*already = is_so(step, now);
	if (*already)
		return 0;
	err = value_write(step->kind, step->subject, step->value, why);
	if (err || is_so(step, now))
		return err;
	return why_set(why, EIO, "%s: is %s again after it was set to %s", step->subject, now,
		       step->value);
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

/* --- the devices of a journal --- */

/* A device and the steps that follow it, as far as the next device. */
struct group {
	const struct journal_step *steps;
	size_t nr;
};

static struct group group_next(const struct journal_step *at, const struct journal_step *end)
{
	struct group group = { .steps = at, .nr = at < end };

	while (at + group.nr < end && at[group.nr].kind != JOURNAL_DEVICE)
		group.nr++;
	return group;
}

/* Another device may have its name by now: the index tells. */
static bool is_lost(const struct journal_step *device, struct tally *tally, FILE *out)
{
	char now[JOURNAL_FIELD] = "";
	struct why why;

	if (is_so(device, now))
		return false;
	why_set(&why, ENODEV,
		*now ? "%s: lost: the device that has this name now is another one; what it was cannot be put back" :
		       "%s: lost: it is no longer in its network namespace; bring it back and run `dadrace clean`, or `dadrace clean --forget`",
		device->subject);
	if (out)
		fprintf(out, "undo: %s\n", why.text);
	tally_failure(tally, -ENODEV, &why);
	return true;
}

/* A later value of the same subject is one that we had set ourselves. */
static bool is_oldest(const struct group *group, size_t at)
{
	for (size_t i = 1; i < at; i++)
		if (group->steps[i].kind == group->steps[at].kind &&
		    !strcmp(group->steps[i].subject, group->steps[at].subject))
			return false;
	return true;
}

/* When all is done: a step can change what an earlier one has put back. */
static void group_look_again(const struct group *group, struct tally *tally)
{
	for (size_t i = 1; i < group->nr; i++) {
		const struct journal_step *step = &group->steps[i];
		char now[JOURNAL_FIELD] = "";
		struct why why;

		if (!is_oldest(group, i) || is_so(step, now))
			continue;
		why_set(&why, EIO, "%s: is %s, and was %s; something else may have set it",
			step->subject, *now ? now : "gone", step->value);
		tally_failure(tally, -EIO, &why);
	}
}

static void group_undo(const struct group *group, FILE *out, struct tally *tally)
{
	const unsigned int left = tally->left;

	if (is_lost(group->steps, tally, out))
		return;
	for (size_t i = group->nr; i-- > 1;) {
		struct why why = { "" };
		bool already = false;
		int err = step_undo(&group->steps[i], &already, &why);

		step_say(out, &group->steps[i], err, already);
		if (err)
			tally_failure(tally, err, &why);
		else
			tally->undone++;
	}
	if (tally->left == left)
		group_look_again(group, tally);
}

static void steps_undo(const struct journal_step *steps, size_t nr, FILE *out,
		       struct tally *tally)
{
	const struct journal_step *end = steps + nr;
	struct group group;

	if (nr && steps->kind == JOURNAL_NETNS)
		steps++;
	for (group = group_next(steps, end); group.nr;
	     group = group_next(group.steps + group.nr, end))
		group_undo(&group, out, tally);
}

/* --- journals --- */

/* Of a journal that was cut short before its first step, there is nothing to take back. */
static int home_enter(const struct journal_step *steps, size_t nr, struct why *why)
{
	char names[64] = "";

	if (!nr || steps->kind != JOURNAL_NETNS)
		return 0;
	if (!netns_find((uint32_t)strtoul(steps->subject, NULL, 10), why))
		return 0;
	if (nr == 1) /* nothing was changed there */
		return 0;
	for (size_t i = 1; i < nr; i++)
		if (steps[i].kind == JOURNAL_DEVICE)
			text_add(names, sizeof(names), "%s%s", *names ? " and " : "",
				 steps[i].subject);
	return why_set(
		why, ENODEV,
		"%s: lost: their network namespace is gone, or cannot be reached from here; run `dadrace clean` where the run was started, or `dadrace clean --forget`",
		names);
}

/* Takes back what the journal holds; removes it when nothing is left. */
static int journal_undo(const struct journal *journal, FILE *out, struct tally *tally,
			struct why *why)
{
	struct journal_step *steps = NULL;
	const unsigned int left = tally->left;
	AUTO_FD int own = -1;
	size_t nr = 0;
	int back, err = netns_own(&own, why);

	if (!err)
		err = journal_read(journal, &steps, &nr, why);
	if (err)
		return err;
	err = home_enter(steps, nr, why);
	if (!err)
		steps_undo(steps, nr, out, tally);
	free(steps);
	back = netns_is_own(own) ? 0 : netns_enter(own, err ? NULL : why);
	if (err || back)
		return err ? err : back;
	if (tally->left == left && unlink(journal->path) < 0 && errno != ENOENT)
		return testbed_cannot(why, errno, "removed", journal->path);
	return 0;
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
		return why_exit(why, EXIT_INTERNAL, errno, "%s: cannot be listed: %s",
				MACHINE_FOLDER, strerror(errno));
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

static void forget(const char *path, void *arg)
{
	FILE *out = arg;

	if (!unlink(path))
		fprintf(out, "Forgot %s: its devices stay as they are\n", path);
}

void undo_forget(FILE *out)
{
	journal_orphans(forget, out);
}
