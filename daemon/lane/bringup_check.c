// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/child.h"
#include "lane/bringup.h"

/* What brings devices up, and the Debian package that has it. */
static const struct {
	const char *program, *package;
} packages[] = {
	{ "NetworkManager", "network-manager" },
	{ "busybox", "busybox" },
	{ "connmand", "connman" },
	{ "dbus-daemon", "dbus-daemon" },
	{ "dhclient", "isc-dhcp-client" },
	{ "dhcpcd", "dhcpcd-base" },
	{ "ethtool", "ethtool" },
	{ "ifconfig", "net-tools" },
	{ "ifup", "ifupdown" },
	{ "ip", "iproute2" },
	{ "iwd", "iwd" },
	{ "keepalived", "keepalived" },
	{ "nmcli", "network-manager" },
	{ "systemd-networkd", "systemd" },
	{ "udhcpc", "udhcpc" },
	{ "wpa_supplicant", "wpasupplicant" },
};
enum { PACKAGES = sizeof(packages) / sizeof(packages[0]) };

static const char *package_of(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;

	for (int i = 0; i < PACKAGES; i++)
		if (!strcmp(packages[i].program, name))
			return packages[i].package;
	return NULL;
}

static int check_program(const char *program, struct why *why)
{
	const char *package = package_of(program);
	char path[4096];
	int err = child_find(program, path, sizeof(path));

	if (!err)
		return 0;
	if (!package)
		return why_exit(why, EXIT_CONFIG, -err,
				"bringup.command %s: %s; install it, or give its full path",
				program, strerror(-err));
	return why_exit(
		why, EXIT_CONFIG, -err,
		"bringup.command %s: %s; install the package %s (Debian), or give its full path",
		program, strerror(-err), package);
}

/*
 * A shell finds out by itself, in each trial, but for what brings devices up: without that no
 * trial proves anything.
 */
static int check_script(const char *text, struct why *why)
{
	static const char blank[] = " \t", ends[] = ";&|()\n", both[] = " \t;&|()\n";
	char word[128];
	int err = 0;

	for (bool first = true; !err && *text;) {
		size_t length = strcspn(text, both);

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		if (first && package_of(word))
			err = check_program(word, why);
		first = first && (!length || !strcmp(word, "exec"));
		text += length;
		length = strspn(text, blank);
		text += length;
		if (*text && strchr(ends, *text)) {
			first = true;
			text++;
		}
	}
	return err;
}

int bringup_check(const struct campaign *campaign, struct why *why)
{
	const char **command = campaign->bringup.command;
	int err;

	if (campaign->bringup.kind != BRINGUP_COMMAND)
		return 0;
	err = check_program(command[0], why);
	if (!err && campaign->bringup.nr_command >= 3 && !strcmp(command[0], "sh") &&
	    !strcmp(command[1], "-c"))
		err = check_script(command[2], why);
	return err;
}
