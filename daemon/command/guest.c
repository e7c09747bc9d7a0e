// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Init of a guest: mounts what a program expects, loads the modules that the host has put into
 * the initramfs, runs one dadrace command with its standard output on the port to the host,
 * reports its exit code and powers off. Not for people.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exits.h"
#include "command/command.h"
#include "guest/initramfs.h"
#include "io/child.h"
#include "io/loop.h"

enum { ARGUMENTS_MAX = 64 }; /* of the kernel's command line */

#define PORT_NS 10000000000ULL /* for the host's port to appear */

/* Not /tmp and /run: the root is in memory, and programs of the bring-up may be there. */
static void mount_all(void)
{
	static const struct {
		const char *type, *at;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "securityfs", "/sys/kernel/security" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		if (mount(mounts[i].type, mounts[i].at, mounts[i].type, 0, NULL))
			fprintf(stderr, "guest: %s: %s\n", mounts[i].at, strerror(errno));
}

/* NULL: it is the kernel's own, and may be built in as well. */
static const char *parameters_of(const char *module, char *text, int size)
{
	char path[320];
	FILE *file;

	snprintf(path, sizeof(path), "%.*s" GUEST_PARAMETERS,
		 (int)(strlen(module) - strlen(".ko")), module);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	if (!fgets(text, size, file))
		text[0] = '\0';
	fclose(file);
	return text;
}

/* False for one without which the trials would prove nothing. */
static bool load_module(const char *name)
{
	char path[300], text[1024];
	const char *parameters;
	bool loaded;
	int fd;

	snprintf(path, sizeof(path), GUEST_MODULES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	parameters = parameters_of(path, text, sizeof(text));
	loaded = fd >= 0 && (!syscall(SYS_finit_module, fd, parameters ? parameters : "", 0) ||
			     (!parameters && errno == EEXIST));
	if (!loaded)
		fprintf(stderr, "guest: module %s: does not load: %s\n", strchr(name, '-') + 1,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return loaded || !parameters;
}

static int is_module(const struct dirent *entry)
{
	return strchr(entry->d_name, '-') && strstr(entry->d_name, ".ko");
}

/* In the order of their names, which begin with numbers. */
static bool load_modules(void)
{
	struct dirent **names;
	int nr = scandir(GUEST_MODULES, &names, is_module, alphasort);
	bool loaded = true;

	for (int i = 0; i < nr; i++) {
		loaded &= load_module(names[i]->d_name);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
	return loaded;
}

/* The port is named in sysfs. -1 until it appears. */
static int open_port(void)
{
	char path[300], name[32];
	DIR *dir = opendir("/sys/class/virtio-ports");
	struct dirent *entry;
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(name, sizeof(name), file) && !strncmp(name, "dadrace", 7)) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* Uevents announce devices: a port appears some time after its driver. */
static int listen_to_uevents(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&kernel, sizeof(kernel)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int wait_for_port(int uevents)
{
	uint64_t deadline = loop_now() + PORT_NS;
	int port = open_port();

	while (port < 0 && loop_now() < deadline) {
		struct pollfd wait = { .fd = uevents, .events = POLLIN };
		char event[4096];

		if (poll(&wait, 1, 1000) > 0)
			recv(uevents, event, sizeof(event), 0);
		port = open_port();
	}
	return port;
}

static int run_command(const struct option_rest *words, int port)
{
	char *argv[ARGUMENTS_MAX + 2] = { (char *)"dadrace" };
	int status = EXIT_INTERNAL << 8;
	pid_t pid;

	for (int i = 0; i < words->nr && i < ARGUMENTS_MAX; i++)
		argv[i + 1] = words->at[i];
	pid = fork();
	if (pid == 0) {
		dup2(port, STDOUT_FILENO);
		execv("/proc/self/exe", argv);
		_exit(EXIT_INTERNAL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct options {
	struct option_rest words;
};

/* clang-format off */
static const struct operand_row operands[] = {
	{ "COMMAND", OPTION_REST, OPTION_AT(struct options, words), true, "A command of dadrace" },
	{ .name = NULL },
};
/* clang-format on */

static int run(const void *options)
{
	const struct options *o = options;
	int uevents, port, code;
	bool loaded;

	if (getpid() != 1)
		return command_refuse(
			&command_guest,
			"this command is the init process of a guest, and runs nowhere else");
	mount_all();
	loaded = load_modules();
	uevents = listen_to_uevents();
	setenv("PATH", CHILD_PATH, 1);
	port = wait_for_port(uevents);
	if (port < 0) {
		fprintf(stderr, "guest: no port to the host (virtio_console is missing)\n");
	} else {
		code = loaded ? run_command(&o->words, port) : EXIT_CANNOT;
		dprintf(port, "{\"type\":\"exit\",\"code\":%d}\n", code);
		fsync(port);
	}
	sync();
	reboot(RB_POWER_OFF);
	return EXIT_INTERNAL;
}

const struct command command_guest = {
	.name = "guest",
	.syntax = {
		.name = "dadrace guest",
		.doc = "Run a command as the init process of a guest",
		.operands = operands,
		.size = sizeof(struct options),
		.passes_on = true,
	},
	.run = run,
	.internal = true,
};
