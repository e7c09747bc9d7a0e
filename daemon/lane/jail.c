// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "lane/jail.h"

/* The last one is where the others keep what is written. */
static const char *const folders[] = { "/etc", "/run", "/var", "/tmp" };
enum { FOLDERS = sizeof(folders) / sizeof(folders[0]), STORE = FOLDERS - 1 };

/*
 * What the lane mounts is seen by nobody else. In a chroot / need not be a mount point, whose
 * propagation could be changed: entering our own namespace leads out to its root, and back.
 */
static int make_private(void)
{
	const unsigned long flags = MS_REC | MS_PRIVATE;
	AUTO_FD int root = -1, here = -1, own = -1;

	if (!mount(NULL, "/", NULL, flags, NULL))
		return 0;
	if (errno != EINVAL)
		return -errno;
	own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return own < 0 || root < 0 || here < 0 || setns(own, CLONE_NEWNS) ||
			       mount(NULL, "/", NULL, flags, NULL) || fchdir(root) ||
			       chroot(".") || fchdir(here) ?
		       -errno :
		       0;
}

int jail_open(struct jail *jail, uint32_t lane, struct why *why)
{
	int err = 0;

	jail->mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	jail->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (jail->mounts < 0 || jail->root < 0 || unshare(CLONE_NEWNS))
		err = -errno;
	if (!err)
		err = make_private();
	if (!err)
		return 0;
	return why_exit(
		why, err == -EPERM || err == -EACCES ? EXIT_CANNOT : EXIT_INTERNAL, -err,
		"lane %u: cannot be given a mount namespace: %s%s", lane, strerror(-err),
		err == -EPERM || err == -EACCES ?
			"; CAP_SYS_ADMIN or CAP_SYS_CHROOT is missing, or a container forbids it" :
			"");
}

void jail_leave(const struct jail *jail)
{
	/* In a chroot the root of the mounts is another one. */
	if (jail->mounts < 0 || setns(jail->mounts, CLONE_NEWNS) || fchdir(jail->root) ||
	    chroot("."))
		return; /* what cannot be undone then is said by who undoes it */
}

/* --- /proc and /sys --- */

/*
 * A lane with existing devices stays in the network namespace that it was started in, whose
 * sysfs may be there already: the kernel refuses to mount one over itself (EBUSY,
 * fs/namespace.c, do_add_mount()). That one becomes read-only for the lane.
 */
static int mount_views(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	const unsigned long again = MS_REMOUNT | MS_BIND | MS_RDONLY | flags;

	return mount("proc", "/proc", "proc", flags, NULL) ||
			       (mount("sysfs", "/sys", "sysfs", flags, NULL) &&
				errno != EBUSY) ||
			       mount(NULL, "/sys", NULL, again, NULL) ?
		       -errno :
		       0;
}

/* --- /dev --- */

/* Neither disks nor the kernel's log nor the machine's syslog: what a program needs to run. */
static const char *const nodes[] = { "null", "zero", "full",	"random", "urandom",
				     "tty",  "ptmx", "net/tun", "pts" };
enum { NODES = sizeof(nodes) / sizeof(nodes[0]) };

static const char *const links[][2] = {
	{ "/proc/self/fd", "/dev/fd" },
	{ "/proc/self/fd/0", "/dev/stdin" },
	{ "/proc/self/fd/1", "/dev/stdout" },
	{ "/proc/self/fd/2", "/dev/stderr" },
};

/* Bound, not made: a container allows no new ones. */
static int node_bind(const char *node, int fd)
{
	char from[40], to[40];
	struct stat st;
	int made;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	snprintf(to, sizeof(to), "/dev/%s", node);
	if (fstat(fd, &st))
		return -errno;
	made = S_ISDIR(st.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0600, 0);
	return made || mount(from, to, NULL, MS_BIND | MS_REC, NULL) ? -errno : 0;
}

static int mount_dev(void)
{
	int fds[NODES], err = 0;

	for (int i = 0; i < NODES; i++) {
		char path[40];

		snprintf(path, sizeof(path), "/dev/%s", nodes[i]);
		fds[i] = open(path, O_PATH | O_CLOEXEC);
	}
	if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID, "mode=755,size=4m") ||
	    mkdir("/dev/net", 0755) || mkdir("/dev/shm", 01777))
		err = -errno;
	for (int i = 0; i < NODES; i++) {
		if (!err && fds[i] >= 0)
			err = node_bind(nodes[i], fds[i]);
		if (fds[i] >= 0)
			close(fds[i]);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]) && !err; i++)
		err = symlink(links[i][0], links[i][1]) ? -errno : 0;
	return err;
}

/* --- the folders --- */

/* The root of an overlay has the mode and owner of its upper folder. */
static int make_upper(const char *path, const char *like)
{
	struct stat st;

	return stat(like, &st) || mkdir(path, 0700) || chown(path, st.st_uid, st.st_gid) ||
			       chmod(path, st.st_mode & 07777) ?
		       -errno :
		       0;
}

static int overlay(const char *folder, const char *lower)
{
	char store[64], upper[80], work[80], options[400];
	int err;

	snprintf(store, sizeof(store), "%s%s", folders[STORE], folder);
	snprintf(upper, sizeof(upper), "%s/upper", store);
	snprintf(work, sizeof(work), "%s/work", store);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", lower, upper,
		 work);
	if (mkdir(store, 0700))
		return -errno;
	err = make_upper(upper, lower);
	if (err)
		return err;
	return mkdir(work, 0700) || mount("overlay", folder, "overlay", MS_NOSUID | MS_NODEV,
					  options) ?
		       -errno :
		       0;
}

/* Without an overlay /etc and /var cannot be written to, and /run and /tmp are empty. */
static int without_overlay(void)
{
	const unsigned long again = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
	static const char *const fixed[] = { "/etc", "/var" };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if ((mount(fixed[i], fixed[i], NULL, MS_BIND, NULL) ||
		     mount(NULL, fixed[i], NULL, again, NULL)) &&
		    errno != ENOENT)
			return -errno;
	return mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") ||
			       mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
				     "mode=1777") ?
		       -errno :
		       0;
}

/* All folders, or none of them. */
static int mount_overlays(void)
{
	AUTO_FD int lower = open(folders[STORE], O_PATH | O_DIRECTORY | O_CLOEXEC);
	char of_store[40];
	int done = 0, err = 0;

	if (lower < 0 ||
	    mount("tmpfs", folders[STORE], "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"))
		return -errno;
	snprintf(of_store, sizeof(of_store), "/proc/self/fd/%d", lower);
	for (; !err && done < FOLDERS; done += !err)
		if (!access(folders[done], F_OK)) /* a small root has no /var */
			err = overlay(folders[done], done == STORE ? of_store : folders[done]);
	if (!err)
		return 0;
	while (done-- > 0)
		umount2(folders[done], MNT_DETACH);
	umount2(folders[STORE], MNT_DETACH);
	return err;
}

/*
 * A kernel may lack overlayfs, and a container may forbid it, or lie on so many of them already
 * that the kernel allows no more.
 */
static int mount_folders(struct why *without)
{
	int err = mount_overlays();

	if (!err)
		return 0;
	why_set(without, -err,
		"no overlay can be mounted here (%s): for the bring-up /etc and /var are read-only, and /run and /tmp are empty",
		strerror(-err));
	return without_overlay();
}

int jail_close(bool for_command, struct why *without, struct why *why)
{
	char here[PATH_MAX];
	int err = mount_views();

	/* Our own bring-up looks into neither. */
	if (err && !for_command) {
		why_set(without, -err,
			"/proc and /sys cannot be mounted here (%s): the lane has those of its caller",
			strerror(-err));
		return 0;
	}
	if (err)
		return why_exit(
			why, EXIT_CANNOT, -err,
			"/proc and /sys: cannot be mounted for the lane: %s; CAP_SYS_ADMIN is missing, or a container forbids it",
			strerror(-err));
	if (!for_command)
		return 0;
	err = mount_dev();
	if (err)
		return why_exit(why, EXIT_CANNOT, -err,
				"/dev: cannot be covered for the lane: %s", strerror(-err));
	err = mount_folders(without);
	if (err)
		return why_exit(why, EXIT_CANNOT, -err,
				"/etc, /run, /var and /tmp: cannot be covered for the lane: %s",
				strerror(-err));
	/* The folder that we are in may be covered now: its name leads to what covers it. */
	if (getcwd(here, sizeof(here)) && chdir(here) && chdir("/"))
		return why_set(why, errno, "/: cannot be entered in the lane: %s",
			       strerror(errno));
	return 0;
}
