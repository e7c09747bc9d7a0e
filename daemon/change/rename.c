// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "change/shown.h"

/* Kernels before 6.2 refuse it while the device is up. */

static void other_name(const struct change_about *about, char name[IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, "%.13s-r", about->dut);
}

static int name_set(const struct change_about *about, const char *from, const char *to)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", from);
	snprintf(request.ifr_newname, sizeof(request.ifr_newname), "%s", to);
	return shown_error(ioctl(about->socket, SIOCSIFNAME, &request));
}

static int device_rename(struct change_about *about)
{
	char other[IFNAMSIZ];

	other_name(about, other);
	return name_set(about, about->dut, other);
}

static bool is_renamed(const struct change_about *about)
{
	char other[IFNAMSIZ];

	other_name(about, other);
	return if_nametoindex(other) == about->ifindex;
}

static int name_back(const struct change_about *about)
{
	char other[IFNAMSIZ];

	other_name(about, other);
	return name_set(about, other, about->dut);
}

const struct change change_rename = {
	.make = device_rename,
	.in_force = is_renamed,
	.put_back = name_back,
	/* clang-format off */
	.written =
		"struct ifreq request = { .ifr_name = \"dut\", .ifr_newname = \"other\" };\n"
		"struct ifreq back = { .ifr_name = \"other\", .ifr_newname = \"dut\" };\n"
		"\n"
		"must(\"SIOCSIFNAME\", ioctl(control, SIOCSIFNAME, &request));\n"
		"must(\"SIOCSIFNAME\", ioctl(control, SIOCSIFNAME, &back));\n",
	/* clang-format on */
};
