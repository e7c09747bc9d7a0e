// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "command/command.h"
#include "base/exits.h"
#include "machine/machine.h"
#include "testbed/undo.h"

struct cleaning {
	unsigned int done; /* things put back or removed */
	unsigned int left; /* things that are still there */
	int own_netns;
};

/* The devices that go with the namespace, for the sentence; "" when it is one no more. */
static void list_devices(int own_netns, const char *path, char *list, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct if_nameindex *names = NULL;
	size_t used = 0;

	list[0] = '\0';
	if (fd >= 0 && !setns(fd, CLONE_NEWNET)) {
		names = if_nameindex();
		if (setns(own_netns, CLONE_NEWNET))
			fprintf(stderr, "clean: cannot come back from %s: %s\n", path,
				strerror(errno));
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

static void remove_netns(const char *path, void *arg)
{
	struct cleaning *cleaning = arg;
	char devices[256];

	list_devices(cleaning->own_netns, path, devices, sizeof(devices));
	/* EINVAL: nothing is mounted there. */
	if ((umount2(path, MNT_DETACH) && errno != EINVAL) || unlink(path)) {
		fprintf(stderr, "clean: cannot remove the kept namespace %s: %s\n", path,
			strerror(errno));
		cleaning->left++;
		return;
	}
	printf("clean: removed the kept namespace %s%s\n", path, devices);
	cleaning->done++;
}

static void replay(struct cleaning *cleaning)
{
	struct why why = { "" };
	unsigned int left = 0;
	int undone = undo_replay(stdout, &left, &why);

	if (undone < 0) {
		fprintf(stderr, "%s\n", why.text);
		cleaning->left += left ? left : 1;
	} else {
		cleaning->done += (unsigned int)undone;
		cleaning->left += left;
	}
}

static void unmark(struct cleaning *cleaning, bool forget)
{
	struct why why = { "" };
	bool dirty = machine_dirty(&why);
	int removed;

	if (dirty && !forget) {
		fprintf(stderr,
			"%s\nclean: what a leak has pinned only a reboot frees; if nothing is "
			"stuck "
			"any more, `dadrace clean --forget` removes the mark\n",
			why.text);
		cleaning->left++;
		return;
	}
	removed = machine_unmark_dirty(&why);
	if (removed < 0) {
		fprintf(stderr, "%s\n", why.text);
		cleaning->left++;
	} else if (removed) {
		printf("clean: removed the dirty mark of %s\n",
		       dirty ? "this boot" : "an earlier boot");
		cleaning->done++;
	}
}

static int run(int argc, char **argv)
{
	struct cleaning cleaning = { 0 };
	struct why why = { "" };
	bool forget = false;
	int lock;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return command_help(&command_clean);
		if (strcmp(argv[i], "--forget") != 0)
			return command_usage(&command_clean, "no argument %s", argv[i]);
		forget = true;
	}
	if (geteuid()) {
		fprintf(stderr,
			"clean: only root can undo what a run did; `sudo dadrace clean`\n");
		return EXIT_CANNOT;
	}
	lock = machine_lock(&why);
	if (lock < 0) {
		fprintf(stderr, "%s\n", why.text);
		return lock == -EBUSY ? EXIT_BUSY : EXIT_INTERNAL;
	}
	cleaning.own_netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	replay(&cleaning);
	machine_kept_netns(remove_netns, &cleaning);
	unmark(&cleaning, forget);
	if (!cleaning.done && !cleaning.left)
		puts("Nothing to clean.");
	if (cleaning.own_netns >= 0)
		close(cleaning.own_netns);
	close(lock);
	return cleaning.left ? EXIT_RESIDUE : EXIT_CLEAN;
}

const struct command command_clean = {
	.name = "clean",
	.arguments = "[--forget]",
	.doc = "Undoes what a killed run left behind, and removes what --keep kept",
	.help = "  --forget   also remove the mark of a machine that a leak made unfit\n"
		"\n"
		"Real devices are put back as the undo journals of dead runs tell;\n"
		"namespaces kept under /run/netns and marks of earlier boots are removed.\n"
		"It can be run again at any time.\n"
		"\n"
		"Exit codes: 0 nothing is left; 5 something is still there, and standard\n"
		"error says what; 75 a run is at work.\n",
	.run = run,
};
