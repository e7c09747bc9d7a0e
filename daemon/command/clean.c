// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/exits.h"
#include "command/command.h"
#include "machine/machine.h"
#include "testbed/undo.h"

struct options {
	bool forget;
};

/* clang-format off */
static const struct option_row rows[] = {
	{ "forget", 0, OPTION_FLAG, OPTION_AT(struct options, forget),
	  .doc = "Also remove the mark of this boot, which says that a leak has made the machine unfit, and the journals of devices that are lost" },
	{ .name = NULL },
};
static const struct exit_row exits[] = {
	{ EXIT_CLEAN,	.doc = "Nothing is left" },
	{ EXIT_CANNOT,	.doc = "Only root can do this" },
	{ EXIT_RESIDUE,	.doc = "Something is still there; standard error says what" },
	{ EXIT_BUSY,	.doc = "A run is in progress" },
	{ .doc = NULL },
};
/* clang-format on */

struct cleaning {
	unsigned int done; /* things restored or removed */
	unsigned int left; /* things that are still there */
	int own_netns;
};

/*
 * The devices that go with the namespace, for the sentence; "" when nothing is mounted there.
 */
static void list_devices(int own_netns, const char *path, char *list, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct if_nameindex *names = NULL;
	size_t used = 0;

	list[0] = '\0';
	if (fd >= 0 && !setns(fd, CLONE_NEWNET)) {
		names = if_nameindex();
		if (setns(own_netns, CLONE_NEWNET))
			fprintf(stderr,
				"dadrace: %s: cannot return from this network namespace: %s\n",
				path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; names && names[i].if_index && used < size; i++)
		if (strcmp(names[i].if_name, "lo") != 0)
			used += (size_t)snprintf(list + used, size - used, "%s%s",
						 used ? ", " : " with ", names[i].if_name);
	if (names)
		if_freenameindex(names);
}

static void remove_netns(const char *path, bool there, void *arg)
{
	struct cleaning *cleaning = arg;
	char devices[256];

	if (!there) {
		machine_forget_netns(path);
		return;
	}
	list_devices(cleaning->own_netns, path, devices, sizeof(devices));
	/* EINVAL: nothing is mounted there. */
	if ((umount2(path, MNT_DETACH) && errno != EINVAL) || unlink(path)) {
		fprintf(stderr,
			"dadrace: %s: this kept network namespace cannot be removed: %s\n",
			path, strerror(errno));
		cleaning->left++;
		return;
	}
	machine_forget_netns(path);
	printf("Removed the kept network namespace %s%s\n", path, devices);
	cleaning->done++;
}

static void replay(struct cleaning *cleaning, bool forget)
{
	struct why why = { "" };
	unsigned int left = 0;
	int undone = undo_replay(stdout, &left, &why);

	if (undone < 0) {
		fprintf(stderr, "dadrace: %s\n", why.text);
		cleaning->left += left ? left : 1;
	} else {
		cleaning->done += (unsigned int)undone;
		cleaning->left += left;
	}
	if (forget && cleaning->left) {
		undo_forget(stdout);
		cleaning->left = 0;
		cleaning->done++;
	}
}

static void unmark(struct cleaning *cleaning, bool forget)
{
	struct why why = { "" };
	bool dirty = machine_dirty(&why);
	int removed;

	if (dirty && !forget) {
		fprintf(stderr,
			"dadrace: %s\nOnly a reboot frees what a leak has pinned. If nothing is stuck any more, `dadrace clean --forget` removes the mark.\n",
			why.text);
		cleaning->left++;
		return;
	}
	removed = machine_unmark_dirty(&why);
	if (removed < 0) {
		fprintf(stderr, "dadrace: %s\n", why.text);
		cleaning->left++;
	} else if (removed) {
		printf("Removed the dirty mark of %s\n",
		       dirty ? "this boot" : "an earlier boot");
		cleaning->done++;
	}
}

static int run(const void *options)
{
	const struct options *o = options;
	struct cleaning cleaning = { 0 };
	struct why why = { "" };
	int lock;

	if (geteuid()) {
		why_set(&why, EPERM,
			"only root can undo what a run changed; run `sudo dadrace clean`");
		return command_complain(&why, EXIT_CANNOT);
	}
	lock = machine_lock(&why);
	if (lock < 0)
		return command_complain(&why, lock == -EBUSY ? EXIT_BUSY : EXIT_INTERNAL);
	cleaning.own_netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	replay(&cleaning, o->forget);
	machine_kept_netns(remove_netns, &cleaning);
	unmark(&cleaning, o->forget);
	if (!cleaning.done && !cleaning.left)
		puts("Nothing to clean.");
	if (cleaning.own_netns >= 0)
		close(cleaning.own_netns);
	close(lock);
	return cleaning.left ? EXIT_RESIDUE : EXIT_CLEAN;
}

const struct command command_clean = {
	.name = "clean",
	.syntax = {
		.name = "dadrace clean",
		.doc = "Undo what a killed run left behind, and remove what --keep kept",
		.about = "Real devices are restored from the undo journals of dead runs.\n"
			 "Network namespaces kept under /run/netns and marks of earlier boots are removed.\n"
			 "The command can be run again at any time.",
		.options = rows,
		.exits = exits,
		.size = sizeof(struct options),
	},
	.run = run,
};
